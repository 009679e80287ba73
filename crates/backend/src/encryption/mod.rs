//! Key providers and methods of `encryption` blocks: those that compute, those that call AWS, and those that run a
//! program.

mod aws_kms;
mod command;
mod external_key;
mod external_method;

use std::path::PathBuf;
use std::sync::Arc;

use terrane_encryption::{AesGcm, Cipher, Failure, KeyProvider, Pbkdf2, Random};
use terrane_value::{Block, Value};

/// What key providers and methods need of the world.
#[derive(Clone)]
pub struct Surroundings {
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Where programs run.
    pub directory: PathBuf,
}

/// One type of `key_provider` block.
struct KeyProviderKind {
    name: &'static str,
    schema: fn() -> Block,
    /// Reads a value of that form; the flag says whether it is chained to another provider.
    open: fn(&Value, bool, &Surroundings) -> Result<Arc<dyn KeyProvider>, Failure>,
}

/// One type of `method` block.
struct MethodKind {
    name: &'static str,
    schema: fn() -> Block,
    open: fn(&Value, &Surroundings) -> Result<Option<Arc<dyn Cipher>>, Failure>,
}

/// The key providers, sorted.
static KEY_PROVIDERS: &[KeyProviderKind] = &[
    KeyProviderKind { name: "aws_kms", schema: aws_kms::schema, open: aws_kms::open },
    KeyProviderKind { name: "external", schema: external_key::schema, open: external_key::open },
    KeyProviderKind {
        name: "pbkdf2",
        schema: Pbkdf2::schema,
        open: |value, chained, around| Ok(Arc::new(Pbkdf2::open(value, chained, around.random.clone())?)),
    },
];

/// The key providers of OpenTofu that cannot be used yet.
static REFUSED: &[&str] = &["azure_vault", "gcp_kms", "openbao"];

/// The methods, sorted.
static METHODS: &[MethodKind] = &[
    MethodKind {
        name: "aes_gcm",
        schema: AesGcm::schema,
        open: |value, around| Ok(Some(Arc::new(AesGcm::open(value, around.random.clone())?))),
    },
    MethodKind { name: "external", schema: external_method::schema, open: external_method::open },
    MethodKind { name: "unencrypted", schema: Block::default, open: |_, _| Ok(None) },
];

fn names(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

fn key_provider(kind: &str) -> Result<&'static KeyProviderKind, String> {
    let usable = || names(KEY_PROVIDERS.iter().map(|k| k.name));
    KEY_PROVIDERS.iter().find(|k| k.name == kind).ok_or_else(|| match REFUSED.contains(&kind) {
        true => format!("The key provider {kind:?} is not supported yet; usable are {}.", usable()),
        false => format!("There is no key provider {kind:?}; usable are {}.", usable()),
    })
}

fn method(kind: &str) -> Result<&'static MethodKind, String> {
    METHODS.iter().find(|k| k.name == kind).ok_or_else(|| {
        let usable = names(METHODS.iter().map(|k| k.name));
        format!("There is no encryption method {kind:?}; usable are {usable}.")
    })
}

/// What a `key_provider` block of this type may hold; `chain` is what comes before it.
///
/// # Errors
/// A full sentence if there is no such type, or it cannot be used yet.
pub fn key_provider_schema(kind: &str) -> Result<Block, String> {
    key_provider(kind).map(|kind| (kind.schema)())
}

/// What a `method` block of this type may hold; `keys` is where its keys come from.
///
/// # Errors
/// A full sentence if there is no such type.
pub fn method_schema(kind: &str) -> Result<Block, String> {
    method(kind).map(|kind| (kind.schema)())
}

/// A key provider with the arguments of its block.
///
/// # Errors
/// What is wrong with them. No call is made.
pub fn open_key_provider(
    kind: &str,
    value: &Value,
    chained: bool,
    around: &Surroundings,
) -> Result<Arc<dyn KeyProvider>, Failure> {
    let kind = key_provider(kind).map_err(Failure)?;
    (kind.open)(value, chained, around)
}

/// A method with the arguments of its block; `None` for the one that does not encrypt.
///
/// # Errors
/// What is wrong with them.
pub fn open_method(kind: &str, value: &Value, around: &Surroundings) -> Result<Option<Arc<dyn Cipher>>, Failure> {
    let kind = method(kind).map_err(Failure)?;
    (kind.open)(value, around)
}

/// The texts of a list, none of them null, the first not empty.
fn words(value: &Value, name: &str) -> Result<Vec<String>, Failure> {
    let list = value.get(name).and_then(Value::elements).unwrap_or_default();
    let words: Option<Vec<String>> = list.iter().map(|word| word.as_str().map(str::to_owned)).collect();
    let words = words.filter(|words| words.first().is_some_and(|word| !word.is_empty()));
    words.ok_or_else(|| Failure(format!("{name:?} must be a list of texts: a program and its arguments.")))
}
