//! Reading objects by attribute.

use std::collections::BTreeMap;

use terrane_value::Value;

/// Reads the attributes of an object, or of a nested block, as Rust values.
///
/// What is null, unknown, absent or of another type reads as `None` or empty.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a>(pub &'a Value);

impl<'a> Args<'a> {
    /// The value of an attribute that is known and not null.
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|v| v.is_known() && !v.is_null())
    }

    /// A string attribute.
    pub fn str(self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A string attribute that is not empty.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.str(name).filter(|s| !s.is_empty())
    }

    /// A string attribute as an owned text, as AWS request builders take them.
    pub fn string(self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// A boolean attribute.
    pub fn bool(self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    /// A whole-number attribute.
    pub fn i64(self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    /// A whole-number attribute that fits in 32 bits.
    pub fn i32(self, name: &str) -> Option<i32> {
        self.i64(name).and_then(|i| i32::try_from(i).ok())
    }

    /// The strings of a list or set attribute.
    pub fn strings(self, name: &str) -> Vec<String> {
        let elements = self.get(name).and_then(Value::elements).unwrap_or_default();
        elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The strings of a map attribute.
    pub fn map(self, name: &str) -> BTreeMap<String, String> {
        let fields = self.get(name).and_then(Value::fields);
        let pairs = fields.into_iter().flat_map(|f| f.iter());
        pairs.filter_map(|(k, v)| Some((k.to_string(), v.as_str()?.to_owned()))).collect()
    }

    /// The occurrences of a nested block with list, set or single nesting.
    pub fn blocks(self, name: &str) -> Vec<Args<'a>> {
        match self.get(name) {
            Some(value) if value.fields().is_some() => vec![Args(value)],
            Some(value) => value.elements().unwrap_or_default().iter().map(Args).collect(),
            None => Vec::new(),
        }
    }

    /// The first occurrence of a nested block.
    pub fn block(self, name: &str) -> Option<Args<'a>> {
        self.blocks(name).into_iter().next()
    }

    /// Whether an attribute differs from that of another object. An absent attribute equals a null one.
    pub fn differs(self, other: &Value, name: &str) -> bool {
        let present = |v: &'a Value| v.get(name).filter(|v| !v.is_null()).cloned();
        let there = other.get(name).filter(|v| !v.is_null()).cloned();
        present(self.0) != there
    }
}
