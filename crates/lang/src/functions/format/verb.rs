//! One argument as its verb says.

use terrane_value::{Kind, Number, Type, Value, convert, json};
use unicode_segmentation::UnicodeSegmentation;

use super::pattern::Verb;

/// Writes a wholly known argument without marks. The error says why it cannot be written so.
pub fn write(verb: &Verb<'_>, arg: &Value, out: &mut String) -> Result<(), String> {
    if verb.letter != 'v' && arg.is_null() {
        return Err("the argument is null".into());
    }
    let text = match verb.letter {
        'v' => padded(verb, &as_it_is(verb, arg)?),
        't' => text_of(&converted(arg, &Type::Bool)?),
        's' => padded(verb, cut(verb, &text_of(&converted(arg, &Type::String)?))),
        'q' => padded(verb, &json::quote(cut(verb, &text_of(&converted(arg, &Type::String)?)))),
        'b' | 'd' | 'o' | 'x' | 'X' => integer(verb, &number_of(arg)?)?,
        'e' | 'E' | 'f' | 'g' | 'G' => fraction(verb, &number_of(arg)?),
        other => return Err(format!("there is no verb {other:?}")),
    };
    out.push_str(&text);
    Ok(())
}

fn converted(arg: &Value, ty: &Type) -> Result<Value, String> {
    convert(arg, ty).map_err(|e| e.to_string())
}

fn number_of(arg: &Value) -> Result<Number, String> {
    converted(arg, &Type::Number)?.as_number().cloned().ok_or_else(|| "a number is required".into())
}

fn text_of(value: &Value) -> String {
    match value.kind() {
        Kind::String(text) => text.to_string(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        _ => String::new(),
    }
}

fn as_it_is(verb: &Verb<'_>, arg: &Value) -> Result<String, String> {
    match arg.kind() {
        Kind::String(text) if !verb.sharp => Ok(text.to_string()),
        Kind::Number(n) if !verb.sharp => Ok(shortest(n)),
        _ => json::json_encode(arg).map_err(|e| e.to_string()),
    }
}

/// The first characters of a text, as many as the precision says; nought says nothing.
fn cut<'t>(verb: &Verb<'_>, text: &'t str) -> &'t str {
    let after = verb.precision.filter(|p| *p > 0).and_then(|p| text.grapheme_indices(true).nth(p));
    after.map_or(text, |(at, _)| &text[..at])
}

/// A text brought to the width, which counts characters as people see them.
fn padded(verb: &Verb<'_>, text: &str) -> String {
    let lack = verb.width.unwrap_or(0).saturating_sub(text.graphemes(true).count());
    let padding = if verb.zero { "0" } else { " " }.repeat(lack);
    if verb.minus { format!("{text}{padding}") } else { format!("{padding}{text}") }
}

fn integer(verb: &Verb<'_>, number: &Number) -> Result<String, String> {
    let (radix, prefix) = match verb.letter {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'd' => (10, ""),
        'x' => (16, "0x"),
        _ => (16, "0X"),
    };
    let digits = number.abs().to_radix(radix).ok_or("an integer is required")?;
    let digits = if verb.letter == 'X' { digits.to_uppercase() } else { digits };
    if digits == "0" && verb.precision == Some(0) {
        return Ok(String::new());
    }
    let digits = format!("{digits:0>width$}", width = verb.precision.unwrap_or(0));
    let head = format!("{}{}", sign(verb, number), if verb.sharp { prefix } else { "" });
    Ok(aligned(verb, &head, &digits, verb.zero && verb.precision.is_none()))
}

fn fraction(verb: &Verb<'_>, number: &Number) -> String {
    let magnitude = number.abs();
    let digits = match (verb.letter, verb.precision) {
        ('f', digits) => magnitude.to_fixed(digits.unwrap_or(6)),
        ('e' | 'E', digits) => magnitude.to_exponential(digits.unwrap_or(6)),
        (_, Some(digits)) => magnitude.to_general(digits),
        (_, None) => shortest(&magnitude),
    };
    let digits = if verb.letter.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
    aligned(verb, sign(verb, number), &digits, verb.zero)
}

fn sign(verb: &Verb<'_>, number: &Number) -> &'static str {
    match () {
        _ if number.is_negative() => "-",
        _ if verb.plus => "+",
        _ if verb.space => " ",
        _ => "",
    }
}

fn aligned(verb: &Verb<'_>, head: &str, digits: &str, zeros: bool) -> String {
    let lack = verb.width.unwrap_or(0).saturating_sub(head.len() + digits.len());
    match () {
        _ if verb.minus => format!("{head}{digits}{}", " ".repeat(lack)),
        _ if zeros => format!("{head}{}{digits}", "0".repeat(lack)),
        _ => format!("{}{head}{digits}", " ".repeat(lack)),
    }
}

/// The shortest decimal of a number; with an exponent if it is below 0.0001, or 1000000 and more.
fn shortest(number: &Number) -> String {
    let plain = number.to_string();
    let (sign, magnitude) = plain.strip_prefix('-').map_or(("", plain.as_str()), |m| ("-", m));
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return plain;
    }
    let exponent = whole.len() as i64 - 1 - (all.len() - digits.len()) as i64;
    if (-4..6).contains(&exponent) {
        return plain;
    }
    let digits = digits.trim_end_matches('0');
    let point = if digits.len() > 1 { "." } else { "" };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.abs();
    format!("{sign}{}{point}{}e{exponent_sign}{exponent:02}", &digits[..1], &digits[1..])
}
