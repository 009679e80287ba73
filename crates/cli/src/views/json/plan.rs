//! Plans in Terraform's JSON, `format_version` 1.2.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use terrane_address::{Instance, Key, Mode, Place, ProviderConfig};
use terrane_lang::Schemas;
use terrane_plan::file::Origin;
use terrane_plan::{
    Change, DeferReason, Deferred, DeleteReason, Drift, ForgetReason, OutputChange, Plan, Provisional, ReadReason,
    ReplaceOrder, ReplaceReason, Step,
};
use terrane_provider::ImportBy;
use terrane_source::Diagnostic;
use terrane_state::{DeposedKey, OutputValue, Snapshot};
use terrane_value::json::{to_json, type_to_json};
use terrane_value::{Marks, Schema, Type, Value};

use super::checks::{Check, checks};
use super::modules::{self, Object, tree};
use super::state::{self, Output, State, Values};
use super::values::{self, Raw, Secrets, raw};

/// A plan.
#[derive(Serialize)]
pub struct Document {
    format_version: &'static str,
    terraform_version: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<String, Variable>,
    planned_values: Values,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_drift: Vec<Resource>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_changes: Vec<Resource>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    output_changes: BTreeMap<String, Delta>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deferred_changes: Vec<DeferredChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prior_state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relevant_attributes: Option<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    applyable: bool,
    complete: bool,
    errored: bool,
}

#[derive(Serialize)]
struct Variable {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Raw>,
}

#[derive(Serialize)]
pub(super) struct Resource {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous_address: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    module_address: String,
    mode: &'static str,
    #[serde(rename = "type")]
    ty: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<Raw>,
    provider_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deposed: Option<String>,
    change: Delta,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'static str>,
}

/// What is left for a later plan.
#[derive(Serialize)]
struct DeferredChange {
    reason: &'static str,
    resource_change: Resource,
}

#[derive(Serialize)]
pub(super) struct Delta {
    actions: &'static [&'static str],
    before: Raw,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Raw>,
    after_unknown: Raw,
    before_sensitive: Raw,
    after_sensitive: Raw,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replace_paths: Vec<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_config: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_identity: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_identity: Option<Raw>,
}

/// What names an object that is imported.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Importing {
    Id(String),
    Identity(Raw),
}

/// What names an object that is imported.
pub fn importing(by: &ImportBy) -> Importing {
    match by {
        ImportBy::Id(id) => Importing::Id(id.clone()),
        ImportBy::Identity(identity) => {
            Importing::Identity(raw(to_json(identity, &identity.ty()).unwrap_or_else(|_| "null".into())))
        }
    }
}

/// The JSON of a plan. What the configuration declares is in its origin, as [`super::kept()`] said it.
///
/// # Errors
/// If an object in its state does not fit its type.
pub fn plan(plan: &Plan, origin: &Origin, schemas: &dyn Schemas, secrets: Secrets) -> Result<Document, Diagnostic> {
    let view = View { schemas, secrets };
    let mut declared: Option<Json> = origin.declared.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let relevant_attributes = declared.as_mut().and_then(super::configuration::take_relevant);
    let timestamp =
        i64::try_from(origin.planned_at).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let configuration = declared.map(|declared| super::configuration::shown(declared, secrets));
    let shown = |step: &&Step| step.instance.resource.resource.mode == Mode::Managed || !step.change.is_no_op();
    Ok(Document {
        format_version: "1.2",
        terraform_version: terrane_engine::LANGUAGE_VERSION,
        variables: view.variables(plan, configuration.as_ref()),
        planned_values: view.planned(plan),
        resource_drift: plan.drift.iter().map(|drift| view.drift(drift, plan)).collect(),
        resource_changes: plan.steps.iter().filter(shown).map(|step| view.step(step, plan)).collect(),
        output_changes: plan.outputs.iter().map(|(name, o)| (name.to_string(), view.output_change(o))).collect(),
        deferred_changes: plan.deferred.iter().map(|deferred| view.deferred(deferred)).collect(),
        prior_state: view.prior_state(plan)?,
        configuration,
        relevant_attributes,
        checks: checks(&plan.refreshed),
        timestamp: timestamp.map(|time| time.to_string()),
        applyable: plan.is_applicable(),
        complete: plan.is_complete(),
        errored: plan.errored,
    })
}

