//! Timestamps as RFC 3339 writes them.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, datetime};

/// A moment as it is seen where the clocks are ahead.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What calendar and clock show.
    pub local: DateTime,
    /// By how many seconds the clock is ahead.
    pub offset: i32,
}

impl Moment {
    /// Reads `2006-01-02T15:04:05.9+01:00`, or with `Z` at the end. The error says which part is wrong.
    pub fn parse(text: &str) -> Result<Moment, String> {
        let mut parts = Parts { rest: text };
        let year = parts.number("year", 4, 0, 9999)?;
        parts.sign("-")?;
        let month = parts.number("month", 2, 1, 12)?;
        parts.sign("-")?;
        let day = parts.number("day", 2, 1, 31)?;
        parts.sign("T")?;
        let hour = parts.number("hour", 2, 0, 23)?;
        parts.sign(":")?;
        let minute = parts.number("minute", 2, 0, 59)?;
        parts.sign(":")?;
        let second = parts.number("second", 2, 0, 59)?;
        let nanosecond = parts.fraction();
        let offset = parts.offset()?;
        let date = Date::new(year as i16, month as i8, day as i8);
        let date = date.map_err(|_| format!("the month has no day {day}"))?;
        let time = Time::new(hour as i8, minute as i8, second as i8, nanosecond).map_err(|e| e.to_string())?;
        Ok(Moment { local: DateTime::from_parts(date, time), offset })
    }

    /// The time that has passed since the beginning of 1970.
    pub fn since_1970(&self) -> SignedDuration {
        self.local.duration_since(datetime(1970, 1, 1, 0, 0, 0, 0)) - SignedDuration::from_secs(self.offset.into())
    }

    /// The offset as sign, hours and minutes with `between` between them: `+01:00`.
    pub fn offset_with(&self, between: &str) -> String {
        let minutes = self.offset / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}{between}{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// The offset, or `Z` if there is none.
    pub fn zone(&self) -> String {
        if self.offset == 0 { "Z".into() } else { self.offset_with(":") }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let c = self.local;
        let (year, month, day) = (c.year(), c.month(), c.day());
        let (hour, minute, second) = (c.hour(), c.minute(), c.second());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{}", self.zone())
    }
}

struct Parts<'t> {
    rest: &'t str,
}

impl Parts<'_> {
    fn number(&mut self, name: &str, digits: usize, least: i32, most: i32) -> Result<i32, String> {
        let wrong = || format!("the {name} must be a number of {digits} digits from {least} to {most}");
        let (text, rest) = self.rest.split_at_checked(digits).ok_or_else(wrong)?;
        let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        self.rest = rest;
        number.filter(|n| (least..=most).contains(n)).ok_or_else(wrong)
    }

    fn sign(&mut self, sign: &str) -> Result<(), String> {
        let missing = || format!("{sign:?} is missing before {:?}", self.rest);
        self.rest = self.rest.strip_prefix(sign).ok_or_else(missing)?;
        Ok(())
    }

    /// A point and digits, as nanoseconds; nought if there is no point.
    fn fraction(&mut self) -> i32 {
        let Some(after) = self.rest.strip_prefix('.') else { return 0 };
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = after.split_at(count);
        if count > 0 {
            self.rest = rest;
        }
        format!("{digits:0<9.9}").parse().unwrap_or(0)
    }

    fn offset(&mut self) -> Result<i32, String> {
        if self.rest == "Z" {
            return Ok(0);
        }
        let ahead = match self.rest.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(format!("the end must be Z, or an offset like +01:00, not {:?}", self.rest)),
        };
        self.rest = &self.rest[1..];
        let hours = self.number("hours of the offset", 2, 0, 23)?;
        self.sign(":")?;
        let minutes = self.number("minutes of the offset", 2, 0, 59)?;
        if !self.rest.is_empty() {
            return Err(format!("{:?} follows it", self.rest));
        }
        Ok(ahead * (hours * 3600 + minutes * 60))
    }
}
