//! States and plans that only those who have a key can read, in the format of OpenTofu's `encryption` block.
//!
//! A [`Target`] says how one kind of file is encrypted: [`Method`]s, each with a [`KeySource`]. Bytes that are encrypted
//! stand in an [envelope](mod@envelope), with what each key provider needs to find the key again. [`Encrypted`] puts a
//! target over a store; a [`JournalCipher`] seals what journals tell of attributes. Absent on purpose: the language (bodies
//! arrive as values of the schemas here), files, processes
//! and networks: key providers and ciphers that need those implement [`KeyProvider`] and [`Cipher`] elsewhere.

mod aes_gcm;
mod cipher;
pub mod envelope;
mod journal;
mod keys;
mod pbkdf2;
mod source;
mod store;
mod target;

pub use aes_gcm::AesGcm;
pub use cipher::{Cipher, Method};
pub use journal::JournalCipher;
pub use keys::{Failure, KeyProvider, Keys, Random};
pub use pbkdf2::Pbkdf2;
pub use source::{KeySource, Link};
pub use store::Encrypted;
pub use target::{Opened, Target};
