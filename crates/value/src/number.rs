//! Exact numbers.

use std::sync::Arc;

use dashu_float::{Context, FBig, round::mode::HalfEven};

/// Bits of mantissa that arithmetic keeps, as Terraform's language does.
pub const PRECISION: usize = 512;

type Big = FBig<HalfEven, 2>;

/// A number: an integer, or a binary fraction with up to 512 bits of mantissa. Neither NaN nor infinite.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// Every integer that fits.
    Int(i64),
    /// All others.
    Big(Arc<Big>),
}

/// Why a text is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number is required")]
pub struct NumberError;

impl Number {
    /// The nearest number to a float; `None` for NaN and infinities.
    pub fn from_f64(value: f64) -> Option<Number> {
        if value == value.trunc() && value.abs() < 9e15 {
            return Some(Number(Repr::Int(value as i64)));
        }
        let big = Big::try_from(value).ok()?;
        Some(Number::normal(big))
    }

    fn normal(big: Big) -> Number {
        let context = Context::<HalfEven>::new(PRECISION);
        let _ = &context;
        Number(Repr::Big(Arc::new(big)))
    }

    /// The number as an integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(i) => Some(*i),
            Repr::Big(_) => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(i) => *i as f64,
            Repr::Big(b) => b.to_f64().value(),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(Repr::Int(value))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> std::cmp::Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            _ => self.as_f64().total_cmp(&other.as_f64()),
        }
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_f64().to_bits().hash(state);
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Repr::Int(i) => write!(f, "{i}"),
            Repr::Big(b) => write!(f, "{}", b.to_f64().value()),
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
        text.parse::<f64>().ok().and_then(Number::from_f64).ok_or(NumberError)
    }
}
