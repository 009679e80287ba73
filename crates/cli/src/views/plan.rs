//! A plan as people read it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use terrane_address::{Mode, Provider};
use terrane_lang::Schemas;
use terrane_plan::{
    Change, DeleteReason, OutputChange, Plan, PlanMode, ReadReason, ReplaceOrder, ReplaceReason, Step, Summary,
};
use terrane_provider::ImportBy;
use terrane_value::{Marks, Path, Schema, Value};

use super::json::marked;
use super::lines::{Lines, Paint, Symbol};
use super::secrets::SecretTexts;
use super::{deferral, diff, drift};

/// Finds the shapes that values are shown by, each once, and knows what is not shown.
struct Shapes<'a> {
    schemas: &'a dyn Schemas,
    secrets: &'a SecretTexts,
    known: RefCell<HashMap<(Provider, Mode, Arc<str>), Arc<Schema>>>,
}

impl<'a> Shapes<'a> {
    fn new(schemas: &'a dyn Schemas, secrets: &'a SecretTexts) -> Shapes<'a> {
        Shapes { schemas, secrets, known: RefCell::default() }
    }

    fn of(&self, step: &Step) -> Arc<Schema> {
        let resource = &step.instance.resource.resource;
        let key = (step.provider.provider.clone(), resource.mode, resource.ty.clone());
        let find = || self.schemas.resource(&step.provider.provider, resource.mode, &resource.ty).unwrap_or_default();
        self.known.borrow_mut().entry(key).or_insert_with(find).clone()
    }

    /// An object with all that tells secrets marked.
    fn hide(&self, object: &Value, schema: &Schema) -> Value {
        self.secrets.hide(marked(object, &schema.block))
    }
}

/// `1 to import, 2 to add, 0 to change, 1 to destroy`.
fn counts(plan: &Plan) -> String {
    let Summary { import, add, change, destroy, forget } = plan.summary();
    let some = |n: usize, what: &str| if n > 0 { format!("{n} to {what}, ") } else { String::new() };
    let forget = if forget > 0 { format!(", {forget} to forget") } else { String::new() };
    let later = if plan.deferred.is_empty() { String::new() } else { format!(", {} deferred", plan.deferred.len()) };
    format!("{}{add} to add, {change} to change, {destroy} to destroy{forget}{later}", some(import, "import"))
}

/// A whole plan: changes, summary line and outputs; what has no effect is left out.
pub fn plan(plan: &Plan, schemas: &dyn Schemas, paint: Paint) -> String {
    let mut text = String::new();
    write(plan, schemas, paint, &mut |part| text.push_str(part));
    text
}

/// Writes a whole plan piece by piece: all of its text together may be large.
pub fn write(plan: &Plan, schemas: &dyn Schemas, paint: Paint, to: &mut dyn FnMut(&str)) {
    const PIECE: usize = 1 << 18;
    let shown: Vec<&Step> = plan.steps.iter().filter(|s| s.has_effect()).collect();
    let outputs: Vec<_> = plan.outputs.iter().filter(|(_, o)| !o.is_no_op()).collect();
    let is_quiet = shown.is_empty() && outputs.is_empty() && plan.drift.is_empty();
    let secrets = if is_quiet { SecretTexts::default() } else { SecretTexts::of_plan(plan, schemas) };
    let shapes = Shapes::new(schemas, &secrets);
    let outside = drift::section(plan, schemas, &secrets, paint);
    if shown.is_empty() && outputs.iter().all(|(_, o)| o.deferred) {
        let refreshes = plan.options.mode == PlanMode::RefreshOnly;
        return match (refreshes && !outside.is_empty(), plan.deferred.is_empty()) {
            (false, true) => to(&no_changes(plan, paint)),
            (false, false) => to(&deferral::only(plan, paint)),
            _ => to(&outside),
        };
    }
    let mut text = outside;
    if !shown.is_empty() {
        text += &legend(&shown, paint);
        text += match plan.errored {
            false => "\nTerrane will perform the following actions:\n",
            true => {
                "\nTerrane planned these actions before it met errors. There may be more, and none can be applied:\n"
            }
        };
        for step in &shown {
            text += "\n";
            let shown = one(step, &shapes, paint);
            text += &match plan.generated.contains_key(&step.instance) {
                true => shown.replacen('\n', "\n  # (its configuration was generated)\n", 1),
                false => shown,
            };
            if text.len() >= PIECE {
                to(&text);
                text.clear();
            }
        }
        let _ = writeln!(text, "\n{} {}.", paint.bold("Plan:"), counts(plan));
    }
    text += &deferral::section(plan, paint);
    if !outputs.is_empty() {
        text += "\nChanges to Outputs:\n";
        text += &output_changes(&outputs, &secrets, paint);
    }
    if shown.is_empty() && !plan.errored {
        text += "\nYou can apply this plan to save these new output values to the state, without changing any real\ninfrastructure.\n";
    }
    to(&text);
}

