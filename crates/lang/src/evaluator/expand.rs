//! `count` and `for_each`.

use std::sync::Arc;

use terrane_address::{AbsCall, AbsResource, Key};
use terrane_source::{Cause, Diagnostic, Span};
use terrane_value::{Marks, Type, Value, convert};

use super::Stage;
use super::frame::{Run, Scope};
use super::memo::{At, Expanded, Expansion, Found, Reads};
use crate::eval::elements;
use crate::ir::{CallId, ExprId, ResourceId};
use crate::lookup::{Keys, Stop};
use crate::program::Repeat;

/// Most instances of one resource: what is beyond is taken for a mistake.
const MOST: i64 = 1_000_000;

impl Run<'_, '_> {
    pub(super) fn resource_expansion(&mut self, at: At, id: ResourceId) -> Result<Expanded, Stop> {
        let decl = &self.ev.state(at).contents.resources[id.index()];
        let (repeat, span) = (decl.repeat, decl.span);
        match self.ev.state_mut(at).resources[id.index()].begin()? {
            Found::Value(expanded) => return Ok(expanded),
            Found::Circle => {
                let what = format!("the instance keys of {}", decl.resource);
                return self.circle(&what, span).map(|()| Expanded::Known(once(Reads::new())));
            }
            Found::Evaluate => {}
        }
        let result = self.expansion(at, repeat);
        self.ev.state_mut(at).resources[id.index()].finish(&result);
        result
    }

    /// The instances of a resource that expressions see.
    pub(super) fn seen(&mut self, at: At, id: ResourceId) -> Result<Expanded, Stop> {
        let repeat = self.ev.state(at).contents.resources[id.index()].repeat;
        let counted = matches!(repeat, Repeat::Count(_));
        match self.lookup.keys(&self.ev.abs(at, id)) {
            _ if matches!(repeat, Repeat::Enabled(_)) => self.resource_expansion(at, id),
            Keys::Configured => self.resource_expansion(at, id),
            Keys::Unknown => Ok(Expanded::Unknown(Arc::default())),
            Keys::These(keys) => Ok(Expanded::Known(recorded(&keys, counted))),
        }
    }

    pub(super) fn call_expansion(&mut self, at: At, id: CallId) -> Result<Expanded, Stop> {
        let decl = &self.ev.state(at).contents.calls[id.index()];
        let (repeat, span) = (decl.repeat, decl.span);
        match self.ev.state_mut(at).calls[id.index()].begin()? {
            Found::Value(expanded) => return Ok(expanded),
            Found::Circle => {
                let what = format!("the instance keys of module.{}", decl.name);
                return self.circle(&what, span).map(|()| Expanded::Known(once(Reads::new())));
            }
            Found::Evaluate => {}
        }
        let result = self.expansion(at, repeat);
        self.ev.state_mut(at).calls[id.index()].finish(&result);
        result
    }

    fn expansion(&mut self, at: At, repeat: Repeat) -> Result<Expanded, Stop> {
        let Some((expr, name)) = repeat.argument() else { return Ok(Expanded::Known(once(Reads::new()))) };
        if let Some(paired) = self.paired(at, repeat)? {
            return Ok(paired);
        }
        let (value, reads) = self.value(Scope::module(at), expr)?;
        let allow_unknown = self.ev.inputs.stage == Stage::Validate;
        let result = match repeat {
            Repeat::ForEach(_) => each_keys(&value),
            Repeat::Enabled(_) => enabled_keys(&value),
            Repeat::Once | Repeat::Count(_) => count_keys(&value),
        };
        match result {
            Ok(_) if allow_unknown => Ok(Expanded::Known(once(reads))),
            Err(Wrong::Unknown(_)) if allow_unknown => Ok(Expanded::Known(once(reads))),
            Err(Wrong::Unknown(_)) if self.ev.deferring => Ok(Expanded::Unknown(Arc::new(reads))),
            Ok(keys) => {
                let each = matches!(repeat, Repeat::ForEach(_)).then(|| value.unmark().0);
                Ok(Expanded::Known(Expansion { keys: keys.into(), each, pairing: None, reads: Arc::new(reads) }))
            }
            Err(wrong) => Err(self.wrong_repeat(at, expr, name, wrong)),
        }
    }

    pub(super) fn wrong_repeat(&mut self, at: At, expr: ExprId, name: &str, wrong: Wrong) -> Stop {
        let (detail, cause, marks) = match wrong {
            Wrong::Detail(detail) => (detail, Cause::Value, Marks::NONE),
            Wrong::Marked(detail, marks) => (detail, Cause::Confidential, marks),
            Wrong::Unknown(detail) => (detail, Cause::Unknown, Marks::NONE),
        };
        let exprs = &self.ev.state(at).contents.exprs;
        let error = Diagnostic::error(format!("Invalid {name} argument"), detail).at(exprs.span(expr)).because(cause);
        let scope = Scope::module(at);
        let error = self.explained(scope.clone(), expr, error);
        let error = match cause {
            Cause::Unknown => self.waiting(&scope, expr, "this", error),
            _ => self.with_origins(&scope, expr, marks, error),
        };
        Stop::Failed(self.diags.error(error))
    }

