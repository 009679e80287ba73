//! `random_id` and `random_uuid`.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dashu_int::UBig;
use terrane_provider::Problem;
use terrane_value::{Path, Type, Value};

use super::super::{Field, Kind, Surroundings, number, random, text};
use super::keepers;

pub(super) struct Id;

/// The forms of some bytes, all but `id` with the prefix before them.
fn forms(bytes: &[u8], prefix: &str) -> Vec<(&'static str, Value)> {
    let url = URL_SAFE_NO_PAD.encode(bytes);
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let with = |form: &str| Value::string(format!("{prefix}{form}"));
    vec![
        ("b64_std", with(&STANDARD.encode(bytes))),
        ("b64_url", with(&url)),
        ("dec", with(&UBig::from_be_bytes(bytes).to_string())),
        ("hex", with(&hex)),
        ("id", Value::string(url)),
    ]
}

#[async_trait]
impl Kind for Id {
    fn name(&self) -> &'static str {
        "random_id"
    }

    fn fields(&self) -> Vec<Field> {
        let made = ["b64_std", "b64_url", "dec", "hex", "id"].map(|name| Field::computed(name, Type::String));
        let mut all = Vec::from(made);
        all.extend([Field::required("byte_length", Type::Number), Field::optional("prefix", Type::String), keepers()]);
        all
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let length = config.get("byte_length").and_then(Value::as_i64);
        let wrong = length.filter(|length| *length < 1).map(|length| {
            let detail = format!("byte_length has to be at least 1, not {length}.");
            Problem::error("Wrong length", detail).at(Path::root().attr("byte_length"))
        });
        wrong.into_iter().collect()
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let length = usize::try_from(number(planned, "byte_length")).unwrap_or(1);
        Ok(forms(&random(length)?, text(planned, "prefix")))
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let (prefix, encoded) = id.rsplit_once(',').map_or((None, id), |(prefix, encoded)| (Some(prefix), encoded));
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|e| {
            Problem::error("Wrong id", format!("{encoded:?} is not base64 in its form for URLs, without padding: {e}."))
        })?;
        let mut found = forms(&bytes, prefix.unwrap_or_default());
        found.push(("byte_length", Value::from(bytes.len() as i64)));
        found.push(("prefix", prefix.map_or(Value::null(Type::String), Value::string)));
        Ok(found)
    }
}

pub(super) struct Uuid;

#[async_trait]
impl Kind for Uuid {
    fn name(&self) -> &'static str {
        "random_uuid"
    }

    fn fields(&self) -> Vec<Field> {
        vec![Field::computed("id", Type::String), Field::computed("result", Type::String), keepers()]
    }

    async fn create(&self, _: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let made = Value::string(uuid::Uuid::new_v4().to_string());
        Ok(vec![("id", made.clone()), ("result", made)])
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let parsed =
            uuid::Uuid::parse_str(id).map_err(|e| Problem::error("Wrong id", format!("{id:?} is not a UUID: {e}.")))?;
        let found = Value::string(parsed.to_string());
        Ok(vec![("id", found.clone()), ("result", found)])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_of_the_same_bytes() {
        let found = Value::object(Id.import("p-,_-8A").unwrap());
        for (name, form) in [("b64_url", "p-_-8A"), ("b64_std", "p-/+8A"), ("hex", "p-ffef00"), ("dec", "p-16772864")] {
            assert_eq!(text(&found, name).trim_end_matches('='), form);
        }
        assert_eq!((text(&found, "id"), number(&found, "byte_length")), ("_-8A", 3));
        assert!(Id.import("a,+").is_err() && Uuid.import("x").is_err());
    }
}
