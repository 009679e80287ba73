//! The JSON that encrypted bytes are stored in, as OpenTofu 1.12 writes and reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize, Serializer};

use crate::Failure;
use crate::source::Metadata;

/// The version of the form.
const VERSION: &str = "v0";

/// What an encrypted state still says in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The state's serial.
    pub serial: u64,
    /// The state's lineage.
    pub lineage: String,
}

/// Encrypted bytes, and what is stored beside them.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The head of the state; `None` for plans, and for states of early versions.
    pub head: Option<Head>,
    /// What key providers need to find the key again.
    pub metadata: Metadata,
    /// The encrypted bytes.
    pub data: Vec<u8>,
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lineage: Option<&'a str>,
    meta: BTreeMap<&'a str, String>,
    #[serde(serialize_with = "base64")]
    encrypted_data: &'a [u8],
    encryption_version: &'a str,
}

/// Writes bytes as base64 without holding the text.
fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &BASE64))
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    serial: Option<u64>,
    #[serde(default)]
    lineage: Option<String>,
    #[serde(default)]
    meta: Option<BTreeMap<String, String>>,
    #[serde(borrow, default)]
    encrypted_data: Cow<'a, str>,
    #[serde(default)]
    encryption_version: String,
}

#[derive(Deserialize)]
struct Mark {
    #[serde(default)]
    encryption_version: String,
}

/// Whether bytes are in an envelope.
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
        && serde_json::from_slice::<Mark>(bytes).is_ok_and(|mark| !mark.encryption_version.is_empty())
}

/// The envelope as it is stored.
///
/// # Errors
/// What cannot be written.
pub fn write(envelope: &Envelope) -> Result<Vec<u8>, Failure> {
    let meta = envelope.metadata.iter().map(|(name, stored)| (name.as_str(), BASE64.encode(stored))).collect();
    let wire = Written {
        serial: envelope.head.as_ref().map(|head| head.serial),
        lineage: envelope.head.as_ref().map(|head| head.lineage.as_str()),
        meta,
        encrypted_data: &envelope.data,
        encryption_version: VERSION,
    };
    serde_json::to_vec(&wire).map_err(|e| Failure(format!("The encrypted data cannot be written: {e}.")))
}

/// The envelope in bytes.
///
/// # Errors
/// What is damaged.
pub fn read(bytes: &[u8]) -> Result<Envelope, Failure> {
    let damaged = |why: String| Failure(format!("The encrypted file is damaged: {why}."));
    let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
    if wire.encryption_version != VERSION {
        return Err(Failure(format!(
            "The file is encrypted in version {:?} of the format, but only {VERSION:?} is known here.",
            wire.encryption_version
        )));
    }
    let decode = |text: &str| BASE64.decode(text).map_err(|e| damaged(format!("it holds wrong base64 ({e})")));
    let stored = wire.meta.unwrap_or_default().into_iter();
    let metadata = stored.map(|(name, text)| Ok((name, decode(&text)?))).collect::<Result<_, Failure>>()?;
    let head = wire.serial.map(|serial| Head { serial, lineage: wire.lineage.unwrap_or_default() });
    Ok(Envelope { head, metadata, data: decode(&wire.encrypted_data)? })
}
