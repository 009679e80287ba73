//! The operators of the language on values.
//!
//! Results carry the marks of all operands. An unknown operand makes the result unknown unless the other operands, or
//! what is known of it, decide.

mod arithmetic;
mod equality;
mod logic;
mod select;

use crate::{Marks, Type, Value, convert};

pub use arithmetic::{add, div, greater, greater_or_equal, less, less_or_equal, mul, neg, rem, sub};
pub use equality::{equals, not_equals};
pub use logic::{and, not, or};
pub use select::{get_attr, has_index, index, length};

/// Why an operator has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// An operand is of a type the operator does not take.
    #[error("Unsuitable value for the {side}: {message}.")]
    Operand {
        /// Which operand.
        side: Side,
        /// What is wrong with it: `a number is required`.
        message: String,
    },
    /// An operand is null.
    #[error("The {side} is null, but this operator needs a value.")]
    Null {
        /// Which operand.
        side: Side,
    },
    /// The divisor is nought.
    #[error("Division by zero: the right operand is 0.")]
    DivisionByZero,
    /// The result is no number that can be written out.
    #[error("The result is too large to be represented.")]
    TooLarge,
    /// An attribute is selected that the object does not have.
    #[error("This object does not have an attribute named {name:?}.")]
    NoAttribute {
        /// The name of the attribute.
        name: String,
    },
    /// A key is selected by name that the map does not have.
    #[error("This map does not have an element with the key {key:?}.")]
    NoElement {
        /// The key.
        key: String,
    },
    /// A place or key is selected that is not there, or cannot be.
    #[error("{0}")]
    Index(String),
    /// Something is selected from a value that has no attributes.
    #[error("{0}")]
    NotAnObject(String),
    /// Something is selected from null.
    #[error("This value is null, so it does not have any {0}.")]
    SelectFromNull(&'static str),
}

impl OpError {
    /// A few words for the headline.
    pub fn summary(&self) -> &'static str {
        match self {
            OpError::Operand { .. } | OpError::Null { .. } => "Invalid operand",
            OpError::DivisionByZero => "Division by zero",
            OpError::TooLarge => "Operation failed",
            OpError::NoAttribute { .. } | OpError::NotAnObject(_) => "Unsupported attribute",
            OpError::NoElement { .. } => "Missing map element",
            OpError::Index(_) => "Invalid index",
            OpError::SelectFromNull(_) => "Attempt to select from null value",
        }
    }
}

/// Which operand of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one on the left.
    Left,
    /// The one on the right.
    Right,
    /// The only one.
    Only,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Side::Left => "left operand",
            Side::Right => "right operand",
            Side::Only => "operand",
        })
    }
}

/// An operand of the type an operator takes, without its marks, and those.
fn operand(value: &Value, ty: &Type, side: Side) -> Result<(Value, Marks), OpError> {
    let converted = convert(value, ty).map_err(|e| OpError::Operand { side, message: e.message })?;
    if converted.is_null() {
        return Err(OpError::Null { side });
    }
    Ok(converted.unmark())
}

/// An unknown bool that is not null.
fn unknown_bool() -> Value {
    Value::unknown_not_null(Type::Bool)
}

#[cfg(test)]
mod tests;
