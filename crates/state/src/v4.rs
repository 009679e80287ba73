//! Terraform's state file format, version 4, as OpenTofu 1.12 reads and writes it.
//!
//! Field order, indentation and escapes follow those programs, so that a state which passes through here changes only
//! where its content does.

mod paths;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::value::RawValue;
use terrane_address::{AbsResource, ConfigResource, Key, Mode, ProviderConfig, Resource, parse_module};
use terrane_value::Type;

use crate::{DeposedKey, InstanceState, OutputValue, ResourceState, Snapshot, StoredObject};

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormatError(pub String);

/// Reads a state file. Objects stay raw.
pub fn read(bytes: &[u8]) -> Result<Snapshot, FormatError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        FormatError(format!("The state file is not UTF-8 text: the byte at offset {} is wrong.", e.valid_up_to()))
    })?;
    check_version(text)?;
    let file: wire::File = serde_json::from_str(text).map_err(|e| broken(&e))?;
    let mut snapshot = Snapshot {
        terraform_version: file.terraform_version,
        serial: file.serial,
        lineage: file.lineage,
        check_results: file.check_results.map(|raw| raw.get().into()),
        ..Snapshot::default()
    };
    for (name, output) in file.outputs {
        snapshot.outputs.insert(name, read_output(output)?);
    }
    for resource in file.resources {
        read_resource(resource, &mut snapshot)?;
    }
    Ok(snapshot)
}

fn broken(error: &serde_json::Error) -> FormatError {
    FormatError(format!("The state file is damaged or not a state file: {error}."))
}

/// Says what a file of another version is before its content is looked at.
fn check_version(text: &str) -> Result<(), FormatError> {
    let head: wire::Head = serde_json::from_str(text).map_err(|e| broken(&e))?;
    match head.version {
        Some(4) => Ok(()),
        Some(3) => Err(FormatError(
            "The state file has format version 3. Run any command of Terraform 0.13 or later on it once, which writes \
             version 4, then try again."
                .into(),
        )),
        Some(v) => Err(FormatError(format!("The state file has format version {v}; this program reads version 4."))),
        None => Err(FormatError("The file has no \"version\" field, so it is not a state file.".into())),
    }
}

fn read_output(output: wire::Output) -> Result<OutputValue, FormatError> {
    let ty = terrane_value::json::type_from_json(output.ty.get())
        .map_err(|e| FormatError(format!("The state file has an output of a type that cannot be read: {e}.")))?;
    Ok(OutputValue { json: compact(output.value.get()), ty, sensitive: output.sensitive })
}

fn read_resource(resource: wire::Resource, snapshot: &mut Snapshot) -> Result<(), FormatError> {
    let address = read_address(&resource)?;
    let fail = |what: String| FormatError(format!("The state of {address} cannot be read: {what}"));
    let mut provider = resource.provider.as_deref().map(|text| read_provider(text, &fail)).transpose()?;
    let mut instances: BTreeMap<Key, InstanceState> = BTreeMap::new();
    for instance in resource.instances {
        let key = read_key(instance.index_key.as_ref()).map_err(&fail)?;
        let state = instances.entry(key.clone()).or_default();
        if let Some(text) = &instance.provider {
            let own = read_provider(text, &fail)?;
            let home = own.without_key();
            if provider.get_or_insert_with(|| home.clone()) != &home {
                return Err(fail(format!("{key} has the provider configuration {own}, others of it have another.")));
            }
            state.provider_key = own.key;
        }
        let deposed = instance.deposed.clone();
        let object = read_object(instance).map_err(|e| fail(format!("{e} (instance {address}{key})")))?;
        let twice = match deposed {
            Some(id) => state.deposed.insert(DeposedKey(id.into()), object).is_some(),
            None => state.current.replace(object).is_some(),
        };
        if twice {
            return Err(fail(format!("It holds the object of {address}{key} twice.")));
        }
    }
    let provider = provider.ok_or_else(|| fail("It names no provider configuration.".into()))?;
    if snapshot.resources.insert(address.clone(), ResourceState { provider, instances }).is_some() {
        return Err(FormatError(format!("The state file holds {address} twice.")));
    }
    Ok(())
}

fn read_provider(text: &str, fail: &dyn Fn(String) -> FormatError) -> Result<ProviderConfig, FormatError> {
    ProviderConfig::parse(text).map_err(|e| fail(e.to_string()))
}

fn read_address(resource: &wire::Resource) -> Result<AbsResource, FormatError> {
    let module = match &resource.module {
        Some(path) => parse_module(path)
            .map_err(|e| FormatError(format!("The state file has the module path {path:?}, which is not one: {e}")))?,
        None => Default::default(),
    };
    let mode = match resource.mode.as_str() {
        "managed" => Mode::Managed,
        "data" => Mode::Data,
        other => return Err(FormatError(format!("The state file has a resource of mode {other:?}."))),
    };
    let resource = Resource { mode, ty: resource.ty.as_str().into(), name: resource.name.as_str().into() };
    Ok(AbsResource { module, resource })
}

