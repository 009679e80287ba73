//! Moments in words and numbers: `EEE, DD MMM YYYY hh:mm:ss ZZZ`.

use super::rfc3339::Moment;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The moment as the pattern says. Letters stand for a part of it, the more the longer; texts in single quotes and all
/// other characters for themselves.
pub fn write(pattern: &str, moment: &Moment) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = quoted(&rest[1..], &mut out)?;
            continue;
        }
        let end = match first.is_ascii_alphabetic() {
            true => rest.find(|c| c != first),
            false => rest.find(|c: char| c == '\'' || c.is_ascii_alphabetic()),
        };
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        match first.is_ascii_alphabetic() {
            true => out.push_str(&part(token, moment)?),
            false => out.push_str(token),
        }
        rest = after;
    }
    Ok(out)
}

/// Adds what is in quotes, after the opening one, and returns what follows; two quotes stand for one.
fn quoted<'p>(text: &'p str, out: &mut String) -> Result<&'p str, String> {
    if let Some(after) = text.strip_prefix('\'') {
        out.push('\'');
        return Ok(after);
    }
    let mut rest = text;
    loop {
        let (literal, after) = rest.split_once('\'').ok_or("a quote ' is not closed; a quote itself is written ''")?;
        out.push_str(literal);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok(after),
        }
    }
}

fn part(token: &str, moment: &Moment) -> Result<String, String> {
    let time = moment.local;
    let hour = time.hour();
    let two_digits = |number: i8| match token.len() {
        1 => Some(number.to_string()),
        2 => Some(format!("{number:02}")),
        _ => None,
    };
    let name = |names: &[&str], at: i8, numbers: Option<String>| {
        let name = usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default();
        match token.len() {
            3 => Some(name[..3].to_owned()),
            4 => Some(name.to_owned()),
            _ => numbers,
        }
    };
    let half = |names: [&str; 2]| (token.len() == 2).then(|| names[usize::from(hour >= 12)].to_owned());
    let (written, forms) = match &token[..1] {
        "Y" => (year(token, time.year()), "YY or YYYY"),
        "M" => (name(&MONTHS, time.month() - 1, two_digits(time.month())), "M, MM, MMM or MMMM"),
        "D" => (two_digits(time.day()), "D or DD"),
        "E" => (name(&DAYS, time.weekday().to_monday_zero_offset(), None), "EEE or EEEE"),
        "h" => (two_digits(hour), "h or hh"),
        "H" => (two_digits(if hour % 12 == 0 { 12 } else { hour % 12 }), "H or HH"),
        "A" => (half(["AM", "PM"]), "AA"),
        "a" => (half(["am", "pm"]), "aa"),
        "m" => (two_digits(time.minute()), "m or mm"),
        "s" => (two_digits(time.second()), "s or ss"),
        "Z" => (zone(token, moment), "Z, ZZZ, ZZZZ or ZZZZZ"),
        _ => (None, "letters in single quotes if they are to stand for themselves"),
    };
    written.ok_or_else(|| format!("{token:?} stands for no part of a date; there are {forms}"))
}

fn year(token: &str, year: i16) -> Option<String> {
    match token.len() {
        2 => Some(format!("{:02}", year % 100)),
        4 => Some(format!("{year:04}")),
        _ => None,
    }
}

fn zone(token: &str, moment: &Moment) -> Option<String> {
    match token.len() {
        1 => Some(moment.zone()),
        3 if moment.offset == 0 => Some("UTC".into()),
        3 | 4 => Some(moment.offset_with("")),
        5 => Some(moment.offset_with(":")),
        _ => None,
    }
}
