//! Operators.

use terrane_source::Diagnostic;
use terrane_syntax::{BinaryOp, UnaryOp};
use terrane_value::ops::{self, OpError, Side};
use terrane_value::{Type, Value, convert};

use super::Eval;
use crate::ir::ExprId;
use crate::lookup::Stop;

impl Eval<'_, '_> {
    pub(super) fn unary(&mut self, id: ExprId, op: UnaryOp, operand: ExprId) -> Result<Value, Stop> {
        let (value, errors) = self.attempt(operand)?;
        let (ty, failed) = match op {
            UnaryOp::Neg => (Type::Number, !errors.is_empty()),
            UnaryOp::Not => (Type::Bool, !errors.is_empty()),
        };
        self.errors.extend(errors);
        if failed {
            return Ok(Value::unknown(ty));
        }
        let result = match op {
            UnaryOp::Neg => ops::neg(&value),
            UnaryOp::Not => ops::not(&value),
        };
        Ok(self.operated(id, operand, operand, result, ty))
    }

    pub(super) fn binary(&mut self, id: ExprId, op: BinaryOp, lhs: ExprId, rhs: ExprId) -> Result<Value, Stop> {
        let (left, left_errors) = self.attempt(lhs)?;
        let (right, right_errors) = self.attempt(rhs)?;
        if matches!(op, BinaryOp::And | BinaryOp::Or)
            && let Some((value, errors)) = short_circuit(op, (&left, &left_errors), (&right, &right_errors))
        {
            self.errors.extend(errors);
            return Ok(value);
        }
        let failed = !left_errors.is_empty() || !right_errors.is_empty();
        self.errors.extend(left_errors.into_iter().chain(right_errors));
        let ty = match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => Type::Number,
            _ => Type::Bool,
        };
        if failed {
            return Ok(Value::unknown(ty));
        }
        Ok(self.operated(id, lhs, rhs, apply(op, &left, &right), ty))
    }

    fn operated(&mut self, id: ExprId, lhs: ExprId, rhs: ExprId, result: Result<Value, OpError>, ty: Type) -> Value {
        let error = match result {
            Ok(value) => return value,
            Err(error) => error,
        };
        let at = match &error {
            OpError::Operand { side: Side::Right, .. } | OpError::Null { side: Side::Right } => rhs,
            OpError::Operand { .. } | OpError::Null { .. } => lhs,
            _ => id,
        };
        self.error(at, Diagnostic::error(error.summary(), error.to_string()));
        Value::unknown(ty)
    }
}

fn apply(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, OpError> {
    match op {
        BinaryOp::Or => ops::or(left, right),
        BinaryOp::And => ops::and(left, right),
        BinaryOp::Eq => Ok(ops::equals(left, right)),
        BinaryOp::NotEq => Ok(ops::not_equals(left, right)),
        BinaryOp::Less => ops::less(left, right),
        BinaryOp::LessEq => ops::less_or_equal(left, right),
        BinaryOp::Greater => ops::greater(left, right),
        BinaryOp::GreaterEq => ops::greater_or_equal(left, right),
        BinaryOp::Add => ops::add(left, right),
        BinaryOp::Sub => ops::sub(left, right),
        BinaryOp::Mul => ops::mul(left, right),
        BinaryOp::Div => ops::div(left, right),
        BinaryOp::Mod => ops::rem(left, right),
    }
}

/// The result of `&&` or `||` if one side decides it, with the errors that then count: those of the other side do not.
fn short_circuit(
    op: BinaryOp,
    left: (&Value, &[Diagnostic]),
    right: (&Value, &[Diagnostic]),
) -> Option<(Value, Vec<Diagnostic>)> {
    let deciding = op == BinaryOp::Or;
    let ready = |(value, errors): (&Value, &[Diagnostic])| {
        let value = convert(value, &Type::Bool).ok()?;
        // As in other tools null counts as false here; it is an error only if the other side does not decide.
        let known = if value.is_null() { Some(false) } else { value.as_bool() };
        Some((known, value.marks(), errors.to_vec()))
    };
    let (a, a_marks, a_errors) = ready(left)?;
    let (b, b_marks, b_errors) = ready(right)?;
    let unknown = || Value::unknown_not_null(Type::Bool);
    let (value, errors) = match (a, b) {
        (None, None) if a_errors.is_empty() => (unknown(), a_errors),
        (None, None) => return None,
        (Some(a), _) if a == deciding => (Value::from(deciding), a_errors),
        (_, Some(b)) if b == deciding => (Value::from(deciding), b_errors),
        (None, Some(_)) => (unknown(), a_errors),
        (Some(_), None) => (unknown(), b_errors),
        (Some(_), Some(_)) => return None,
    };
    Some((value.mark(a_marks).mark(b_marks), errors))
}

/// A known condition as a bool; `None` while it is unknown.
pub(crate) fn require_bool(value: &Value) -> Result<Option<bool>, String> {
    if value.is_null() {
        return Err("the value is null".into());
    }
    convert(value, &Type::Bool).map(|v| v.as_bool()).map_err(|e| e.to_string())
}
