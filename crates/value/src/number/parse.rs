//! Texts to numbers.

use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem};

use super::float::Float;
use super::{Number, PRECISION};

/// Greatest magnitude of the decimal exponent that is read.
const EXPONENT_LIMIT: i64 = 300_000;

/// Reads an optional sign, digits with at most one point, and an optional exponent.
pub(super) fn decimal(text: &str) -> Option<Number> {
    let (negative, text) = sign(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(Number::ZERO);
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let power = exponent.checked_sub(fraction.len() as i64)?.checked_add(trailing as i64)?;
    if power.abs() > EXPONENT_LIMIT || significant.len() as i64 > EXPONENT_LIMIT {
        return None;
    }
    Number::from_float(scaled(negative, UBig::from_str_radix(significant, 10).ok()?, power))
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The float nearest to `digits * 10^power`.
fn scaled(negative: bool, digits: UBig, power: i64) -> Float {
    let fives = UBig::from(5u8).pow(usize::try_from(power.unsigned_abs()).unwrap_or(0));
    if power >= 0 {
        return Float::new(negative, digits * fives, power).rounded();
    }
    let lack = (PRECISION + 2 + fives.bit_len()).saturating_sub(digits.bit_len());
    let (quotient, rest) = (digits << lack).div_rem(fives);
    Float::new(negative, quotient, power - lack as i64).rounded_with(!rest.is_zero())
}

/// Reads an integer; see [`Number::from_radix`].
pub(super) fn radix(text: &str, radix: u32) -> Option<Number> {
    let (negative, text) = sign(text);
    if text.is_empty() || !(2..=62).contains(&radix) {
        return None;
    }
    let mut magnitude = UBig::ZERO;
    for c in text.chars() {
        let digit = digit(c, radix).filter(|d| *d < radix)?;
        magnitude = magnitude * UBig::from(radix) + UBig::from(digit);
    }
    Number::from_float(Float::new(negative, magnitude, 0))
}

fn digit(c: char, radix: u32) -> Option<u32> {
    match c {
        '0'..='9' => Some(u32::from(c) - u32::from('0')),
        'a'..='z' => Some(u32::from(c) - u32::from('a') + 10),
        'A'..='Z' if radix <= 36 => Some(u32::from(c) - u32::from('A') + 10),
        'A'..='Z' => Some(u32::from(c) - u32::from('A') + 36),
        _ => None,
    }
}