fn no_changes(plan: &Plan, paint: Paint) -> String {
    if plan.errored {
        return "\nPlanning met errors before it came to any change.\n".into();
    }
    let line = paint.with("1;32", "No changes.");
    if plan.options.mode == PlanMode::Destroy {
        let bold = paint.bold("There is nothing to destroy.");
        return format!(
            "\n{line} {bold}\n\nThe state holds no objects: none were made yet, or all of them are gone.\n"
        );
    }
    if plan.options.is_limited() {
        return format!("\n{line} {}\n", paint.bold("What was selected matches the configuration."));
    }
    format!(
        "\n{line} {}\n\nTerrane has compared your real infrastructure against your configuration and found no differences, so no\nchanges are needed.\n",
        paint.bold("Your infrastructure matches the configuration.")
    )
}

fn legend(steps: &[&Step], paint: Paint) -> String {
    let all = [
        (Symbol::Create, "create"),
        (Symbol::Update, "update in-place"),
        (Symbol::Delete, "destroy"),
        (Symbol::DeleteThenCreate, "destroy and then create replacement"),
        (Symbol::CreateThenDelete, "create replacement and then destroy"),
        (Symbol::ForgetThenCreate, "forget and then create replacement"),
        (Symbol::CreateThenForget, "create replacement and then forget"),
        (Symbol::Read, "read (data resources)"),
        (Symbol::Forget, "forget (the object goes on to exist)"),
    ];
    let mut out = Lines::new(paint);
    let used: Vec<_> =
        all.into_iter().filter(|(s, _)| steps.iter().any(|step| symbol_of(&step.change) == *s)).collect();
    if used.is_empty() {
        return String::new();
    }
    used.into_iter().for_each(|(symbol, meaning)| out.push(0, symbol, meaning));
    format!("\nResource actions are indicated with the following symbols:\n{}", out.finish())
}

fn symbol_of(change: &Change) -> Symbol {
    match change {
        Change::NoOp { .. } => Symbol::None,
        Change::Create { .. } => Symbol::Create,
        Change::Update { .. } => Symbol::Update,
        Change::Replace { order: ReplaceOrder::DeleteThenCreate, .. } => Symbol::DeleteThenCreate,
        Change::Replace { order: ReplaceOrder::CreateThenDelete | ReplaceOrder::CreateThenKeep, .. } => {
            Symbol::CreateThenDelete
        }
        Change::Replace { order: ReplaceOrder::ForgetThenCreate, .. } => Symbol::ForgetThenCreate,
        Change::Replace { order: ReplaceOrder::CreateThenForget, .. } => Symbol::CreateThenForget,
        Change::Delete { .. } => Symbol::Delete,
        Change::Forget { .. } => Symbol::Forget,
        Change::Read { .. } => Symbol::Read,
    }
}

/// Writes one change: a comment that says what and why, then the block.
fn one(step: &Step, shapes: &Shapes<'_>, paint: Paint) -> String {
    let (what, why) = headline(step, paint);
    let mut text = format!("  {} {what}\n", paint.bold(&format!("# {}", step.address())));
    why.iter().for_each(|line| text += &format!("  # {line}\n"));
    let mut out = Lines::new(paint);
    let resource = &step.instance.resource.resource;
    let word = if resource.mode == Mode::Data { "data" } else { "resource" };
    let header = format!("{word} {} {} {{", quoted(&resource.ty), quoted(&resource.name));
    out.push(0, symbol_of(&step.change), &header);
    let schema = shapes.of(step);
    let hide = |object: &Value| shapes.hide(object, &schema);
    match &step.change {
        // The object stays: to show it as going would say that it is destroyed.
        Change::Forget { prior, .. } => diff::whole(&mut out, 1, &hide(prior), &schema.block),
        change => {
            let (before, after) = (change.before().map(hide), change.after().map(hide));
            diff::body(&mut out, 1, before.as_ref(), after.as_ref(), &schema.block, &forced(change));
        }
    }
    out.push(0, Symbol::None, "}");
    text += &out.finish();
    text
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn forced(change: &Change) -> Vec<Path> {
    let Change::Replace { reasons, .. } = change else { return Vec::new() };
    let paths = reasons.iter().filter_map(|r| match r {
        ReplaceReason::CannotUpdate(paths) => Some(paths.clone()),
        _ => None,
    });
    paths.flatten().collect()
}

/// What happens to an object, and why where that is not plain.
fn headline(step: &Step, paint: Paint) -> (String, Vec<String>) {
    let mut why = Vec::new();
    if let Some(from) = &step.moved_from {
        why.push(format!("(moved from {from})"));
    }
    if let Some(by) = &step.import {
        why.push(match by {
            ImportBy::Id(id) => format!("(imported from \"{id}\")"),
            ImportBy::Identity(_) => format!("(imported by {by})"),
        });
    }
    let what = match &step.change {
        Change::NoOp { .. } if step.import.is_some() => "will be imported".into(),
        Change::NoOp { .. } => "has moved".into(),
        Change::Create { .. } => "will be created".into(),
        Change::Update { .. } => "will be updated in-place".into(),
        Change::Forget { .. } => "will no longer be managed by Terrane, but will not be destroyed".into(),
        Change::Read { reason, .. } => {
            why.push(read_reason(*reason).into());
            "will be read during apply".into()
        }
        Change::Delete { reason, .. } => {
            why.extend(delete_reason(step, *reason));
            format!("will be {}", paint.with("1;31", "destroyed"))
        }
        Change::Replace { reasons, order, .. } => {
            let tainted = reasons.contains(&ReplaceReason::Tainted);
            why.extend(reasons.iter().filter_map(replace_reason));
            let verb = paint.with("1;31", "replaced");
            let kept = match (order.forgets(), order.keeps()) {
                (true, _) => ", but the present object will not be destroyed",
                (_, true) => ", but the present object stays until what needs it can be planned",
                _ => "",
            };
            if tainted { format!("is tainted, so must be {verb}{kept}") } else { format!("must be {verb}{kept}") }
        }
    };
    (what, why)
}

fn read_reason(reason: ReadReason) -> &'static str {
    match reason {
        ReadReason::ConfigUnknown => "(config refers to values not yet known)",
        ReadReason::CheckNested => "(read again to verify a check block)",
        ReadReason::DependencyPending => "(depends on a resource or a module with changes pending)",
    }
}

