//! Type constraints: `map(object({ a = optional(string, "x") }))`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;
use terrane_value::{Kind, ObjectType, Type, Value, convert};

use super::contents::Decoder;
use crate::program::Defaults;
use crate::suggest::Suggest;

const PRIMITIVES: &[(&str, Type)] =
    &[("string", Type::String), ("number", Type::Number), ("bool", Type::Bool), ("any", Type::Any)];

const CONSTRUCTORS: [&str; 6] = ["list", "set", "map", "tuple", "object", "optional"];

/// The type that an expression writes, with the defaults of optional attributes; what is wrong becomes `any`.
pub(super) fn constraint(decoder: &mut Decoder<'_>, expr: syn::Expr) -> (Type, Defaults) {
    // Before there were constructors, collections of anything were written as bare words.
    let old = match expr.kind() {
        syn::ExprKind::Variable(name) => match name {
            "list" => Some(Type::list(Type::Any)),
            "map" => Some(Type::map(Type::Any)),
            _ => None,
        },
        _ => None,
    };
    match old {
        Some(ty) => (ty, Defaults::default()),
        None => ty(decoder, expr),
    }
}

fn any() -> (Type, Defaults) {
    (Type::Any, Defaults::default())
}

fn wrong(detail: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error("Invalid type specification", detail).at(span)
}

fn ty(decoder: &mut Decoder<'_>, expr: syn::Expr) -> (Type, Defaults) {
    match expr.kind() {
        syn::ExprKind::Parens(inner) => ty(decoder, inner),
        syn::ExprKind::Variable(name) => named(decoder, name, expr.span()),
        syn::ExprKind::Call(c) => call(decoder, &c, expr.span()),
        syn::ExprKind::Literal(syn::Literal::String(text)) => {
            let detail = "Types are written without quotes.";
            let bare = match text {
                "list" | "map" | "set" => format!("{text}(any)"),
                other => other.to_string(),
            };
            let error = Diagnostic::error("Invalid quoted type constraint", detail).at(expr.span());
            decoder.diags.error(error.hint(format!("Write {bare} instead.")));
            any()
        }
        _ => {
            let detail = "A type is a keyword such as string, or a constructor such as list(string).";
            let error = wrong(detail, expr.span());
            decoder.diags.error(error);
            any()
        }
    }
}

fn named(decoder: &mut Decoder<'_>, name: &str, span: Span) -> (Type, Defaults) {
    if let Some((_, ty)) = PRIMITIVES.iter().find(|(n, _)| *n == name) {
        return (ty.clone(), Defaults::default());
    }
    let detail = match name {
        "list" | "set" | "map" => {
            format!("The {name} type constructor requires one argument specifying the element type.")
        }
        "tuple" => "The tuple type constructor requires one argument specifying the element types as a list.".into(),
        "object" => "The object type constructor requires one argument specifying the attribute types and values as a \
                     map."
            .into(),
        _ => format!("The keyword \"{name}\" is not a valid type specification."),
    };
    let words = PRIMITIVES.iter().map(|(n, _)| *n).chain(CONSTRUCTORS);
    let error = wrong(detail, span).suggest(name, words.filter(|w| *w != name));
    decoder.diags.error(error);
    any()
}

fn call(decoder: &mut Decoder<'_>, call: &syn::Call, span: Span) -> (Type, Defaults) {
    let syn::Call { name, name_span: at, args, .. } = *call;
    let single = args.exactly().map(|[single]| single);
    match (name, single) {
        ("list", Some(arg)) => collection(decoder, arg, Type::list),
        ("set", Some(arg)) => collection(decoder, arg, Type::set),
        ("map", Some(arg)) => collection(decoder, arg, Type::map),
        ("tuple", Some(arg)) => tuple(decoder, arg),
        ("object", Some(arg)) => object(decoder, arg),
        ("list" | "set" | "map" | "tuple" | "object", None) => named(decoder, name, span),
        ("optional", _) => {
            let detail = "The optional modifier is only for the attributes of an object type.";
            let error = wrong(detail, at);
            decoder.diags.error(error);
            any()
        }
        _ if PRIMITIVES.iter().any(|(n, _)| *n == name) => {
            let detail = format!("The primitive type \"{name}\" takes no arguments.");
            let error = wrong(detail, span);
            decoder.diags.error(error);
            any()
        }
        _ => {
            let detail = format!("The keyword \"{name}\" is not a valid type constructor.");
            let error = wrong(detail, at).suggest(name, CONSTRUCTORS);
            decoder.diags.error(error);
            any()
        }
    }
}

fn collection(decoder: &mut Decoder<'_>, arg: syn::Expr, make: fn(Type) -> Type) -> (Type, Defaults) {
    let (element, defaults) = ty(decoder, arg);
    let mut all = Defaults::default();
    if defaults != Defaults::default() {
        all.children.insert("".into(), defaults);
    }
    (make(element), all)
}

