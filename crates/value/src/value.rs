//! Values: what expressions evaluate to and objects are made of.

use std::sync::Arc;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{Fields, Marks, Number, Path, Refinement, Step, Type};

/// A value with its marks. Cloning bumps a count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    kind: Kind,
    marks: Marks,
}

/// What a value is, apart from its marks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// No value of that type.
    Null(Type),
    /// A value of that type which is known only after apply. What more is known of it takes up room only there.
    Unknown(Type, Box<Refinement>),
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text in normal form C.
    String(Arc<str>),
    /// Elements in order, with their common type.
    List(Type, Arc<[Value]>),
    /// Distinct elements in their canonical order, without marks, with their common type.
    Set(Type, Arc<[Value]>),
    /// Elements by key, with their common type.
    Map(Type, Fields),
    /// Elements in order.
    Tuple(Arc<[Value]>),
    /// Attributes by name.
    Object(Fields),
}

impl Value {
    fn of(kind: Kind) -> Value {
        Value { kind, marks: Marks::NONE }
    }

    /// The null of a type.
    pub fn null(ty: Type) -> Value {
        Value::of(Kind::Null(ty))
    }

    /// An unknown value of a type.
    pub fn unknown(ty: Type) -> Value {
        Value::unknown_refined(ty, Refinement::default())
    }

    /// An unknown value of a type that is certain not to be null.
    pub fn unknown_not_null(ty: Type) -> Value {
        Value::unknown_refined(ty, Refinement::not_null())
    }

    /// An unknown value of which something is known.
    pub fn unknown_refined(ty: Type, refinement: Refinement) -> Value {
        Value::of(Kind::Unknown(ty, Box::new(refinement)))
    }

    /// An unknown value of an unknown type.
    pub fn dynamic() -> Value {
        Value::unknown(Type::Any)
    }

    /// A text; brought into normal form C.
    pub fn string(text: impl Into<Arc<str>>) -> Value {
        let text = normal(text.into());
        Value::of(Kind::String(text))
    }

    /// A list of elements that all are of `element` type (the caller has converted them).
    pub fn list(element: Type, values: impl IntoIterator<Item = Value>) -> Value {
        Value::of(Kind::List(element, values.into_iter().collect()))
    }

    /// A set of elements that all are of `element` type: sorted, each once; marks of elements move to the set.
    /// Elements that are not wholly known stay apart, as they may turn out to be different.
    pub fn set(element: Type, values: impl IntoIterator<Item = Value>) -> Value {
        let mut marks = Marks::NONE;
        let mut values: Vec<Value> = values
            .into_iter()
            .map(|value| {
                let (value, inner) = value.unmark_deep();
                marks = inner.into_iter().fold(marks, |all, (_, m)| all.union(m));
                value
            })
            .collect();
        crate::set::arrange(&mut values);
        Value { kind: Kind::Set(element, values.into()), marks }
    }

    /// A map of elements that all are of `element` type.
    pub fn map<N: Into<Arc<str>>>(element: Type, pairs: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::of(Kind::Map(element, pairs.into_iter().collect()))
    }

    /// A tuple.
    pub fn tuple(values: impl IntoIterator<Item = Value>) -> Value {
        Value::of(Kind::Tuple(values.into_iter().collect()))
    }

