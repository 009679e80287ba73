//! Correcting a plan where the schema cannot say what AWS does.

use terrane_provider::{PlanResponse, Problem};
use terrane_value::{Path, Type, Value};

use crate::settle::alike;

/// A plan made from the schema, on its way to what AWS will do.
pub(crate) struct Draft<'a> {
    /// The object as it is; `None` for a create.
    pub prior: Option<&'a Value>,
    /// What is written.
    pub config: &'a Value,
    response: PlanResponse,
    kept: bool,
}

impl<'a> Draft<'a> {
    /// Starts from the plan of the schema.
    pub fn new(prior: Option<&'a Value>, config: &'a Value, response: PlanResponse) -> Draft<'a> {
        Draft { prior, config, response, kept: false }
    }

    /// The corrected plan. If what was kept was all that seemed to change, nothing changes.
    pub fn done(mut self) -> PlanResponse {
        if let (true, Some(prior)) = (self.kept, self.prior)
            && self.response.planned.as_ref().is_some_and(|planned| alike(prior, planned))
        {
            self.response.planned = Some(prior.clone());
            self.response.requires_replace.clear();
        }
        self.response
    }

    /// The planned value of an attribute.
    pub fn planned(&self, name: &str) -> Option<&Value> {
        self.response.planned.as_ref().and_then(|p| p.get(name))
    }

    /// The planned value of an attribute, if it is a known text that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.planned(name).and_then(Value::as_str).filter(|s| !s.is_empty())
    }

    /// Whether an object exists and one of these attributes of it is to change, or may be.
    pub fn changes(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.change(name))
    }

    fn change(&self, name: &str) -> bool {
        let null = Value::null(Type::Any);
        let Some(prior) = self.prior else { return false };
        let prior = prior.get(name).unwrap_or(&null);
        self.planned(name).is_some_and(|planned| !alike(prior, planned))
    }

    /// Whether an attribute or block is written, be it unknown.
    pub fn written(&self, name: &str) -> bool {
        let value = self.config.get(name).filter(|v| !v.is_null());
        value.is_some_and(|v| v.elements().is_none_or(|e| !e.is_empty()))
    }

    /// Plans a value.
    pub fn set(&mut self, name: &str, value: Value) {
        let Some(planned) = self.response.planned.take() else { return };
        self.response.planned = Some(match planned.fields() {
            Some(fields) => Value::from_kind(terrane_value::Kind::Object(fields.with(name, value))),
            None => planned,
        });
    }

    /// Plans that only the change will tell these attributes, where they are not written.
    pub fn unknown(&mut self, names: &[&str]) {
        for name in names {
            if let Some(ty) = self.planned(name).map(Value::ty).filter(|_| !self.written(name)) {
                self.set(name, Value::unknown(ty));
            }
        }
    }

    /// Plans that an attribute stays as it is.
    pub fn keep(&mut self, name: &str) {
        if let Some(value) = self.prior.and_then(|p| p.get(name)).cloned() {
            self.kept |= self.planned(name) != Some(&value);
            self.set(name, value);
        }
        self.in_place(name);
    }

    /// Plans a replacement because of an attribute.
    pub fn replace(&mut self, name: &str) {
        let path = Path::root().attr(name);
        if self.prior.is_some() && !self.response.requires_replace.contains(&path) {
            self.response.requires_replace.push(path);
        }
    }

    /// Plans that an attribute is no reason to replace.
    pub fn in_place(&mut self, name: &str) {
        let path = Path::root().attr(name);
        self.response.requires_replace.retain(|p| !p.starts_with(&path));
    }

    /// Refuses the plan.
    pub fn error(&mut self, name: &str, summary: &str, detail: String) {
        self.response.problems.push(Problem::error(summary, detail).at(Path::root().attr(name)));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn object(pairs: &[(&str, Option<&str>)]) -> Value {
        let value = |v: &Option<&str>| v.map_or(Value::null(Type::String), Value::string);
        Value::object(pairs.iter().map(|(n, v)| (*n, value(v))))
    }

    fn plan(planned: Value) -> PlanResponse {
        PlanResponse { planned: Some(planned), ..PlanResponse::default() }
    }

    #[test]
    fn empty_and_null_are_no_change() {
        let (prior, config) = (object(&[("a", Some("")), ("b", Some("x"))]), object(&[]));
        let draft = Draft::new(Some(&prior), &config, plan(object(&[("a", None), ("b", None)])));
        assert!(!draft.changes(&["a"]));
        assert!(draft.changes(&["a", "b"]));
    }

    #[test]
    fn written_attributes_never_become_unknown() {
        let (prior, config) = (object(&[]), object(&[("a", Some("x")), ("b", None)]));
        let mut draft = Draft::new(Some(&prior), &config, plan(object(&[("a", Some("x")), ("b", Some("y"))])));
        draft.unknown(&["a", "b"]);
        let planned = draft.done().planned.unwrap();
        assert!(planned.get("a").unwrap().is_known() && !planned.get("b").unwrap().is_known());
    }

    #[test]
    fn nothing_changes_when_all_that_did_is_kept() {
        let (prior, config) = (object(&[("a", Some("6")), ("b", Some(""))]), object(&[]));
        let planned = object(&[("a", Some("tcp")), ("b", None)]);
        let mut draft = Draft::new(Some(&prior), &config, plan(planned.clone()));
        draft.keep("a");
        assert_eq!(draft.done().planned, Some(prior.clone()));
        assert_eq!(Draft::new(Some(&prior), &config, plan(planned.clone())).done().planned, Some(planned));
    }

    #[test]
    fn replacements_are_added_once_and_taken_back() {
        let (prior, config) = (object(&[]), object(&[]));
        let mut draft = Draft::new(Some(&prior), &config, plan(object(&[])));
        draft.replace("a");
        draft.replace("a");
        draft.replace("b");
        draft.in_place("b");
        assert_eq!(draft.done().requires_replace, [Path::root().attr("a")]);
    }
}