    /// The error about an unknown expression with what it waits for.
    pub(super) fn waiting(&mut self, scope: &Scope, expr: ExprId, rest: &str, error: Diagnostic) -> Diagnostic {
        let reads = self.value(scope.clone(), expr).map(|(_, reads)| reads).unwrap_or_default();
        let sources = self.sources(scope, expr, &reads);
        self.with_sources(&sources, rest, error)
    }

    /// The instances of a module call; `None` if they are not known.
    pub(super) fn children(&mut self, at: At, call: CallId) -> Result<Option<Vec<At>>, Stop> {
        let Expanded::Known(expansion) = self.call_expansion(at, call)? else { return Ok(None) };
        Ok(Some(expansion.keys.iter().filter_map(|key| self.ev.child(at, call, key)).collect()))
    }

    /// The instances of a module call as something that is read.
    pub(super) fn children_read(&mut self, at: At, call: CallId, reads: &mut Reads) -> Result<Vec<At>, Stop> {
        match self.children(at, call)? {
            Some(children) => Ok(children),
            None => {
                reads.insert(self.ev.call_read(at, call));
                Ok(Vec::new())
            }
        }
    }

    /// The key of an instance from a value in brackets; `None` if it is unknown.
    pub(super) fn key_of(
        &mut self,
        value: &Value,
        expansion: &Expansion,
        address: &str,
        span: Span,
    ) -> Result<Option<Key>, Diagnostic> {
        let error = |why: String| {
            let detail = format!("The given key does not identify an instance of {address}: {why}.");
            Diagnostic::error("Invalid index", detail).at(span)
        };
        if value.is_null() {
            return Err(error("it is null".into()));
        }
        let numbered = expansion.each.is_none();
        let wanted = if numbered { Type::Number } else { Type::String };
        let value = convert(value, &wanted).map_err(|e| error(e.to_string()))?;
        let key = match (value.as_i64(), value.as_str()) {
            (Some(index), _) => u64::try_from(index).ok().map(Key::Int),
            (_, Some(name)) => Some(Key::String(name.into())),
            _ if !value.is_known() => return Ok(None),
            _ => None,
        };
        match key {
            Some(key) if expansion.has(&key) => Ok(Some(key)),
            _ => Err(error(no_instance(expansion)).hint(known_keys(expansion))),
        }
    }
}

/// The expansion of which these instances exist: up to the highest number, or by name.
fn recorded(keys: &[Key], counted: bool) -> Expansion {
    let number = |key: &Key| if let Key::Int(i) = key { Some(*i) } else { None };
    let mut keys: Vec<Key> = match counted {
        true => (0..keys.iter().filter_map(number).max().map_or(0, |most| most + 1)).map(Key::Int).collect(),
        false => keys.iter().filter(|key| matches!(key, Key::String(_))).cloned().collect(),
    };
    keys.sort_unstable();
    let keys = keys.into();
    Expansion { keys, each: (!counted).then(Value::dynamic), pairing: None, reads: Arc::default() }
}

fn once(reads: Reads) -> Expansion {
    Expansion { keys: Arc::from([Key::None]), each: None, pairing: None, reads: Arc::new(reads) }
}

fn no_instance(expansion: &Expansion) -> String {
    match (&expansion.each, expansion.keys.len()) {
        (_, 0) => "it has no instances".into(),
        (None, n) => format!("its count is {n}"),
        (Some(_), n) => format!("it is not one of its {n} for_each key(s)"),
    }
}

fn known_keys(expansion: &Expansion) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = expansion.keys.iter().take(SHOWN).map(Key::to_string).collect();
    match (expansion.keys.len(), shown.join(", ")) {
        (0, _) => "Check that it has instances before referring to one, for example with one(…[*]).".into(),
        (n, shown) if n > SHOWN => format!("Its instance keys are {shown} and {} more.", n - SHOWN),
        (_, shown) => format!("Its instance keys are {shown}."),
    }
}

/// Why a block cannot be expanded.
pub(super) enum Wrong {
    /// Full sentences.
    Detail(String),
    /// Full sentences about marks of the value that must not be.
    Marked(String, Marks),
    /// The value is not known yet.
    Unknown(String),
}

fn ephemeral(argument: &str) -> Wrong {
    let detail = format!(
        "Ephemeral values, or values made of them, cannot be used as {argument} arguments: which instances there are is \
         kept in state."
    );
    Wrong::Marked(detail, Marks::EPHEMERAL)
}

