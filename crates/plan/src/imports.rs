//! `import` blocks: which objects are to be taken over.

use std::collections::BTreeMap;

use terrane_address::{Instance, Key, Target};
use terrane_lang::{ExprId, Exprs, ImportDecl, Node, Part, Program};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_value::Value;

/// The ids of all objects that the root module imports, by instance.
pub(crate) fn declared(program: &Program, diags: &mut Diagnostics) -> BTreeMap<Instance, String> {
    let contents = &program.root().contents;
    let mut imports = BTreeMap::new();
    for decl in &contents.imports {
        match import(&contents.exprs, decl) {
            Ok((instance, id)) => {
                if program.resource(&instance.resource.config()).is_none() {
                    diags.error(undeclared(&instance, decl));
                } else if imports.insert(instance.clone(), id).is_some() {
                    diags.error(twice(&instance, decl));
                }
            }
            Err(diagnostic) => {
                diags.error(*diagnostic);
            }
        }
    }
    imports
}

fn import(exprs: &Exprs, decl: &ImportDecl) -> Result<(Instance, String), Box<Diagnostic>> {
    let id = decl.id.and_then(|id| constant(exprs, id));
    let id = id.as_ref().and_then(Value::as_str).filter(|id| !id.is_empty());
    let (None, Some(id)) = (decl.for_each, id) else { return Err(not_constant(decl, "id")) };
    let instance = match (&decl.to, decl.to_key) {
        (Target::Instance(instance), None) => instance.clone(),
        (Target::Resource(resource), None) => resource.instance(Key::None),
        (Target::Resource(resource), Some(key)) => {
            let key =
                constant(exprs, key).and_then(|key| instance_key(&key)).ok_or_else(|| not_constant(decl, "key"))?;
            resource.instance(key)
        }
        _ => return Err(not_constant(decl, "address")),
    };
    Ok((instance, id.to_owned()))
}

fn instance_key(key: &Value) -> Option<Key> {
    let int = key.as_i64().and_then(|i| u64::try_from(i).ok()).map(Key::Int);
    int.or_else(|| key.as_str().map(|s| Key::String(s.into())))
}

/// The value of an expression without references.
fn constant(exprs: &Exprs, id: ExprId) -> Option<Value> {
    match exprs.node(id) {
        Node::Literal(value) => Some(value.clone()),
        Node::Wrapped(inner) => constant(exprs, *inner),
        Node::Template(parts) => {
            let text = parts.iter().map(|part| match part {
                Part::Text(text) => Some(&**text),
                _ => None,
            });
            text.collect::<Option<String>>().map(Value::from)
        }
        _ => None,
    }
}

fn not_constant(decl: &ImportDecl, what: &str) -> Box<Diagnostic> {
    let detail = format!(
        "The {what} of an import block must be written out: values of variables and others are not supported here yet."
    );
    let hint = "Use `terrane import ADDRESS ID` instead.";
    Box::new(Diagnostic::error("Unsupported import block", detail).at(decl.span).hint(hint))
}

fn undeclared(instance: &Instance, decl: &ImportDecl) -> Diagnostic {
    let resource = &instance.resource.resource;
    Diagnostic::error(
        "Import of an undeclared resource",
        format!("Configuration does not declare {}.", instance.resource),
    )
    .at(decl.span)
    .hint(format!("Write a block for it: resource \"{}\" \"{}\" {{ }}", resource.ty, resource.name))
}

fn twice(instance: &Instance, decl: &ImportDecl) -> Diagnostic {
    Diagnostic::error("Duplicate import", format!("Another import block is for {instance} already.")).at(decl.span)
}
