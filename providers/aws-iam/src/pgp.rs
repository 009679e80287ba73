//! Secrets for the holder of an OpenPGP key: what `pgp_key` asks for.

mod certificate;
mod keybase;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pgp::composed::MessageBuilder;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use rand::SeedableRng;
use rand::rngs::{OsRng, StdRng};
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::Reply;
use terrane_value::{Path, Value};

use self::certificate::Key;

/// Why a key cannot be used: the end of a sentence about it.
type Reason = String;

/// What precedes the name of a user of keybase.io.
const KEYBASE: &str = "keybase:";

/// Whom secrets are encrypted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    /// That of the certificate, in hexadecimal digits.
    fingerprint: String,
    key: Key,
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
    /// The recipient that a key names, in base64 or armored.
    fn read(text: &str) -> Result<Recipient, Problem> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let certificate = certificate::bytes(text).and_then(|bytes| certificate::read(&bytes));
        let chosen = certificate.and_then(|c| Ok((certificate::fingerprint(&c), certificate::key(&c, now)?)));
        let (fingerprint, key) = chosen.map_err(|reason| unusable(&reason))?;
        let recipient = Recipient { fingerprint, key };
        recipient.encrypted("").map(|_| recipient)
    }

    /// A secret that only the recipient can read: an OpenPGP message in base64.
    fn encrypted(&self, secret: &str) -> Result<String, Problem> {
        let message = self.message(secret).map_err(|why| unusable(&format!("encrypting to it failed: {why}")))?;
        Ok(STANDARD.encode(message))
    }

    /// The message, in the format that all of OpenPGP's programs of the last twenty years read.
    fn message(&self, secret: &str) -> Result<Vec<u8>, Reason> {
        let mut rng = StdRng::from_rng(OsRng).map_err(|e| e.to_string())?;
        let builder = MessageBuilder::from_bytes("", secret.as_bytes().to_vec());
        let mut builder = builder.seipd_v1(&mut rng, SymmetricKeyAlgorithm::AES256);
        let addressed = match &self.key {
            Key::First(key) => builder.encrypt_to_key(&mut rng, key),
            Key::Other(key) => builder.encrypt_to_key(&mut rng, key),
        };
        addressed.map_err(|e| e.to_string())?;
        builder.to_vec(&mut rng).map_err(|e| e.to_string())
    }
}

/// What is wrong with the `pgp_key` of a configuration, as far as that is known without looking a key up.
pub fn validate(config: &Value) -> Vec<Problem> {
    let checked = written(config).map_or(Ok(()), |text| match text.strip_prefix(KEYBASE) {
        Some(name) => keybase::check(name),
        None => Recipient::read(text).map(|_| ()),
    });
    checked.err().into_iter().collect()
}

/// The recipient that the `pgp_key` of a configuration names, if it has one.
///
/// A key with which nothing can be encrypted is a problem here, before anything is made.
pub async fn recipient(cloud: &Cloud, config: &Value) -> Result<Option<Recipient>, Problem> {
    let Some(text) = written(config) else { return Ok(None) };
    let found = match text.strip_prefix(KEYBASE) {
        Some(name) => keybase::recipient(cloud, name).await,
        None => Recipient::read(text),
    };
    found.map(Some)
}

/// The key of a configuration, or where it stands, if that is known.
fn written(config: &Value) -> Option<&str> {
    config.get("pgp_key").and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn unusable(reason: &str) -> Problem {
    let detail = format!(
        "The key cannot be encrypted to: {}.\nWrite the public key in base64, as `gpg --export NAME | base64` prints it, or \
         as a text that begins with -----BEGIN PGP PUBLIC KEY BLOCK-----.",
        reason.trim_end_matches('.')
    );
    Problem::error("Invalid PGP key", detail).at(Path::root().attr("pgp_key"))
}

#[cfg(test)]
mod tests;
