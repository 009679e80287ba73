//! Key providers as they are chained.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Failure, KeyProvider, Keys};

/// What is stored beside encrypted data: for each key provider, by its address or alias.
pub type Metadata = BTreeMap<String, Vec<u8>>;

/// Where keys come from.
#[derive(Clone)]
pub enum KeySource {
    /// They are written in the configuration.
    Given(Keys),
    /// A key provider.
    Provider(Arc<Link>),
}

/// A key provider with the one it is chained to.
pub struct Link {
    /// `key_provider.pbkdf2.main`
    pub address: String,
    /// Names what is stored of its key: the address unless the configuration has an alias.
    pub stored_as: String,
    /// What its secret is made of, if it is chained.
    pub chain: Option<KeySource>,
    /// The provider.
    pub provider: Arc<dyn KeyProvider>,
    /// The last key that was found again, and what was stored of it.
    last: Mutex<Option<(Vec<u8>, Vec<u8>)>>,
}

impl Link {
    /// A link of a chain, or a provider that stands alone.
    pub fn new(address: String, alias: Option<&str>, chain: Option<KeySource>, provider: Arc<dyn KeyProvider>) -> Link {
        let stored_as = alias.filter(|alias| !alias.is_empty()).unwrap_or(&address).to_owned();
        Link { address, stored_as, chain, provider, last: Mutex::new(None) }
    }

    fn blame(&self, failure: &Failure) -> Failure {
        Failure(format!("{}: {failure}", self.address))
    }

    fn remembered(&self, stored: &[u8]) -> Option<Vec<u8>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(of, _)| of == stored).map(|(_, key)| key.clone())
    }

    fn remember(&self, stored: &[u8], key: &[u8]) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((stored.to_vec(), key.to_vec()));
    }
}

impl KeySource {
    /// A key to encrypt with; what is to be stored of it is added to `metadata`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn fresh(&self, metadata: &mut Metadata) -> Result<Vec<u8>, Failure> {
        let link = match self {
            KeySource::Given(keys) => return Ok(keys.encryption.clone()),
            KeySource::Provider(link) => link,
        };
        let upstream = match &link.chain {
            Some(chain) => Some(Box::pin(chain.fresh(metadata)).await?),
            None => None,
        };
        let (key, stored) = link.provider.fresh(upstream.as_deref()).await.map_err(|e| link.blame(&e))?;
        if let Some(stored) = stored
            && metadata.insert(link.stored_as.clone(), stored).is_some()
        {
            return Err(Failure(format!(
                "Two key providers of one chain store what belongs to their keys as {:?}. Give them different names \
                 with \"encrypted_metadata_alias\".",
                link.stored_as
            )));
        }
        Ok(key)
    }

    /// The key that data was encrypted with, by what is stored beside it.
    ///
    /// # Errors
    /// Why it cannot be found again.
    pub async fn again(&self, metadata: &Metadata) -> Result<Vec<u8>, Failure> {
        let link = match self {
            KeySource::Given(keys) => {
                let none =
                    || Failure::new("The keys that are written in the configuration have no \"decryption_key\".");
                return keys.decryption.clone().ok_or_else(none);
            }
            KeySource::Provider(link) => link,
        };
        let stored = metadata.get(&link.stored_as).map(Vec::as_slice);
        if let Some(key) = stored.and_then(|stored| link.remembered(stored)) {
            return Ok(key);
        }
        let upstream = match &link.chain {
            Some(chain) => Some(Box::pin(chain.again(metadata)).await?),
            None => None,
        };
        let key = link.provider.again(stored, upstream.as_deref()).await.map_err(|e| link.blame(&e))?;
        let key = key.ok_or_else(|| foreign(link, metadata))?;
        if let Some(stored) = stored {
            link.remember(stored, &key);
        }
        Ok(key)
    }
}

/// What is stored is of other key providers.
fn foreign(link: &Link, metadata: &Metadata) -> Failure {
    let names: Vec<&str> = metadata.keys().map(String::as_str).collect();
    let theirs = match names.as_slice() {
        [] => "of no key provider at all".to_owned(),
        names => format!("only of {}", names.join(", ")),
    };
    Failure(format!(
        "{}: nothing is stored of its key beside the data ({:?}), {theirs}. If it is the same provider under a new \
         name, set its \"encrypted_metadata_alias\" to the old one.",
        link.address, link.stored_as
    ))
}