fn read_key(key: Option<&serde_json::Value>) -> Result<Key, String> {
    match key {
        None | Some(serde_json::Value::Null) => Ok(Key::None),
        Some(serde_json::Value::String(text)) => Ok(Key::String(text.as_str().into())),
        Some(other) => other.as_u64().map(Key::Int).ok_or_else(|| format!("The instance key {other} is not one.")),
    }
}

fn read_object(instance: wire::Instance) -> Result<StoredObject, String> {
    if instance.attributes_flat.is_some() {
        return Err("It was last written by Terraform 0.11; run Terraform 0.12 on it once.".into());
    }
    let private = match instance.private.as_deref() {
        Some(text) => BASE64.decode(text).map_err(|_| "Its private data is not base64.".to_string())?,
        None => Vec::new(),
    };
    let dependencies = instance.dependencies.iter().map(|d| read_dependency(d)).collect::<Result<_, _>>()?;
    Ok(StoredObject {
        schema_version: instance.schema_version,
        attributes: instance.attributes.map_or_else(|| "null".into(), |raw| compact(raw.get())),
        sensitive: paths::read(instance.sensitive_attributes.as_deref())?,
        private,
        tainted: instance.status.as_deref() == Some("tainted"),
        dependencies,
        create_before_destroy: instance.create_before_destroy,
        skip_destroy: instance.skip_destroy,
        identity: instance.identity.map(|raw| (instance.identity_schema_version.unwrap_or(0), compact(raw.get()))),
    })
}

fn read_dependency(text: &str) -> Result<ConfigResource, String> {
    let instance = terrane_address::parse_instance(text)
        .map_err(|e| format!("It depends on {text:?}, which is not an address: {e}"))?;
    Ok(instance.resource.config())
}

/// The same JSON without white space between its tokens.
fn compact(json: &str) -> Arc<str> {
    let mut out = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted || !c.is_ascii_whitespace() {
            out.push(c);
        }
        if escaped {
            escaped = false;
        } else {
            escaped = quoted && c == '\\';
            quoted ^= c == '"';
        }
    }
    out.into()
}

/// Writes a state file.
pub fn write(snapshot: &Snapshot) -> Result<Vec<u8>, FormatError> {
    let file = wire::File {
        version: 4,
        terraform_version: snapshot.terraform_version.clone(),
        serial: snapshot.serial,
        lineage: snapshot.lineage.clone(),
        outputs: snapshot.outputs.iter().map(|(n, o)| Ok((n.clone(), write_output(o)?))).collect::<Result<_, _>>()?,
        resources: write_resources(snapshot)?,
        check_results: match &snapshot.check_results {
            Some(json) => Some(raw(json)?),
            None => None,
        },
    };
    let compact = serde_json::to_string(&file).map_err(|e| FormatError(e.to_string()))?;
    Ok(indent(&compact).into_bytes())
}

