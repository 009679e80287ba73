//! `key_provider "external"`: a program that gives keys.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use terrane_encryption::{Failure, KeyProvider};
use terrane_value::{Attribute, Block, Type, Value};

use super::{Surroundings, command, words};

const MAGIC: &str = "OpenTofu-External-Key-Provider";

struct External {
    command: Vec<String>,
    directory: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    keys: Answered,
    #[serde(default)]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    #[serde(default)]
    encryption_key: Option<String>,
    #[serde(default)]
    decryption_key: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Meta {
    #[serde(default)]
    external_data: Option<Box<RawValue>>,
}

pub fn schema() -> Block {
    let command = Attribute::required(Type::list(Type::String));
    Block { attributes: [("command".into(), command)].into(), ..Block::default() }
}

pub fn open(value: &Value, _: bool, around: &Surroundings) -> Result<Arc<dyn KeyProvider>, Failure> {
    Ok(Arc::new(External { command: words(value, "command")?, directory: around.directory.clone() }))
}

impl External {
    async fn ask(&self, meta: Option<&Meta>) -> Result<Answer, Failure> {
        let known = meta.filter(|meta| meta.external_data.is_some());
        let input = known.and_then(|meta| serde_json::to_vec(meta).ok()).unwrap_or_else(|| b"null".to_vec());
        let output = command::run(&self.command, MAGIC, input, &self.directory).await?;
        serde_json::from_slice(&output).map_err(|e| {
            // The text holds keys; the error of serde names only places and fields.
            Failure(format!("The program {:?} returned no answer in its protocol: {e}.", self.command[0]))
        })
    }

    fn key(&self, text: Option<String>, name: &str) -> Result<Vec<u8>, Failure> {
        let key = text.and_then(|text| BASE64.decode(text).ok()).filter(|key| !key.is_empty());
        key.ok_or_else(|| Failure(format!("The program {:?} returned no {name:?} in base64.", self.command[0])))
    }
}

#[async_trait]
impl KeyProvider for External {
    async fn fresh(&self, _: Option<&[u8]>) -> Result<(Vec<u8>, Option<Vec<u8>>), Failure> {
        let answer = self.ask(None).await?;
        let key = self.key(answer.keys.encryption_key, "encryption_key")?;
        Ok((key, serde_json::to_vec(&answer.meta.unwrap_or_default()).ok()))
    }

    async fn again(&self, stored: Option<&[u8]>, _: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failure> {
        let meta = stored.map(serde_json::from_slice::<Meta>).transpose();
        let meta = meta.map_err(|e| Failure(format!("What is stored of its key is damaged: {e}.")))?;
        let answer = self.ask(meta.as_ref()).await?;
        self.key(answer.keys.decryption_key, "decryption_key").map(Some)
    }
}
