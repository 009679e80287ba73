//! What a provider adds to the general rules of planning and validation.

use terrane_value::Value;

use super::schema::TypeSchema;

/// The rules of one provider. The defaults add nothing.
pub trait Rules: Sync {
    /// Whether two texts mean the same by a named rule of the provider.
    fn same(&self, rule: &str, a: &str, b: &str) -> bool {
        let _ = rule;
        a == b
    }

    /// Whether a text has a named form of the provider; if not, what is wrong with it: `is no ARN`.
    fn form(&self, name: &str, text: &str) -> Result<(), String> {
        let _ = (name, text);
        Ok(())
    }

    /// Sets what the provider decides for all its types alike, in an object planned from its schema.
    fn fill(&self, schema: &TypeSchema, prior: Option<&Value>, config: &Value, planned: Value) -> Value {
        let _ = (schema, prior, config);
        planned
    }
}

/// A provider without rules of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Rules for Plain {}