pub(super) struct View<'a> {
    pub(super) schemas: &'a dyn Schemas,
    pub(super) secrets: Secrets,
}

impl View<'_> {
    /// The values given, and the defaults of the variables that were given none.
    fn variables(&self, plan: &Plan, configuration: Option<&Json>) -> BTreeMap<String, Variable> {
        let declared = configuration.and_then(|c| c.pointer("/root_module/variables")).and_then(Json::as_object);
        let sensitive = |name: &str| declared.is_some_and(|d| d.get(name).is_some_and(|v| v["sensitive"] == true));
        let defaults = declared.into_iter().flatten();
        let mut found: BTreeMap<String, Variable> = defaults
            .filter_map(|(name, decl)| {
                let value = decl.get("default")?;
                Some((name.clone(), Variable { value: Some(raw(value.to_string())) }))
            })
            .collect();
        for (name, input) in &plan.inputs.variables {
            let value = output_value(&input.value, sensitive(name));
            found.insert(name.to_string(), Variable { value: values::known(&value, self.secrets) });
        }
        found
    }

    /// The state that is planned from, with the new values of outputs as far as they are known; `None` if it is empty.
    fn prior_state(&self, plan: &Plan) -> Result<Option<State>, Diagnostic> {
        let mut snapshot = plan.refreshed.clone();
        for (name, change) in &plan.outputs {
            let known = change.after.as_ref().filter(|value| value.is_wholly_known() && !value.is_null());
            let Some(json) = known.and_then(|value| to_json(value, &value.ty()).ok()) else { continue };
            let ty = known.map_or(Type::Any, Value::ty);
            let value = OutputValue { json: json.into(), ty, sensitive: change.sensitive };
            snapshot.outputs.insert(name.to_string(), value);
        }
        (!snapshot.is_empty()).then(|| state::prior(&snapshot, self.schemas, self.secrets)).transpose()
    }

    fn planned(&self, plan: &Plan) -> Values {
        let objects = plan.steps.iter().filter(|step| step.deposed.is_none()).filter_map(|step| {
            let value = step.change.after();
            // What is forgotten goes on to exist, but nothing is known of it.
            if value.is_none() && !matches!(step.change, Change::Forget { .. }) {
                return None;
            }
            let schema = self.schema(&step.instance, &step.provider);
            let value = value.map(|value| marked(value, schema.as_deref()));
            let object = Object {
                schema_version: schema.map_or(0, |s| s.version),
                values: value.as_ref().and_then(|value| values::known(value, self.secrets)).filter(|v| v.get() != "{}"),
                sensitive_values: value.as_ref().map_or_else(|| raw("false".into()), values::sensitive),
                ..Object::new(&step.instance, &step.provider)
            };
            Some((step.instance.resource.module.clone(), object))
        });
        let outputs = plan.outputs.iter().filter_map(|(name, change)| {
            let value = output_value(change.after.as_ref()?, change.is_secret());
            let known = value.is_wholly_known();
            let output = Output {
                sensitive: change.is_secret(),
                value: known.then(|| values::known(&value, self.secrets)).flatten(),
                // The type of a null output is not kept anywhere.
                ty: known.then(|| raw(type_to_json(&if value.is_null() { Type::Any } else { value.ty() }))),
            };
            Some((name.to_string(), output))
        });
        Values { outputs: outputs.collect(), root_module: tree(objects) }
    }

    /// The schema of an object; `None` if its provider is not at hand.
    fn schema(&self, instance: &Instance, provider: &ProviderConfig) -> Option<Arc<Schema>> {
        self.schema_of(&instance.resource.resource, provider)
    }

    fn schema_of(&self, resource: &terrane_address::Resource, provider: &ProviderConfig) -> Option<Arc<Schema>> {
        self.schemas.resource(&provider.provider, resource.mode, &resource.ty)
    }

    fn step(&self, step: &Step, plan: &Plan) -> Resource {
        let schema = self.schema(&step.instance, &step.provider);
        let mut change =
            self.delta(step.change.before(), step.change.after(), schema.as_deref(), actions(&step.change));
        if let Change::Replace { reasons, .. } = &step.change {
            change.replace_paths = reasons.iter().flat_map(replace_paths).collect();
        }
        if step.change.before().is_some() {
            change.before_identity = identity(&plan.refreshed, &step.instance, step.deposed.as_ref());
        }
        change.after_identity = match &step.change {
            Change::NoOp { .. } => change.before_identity.clone(),
            Change::Update { prior, planned } => {
                change.before_identity.as_ref().and_then(|identity| renamed(identity, prior, &planned.value))
            }
            _ => None,
        };
        change.importing = step.import.as_ref().map(importing);
        change.generated_config = plan.generated.get(&step.instance).map(ToString::to_string);
        Resource {
            previous_address: step.moved_from.as_ref().map(ToString::to_string),
            deposed: step.deposed.as_ref().map(ToString::to_string),
            action_reason: reason(&step.change).or(step.triggered.then_some("replace_by_triggers")),
            ..resource(&step.instance, &step.provider, change)
        }
    }

    fn deferred(&self, deferred: &Deferred) -> DeferredChange {
        let schema = self.schema_of(deferred.place.resource(), &deferred.provider);
        let (before, after) = (deferred.change.before(), deferred.change.after());
        let change = self.delta(before, after, schema.as_deref(), provisional(&deferred.change));
        let resource = deferred.place.resource();
        let index = match &deferred.place {
            Place::Instance(instance) => modules::index(&instance.key),
            Place::Resource(_) | Place::Beyond { .. } => None,
        };
        let resource_change = Resource {
            address: deferred.place.to_string(),
            previous_address: None,
            module_address: deferred.place.module(),
            mode: modules::mode(resource.mode),
            ty: resource.ty.to_string(),
            name: resource.name.to_string(),
            index,
            provider_name: deferred.provider.provider.to_string(),
            deposed: deferred.deposed.as_ref().map(ToString::to_string),
            change,
            action_reason: None,
        };
        DeferredChange { reason: defer_reason(deferred.reason), resource_change }
    }

    fn drift(&self, drift: &Drift, plan: &Plan) -> Resource {
        let known = plan.prior.provider_of(&drift.instance);
        let provider = known.unwrap_or_else(|| ProviderConfig {
            module: drift.instance.resource.module.module(),
            provider: terrane_address::Provider::implied(&drift.instance.resource.resource.ty),
            alias: None,
            key: Key::None,
        });
        let schema = self.schema(&drift.instance, &provider);
        let actions: &[_] = if drift.after.is_some() { &["update"] } else { &["delete"] };
        let mut change = self.delta(Some(&drift.before), drift.after.as_ref(), schema.as_deref(), actions);
        let deposed = drift.deposed.as_ref();
        change.before_identity = identity(&plan.prior, &drift.instance, deposed);
        change.after_identity = identity(&plan.refreshed, &drift.instance, deposed);
        let deposed = drift.deposed.as_ref().map(ToString::to_string);
        Resource { deposed, ..resource(&drift.instance, &provider, change) }
    }

    pub(super) fn delta(
        &self,
        before: Option<&Value>,
        after: Option<&Value>,
        schema: Option<&Schema>,
        actions: &'static [&'static str],
    ) -> Delta {
        let before = before.map(|value| marked(value, schema));
        let after = after.map(|value| marked(value, schema));
        let null = || raw("null".into());
        let sensitive = |value: &Option<Value>| value.as_ref().map_or_else(|| raw("false".into()), values::sensitive);
        let unknown = after.as_ref().filter(|v| !v.is_wholly_known()).map(values::unknown);
        Delta {
            actions,
            before: before.as_ref().and_then(|v| values::known(v, self.secrets)).unwrap_or_else(null),
            after: after.as_ref().map_or_else(|| Some(null()), |v| values::known(v, self.secrets)),
            after_unknown: unknown.unwrap_or_else(|| raw("{}".into())),
            before_sensitive: sensitive(&before),
            after_sensitive: sensitive(&after),
            replace_paths: Vec::new(),
            importing: None,
            generated_config: None,
            before_identity: None,
            after_identity: None,
        }
    }

    pub(super) fn output_change(&self, change: &OutputChange) -> Delta {
        let side = |value: &Option<Value>| value.as_ref().map(|value| output_value(value, change.is_secret()));
        let (before, after) = (side(&change.before), side(&change.after));
        let actions: &[_] = match (&before, &after) {
            _ if change.is_no_op() => &["no-op"],
            (None, _) => &["create"],
            (_, None) => &["delete"],
            _ => &["update"],
        };
        let flag = |flag: bool| raw(flag.to_string());
        let sensitive = flag(change.is_secret());
        let unknown = after.as_ref().filter(|v| !v.is_wholly_known()).map(values::unknown);
        Delta {
            before_sensitive: sensitive.clone(),
            after_sensitive: sensitive,
            after_unknown: unknown.unwrap_or_else(|| flag(false)),
            ..self.delta(before.as_ref(), after.as_ref(), None, actions)
        }
    }
}

