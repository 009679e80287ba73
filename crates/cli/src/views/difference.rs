//! What two states differ in, as people read it.

use std::fmt::Write;
use std::sync::Arc;

use terrane_address::Mode;
use terrane_lang::Schemas;
use terrane_state::compare::{self, Difference, Held};
use terrane_state::{OutputValue, Snapshot};
use terrane_value::json::{from_json, json_decode};
use terrane_value::{Attribute, Block, Marks, Type, Value};

use super::diff;
use super::json::marked;
use super::lines::{Lines, Paint, Symbol};
use super::secrets::SecretTexts;

/// The values of an object in both states, and their shape.
pub struct Sides {
    /// The value in the first state.
    pub before: Option<Value>,
    /// The value in the second.
    pub after: Option<Value>,
    /// Their shape.
    pub block: Block,
}

impl Sides {
    /// The values as their provider shapes them; as they are stored if it is not at hand, or one of them has another form.
    pub fn of(object: &Difference<'_>, schemas: &dyn Schemas) -> Sides {
        let resource = &object.instance.resource.resource;
        let held = object.after.as_ref().or(object.before.as_ref());
        let schema = held.and_then(|held| schemas.resource(&held.provider.provider, resource.mode, &resource.ty));
        schema.and_then(|schema| Sides::shaped(object, &schema.block)).unwrap_or_else(|| Sides::stored(object))
    }

    fn shaped(object: &Difference<'_>, block: &Block) -> Option<Sides> {
        let ty = block.implied_type();
        let one = |held: &Option<Held<'_>>| held.as_ref().map(|held| held.object.decode(&ty)).transpose().ok();
        Some(Sides { before: one(&object.before)?, after: one(&object.after)?, block: block.clone() })
    }

    fn stored(object: &Difference<'_>) -> Sides {
        let one = |held: &Option<Held<'_>>| {
            let object = held.as_ref()?.object;
            let marks: Vec<_> = object.sensitive.iter().map(|path| (path.clone(), Marks::SENSITIVE)).collect();
            Some(json_decode(&object.attributes).ok()?.mark_at(&marks))
        };
        let (before, after) = (one(&object.before), one(&object.after));
        let names = [&before, &after].into_iter().flatten().filter_map(Value::fields);
        let names = names.flat_map(|fields| fields.iter().map(|(name, _)| name.clone()));
        let attributes = names.map(|name: Arc<str>| (name, Attribute::optional_computed(Type::Any))).collect();
        Sides { before, after, block: Block { attributes, ..Block::default() } }
    }
}

/// The value of an output, with its mark.
pub fn output_value(output: &OutputValue) -> Value {
    let value = from_json(&output.json, &output.ty).unwrap_or_else(|_| Value::null(Type::Any));
    if output.sensitive { value.mark(Marks::SENSITIVE) } else { value }
}

/// Writes all differences and how many there are; `None` if there is none.
pub fn text(before: &Snapshot, after: &Snapshot, schemas: &dyn Schemas, paint: Paint) -> Option<String> {
    let objects = compare::objects(before, after);
    let outputs = compare::outputs(before, after);
    if objects.is_empty() && outputs.is_empty() {
        return None;
    }
    let mut secrets = SecretTexts::of_state(before, schemas);
    secrets.extend(SecretTexts::of_state(after, schemas));
    let mut text = String::new();
    for object in &objects {
        let _ = writeln!(text, "\n{}", one(object, schemas, &secrets, paint).trim_end());
    }
    if !outputs.is_empty() {
        let width = outputs.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        let mut lines = Lines::new(paint);
        for (name, before, after) in &outputs {
            let value = |output: &OutputValue| secrets.hide_whole(output_value(output));
            let (before, after) = (before.map(value), after.map(value));
            diff::named(&mut lines, 0, &format!("{name:width$}"), before.as_ref(), after.as_ref());
        }
        let _ = write!(text, "\nOutputs:\n{}", lines.finish());
    }
    let _ = writeln!(text, "\n{}", paint.bold(&counts(&objects, outputs.len())));
    Some(text)
}

fn counts(objects: &[Difference<'_>], outputs: usize) -> String {
    let of = |change: fn(&Difference<'_>) -> bool| objects.iter().filter(|object| change(object)).count();
    let parts = [
        (of(|o| o.before.is_none()), "new"),
        (of(|o| o.before.is_some() && o.after.is_some() && o.moved_from.is_none()), "changed"),
        (of(|o| o.after.is_none()), "gone"),
        (of(|o| o.moved_from.is_some()), "moved"),
    ];
    let some: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let mut all = Vec::new();
    if !some.is_empty() {
        all.push(format!("Objects: {}.", some.join(", ")));
    }
    if outputs > 0 {
        all.push(format!("Outputs: {outputs} changed."));
    }
    all.join(" ")
}

fn one(object: &Difference<'_>, schemas: &dyn Schemas, secrets: &SecretTexts, paint: Paint) -> String {
    let sides = Sides::of(object, schemas);
    let resource = &object.instance.resource.resource;
    let (what, symbol) = match (&object.before, &object.after) {
        (None, _) => ("is new".to_owned(), Symbol::Create),
        (_, None) => ("is gone".to_owned(), Symbol::Delete),
        _ => match &object.moved_from {
            Some(from) => (format!("has moved from {from}"), Symbol::None),
            None => ("has changed".to_owned(), Symbol::Update),
        },
    };
    let deposed = object.deposed.as_ref().map(|key| format!(" (deposed object {key})")).unwrap_or_default();
    let mut text = format!("  {} {what}\n", paint.bold(&format!("# {}{deposed}", object.instance)));
    if let (Some(before), Some(after)) = (&object.before, &object.after) {
        beside(before, after).iter().for_each(|line| text += &format!("  # ({line})\n"));
    }
    let word = if resource.mode == Mode::Data { "data" } else { "resource" };
    let mut out = Lines::new(paint);
    out.push(0, symbol, &format!("{word} \"{}\" \"{}\" {{", resource.ty, resource.name));
    let hide = |value: &Value| secrets.hide(marked(value, &sides.block));
    let (before, after) = (sides.before.as_ref().map(hide), sides.after.as_ref().map(hide));
    diff::body(&mut out, 1, before.as_ref(), after.as_ref(), &sides.block, &[]);
    out.push(0, Symbol::None, "}");
    text + &out.finish()
}

/// What differs beside the attributes.
fn beside(before: &Held<'_>, after: &Held<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let (a, b) = (before.object, after.object);
    let mut flag = |name: &str, a: bool, b: bool| match (a, b) {
        (false, true) => lines.push(format!("{name} now")),
        (true, false) => lines.push(format!("no longer {name}")),
        _ => {}
    };
    flag("tainted", a.tainted, b.tainted);
    flag("prevent_destroy", a.prevent_destroy, b.prevent_destroy);
    flag("skip_destroy", a.skip_destroy, b.skip_destroy);
    flag("create_before_destroy", a.create_before_destroy, b.create_before_destroy);
    if before.provider != after.provider {
        lines.push(format!("provider: {} -> {}", before.provider, after.provider));
    }
    if a.dependencies != b.dependencies {
        let names = |object: &terrane_state::StoredObject| {
            object.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        lines.push(format!("depends on: [{}] -> [{}]", names(a), names(b)));
    }
    if a.schema_version != b.schema_version {
        lines.push(format!("schema version: {} -> {}", a.schema_version, b.schema_version));
    }
    lines
}
