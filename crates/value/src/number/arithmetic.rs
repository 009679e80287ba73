//! What is reckoned with numbers.

use std::ops::{Add, Neg, Sub};
use std::sync::Arc;

use super::elementary::ln;
use super::power::power;
use super::{Float, Number, Repr};

impl Number {
    /// The product; `None` if it is too large to be written out.
    pub fn checked_mul(&self, other: &Number) -> Option<Number> {
        if let (Repr::Int(a), Repr::Int(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Some(Number(Repr::Int(product)));
        }
        in_range(self.float().times(&other.float()))
    }

    /// The quotient; `None` if `other` is nought or the quotient too large to be written out.
    pub fn checked_div(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        in_range(self.float().over(&other.float()))
    }

    /// What remains after dividing by `other` a whole number of times, with the sign of this number; this number
    /// itself if `other` is nought. `None` if the quotient is too large to be written out.
    pub fn checked_rem(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return Some(self.clone());
        }
        if let (Repr::Int(a), Repr::Int(b)) = (&self.0, &other.0) {
            return Some(Number(Repr::Int(a.wrapping_rem(*b))));
        }
        let times = self.checked_div(other)?.trunc();
        Some(self - &times.checked_mul(other)?)
    }

    /// The number without its sign.
    pub fn abs(&self) -> Number {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// The nearest integer on the side of nought.
    pub fn trunc(&self) -> Number {
        if self.is_integer() {
            return self.clone();
        }
        Number::from_float(self.float().truncated()).unwrap_or(Number::ZERO)
    }

    /// The greatest integer that is not greater.
    pub fn floor(&self) -> Number {
        let whole = self.trunc();
        if whole > *self { &whole - &Number::from(1) } else { whole }
    }

    /// The least integer that is not less.
    pub fn ceil(&self) -> Number {
        let whole = self.trunc();
        if whole < *self { &whole + &Number::from(1) } else { whole }
    }

    /// This number to the power of another, at the precision of floats; `None` if there is no finite result.
    pub fn pow(&self, exponent: &Number) -> Option<Number> {
        Number::from_f64(power(self.as_f64(), exponent.as_f64()))
    }

    /// The logarithm to a base, at the precision of floats; `None` if there is no finite result.
    pub fn log(&self, base: &Number) -> Option<Number> {
        Number::from_f64(ln(self.as_f64()) / ln(base.as_f64()))
    }
}

/// The number, nought if it is too small to matter, `None` if it is too large.
fn in_range(float: Float) -> Option<Number> {
    match !float.in_range() && float.exponent() < 0 {
        true => Some(Number::ZERO),
        false => Number::from_float(float),
    }
}

impl Add for &Number {
    type Output = Number;

    /// The sum, rounded to 512 bits.
    fn add(self, other: &Number) -> Number {
        sum(self, other)
    }
}

impl Sub for &Number {
    type Output = Number;

    /// The difference, rounded to 512 bits.
    fn sub(self, other: &Number) -> Number {
        sum(self, &-other)
    }
}

impl Neg for &Number {
    type Output = Number;

    fn neg(self) -> Number {
        match &self.0 {
            Repr::Int(i) if *i != i64::MIN => Number(Repr::Int(-*i)),
            _ => unchecked(self.float().negated()),
        }
    }
}

fn sum(a: &Number, b: &Number) -> Number {
    if let (Repr::Int(a), Repr::Int(b)) = (&a.0, &b.0)
        && let Some(sum) = a.checked_add(*b)
    {
        return Number(Repr::Int(sum));
    }
    unchecked(a.float().plus(&b.float()))
}

/// A sum or negative of numbers in range, which at most is one step beyond the range.
fn unchecked(float: Float) -> Number {
    let float = float.rounded();
    match float.as_i64() {
        Some(i) => Number(Repr::Int(i)),
        None => Number(Repr::Big(Arc::new(float))),
    }
}
