//! Plans and states without what is different in every run: ids, deposed keys, times, versions.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names for ids, after the objects that were first seen with them.
#[derive(Default)]
pub struct Names {
    ids: BTreeMap<String, String>,
    counts: BTreeMap<String, usize>,
}

impl Names {
    /// A state file.
    pub fn state(&mut self, mut state: Value) -> Value {
        for resource in array(&state["resources"]) {
            for instance in array(&resource["instances"]) {
                self.learn(&address(resource, instance), &instance["attributes"]["id"]);
            }
        }
        for name in ["lineage", "serial", "terraform_version", "version"] {
            state.as_object_mut().unwrap().remove(name);
        }
        self.plain(state)
    }

    /// The JSON of a plan; Terraform has `applyable` and `complete` in it, OpenTofu has not.
    pub fn plan(&mut self, mut plan: Value) -> Value {
        for name in ["timestamp", "terraform_version", "format_version", "applyable", "complete"] {
            plan.as_object_mut().unwrap().remove(name);
        }
        if let Some(prior) = plan.get_mut("prior_state").and_then(Value::as_object_mut) {
            prior.remove("terraform_version");
        }
        self.plain(plan)
    }

    fn learn(&mut self, address: &str, id: &Value) {
        let Some(id) = id.as_str().filter(|id| is_id(id)) else { return };
        if !self.ids.contains_key(id) {
            let count = self.counts.entry(address.to_owned()).or_default();
            *count += 1;
            self.ids.insert(id.to_owned(), format!("<id {count} of {address}>"));
        }
    }

    fn plain(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.named(&text)),
            Value::Array(items) => {
                let mut items: Vec<Value> = items.into_iter().map(|item| self.plain(item)).collect();
                if items.iter().any(|item| ORDERED.iter().any(|name| item.get(name).is_some())) {
                    // Deposed objects of one instance differ in their keys, which are chance, and in what they are.
                    items.sort_by_cached_key(|item| (key(item), item.to_string()));
                }
                Value::Array(items)
            }
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(name, v)| (name.clone(), self.field(&name, v))).collect())
            }
            other => other,
        }
    }

    fn field(&self, name: &str, value: Value) -> Value {
        match (name, &value) {
            ("deposed" | "deposed_key", Value::String(key)) if key.len() == 8 => "<deposed>".into(),
            ("dependencies", Value::Array(_)) | ("depends_on", Value::Array(_)) => {
                let mut value = self.plain(value);
                value.as_array_mut().unwrap().sort_by_key(Value::to_string);
                value
            }
            _ => self.plain(value),
        }
    }

    fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (id, name) in &self.ids {
            if text.contains(id.as_str()) {
                text = text.replace(id.as_str(), name);
            }
        }
        if is_id(&text) { "<an id>".into() } else { text }
    }
}

/// Lists of things that have one of these are in no order of their own.
const ORDERED: [&str; 5] = ["address", "config_addr", "object_addr", "instances", "schema_version"];

/// What tells the members of a list apart: their address, or the whole of them.
pub fn key(value: &Value) -> String {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let display = |v: &Value| text(&v["to_display"]).or_else(|| text(v));
    let address = text(&value["address"]).or_else(|| display(&value["config_addr"]));
    let address = address.or_else(|| display(&value["address"])).or_else(|| display(&value["object_addr"]));
    let deposed = if value.get("deposed").is_some() { " (deposed)" } else { "" };
    match (address, value.get("resource"), value.get("instances"), value.get("attributes")) {
        (Some(address), ..) => format!("{address}{deposed}"),
        (_, Some(resource), ..) => format!("{}.{}", resource.as_str().unwrap_or_default(), value["attribute"]),
        (_, _, Some(_), _) => self::address(value, &Value::Null),
        (_, _, _, Some(attributes)) => format!("{}{deposed} {}", value["index_key"], attributes["id"]),
        _ => value.to_string(),
    }
}

fn address(resource: &Value, instance: &Value) -> String {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let module = resource.get("module").map(|m| text(m) + ".").unwrap_or_default();
    let data = if resource["mode"] == "data" { "data." } else { "" };
    let key = instance.get("index_key").map(|key| format!("[{key}]")).unwrap_or_default();
    format!("{module}{data}{}.{}{key}", text(&resource["type"]), text(&resource["name"]))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_id(text: &str) -> bool {
    let dash = |at: usize| [8, 13, 18, 23].contains(&at);
    text.len() == 36 && text.bytes().enumerate().all(|(at, b)| if dash(at) { b == b'-' } else { b.is_ascii_hexdigit() })
}
