//! Logarithm and exponential of floats, the same digits on every machine.
//!
//! Libraries of mathematics differ in the last digit, and so would plans. The methods, with the order of their
//! operations, are those of OpenTofu on amd64: the logarithm is fdlibm's, the exponential a Taylor series.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

use super::power::{halves, scaled};

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    const ODD: [f64; 4] =
        [6.666_666_666_666_735e-1, 2.857_142_874_366_239e-1, 1.818_357_216_161_805e-1, 1.479_819_860_511_658_6e-1];
    const EVEN: [f64; 3] = [3.999_999_999_940_942e-1, 2.222_219_843_214_978_4e-1, 1.531_383_769_920_937_3e-1];
    if x <= 0.0 || !x.is_finite() {
        return x.ln();
    }
    let (half, twos) = halves(x);
    let (part, twos) = if half < FRAC_1_SQRT_2 { (half * 2.0, twos - 1) } else { (half, twos) };
    let (f, k) = (part - 1.0, f64::from(twos));
    let s = f / (2.0 + f);
    let (s2, s4) = (s * s, (s * s) * (s * s));
    let rest = s2 * polynomial(&ODD, s4) + s4 * polynomial(&EVEN, s4);
    let square = 0.5 * f * f;
    k * LN_2_UPPER - ((square - (s * (square + rest) + k * LN_2_LOWER)) - f)
}

/// The first 32 bits of ln 2, so that products with whole numbers are exact, and what is left of it.
const LN_2_UPPER: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOWER: f64 = 1.908_214_929_270_587_7e-10;

fn polynomial(factors: &[f64], x: f64) -> f64 {
    factors.iter().rev().fold(0.0, |sum, factor| sum * x + factor)
}

/// The exponential.
pub fn exp(x: f64) -> f64 {
    const UPPER: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
    const LOWER: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
    if !x.is_finite() || x.abs() * LOG2_E > 1080.0 {
        return x.exp();
    }
    let twos = (x * LOG2_E).round_ties_even();
    let rest = (-twos).mul_add(LOWER, (-twos).mul_add(UPPER, x)) * 0.0625;
    let mut less_one = rest * taylor(rest);
    for _ in 0..3 {
        less_one *= less_one + 2.0;
    }
    let sum = (less_one + 2.0).mul_add(less_one, 1.0);
    scaled(sum, twos as i32)
}

/// The sum of `x^n / (n + 1)!` for n up to 7.
fn taylor(x: f64) -> f64 {
    const DIVISORS: [f64; 8] = [1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0];
    DIVISORS.iter().rev().fold(0.0, |sum: f64, divisor| sum.mul_add(x, 1.0 / divisor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_exponentials() {
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(2.0), std::f64::consts::LN_2);
        assert_eq!(ln(3.0) / ln(2.0), 1.584962500721156);
        assert_eq!(ln(3.0) / ln(10.0), 0.4771212547196623);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert!(ln(-1.0).is_nan());
        assert!((ln(5e-324) + 744.4400719213812).abs() < 1e-12);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(710.0), f64::INFINITY);
        assert_eq!(exp(-800.0), 0.0);
        assert!((exp(1.0) - std::f64::consts::E).abs() < 1e-15);
    }
}
