//! What names objects apart from their ids.

use std::sync::Arc;

use terrane_provider::{ImportBy, Provider};
use terrane_state::StoredObject;
use terrane_value::{Path, Type, Value, convert, json};

use crate::protocol::Breach;

/// The shape of the identities of one resource type.
#[derive(Debug)]
pub(crate) struct Naming {
    version: u64,
    ty: Type,
    /// Whether an object may come to be named otherwise.
    may_change: bool,
}

impl Naming {
    /// The shape of the identities of a type; `None` if it has none.
    pub fn of(provider: &dyn Provider, ty: &str) -> Option<Naming> {
        let schema = provider.identity_schema(ty)?;
        let may_change = provider.identity_may_change(ty);
        Some(Naming { version: schema.version, ty: schema.block.implied_type(), may_change })
    }

    /// The identity of a stored object; `None` if it has none, or one of another version.
    pub fn decode(&self, stored: &StoredObject) -> Option<Value> {
        let (version, text) = stored.identity.as_ref()?;
        (*version == self.version).then(|| json::from_json(text, &self.ty).ok()).flatten()
    }

    /// An identity as the state keeps it; `None` if it has another shape.
    pub fn encode(&self, identity: &Value) -> Option<(u64, Arc<str>)> {
        Some((self.version, json::to_json(identity, &self.ty).ok()?.into()))
    }

    /// The identity that an answer says, or the one from before if it says none, and what is wrong with it.
    pub fn answered(&self, before: Option<&Value>, said: Option<Value>) -> (Option<Value>, Option<Breach>) {
        let Some(said) = said.filter(|said| !said.is_null()) else { return (before.cloned(), None) };
        let said = match convert(&said, &self.ty) {
            Ok(said) if said.is_wholly_known() => said,
            Ok(_) => return (before.cloned(), Some(breach("Parts of its identity are unknown.".into()))),
            Err(e) => return (before.cloned(), Some(breach(format!("Its identity is wrong: {e}.")))),
        };
        match before.filter(|before| !self.may_change && differs(before, &said)) {
            Some(before) => (Some(before.clone()), Some(breach(changed(before, &said)))),
            None => (Some(said), None),
        }
    }
}

/// Whether two identities contradict each other. What one of them leaves out is no contradiction.
fn differs(before: &Value, now: &Value) -> bool {
    let parts = before.fields().into_iter().flat_map(|fields| fields.iter());
    parts.filter(|(_, value)| !value.is_null()).any(|(name, value)| {
        let now = now.get(name).filter(|now| !now.is_null());
        now.is_some_and(|now| now != value)
    })
}

fn changed(before: &Value, now: &Value) -> String {
    let written = |value: &Value| ImportBy::Identity(value.clone()).to_string();
    format!("It had the {}, but now has the {}. What names an object stays.", written(before), written(now))
}

fn breach(message: String) -> Breach {
    Breach { path: Path::root(), message }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn naming(may_change: bool) -> Naming {
        Naming { version: 1, ty: Type::object([("account", Type::String), ("name", Type::String)]), may_change }
    }

    fn named(account: Option<&str>, name: &str) -> Value {
        let account = account.map_or(Value::null(Type::String), Value::from);
        Value::object([("account", account), ("name", name.into())])
    }

    #[test]
    fn what_names_an_object_stays() {
        let (fixed, before) = (naming(false), named(Some("1"), "a"));
        assert_eq!(fixed.answered(Some(&before), None), (Some(before.clone()), None));
        assert_eq!(fixed.answered(None, Some(before.clone())), (Some(before.clone()), None));
        let (kept, breach) = fixed.answered(Some(&before), Some(named(Some("1"), "b")));
        assert_eq!(kept, Some(before.clone()));
        let message = breach.unwrap().message;
        assert!(message.contains(r#"had the identity { account = "1", name = "a" }"#), "{message}");
        assert!(message.contains(r#"now has the identity { account = "1", name = "b" }"#), "{message}");
        let (kept, breach) = naming(true).answered(Some(&before), Some(named(Some("1"), "b")));
        assert_eq!((kept, breach), (Some(named(Some("1"), "b")), None), "if its type says that it may change");
    }

    #[test]
    fn an_identity_may_say_more_or_less_than_before() {
        let (fixed, less, more) = (naming(false), named(None, "a"), named(Some("1"), "a"));
        assert_eq!(fixed.answered(Some(&less), Some(more.clone())), (Some(more.clone()), None));
        assert_eq!(fixed.answered(Some(&more), Some(less.clone())), (Some(less), None));
    }

    #[test]
    fn identities_have_the_form_of_their_schema_and_are_known() {
        for wrong in [Value::from("a"), named(None, "a").get("name").unwrap().clone()] {
            assert!(naming(false).answered(None, Some(wrong)).1.is_some());
        }
        let unknown = Value::object([("account", Value::unknown(Type::String)), ("name", "a".into())]);
        assert_eq!(
            naming(false).answered(None, Some(unknown)).1.unwrap().message,
            "Parts of its identity are unknown."
        );
    }

    #[test]
    fn identities_of_another_version_are_not_read() {
        let stored = |version| StoredObject {
            identity: Some((version, r#"{"account":"1","name":"a"}"#.into())),
            ..StoredObject::default()
        };
        assert_eq!(naming(false).decode(&stored(1)), Some(named(Some("1"), "a")));
        assert_eq!(naming(false).decode(&stored(0)), None);
        let (version, text) = naming(false).encode(&named(Some("1"), "a")).unwrap();
        assert_eq!((version, &*text), (1, r#"{"account":"1","name":"a"}"#));
    }
}
