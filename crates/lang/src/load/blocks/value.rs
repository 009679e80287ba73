//! `variable`, `locals` and `output`.

use std::sync::Arc;

use terrane_source::Diagnostic;
use terrane_syntax as syn;
use terrane_value::{Type, Value, convert};

use super::{conditions, depends_on, name, refers};
use crate::check::ignored;
use crate::ir::Reference;
use crate::load::contents::Decoder;
use crate::load::types::{self, apply_defaults};
use crate::lower::Place;
use crate::program::{Condition, Defaults, LocalDecl, OutputDecl, VariableDecl};

/// Names that arguments of a module call have of their own.
const RESERVED: [&str; 10] =
    ["_", "count", "depends_on", "for_each", "lifecycle", "locals", "provider", "providers", "source", "version"];

pub(crate) fn variable(decoder: &mut Decoder<'_>, block: &syn::Block) -> VariableDecl {
    const ATTRIBUTES: [&str; 8] =
        ["const", "default", "deprecated", "description", "ephemeral", "nullable", "sensitive", "type"];
    let body = &block.body;
    decoder.expect(body, &ATTRIBUTES, &["validation"]);
    let name = name(decoder, block, 0);
    if RESERVED.contains(&&*name) {
        let detail = format!("The variable name \"{name}\" is reserved for an argument of module blocks.");
        decoder.diags.error(Diagnostic::error("Invalid variable name", detail).at(block.header));
    }
    let own = name.clone();
    let ty = body.attribute("type").map(|a| types::constraint(decoder, a.expr));
    let typed = ty.is_some();
    let (ty, defaults) = ty.unwrap_or((Type::Any, Defaults::default()));
    let nullable = decoder.bool(body, "nullable").unwrap_or(true);
    VariableDecl {
        default: default(decoder, body, &ty, &defaults, nullable),
        name,
        ty,
        typed,
        defaults,
        description: decoder.text(body, "description"),
        sensitive: decoder.bool(body, "sensitive").unwrap_or(false),
        ephemeral: decoder.bool(body, "ephemeral").unwrap_or(false),
        nullable,
        constant: decoder.bool(body, "const"),
        deprecated: deprecated(decoder, body),
        validations: validations(decoder, body, &own),
        span: block.header,
    }
}

/// The text of the argument `deprecated`, which must say something.
fn deprecated(decoder: &mut Decoder<'_>, body: &syn::Body) -> Option<Arc<str>> {
    let text = decoder.text(body, "deprecated")?;
    if text.trim().is_empty() {
        let detail = "The text must say what to use instead; leave the argument out if nothing is deprecated.";
        let span = body.attribute("deprecated").map(|a| a.expr.span())?;
        decoder.diags.error(Diagnostic::error("Invalid `deprecated` value", detail).at(span));
        return None;
    }
    Some(text)
}

/// Conditions that must refer to the variable they validate.
fn validations(decoder: &mut Decoder<'_>, body: &syn::Body, name: &str) -> Vec<Condition> {
    let all = conditions(decoder, body, "validation", Place::MODULE);
    let own = decoder.declared.names.variables.get(name).copied();
    for rule in &all {
        let mut to_own = |r: &Reference| matches!(r, Reference::Variable(id) if Some(*id) == own);
        let to_others = refers(decoder, rule.condition, &mut |r| !to_own(r));
        if to_others && !refers(decoder, rule.condition, &mut to_own) {
            let detail = format!("The condition for variable \"{name}\" must refer to var.{name}.");
            let span = decoder.exprs.span(rule.condition);
            decoder.diags.push(Diagnostic::error("Invalid variable validation condition", detail).at(span));
        }
    }
    all
}

fn default(
    decoder: &mut Decoder<'_>,
    body: &syn::Body,
    ty: &Type,
    defaults: &Defaults,
    nullable: bool,
) -> Option<Value> {
    let attribute = body.attribute("default")?;
    let span = attribute.expr.span();
    let (exprs, id, value) = decoder.lowered_constant(attribute.expr)?;
    let wrong = |detail: String| Diagnostic::error("Invalid default value for variable", detail).at(span);
    if value.is_null() && !nullable {
        decoder.diags.error(wrong("A null default value is not valid when nullable=false.".into()));
        return None;
    }
    match convert(&apply_defaults(&value, defaults), ty) {
        Ok(value) => {
            ignored::default_value(&exprs, id, ty, decoder.diags);
            Some(value)
        }
        Err(e) => {
            let detail =
                format!("This default value is not compatible with the variable's type constraint: {}.", e.located());
            decoder.diags.error(wrong(detail));
            None
        }
    }
}

pub(crate) fn local(decoder: &mut Decoder<'_>, attribute: &syn::Attribute) -> LocalDecl {
    LocalDecl {
        name: decoder.exprs.name(attribute.name.text),
        expr: decoder.lower(attribute.expr, Place::MODULE),
        span: attribute.name.span,
    }
}

pub(crate) fn output(decoder: &mut Decoder<'_>, block: &syn::Block) -> OutputDecl {
    const ATTRIBUTES: [&str; 7] =
        ["depends_on", "deprecated", "description", "ephemeral", "sensitive", "type", "value"];
    let body = &block.body;
    decoder.expect(body, &ATTRIBUTES, &["precondition"]);
    decoder.require(block, "value");
    OutputDecl {
        name: name(decoder, block, 0),
        value: body.attribute("value").map(|a| decoder.lower(a.expr, Place::MODULE)),
        ty: body.attribute("type").map(|a| types::constraint(decoder, a.expr)),
        description: decoder.text(body, "description"),
        sensitive: decoder.bool(body, "sensitive").unwrap_or(false),
        ephemeral: decoder.bool(body, "ephemeral").unwrap_or(false),
        deprecated: deprecated(decoder, body),
        preconditions: conditions(decoder, body, "precondition", Place::MODULE),
        depends_on: depends_on(decoder, body),
        span: block.header,
    }
}
