//! States in a short form: a line for each object or output.
//!
//! `ADDRESS [tainted] [deposed=KEY] [cbd] ATTRIBUTES [<- ADDRESS ADDRESS]`, attributes being JSON with those of
//! `terraform_data`, whose types are found out; `output NAME JSON`. An address may begin with modules.

use serde_json::{Value, json};

/// The state file.
pub fn state(text: &str) -> String {
    let mut resources: Vec<Value> = Vec::new();
    let mut outputs = serde_json::Map::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.strip_prefix("output ").and_then(|rest| rest.split_once(' ')) {
            let value: Value = serde_json::from_str(value).unwrap();
            outputs.insert(name.to_owned(), json!({ "value": value, "type": type_of(&value) }));
        } else {
            object(line, &mut resources);
        }
    }
    let file = json!({
        "version": 4, "terraform_version": "1.12.0", "serial": 1, "lineage": "11111111-2222-3333-4444-555555555555",
        "outputs": outputs, "resources": resources, "check_results": null,
    });
    format!("{file:#}\n")
}

fn object(line: &str, resources: &mut Vec<Value>) {
    let (head, rest) = line.split_at(line.find(" {").unwrap());
    let (attributes, after) = rest.split_once(" <- ").unwrap_or((rest, ""));
    let mut words = head.split(' ');
    let address = words.next().unwrap();
    let flags: Vec<&str> = words.collect();
    let mut object: serde_json::Map<String, Value> = serde_json::from_str(attributes).unwrap();
    for name in ["id", "input", "output", "triggers_replace"] {
        let value = object.entry(name).or_insert(Value::Null);
        if name != "id" && !value.is_null() {
            *value = json!({ "value": value, "type": type_of(value) });
        }
    }
    let dependencies: Vec<&str> = after.split(' ').filter(|word| !word.is_empty()).collect();
    let mut instance = json!({ "schema_version": 0, "attributes": object, "sensitive_attributes": [] });
    if !dependencies.is_empty() {
        instance["dependencies"] = json!(dependencies);
    }
    for flag in flags {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("tainted", _) => instance["status"] = json!("tainted"),
            ("deposed", key) => instance["deposed"] = json!(key),
            ("cbd", _) => instance["create_before_destroy"] = json!(true),
            _ => panic!("no flag {flag}"),
        }
    }
    put(address, instance, resources);
}

/// Adds an instance to its resource.
fn put(address: &str, mut instance: Value, resources: &mut Vec<Value>) {
    let (module, local) = address.find("terraform_data.").map(|at| address.split_at(at)).unwrap();
    let name = local.trim_start_matches("terraform_data.");
    let (name, key) = name.split_once('[').unwrap_or((name, ""));
    if !key.is_empty() {
        instance["index_key"] = serde_json::from_str(key.trim_end_matches(']')).unwrap();
    }
    let module = module.trim_end_matches('.');
    let same = |r: &&mut Value| r["name"] == name && r["module"].as_str().unwrap_or_default() == module;
    if let Some(resource) = resources.iter_mut().find(same) {
        resource["instances"].as_array_mut().unwrap().push(instance);
        return;
    }
    let mut resource = json!({
        "mode": "managed", "type": "terraform_data", "name": name,
        "provider": "provider[\"terraform.io/builtin/terraform\"]", "instances": [instance],
    });
    if !module.is_empty() {
        resource["module"] = json!(module);
    }
    resources.push(resource);
}

fn type_of(value: &Value) -> Value {
    match value {
        Value::Null => json!("dynamic"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => json!(["tuple", items.iter().map(type_of).collect::<Vec<_>>()]),
        Value::Object(fields) => {
            let fields: serde_json::Map<_, _> = fields.iter().map(|(name, v)| (name.clone(), type_of(v))).collect();
            json!(["object", fields])
        }
    }
}
