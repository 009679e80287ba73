//! What has changed outside, as people read it.

use std::fmt::Write;

use terrane_lang::Schemas;
use terrane_plan::{Drift, Plan, PlanMode};
use terrane_value::{Kind, Step, Value};

use super::diff;
use super::json::marked;
use super::lines::{Lines, Paint, Symbol};
use super::secrets::SecretTexts;

/// The attributes that hold tags.
const TAGS: [&str; 2] = ["tags", "tags_all"];

/// Writes what has changed outside since the last run: for a refresh all of it, else what the plan's changes come from.
/// Nothing if nothing has. Objects of which only tags have changed are told in one line.
pub fn section(plan: &Plan, schemas: &dyn Schemas, secrets: &SecretTexts, paint: Paint) -> String {
    let all = plan.options.mode == PlanMode::RefreshOnly;
    let told = plan.drift.iter().filter(|drift| all || !drift.relevant.is_empty());
    let (tagged, others): (Vec<&Drift>, Vec<&Drift>) = told.partition(|drift| only_tags(drift));
    if tagged.is_empty() && others.is_empty() {
        return String::new();
    }
    let mut text = match all {
        true => "\nThese objects have changed outside of Terrane:\n".to_owned(),
        false => {
            "\nThese objects have changed outside of Terrane since the last apply, which may have led to this plan:\n"
                .into()
        }
    };
    others.iter().for_each(|drift| text += &one(plan, drift, all, (schemas, secrets), paint));
    if !tagged.is_empty() {
        let names: Vec<String> = tagged.iter().map(|drift| tags(drift)).collect();
        let _ = writeln!(text, "\n  {} {}", paint.bold("# Only tags have changed:"), names.join(", "));
    }
    text += match all {
        true => "\nThis is a refresh-only plan: applying it writes these changes to the state and changes no object.\n",
        false => {
            "\nUnless the configuration was changed in the same way, or ignores these attributes with ignore_changes, the plan\nbelow undoes these changes or responds to them.\n"
        }
    };
    text
}

fn one(
    plan: &Plan,
    drift: &Drift,
    all: bool,
    (schemas, secrets): (&dyn Schemas, &SecretTexts),
    paint: Paint,
) -> String {
    let resource = &drift.instance.resource.resource;
    let provider = plan.prior.resources.get(&drift.instance.resource).map(|state| &state.provider.provider);
    let schema = provider.and_then(|provider| schemas.resource(provider, resource.mode, &resource.ty));
    let (what, symbol) = match drift.after {
        Some(_) => ("has changed", Symbol::Update),
        None => ("has been deleted", Symbol::Delete),
    };
    let mut text = format!("\n  {} {what}\n", paint.bold(&format!("# {}", drift.instance)));
    let mut out = Lines::new(paint);
    out.push(0, symbol, &format!("resource \"{}\" \"{}\" {{", resource.ty, resource.name));
    let after = drift.after.as_ref().map(|after| if all { after.clone() } else { relevant(drift, after) });
    let schema = schema.unwrap_or_default();
    let hide = |object: &Value| secrets.hide(marked(object, &schema.block));
    diff::body(&mut out, 1, Some(&hide(&drift.before)), after.as_ref().map(hide).as_ref(), &schema.block, &[]);
    out.push(0, Symbol::None, "}");
    text += &out.finish();
    text
}

/// The object as it was, with those attributes as they are now that the plan's changes come from.
fn relevant(drift: &Drift, after: &Value) -> Value {
    let names = |name: &str| {
        drift.relevant.iter().any(|path| match path.0.first() {
            Some(Step::Attr(first)) => **first == *name,
            _ => true,
        })
    };
    let Some(fields) = drift.before.fields() else { return after.clone() };
    let fields = fields.map(|name, before| match names(name) {
        true => after.get(name).cloned().unwrap_or_else(|| before.clone()),
        false => before.clone(),
    });
    Value::from_kind(Kind::Object(fields))
}

fn only_tags(drift: &Drift) -> bool {
    let (Some(before), Some(after)) = (drift.before.fields(), drift.after.as_ref().and_then(Value::fields)) else {
        return false;
    };
    let mut differing = before.iter().filter(|(name, value)| after.get(name) != Some(*value)).peekable();
    differing.peek().is_some() && differing.all(|(name, _)| TAGS.contains(&&**name))
}

/// The address of an object with the keys of the tags that have changed.
fn tags(drift: &Drift) -> String {
    let mut keys: Vec<String> = Vec::new();
    for name in TAGS {
        let of = |value: Option<&Value>| value.and_then(|value| value.get(name)).cloned();
        let (before, after) = (of(Some(&drift.before)), of(drift.after.as_ref()));
        let both = [&before, &after];
        let all =
            both.into_iter().flatten().filter_map(Value::fields).flat_map(|f| f.iter().map(|(key, _)| key.to_string()));
        for key in all {
            let at = |value: &Option<Value>| value.as_ref().and_then(|value| value.get(&key)).cloned();
            if at(&before) != at(&after) && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    match keys.is_empty() {
        true => drift.instance.to_string(),
        false => format!("{} ({})", drift.instance, keys.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::parse_instance;
    use terrane_value::Type;

    use super::*;

    fn drift(before: &[(&str, &str)], after: &[(&str, &str)], size: i64) -> Drift {
        let object = |tags: &[(&str, &str)], size: i64| {
            let tags = Value::map(Type::String, tags.iter().map(|(k, v)| (*k, Value::from(*v))));
            Value::object([("tags", tags), ("size", Value::from(size))])
        };
        Drift {
            instance: parse_instance("t.x").unwrap(),
            deposed: None,
            before: object(before, 1),
            after: Some(object(after, size)),
            relevant: Vec::new(),
        }
    }

    #[test]
    fn tags_are_told_apart_from_the_rest() {
        let tagged = drift(&[("Name", "a"), ("Owner", "x")], &[("Name", "b"), ("Team", "y"), ("Owner", "x")], 1);
        assert!(only_tags(&tagged));
        assert_eq!(tags(&tagged), "t.x (Name, Team)");
        assert!(!only_tags(&drift(&[("Name", "a")], &[("Name", "b")], 2)));
        assert!(!only_tags(&drift(&[], &[], 1)));
    }

    #[test]
    fn only_what_matters_is_shown() {
        let mut both = drift(&[("Name", "a")], &[("Name", "b")], 2);
        both.relevant = vec![terrane_value::Path::root().attr("size")];
        let shown = relevant(&both, both.after.as_ref().unwrap());
        assert_eq!(shown.get("size"), Some(&Value::from(2)));
        assert_eq!(shown.get("tags"), both.before.get("tags"));
    }
}
