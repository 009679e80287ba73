//! What journals tell of attributes, sealed with a key that is not kept beside them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use terrane_state::JournalKey;

use crate::aes_gcm::AesGcm;
use crate::{Failure, Random};

/// Bytes of a key.
const LENGTH: usize = 32;

/// Seals texts by AES-GCM, and opens them.
#[derive(Clone)]
pub struct JournalCipher {
    random: Arc<dyn Random>,
}

impl JournalCipher {
    /// A cipher whose keys and nonces are made by this chance.
    pub fn new(random: Arc<dyn Random>) -> JournalCipher {
        JournalCipher { random }
    }

    /// A key for one journal.
    ///
    /// # Errors
    /// That chance is not to be had.
    pub fn fresh(&self) -> Result<JournalKey, Failure> {
        let mut key = [0; LENGTH];
        self.random.fill(&mut key).map_err(|why| Failure(format!("There is no key by chance: {why}.")))?;
        Ok(JournalKey(BASE64.encode(key)))
    }

    /// A text as only those who have the key can read it.
    ///
    /// # Errors
    /// What is wrong with the key.
    pub fn seal(&self, key: &JournalKey, text: String) -> Result<String, Failure> {
        let key = BASE64.decode(&key.0).map_err(|_| Failure::new("The key is no base64."))?;
        Ok(BASE64.encode(AesGcm::plain(self.random.clone()).seal(Some(&key), text.into_bytes())?))
    }

    /// The text that was sealed, if the key is the right one.
    pub fn open(&self, key: &JournalKey, sealed: &str) -> Option<String> {
        let (key, data) = (BASE64.decode(&key.0).ok()?, BASE64.decode(sealed).ok()?);
        String::from_utf8(AesGcm::plain(self.random.clone()).unseal(Some(&key), data).ok()?).ok()
    }
}
