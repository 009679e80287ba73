//! Texts that are secret wherever they stand, also where nobody said so.
//!
//! A provider hands secrets on without saying it: `terraform_data` gives its `input` back as `output`. What equals a secret
//! or holds one is therefore hidden with it. A short secret hides its equals only within the object that has it: elsewhere
//! `prod` or `8080` may well stand by chance.

use std::collections::BTreeSet;

use terrane_lang::Schemas;
use terrane_plan::Plan;
use terrane_state::{Snapshot, StoredObject};
use terrane_value::json::from_json;
use terrane_value::{Kind, Marks, Value};

use super::json::marked;

/// The least length of a secret that is looked for outside its object, and within other texts.
const LONG: usize = 8;

/// Texts that are known to be secret.
#[derive(Clone, Debug, Default)]
pub struct SecretTexts {
    texts: BTreeSet<String>,
}

impl SecretTexts {
    /// The secrets of some values.
    fn of<'v>(values: impl IntoIterator<Item = &'v Value>) -> SecretTexts {
        let mut secrets = SecretTexts::default();
        values.into_iter().for_each(|value| secrets.note(value));
        secrets
    }

    /// Those that are looked for in all objects and outputs of a plan.
    pub fn of_plan(plan: &Plan, schemas: &dyn Schemas) -> SecretTexts {
        let mut secrets = SecretTexts::default();
        for step in &plan.steps {
            let resource = &step.instance.resource.resource;
            let values = step.change.before().into_iter().chain(step.change.after());
            match schemas.resource(&step.provider.provider, resource.mode, &resource.ty) {
                Some(schema) => values.for_each(|value| secrets.note(&marked(value, &schema.block))),
                None => values.for_each(|value| secrets.note(value)),
            }
        }
        for output in plan.outputs.values().filter(|output| output.is_secret()) {
            output.before.iter().chain(&output.after).for_each(|value| secrets.note_all(value));
        }
        secrets.long()
    }

    /// Those that are looked for in all objects and outputs of a state. What cannot be read tells none.
    pub fn of_state(snapshot: &Snapshot, schemas: &dyn Schemas) -> SecretTexts {
        let mut secrets = SecretTexts::default();
        for (instance, provider, state) in snapshot.instances() {
            let resource = &instance.resource.resource;
            let Some(schema) = schemas.resource(&provider.provider, resource.mode, &resource.ty) else { continue };
            let tells = |object: &&StoredObject| schema.block.has_sensitive() || !object.sensitive.is_empty();
            for object in state.current.iter().chain(state.deposed.values()).filter(tells) {
                if let Ok(value) = object.decode(&schema.block.implied_type()) {
                    secrets.note(&marked(&value, &schema.block));
                }
            }
        }
        for output in snapshot.outputs.values().filter(|output| output.sensitive) {
            if let Ok(value) = from_json(&output.json, &output.ty) {
                secrets.note_all(&value);
            }
        }
        secrets.long()
    }

    /// Adds those of others.
    pub fn extend(&mut self, others: SecretTexts) {
        self.texts.extend(others.texts);
    }

    /// Adds one text.
    pub fn add(&mut self, text: &str) {
        if !text.is_empty() {
            self.texts.insert(text.to_owned());
        }
    }

    /// Adds what is sensitive of a value.
    fn note(&mut self, value: &Value) {
        match value.marks().contains(Marks::SENSITIVE) {
            true => self.note_all(value),
            false => value.children().for_each(|part| self.note(part)),
        }
    }

    /// Keeps only those that are looked for outside their object.
    fn long(mut self) -> SecretTexts {
        self.texts.retain(|text| text.len() >= LONG);
        self
    }

    /// Whether one of them is in a value.
    pub fn are_told_by(&self, value: &Value) -> bool {
        match value.kind() {
            Kind::String(text) => self.are_in(text),
            Kind::Number(number) => self.are_in(&number.to_string()),
            _ => value.children().any(|part| self.are_told_by(part)),
        }
    }

    /// Whether a text equals one of them, or holds a long one.
    pub fn are_in(&self, text: &str) -> bool {
        self.texts.contains(text) || self.texts.iter().any(|secret| secret.len() >= LONG && text.contains(&**secret))
    }

    /// An object in which what tells its own secrets or these is sensitive.
    pub fn hide(&self, object: Value) -> Value {
        let own = SecretTexts::of([&object]);
        if self.texts.is_empty() && own.texts.is_empty() {
            return object;
        }
        let is_leaf = |value: &Value| matches!(value.kind(), Kind::String(_) | Kind::Number(_));
        object.transform(&mut |_, value| {
            let told = is_leaf(&value) && (self.are_told_by(&value) || own.are_told_by(&value));
            if told { value.mark(Marks::SENSITIVE) } else { value }
        })
    }

    /// A value that is sensitive as a whole if one of these is in it: whose parts they came from is not known.
    pub fn hide_whole(&self, value: Value) -> Value {
        if self.are_told_by(&value) { value.mark(Marks::SENSITIVE) } else { value }
    }

    fn note_all(&mut self, value: &Value) {
        match value.kind() {
            Kind::String(text) => self.add(text),
            Kind::Number(number) => self.add(&number.to_string()),
            _ => value.children().for_each(|part| self.note_all(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Value {
        Value::string(text).mark(Marks::SENSITIVE)
    }

    fn is_hidden(object: &Value, name: &str) -> bool {
        object.get(name).is_some_and(|value| value.marks().contains(Marks::SENSITIVE))
    }

    #[test]
    fn what_equals_or_holds_a_secret_of_its_object_is_hidden() {
        let object = Value::object([
            ("input", Value::tuple([secret("12"), secret("hush-hush")])),
            ("port", Value::string("12")),
            ("url", Value::string("https://u:hush-hush@h")),
            ("date", Value::string("12.3.")),
        ]);
        let hidden = SecretTexts::default().hide(object);
        assert!(is_hidden(&hidden, "port") && is_hidden(&hidden, "url") && !is_hidden(&hidden, "date"));
    }

    #[test]
    fn only_long_secrets_of_others_are_looked_for() {
        let secrets = SecretTexts::of([&Value::tuple([secret("prod"), secret("hush-hush")])]).long();
        let object = Value::object([("env", Value::string("prod")), ("key", Value::string("hush-hush"))]);
        let hidden = secrets.hide(object);
        assert!(is_hidden(&hidden, "key") && !is_hidden(&hidden, "env"));
    }
}
