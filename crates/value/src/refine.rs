//! What is known of unknown values.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{Kind, Marks, Number, Type, Value};

/// Greatest length for which an unknown list becomes a list of unknown elements.
const SPELLED_OUT: u64 = 1024;

/// What is already known of an unknown value; the least is "nothing".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refinement {
    /// It is certain not to be null.
    pub not_null: bool,
    /// The text it is certain to begin with.
    pub prefix: Option<Arc<str>>,
    /// The least and greatest number of elements.
    pub length: Option<(u64, Option<u64>)>,
    /// The range a number is certain to be in.
    pub bounds: Option<Arc<Bounds>>,
    /// Whose value it is going to be.
    pub promise: Promise,
}

/// A name for what is going to be told: unknown values of one promise are one value.
///
/// It goes wherever the value goes and ends where something else is made of it. It says nothing about the value, so all
/// promises are equal, and none is written where values are.
#[derive(Clone, Debug, Default)]
pub struct Promise(Option<Arc<str>>);

impl Promise {
    /// The promise of that name.
    pub fn new(name: impl Into<Arc<str>>) -> Promise {
        Promise(Some(name.into()))
    }

    /// Its name, if there is a promise.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl PartialEq for Promise {
    fn eq(&self, _: &Promise) -> bool {
        true
    }
}

impl Eq for Promise {}

