//! `random_string` and `random_password`.

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use terrane_provider::Problem;
use terrane_provider::sdk::Attributes;
use terrane_value::{Path, Type, Value};

use super::super::{Field, Kind, Surroundings, below, number};
use super::keepers;

/// A text of random characters.
pub(super) struct Text {
    /// Whether it is a password, which is not to be shown.
    pub secret: bool,
}

/// A group of characters: the argument that lets them in, the one for their least number, and what they are.
const GROUPS: [(&str, &str, &str); 4] = [
    ("special", "min_special", "!@#$%&*()-_=+[]{}<>:?"),
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("numeric", "min_numeric", "0123456789"),
];

/// The hash is cut off where bcrypt ends.
const BCRYPT_LENGTH: usize = 72;

fn bcrypt_hash(text: &str) -> Result<Value, Problem> {
    let bytes = &text.as_bytes()[..text.len().min(BCRYPT_LENGTH)];
    let hash = bcrypt::hash_with_result(bytes, 10)
        .map_err(|e| Problem::error("Password cannot be hashed", format!("bcrypt refuses the password: {e}.")))?;
    Ok(Value::string(hash.format_for_version(bcrypt::Version::TwoA)))
}

impl Text {
    fn made(&self, text: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let mut all = vec![("result", Value::string(text))];
        match self.secret {
            true => all.extend([("id", Value::string("none")), ("bcrypt_hash", bcrypt_hash(text)?)]),
            false => all.push(("id", Value::string(text))),
        }
        Ok(all)
    }
}

fn flag(object: &Value, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(true)
}

/// Some characters of a text, each drawn anew.
fn draw(from: &str, count: i64, into: &mut Vec<char>) -> Result<(), Problem> {
    let all: Vec<char> = from.chars().collect();
    for _ in 0..count.max(0) {
        let at = usize::try_from(below(all.len() as u64)?).unwrap_or_default();
        into.extend(all.get(at));
    }
    Ok(())
}

/// The characters of a group in a configuration.
fn characters(object: &Value, (name, _, usual): (&str, &str, &'static str)) -> String {
    let own = object.get("override_special").and_then(Value::as_str).filter(|own| !own.is_empty());
    match own {
        Some(own) if name == "special" => own.to_owned(),
        _ => usual.to_owned(),
    }
}

fn shuffled(mut text: Vec<char>) -> Result<String, Problem> {
    for at in (1..text.len()).rev() {
        text.swap(at, usize::try_from(below(at as u64 + 1)?).unwrap_or_default());
    }
    Ok(text.into_iter().collect())
}

#[async_trait]
impl Kind for Text {
    fn name(&self) -> &'static str {
        if self.secret { "random_password" } else { "random_string" }
    }

    fn version(&self) -> u64 {
        if self.secret { 3 } else { 2 }
    }

    fn fields(&self) -> Vec<Field> {
        let hide = |field: Field| if self.secret { field.secret() } else { field };
        let mut all = vec![
            Field::computed("id", Type::String),
            keepers(),
            Field::required("length", Type::Number),
            Field::either("number", Type::Bool).deprecated("Use numeric instead"),
            Field::optional("override_special", Type::String),
            hide(Field::computed("result", Type::String)),
        ];
        for (name, least, _) in GROUPS {
            all.push(Field::default(name, Value::from(true)));
            all.push(Field::default(least, Value::from(0)));
        }
        if self.secret {
            all.push(Field::computed("bcrypt_hash", Type::String).secret());
        }
        all
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let Some(length) = config.get("length").and_then(Value::as_i64) else { return Vec::new() };
        let wrong = |detail: String| vec![Problem::error("Wrong length", detail).at(Path::root().attr("length"))];
        let least: i64 = GROUPS.iter().map(|(_, least, _)| number(config, least)).sum();
        if length < 1 {
            return wrong(format!("length has to be at least 1, not {length}."));
        }
        if length < least {
            return wrong(format!(
                "length, {length}, is less than min_upper, min_lower, min_numeric and min_special together, {least}."
            ));
        }
        let off = |name: &str| config.get(name).and_then(Value::as_bool) == Some(false);
        match GROUPS.iter().all(|(name, ..)| off(name)) {
            true => vec![Problem::error(
                "No characters",
                "At least one of special, upper, lower and numeric has to be true.",
            )],
            false => Vec::new(),
        }
    }

    fn plan(&self, config: &Value, planned: &mut Vec<(&'static str, Value)>) {
        same_numeric(config, planned);
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let (mut text, mut all) = (Vec::new(), String::new());
        for group in GROUPS.iter().copied().filter(|(name, ..)| flag(planned, name)) {
            let own = characters(planned, group);
            draw(&own, number(planned, group.1), &mut text)?;
            all += &own;
        }
        if all.is_empty() {
            return Err(Problem::error(
                "No characters",
                "At least one of special, upper, lower and numeric has to be true.",
            ));
        }
        draw(&all, number(planned, "length") - text.len() as i64, &mut text)?;
        self.made(&shuffled(text)?)
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let mut found = self.made(id)?;
        found.push(("length", Value::from(id.chars().count() as i64)));
        found.push(("number", Value::from(true)));
        Ok(found)
    }

    fn upgrade(&self, version: u64, mut attributes: Attributes) -> Attributes {
        let is_null = |attributes: &Attributes, name: &str| attributes.get(name).is_none_or(Json::is_null);
        if is_null(&attributes, "numeric") {
            let old = attributes.get("number").filter(|old| !old.is_null()).cloned();
            attributes.insert("numeric".into(), old.unwrap_or(json!(true)));
        }
        if is_null(&attributes, "number") {
            let new = attributes.get("numeric").cloned().unwrap_or(json!(true));
            attributes.insert("number".into(), new);
        }
        for (name, least, _) in GROUPS {
            for (name, value) in [(name, json!(true)), (least, json!(0))] {
                if is_null(&attributes, name) {
                    attributes.insert(name.into(), value);
                }
            }
        }
        if self.secret && version < 1 && is_null(&attributes, "bcrypt_hash") {
            let text = attributes.get("result").and_then(Json::as_str).unwrap_or_default();
            let hash = bcrypt_hash(text).ok().and_then(|hash| hash.as_str().map(str::to_owned));
            attributes.insert("bcrypt_hash".into(), json!(hash));
        }
        attributes
    }
}

/// `number` is the earlier name of `numeric`: what is written as one of them is both.
fn same_numeric(config: &Value, planned: &mut [(&'static str, Value)]) {
    let written = |name: &str| config.get(name).filter(|value| !value.is_null()).cloned();
    let value = written("numeric").or_else(|| written("number")).unwrap_or_else(|| Value::from(true));
    planned.iter_mut().filter(|(name, _)| ["number", "numeric"].contains(name)).for_each(|(_, v)| *v = value.clone());
}
