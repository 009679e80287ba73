//! `!`, `&&` and `||`.

use super::{OpError, Side, operand, unknown_bool};
use crate::{Type, Value};

/// `!a`.
pub fn not(a: &Value) -> Result<Value, OpError> {
    let (a, marks) = operand(a, &Type::Bool, Side::Only)?;
    Ok(a.as_bool().map_or_else(unknown_bool, |a| Value::from(!a)).mark(marks))
}

/// `a && b`; false if either is false, whatever the other turns out to be.
pub fn and(a: &Value, b: &Value) -> Result<Value, OpError> {
    junction(a, b, false)
}

/// `a || b`; true if either is true, whatever the other turns out to be.
pub fn or(a: &Value, b: &Value) -> Result<Value, OpError> {
    junction(a, b, true)
}

fn junction(a: &Value, b: &Value, deciding: bool) -> Result<Value, OpError> {
    let (a, left) = operand(a, &Type::Bool, Side::Left)?;
    let (b, right) = operand(b, &Type::Bool, Side::Right)?;
    let result = match (a.as_bool(), b.as_bool()) {
        (Some(v), _) | (_, Some(v)) if v == deciding => Value::from(deciding),
        (Some(_), Some(b)) => Value::from(b),
        _ => unknown_bool(),
    };
    Ok(result.mark(left.union(right)))
}
