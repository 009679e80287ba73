//! Keys, and where they come from.

use async_trait::async_trait;
use terrane_value::Value;

/// Why something cannot be encrypted or decrypted, in full sentences that say what to do next. Never names a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl Failure {
    /// A failure for this reason.
    pub fn new(why: impl Into<String>) -> Failure {
        Failure(why.into())
    }
}

/// Chance, from outside.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`, or says why it cannot: what guards secrets must not be guessed.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String>;
}

/// The keys of both directions.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// What is written is encrypted with it.
    pub encryption: Vec<u8>,
    /// What was stored is decrypted with it.
    pub decryption: Option<Vec<u8>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(hidden)")
    }
}

impl Keys {
    /// The keys in an object such as key providers return, of lists of bytes.
    ///
    /// # Errors
    /// Why it is no such object.
    pub fn of(value: &Value) -> Result<Keys, Failure> {
        let encryption = bytes(value, "encryption_key")?.filter(|key| !key.is_empty()).ok_or_else(|| {
            Failure::new("A reference to a key provider is needed here, such as key_provider.pbkdf2.main, or an object with \"encryption_key\".")
        })?;
        Ok(Keys { encryption, decryption: bytes(value, "decryption_key")?.filter(|key| !key.is_empty()) })
    }
}

/// The list of bytes that an attribute holds; `None` if it is null.
pub(crate) fn bytes(value: &Value, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let Some(list) = value.get(name).filter(|list| !list.is_null()) else { return Ok(None) };
    let byte = |item: &Value| item.as_i64().and_then(|n| u8::try_from(n).ok());
    let bytes: Option<Vec<u8>> = list.elements().and_then(|items| items.iter().map(byte).collect());
    let wrong = || Failure(format!("{name:?} must be a list of bytes, which are numbers from 0 to 255."));
    bytes.ok_or_else(wrong).map(Some)
}

/// Gives keys. `upstream` is the key of the provider that it is chained to, for the same direction.
#[async_trait]
pub trait KeyProvider: Send + Sync {
    /// A key to encrypt with, and what is stored beside the encrypted data to find the key again.
    async fn fresh(&self, upstream: Option<&[u8]>) -> Result<(Vec<u8>, Option<Vec<u8>>), Failure>;

    /// The key that was used with what was stored beside the data; `None` if that is needed and missing.
    async fn again(&self, stored: Option<&[u8]>, upstream: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failure>;
}