    /// An object.
    pub fn object<N: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::of(Kind::Object(pairs.into_iter().collect()))
    }

    /// A value of a kind whose parts already keep its rules.
    pub fn from_kind(kind: Kind) -> Value {
        Value::of(kind)
    }

    /// What it is, apart from its marks.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The marks on the value itself; parts may have more.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// A copy with `marks` added.
    pub fn mark(mut self, marks: Marks) -> Value {
        self.marks = self.marks.union(marks);
        self
    }

    /// The value without the marks on itself, and those.
    pub fn unmark(mut self) -> (Value, Marks) {
        let marks = std::mem::take(&mut self.marks);
        (self, marks)
    }

    /// The value without any marks, and where they were. Linear; a value without marks is returned as it is.
    pub fn unmark_deep(self) -> (Value, Vec<(Path, Marks)>) {
        if !self.has_marks() {
            return (self, Vec::new());
        }
        let mut found = Vec::new();
        let value = self.transform(&mut |path, value| {
            let (value, marks) = value.unmark();
            if !marks.is_empty() {
                found.push((path.clone(), marks));
            }
            value
        });
        (value, found)
    }

    /// Whether it or any part of it has a mark.
    pub fn has_marks(&self) -> bool {
        !self.marks.is_empty() || self.children().any(Value::has_marks)
    }

    /// The union of the marks on it and on all its parts.
    pub fn marks_deep(&self) -> Marks {
        self.children().fold(self.marks, |all, child| all.union(child.marks_deep()))
    }

    /// A copy with marks added at paths; a path that leads nowhere marks the nearest part above it.
    pub fn mark_at(self, marks: &[(Path, Marks)]) -> Value {
        if marks.is_empty() {
            return self;
        }
        self.transform(&mut |path, value| {
            let here = marks
                .iter()
                .filter(|(p, _)| p == path || (p.starts_with(path) && value.at(&p.0[path.0.len()..]).is_none()));
            let all = here.fold(Marks::NONE, |all, (_, m)| all.union(*m));
            value.mark(all)
        })
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        match &self.kind {
            Kind::Null(t) | Kind::Unknown(t, _) => t.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(t, _) => Type::list(t.clone()),
            Kind::Set(t, _) => Type::set(t.clone()),
            Kind::Map(t, _) => Type::map(t.clone()),
            Kind::Tuple(values) => Type::tuple(values.iter().map(Value::ty)),
            Kind::Object(fields) => Type::object(fields.iter().map(|(n, v)| (n.clone(), v.ty()))),
        }
    }

    /// Whether it is of a type as it is: its own type equals `ty`, but for what is `Any` there.
    pub fn conforms_to(&self, ty: &Type) -> bool {
        match (&self.kind, ty) {
            (_, Type::Any) => true,
            (Kind::Null(own) | Kind::Unknown(own, _), _) => own.conforms_to(ty),
            (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => true,
            (Kind::List(own, _), Type::List(ty)) | (Kind::Set(own, _), Type::Set(ty)) => own.conforms_to(ty),
            (Kind::Map(own, _), Type::Map(ty)) => own.conforms_to(ty),
            (Kind::Tuple(values), Type::Tuple(types)) => {
                values.len() == types.len() && values.iter().zip(types.iter()).all(|(value, ty)| value.conforms_to(ty))
            }
            (Kind::Object(fields), Type::Object(object)) => {
                let types = &object.attributes;
                fields.len() == types.len()
                    && fields.iter().zip(types).all(|((name, value), (n, ty))| name == n && value.conforms_to(ty))
            }
            _ => false,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Whether it is known; parts of it may not be.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(..))
    }

    /// Whether it and all its parts are known.
    pub fn is_wholly_known(&self) -> bool {
        self.is_known() && self.children().all(Value::is_wholly_known)
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(s) => Some(s),
            _ => None,
        }
    }

    /// The number of a known number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(n) => Some(n),
            _ => None,
        }
    }

    /// The integer of a known number that is one.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The boolean of a known bool.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The elements of a known list, set or tuple.
    pub fn elements(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Some(v),
            _ => None,
        }
    }

    /// The parts of a known map or object.
    pub fn fields(&self) -> Option<&Fields> {
        match &self.kind {
            Kind::Map(_, f) | Kind::Object(f) => Some(f),
            _ => None,
        }
    }

    /// The part of a known map or object under a name, with the marks it has there.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields().and_then(|f| f.get(name))
    }

    /// The part that the steps lead to, if they lead anywhere.
    pub fn at(&self, steps: &[Step]) -> Option<&Value> {
        let Some((first, rest)) = steps.split_first() else { return Some(self) };
        let child = match (first, &self.kind) {
            (Step::Attr(name), Kind::Object(f)) => f.get(name),
            (Step::Index(key), Kind::Map(_, f)) => key.as_str().and_then(|k| f.get(k)),
            (Step::Index(key), Kind::List(_, v) | Kind::Tuple(v)) => {
                key.as_i64().and_then(|i| usize::try_from(i).ok()).and_then(|i| v.get(i))
            }
            (Step::Index(key), Kind::Set(_, v)) => v.iter().find(|e| *e == key),
            _ => None,
        }?;
        child.at(rest)
    }

    /// The direct parts, in order.
    pub fn children(&self) -> impl Iterator<Item = &Value> {
        self.elements().unwrap_or_default().iter().chain(self.fields().map(Fields::values).unwrap_or_default())
    }

    /// Changes every part, the innermost first, then the value itself. `f` gets the path of each part as it was.
    pub fn transform(self, f: &mut dyn FnMut(&Path, Value) -> Value) -> Value {
        self.transform_at(&mut Path::root(), f)
    }

    fn transform_at(self, path: &mut Path, f: &mut dyn FnMut(&Path, Value) -> Value) -> Value {
        let Value { kind, marks } = self;
        let value = match kind {
            Kind::List(t, values) => Value::of(Kind::List(t, each(&values, path, f))),
            Kind::Tuple(values) => Value::of(Kind::Tuple(each(&values, path, f))),
            Kind::Set(t, values) => {
                let changed: Vec<Value> = values.iter().map(|v| step(v, Step::Index(v.clone()), path, f)).collect();
                Value::set(t, changed)
            }
            Kind::Map(t, fields) => {
                let changed = fields.map(|n, v| step(v, Step::Index(Value::string(n)), path, f));
                Value::of(Kind::Map(t, changed))
            }
            Kind::Object(fields) => {
                let changed = fields.map(|n, v| step(v, Step::Attr(n.into()), path, f));
                Value::of(Kind::Object(changed))
            }
            leaf => Value::of(leaf),
        };
        f(path, value.mark(marks))
    }
}

/// A text in normal form C.
pub(crate) fn normal(text: Arc<str>) -> Arc<str> {
    if text.is_ascii() || is_nfc(&text) { text } else { text.nfc().collect::<String>().into() }
}

fn each(values: &[Value], path: &mut Path, f: &mut dyn FnMut(&Path, Value) -> Value) -> Arc<[Value]> {
    values.iter().enumerate().map(|(i, v)| step(v, Step::Index(Value::from(i as i64)), path, f)).collect()
}

fn step(value: &Value, step: Step, path: &mut Path, f: &mut dyn FnMut(&Path, Value) -> Value) -> Value {
    path.0.push(step);
    let changed = value.clone().transform_at(path, f);
    path.0.pop();
    changed
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::of(Kind::Bool(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::of(Kind::Number(Number::from(value)))
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Value {
        Value::of(Kind::Number(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::string(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::string(value)
    }
}
