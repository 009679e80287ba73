//! What an object is to hold.

use std::path::PathBuf;

use aws_sdk_s3::primitives::{ByteStream, Length, SdkBody};
use terrane_aws_core::expanded;
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::{Path, Value};

/// The content of an object: a file is read piece by piece as it is sent.
pub enum Body {
    /// A file with its length in bytes.
    File(PathBuf, u64),
    /// What stands in the configuration.
    Text(Vec<u8>),
}

impl Body {
    /// The content that is planned; none at all is empty.
    pub async fn of(planned: &Value) -> Result<Body, Problem> {
        let args = Args(planned);
        if let Some(source) = args.text("source") {
            return file(source).await;
        }
        let bytes = match (args.text("content"), args.text("content_base64")) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(base64)) => decoded(base64)?,
            (None, None) => Vec::new(),
        };
        Ok(Body::Text(bytes))
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Body::File(_, length) => *length,
            Body::Text(bytes) => bytes.len() as u64,
        }
    }

    /// A stream of `length` bytes from `offset` on.
    pub async fn part(&self, offset: u64, length: u64) -> Result<ByteStream, Problem> {
        match self {
            Body::File(path, _) => {
                let stream = ByteStream::read_from().path(path).offset(offset).length(Length::Exact(length));
                stream.build().await.map_err(|e| unreadable(&path.display().to_string(), &e))
            }
            Body::Text(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                let end = usize::try_from(offset + length).unwrap_or(usize::MAX);
                Ok(ByteStream::new(SdkBody::from(bytes.get(from..end).unwrap_or_default().to_vec())))
            }
        }
    }
}

async fn file(source: &str) -> Result<Body, Problem> {
    let path = expanded(source);
    let facts = tokio::fs::metadata(&path).await.map_err(|e| unreadable(&path, &e))?;
    match facts.is_file() {
        true => Ok(Body::File(path.into(), facts.len())),
        false => Err(unreadable(&path, &"it is no file")),
    }
}

fn unreadable(path: &str, why: &dyn std::fmt::Display) -> Problem {
    let detail = format!("The file \"{path}\" that the object is to hold cannot be read: {why}.");
    Problem::error("Unreadable source of an S3 object", detail).at(Path::root().attr("source"))
}

fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    aws_smithy_types::base64::decode(text).map_err(|e| {
        let detail = format!("content_base64 cannot be decoded: {e}.");
        Problem::error("Content is no base64", detail).at(Path::root().attr("content_base64"))
    })
}
