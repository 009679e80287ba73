//! What encrypts and decrypts with a key.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Failure, KeySource};

/// Encrypts and decrypts. What is encrypted is authenticated as well: changed bytes do not decrypt.
#[async_trait]
pub trait Cipher: Send + Sync {
    /// Whether a key of so many bytes can be used; why not otherwise.
    fn fits(&self, key: &[u8]) -> Result<(), Failure> {
        let _ = key;
        Ok(())
    }

    /// The data, encrypted.
    async fn encrypt(&self, key: Option<&[u8]>, data: Vec<u8>) -> Result<Vec<u8>, Failure>;

    /// What was encrypted.
    async fn decrypt(&self, key: Option<&[u8]>, data: Vec<u8>) -> Result<Vec<u8>, Failure>;
}

/// One way to store bytes, under its address in the configuration.
#[derive(Clone)]
pub enum Method {
    /// As they are.
    Unencrypted,
    /// Encrypted.
    Keyed {
        /// `method.aes_gcm.main`
        address: String,
        /// Where its keys come from; `None` if it needs none.
        keys: Option<KeySource>,
        /// What it does with them.
        cipher: Arc<dyn Cipher>,
    },
}

impl Method {
    /// Whether bytes are stored as they are.
    pub fn is_unencrypted(&self) -> bool {
        matches!(self, Method::Unencrypted)
    }
}
