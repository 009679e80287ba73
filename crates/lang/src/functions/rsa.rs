//! Decryption with a private key.

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Encrypt, RsaPrivateKey};
use ssh_key::Mpint;
use terrane_value::Value;

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param, base64};

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("rsadecrypt", &[Param::string("ciphertext"), Param::string("privatekey")], a_string, rsadecrypt)];

/// Least size of a key in bytes, as in OpenTofu: smaller ones keep no secret.
const SMALLEST: usize = 128;

/// Greatest size of a key in bytes, so that no text makes a decryption take minutes.
const LARGEST: usize = 2048;

fn rsadecrypt(call: &Call<'_>) -> Result<Value, ArgError> {
    let encrypted = base64::decode(call.text(0)).ok_or_else(|| ArgError::at(0, "the text is not valid Base64"))?;
    let key = key(call.text(1)).map_err(|why| ArgError::at(1, format!("no RSA private key: {why}")))?;
    let content = Some(&encrypted)
        .filter(|bytes| bytes.len() == key.size())
        .and_then(|bytes| key.decrypt(Pkcs1v15Encrypt, bytes).ok())
        .ok_or_else(|| ArgError::call("the text is not encrypted for this key"))?;
    let text = String::from_utf8(content);
    text.map(Value::from).map_err(|_| ArgError::call("what is encrypted is no text in UTF-8"))
}

/// The RSA key in a PEM text, in the form of PKCS #1, PKCS #8 or OpenSSH. The error says what is wrong.
fn key(pem: &str) -> Result<RsaPrivateKey, &'static str> {
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or("there is no line -----BEGIN …-----")?;
    let (label, rest) = rest.split_once("-----").ok_or("the first line is incomplete")?;
    let (body, _) = rest.split_once("-----END ").ok_or("there is no line -----END …-----")?;
    if body.contains("ENCRYPTED") || label.contains("ENCRYPTED") {
        return Err("it is protected by a passphrase");
    }
    let body: String = body.split_whitespace().collect();
    // All numbers of a key together take less than five times its modulus.
    let bytes = base64::decode(&body).ok_or("its lines are not valid Base64")?;
    let usable = Some(bytes.as_slice()).filter(|bytes| bytes.len() <= 8 * LARGEST);
    let key = match label {
        "RSA PRIVATE KEY" => usable.and_then(|bytes| RsaPrivateKey::from_pkcs1_der(bytes).ok()),
        "PRIVATE KEY" => usable.and_then(|bytes| RsaPrivateKey::from_pkcs8_der(bytes).ok()),
        "OPENSSH PRIVATE KEY" => usable.and_then(openssh),
        _ => return Err("it is something else by its first line"),
    };
    let key = key
        .filter(|key| key.size() <= LARGEST)
        .ok_or("it is damaged, protected by a passphrase, or for another kind of encryption")?;
    if key.size() < SMALLEST { Err("it has fewer than 1024 bits") } else { Ok(key) }
}

fn openssh(bytes: &[u8]) -> Option<RsaPrivateKey> {
    let key = ssh_key::PrivateKey::from_bytes(bytes).ok()?;
    let pair = key.key_data().rsa()?;
    let number = |number: &Mpint| number.as_positive_bytes().map(BigUint::from_bytes_be);
    let primes = vec![number(&pair.private.p)?, number(&pair.private.q)?];
    let (modulus, public) = (number(&pair.public.n)?, number(&pair.public.e)?);
    RsaPrivateKey::from_components(modulus, public, number(&pair.private.d)?, primes).ok()
}
