//! Values for the variables of the root module.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_source::{Diagnostic, Diagnostics, FileId, Span};
use terrane_syntax as syn;
use terrane_value::Value;

use crate::eval::constant;
use crate::ir::Exprs;
use crate::lower::{Lowerer, Place};
use crate::program::{Declared, VariableDecl};
use crate::suggest::nearest;
use crate::{Input, Inputs, Program};

/// Where values come from; decides what is said of values that no variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `TF_VAR_x` in the environment: others are ignored.
    Environment,
    /// A file of values: others are warned of.
    File,
    /// `-var` on the command line: others are errors.
    CommandLine,
}

/// The values in a `.tfvars` or `.tfvars.json` file; what is wrong in it is reported and left out.
pub fn from_file(file: FileId, name: &str, text: &str, diags: &mut Diagnostics) -> BTreeMap<Arc<str>, Input> {
    if name.ends_with(".json") {
        return from_json(file, name, text, diags);
    }
    let arena = syn::Arena::new();
    let body = syn::parse(file, text, &arena, diags);
    for block in body.blocks() {
        diags.error(unexpected_block(&block));
    }
    let inputs = body.attributes().filter_map(|attribute| {
        let value = value_of(attribute.expr, diags)?;
        let input = Input { value, span: Some(attribute.expr.span()), origin: name.into() };
        Some((attribute.name.text.into(), input))
    });
    inputs.collect()
}

fn unexpected_block(block: &syn::Block) -> Diagnostic {
    let detail = "A variables file holds only arguments: name = value.";
    let error = Diagnostic::error("Unexpected block", detail).at(block.header);
    match block.ty.text {
        "variable" => error.hint("Variables are declared in .tf files; give the value here with name = value."),
        _ => error,
    }
}

fn from_json(file: FileId, name: &str, text: &str, diags: &mut Diagnostics) -> BTreeMap<Arc<str>, Input> {
    let arena = syn::Arena::new();
    let Ok(root) = syn::parse_json(file, text, &arena, diags) else { return BTreeMap::new() };
    let syn::JsonKind::Object(properties) = root.kind else {
        let detail = "The file must hold one object, with a property for each variable.";
        diags.error(Diagnostic::error("Invalid variables file", detail).at(root.span));
        return BTreeMap::new();
    };
    let mut values: BTreeMap<Arc<str>, Input> = BTreeMap::new();
    // Properties named "//" are comments.
    for property in properties.iter().filter(|p| p.name.text != "//") {
        let variable = property.name.ident(&arena);
        if let Some(first) = values.get(variable.text) {
            let detail = format!("The value of variable \"{}\" is already set in this file.", variable.text);
            let error = Diagnostic::error("Duplicate attribute definition", detail).at(variable.span);
            diags.error(first.span.iter().fold(error, |e, span| e.note_at(*span, "First set here")));
            continue;
        }
        let span = Some(property.value.span);
        let expr = property.value.expression(syn::Strings::Texts, &arena, diags).ok();
        if let Some(value) = expr.and_then(|expr| value_of(expr, diags)) {
            values.insert(variable.text.into(), Input { value, span, origin: name.into() });
        }
    }
    values
}

/// The value of an expression that may not refer to anything.
fn value_of(expr: syn::Expr, diags: &mut Diagnostics) -> Option<Value> {
    let declared = Declared::default();
    let mut exprs = Exprs::default();
    let mut own = Diagnostics::new();
    let id = Lowerer::new(&declared, &mut exprs, &mut own, Place::Constant).expr(expr);
    if own.has_errors() {
        diags.extend(own);
        return None;
    }
    match constant(&exprs, id) {
        Ok(value) => Some(value),
        Err(errors) => {
            errors.into_iter().for_each(|e| diags.push(e));
            None
        }
    }
}

/// The value that a text on the command line or in the environment gives to a variable.
///
/// A variable of primitive type, or without type, takes the text itself; any other takes it as an expression. `file`
/// holds exactly `text`. `None` if an error was reported.
pub fn from_text(
    program: &Program,
    name: &str,
    file: FileId,
    text: &str,
    origin: &str,
    diags: &mut Diagnostics,
) -> Option<Input> {
    let decl = program.root().contents.variable(name);
    let span = Some(Span::new(file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX)));
    let value = match decl.is_none_or(takes_text) {
        true => Value::string(text),
        false => value_of(syn::parse_expression(file, text, 0, &syn::Arena::new(), diags).ok()?, diags)?,
    };
    Some(Input { value, span, origin: origin.into() })
}

fn takes_text(decl: &VariableDecl) -> bool {
    !decl.typed || decl.ty.is_primitive()
}

/// Reports the variables of the root module that need a value and have none.
pub fn check_given(program: &Program, inputs: &Inputs, diags: &mut Diagnostics) {
    let needed = program.root().contents.variables.iter().filter(|decl| decl.default.is_none());
    for decl in needed.filter(|decl| !inputs.variables.contains_key(&decl.name)) {
        diags.error(crate::evaluator::no_value(decl));
    }
}

/// Reports values that no variable of the root module takes, and drops them.
pub fn check_declared(
    program: &Program,
    values: &mut BTreeMap<Arc<str>, Input>,
    origin: Origin,
    diags: &mut Diagnostics,
) {
    let contents = &program.root().contents;
    values.retain(|name, input| {
        let declared = contents.variable(name).is_some();
        if !declared && origin != Origin::Environment {
            let names = contents.variables.iter().map(|v| &*v.name);
            diags.push(undeclared(name, input, origin, nearest(name, names)));
        }
        declared
    });
}

fn undeclared(name: &str, input: &Input, origin: Origin, near: Option<&str>) -> Diagnostic {
    let summary = "Value for undeclared variable";
    let hint = match near {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("To use this value, add a variable \"{name}\" {{}} block to the configuration."),
    };
    let diagnostic = match origin {
        Origin::CommandLine => Diagnostic::error(
            summary,
            format!(
                "A variable named \"{name}\" was assigned on the command line, but the root module does not declare a \
                 variable of that name."
            ),
        ),
        Origin::File | Origin::Environment => Diagnostic::warning(
            summary,
            format!(
                "The root module does not declare a variable named \"{name}\" but a value was found in {}.",
                input.origin
            ),
        ),
    };
    let diagnostic = diagnostic.hint(hint);
    match (input.span, origin) {
        (Some(span), Origin::File) => diagnostic.at(span),
        _ => diagnostic,
    }
}
