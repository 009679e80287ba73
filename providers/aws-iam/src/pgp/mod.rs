//! Secrets for the holder of an OpenPGP key: what `pgp_key` asks for.
//!
//! The formats are read and written here; all cryptography is that of AWS-LC.

mod certificate;
mod key;
mod message;
mod packet;
mod signature;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use terrane_provider::Problem;
use terrane_provider::sdk::Reply;
use terrane_value::{Path, Value};

use self::key::PublicKey;
use self::packet::Reason;

/// Whom secrets are encrypted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    /// That of the certificate, in hexadecimal digits.
    fingerprint: String,
    key: PublicKey,
}

/// A secret that is told once.
pub struct Secret<'a> {
    /// The attribute that has it as it is.
    pub plain: &'static str,
    /// The attribute that has it encrypted.
    pub encrypted: &'static str,
    /// The secret itself.
    pub text: &'a str,
}

impl Secret<'_> {
    /// Sets the secret in a reply: for the recipient alone, if there is one.
    pub fn keep(&self, recipient: &Option<Recipient>, reply: &mut Reply) -> Result<(), Problem> {
        let Some(recipient) = recipient else {
            reply.str(self.plain, Some(self.text));
            return Ok(());
        };
        reply
            .str("key_fingerprint", Some(&recipient.fingerprint))
            .str(self.encrypted, Some(recipient.encrypted(self.text)?));
        Ok(())
    }
}

impl Recipient {
    /// A secret that only the recipient can read: an OpenPGP message in base64.
    fn encrypted(&self, secret: &str) -> Result<String, Problem> {
        message::encrypt(&self.key, secret.as_bytes()).map(|m| STANDARD.encode(m)).map_err(|reason| unusable(&reason))
    }
}

/// The recipient that the `pgp_key` of a configuration names, if it has one that is known.
///
/// A key with which nothing can be encrypted is a problem here, before anything is made.
pub fn recipient(config: &Value) -> Result<Option<Recipient>, Problem> {
    let Some(text) = config.get("pgp_key").and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if let Some(name) = text.strip_prefix("keybase:") {
        return Err(elsewhere(name));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let found = bytes(text).and_then(|bytes| certificate::recipient(&bytes, now));
    let (fingerprint, key) = found.map_err(|reason| unusable(&reason))?;
    let recipient = Recipient { fingerprint, key };
    recipient.encrypted("").map(|_| Some(recipient))
}

fn elsewhere(name: &str) -> Problem {
    let detail = format!(
        "The key of \"keybase:{name}\" stands on the internet, and no key is looked up there. Download \
         https://keybase.io/{name}/pgp_keys.asc, see that it is the right one, and write pgp_key = file(\"pgp_keys.asc\")."
    );
    Problem::error("The key must be written itself", detail).at(Path::root().attr("pgp_key"))
}

fn unusable(reason: &str) -> Problem {
    let detail = format!(
        "The key cannot be encrypted to: {}.\nWrite the public key in base64, as `gpg --export NAME | base64` prints it, or \
         as a text that begins with -----BEGIN PGP PUBLIC KEY BLOCK-----.",
        reason.trim_end_matches('.')
    );
    Problem::error("Invalid PGP key", detail).at(Path::root().attr("pgp_key"))
}

/// The bytes of a key in base64, alone or between the lines that armor has.
fn bytes(text: &str) -> Result<Vec<u8>, Reason> {
    let coded = match text.split_once("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
        None => text.split_whitespace().collect::<String>(),
        Some((_, armored)) => {
            let lines = armored.trim_start_matches([' ', '\t', '\r']).lines().skip(1).map(str::trim);
            let lines = lines.skip_while(|line| line.contains(": ")).skip_while(|line| line.is_empty());
            // The checksum at the end begins with an equals sign.
            lines.take_while(|line| !line.starts_with(['=', '-'])).collect()
        }
    };
    STANDARD.decode(coded).map_err(|e| format!("it is not in base64: {e}"))
}

#[cfg(test)]
mod tests;