impl PartialOrd for Promise {
    fn partial_cmp(&self, other: &Promise) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Promise {
    fn cmp(&self, _: &Promise) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for Promise {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A range of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bounds {
    /// Where it begins.
    pub least: Option<Bound>,
    /// Where it ends.
    pub most: Option<Bound>,
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bound {
    /// The number there.
    pub at: Number,
    /// Whether that number itself is in the range.
    pub inclusive: bool,
}

impl Bound {
    /// An end that is itself in the range.
    pub fn inclusive(at: Number) -> Bound {
        Bound { at, inclusive: true }
    }
}

impl Refinement {
    /// Certain not to be null.
    pub fn not_null() -> Refinement {
        Refinement { not_null: true, ..Refinement::default() }
    }

    /// Certain to be what a promise is about, be that null.
    pub fn promise(promise: Promise) -> Refinement {
        Refinement { promise, ..Refinement::default() }
    }

    /// Certain not to be null, and to begin with a text.
    ///
    /// The text must not end in the middle of what normalisation would join with its successor.
    pub fn prefix(text: impl Into<Arc<str>>) -> Refinement {
        Refinement { prefix: Some(text.into()), ..Refinement::not_null() }
    }

    /// Certain not to be null, and to have a number of elements in a range.
    pub fn length(least: u64, most: Option<u64>) -> Refinement {
        Refinement { length: Some((least, most)), ..Refinement::not_null() }
    }

    /// Certain not to be null, and to be a number in a range.
    pub fn bounds(least: Option<Bound>, most: Option<Bound>) -> Refinement {
        let bounds = (least.is_some() || most.is_some()).then(|| Arc::new(Bounds { least, most }));
        Refinement { bounds, ..Refinement::not_null() }
    }

    /// Whether a value, of which parts may be unknown, certainly is not what this speaks of.
    pub fn excludes(&self, value: &Value) -> bool {
        match value.kind() {
            Kind::Null(_) => self.not_null,
            Kind::String(s) => self.prefix.as_ref().is_some_and(|prefix| !s.starts_with(&**prefix)),
            Kind::Number(n) => self.bounds.as_ref().is_some_and(|bounds| bounds.excludes(n)),
            Kind::Set(_, values) if !value.is_wholly_known() => self.excludes_length(1, values.len()),
            Kind::List(_, values) | Kind::Set(_, values) => self.excludes_length(values.len(), values.len()),
            Kind::Map(_, fields) => self.excludes_length(fields.len(), fields.len()),
            Kind::Unknown(..) | Kind::Bool(_) | Kind::Tuple(_) | Kind::Object(_) => false,
        }
    }

    fn excludes_length(&self, least: usize, most: usize) -> bool {
        self.length.is_some_and(|(from, to)| (most as u64) < from || to.is_some_and(|to| least as u64 > to))
    }

    /// What is known if both are true.
    pub fn and(self, other: Refinement) -> Refinement {
        Refinement {
            not_null: self.not_null || other.not_null,
            prefix: either(self.prefix, other.prefix, |a, b| if a.len() >= b.len() { a } else { b }),
            length: either(self.length, other.length, |a, b| (a.0.max(b.0), either(a.1, b.1, u64::min))),
            bounds: either(self.bounds, other.bounds, |a, b| Arc::new(a.and(&b))),
            promise: Promise(self.promise.0.or(other.promise.0)),
        }
    }

    /// The one value of a type that this leaves, as far as it can be told.
    fn only(&self, ty: &Type) -> Option<Value> {
        if !self.not_null {
            return None;
        }
        let length = self.length.filter(|(least, most)| *most == Some(*least)).map(|(least, _)| least);
        match (ty, length) {
            (Type::Number, _) => self.bounds.as_ref()?.only().map(Value::from),
            (Type::List(t), Some(n)) if n <= SPELLED_OUT => {
                Some(Value::list((**t).clone(), (0..n).map(|_| Value::unknown((**t).clone()))))
            }
            (Type::Set(t), Some(n)) if n <= 1 => {
                Some(Value::set((**t).clone(), (0..n).map(|_| Value::unknown((**t).clone()))))
            }
            (Type::Map(t), Some(0)) => Some(Value::map::<Arc<str>>((**t).clone(), [])),
            _ => None,
        }
    }
}

impl Bounds {
    /// Whether a number is outside.
    pub fn excludes(&self, number: &Number) -> bool {
        let below = |b: &Bound| *number < b.at || (*number == b.at && !b.inclusive);
        let above = |b: &Bound| *number > b.at || (*number == b.at && !b.inclusive);
        self.least.as_ref().is_some_and(below) || self.most.as_ref().is_some_and(above)
    }

    fn and(&self, other: &Bounds) -> Bounds {
        let tighter = |a: Bound, b: Bound, a_first: bool| match a.at == b.at {
            true => Bound { inclusive: a.inclusive && b.inclusive, ..a },
            false if a_first => a,
            false => b,
        };
        let later = |a: Bound, b: Bound| {
            let first = a.at > b.at;
            tighter(a, b, first)
        };
        let earlier = |a: Bound, b: Bound| {
            let first = a.at < b.at;
            tighter(a, b, first)
        };
        Bounds {
            least: either(self.least.clone(), other.least.clone(), later),
            most: either(self.most.clone(), other.most.clone(), earlier),
        }
    }

    fn only(&self) -> Option<Number> {
        match (&self.least, &self.most) {
            (Some(a), Some(b)) if a.at == b.at && a.inclusive && b.inclusive => Some(a.at.clone()),
            _ => None,
        }
    }
}

fn either<T>(a: Option<T>, b: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (a, b) => a.or(b),
    }
}

impl Value {
    /// The value with more known of it, if it is unknown: the value itself if only one is left.
    ///
    /// A list of certain length becomes a list of unknown elements. Nothing is kept of values of unknown type.
    pub fn refine(self, more: Refinement) -> Value {
        let Kind::Unknown(ty, known) = self.kind() else { return self };
        if *ty == Type::Any {
            return self;
        }
        let marks: Marks = self.marks();
        let known = Refinement::clone(known).and(more);
        let value = known.only(ty).unwrap_or_else(|| Value::unknown_refined(ty.clone(), known));
        value.mark(marks)
    }

    /// The name of the promise that an unknown value is about.
    pub fn promised(&self) -> Option<&str> {
        match self.kind() {
            Kind::Unknown(_, known) => known.promise.name(),
            _ => None,
        }
    }

    /// Whether it is certain not to be null.
    pub fn is_certainly_not_null(&self) -> bool {
        match self.kind() {
            Kind::Null(_) => false,
            Kind::Unknown(_, known) => known.not_null,
            _ => true,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_goes_with_its_value_and_tells_no_two_apart() {
        let promised = |name: &str| Value::unknown(Type::String).refine(Refinement::promise(Promise::new(name)));
        let id = promised("a");
        assert_eq!(id, promised("b"));
        assert_eq!(id, Value::unknown(Type::String));
        let group = Value::object([("id", id.clone()), ("name", Value::string("web"))]);
        let list = Value::list(Type::String, [group.get("id").unwrap().clone().mark(Marks::SENSITIVE)]);
        let kept = crate::convert(&list, &Type::set(Type::String)).unwrap();
        assert_eq!(kept.elements().unwrap()[0].promised(), Some("a"));
        assert_eq!(id.refine(Refinement::not_null()).promised(), Some("a"));
        assert_eq!(crate::convert(&promised("a"), &Type::Number).unwrap().promised(), None);
    }
}
