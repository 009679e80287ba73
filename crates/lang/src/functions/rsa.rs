//! Decryption with a private key.

mod key;

use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;
use terrane_value::Value;

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param, base64};
use key::Key;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("rsadecrypt", &[Param::string("ciphertext"), Param::string("privatekey")], a_string, rsadecrypt)];

fn rsadecrypt(call: &Call<'_>) -> Result<Value, ArgError> {
    let encrypted = base64::decode(call.text(0)).ok_or_else(|| ArgError::at(0, "the text is not valid Base64"))?;
    let key = key::parse(call.text(1)).map_err(|why| ArgError::at(1, format!("no RSA private key: {why}")))?;
    let wrong = || ArgError::call("the text is not encrypted for this key");
    let text = String::from_utf8(decrypted(&encrypted, &key).ok_or_else(wrong)?);
    text.map(Value::from).map_err(|_| ArgError::call("what is encrypted is no text in UTF-8"))
}

/// The content of a message by PKCS #1, version 1.5.
fn decrypted(encrypted: &[u8], key: &Key) -> Option<Vec<u8>> {
    let size = key.modulus.to_be_bytes().len();
    let number = UBig::from_be_bytes(encrypted);
    if encrypted.len() != size || number >= key.modulus {
        return None;
    }
    let padded = ConstDivisor::new(key.modulus.clone()).reduce(number).pow(&key.exponent).residue().to_be_bytes();
    // The first byte is 0 and so left out by the number; then come 2, at least eight other bytes, and 0.
    let rest = padded.strip_prefix(&[2]).filter(|rest| rest.len() + 2 == size)?;
    let end = rest.iter().position(|byte| *byte == 0).filter(|end| *end >= 8)?;
    Some(rest[end + 1..].to_vec())
}
