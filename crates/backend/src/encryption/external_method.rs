//! `method "external"`: programs that encrypt and decrypt.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use terrane_encryption::{Cipher, Failure};
use terrane_value::{Attribute, Block, Type, Value};

use super::{Surroundings, command, words};

const MAGIC: &str = "OpenTofu-External-Encryption-Method";

struct External {
    encrypt: Vec<String>,
    decrypt: Vec<String>,
    directory: PathBuf,
}

#[derive(Serialize)]
struct Question {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    payload: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    payload: String,
}

pub fn schema() -> Block {
    let command = || Attribute::required(Type::list(Type::String));
    let attributes = [
        ("decrypt_command".into(), command()),
        ("encrypt_command".into(), command()),
        ("keys".into(), Attribute::optional(Type::Any)),
    ];
    Block { attributes: attributes.into(), ..Block::default() }
}

pub fn open(value: &Value, around: &Surroundings) -> Result<Option<Arc<dyn Cipher>>, Failure> {
    let (encrypt, decrypt) = (words(value, "encrypt_command")?, words(value, "decrypt_command")?);
    Ok(Some(Arc::new(External { encrypt, decrypt, directory: around.directory.clone() })))
}

impl External {
    async fn ask(&self, command: &[String], key: Option<&[u8]>, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let question = Question { key: key.map(|key| BASE64.encode(key)), payload: BASE64.encode(data) };
        let input = serde_json::to_vec(&question).map_err(|e| Failure(format!("{e}.")))?;
        let output = command::run(command, MAGIC, input, &self.directory).await?;
        let wrong = || Failure(format!("The program {:?} returned no payload in base64.", command[0]));
        let answer: Answer = serde_json::from_slice(&output).map_err(|_| wrong())?;
        BASE64.decode(answer.payload).map_err(|_| wrong())
    }
}

#[async_trait]
impl Cipher for External {
    async fn encrypt(&self, key: Option<&[u8]>, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.ask(&self.encrypt, key, &data).await
    }

    async fn decrypt(&self, key: Option<&[u8]>, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.ask(&self.decrypt, key, &data).await
    }
}
