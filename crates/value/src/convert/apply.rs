//! Going the way that was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rule::{Conversion, Part, Rule};
use super::{ConvertError, convert, mismatch, unify};
use crate::{Fields, Kind, Path, Refinement, Step, Type, Value};

impl Conversion {
    /// The value converted; `path` is where it is.
    pub fn apply(&self, value: &Value, path: &mut Path) -> Result<Value, ConvertError> {
        if self.to == Type::Any {
            return Ok(value.clone());
        }
        let marks = value.marks();
        let converted = match value.kind() {
            Kind::Unknown(from, known) => Value::unknown(self.result_type(from)).refine(carry(known, from, &self.to)),
            Kind::Null(from) => Value::null(self.result_type(from)),
            _ => self.apply_known(value, path)?,
        };
        Ok(converted.mark(marks))
    }

    fn result_type(&self, from: &Type) -> Type {
        replace_any(from, &self.to.without_optional())
    }

    fn apply_known(&self, value: &Value, path: &mut Path) -> Result<Value, ConvertError> {
        match (&self.rule, value.kind()) {
            (Rule::Late, _) => convert(value, &self.to).map_err(|e| below(path, e)),
            (Rule::NumberToString, Kind::Number(n)) => Ok(Value::string(n.to_string())),
            (Rule::BoolToString, Kind::Bool(b)) => Ok(Value::from(if *b { "true" } else { "false" })),
            (Rule::StringToNumber, Kind::String(s)) => string_to_number(s, path),
            (Rule::StringToBool, Kind::String(s)) => string_to_bool(s, path),
            (Rule::Attributes(parts), Kind::Object(fields)) => self.attributes(parts, fields, path),
            (Rule::Keys(parts), Kind::Map(_, fields)) => self.keys(parts, fields, path),
            (Rule::Places(parts), Kind::Tuple(values)) => {
                let converted = places(values, |i| parts.get(i).and_then(Option::as_deref), path)?;
                self.sequence(converted, path)
            }
            (Rule::Elements(part), Kind::List(_, values) | Kind::Set(_, values)) => {
                let converted = places(values, |_| part.as_deref(), path)?;
                self.sequence_from(converted, value, path)
            }
            (Rule::Elements(part), Kind::Map(_, fields)) => {
                let converted = named(fields, |_| part.as_deref(), path)?;
                self.map(converted, path)
            }
            (Rule::Names(parts), Kind::Object(fields)) => {
                let converted = named(fields, |n| parts.get(n).and_then(Option::as_deref), path)?;
                self.map(converted, path)
            }
            _ => Ok(value.clone()),
        }
    }

    /// An object of the attributes that are wanted, absent ones null.
    fn attributes(
        &self,
        parts: &BTreeMap<Arc<str>, Part>,
        fields: &Fields,
        path: &mut Path,
    ) -> Result<Value, ConvertError> {
        let Type::Object(to) = &self.to else { return fail(path, mismatch(&self.from, &self.to)) };
        let mut converted = Vec::with_capacity(to.attributes.len());
        for (name, ty) in &to.attributes {
            let value = match (parts.get(name), fields.get(name)) {
                (Some(part), Some(value)) => step(part.as_deref(), value, Step::Attr(name.clone()), path)?,
                _ => Value::null(ty.without_optional()),
            };
            converted.push((name.clone(), value));
        }
        Ok(Value::object(converted))
    }

    /// An object of the elements of a map that are wanted, absent optional ones null.
    fn keys(
        &self,
        parts: &BTreeMap<Arc<str>, Result<Part, ()>>,
        fields: &Fields,
        path: &mut Path,
    ) -> Result<Value, ConvertError> {
        let Type::Object(to) = &self.to else { return fail(path, mismatch(&self.from, &self.to)) };
        let mut converted = Vec::with_capacity(to.attributes.len());
        for (name, ty) in &to.attributes {
            let value = match (fields.get(name), parts.get(name)) {
                (Some(value), Some(Ok(part))) => {
                    step(part.as_deref(), value, Step::Index(Value::string(name.clone())), path)?
                }
                (Some(value), _) => {
                    let why = mismatch(&value.ty(), ty);
                    return fail(path, format!("map element type is incompatible with attribute {name:?}: {why}"));
                }
                (None, _) if to.optional.contains(name) => Value::null(ty.without_optional()),
                (None, _) => return fail(path, format!("map has no element for required attribute {name:?}")),
            };
            converted.push((name.clone(), value));
        }
        Ok(Value::object(converted))
    }