/// A value with the marks its schema demands, if there is one.
fn marked(value: &Value, schema: Option<&Schema>) -> Value {
    schema.map_or_else(|| value.clone(), |schema| values::marked(value, &schema.block))
}

/// The value of an output without the marks of its parts: it is sensitive as a whole or not at all.
fn output_value(value: &Value, sensitive: bool) -> Value {
    let value = value.clone().unmark_deep().0;
    if sensitive { value.mark(Marks::SENSITIVE) } else { value }
}

pub(super) fn resource(instance: &Instance, provider: &ProviderConfig, change: Delta) -> Resource {
    let resource = &instance.resource.resource;
    Resource {
        address: instance.to_string(),
        previous_address: None,
        module_address: instance.resource.module.to_string(),
        mode: modules::mode(resource.mode),
        ty: resource.ty.to_string(),
        name: resource.name.to_string(),
        index: modules::index(&instance.key),
        provider_name: provider.provider.to_string(),
        deposed: None,
        change,
        action_reason: None,
    }
}

/// The identity of an object after an update: what it has from attributes of the same name follows them. `None` if that is
/// not known.
fn renamed(identity: &Raw, before: &Value, after: &Value) -> Option<Raw> {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(identity.get()).ok()?;
    for (name, field) in &mut fields {
        let (Some(text), Some(after)) = (before.get(name).and_then(Value::as_str), after.get(name)) else { continue };
        if field.as_str() == Some(text) {
            *field = after.as_str()?.into();
        }
    }
    serde_json::to_string(&fields).ok().map(raw)
}

