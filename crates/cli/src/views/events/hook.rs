//! What happens to one object.

use serde::Serialize;
use terrane_address::{Instance, Key};
use terrane_value::{Kind, Marks, Value};

use crate::views::json::{Raw, index, raw};

/// The address of an instance and its parts.
#[derive(Clone, Debug, Serialize)]
pub struct Address {
    pub addr: String,
    module: String,
    resource: String,
    implied_provider: String,
    resource_type: String,
    resource_name: String,
    resource_key: Raw,
}

impl Address {
    /// The address of an instance.
    pub fn of(instance: &Instance) -> Address {
        let resource = &instance.resource.resource;
        let key = if instance.key == Key::None { String::new() } else { instance.key.to_string() };
        Address {
            addr: instance.to_string(),
            module: instance.resource.module.to_string(),
            resource: format!("{resource}{key}"),
            implied_provider: resource.implied_provider().to_owned(),
            resource_type: resource.ty.to_string(),
            resource_name: resource.name.to_string(),
            resource_key: index(&instance.key).unwrap_or_else(|| raw("null".into())),
        }
    }
}

/// Something that happens to an object; what does not apply is left out.
#[derive(Clone, Debug, Serialize)]
pub struct Hook {
    pub resource: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioner: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    #[serde(rename = "Msg", skip_serializing_if = "Option::is_none")]
    pub msg: Option<&'static str>,
}

impl Hook {
    /// About an instance.
    pub fn about(instance: &Instance) -> Hook {
        Hook {
            resource: Address::of(instance),
            action: None,
            id_key: None,
            id_value: None,
            elapsed_seconds: None,
            provisioner: None,
            output: None,
            msg: None,
        }
    }

    /// With what tells the object from others: its id, or else its name.
    pub fn known_as(mut self, object: Option<&Value>) -> Hook {
        let found =
            object.and_then(|object| ["id", "name"].into_iter().find_map(|key| Some((key, text(object, key)?))));
        (self.id_key, self.id_value) = found.unzip();
        self
    }

    /// ` [id=…]`, or nothing.
    pub fn id(&self) -> String {
        match (&self.id_key, &self.id_value) {
            (Some(key), Some(value)) => format!(" [{key}={value}]"),
            _ => String::new(),
        }
    }
}

fn text(object: &Value, key: &str) -> Option<String> {
    let value = object.get(key)?;
    let secret = value.marks().contains(Marks::SENSITIVE) || value.marks().contains(Marks::EPHEMERAL);
    match value.kind() {
        Kind::String(text) if !secret => Some(text.to_string()),
        _ => None,
    }
}
