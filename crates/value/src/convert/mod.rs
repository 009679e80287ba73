//! Conversion between types: whether there is a way, and going it.

mod apply;
mod mismatch;
mod rule;
mod unify;

use crate::{Kind, Path, Type, Value};

pub(crate) use apply::alike;
pub use mismatch::mismatch;
pub use unify::unify;

/// Why a value cannot have a type or be written in a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConvertError {
    /// The part of the value that is wrong.
    pub path: Path,
    /// What is wrong with it: `a number is required`.
    pub message: String,
}

impl ConvertError {
    /// An error at a part of a value.
    pub fn new(path: Path, message: impl Into<String>) -> ConvertError {
        ConvertError { path, message: message.into() }
    }

    /// The message after the place it is about, if that is not the whole value: `.ports[0]: a number is required`.
    pub fn located(&self) -> String {
        match self.path.0.is_empty() {
            true => self.message.clone(),
            false => format!("{}: {}", self.path, self.message),
        }
    }
}

/// The value as one of `ty`, by the conversion rules of the language.
///
/// Nulls and unknown values get the type, marks stay where they are, `Any` in `ty` is replaced by what is there,
/// attributes that an object type does not have are dropped, and its optional ones become null.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    if is_already(value, ty) {
        return Ok(value.clone());
    }
    let from = value.ty();
    if from == ty.without_optional() {
        return Ok(value.clone());
    }
    match rule::Conversion::between(&from, ty) {
        Some(conversion) => conversion.apply(value, &mut Path::root()),
        None => Err(ConvertError::new(Path::root(), mismatch(&from, ty))),
    }
}

/// Whether a value is plainly what its conversion would give, for which its type need not be made.
fn is_already(value: &Value, ty: &Type) -> bool {
    let settled = |own: &Type, ty: &Type| own == ty && !ty.has_any() && !ty.has_optional();
    match (value.kind(), ty) {
        (_, Type::Any) => true,
        (Kind::Null(own) | Kind::Unknown(own, _), ty) => settled(own, ty),
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => true,
        (Kind::List(own, _), Type::List(ty))
        | (Kind::Set(own, _), Type::Set(ty))
        | (Kind::Map(own, _), Type::Map(ty)) => settled(own, ty),
        (Kind::Tuple(values), Type::Tuple(types)) => {
            values.len() == types.len() && values.iter().zip(types.iter()).all(|(value, ty)| is_already(value, ty))
        }
        (Kind::Object(fields), Type::Object(object)) => {
            let types = &object.attributes;
            let is = |((name, value), (n, ty)): ((&_, &Value), (&_, &Type))| name == n && is_already(value, ty);
            fields.len() == types.len() && fields.iter().zip(types).all(is)
        }
        _ => false,
    }
}

/// Whether some values of type `from` convert to `to`; a given one may still fail, as `"x"` does for a number.
pub fn convertible(from: &Type, to: &Type) -> bool {
    *from == to.without_optional() || rule::Conversion::between(from, to).is_some()
}

#[cfg(test)]
mod tests;
