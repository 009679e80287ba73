//! Powers of floats, by multiplication as far as it goes.

use super::elementary::{exp, ln};

/// The greatest exponent that powers of single bits are followed to.
const MOST: i32 = 1 << 12;

/// `base` to the power of `exponent`. The whole part is multiplied by repeated squaring, as OpenTofu's numbers are, since
/// the last digits depend on the way.
pub fn power(base: f64, exponent: f64) -> f64 {
    let (whole, part) = (exponent.abs().trunc(), exponent.abs().fract());
    let special = base == 0.0 || !base.is_finite() || base < 0.0 && part != 0.0 || whole >= 2f64.powi(63);
    if special || exponent == 0.0 || base == 1.0 {
        return base.powf(exponent);
    }
    if part == 0.5 && whole == 0.0 {
        return if exponent < 0.0 { 1.0 / base.sqrt() } else { base.sqrt() };
    }
    let (whole, part) = if part > 0.5 { (whole + 1.0, part - 1.0) } else { (whole, part) };
    let start = if part == 0.0 { 1.0 } else { exp(part * ln(base)) };
    let (product, twos) = repeated(start, base, whole as u64);
    match exponent < 0.0 {
        true => scaled(1.0 / product, -twos),
        false => scaled(product, twos),
    }
}

/// `start` times `base` to the power of `times`, as a float and the power of two that it is to be multiplied with.
fn repeated(start: f64, base: f64, times: u64) -> (f64, i32) {
    let (mut product, mut twos) = (start, 0);
    let (mut square, mut square_twos) = halves(base);
    let mut left = times;
    while left > 0 {
        if square_twos.abs() > MOST {
            return (product, twos + square_twos);
        }
        if left & 1 == 1 {
            product *= square;
            twos += square_twos;
        }
        square *= square;
        square_twos *= 2;
        if square < 0.5 {
            square *= 2.0;
            square_twos -= 1;
        }
        left >>= 1;
    }
    (product, twos)
}

/// A float as one from 0.5 up to 1, and the power of two that it is to be multiplied with.
pub(super) fn halves(float: f64) -> (f64, i32) {
    if float.abs() < f64::MIN_POSITIVE {
        let (half, twos) = halves(float * 2f64.powi(64));
        return (half, twos - 64);
    }
    let bits = float.to_bits();
    let twos = ((bits >> 52) & 0x7ff) as i32 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), twos)
}

/// A float times a power of two, in steps that are floats themselves.
pub(super) fn scaled(float: f64, twos: i32) -> f64 {
    let mut left = twos.clamp(-4000, 4000);
    let mut float = float;
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        float *= 2f64.powi(step);
        left -= step;
    }
    float
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_multiplied() {
        assert_eq!(power(2.0, 10.0), 1024.0);
        assert_eq!(power(-3.0, 3.0), -27.0);
        assert_eq!(power(2.0, -1074.0), 5e-324);
        assert_eq!(power(5e-324, 1.0), 5e-324);
        assert_eq!(power(10.0, 400.0), f64::INFINITY);
        assert_eq!(power(0.1, 500.0), 0.0);
        assert_eq!(power(9.0, 0.5), 3.0);
        assert_eq!(power(0.021, -0.5), 6.900655593423543);
        assert_eq!(power(2.0, 1.5), 2.82842712474619);
        let shown = |float| crate::Number::from_f64(float).unwrap().to_string();
        assert_eq!(shown(power(8.0, 44.0)), "5444517870735015000000000000000000000000");
        assert_eq!(shown(power(1.8, 59.0)), "1151006565984085.2");
    }
}
