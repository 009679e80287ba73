//! Functions of texts in other encodings than UTF-8.

use encoding_rs::Encoding;
use terrane_value::Value;

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param, base64};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("textdecodebase64", &[Param::string("source"), ENCODING], a_string, textdecodebase64),
    Function::new("textencodebase64", &[Param::string("string"), ENCODING], a_string, textencodebase64),
];

const ENCODING: Param = Param::string("encoding");

/// The encodings there are.
enum Charset {
    Utf8,
    Ascii,
    /// With the order of bytes that the text says, otherwise the big end first.
    Utf16,
    Utf16Be,
    Utf16Le,
    /// Each character is a byte.
    Latin1,
    Other(&'static Encoding),
}

/// The encoding of a name of the IANA's list.
fn charset(call: &Call<'_>) -> Result<Charset, ArgError> {
    let name = call.text(1).to_ascii_lowercase();
    let known = match name.as_str() {
        "utf-8" | "csutf8" => Some(Charset::Utf8),
        "us-ascii" | "iso646-us" | "ansi_x3.4-1968" | "csascii" => Some(Charset::Ascii),
        "utf-16" | "csutf16" => Some(Charset::Utf16),
        "utf-16be" | "csutf16be" => Some(Charset::Utf16Be),
        "utf-16le" | "csutf16le" => Some(Charset::Utf16Le),
        "iso-8859-1" | "iso_8859-1" | "latin1" | "l1" | "iso-ir-100" | "ibm819" | "cp819" => Some(Charset::Latin1),
        // Names that browsers know, but not the IANA.
        "ascii" | "unicode" | "ucs-2" | "utf8" => None,
        private if private.starts_with("x-") => None,
        other => Encoding::for_label_no_replacement(other.as_bytes()).map(Charset::Other),
    };
    known.ok_or_else(|| ArgError::at(1, format!("{} is not the IANA name of a supported encoding", call.shown(&name))))
}

fn textencodebase64(call: &Call<'_>) -> Result<Value, ArgError> {
    let text = call.text(0);
    let bytes = match charset(call)? {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
        Charset::Utf16 => Some([0xfe, 0xff].into_iter().chain(units(text, u16::to_be_bytes)).collect()),
        Charset::Utf16Be => Some(units(text, u16::to_be_bytes).collect()),
        Charset::Utf16Le => Some(units(text, u16::to_le_bytes).collect()),
        Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Charset::Other(encoding) => {
            let (bytes, _, lossy) = encoding.encode(text);
            (!lossy && is_defined(encoding, text)).then(|| bytes.into_owned())
        }
    };
    let missing = || format!("the text has characters that {} does not have", call.shown(call.text(1)));
    bytes.map(|bytes| base64::encode(bytes).into()).ok_or_else(|| ArgError::at(0, missing()))
}

fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(bytes)
}

fn textdecodebase64(call: &Call<'_>) -> Result<Value, ArgError> {
    let charset = charset(call)?;
    let bytes = base64::decode(call.text(0)).ok_or_else(|| {
        let text = call.shown(call.text(0));
        ArgError::at(0, format!("{text} is not valid Base64"))
    })?;
    let text = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Ascii => String::from_utf8(bytes).ok().filter(|text| text.is_ascii()),
        Charset::Utf16 => match bytes.as_slice() {
            [0xff, 0xfe, rest @ ..] => from_units(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => from_units(rest, u16::from_be_bytes),
            all => from_units(all, u16::from_be_bytes),
        },
        Charset::Utf16Be => from_units(&bytes, u16::from_be_bytes),
        Charset::Utf16Le => from_units(&bytes, u16::from_le_bytes),
        Charset::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
        Charset::Other(encoding) => {
            let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
            text.filter(|text| is_defined(encoding, text)).map(|text| text.into_owned())
        }
    };
    let undefined = || format!("what is encoded is no text in {}", call.shown(call.text(1)));
    text.map(Value::from).ok_or_else(|| ArgError::at(0, undefined()))
}

/// Whether an encoding really has all characters of a text: where one of a byte each has nothing, browsers put controls.
fn is_defined(encoding: &'static Encoding, text: &str) -> bool {
    !encoding.is_single_byte() || !text.contains(|c| matches!(c, '\u{80}'..='\u{9f}'))
}

fn from_units(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().copied().map(unit)).collect::<Result<String, _>>();
    text.ok().filter(|_| rest.is_empty())
}
