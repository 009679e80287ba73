//! Terraform's state file format, version 4, as OpenTofu 1.12 reads and writes it.
//!
//! Field order, indentation and escapes follow those programs, so that a state which passes through here changes only
//! where its content does.

mod attributes;
mod names;
mod paths;
mod unknown;
mod wire;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use terrane_address::{AbsResource, Key, Mode, ProviderConfig, Resource, parse_module};
use terrane_value::json::why;

use self::attributes::{Attributes, compact};
use self::names::Names;
pub use self::unknown::Unknown;
pub(crate) use self::write::write_compact_to;
pub use self::write::write_to;
use crate::{DeposedKey, InstanceState, Json, OutputValue, ResourceState, Snapshot, StoredObject};

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormatError(pub String);

/// Reads a state file. Objects stay raw.
pub fn read(bytes: &[u8]) -> Result<Snapshot, FormatError> {
    read_whole(bytes.to_vec())
}

/// Reads a state file that nobody else needs: its text is kept where objects are large, rather than copied.
pub fn read_whole(bytes: Vec<u8>) -> Result<Snapshot, FormatError> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let offset = e.utf8_error().valid_up_to();
        FormatError(format!("The state file is not UTF-8 text: the byte at offset {offset} is wrong."))
    })?;
    let text = Arc::new(text);
    let file: wire::File<'_> = match serde_json::from_str(&text) {
        Ok(file) => file,
        Err(error) => return Err(check_version(&text).err().unwrap_or_else(|| broken(&error))),
    };
    if file.version.is_none() {
        check_version(&text)?;
    }
    known_version(file.version)?;
    let unknown = unknown::read(&file);
    let mut snapshot = Snapshot {
        unknown,
        terraform_version: file.terraform_version,
        serial: file.serial,
        lineage: file.lineage,
        check_results: file.check_results.map(|raw| compact(raw.get()).into()),
        ..Snapshot::default()
    };
    for (name, output) in file.outputs {
        snapshot.outputs.insert(name, read_output(output)?);
    }
    let mut names = Names::of(&file.resources);
    let mut attributes = Attributes::of(&file.resources, &text);
    for resource in &file.resources {
        read_resource(resource, &mut names, &mut attributes, &mut snapshot)?;
    }
    Ok(snapshot)
}

fn broken(error: &serde_json::Error) -> FormatError {
    FormatError(format!("The state file is damaged or not a state file: {}.", why(error)))
}

/// The lineage and the serial of a state file, without reading the rest of it; `None` if it is none.
pub fn head(bytes: &[u8]) -> Option<(String, u64)> {
    let head: wire::Head = serde_json::from_slice(bytes).ok()?;
    (!head.lineage.is_empty()).then_some((head.lineage, head.serial))
}

/// Says what a file of another version is, whatever else is wrong with it.
fn check_version(text: &str) -> Result<(), FormatError> {
    let head: wire::Head = serde_json::from_str(text).map_err(|e| broken(&e))?;
    if !head.encryption_version.is_empty() {
        return Err(FormatError(
            "The state is encrypted, and nothing says how it is decrypted. Add the encryption block it was written with, \
             or set TF_ENCRYPTION."
                .into(),
        ));
    }
    known_version(head.version)
}

