//! One kind of file, and how it is encrypted.

use std::sync::{Arc, OnceLock};

use crate::envelope::{self, Envelope, Head};
use crate::source::Metadata;
use crate::{Failure, KeySource, Method};

/// How one kind of file is encrypted: the state, plans, or a state that is read from elsewhere.
pub struct Target {
    /// What it is, for messages: `state`.
    what: &'static str,
    /// The first writes, each of them reads.
    methods: Vec<Method>,
    /// The key that all that this run writes is encrypted with.
    ready: OnceLock<Arc<Ready>>,
}

struct Ready {
    key: Option<Vec<u8>>,
    metadata: Metadata,
}

/// Bytes as they were before they were stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether they were encrypted at all.
    pub sealed: bool,
    /// Whether they would be stored in another way now: by another method than the first.
    pub outdated: bool,
}

impl Target {
    /// Encrypts by the first method, and decrypts by each of them. `what` is `state` or `plan`.
    pub fn new(what: &'static str, methods: Vec<Method>) -> Target {
        Target { what, methods, ready: OnceLock::new() }
    }

    /// Whether what is written is encrypted.
    pub fn seals(&self) -> bool {
        self.methods.first().is_some_and(|method| !method.is_unencrypted())
    }

    /// Makes sure that a key to encrypt with is at hand, so that what is done later can be written.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn prepare(&self) -> Result<(), Failure> {
        match self.methods.first() {
            None | Some(Method::Unencrypted) => Ok(()),
            Some(Method::Keyed { address, keys, cipher }) => {
                let blame = |e: Failure| Failure(format!("The {} cannot be encrypted by {address}. {e}", self.what));
                let ready = self.key(keys.as_ref()).await.map_err(blame)?;
                ready.key.as_deref().map_or(Ok(()), |key| cipher.fits(key).map_err(blame))
            }
        }
    }

    async fn key(&self, keys: Option<&KeySource>) -> Result<Arc<Ready>, Failure> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready.clone());
        }
        let mut metadata = Metadata::new();
        let key = match keys {
            Some(keys) => Some(keys.fresh(&mut metadata).await?),
            None => None,
        };
        Ok(self.ready.get_or_init(|| Arc::new(Ready { key, metadata })).clone())
    }

    /// The bytes as they are to be stored; `head` is what a state says in the clear.
    ///
    /// # Errors
    /// Why they cannot be encrypted.
    pub async fn seal(&self, bytes: Vec<u8>, head: Option<Head>) -> Result<Vec<u8>, Failure> {
        let Some(Method::Keyed { address, keys, cipher }) = self.methods.first() else { return Ok(bytes) };
        let blame = |e: Failure| Failure(format!("The {} cannot be encrypted by {address}. {e}", self.what));
        let ready = self.key(keys.as_ref()).await.map_err(blame)?;
        let data = cipher.encrypt(ready.key.as_deref(), bytes).await.map_err(blame)?;
        envelope::write(&Envelope { head, metadata: ready.metadata.clone(), data })
    }

    /// What was stored, by the first method that can read it.
    ///
    /// # Errors
    /// Why none can.
    pub async fn open(&self, bytes: Vec<u8>) -> Result<Opened, Failure> {
        if !envelope::is_sealed(&bytes) {
            return self.plain(bytes);
        }
        let mut envelope = envelope::read(&bytes)?;
        drop(bytes);
        let mut failures = Vec::new();
        let last = self.methods.iter().rposition(|method| !method.is_unencrypted());
        for (place, method) in self.methods.iter().enumerate() {
            let Method::Keyed { address, .. } = method else { continue };
            let data = if Some(place) == last { std::mem::take(&mut envelope.data) } else { envelope.data.clone() };
            match decrypt(method, &envelope.metadata, data).await {
                Ok(bytes) => {
                    self.belongs(&envelope, &bytes)?;
                    return Ok(Opened { bytes, sealed: true, outdated: place > 0 });
                }
                Err(e) => failures.push(format!("{address}: {e}")),
            }
        }
        Err(Failure(match failures.as_slice() {
            [] => format!(
                "The {} is encrypted, but the configuration has only the method \"unencrypted\" for it. Add the method it \
                 was encrypted with as a fallback.",
                self.what
            ),
            [one] => format!("The {} cannot be decrypted by {one}", self.what),
            all => format!(
                "The {} cannot be decrypted by any method of the configuration:\n  {}",
                self.what,
                all.join("\n  ")
            ),
        }))
    }

    fn plain(&self, bytes: Vec<u8>) -> Result<Opened, Failure> {
        match self.methods.iter().position(Method::is_unencrypted) {
            Some(place) => Ok(Opened { bytes, sealed: false, outdated: place > 0 }),
            None => Err(Failure(format!(
                "The {what} is not encrypted, but the configuration has only methods that encrypt for it. To take over \
                 an unencrypted {what}, declare method \"unencrypted\" \"migrate\" {{}} and add fallback {{ method = \
                 method.unencrypted.migrate }} to the block {what}, for as long as it takes.",
                what = self.what
            ))),
        }
    }

    /// Checks that the head of a state, which anyone can change, is that of the state itself.
    fn belongs(&self, envelope: &Envelope, bytes: &[u8]) -> Result<(), Failure> {
        let Some(head) = &envelope.head else { return Ok(()) };
        let Some((lineage, serial)) = terrane_state::head(bytes) else { return Ok(()) };
        let differs = |what: &str, outside: &dyn std::fmt::Display, inside: &dyn std::fmt::Display| {
            Err(Failure(format!(
                "The encrypted {} was changed by hand: it says that its {what} is {outside}, but inside it is {inside}. \
                 Restore it from a backup.",
                self.what
            )))
        };
        match head {
            Head { serial: other, .. } if *other != serial => differs("serial", other, &serial),
            Head { lineage: other, .. } if !other.is_empty() && *other != lineage => {
                differs("lineage", other, &lineage)
            }
            _ => Ok(()),
        }
    }
}

async fn decrypt(method: &Method, metadata: &Metadata, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let Method::Keyed { keys, cipher, .. } = method else { return Err(Failure::new("It encrypts nothing.")) };
    let key = match keys {
        Some(keys) => Some(keys.again(metadata).await?),
        None => None,
    };
    cipher.decrypt(key.as_deref(), data).await
}
