//! State stores: local file, S3 with DynamoDB or lockfile locking, an HTTP server.
//!
//! Every store implements [`terrane_state::Store`] and passes one conformance suite (`tests/conformance.rs`). Absent
//! on purpose: state content and schemas; a store moves bytes.

pub mod encryption;
mod http;
mod local;
mod s3;

use std::path::Path;
use std::sync::Arc;

use terrane_state::Store;
use terrane_value::{Block, ConvertError, Value};

pub use local::Local;

/// One kind of `backend` block.
struct Kind {
    name: &'static str,
    schema: fn() -> Block,
}

/// The kinds that can be used, sorted.
static KINDS: &[Kind] = &[
    Kind { name: "http", schema: http::schema },
    Kind { name: "local", schema: local::schema },
    Kind { name: "s3", schema: s3::schema },
];

/// The kinds of Terraform that cannot be used yet.
static REFUSED: &[&str] = &["azurerm", "consul", "cos", "gcs", "kubernetes", "oci", "oss", "pg", "remote"];

/// What a `backend` block of this kind may hold.
///
/// # Errors
/// A full sentence if there is no such kind, or it cannot be used yet.
pub fn schema(kind: &str) -> Result<Block, String> {
    if let Some(kind) = KINDS.iter().find(|k| k.name == kind) {
        return Ok((kind.schema)());
    }
    let usable = KINDS.iter().map(|k| format!("{:?}", k.name)).collect::<Vec<_>>().join(", ");
    Err(match REFUSED.contains(&kind) {
        true => format!(
            "The backend {kind:?} is known, but not supported yet; usable now are {usable}. Copy the state to one of these \
             with the program that wrote it, and change the block."
        ),
        false => format!("There is no backend {kind:?}; usable are {usable}."),
    })
}

/// Opens the store of a workspace.
///
/// `config` has the form of [`schema`]; `directory` is where relative paths of the local store start.
///
/// # Errors
/// What is wrong with the configuration, at its path. Opening makes no call that could fail for other reasons, except
/// loading credentials.
pub async fn open(
    kind: &str,
    config: &Value,
    workspace: &str,
    directory: &Path,
) -> Result<Arc<dyn Store>, ConvertError> {
    match kind {
        "http" => Ok(Arc::new(http::Http::open(config, workspace)?)),
        "s3" => Ok(Arc::new(s3::S3::open(config, workspace).await?)),
        _ => Ok(Arc::new(Local::open(config, workspace, directory))),
    }
}
