//! Reckoning and order.

use super::{OpError, Side, operand, unknown_bool};
use crate::{Bound, Bounds, Kind, Marks, Refinement, Type, Value};

/// `a + b`.
pub fn add(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    let result = match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => Value::from(a + b),
        _ => unknown_sum(&bounds(&a), &bounds(&b)),
    };
    Ok(result.mark(marks))
}

/// `a - b`.
pub fn sub(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    let result = match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => Value::from(a - b),
        _ => unknown_sum(&bounds(&a), &negated(&bounds(&b))),
    };
    Ok(result.mark(marks))
}

/// `a * b`; nought if either is nought, whatever the other turns out to be.
pub fn mul(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    let result = match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => a.checked_mul(b).map(Value::from).ok_or(OpError::TooLarge)?,
        (Some(n), None) | (None, Some(n)) if n.is_zero() => Value::from(0),
        _ => unknown_number(),
    };
    Ok(result.mark(marks))
}

/// `a / b`.
pub fn div(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    let result = match (a.as_number(), b.as_number()) {
        (_, Some(b)) if b.is_zero() => return Err(OpError::DivisionByZero),
        (Some(a), Some(b)) => a.checked_div(b).map(Value::from).ok_or(OpError::TooLarge)?,
        _ => unknown_number(),
    };
    Ok(result.mark(marks))
}

/// `a % b`, with the sign of `a`; `a` itself if `b` is nought.
pub fn rem(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    let result = match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => a.checked_rem(b).map(Value::from).ok_or(OpError::TooLarge)?,
        _ => unknown_number(),
    };
    Ok(result.mark(marks))
}

/// `-a`.
pub fn neg(a: &Value) -> Result<Value, OpError> {
    let (a, marks) = operand(a, &Type::Number, Side::Only)?;
    let result = match a.as_number() {
        Some(n) => Value::from(-n),
        None => refined(negated(&bounds(&a))),
    };
    Ok(result.mark(marks))
}

/// `a < b`.
pub fn less(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    Ok(decided(order(&a, &b)).mark(marks))
}

/// `a > b`.
pub fn greater(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    Ok(decided(order(&b, &a)).mark(marks))
}

/// `a <= b`.
pub fn less_or_equal(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    Ok(decided(order(&b, &a).map(|greater| !greater)).mark(marks))
}

/// `a >= b`.
pub fn greater_or_equal(a: &Value, b: &Value) -> Result<Value, OpError> {
    let (a, b, marks) = numbers(a, b)?;
    Ok(decided(order(&a, &b).map(|less| !less)).mark(marks))
}

fn numbers(a: &Value, b: &Value) -> Result<(Value, Value, Marks), OpError> {
    let (a, left) = operand(a, &Type::Number, Side::Left)?;
    let (b, right) = operand(b, &Type::Number, Side::Right)?;
    Ok((a, b, left.union(right)))
}

fn decided(result: Option<bool>) -> Value {
    result.map_or_else(unknown_bool, Value::from)
}

/// Whether the first is less than the second, as far as it can be told.
fn order(a: &Value, b: &Value) -> Option<bool> {
    let (a, b) = (bounds(a), bounds(b));
    let surely_less = matches!((&a.most, &b.least), (Some(a), Some(b)) if before(a, b));
    let surely_not = matches!((&b.most, &a.least), (Some(b), Some(a)) if b.at <= a.at);
    match (surely_less, surely_not) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn before(end: &Bound, start: &Bound) -> bool {
    end.at < start.at || (end.at == start.at && !(end.inclusive && start.inclusive))
}

/// The range of a number, known or not.
fn bounds(value: &Value) -> Bounds {
    match value.kind() {
        Kind::Number(n) => {
            let end = Some(Bound::inclusive(n.clone()));
            Bounds { least: end.clone(), most: end }
        }
        Kind::Unknown(_, known) => known.bounds.as_deref().cloned().unwrap_or_default(),
        _ => Bounds::default(),
    }
}

fn negated(bounds: &Bounds) -> Bounds {
    let flip = |end: &Bound| Bound { at: -&end.at, inclusive: end.inclusive };
    Bounds { least: bounds.most.as_ref().map(flip), most: bounds.least.as_ref().map(flip) }
}

fn unknown_sum(a: &Bounds, b: &Bounds) -> Value {
    let sum = |a: &Option<Bound>, b: &Option<Bound>| {
        let (a, b) = (a.as_ref()?, b.as_ref()?);
        Some(Bound { at: &a.at + &b.at, inclusive: a.inclusive && b.inclusive })
    };
    refined(Bounds { least: sum(&a.least, &b.least), most: sum(&a.most, &b.most) })
}

fn refined(bounds: Bounds) -> Value {
    // Rounding may move a sum onto an end that was excluded.
    let include = |end: Option<Bound>| end.map(|e| Bound { inclusive: true, ..e });
    unknown_number().refine(Refinement::bounds(include(bounds.least), include(bounds.most)))
}

fn unknown_number() -> Value {
    Value::unknown_not_null(Type::Number)
}