/// What names an object, as a state has it.
fn identity(state: &Snapshot, instance: &Instance, deposed: Option<&DeposedKey>) -> Option<Raw> {
    let found = state.instance(instance)?;
    let object = match deposed {
        Some(key) => found.deposed.get(key)?,
        None => found.current.as_ref()?,
    };
    object.identity.as_ref().map(|(_, json)| raw(json.to_string()))
}

fn actions(change: &Change) -> &'static [&'static str] {
    match change {
        Change::NoOp { .. } => &["no-op"],
        Change::Create { .. } => &["create"],
        Change::Read { .. } => &["read"],
        Change::Update { .. } => &["update"],
        Change::Delete { .. } => &["delete"],
        Change::Forget { .. } => &["forget"],
        Change::Replace { order: ReplaceOrder::DeleteThenCreate, .. } => &["delete", "create"],
        Change::Replace { order: ReplaceOrder::CreateThenDelete | ReplaceOrder::CreateThenKeep, .. } => {
            &["create", "delete"]
        }
        Change::Replace { order: ReplaceOrder::ForgetThenCreate, .. } => &["forget", "create"],
        Change::Replace { order: ReplaceOrder::CreateThenForget, .. } => &["create", "forget"],
    }
}

fn provisional(change: &Provisional) -> &'static [&'static str] {
    match change {
        Provisional::Create(_) => &["create"],
        Provisional::Update { .. } => &["update"],
        Provisional::Delete(_) => &["delete"],
        Provisional::Read(_) => &["read"],
    }
}

