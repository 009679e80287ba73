//! Functions of URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use terrane_value::Value;

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("urldecode", &[Param::string("str")], a_string, urldecode),
    Function::new("urlencode", &[Param::string("str")], a_string, urlencode),
];

/// What is written as `%XX`; a space then becomes `+`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');

fn urlencode(call: &Call<'_>) -> Result<Value, ArgError> {
    let encoded = utf8_percent_encode(call.text(0), ENCODED).to_string();
    Ok(encoded.replace(' ', "+").into())
}

fn urldecode(call: &Call<'_>) -> Result<Value, ArgError> {
    let text = call.text(0);
    let is_hex = |c: Option<&u8>| c.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    let broken = |(at, _): &(usize, &str)| !(is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2)));
    if let Some((at, _)) = text.match_indices('%').find(broken) {
        return Err(ArgError::at(0, format!("at byte {at} of {}, % is not followed by two digits", call.shown(text))));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned().into()).map_err(|_| ArgError::at(0, "what is encoded is no text in UTF-8"))
}
