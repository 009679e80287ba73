//! Packs the shared tables of AWS schemas, and our own of types that they lack, into the file that the AWS provider embeds.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use terrane_provider::sdk::schema::{Entry, Part, write};

use crate::Result;

const AREAS: [&str; 5] = ["dynamodb", "ec2", "iam", "misc", "s3"];

/// Keys that say where a fact comes from, or what only the original provider's code needs.
const DROPPED: [&str; 8] = [
    "bindings",
    "diff_suppress_on_refresh",
    "identifier_attr",
    "legacy_migrate_state",
    "nested_attr",
    "package",
    "set_hash",
    "src",
];

/// Writes the file anew from the tables in `from`, or from `../shared/aws-schema`.
pub fn run(from: Option<&str>) -> Result<()> {
    let from = from.map_or_else(tables, PathBuf::from);
    let bytes = write(entries(&from)?).map_err(|e| e.to_string())?;
    let to = target();
    std::fs::create_dir_all(to.parent().unwrap_or(&to)).map_err(|e| format!("{}: {e}", to.display()))?;
    std::fs::write(&to, &bytes).map_err(|e| format!("{}: {e}", to.display()))?;
    println!("{}: {} bytes", to.display(), bytes.len());
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

fn tables() -> PathBuf {
    root().join("../shared/aws-schema")
}

fn target() -> PathBuf {
    root().join("providers/aws-core/schemas/aws.bin")
}

fn entries(from: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for area in AREAS {
        entries.extend(parts(&table(&from.join(format!("{area}.json")))?));
    }
    entries.extend(parts(&table(&root().join("providers/aws-core/schemas/own.json"))?));
    entries.sort_by(|a, b| (a.part, &a.name).cmp(&(b.part, &b.name)));
    entries.dedup();
    if let Some(pair) = entries.windows(2).find(|w| (w[0].part, &w[0].name) == (w[1].part, &w[1].name)) {
        return Err(format!("{} stands in two tables with different facts", pair[0].name));
    }
    Ok(entries)
}

fn table(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn parts(table: &Value) -> Vec<Entry> {
    let named = |key: &str, part: Part| {
        let members = table.get(key).and_then(Value::as_object).into_iter().flatten();
        members.map(move |(name, value)| entry(part, name, value)).collect::<Vec<_>>()
    };
    let mut all = named("resources", Part::Resource);
    all.extend(named("data_sources", Part::Data));
    all.extend(named("enums", Part::Values));
    all.extend(table.get("provider_config").map(|config| entry(Part::Provider, "", config)));
    all
}

fn entry(part: Part, name: &str, value: &Value) -> Entry {
    Entry { part, name: name.to_owned(), text: trimmed(value).to_string() }
}

/// Drops keys without use to us. Names of attributes and blocks are kept whatever they are.
fn trimmed(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.iter().filter_map(member).collect()),
        Value::Array(values) => Value::Array(values.iter().map(trimmed).collect()),
        other => other.clone(),
    }
}

fn member((key, value): (&String, &Value)) -> Option<(String, Value)> {
    if DROPPED.contains(&key.as_str()) {
        return None;
    }
    let value = match (key.as_str(), value) {
        ("attrs" | "blocks", Value::Object(named)) => {
            let named: Map<String, Value> = named.iter().map(|(n, v)| (n.clone(), trimmed(v))).collect();
            Value::Object(named)
        }
        ("type" | "default", value) => value.clone(),
        (_, value) => trimmed(value),
    };
    Some((key.clone(), value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::sdk::schema::Archive;

    use super::*;

    #[test]
    fn the_packed_schemas_are_fresh() {
        if !tables().is_dir() {
            eprintln!("skipped: the packed schemas are not compared, there is no {}", tables().display());
            return;
        }
        let stale = |what: &str| format!("run `cargo xtask schema`: {what} in {} is stale", target().display());
        // Not byte by byte: there are several ways to compress a text.
        let packed = Archive::open(std::fs::read(target()).unwrap().leak()).unwrap();
        let entries = entries(&tables()).unwrap();
        for Entry { part, name, text } in &entries {
            assert!(packed.text(*part, name).unwrap().as_ref() == Some(text), "{}", stale(name));
        }
        let parts = [Part::Resource, Part::Data, Part::Values, Part::Provider];
        let count = parts.into_iter().map(|part| packed.names(part).count()).sum::<usize>();
        assert_eq!(count, entries.len(), "{}", stale("the list of names"));
    }

    #[test]
    fn attributes_named_like_dropped_keys_stay() {
        let table = serde_json::json!({"attrs": {"src": {"type": "string", "src": "sdk"}}, "package": "ec2"});
        assert_eq!(trimmed(&table), serde_json::json!({"attrs": {"src": {"type": "string"}}}));
    }
}
