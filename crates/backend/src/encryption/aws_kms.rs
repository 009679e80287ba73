//! `key_provider "aws_kms"`: data keys that AWS Key Management Service makes and gives back.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_kms::error::DisplayErrorContext;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use terrane_encryption::{Failure, KeyProvider};
use terrane_value::{Attribute, Block, NestedBlock, Nesting, Type, Value};
use tokio::sync::OnceCell;

use super::Surroundings;
use crate::s3::shared;

struct Kms {
    key: String,
    spec: DataKeySpec,
    /// The arguments that say how to reach AWS.
    value: Value,
    client: OnceCell<aws_sdk_kms::Client>,
}

/// What is stored beside encrypted data.
#[derive(Serialize, Deserialize)]
struct Stored {
    ciphertext_blob: String,
}

pub fn schema() -> Block {
    let mut block = shared::schema();
    for name in ["kms_key_id", "key_spec"] {
        let attribute = Attribute::required(Type::String);
        block.attributes.insert(name.into(), attribute);
    }
    let endpoints = ["iam", "kms", "sts"].map(|name| (name.into(), Attribute::optional(Type::String)));
    let endpoints = Block { attributes: endpoints.into(), ..Block::default() };
    let nested = NestedBlock { nesting: Nesting::Single, min_items: 0, max_items: 1, block: endpoints };
    block.blocks.insert("endpoints".into(), nested);
    block
}

pub fn open(value: &Value, _: bool, _: &Surroundings) -> Result<Arc<dyn KeyProvider>, Failure> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = text("kms_key_id");
    if key.is_empty() {
        return Err(Failure::new("It needs a \"kms_key_id\": the id, ARN or alias of a key."));
    }
    let spec = match text("key_spec").as_str() {
        "AES_256" => DataKeySpec::Aes256,
        "AES_128" => DataKeySpec::Aes128,
        other => {
            let why = format!("There is no \"key_spec\" {other:?}; usable are \"AES_256\" and \"AES_128\".");
            return Err(Failure(why));
        }
    };
    shared::check(value).map_err(|e| Failure(e.message))?;
    Ok(Arc::new(Kms { key, spec, value: value.clone(), client: OnceCell::new() }))
}

impl Kms {
    async fn client(&self) -> Result<&aws_sdk_kms::Client, Failure> {
        let open = || async {
            let config = shared::load(&self.value).await.map_err(|e| Failure(e.message))?;
            let endpoint = self.value.get("endpoints").and_then(|e| e.get("kms")).and_then(Value::as_str);
            let mut kms = aws_sdk_kms::config::Builder::from(&config);
            if let Some(endpoint) = endpoint {
                kms = kms.endpoint_url(endpoint);
            }
            Ok(aws_sdk_kms::Client::from_conf(kms.build()))
        };
        self.client.get_or_try_init(open).await
    }
}

#[async_trait]
impl KeyProvider for Kms {
    async fn fresh(&self, _: Option<&[u8]>) -> Result<(Vec<u8>, Option<Vec<u8>>), Failure> {
        let asked = self.client().await?.generate_data_key().key_id(&self.key).key_spec(self.spec.clone()).send().await;
        let made = asked.map_err(|e| {
            Failure(format!("KMS makes no data key with the key {:?}: {}.", self.key, DisplayErrorContext(&e)))
        })?;
        let missing = || Failure(format!("KMS returned no data key for the key {:?}.", self.key));
        let (key, sealed) = made.plaintext.zip(made.ciphertext_blob).ok_or_else(missing)?;
        let stored = Stored { ciphertext_blob: BASE64.encode(sealed.into_inner()) };
        Ok((key.into_inner(), serde_json::to_vec(&stored).ok()))
    }

    async fn again(&self, stored: Option<&[u8]>, _: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failure> {
        let Some(stored) = stored else { return Ok(None) };
        let damaged = |why: &dyn std::fmt::Display| {
            Failure(format!("What is stored of its key is damaged, or of another kind of provider: {why}."))
        };
        let stored: Stored = serde_json::from_slice(stored).map_err(|e| damaged(&e))?;
        let sealed = BASE64.decode(&stored.ciphertext_blob).map_err(|e| damaged(&e))?;
        let asked = self.client().await?.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(sealed)).send().await;
        let opened = asked.map_err(|e| {
            Failure(format!(
                "KMS does not decrypt the data key with the key {:?}: {}.",
                self.key,
                DisplayErrorContext(&e)
            ))
        })?;
        Ok(opened.plaintext.map(Blob::into_inner))
    }
}
