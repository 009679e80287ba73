//! `cond ? then : else_`

use terrane_source::Diagnostic;
use terrane_value::{Refinement, Type, Value, convert, unify};

use super::Eval;
use crate::ir::ExprId;
use crate::lookup::Stop;

impl Eval<'_, '_> {
    /// Both results are evaluated, since their types decide the type of the whole; errors count only for the one taken.
    pub(super) fn conditional(&mut self, id: ExprId, cond: ExprId, then: ExprId, else_: ExprId) -> Result<Value, Stop> {
        let (then_value, then_errors) = self.attempt(then)?;
        let (else_value, else_errors) = self.attempt(else_)?;
        let Some(ty) = common_type(&then_value, &else_value) else {
            let why = mismatch(&then_value.ty(), &else_value.ty());
            let detail = format!("The true and false result expressions must have consistent types. {why}.");
            let span = self.exprs.span(then).to(self.exprs.span(else_));
            return Ok(self.error(id, Diagnostic::error("Inconsistent conditional result types", detail).at(span)));
        };
        let cond_value = self.value(cond)?;
        let marks = cond_value.marks().union(then_value.marks()).union(else_value.marks());
        if cond_value.is_null() {
            let detail = "The condition value is null. Conditions must either be true or false.";
            self.error(cond, Diagnostic::error("Null condition", detail));
            return Ok(Value::unknown(ty));
        }
        if !cond_value.is_known() {
            return Ok(either(&then_value, &else_value, ty).mark(marks));
        }
        let Some(chosen) = convert(&cond_value, &Type::Bool).ok().and_then(|v| v.as_bool()) else {
            let detail = "The condition expression must be of type bool.";
            self.error(cond, Diagnostic::error("Incorrect condition type", detail));
            return Ok(Value::unknown(ty));
        };
        let (word, at, value, errors) = match chosen {
            true => ("true", then, then_value, then_errors),
            false => ("false", else_, else_value, else_errors),
        };
        self.errors.extend(errors);
        match convert(&value, &ty) {
            Ok(value) => Ok(value.mark(marks)),
            Err(e) => {
                let detail = format!("The {word} result value has the wrong type: {e}.");
                self.error(at, Diagnostic::error("Inconsistent conditional result types", detail));
                Ok(Value::unknown(ty))
            }
        }
    }
}

/// The type both results take; `Any` while one of them is not known.
fn common_type(then: &Value, else_: &Value) -> Option<Type> {
    let untyped_null = |v: &Value| v.is_null() && v.ty() == Type::Any && v.marks().is_empty();
    match (then.ty(), else_.ty()) {
        (_, ty) if untyped_null(then) => Some(ty),
        (ty, _) if untyped_null(else_) => Some(ty),
        (Type::Any, _) | (_, Type::Any) => Some(Type::Any),
        (a, b) => unify(&[a, b]),
    }
}

/// What is known while the condition is not.
fn either(then: &Value, else_: &Value, ty: Type) -> Value {
    if then.is_null() && else_.is_null() {
        return Value::null(ty);
    }
    match not_null(then) && not_null(else_) {
        true => Value::unknown_refined(ty, Refinement { not_null: true, ..Refinement::default() }),
        false => Value::unknown(ty),
    }
}

fn not_null(value: &Value) -> bool {
    match value.kind() {
        terrane_value::Kind::Unknown(_, refinement) => refinement.not_null,
        terrane_value::Kind::Null(_) => false,
        _ => true,
    }
}

/// Why the types of the results do not go together.
fn mismatch(then: &Type, else_: &Type) -> String {
    match (then, else_) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, a) in &a.attributes {
                match b.attributes.get(name) {
                    None => {
                        return format!(
                            "The 'true' value includes object attribute \"{name}\", which is absent in the 'false' value"
                        );
                    }
                    Some(b) if a != b => {
                        return format!("Type mismatch for object attribute \"{name}\": {}", mismatch(a, b));
                    }
                    Some(_) => {}
                }
            }
            match b.attributes.keys().find(|name| !a.attributes.contains_key(*name)) {
                Some(name) => format!(
                    "The 'false' value includes object attribute \"{name}\", which is absent in the 'true' value"
                ),
                None => plain_mismatch(then, else_),
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            format!("The 'true' tuple has length {}, but the 'false' tuple has length {}", a.len(), b.len())
        }
        (Type::Tuple(a), Type::Tuple(b)) => match a.iter().zip(b.iter()).enumerate().find(|(_, (a, b))| a != b) {
            Some((i, (a, b))) => format!("Type mismatch for tuple element {i}: {}", mismatch(a, b)),
            None => plain_mismatch(then, else_),
        },
        (Type::List(a), Type::List(b)) if structural(a, b) => {
            format!("Mismatched list element types: {}", mismatch(a, b))
        }
        (Type::Set(a), Type::Set(b)) if structural(a, b) => format!("Mismatched set element types: {}", mismatch(a, b)),
        (Type::Map(a), Type::Map(b)) if structural(a, b) => format!("Mismatched map element types: {}", mismatch(a, b)),
        _ => plain_mismatch(then, else_),
    }
}

fn structural(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)))
}

fn plain_mismatch(then: &Type, else_: &Type) -> String {
    let (a, b) = (then.friendly(), else_.friendly());
    if a == b {
        return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the \
                'false' value"
            .into();
    }
    format!("The 'true' value is {a}, but the 'false' value is {b}")
}