/// Why something is deferred, in Terraform's words.
pub fn defer_reason(reason: DeferReason) -> &'static str {
    match reason {
        DeferReason::KeysUnknown => "instance_count_unknown",
        DeferReason::ConfigUnknown => "resource_config_unknown",
        DeferReason::ProviderUnknown => "provider_config_unknown",
        DeferReason::Prerequisite => "deferred_prereq",
    }
}

/// Why a change is what it is, in Terraform's words; of several reasons the one that Terraform names.
pub fn reason(change: &Change) -> Option<&'static str> {
    match change {
        Change::Replace { reasons, .. } => reasons.first().map(|reason| match reason {
            ReplaceReason::CannotUpdate(_) => "replace_because_cannot_update",
            ReplaceReason::Tainted => "replace_because_tainted",
            ReplaceReason::Requested => "replace_by_request",
            ReplaceReason::Triggered(_) => "replace_by_triggers",
        }),
        Change::Delete { reason, .. } => match reason {
            DeleteReason::Destroy | DeleteReason::Deposed => None,
            DeleteReason::NoResource => Some("delete_because_no_resource_config"),
            DeleteReason::NoModule => Some("delete_because_no_module"),
            DeleteReason::WrongRepetition => Some("delete_because_wrong_repetition"),
            DeleteReason::CountIndex => Some("delete_because_count_index"),
            DeleteReason::EachKey => Some("delete_because_each_key"),
            DeleteReason::Disabled => Some("delete_because_enabled_false"),
        },
        Change::Read { reason: ReadReason::ConfigUnknown, .. } => Some("read_because_config_unknown"),
        Change::Read { reason: ReadReason::DependencyPending, .. } => Some("read_because_dependency_pending"),
        Change::Read { reason: ReadReason::CheckNested, .. } => Some("read_because_check_nested"),
        Change::Forget { reason: ForgetReason::Removed, .. } => Some("delete_because_no_resource_config"),
        Change::Forget { reason: ForgetReason::Configuration, .. } => {
            Some("forgot_because_lifecycle_destroy_in_config")
        }
        Change::Forget { reason: ForgetReason::State, .. } => Some("forgot_because_lifecycle_destroy_in_state"),
        Change::NoOp { .. } | Change::Create { .. } | Change::Update { .. } => None,
    }
}

fn replace_paths(reason: &ReplaceReason) -> Vec<Raw> {
    match reason {
        ReplaceReason::CannotUpdate(paths) => paths.iter().map(values::path).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    #[test]
    fn an_identity_follows_what_it_is_made_of() {
        let identity = raw(r#"{"account":"1","name":"a"}"#.into());
        let named = |name: Value| Value::object([("name", name), ("account", Value::null(Type::String))]);
        let after = |name: Value| renamed(&identity, &named("a".into()), &named(name)).map(|raw| raw.get().to_owned());
        assert_eq!(after("a".into()).as_deref(), Some(r#"{"account":"1","name":"a"}"#));
        assert_eq!(after("b".into()).as_deref(), Some(r#"{"account":"1","name":"b"}"#));
        assert_eq!(after(Value::unknown(Type::String)), None);
    }
}