fn enabled_keys(value: &Value) -> Result<Vec<Key>, Wrong> {
    let unsuitable = |why: &str| Wrong::Detail(format!("The given \"enabled\" argument value is unsuitable: {why}."));
    if value.marks().contains(Marks::SENSITIVE) {
        let detail = "Sensitive values, or values derived from sensitive values, cannot be used in \"enabled\" arguments. If \
                      used, the sensitive value would be exposed by whether an instance is present.";
        return Err(Wrong::Marked(detail.into(), Marks::SENSITIVE));
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return Err(ephemeral("enabled"));
    }
    if value.is_null() {
        return Err(unsuitable("the given value is null. Either true or false is required"));
    }
    match convert(value, &Type::Bool).map_err(|e| unsuitable(&e.to_string()))?.as_bool() {
        Some(true) => Ok(vec![Key::None]),
        Some(false) => Ok(Vec::new()),
        None => Err(Wrong::Unknown(
            "The \"enabled\" value depends on resource attributes that cannot be determined until apply, so it cannot be \
             predicted whether there will be an instance."
                .into(),
        )),
    }
}

fn count_keys(value: &Value) -> Result<Vec<Key>, Wrong> {
    let unsuitable = |why: &str| Wrong::Detail(format!("The given \"count\" argument value is unsuitable: {why}."));
    if value.marks().contains(Marks::EPHEMERAL) {
        return Err(ephemeral("count"));
    }
    if value.is_null() {
        return Err(Wrong::Detail("The given \"count\" argument value is null. An integer is required.".into()));
    }
    let value = convert(value, &Type::Number).map_err(|e| unsuitable(&e.to_string()))?;
    let Some(number) = value.as_number() else {
        return Err(Wrong::Unknown(
            "The \"count\" value depends on resource attributes that cannot be determined until apply, so it cannot be \
             predicted how many instances will be created."
                .into(),
        ));
    };
    match number.as_i64() {
        Some(count) if count > MOST => Err(unsuitable(&format!("more than {MOST} instances are not supported"))),
        Some(count) if count >= 0 => Ok((0..count.unsigned_abs()).map(Key::Int).collect()),
        _ if number.is_negative() => Err(unsuitable("must be greater than or equal to zero")),
        _ => Err(unsuitable("must be a whole number")),
    }
}

pub(super) fn each_keys(value: &Value) -> Result<Vec<Key>, Wrong> {
    let unsuitable = |why: &str| Wrong::Detail(format!("The given \"for_each\" argument value is unsuitable: {why}."));
    if value.marks().contains(Marks::SENSITIVE) {
        let detail = "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If \
                      used, the sensitive value could be exposed as a resource instance key.";
        return Err(Wrong::Marked(detail.into(), Marks::SENSITIVE));
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        return Err(ephemeral("for_each"));
    }
    let ty = value.ty();
    let fits = match &ty {
        Type::Map(_) | Type::Object(_) | Type::Any => true,
        Type::Set(element) => matches!(**element, Type::String | Type::Any),
        _ => false,
    };
    if !fits {
        let why = format!(
            "the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {}",
            ty.friendly()
        );
        let toset = matches!(ty, Type::Tuple(_) | Type::List(_));
        return Err(unsuitable(&if toset { format!("{why}; toset(…) makes a set of it") } else { why }));
    }
    if value.is_null() {
        return Err(unsuitable("the given \"for_each\" argument value is null. A map, or set of strings is allowed"));
    }
    let unknown = || {
        Wrong::Unknown(
            "The \"for_each\" value includes keys that are known only after apply, so the instances cannot be told apart \
             yet."
                .into(),
        )
    };
    let Some(items) = elements(value) else { return Err(unknown()) };
    items
        .into_iter()
        .map(|(key, _)| match (key.as_str(), key.is_known()) {
            (Some(name), _) => Ok(Key::String(name.into())),
            (None, false) => Err(unknown()),
            (None, true) => Err(unsuitable("\"for_each\" sets must not contain null values")),
        })
        .collect()
}

impl super::Evaluator<'_> {
    /// A module call of a module instance.
    pub(super) fn abs_call(&self, at: At, call: CallId) -> AbsCall {
        let state = self.state(at);
        AbsCall { module: state.instance.clone(), name: state.contents.calls[call.index()].name.clone() }
    }

    /// The mark that a module call whose instances are not known leaves among what is read.
    pub(super) fn call_read(&mut self, at: At, call: CallId) -> u32 {
        let call = self.abs_call(at, call);
        self.deps.call_id(call)
    }

    /// A resource of a module instance.
    pub(super) fn abs(&self, at: At, id: ResourceId) -> AbsResource {
        self.state(at).names[id.index()].clone()
    }
}