    /// The list or set of the elements of another; unknown if the order or number of elements is not known.
    fn sequence_from(&self, values: Vec<Value>, from: &Value, path: &mut Path) -> Result<Value, ConvertError> {
        let unordered = matches!(from.kind(), Kind::Set(..)) && matches!(self.to, Type::List(_));
        if unordered && !values.iter().all(Value::is_wholly_known) && values.len() > 1 {
            let known = Refinement::length(1, Some(values.len() as u64));
            return Ok(Value::unknown(self.result_type(&from.ty())).refine(known));
        }
        if values.is_empty() {
            let empty = replace_any(&self.from, &self.to.without_optional());
            let element = empty.element().cloned().unwrap_or(Type::Any);
            return Ok(if matches!(empty, Type::Set(_)) { Value::set(element, []) } else { Value::list(element, []) });
        }
        self.sequence(values, path)
    }

    /// A list, set or tuple of converted elements.
    fn sequence(&self, values: Vec<Value>, path: &mut Path) -> Result<Value, ConvertError> {
        match &self.to {
            Type::List(element) => {
                let (element, values) = alike(element, values, "list", path, |i| Step::Index(Value::from(i as i64)))?;
                Ok(Value::list(element, values))
            }
            Type::Set(element) => {
                let (element, values) = alike(element, values, "set", path, |i| Step::Index(Value::from(i as i64)))?;
                Ok(Value::set(element, values))
            }
            _ => Ok(Value::tuple(values)),
        }
    }

    fn map(&self, named: Vec<(Arc<str>, Value)>, path: &mut Path) -> Result<Value, ConvertError> {
        let result = self.to.without_optional();
        let element = result.element().cloned().unwrap_or(Type::Any);
        if named.is_empty() {
            let element = match (&element, &self.from) {
                (Type::Any, Type::Map(from)) => (**from).clone(),
                _ => element,
            };
            return Ok(Value::map::<Arc<str>>(element, []));
        }
        let (names, values): (Vec<_>, Vec<_>) = named.into_iter().unzip();
        let at = |i: usize| Step::Index(names.get(i).map_or_else(Value::dynamic, |n| Value::string(n.clone())));
        let (element, values) = alike(&element, values, "map", path, at)?;
        Ok(Value::map(element, names.into_iter().zip(values)))
    }
}

fn fail<T>(path: &Path, message: impl Into<String>) -> Result<T, ConvertError> {
    Err(ConvertError::new(path.clone(), message))
}

fn below(path: &Path, error: ConvertError) -> ConvertError {
    let steps = path.0.iter().cloned().chain(error.path.0).collect();
    ConvertError::new(Path(steps), error.message)
}

fn string_to_number(text: &str, path: &Path) -> Result<Value, ConvertError> {
    text.parse::<crate::Number>().map(Value::from).or_else(|e| fail(path, e.to_string()))
}

fn string_to_bool(text: &str, path: &Path) -> Result<Value, ConvertError> {
    match text {
        "true" | "1" => Ok(Value::from(true)),
        "false" | "0" => Ok(Value::from(false)),
        _ => match text.to_lowercase().as_str() {
            word @ ("true" | "false") => {
                fail(path, format!("a bool is required; to convert from string, use lowercase \"{word}\""))
            }
            _ => fail(path, "a bool is required"),
        },
    }
}

fn step(part: Option<&Conversion>, value: &Value, at: Step, path: &mut Path) -> Result<Value, ConvertError> {
    let Some(conversion) = part else { return Ok(value.clone()) };
    path.0.push(at);
    let converted = conversion.apply(value, path);
    path.0.pop();
    converted
}

fn places<'c>(
    values: &[Value],
    part: impl Fn(usize) -> Option<&'c Conversion>,
    path: &mut Path,
) -> Result<Vec<Value>, ConvertError> {
    let each = values.iter().enumerate();
    each.map(|(i, value)| step(part(i), value, Step::Index(Value::from(i as i64)), path)).collect()
}

