//! What conditions came to, in Terraform's JSON.

use serde::Serialize;
use terrane_address::{Key, parse_instance};
use terrane_state::{CheckKind, CheckObject, CheckResult, CheckStatus, Snapshot};

use super::modules;
use super::values::Raw;

/// The conditions of one block.
#[derive(Serialize)]
pub struct Check {
    address: BlockAddress,
    status: CheckStatus,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instances: Vec<Object>,
}

#[derive(Default, Serialize)]
struct BlockAddress {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    name: String,
    to_display: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
}

#[derive(Serialize)]
struct Object {
    address: ObjectAddress,
    status: CheckStatus,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct ObjectAddress {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_key: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    to_display: String,
}

#[derive(Serialize)]
struct Problem {
    message: String,
}

/// All conditions of a state, in order of address.
pub fn checks(snapshot: &Snapshot) -> Vec<Check> {
    let mut results = snapshot.checks();
    results.sort_by(|a, b| a.address.cmp(&b.address));
    results.into_iter().map(check).collect()
}

fn check(mut result: CheckResult) -> Check {
    result.objects.sort_by(|a, b| a.address.cmp(&b.address));
    let kind = result.kind;
    let instances = result.objects.into_iter().map(|found| object(kind, found)).collect();
    Check { address: block(kind, &result.address), status: result.status, instances }
}

fn block(kind: CheckKind, address: &str) -> BlockAddress {
    let to_display = address.to_owned();
    match (kind, parse_instance(address)) {
        (CheckKind::Resource, Ok(instance)) => {
            let module = &instance.resource.module;
            let resource = &instance.resource.resource;
            BlockAddress {
                kind: "resource",
                mode: Some(modules::mode(resource.mode)),
                module: (!module.is_root()).then(|| module.to_string()),
                name: resource.name.to_string(),
                to_display,
                ty: Some(resource.ty.to_string()),
            }
        }
        _ => {
            let (module, name) = parts(address);
            BlockAddress { kind: word(kind), module, name, to_display, ..BlockAddress::default() }
        }
    }
}

fn word(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Resource => "resource",
        CheckKind::Output => "output_value",
        CheckKind::Check => "check",
        CheckKind::Variable => "var",
    }
}

/// The module and the name in `module.m.output.name`.
fn parts(address: &str) -> (Option<String>, String) {
    let mut words = address.rsplitn(3, '.');
    let name = words.next().unwrap_or_default().to_owned();
    (words.nth(1).map(str::to_owned), name)
}

fn object(kind: CheckKind, found: CheckObject) -> Object {
    let (instance_key, module) = match (kind, parse_instance(&found.address)) {
        (CheckKind::Resource, Ok(instance)) => {
            let module = &instance.resource.module;
            let key = if instance.key == Key::None { None } else { modules::index(&instance.key) };
            (key, (!module.is_root()).then(|| module.to_string()))
        }
        _ => (None, parts(&found.address).0),
    };
    let mut messages = found.messages;
    messages.sort();
    Object {
        address: ObjectAddress { instance_key, module, to_display: found.address },
        status: found.status,
        problems: messages.into_iter().map(|message| Problem { message }).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let block = |kind, address| serde_json::to_value(block(kind, address)).unwrap();
        let expect = serde_json::json!({
            "kind": "resource", "mode": "data", "module": "module.m", "name": "n", "type": "t", "to_display": "module.m.data.t.n",
        });
        assert_eq!(block(CheckKind::Resource, "module.m.data.t.n"), expect);
        let expect = serde_json::json!({
            "kind": "output_value", "module": "module.m[\"a.b\"].module.n", "name": "o", "to_display": "module.m[\"a.b\"].module.n.output.o",
        });
        assert_eq!(block(CheckKind::Output, "module.m[\"a.b\"].module.n.output.o"), expect);
        assert_eq!(parts("var.v"), (None, "v".into()));
    }
}
