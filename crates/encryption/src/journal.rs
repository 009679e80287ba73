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
        Ok(BASE64.encode(AesGcm::plain(self.random.clone()).seal(Some(&key), packed(text))?))
    }

    /// The text that was sealed, if the key is the right one.
    pub fn open(&self, key: &JournalKey, sealed: &str) -> Option<String> {
        let (key, data) = (BASE64.decode(&key.0).ok()?, BASE64.decode(sealed).ok()?);
        unpacked(AesGcm::plain(self.random.clone()).unseal(Some(&key), data).ok()?)
    }
}

/// From this length on, a text is compressed before it is sealed.
const LONG: usize = 16 << 10;

/// Begins what was compressed; no text that is sealed begins with it.
const COMPRESSED: u8 = 0;

/// The bytes that are sealed for a text.
fn packed(text: String) -> Vec<u8> {
    if text.len() < LONG {
        return text.into_bytes();
    }
    let mut bytes = vec![COMPRESSED];
    bytes.extend(lz4_flex::block::compress_prepend_size(text.as_bytes()));
    bytes
}

fn unpacked(bytes: Vec<u8>) -> Option<String> {
    match bytes.split_first() {
        Some((&COMPRESSED, compressed)) => {
            String::from_utf8(lz4_flex::block::decompress_size_prepended(compressed).ok()?).ok()
        }
        _ => String::from_utf8(bytes).ok(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sevens;

    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
            bytes.fill(7);
            Ok(())
        }
    }

    #[test]
    fn long_texts_are_compressed_and_come_back() {
        let cipher = JournalCipher::new(Arc::new(Sevens));
        let key = cipher.fresh().unwrap();
        for text in [String::new(), "{}".into(), "{\"a\":1}".repeat(LONG / 2), "é".repeat(LONG)] {
            let sealed = cipher.seal(&key, text.clone()).unwrap();
            assert!(text.len() < LONG || sealed.len() < text.len() / 10);
            assert_eq!(cipher.open(&key, &sealed), Some(text));
        }
    }
}