fn known_version(version: Option<u64>) -> Result<(), FormatError> {
    match version {
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

fn read_output(output: wire::Output<'_>) -> Result<OutputValue, FormatError> {
    let Some(ty) = output.ty else {
        return Err(FormatError("The state file has an output without a type.".into()));
    };
    let ty = terrane_value::json::type_from_json(ty.get())
        .map_err(|e| FormatError(format!("The state file has an output of a type that cannot be read: {e}.")))?;
    // An output that is not known yet has the value null.
    let json = output.value.map_or("null".into(), |value| compact(value.get()).into());
    Ok(OutputValue { json, ty, sensitive: output.sensitive })
}

fn read_resource(
    resource: &wire::Resource<'_>,
    names: &mut Names<'_>,
    attributes: &mut Attributes,
    snapshot: &mut Snapshot,
) -> Result<(), FormatError> {
    let address = read_address(resource)?;
    let fail = |what: String| FormatError(format!("The state of {address} cannot be read: {what}"));
    let mut provider = resource.provider.as_deref().map(|text| read_provider(text, &fail)).transpose()?;
    let mut instances: BTreeMap<Key, InstanceState> = BTreeMap::new();
    for instance in &resource.instances {
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
        let json = attributes.next();
        let object = read_object(instance, names, json).map_err(|e| fail(format!("{e} (instance {address}{key})")))?;
        let twice = match &instance.deposed {
            Some(id) => state.deposed.insert(DeposedKey((**id).into()), object).is_some(),
            None => state.current.replace(object).is_some(),
        };
        if twice {
            return Err(fail(format!("It holds the object of {address}{key} twice.")));
        }
    }
    let provider = provider.ok_or_else(|| fail("It names no provider configuration.".into()))?;
    let state = ResourceState { provider, instances: instances.into() };
    if snapshot.resources.insert(address.clone(), state).is_some() {
        return Err(FormatError(format!("The state file holds {address} twice.")));
    }
    Ok(())
}

fn read_provider(text: &str, fail: &dyn Fn(String) -> FormatError) -> Result<ProviderConfig, FormatError> {
    ProviderConfig::parse(text).map_err(|e| fail(e.to_string()))
}

fn read_address(resource: &wire::Resource<'_>) -> Result<AbsResource, FormatError> {
    let module = match &resource.module {
        Some(path) => parse_module(path)
            .map_err(|e| FormatError(format!("The state file has the module path {path:?}, which is not one: {e}")))?,
        None => Default::default(),
    };
    let mode = match &*resource.mode {
        "managed" => Mode::Managed,
        "data" => Mode::Data,
        other => return Err(FormatError(format!("The state file has a resource of mode {other:?}."))),
    };
    if resource.ty.is_empty() || resource.name.is_empty() {
        return Err(FormatError("The state file has a resource without type or name.".into()));
    }
    let resource = Resource { mode, ty: (*resource.ty).into(), name: (*resource.name).into() };
    Ok(AbsResource::new(module, resource))
}

fn read_key(key: Option<&serde_json::Value>) -> Result<Key, String> {
    match key {
        None | Some(serde_json::Value::Null) => Ok(Key::None),
        Some(serde_json::Value::String(text)) => Ok(Key::String(text.as_str().into())),
        Some(other) => other.as_u64().map(Key::Int).ok_or_else(|| format!("The instance key {other} is not one.")),
    }
}

fn read_object(instance: &wire::Instance<'_>, names: &mut Names<'_>, attributes: Json) -> Result<StoredObject, String> {
    if instance.attributes_flat.is_some() {
        return Err("It was last written by Terraform 0.11; run Terraform 0.12 on it once.".into());
    }
    let private = match instance.private.as_deref() {
        Some(text) => BASE64.decode(text).map_err(|_| "Its private data is not base64.".to_string())?,
        None => Vec::new(),
    };
    let dependencies = names.list(&instance.dependencies)?;
    Ok(StoredObject {
        schema_version: instance.schema_version,
        attributes,
        sensitive: paths::read(instance.sensitive_attributes)?,
        private,
        tainted: instance.status.as_deref() == Some("tainted"),
        dependencies,
        create_before_destroy: instance.create_before_destroy,
        skip_destroy: instance.skip_destroy,
        prevent_destroy: instance.prevent_destroy,
        identity: instance
            .identity
            .map(|raw| (instance.identity_schema_version.unwrap_or(0), compact(raw.get()).into())),
    })
}

/// Writes a state file.
pub fn write(snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = write_to(snapshot, &mut bytes);
    bytes
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
          "skip_destroy": true,
          "prevent_destroy": true
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
        assert_eq!(String::from_utf8(write(&snapshot)).unwrap(), STATE);
    }

    #[test]
    fn fields_that_are_not_known_stay_where_they_are() {
        let fields = "\"moon\": {\n<    \"full\": [\n<      true\n<    ]\n<  }";
        let put = |text: &str, after: &str| {
            let line = text.lines().find(|line| line.contains(after)).unwrap();
            let indent = &line[..line.len() - line.trim_start().len()];
            let fields = fields.replace("<  ", indent);
            text.replacen(line, &format!("{line},\n{indent}{fields}"), 1)
        };
        let mut text = STATE.to_owned();
        for after in ["\"check_results\": null", "\"sensitive\": true", "\"prevent_destroy\": true"] {
            text = put(&text, after);
        }
        assert_eq!(String::from_utf8(write(&read(text.as_bytes()).unwrap())).unwrap(), text);
        let each = STATE.replacen(
            "      ]\n    },\n    {\n      \"module\"",
            "      ],\n      \"each\": \"list\"\n    },\n    {\n      \"module\"",
            1,
        );
        assert!(each != STATE);
        assert_eq!(String::from_utf8(write(&read(each.as_bytes()).unwrap())).unwrap(), each);
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