/// The same JSON with two blanks of indentation and a final newline, as Go's encoder lays it out.
fn indent(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut rest = compact.chars().peekable();
    while let Some(c) = rest.next() {
        if quoted {
            push_escaped(&mut out, c);
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(close) = rest.next_if(|n| matches!(n, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => {
                quoted = c == '"';
                out.push(c);
            }
        }
    }
    out.push('\n');
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

/// Go's encoder escapes what is dangerous in HTML and JavaScript.
fn push_escaped(out: &mut String, c: char) {
    match c {
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push(c),
    }
}

fn raw(json: &str) -> Result<Box<RawValue>, FormatError> {
    RawValue::from_string(json.to_owned()).map_err(|e| FormatError(format!("A stored object is not JSON: {e}.")))
}

fn write_output(output: &OutputValue) -> Result<wire::Output, FormatError> {
    let ty: &Type = &output.ty;
    Ok(wire::Output {
        value: raw(&output.json)?,
        ty: raw(&terrane_value::json::type_to_json(ty))?,
        sensitive: output.sensitive,
    })
}

fn write_resources(snapshot: &Snapshot) -> Result<Vec<wire::Resource>, FormatError> {
    let mut resources = Vec::with_capacity(snapshot.resources.len());
    for (address, state) in &snapshot.resources {
        let mut instances = Vec::with_capacity(state.instances.len());
        // As OpenTofu has it: with keys, the configuration stands at the instances, else at the resource.
        let keyed = state.instances.values().any(|instance| instance.provider_key != Key::None);
        for (key, instance) in &state.instances {
            let provider = keyed.then(|| state.provider.with_key(instance.provider_key.clone()).to_string());
            if let Some(object) = &instance.current {
                instances.push(write_object(key, None, object, provider.clone())?);
            }
            for (deposed, object) in &instance.deposed {
                instances.push(write_object(key, Some(deposed), object, provider.clone())?);
            }
        }
        let module = Some(address.module.to_string()).filter(|m| !m.is_empty());
        resources.push(wire::Resource {
            module,
            mode: if address.resource.mode == Mode::Managed { "managed".into() } else { "data".into() },
            ty: address.resource.ty.to_string(),
            name: address.resource.name.to_string(),
            provider: (!keyed).then(|| state.provider.to_string()),
            instances,
        });
    }
    resources.sort_by(|a, b| (&a.module, &a.mode, &a.ty, &a.name).cmp(&(&b.module, &b.mode, &b.ty, &b.name)));
    Ok(resources)
}

fn write_object(
    key: &Key,
    deposed: Option<&DeposedKey>,
    object: &StoredObject,
    provider: Option<String>,
) -> Result<wire::Instance, FormatError> {
    let index_key = match key {
        Key::None => None,
        Key::Int(i) => Some(serde_json::Value::from(*i)),
        Key::String(s) => Some(serde_json::Value::from(&**s)),
    };
    let (identity_schema_version, identity) = match &object.identity {
        Some((version, json)) => (Some(*version), Some(raw(json)?)),
        None => (None, None),
    };
    Ok(wire::Instance {
        provider,
        index_key,
        status: object.tainted.then(|| "tainted".into()),
        deposed: deposed.map(|d| d.to_string()),
        schema_version: object.schema_version,
        attributes: Some(raw(&object.attributes)?),
        attributes_flat: None,
        identity_schema_version,
        identity,
        sensitive_attributes: Some(raw(&paths::write(&object.sensitive))?),
        private: Some(BASE64.encode(&object.private)).filter(|p| !p.is_empty()),
        dependencies: object.dependencies.iter().map(ToString::to_string).collect(),
        create_before_destroy: object.create_before_destroy,
        skip_destroy: object.skip_destroy,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const STATE: &str = r#"{
  "version": 4,
  "terraform_version": "1.12.6",
  "serial": 7,
  "lineage": "5a1c0d2e-0000-4000-8000-000000000000",
  "outputs": {
    "ids": {
      "value": [
        "a\u003cb",
        "c"
      ],
      "type": [
        "list",
        "string"
      ],
      "sensitive": true
    }
  },
  "resources": [
    {
      "mode": "data",
      "type": "aws_region",
      "name": "here",
      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
      "instances": [
        {
          "schema_version": 0,
          "attributes": {
            "name": "eu-west-1"
          },
          "sensitive_attributes": []
        }
      ]
    },
    {
      "module": "module.net[0]",
      "mode": "managed",
      "type": "aws_subnet",
      "name": "a",
      "instances": [
        {
          "index_key": "x.y",
          "status": "tainted",
          "provider": "module.net.provider[\"registry.terraform.io/hashicorp/aws\"].west[\"x\"]",
          "schema_version": 1,
          "attributes": {
            "id": "subnet-1",
            "list": [],
            "map": {},
            "number": 12345678901234567890.5,
            "tags": {
              "k": "a \\\" : , { b"
            }
          },
          "sensitive_attributes": [
            [
              {
                "type": "get_attr",
                "value": "tags"
              },
              {
                "type": "index",
                "value": {
                  "value": "k",
                  "type": "string"
                }
              }
            ]
          ],
          "private": "eyJhIjoxfQ==",
          "dependencies": [
            "module.net.aws_vpc.main"
          ],
          "create_before_destroy": true,
          "skip_destroy": true
        },
        {
          "index_key": "x.y",
          "deposed": "0a1b2c3d",
          "provider": "module.net.provider[\"registry.terraform.io/hashicorp/aws\"].west[\"x\"]",
          "schema_version": 1,
          "attributes": {
            "id": "subnet-0"
          },
          "sensitive_attributes": []
        }
      ]
    }
  ],
  "check_results": null
}
"#;

    #[test]
    fn what_is_read_is_written_to_the_byte() {
        let snapshot = read(STATE.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(write(&snapshot).unwrap()).unwrap(), STATE);
    }

    #[test]
    fn bad_files_are_told_apart() {
        for (text, part) in [
            ("{}", "no \"version\" field"),
            ("{\"version\": 3}", "version 3"),
            ("{\"version\": 9}", "format version 9"),
            ("{\"version\": 4, \"resources\": [{\"mode\": \"x\"", "damaged"),
            ("not json", "damaged"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.0.contains(part), "{text}: {error}");
        }
        assert!(read(&[0xff]).unwrap_err().0.contains("offset 0"));
    }

    #[test]
    fn an_object_that_is_there_twice_is_an_error() {
        let twice = STATE.replace("\"deposed\": \"0a1b2c3d\",\n", "");
        assert!(read(twice.as_bytes()).unwrap_err().0.contains("twice"));
    }
}
