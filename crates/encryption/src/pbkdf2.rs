//! `key_provider "pbkdf2"`: keys made of a passphrase.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use terrane_value::{Attribute, Block, Type, Value};

use crate::{Failure, KeyProvider, Random};

/// Passphrases below this length, in bytes, are refused.
const LEAST_PASSPHRASE: usize = 16;
/// Fewer iterations are refused.
const LEAST_ITERATIONS: u32 = 200_000;
/// Longer keys and salts can only be a mistake.
const GREATEST_LENGTH: usize = 1 << 16;

/// Derives keys from a passphrase, or from the key of another provider.
pub struct Pbkdf2 {
    /// `None` where the provider is chained.
    passphrase: Option<String>,
    key_length: usize,
    iterations: NonZeroU32,
    salt_length: usize,
    hash: Hash,
    random: Arc<dyn Random>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Hash {
    Sha256,
    Sha512,
}

/// What is stored beside encrypted data.
#[derive(Serialize, Deserialize)]
struct Stored {
    salt: String,
    iterations: u32,
    hash_function: Hash,
    key_length: usize,
}

impl Pbkdf2 {
    /// What its block may hold.
    pub fn schema() -> Block {
        let optional = |ty: Type, sensitive: bool| Attribute { sensitive, ..Attribute::optional(ty) };
        let attributes = [
            ("chain", Type::Any),
            ("hash_function", Type::String),
            ("iterations", Type::Number),
            ("key_length", Type::Number),
            ("passphrase", Type::String),
            ("salt_length", Type::Number),
        ];
        let attributes = attributes.into_iter().map(|(name, ty)| (name.into(), optional(ty, name == "passphrase")));
        Block { attributes: attributes.collect(), ..Block::default() }
    }

    /// Reads a value of the form of [`Pbkdf2::schema`]; `chained` says whether it has a provider before it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(value: &Value, chained: bool, random: Arc<dyn Random>) -> Result<Pbkdf2, Failure> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let passphrase = text("passphrase").filter(|text| !text.is_empty()).map(str::to_owned);
        match (&passphrase, chained) {
            (None, false) => {
                return Err(Failure::new("It needs a \"passphrase\", or a \"chain\" to another key provider."));
            }
            (Some(_), true) => return Err(Failure::new("Only one of \"passphrase\" and \"chain\" can be set.")),
            (Some(text), false) if text.len() < LEAST_PASSPHRASE => {
                let why =
                    format!("The passphrase is too short: {} bytes; {LEAST_PASSPHRASE} are the least.", text.len());
                return Err(Failure(why));
            }
            _ => {}
        }
        let hash = match text("hash_function").unwrap_or("sha512") {
            "sha256" => Hash::Sha256,
            "sha512" => Hash::Sha512,
            other => {
                let why = format!("There is no hash function {other:?} here; usable are \"sha256\" and \"sha512\".");
                return Err(Failure(why));
            }
        };
        let iterations = number(value, "iterations", 600_000, u32::MAX as usize)? as u32;
        if iterations < LEAST_ITERATIONS {
            let why = format!("{iterations} iterations are too few to be safe; {LEAST_ITERATIONS} are the least.");
            return Err(Failure(why));
        }
        Ok(Pbkdf2 {
            passphrase,
            key_length: number(value, "key_length", 32, GREATEST_LENGTH)?,
            iterations: NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN),
            salt_length: number(value, "salt_length", 32, GREATEST_LENGTH)?,
            hash,
            random,
        })
    }

    fn secret<'a>(&'a self, upstream: Option<&'a [u8]>) -> Result<&'a [u8], Failure> {
        match (&self.passphrase, upstream) {
            (Some(passphrase), _) => Ok(passphrase.as_bytes()),
            (None, Some(key)) if key.len() >= LEAST_PASSPHRASE => Ok(key),
            (None, Some(key)) => Err(Failure(format!(
                "The key of the provider before it is too short: {} bytes; {LEAST_PASSPHRASE} are the least.",
                key.len()
            ))),
            (None, None) => Err(Failure::new("The provider before it has no key.")),
        }
    }
}

/// A whole number above zero.
fn number(value: &Value, name: &str, default: usize, greatest: usize) -> Result<usize, Failure> {
    let Some(value) = value.get(name).filter(|value| !value.is_null()) else { return Ok(default) };
    let number = value.as_i64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=greatest).contains(n));
    number.ok_or_else(|| Failure(format!("{name:?} must be a whole number from 1 to {greatest}.")))
}

fn derive(hash: Hash, iterations: NonZeroU32, salt: &[u8], secret: &[u8], length: usize) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha256 => PBKDF2_HMAC_SHA256,
        Hash::Sha512 => PBKDF2_HMAC_SHA512,
    };
    let mut key = vec![0; length];
    pbkdf2::derive(algorithm, iterations, salt, secret, &mut key);
    key
}

#[async_trait]
impl KeyProvider for Pbkdf2 {
    async fn fresh(&self, upstream: Option<&[u8]>) -> Result<(Vec<u8>, Option<Vec<u8>>), Failure> {
        let mut salt = vec![0; self.salt_length];
        self.random.fill(&mut salt).map_err(|why| Failure(format!("There is no salt by chance: {why}.")))?;
        let key = derive(self.hash, self.iterations, &salt, self.secret(upstream)?, self.key_length);
        let stored = Stored {
            salt: BASE64.encode(&salt),
            iterations: self.iterations.get(),
            hash_function: self.hash,
            key_length: self.key_length,
        };
        Ok((key, serde_json::to_vec(&stored).ok()))
    }

    async fn again(&self, stored: Option<&[u8]>, upstream: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failure> {
        let Some(stored) = stored else { return Ok(None) };
        let damaged = |why: String| {
            Failure(format!("What is stored of its key is damaged, or of another kind of provider: {why}."))
        };
        let stored: Stored = serde_json::from_slice(stored).map_err(|e| damaged(e.to_string()))?;
        let salt = BASE64.decode(&stored.salt).map_err(|e| damaged(format!("the salt is no base64 ({e})")))?;
        let iterations = NonZeroU32::new(stored.iterations).ok_or_else(|| damaged("no iterations".into()))?;
        if !(1..=GREATEST_LENGTH).contains(&stored.key_length) {
            return Err(damaged(format!("a key of {} bytes", stored.key_length)));
        }
        Ok(Some(derive(stored.hash_function, iterations, &salt, self.secret(upstream)?, stored.key_length)))
    }
}
