//! `ignore_changes`: what configuration does not decide once an object exists.

use terrane_lang::IgnoreChanges;
use terrane_value::{Block, Kind, Path, Step, Value};

use crate::object::MarkedPaths;

/// The configuration with the prior object's values wherever changes are ignored.
pub(crate) fn ignore(rule: &IgnoreChanges, block: &Block, prior: &Value, config: Value) -> Value {
    match rule {
        IgnoreChanges::None => config,
        IgnoreChanges::All => everything(block, prior),
        IgnoreChanges::Paths(paths) => paths.iter().fold(config, |config, (path, _)| one(path, prior, config)),
    }
}

/// The marks of a configuration with those of the prior object wherever changes are ignored: what is kept of a secret stays
/// one, and what configuration does not decide it makes no secret.
pub(crate) fn marks(rule: &IgnoreChanges, prior: &Value, before: &MarkedPaths, marks: MarkedPaths) -> MarkedPaths {
    match rule {
        IgnoreChanges::None => marks,
        IgnoreChanges::All => before.clone(),
        IgnoreChanges::Paths(paths) => {
            paths.iter().fold(marks, |marks, (path, _)| marks_of_one(&Path(fitting(&path.0, prior)), before, marks))
        }
    }
}

fn marks_of_one(path: &Path, before: &MarkedPaths, mut marks: MarkedPaths) -> MarkedPaths {
    marks.retain(|(marked, _)| !marked.starts_with(path));
    marks.extend(before.iter().filter(|(marked, _)| marked.starts_with(path)).cloned());
    let above = before.iter().filter(|(marked, _)| marked != path && path.starts_with(marked));
    marks.extend(above.map(|(_, mark)| (path.clone(), *mark)));
    marks.sort_by(|a, b| a.0.cmp(&b.0));
    marks
}

/// The prior object without what only the provider sets.
fn everything(block: &Block, prior: &Value) -> Value {
    let Some(fields) = prior.fields() else { return prior.clone() };
    let fields = fields.map(|name, value| match block.attributes.get(name) {
        Some(attribute) if !attribute.optional && !attribute.required => Value::null(value.ty()),
        _ => value.clone(),
    });
    Value::from_kind(Kind::Object(fields))
}

fn one(path: &Path, prior: &Value, config: Value) -> Value {
    let steps = fitting(&path.0, prior);
    // An element that the object does not have: configuration does not add it.
    let part = prior.at(&steps);
    put(config, &steps, part)
}

/// The steps as the value has them: where it is of any type, `["x"]` may stand for an attribute.
fn fitting(steps: &[Step], value: &Value) -> Vec<Step> {
    let mut at = Some(value);
    let fit = |step: &Step| {
        let step = match (step, at.map(Value::kind)) {
            (Step::Index(key), Some(Kind::Object(_))) => key.as_str().map(|name| Step::Attr(name.into())),
            _ => None,
        }
        .unwrap_or_else(|| step.clone());
        at = at.and_then(|value| value.at(std::slice::from_ref(&step)));
        step
    };
    steps.iter().map(fit).collect()
}