fn named<'c>(
    fields: &Fields,
    part: impl Fn(&str) -> Option<&'c Conversion>,
    path: &mut Path,
) -> Result<Vec<(Arc<str>, Value)>, ConvertError> {
    let one = |(name, value): (&Arc<str>, &Value)| {
        let converted = step(part(name), value, Step::Index(Value::string(name.clone())), path)?;
        Ok((name.clone(), converted))
    };
    fields.iter().map(one).collect()
}

/// The one type of all elements, and the elements converted to it. Only `Any` in `element` leaves them apart.
pub(crate) fn alike(
    element: &Type,
    values: Vec<Value>,
    kind: &str,
    path: &mut Path,
    at: impl Fn(usize) -> Step,
) -> Result<(Type, Vec<Value>), ConvertError> {
    let element = element.without_optional();
    if !element.has_any() {
        return Ok((element, values));
    }
    let types: Vec<Type> = values.iter().map(Value::ty).collect();
    let Some(united) = (if types.is_empty() { Some(element) } else { common(&types) }) else {
        return fail(path, format!("element types must all match for conversion to {kind}"));
    };
    let mut converted = Vec::with_capacity(values.len());
    for (i, (value, ty)) in values.iter().zip(&types).enumerate() {
        let conversion = if *ty == united { None } else { Conversion::between(ty, &united) };
        converted.push(step(conversion.as_ref(), value, at(i), path)?);
    }
    Ok((united, converted))
}

/// The one type of elements of which only those that are null or unknown may have none yet.
fn common(types: &[Type]) -> Option<Type> {
    let typed: Vec<Type> = types.iter().filter(|t| **t != Type::Any).cloned().collect();
    if typed.is_empty() { Some(Type::Any) } else { unify(&typed).filter(|t| *t != Type::Any) }
}

/// What stays known of an unknown value when it is converted.
fn carry(known: &Refinement, from: &Type, to: &Type) -> Refinement {
    let not_null = known.not_null;
    let length = match (from, to) {
        (Type::Object(o), Type::Map(_)) => exactly(o.attributes.len()),
        (Type::Tuple(ts), Type::List(_)) => exactly(ts.len()),
        (Type::Tuple(ts), Type::Set(_)) => Some((ts.len().min(1) as u64, Some(ts.len() as u64))),
        (f, Type::Set(_)) if f.is_collection() => known.length.map(|(least, most)| (least.min(1), most)),
        (f, t) if f.is_collection() && t.is_collection() => known.length,
        _ => None,
    };
    Refinement { not_null, length, ..Refinement::default() }
}

fn exactly(count: usize) -> Option<(u64, Option<u64>)> {
    Some((count as u64, Some(count as u64)))
}

/// `to` with each `Any` in it replaced by what is at that place of `from`.
fn replace_any(from: &Type, to: &Type) -> Type {
    if !to.has_any() || *from == Type::Any {
        return to.clone();
    }
    match (from, to) {
        (_, Type::Any) => from.clone(),
        (Type::Map(f), Type::Map(t)) => Type::map(replace_any(f, t)),
        (Type::Object(f), Type::Map(t)) => Type::map(replace_any_by_all(f.attributes.values(), t)),
        (Type::List(f) | Type::Set(f), Type::List(t)) => Type::list(replace_any(f, t)),
        (Type::List(f) | Type::Set(f), Type::Set(t)) => Type::set(replace_any(f, t)),
        (Type::Tuple(f), Type::List(t)) => Type::list(replace_any_by_all(f.iter(), t)),
        (Type::Tuple(f), Type::Set(t)) => Type::set(replace_any_by_all(f.iter(), t)),
        (Type::Tuple(f), Type::Tuple(t)) => Type::tuple(f.iter().zip(t.iter()).map(|(f, t)| replace_any(f, t))),
        (Type::Map(f), Type::Object(t)) => {
            Type::object(t.attributes.iter().map(|(n, t)| (n.clone(), replace_any(f, t))))
        }
        (Type::Object(f), Type::Object(t)) => {
            let one =
                |(n, t): (&Arc<str>, &Type)| (n.clone(), f.attributes.get(n).map_or(t.clone(), |f| replace_any(f, t)));
            Type::object(t.attributes.iter().map(one))
        }
        _ => to.clone(),
    }
}

fn replace_any_by_all<'t>(from: impl Iterator<Item = &'t Type>, to: &Type) -> Type {
    let types: Vec<Type> = from.cloned().collect();
    unify(&types).map_or_else(|| to.clone(), |united| replace_any(&united, to))
}
