//! `method "aes_gcm"`: AES in Galois/Counter mode. Encrypted bytes are the nonce, the ciphertext, the tag.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use terrane_value::{Attribute, Block, Type, Value};

use crate::keys::bytes;
use crate::{Cipher, Failure, Random};

/// AES-GCM with keys of 16, 24 or 32 bytes.
pub struct AesGcm {
    aad: Vec<u8>,
    random: Arc<dyn Random>,
}

impl AesGcm {
    /// What its block may hold.
    pub fn schema() -> Block {
        let attributes = [
            ("aad".into(), Attribute::optional(Type::list(Type::Number))),
            ("keys".into(), Attribute::required(Type::Any)),
        ];
        Block { attributes: attributes.into(), ..Block::default() }
    }

    /// Reads a value of the form of [`AesGcm::schema`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(value: &Value, random: Arc<dyn Random>) -> Result<AesGcm, Failure> {
        Ok(AesGcm { aad: bytes(value, "aad")?.unwrap_or_default(), random })
    }

    /// Without additional data.
    pub(crate) fn plain(random: Arc<dyn Random>) -> AesGcm {
        AesGcm { aad: Vec::new(), random }
    }

    fn key(&self, key: Option<&[u8]>) -> Result<LessSafeKey, Failure> {
        let key = key.ok_or_else(|| Failure::new("It has no key."))?;
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            length => return Err(wrong_length(length)),
        };
        UnboundKey::new(algorithm, key).map(LessSafeKey::new).map_err(|_| wrong_length(key.len()))
    }

    /// The nonce, the encrypted data, the tag.
    pub(crate) fn seal(&self, key: Option<&[u8]>, mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let key = self.key(key)?;
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|why| Failure(format!("There is no nonce by chance: {why}.")))?;
        let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&self.aad), &mut data);
        let tag = tag.map_err(|_| Failure::new("AES-GCM cannot encrypt this: it is too long."))?;
        data.reserve_exact(NONCE_LEN + tag.as_ref().len());
        data.splice(..0, nonce);
        data.extend_from_slice(tag.as_ref());
        Ok(data)
    }

    /// What was sealed.
    pub(crate) fn unseal(&self, key: Option<&[u8]>, mut data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let key = self.key(key)?;
        let (nonce, rest) =
            data.split_first_chunk_mut().ok_or_else(|| Failure::new("The encrypted data is cut off."))?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.open_in_place(nonce, Aad::from(&self.aad), rest).map(|opened| opened.len());
        let length = opened.map_err(|_| {
            Failure::new("The key is not the one it was encrypted with (another passphrase, key or aad), or the data was changed since.")
        })?;
        data.copy_within(NONCE_LEN..NONCE_LEN + length, 0);
        data.truncate(length);
        Ok(data)
    }
}

fn wrong_length(length: usize) -> Failure {
    Failure(format!("AES-GCM takes keys of 16, 24 or 32 bytes, and this one has {length}."))
}

#[async_trait]
impl Cipher for AesGcm {
    fn fits(&self, key: &[u8]) -> Result<(), Failure> {
        self.key(Some(key)).map(drop)
    }

    async fn encrypt(&self, key: Option<&[u8]>, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.seal(key, data)
    }

    async fn decrypt(&self, key: Option<&[u8]>, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.unseal(key, data)
    }
}
