//! What the root module says of encryption, and what the arguments in it are worth.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_source::{Diagnostic, Diagnostics, Reported, Span};
use terrane_value::{Block, Value};

use crate::evaluator::body_value;
use crate::ir::ModuleId;
use crate::load::Early;
use crate::{EncryptedDecl, EncryptionDecl, EncryptionPart, Inputs, Program, World};

pub use crate::load::ENCRYPTION_VARIABLE as VARIABLE;

/// The attribute of the object that a reference to a key provider is worth: `key_provider.pbkdf2.main` without its
/// first word.
pub const REFERENCE: &str = "key_provider";

/// The `encryption` block of the root module, if it has one.
pub fn declared(program: &Program) -> Option<&EncryptionDecl> {
    program.modules.first()?.contents.settings.encryption.as_ref()
}

/// The methods of a kind of file in their order.
///
/// # Errors
/// Methods that are missing, not declared, or not allowed.
pub fn methods<'p>(
    decl: &'p EncryptionDecl,
    target: &'p EncryptedDecl,
    diags: &mut Diagnostics,
) -> Result<Vec<&'p EncryptionPart>, Reported> {
    let mut found = Vec::new();
    let mut wrong = target.missing.map(|span| {
        let error =
            Diagnostic::error("Missing required argument", "The block names no method, nor does TF_ENCRYPTION.");
        diags.error(error.at(span).hint("Add: method = method.aes_gcm.main"))
    });
    for (ty, name, span) in &target.methods {
        match decl.methods.iter().find(|method| (&method.ty, &method.name) == (ty, name)) {
            Some(method) if target.enforced && &*method.ty == "unencrypted" => {
                let detail = "The block says enforced = true, so that nothing may be read or written unencrypted.";
                let error = Diagnostic::error("Unencrypted method is forbidden", detail).at(*span);
                let hint = "Remove the method from this block; or, while an unencrypted file is taken over, the enforced argument.";
                wrong = Some(diags.error(error.hint(hint)));
            }
            Some(method) => found.push(method),
            None => wrong = Some(diags.error(undeclared("method", &decl.methods, ty, name, *span))),
        }
    }
    match wrong {
        Some(reported) => Err(reported),
        None => Ok(found),
    }
}

/// The key provider that an argument refers to: by a reference, or by its address as a text as in JSON; `None` if the
/// argument is something else.
///
/// # Errors
/// A reference to a key provider that is not declared.
pub fn key_provider<'p>(
    decl: &'p EncryptionDecl,
    value: &Value,
    span: Span,
    diags: &mut Diagnostics,
) -> Result<Option<&'p EncryptionPart>, Reported> {
    let text = value.as_str().and_then(|text| text.strip_prefix("key_provider."));
    let Some(text) = text.or_else(|| value.get(REFERENCE).and_then(Value::as_str)) else { return Ok(None) };
    let (ty, name) = text.split_once('.').unwrap_or((text, ""));
    match decl.key_providers.iter().find(|p| (&*p.ty, &*p.name) == (ty, name)) {
        Some(provider) => Ok(Some(provider)),
        None => Err(diags.error(undeclared("key_provider", &decl.key_providers, ty, name, span))),
    }
}

fn undeclared(what: &str, declared: &[EncryptionPart], ty: &str, name: &str, span: Span) -> Diagnostic {
    let summary = match what {
        "method" => "Reference to undeclared encryption method",
        _ => "Reference to undeclared key provider",
    };
    let wanted = format!("{ty}.{name}");
    let known: Vec<String> = declared.iter().map(|part| format!("{}.{}", part.ty, part.name)).collect();
    let error = Diagnostic::error(summary, format!("The encryption block declares no {what} \"{ty}\" \"{name}\"."));
    match crate::nearest(&wanted, known.iter().map(String::as_str)) {
        Some(near) => error.at(span).hint(format!("Did you mean \"{what}.{near}\"?")),
        None => error.at(span),
    }
}

/// The arguments of a key provider or method, without marks. A reference to a key provider is an object with the
/// attribute [`REFERENCE`].
///
/// # Errors
/// What is wrong with them. The errors show no values: there are secrets among them.
pub fn value(
    program: &Program,
    world: &dyn World,
    inputs: &Inputs,
    part: &EncryptionPart,
    shape: &Block,
    diags: &mut Diagnostics,
) -> Result<Value, Reported> {
    let early = Early { world, inputs, modules: &program.modules };
    let what = format!("the encryption block {:?} {:?}", part.ty, part.name);
    let mut own = Diagnostics::new();
    let result = early.within(ModuleId(0), &what, part.span, &mut own, |eval| {
        eval.bound.push(declared(program).map(references).unwrap_or_else(Value::dynamic));
        body_value(eval, &part.body, part.span, shape)
    });
    for mut problem in own {
        problem.values.clear();
        diags.push(problem);
    }
    let (value, _) = result?.unmark_deep();
    match value.is_wholly_known() {
        true => Ok(value),
        false => {
            let detail = format!("All of {what} must be known before anything is read.");
            Err(diags.error(Diagnostic::error("Unsuitable encryption value", detail).at(part.span)))
        }
    }
}

/// What the name `key_provider` is worth.
fn references(decl: &EncryptionDecl) -> Value {
    let mut types: BTreeMap<Arc<str>, Vec<(Arc<str>, Value)>> = BTreeMap::new();
    for provider in &decl.key_providers {
        let reference = Value::string(format!("{}.{}", provider.ty, provider.name));
        let value = Value::object([(Arc::from(REFERENCE), reference)]);
        types.entry(provider.ty.clone()).or_default().push((provider.name.clone(), value));
    }
    Value::object(types.into_iter().map(|(ty, names)| (ty, Value::object(names))))
}