fn tuple(decoder: &mut Decoder<'_>, arg: syn::Expr) -> (Type, Defaults) {
    let syn::ExprKind::Tuple(items) = arg.kind() else {
        let detail = "Tuple type constructor requires a list of element types.";
        let error = wrong(detail, arg.span());
        decoder.diags.error(error);
        return any();
    };
    let mut all = Defaults::default();
    let mut types = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let (element, defaults) = ty(decoder, item);
        types.push(element);
        if defaults != Defaults::default() {
            all.children.insert(i.to_string().into(), defaults);
        }
    }
    (Type::tuple(types), all)
}

fn object(decoder: &mut Decoder<'_>, arg: syn::Expr) -> (Type, Defaults) {
    let syn::ExprKind::Object(items) = arg.kind() else {
        let detail = "Object type constructor requires a map whose keys are attribute names and whose values are the \
                      attribute types.";
        let error = wrong(detail, arg.span());
        decoder.diags.error(error);
        return any();
    };
    let mut all = Defaults::default();
    let mut attributes = BTreeMap::new();
    let mut optional = BTreeSet::new();
    for item in items {
        let Some(name) = attribute_name(&item.key) else {
            let detail = "Object constructor map keys must be attribute names.";
            let error = wrong(detail, item.key.span());
            decoder.diags.error(error);
            continue;
        };
        if attributes.contains_key(&name) {
            let detail = format!("The object type has two attributes named \"{name}\".");
            decoder.diags.error(wrong(detail, item.key.span()).hint("Remove or rename one of them."));
            continue;
        }
        let (is_optional, written, default) = optional_parts(item.value);
        let (attribute, defaults) = written.map_or_else(any, |expr| ty(decoder, expr));
        if written.is_none() {
            let detail = "The optional modifier requires the attribute type as its first argument.";
            let error = wrong(detail, item.value.span());
            decoder.diags.error(error);
        }
        if let Some(value) = default.and_then(|expr| default_value(decoder, expr, &attribute, &defaults)) {
            all.values.insert(name.clone(), value);
        }
        if defaults != Defaults::default() {
            all.children.insert(name.clone(), defaults);
        }
        if is_optional {
            optional.insert(name.clone());
        }
        attributes.insert(name, attribute);
    }
    (Type::Object(Arc::new(ObjectType { attributes, optional })), all)
}

fn attribute_name(key: &syn::ObjectKey) -> Option<Arc<str>> {
    match key {
        syn::ObjectKey::Name(name) => Some(name.text.into()),
        syn::ObjectKey::Expr(_) => None,
    }
}

/// Whether an attribute is `optional(type, default)`, its type and its default.
fn optional_parts<'t>(expr: syn::Expr<'t>) -> (bool, Option<syn::Expr<'t>>, Option<syn::Expr<'t>>) {
    match expr.kind() {
        syn::ExprKind::Call(call) if call.name == "optional" => (true, call.args.first(), call.args.get(1)),
        _ => (false, Some(expr), None),
    }
}

fn default_value(decoder: &mut Decoder<'_>, expr: syn::Expr, ty: &Type, defaults: &Defaults) -> Option<Value> {
    let value = decoder.constant(expr)?;
    match convert(&apply_defaults(&value, defaults), ty) {
        Ok(value) => Some(value),
        Err(e) => {
            let detail =
                format!("This default value is not compatible with the attribute's type constraint: {}.", e.located());
            decoder
                .diags
                .error(Diagnostic::error("Invalid default value for optional attribute", detail).at(expr.span()));
            None
        }
    }
}

/// The value with defaults in place of absent and null attributes, at every depth that has such; not yet converted.
pub(crate) fn apply_defaults(value: &Value, defaults: &Defaults) -> Value {
    if *defaults == Defaults::default() || value.is_null() || !value.is_known() {
        return value.clone();
    }
    let (value, marks) = value.clone().unmark();
    let inner = |key: &str, part: &Value| match defaults.children.get(key).or_else(|| defaults.children.get("")) {
        Some(child) => apply_defaults(part, child),
        None => part.clone(),
    };
    let applied = match value.kind() {
        Kind::Object(fields) | Kind::Map(_, fields) => {
            let is_element = defaults.values.is_empty() && defaults.children.contains_key("");
            let absent = |name: &str| fields.get(name).is_none_or(Value::is_null);
            let written = fields.iter().map(|(n, v)| (n.clone(), inner(n, v)));
            let filled = defaults.values.iter().filter(|(n, _)| !is_element && absent(n));
            // A default may itself lack what the attribute's own type supplies.
            let filled = filled.map(|(n, v)| (n.clone(), inner(n, v)));
            Value::object(written.chain(filled))
        }
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            Value::tuple(items.iter().enumerate().map(|(i, item)| inner(&i.to_string(), item)))
        }
        _ => value,
    };
    applied.mark(marks)
}
