//! Dates as they are written.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_provider::Problem;

/// The date of a text such as `2024-05-01T00:00:00Z`.
pub fn parsed(text: &str) -> Result<DateTime, Problem> {
    let parsed = DateTime::from_str(text, Format::DateTimeWithOffset);
    parsed
        .map_err(|_| Problem::error("Invalid date", format!("\"{text}\" is not a date such as 2024-05-01T00:00:00Z.")))
}

/// A date in the form that is written, if that means the same.
pub fn date(found: Option<&DateTime>, written: Option<&str>) -> Option<String> {
    let found = found?;
    let same = |w: &&str| parsed(w).is_ok_and(|w| w == *found);
    written.filter(same).map(str::to_owned).or_else(|| found.fmt(Format::DateTime).ok())
}
