//! Exact numbers.

mod arithmetic;
mod decimal;
mod elementary;
mod float;
mod parse;
mod power;

use std::cmp::Ordering;
use std::sync::Arc;

use decimal::Decimal;
use float::Float;

/// Bits of mantissa that arithmetic keeps, as Terraform's language does.
pub const PRECISION: usize = 512;

/// Up to it every integer is a float.
const EXACT: f64 = (1u64 << f64::MANTISSA_DIGITS) as f64;

/// The nearest decimal with the fewest digits that is read as this float again, and of two equally near ones the even one.
fn shortest(value: f64) -> String {
    let mut texts = (0..f64::DIGITS as usize + 2).map(|digits| format!("{value:.digits$e}"));
    texts.find(|text| text.parse() == Ok(value) || is_just_below(text, value)).unwrap_or_else(|| value.to_string())
}

/// Whether a text is at most as far below a power of two as others may be above it. Floats lie closer together there, of
/// which OpenTofu takes no notice.
fn is_just_below(text: &str, power: f64) -> bool {
    let size = power.abs();
    let is_power = size.to_bits().trailing_zeros() >= f64::MANTISSA_DIGITS - 1;
    let exact = |float| Number::from_float(Float::from_f64(float));
    let number = text.trim_start_matches('-').parse::<Number>().ok();
    is_power && number >= exact(size.next_down()) && number <= exact(size)
}

/// A number: an integer, or a binary fraction with up to 512 bits of mantissa. Neither NaN nor infinite.
///
/// Equal numbers are the same in every form: `1`, `1.0` and `10e-1` have one hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    /// Every integer that fits.
    Int(i64),
    /// All others.
    Big(Arc<Float>),
}

/// Why a text is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number is required")]
pub struct NumberError;

impl Number {
    /// Nought.
    pub const ZERO: Number = Number(Repr::Int(0));

    /// The number that a float stands for; `None` for NaN and infinities.
    ///
    /// What is no exact small integer is taken at its shortest decimal form: `0.1` gives exactly the number that the text
    /// `0.1` gives, and 2 to the power of 100 is shown with zeros after 16 digits.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        if value == value.trunc() && value.abs() <= EXACT {
            return Number::from_float(Float::from_f64(value));
        }
        shortest(value).parse().ok()
    }

    /// The number as an integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(i) => Some(*i),
            Repr::Big(_) => None,
        }
    }

    /// The number as an integer, if it is one, not negative and fits.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Int(i) => u64::try_from(*i).ok(),
            Repr::Big(b) => b.as_u64(),
        }
    }

    /// The number as a count or place, if it is an integer, not negative and fits.
    pub fn as_usize(&self) -> Option<usize> {
        self.as_u64().and_then(|u| usize::try_from(u).ok())
    }

    /// The nearest float; infinite beyond the greatest.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(i) => *i as f64,
            Repr::Big(_) => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The float that is exactly this number, if there is one.
    pub fn as_exact_f64(&self) -> Option<f64> {
        let nearest = self.as_f64();
        (nearest.is_finite() && Float::from_f64(nearest) == self.float()).then_some(nearest)
    }

    /// Whether it has no fraction.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Big(b) => b.is_integer(),
        }
    }

    /// Whether it is less than nought.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Int(i) => *i < 0,
            Repr::Big(b) => b.is_negative(),
        }
    }

    /// Whether it is nought.
    pub fn is_zero(&self) -> bool {
        self.0 == Repr::Int(0)
    }

    /// The number with exactly `digits` digits after the point, as `%.2f` writes it.
    pub fn to_fixed(&self, digits: usize) -> String {
        self.decimal().fixed(digits)
    }

    /// The number with one digit before the point, `digits` after it, and an exponent: `1.50e+03`.
    pub fn to_exponential(&self, digits: usize) -> String {
        self.decimal().exponential(digits)
    }

    /// The number with at most `digits` significant digits, in the shorter of the forms of [`Number::to_fixed`] and
    /// [`Number::to_exponential`], as `%g` writes it.
    pub fn to_general(&self, digits: usize) -> String {
        self.decimal().general(digits)
    }

    /// The digits of an integer in a radix from 2 to 36, lower case; `None` for fractions and other radixes.
    pub fn to_radix(&self, radix: u8) -> Option<String> {
        if !(2..=36).contains(&radix) {
            return None;
        }
        self.float().to_radix(radix)
    }

    /// The integer that digits in a radix from 2 to 62 say, with a sign if there is one; above 36, capitals are the
    /// digits after the small letters.
    pub fn from_radix(text: &str, radix: u32) -> Option<Number> {
        parse::radix(text, radix)
    }

    fn from_float(float: Float) -> Option<Number> {
        let float = float.rounded();
        if let Some(i) = float.as_i64() {
            return Some(Number(Repr::Int(i)));
        }
        float.in_range().then(|| Number(Repr::Big(Arc::new(float))))
    }

    fn float(&self) -> Float {
        match &self.0 {
            Repr::Int(i) => Float::from_i64(*i),
            Repr::Big(b) => (**b).clone(),
        }
    }

    fn decimal(&self) -> Decimal {
        Decimal::exact(&self.float())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(Repr::Int(value))
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Number {
        Number(Repr::Int(value.into()))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Number {
        Number(Repr::Int(value.into()))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        match i64::try_from(value) {
            Ok(i) => Number(Repr::Int(i)),
            Err(_) => Number(Repr::Big(Arc::new(Float::from_u64(value)))),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            _ => self.float().compare(&other.float()),
        }
    }
}

impl std::fmt::Display for Number {
    /// Writes the shortest decimal, without exponent, that is nearest to this number among all of its precision.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Repr::Int(i) => write!(f, "{i}"),
            Repr::Big(b) => f.write_str(&decimal::shortest(b).plain()),
        }
    }
}

impl std::str::FromStr for Number {
    type Err = NumberError;

    /// Parses the decimal forms of the language: `12`, `-0.5`, `1e6`.
    fn from_str(text: &str) -> Result<Number, NumberError> {
        if let Ok(i) = text.parse::<i64>() {
            return Ok(Number(Repr::Int(i)));
        }
        parse::decimal(text).ok_or(NumberError)
    }
}

#[cfg(test)]
mod tests;
