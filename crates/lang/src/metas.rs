//! What modules say of themselves to providers, in `provider_meta` blocks.

use terrane_address::Provider;
use terrane_source::{Diagnostic, Diagnostics};
use terrane_value::{Schema, Value, convert};

use crate::program::MetaDecl;
use crate::suggest::Suggest;
use crate::{Program, Schemas};

/// Reports what is wrong with the blocks of all modules.
pub(crate) fn check(program: &Program, schemas: &dyn Schemas, diags: &mut Diagnostics) {
    for module in &program.modules {
        for meta in &module.contents.settings.metas {
            let provider = module.provider_of(&meta.provider);
            match schemas.module(&provider) {
                Some(schema) => {
                    value(meta, &schema, diags);
                }
                // One that is not at hand is told of where it is needed.
                None if schemas.provider(&provider).is_some() => {
                    let detail = format!("The provider {provider} takes no provider_meta; the block has no effect.");
                    diags.push(Diagnostic::warning("Provider metadata is ignored", detail).at(meta.span));
                }
                None => {}
            }
        }
    }
}

/// What the modules of a program say to a provider, as values of its schema; what several say is there once.
pub fn metas(program: &Program, schemas: &dyn Schemas, provider: &Provider) -> Vec<Value> {
    let Some(schema) = schemas.module(provider) else { return Vec::new() };
    let mut said: Vec<Value> = Vec::new();
    for module in &program.modules {
        for meta in module.contents.settings.metas.iter().filter(|m| module.provider_of(&m.provider) == *provider) {
            // What is wrong has been reported by the check.
            let value = value(meta, &schema, &mut Diagnostics::new());
            if !said.contains(&value) {
                said.push(value);
            }
        }
    }
    said
}

/// A block as a value of the schema; what is wrong with it is reported and left out.
fn value(meta: &MetaDecl, schema: &Schema, diags: &mut Diagnostics) -> Value {
    let Some(mut fields) = schema.block.empty().fields().cloned() else { return schema.block.empty() };
    for argument in &meta.arguments {
        let Some(attribute) = schema.block.attributes.get(&argument.name) else {
            let detail = format!("An argument named \"{}\" is not expected here.", argument.name);
            let error = Diagnostic::error("Unsupported argument", detail).at(argument.name_span);
            diags.error(error.suggest(&argument.name, schema.block.attributes.keys().map(|name| &**name)));
            continue;
        };
        match convert(&argument.value, &attribute.ty) {
            Ok(value) => fields = fields.with(&argument.name, value),
            Err(e) => {
                let detail = format!("Inappropriate value for attribute \"{}\": {}.", argument.name, e.located());
                diags.error(Diagnostic::error("Incorrect attribute value type", detail).at(argument.span));
            }
        }
    }
    Value::from_kind(terrane_value::Kind::Object(fields))
}
