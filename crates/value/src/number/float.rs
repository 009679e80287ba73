//! Binary floating point of any size: a mantissa times a power of two.

use std::cmp::Ordering;

use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem};

use super::PRECISION;

/// Greatest magnitude of the binary exponent; beyond it a number is too large to be written out.
const EXPONENT_LIMIT: i64 = 1 << 20;

/// A sign, and a magnitude `mantissa * 2^exponent`. After [`Float::rounded`] the mantissa is odd, or all is nought.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Float {
    negative: bool,
    mantissa: UBig,
    exponent: i64,
}

impl Float {
    pub fn new(negative: bool, mantissa: UBig, exponent: i64) -> Float {
        Float { negative, mantissa, exponent }
    }

    pub fn from_i64(value: i64) -> Float {
        Float::new(value < 0, UBig::from(value.unsigned_abs()), 0).rounded()
    }

    pub fn from_u64(value: u64) -> Float {
        Float::new(false, UBig::from(value), 0).rounded()
    }

    /// The exact value of a finite float.
    pub fn from_f64(value: f64) -> Float {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
        let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
        Float::new(value < 0.0, UBig::from(mantissa), exponent.max(1) as i64 - 1075).rounded()
    }

    pub fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn mantissa(&self) -> &UBig {
        &self.mantissa
    }

    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// Whether it is small enough to be written out; numbers near nought always are.
    pub fn in_range(&self) -> bool {
        self.exponent.abs() <= EXPONENT_LIMIT
    }

    /// The magnitude if it is an integer.
    fn magnitude(&self) -> Option<UBig> {
        let shift = usize::try_from(self.exponent).ok()?;
        Some(&self.mantissa << shift)
    }

    pub fn as_u64(&self) -> Option<u64> {
        if self.negative || self.exponent > 64 {
            return None;
        }
        self.magnitude().and_then(|m| u64::try_from(&m).ok())
    }

    pub fn as_i64(&self) -> Option<i64> {
        if self.exponent > 64 {
            return None;
        }
        let magnitude = self.magnitude().and_then(|m| u64::try_from(&m).ok())?;
        if self.negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
    }

    pub fn to_radix(&self, radix: u8) -> Option<String> {
        let sign = if self.negative { "-" } else { "" };
        self.magnitude().map(|m| format!("{sign}{}", m.in_radix(radix)))
    }

    /// The nearest number with 512 bits, ties to even, in its one form with an odd mantissa.
    pub fn rounded(self) -> Float {
        self.rounded_with(false)
    }

    /// [`Float::rounded`] of a number that is a little greater in magnitude if `more`.
    pub fn rounded_with(self, more: bool) -> Float {
        let Float { negative, mut mantissa, mut exponent } = self;
        let bits = mantissa.bit_len();
        if bits > PRECISION {
            let shift = bits - PRECISION;
            let half = mantissa.bit(shift - 1);
            let rest = more || mantissa.trailing_zeros().is_some_and(|zeros| zeros < shift - 1);
            mantissa >>= shift;
            exponent += shift as i64;
            if half && (rest || mantissa.bit(0)) {
                mantissa += UBig::ONE;
            }
        }
        match mantissa.trailing_zeros() {
            None => Float::new(false, UBig::ZERO, 0),
            Some(zeros) => Float::new(negative, mantissa >> zeros, exponent + zeros as i64),
        }
    }

    pub fn negated(self) -> Float {
        Float { negative: !self.negative && !self.mantissa.is_zero(), ..self }
    }

    pub fn plus(&self, other: &Float) -> Float {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.at_exponent(exponent), other.at_exponent(exponent));
        let sum = match (self.negative == other.negative, a >= b) {
            (true, _) => Float::new(self.negative, a + b, exponent),
            (false, true) => Float::new(self.negative, a - b, exponent),
            (false, false) => Float::new(other.negative, b - a, exponent),
        };
        sum.rounded()
    }

    /// The mantissa this number has with a lower exponent.
    fn at_exponent(&self, exponent: i64) -> UBig {
        &self.mantissa << usize::try_from(self.exponent - exponent).unwrap_or(0)
    }

    pub fn times(&self, other: &Float) -> Float {
        let mantissa = &self.mantissa * &other.mantissa;
        Float::new(self.negative != other.negative, mantissa, self.exponent + other.exponent).rounded()
    }

    /// The quotient; the divisor is not nought.
    pub fn over(&self, other: &Float) -> Float {
        if other.is_zero() {
            return self.clone();
        }
        let lack = (PRECISION + 2 + other.mantissa.bit_len()).saturating_sub(self.mantissa.bit_len());
        let (quotient, rest) = (&self.mantissa << lack).div_rem(&other.mantissa);
        let exponent = self.exponent - other.exponent - lack as i64;
        Float::new(self.negative != other.negative, quotient, exponent).rounded_with(!rest.is_zero())
    }

    /// The integer nearest to it on the side of nought.
    pub fn truncated(self) -> Float {
        match usize::try_from(self.exponent.unsigned_abs()) {
            Ok(shift) if self.exponent < 0 => Float::new(self.negative, self.mantissa >> shift, 0).rounded(),
            _ => self,
        }
    }

    pub fn compare(&self, other: &Float) -> Ordering {
        match (self.signum(), other.signum()) {
            (1, 1) => self.compare_magnitude(other),
            (-1, -1) => other.compare_magnitude(self),
            (a, b) => a.cmp(&b),
        }
    }

    fn signum(&self) -> i8 {
        match (self.mantissa.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn compare_magnitude(&self, other: &Float) -> Ordering {
        let top = |f: &Float| f.mantissa.bit_len() as i64 + f.exponent;
        let exponent = self.exponent.min(other.exponent);
        top(self).cmp(&top(other)).then_with(|| self.at_exponent(exponent).cmp(&other.at_exponent(exponent)))
    }
}