fn replace_reason(reason: &ReplaceReason) -> Option<String> {
    match reason {
        ReplaceReason::Requested => Some("(replaced as requested with -replace)".into()),
        ReplaceReason::Triggered(by) => Some(format!("(replace_triggered_by: {})", by.join(", "))),
        ReplaceReason::CannotUpdate(_) | ReplaceReason::Tainted => None,
    }
}

fn delete_reason(step: &Step, reason: DeleteReason) -> Option<String> {
    let resource = &step.instance.resource;
    match reason {
        DeleteReason::Destroy => None,
        DeleteReason::NoResource => Some(format!("(because {resource} is not in configuration)")),
        DeleteReason::NoModule => Some(format!("(because {} is not in configuration)", resource.module)),
        DeleteReason::WrongRepetition => {
            Some("(because the resource's use of \"count\" or \"for_each\" has changed)".into())
        }
        DeleteReason::CountIndex => Some(format!("(because index {} is out of range for count)", step.instance.key)),
        DeleteReason::EachKey => Some(format!("(because key {} is not in for_each map)", step.instance.key)),
        DeleteReason::Disabled => Some(format!("(because {resource} has lifecycle.enabled set to false)")),
        DeleteReason::Deposed => Some("(left over from a partially-failed replacement of this instance)".into()),
    }
}

fn output_changes(outputs: &[(&Arc<str>, &OutputChange)], secrets: &SecretTexts, paint: Paint) -> String {
    let width = outputs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut out = Lines::new(paint);
    for (name, change) in outputs {
        let hide = |v: &Value| match change.is_secret() {
            true => v.clone().mark(Marks::SENSITIVE),
            false => secrets.hide_whole(v.clone()),
        };
        let (before, after) = (change.before.as_ref().map(hide), change.after.as_ref().map(hide));
        diff::named(&mut out, 0, &format!("{name:width$}"), before.as_ref(), after.as_ref());
    }
    out.finish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use terrane_address::{Provider, ProviderConfig, parse_instance};
    use terrane_value::{Attribute, Block, Type};

    use super::*;

    /// A provider of things that have an id.
    struct Things;

    impl Schemas for Things {
        fn provider(&self, _: &Provider) -> Option<Arc<Schema>> {
            None
        }

        fn resource(&self, _: &Provider, _: Mode, _: &str) -> Option<Arc<Schema>> {
            let id = Attribute::computed(Type::String);
            let block = Block { attributes: [("id".into(), id)].into(), ..Block::default() };
            Some(Arc::new(Schema { version: 0, block }))
        }

        fn types(&self, _: &Provider, _: Mode) -> Vec<String> {
            Vec::new()
        }
    }

    #[test]
    fn what_is_forgotten_does_not_look_destroyed() {
        let step = Step {
            instance: parse_instance("thing.a").expect("an address"),
            deposed: None,
            provider: ProviderConfig::parse("provider[\"terraform.io/builtin/thing\"]").expect("a provider"),
            change: Change::Forget {
                prior: Value::object([("id", Value::from("x"))]),
                reason: terrane_plan::ForgetReason::Removed,
            },
            create_before_destroy: false,
            dependencies: Default::default(),
            moved_from: None,
            import: None,
            triggered: false,
        };
        let expect = r#"  # thing.a will no longer be managed by Terrane, but will not be destroyed
  . resource "thing" "a" {
        id = "x"
    }
"#;
        assert_eq!(one(&step, &Shapes::new(&Things, &SecretTexts::default()), Paint::colored(false)), expect);
    }
}
