//! Building objects by attribute.

use std::collections::BTreeMap;

use terrane_value::{Fields, Value};

/// Builds the object that a create, read or update returns.
///
/// It starts from what is known of the object and sets what the service answered; attributes that nobody set end as
/// null. [`Reply::object`] must be given the type's schema to complete and check it, which the provider does for all
/// types in one place.
#[derive(Clone, Debug)]
pub struct Reply {
    fields: Fields,
}

impl Reply {
    /// Starts from an object: attributes that are not set stay as they are there. Unknown parts count as unset.
    pub fn from(start: &Value) -> Reply {
        let pairs = start.fields().into_iter().flat_map(|f| f.iter());
        let known = pairs.filter(|(_, v)| v.is_wholly_known()).map(|(n, v)| (n.clone(), v.clone()));
        Reply { fields: known.collect() }
    }

    /// Starts from nothing.
    pub fn new() -> Reply {
        Reply { fields: Fields::from_iter(Vec::<(String, Value)>::new()) }
    }

    /// Sets an attribute to a value.
    pub fn value(&mut self, name: &str, value: Value) -> &mut Reply {
        self.fields = self.fields.with(name, value);
        self
    }

    /// Sets a string attribute; `None` makes it null.
    pub fn str(&mut self, name: &str, value: Option<impl AsRef<str>>) -> &mut Reply {
        let value = value.map_or(Value::null(terrane_value::Type::String), |v| Value::string(v.as_ref()));
        self.value(name, value)
    }

    /// Sets a boolean attribute; `None` makes it null.
    pub fn bool(&mut self, name: &str, value: Option<bool>) -> &mut Reply {
        self.value(name, value.map_or(Value::null(terrane_value::Type::Bool), Value::from))
    }

    /// Sets a whole-number attribute; `None` makes it null.
    pub fn i64(&mut self, name: &str, value: Option<impl Into<i64>>) -> &mut Reply {
        self.value(name, value.map_or(Value::null(terrane_value::Type::Number), |v| Value::from(v.into())))
    }

    /// Sets a list of strings.
    pub fn list<S: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = S>) -> &mut Reply {
        let values = values.into_iter().map(|v| Value::string(v.as_ref()));
        self.value(name, Value::list(terrane_value::Type::String, values))
    }

    /// Sets a set of strings.
    pub fn set<S: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = S>) -> &mut Reply {
        let values = values.into_iter().map(|v| Value::string(v.as_ref()));
        self.value(name, Value::set(terrane_value::Type::String, values))
    }

    /// Sets a map of strings; an empty one becomes null where the object had null.
    pub fn map(&mut self, name: &str, values: &BTreeMap<String, String>) -> &mut Reply {
        let pairs = values.iter().map(|(k, v)| (k.as_str(), Value::string(v.as_str())));
        self.value(name, Value::map(terrane_value::Type::String, pairs))
    }

    /// Sets nested blocks, each built as a reply of its own; the provider makes them a list, set or object.
    pub fn blocks(&mut self, name: &str, blocks: impl IntoIterator<Item = Reply>) -> &mut Reply {
        let values: Vec<Value> = blocks.into_iter().map(Reply::object).collect();
        self.value(name, Value::tuple(values))
    }

    /// The object as built so far; the provider completes it by schema.
    pub fn object(self) -> Value {
        Value::from_kind(terrane_value::Kind::Object(self.fields))
    }
}

impl Default for Reply {
    fn default() -> Reply {
        Reply::new()
    }
}
