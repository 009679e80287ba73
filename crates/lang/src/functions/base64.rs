//! Functions of Base64.

use std::io::{ErrorKind, Read};

use ::base64::Engine;
use ::base64::alphabet::STANDARD;
use ::base64::engine::general_purpose::{self, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::MultiGzDecoder;
use terrane_value::Value;

use super::call::Call;
use super::gzip::gzip;
use super::signature::a_string;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64decode", &[STR], a_string, base64decode),
    Function::new("base64encode", &[STR], a_string, |c| Ok(encode(c.text(0)).into())),
    Function::new("base64gunzip", &[STR], a_string, base64gunzip),
    Function::new("base64gzip", &[STR], a_string, |c| Ok(encode(gzip(c.text(0).as_bytes())).into())),
];

const STR: Param = Param::string("str");

/// Greatest size of what is unpacked, as a small text may stand for a huge one.
const LARGEST: u64 = 256 << 20;

/// Bytes as Base64.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    general_purpose::STANDARD.encode(bytes)
}

/// The bytes that Base64 stands for; line breaks in it are skipped.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    let text: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    LENIENT.decode(text).ok()
}

fn decoded(call: &Call<'_>) -> Result<Vec<u8>, ArgError> {
    let text = call.text(0);
    decode(text).ok_or_else(|| ArgError::at(0, format!("{} is not valid Base64", call.shown(text))))
}

fn base64decode(call: &Call<'_>) -> Result<Value, ArgError> {
    let text = String::from_utf8(decoded(call)?);
    text.map(Value::from).map_err(|_| ArgError::at(0, "what is encoded is no text in UTF-8"))
}

fn base64gunzip(call: &Call<'_>) -> Result<Value, ArgError> {
    let packed = decoded(call)?;
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(&*packed).take(LARGEST + 1).read_to_end(&mut text);
    read.map_err(|e| match e.kind() {
        ErrorKind::UnexpectedEof => ArgError::at(0, "what is encoded is no gzip data, or not all of it"),
        _ => ArgError::at(0, "what is encoded is no gzip data, or damaged"),
    })?;
    if text.len() as u64 > LARGEST {
        return Err(ArgError::at(0, format!("the text has more than {} MiB", LARGEST >> 20)));
    }
    String::from_utf8(text).map(Value::from).map_err(|_| ArgError::at(0, "what is compressed is no text in UTF-8"))
}
