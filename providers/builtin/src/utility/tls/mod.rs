//! hashicorp/tls: private keys and what is public of them.

mod key;

use async_trait::async_trait;
use terrane_provider::Problem;
use terrane_provider::sdk::Attributes;
use terrane_value::{Path, Type, Value};

use self::key::{Algorithm, Curve, Key, Malformed};
use super::{Field, Kind, Source, Surroundings, text};

pub(super) static KINDS: &[&dyn Kind] = &[&PrivateKey];
pub(super) static SOURCES: &[&dyn Source] = &[&PublicKey];

const CURVES: [&str; 4] = ["P224", "P256", "P384", "P521"];

const SECRETS: [&str; 3] = ["private_key_openssh", "private_key_pem", "private_key_pem_pkcs8"];

const PUBLIC: [&str; 4] =
    ["public_key_fingerprint_md5", "public_key_fingerprint_sha256", "public_key_openssh", "public_key_pem"];

struct PrivateKey;

/// The algorithm that is asked for; `None` while one of its parts is unknown.
fn algorithm(config: &Value) -> Result<Option<Algorithm>, Problem> {
    let (Some(name), Some(curve)) = (config.get("algorithm"), config.get("ecdsa_curve")) else { return Ok(None) };
    let bits = config.get("rsa_bits").filter(|bits| !bits.is_null());
    match name.as_str() {
        Some("ED25519") => Ok(Some(Algorithm::Ed25519)),
        Some("ECDSA") if curve.is_known() => ecdsa(curve.as_str().unwrap_or("P224")).map(Some),
        Some("RSA") if bits.is_none_or(Value::is_known) => rsa(bits.and_then(Value::as_i64).unwrap_or(2048)).map(Some),
        Some("ECDSA" | "RSA") => Ok(None),
        Some(other) => {
            let detail = format!("algorithm has to be RSA, ECDSA or ED25519, not {other:?}.");
            Err(Problem::error("Wrong algorithm", detail).at(Path::root().attr("algorithm")))
        }
        None => Ok(None),
    }
}

fn rsa(bits: i64) -> Result<Algorithm, Problem> {
    let known = Key::RSA_BITS.into_iter().find(|known| i64::from(*known) == bits);
    known.map(Algorithm::Rsa).ok_or_else(|| {
        let detail = format!("rsa_bits has to be 2048, 3072, 4096 or 8192, not {bits}.");
        Problem::error("Wrong size of the key", detail).at(Path::root().attr("rsa_bits"))
    })
}

fn ecdsa(curve: &str) -> Result<Algorithm, Problem> {
    Curve::named(curve).map(Algorithm::Ecdsa).ok_or_else(|| {
        let detail = match curve {
            "P224" => "Terrane makes no keys on the curve P224, which is the default of ecdsa_curve. Set it to P256, \
                       P384 or P521."
                .to_owned(),
            other => format!("ecdsa_curve has to be P256, P384 or P521, not {other:?}."),
        };
        Problem::error("Wrong curve", detail).at(Path::root().attr("ecdsa_curve"))
    })
}

fn unusable(error: &Malformed) -> Problem {
    Problem::error("Key cannot be used", format!("{error}."))
}

#[async_trait]
impl Kind for PrivateKey {
    fn name(&self) -> &'static str {
        "tls_private_key"
    }

    fn fields(&self) -> Vec<Field> {
        let mut all: Vec<Field> =
            SECRETS.into_iter().map(|name| Field::computed(name, Type::String).secret()).collect();
        all.extend(PUBLIC.into_iter().map(|name| Field::computed(name, Type::String)));
        all.extend([
            Field::required("algorithm", Type::String),
            Field::default("ecdsa_curve", Value::string("P224")),
            Field::computed("id", Type::String),
            Field::optional("openssh_comment", Type::String),
            Field::default("rsa_bits", Value::from(2048)),
        ]);
        all
    }

    fn version(&self) -> u64 {
        1
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let curve = config.get("ecdsa_curve").and_then(Value::as_str).filter(|curve| !CURVES.contains(curve));
        let wrong = curve.and_then(|curve| ecdsa(curve).err());
        wrong.or_else(|| algorithm(config).err()).into_iter().collect()
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let missing = || Problem::error("Wrong algorithm", "algorithm, ecdsa_curve and rsa_bits have to be known.");
        let algorithm = algorithm(planned)?.ok_or_else(missing)?;
        let made = tokio::task::spawn_blocking(move || Key::generate(algorithm)).await;
        let key = made.map_err(|e| Problem::error("Key cannot be made", format!("{e}.")))?;
        let key = key.map_err(|error| unusable(&error))?;
        let comment = text(planned, "openssh_comment");
        let mut made = key.secrets(comment).map_err(|error| unusable(&error))?;
        made.extend(key.public(comment).map_err(|error| unusable(&error))?);
        Ok(made)
    }

    /// Version 0 lacks what came with later releases: all of it follows from the key.
    fn upgrade(&self, _: u64, mut attributes: Attributes) -> Attributes {
        let pem = attributes.get("private_key_pem").and_then(|pem| pem.as_str());
        let Some(key) = pem.and_then(|pem| Key::parse(pem).ok()) else { return attributes };
        let comment = attributes.get("openssh_comment").and_then(|c| c.as_str()).unwrap_or_default().to_owned();
        for (name, value) in [key.secrets(&comment), key.public(&comment)].into_iter().flatten().flatten() {
            let is_there = attributes.get(name).is_some_and(|old| !old.is_null() && old.as_str() != Some(""));
            if let (false, Some(text)) = (is_there, value.as_str()) {
                attributes.insert(name.to_owned(), text.into());
            }
        }
        attributes
    }
}

/// What is public of a private key.
struct PublicKey;

impl Source for PublicKey {
    fn name(&self) -> &'static str {
        "tls_public_key"
    }

    fn fields(&self) -> Vec<Field> {
        let computed = PUBLIC.into_iter().chain(["algorithm", "id"]);
        let mut all: Vec<Field> = computed.map(|name| Field::computed(name, Type::String)).collect();
        let given = ["private_key_openssh", "private_key_pem"];
        all.extend(given.map(|name| Field::either(name, Type::String).secret()));
        all
    }

    fn read(&self, config: &Value) -> Result<Vec<(&'static str, Value)>, Problem> {
        let given = ["private_key_openssh", "private_key_pem"].map(|name| (name, text(config, name)));
        let (name, pem) = match given.map(|(_, text)| !text.is_empty()) {
            [true, false] => given[0],
            [false, true] => given[1],
            _ => {
                let detail = "Exactly one of private_key_openssh and private_key_pem has to be set.";
                return Err(Problem::error("Wrong key", detail));
            }
        };
        let at = |error: Malformed| unusable(&error).at(Path::root().attr(name));
        let key = Key::parse(pem).map_err(at)?;
        let mut found = key.public("").map_err(at)?;
        found.push(("algorithm", Value::string(key.name())));
        Ok(found)
    }
}
