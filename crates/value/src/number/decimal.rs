//! Numbers as decimal digits: rounding and writing them.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::PRECISION;
use super::float::Float;

/// A sign and digits `0.d1d2d3… * 10^point`, without noughts at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// All digits of a float.
    pub fn exact(float: &Float) -> Decimal {
        Decimal::of(float.is_negative(), float.mantissa().clone(), float.exponent())
    }

    fn of(negative: bool, mantissa: UBig, exponent: i64) -> Decimal {
        let shift = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
        let (integer, places) = match exponent < 0 {
            true => (mantissa * UBig::from(5u8).pow(shift), exponent.abs()),
            false => (mantissa << shift, 0),
        };
        let text = if integer.is_zero() { String::new() } else { integer.to_string() };
        let point = text.len() as i64 - places;
        Decimal { negative, digits: text.into_bytes(), point }.trimmed()
    }

    fn trimmed(mut self) -> Decimal {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
        self
    }

    fn at(&self, i: usize) -> u8 {
        self.digits.get(i).copied().unwrap_or(b'0')
    }

    fn rounded_down(mut self, keep: usize) -> Decimal {
        self.digits.truncate(keep);
        self.trimmed()
    }

    fn rounded_up(mut self, keep: usize) -> Decimal {
        self.digits.truncate(keep);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(b'1');
                self.point += 1;
            }
        }
        self
    }

    /// The nearest with so many digits, ties to even.
    fn rounded(self, keep: usize) -> Decimal {
        if keep >= self.digits.len() {
            return self;
        }
        let tie = self.digits[keep] == b'5' && keep + 1 == self.digits.len();
        let up = if tie { keep > 0 && (self.digits[keep - 1] - b'0') % 2 == 1 } else { self.digits[keep] >= b'5' };
        if up { self.rounded_up(keep) } else { self.rounded_down(keep) }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// All digits without an exponent.
    pub fn plain(&self) -> String {
        let places = (self.digits.len() as i64 - self.point).max(0);
        self.with_places(usize::try_from(places).unwrap_or(0))
    }

    fn with_places(&self, places: usize) -> String {
        let mut text = String::from(self.sign());
        let whole = usize::try_from(self.point).unwrap_or(0);
        if whole == 0 {
            text.push('0');
        }
        text.extend((0..whole).map(|i| char::from(self.at(i))));
        if places > 0 {
            text.push('.');
            let before = usize::try_from(-self.point).unwrap_or(0).min(places);
            text.extend(std::iter::repeat_n('0', before));
            text.extend((0..places - before).map(|i| char::from(self.at(whole + i))));
        }
        text
    }

    /// `digits` digits after the point.
    pub fn fixed(self, digits: usize) -> String {
        match usize::try_from(self.point + digits as i64) {
            Ok(keep) => self.rounded(keep).with_places(digits),
            Err(_) => Decimal { digits: Vec::new(), point: 0, ..self }.with_places(digits),
        }
    }

    /// One digit before the point, `digits` after it, and an exponent.
    pub fn exponential(self, digits: usize) -> String {
        let rounded = self.rounded(digits + 1);
        let exponent = if rounded.digits.is_empty() { 0 } else { rounded.point - 1 };
        let mantissa = Decimal { point: 1, ..rounded }.with_places(digits);
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }

    /// At most `digits` significant digits, with an exponent if that is shorter.
    pub fn general(self, digits: usize) -> String {
        let digits = digits.max(1);
        let rounded = self.rounded(digits);
        let count = rounded.digits.len();
        let limit = if digits > count && count as i64 >= rounded.point { count } else { digits };
        let exponent = rounded.point - 1;
        if exponent < -4 || exponent >= limit as i64 { rounded.exponential(count.max(1) - 1) } else { rounded.plain() }
    }
}

/// The shortest decimal of which the nearest float with 512 bits is this one.
pub(super) fn shortest(float: &Float) -> Decimal {
    let exact = Decimal::exact(float);
    let lack = (PRECISION + 1).saturating_sub(float.mantissa().bit_len());
    let (mantissa, exponent) = (float.mantissa() << lack, float.exponent() - lack as i64);
    let even = !mantissa.bit(1);
    let lower = Decimal::of(false, &mantissa - UBig::ONE, exponent);
    let upper = Decimal::of(false, mantissa + UBig::ONE, exponent);
    for i in 0..exact.digits.len() {
        let (l, m, u) = (lower.at(i), exact.at(i), upper.at(i));
        let down = l != m || (even && i + 1 == lower.digits.len());
        let up = m != u && (even || m + 1 < u || i + 1 < upper.digits.len());
        match (down, up) {
            (true, true) => return exact.rounded(i + 1),
            (true, false) => return exact.rounded_down(i + 1),
            (false, true) => return exact.rounded_up(i + 1),
            (false, false) => {}
        }
    }
    exact
}
