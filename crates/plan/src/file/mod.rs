//! The plan file: a plan with all that is needed to show and apply it, but for the configuration.
//!
//! One line names the format, one gives the SHA-256 digest of the rest: deflated JSON. Like Terraform's, the file holds
//! sensitive values in the clear and must be kept as safe as the state.

mod decode;
mod deferral;
mod encode;
mod value;
mod wire;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use terrane_value::json::why;

use crate::Plan;

/// The first line of every plan file, without the version.
const NAME: &str = "terrane plan file, format ";

/// The version of the format; files of another one are refused.
const FORMAT: u32 = 2;

/// The greatest size of an unpacked plan.
const LIMIT: u64 = 4 << 30;

/// Where a plan comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The version of the program that made it.
    pub version: String,
    /// The files of the configuration it was made from, with their digests: applying takes the same ones.
    pub configuration: BTreeMap<String, String>,
    /// Where its state is, for people and to tell places apart.
    pub place: String,
    /// When the plan was made, in seconds since 1970.
    pub planned_at: u64,
    /// What the configuration declares, as JSON, for those who show the plan without it.
    pub declared: Option<Arc<str>>,
}

/// Why bytes are no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Something else; says what it looks like.
    #[error("The file is not a plan file of Terrane{0}.")]
    Foreign(&'static str),
    /// A plan file of another version.
    #[error(
        "The plan file has format {found}, but this version of Terrane reads and writes format {FORMAT}. Make a new plan."
    )]
    Format {
        /// What the file says.
        found: String,
    },
    /// Nothing at all.
    #[error("The file is empty: writing the plan into it was not finished. Make a new plan.")]
    Empty,
    /// Cut off or changed after it was written.
    #[error("The plan file is damaged: {0}. Make a new plan.")]
    Damaged(String),
    /// A plan that cannot be written.
    #[error("The plan cannot be written: {0}. This is a bug in Terrane; please report it.")]
    Unwritable(String),
}

/// A plan as a file.
pub fn write(plan: &Plan, origin: &Origin) -> Result<Vec<u8>, FileError> {
    let wire = encode::plan(plan, origin).map_err(FileError::Unwritable)?;
    let unwritable = |e: &dyn std::fmt::Display| FileError::Unwritable(e.to_string());
    let json = serde_json::to_vec(&wire).map_err(|e| unwritable(&e))?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&json).map_err(|e| unwritable(&e))?;
    let body = encoder.finish().map_err(|e| unwritable(&e))?;
    let mut file = format!("{NAME}{FORMAT}\n{}\n", digest(&body)).into_bytes();
    file.extend(body);
    Ok(file)
}

/// The plan in a file.
pub fn read(bytes: &[u8]) -> Result<(Plan, Origin), FileError> {
    let body = open(bytes)?;
    let damaged = |e: &dyn std::fmt::Display| FileError::Damaged(e.to_string());
    let mut json = Vec::new();
    DeflateDecoder::new(body).take(LIMIT).read_to_end(&mut json).map_err(|e| damaged(&e))?;
    let wire = serde_json::from_slice(&json).map_err(|e| damaged(&why(&e)))?;
    decode::plan(wire).map_err(FileError::Damaged)
}

/// The digest that names the content of a plan file, for telling plans apart.
pub fn identity(bytes: &[u8]) -> Result<String, FileError> {
    open(bytes).map(digest)
}

/// The body of a file, once its head says that it is whole.
fn open(bytes: &[u8]) -> Result<&[u8], FileError> {
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    let Some(rest) = bytes.strip_prefix(NAME.as_bytes()) else {
        return Err(match NAME.as_bytes().starts_with(bytes) {
            true => FileError::Damaged("it ends within its first line".into()),
            false => FileError::Foreign(kind(bytes)),
        });
    };
    let (format, rest) = line(rest)?;
    if format != FORMAT.to_string() {
        return Err(FileError::Format { found: format.to_owned() });
    }
    let (expected, body) = line(rest)?;
    if digest(body) != expected {
        return Err(FileError::Damaged("its content does not have the digest that its head names, so it was changed or cut off after it was written".into()));
    }
    Ok(body)
}

fn line(bytes: &[u8]) -> Result<(&str, &[u8]), FileError> {
    let damaged = || FileError::Damaged("its head is cut off".into());
    let end = bytes.iter().take(128).position(|b| *b == b'\n').ok_or_else(damaged)?;
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| damaged())?;
    Ok((text, &bytes[end + 1..]))
}

fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What foreign bytes look like.
fn kind(bytes: &[u8]) -> &'static str {
    let text = bytes.iter().find(|b| !b.is_ascii_whitespace());
    match (bytes, text) {
        ([b'P', b'K', 3, 4, ..], _) => "; it looks like one of Terraform or OpenTofu, which only those can apply",
        (_, Some(b'{')) => "; it looks like JSON, perhaps a state or the output of `show -json`",
        _ => "",
    }
}