/// A copy of the value with the part at `steps` replaced, or taken out of its map. What has no place stays out.
fn put(value: Value, steps: &[Step], part: Option<&Value>) -> Value {
    let Some((first, rest)) = steps.split_first() else { return part.cloned().unwrap_or(value) };
    let (bare, marks) = value.unmark();
    let changed = match (first, bare.kind()) {
        (Step::Attr(name), Kind::Object(fields)) => match fields.get(name) {
            Some(child) => Kind::Object(fields.with(name, put(child.clone(), rest, part))),
            None => return bare.mark(marks),
        },
        (Step::Index(key), Kind::Map(ty, fields)) => {
            let Some(key) = key.as_str() else { return bare.mark(marks) };
            match (fields.get(key), part, rest.is_empty()) {
                (_, None, true) => Kind::Map(ty.clone(), fields.without(key)),
                (_, Some(part), true) => Kind::Map(ty.clone(), fields.with(key, part.clone())),
                (Some(child), part, false) => Kind::Map(ty.clone(), fields.with(key, put(child.clone(), rest, part))),
                (None, _, false) => return bare.mark(marks),
            }
        }
        (Step::Index(key), Kind::Null(ty)) if rest.is_empty() && part.is_some() => {
            let (Some(key), Some(element), Some(part)) = (key.as_str(), ty.element(), part) else {
                return bare.mark(marks);
            };
            return Value::map(element.clone(), [(key, part.clone())]).mark(marks);
        }
        (Step::Index(key), Kind::List(_, values) | Kind::Tuple(values)) => {
            let index = key.as_i64().and_then(|i| usize::try_from(i).ok()).filter(|i| *i < values.len());
            let Some(index) = index else { return bare.mark(marks) };
            let mut values = values.to_vec();
            values[index] = put(values[index].clone(), rest, part);
            match bare.kind() {
                Kind::List(ty, _) => Kind::List(ty.clone(), values.into()),
                _ => Kind::Tuple(values.into()),
            }
        }
        _ => return bare.mark(marks),
    };
    Value::from_kind(changed).mark(marks)
}

#[cfg(test)]
mod tests {
    use terrane_value::{Marks, Type};

    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Value {
        let tags = Value::map(Type::String, pairs.iter().map(|(k, v)| (*k, Value::from(*v))));
        Value::object([("tags", tags), ("size", Value::from(pairs.len() as i64))])
    }

    #[test]
    fn parts_are_taken_from_the_object() {
        let prior = tags(&[("Name", "old"), ("Extra", "x")]);
        let config = tags(&[("Name", "new"), ("Own", "y"), ("Third", "z")]);
        let at = |key: &str| Path::root().attr("tags").key(key);
        let by = |path: Path| one(&path, &prior, config.clone());
        assert_eq!(by(at("Name")).get("tags"), tags(&[("Name", "old"), ("Own", "y"), ("Third", "z")]).get("tags"));
        assert_eq!(by(at("Own")).get("tags"), tags(&[("Name", "new"), ("Third", "z")]).get("tags"));
        assert_eq!(by(at("Extra")).get("tags").and_then(|t| t.get("Extra")), Some(&Value::from("x")));
        assert_eq!(by(Path::root().attr("tags")).get("tags"), prior.get("tags"));
        assert_eq!(by(Path::root().attr("size")).get("size"), Some(&Value::from(2)));
        assert_eq!(by(Path::root().attr("absent")), config);
    }

    #[test]
    fn an_attribute_may_be_named_as_an_element() {
        let any = |x: i64, y: i64| Value::object([("any", Value::object([("x", x.into()), ("y", y.into())]))]);
        assert_eq!(one(&Path::root().attr("any").key("x"), &any(1, 1), any(2, 2)), any(1, 2));
    }

    #[test]
    fn marks_stay_where_values_stay() {
        let marked =
            |paths: &[&Path]| paths.iter().map(|path| ((*path).clone(), Marks::SENSITIVE)).collect::<MarkedPaths>();
        let (tags, size) = (Path::root().attr("tags"), Path::root().attr("size"));
        let (name, own) = (tags.key("Name"), tags.key("Own"));
        let prior = self::tags(&[("Name", "x"), ("Own", "y")]);
        let nowhere = terrane_source::Span::new(terrane_source::Files::new().add("main.tf", ""), 0, 0);
        let ignored = |path: &Path, before: &[&Path], now: &[&Path]| {
            let rule = IgnoreChanges::Paths(vec![(path.clone(), nowhere)]);
            marks(&rule, &prior, &marked(before), marked(now))
        };
        assert_eq!(ignored(&tags, &[], &[&name, &size]), marked(&[&size]));
        assert_eq!(ignored(&tags, &[&name], &[]), marked(&[&name]));
        assert_eq!(ignored(&name, &[&tags], &[&own]), marked(&[&name, &own]));
        assert_eq!(marks(&IgnoreChanges::All, &prior, &marked(&[&name]), marked(&[&size])), marked(&[&name]));
    }
}
