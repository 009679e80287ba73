//! The types of the language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A type; `Any` stands for a type that is not known yet or a constraint that takes every type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Not known yet, or any type.
    Any,
    /// `true` and `false`.
    Bool,
    /// Numbers with 512 bits of mantissa.
    Number,
    /// Unicode text in normal form C.
    String,
    /// A sequence of one element type.
    List(Arc<Type>),
    /// Distinct elements of one type, without order.
    Set(Arc<Type>),
    /// Elements of one type by string key.
    Map(Arc<Type>),
    /// A sequence with a type for each place.
    Tuple(Arc<[Type]>),
    /// Attributes by name, each with its type.
    Object(Arc<ObjectType>),
}

/// The attributes of an object type; a constraint may say that some are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectType {
    /// Types by attribute name.
    pub attributes: BTreeMap<Arc<str>, Type>,
    /// Names that a value converted to this type may leave out. Empty in the type of a value.
    pub optional: BTreeSet<Arc<str>>,
}

impl Type {
    /// `list(element)`.
    pub fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// `set(element)`.
    pub fn set(element: Type) -> Type {
        Type::Set(Arc::new(element))
    }

    /// `map(element)`.
    pub fn map(element: Type) -> Type {
        Type::Map(Arc::new(element))
    }

    /// `tuple([...])`.
    pub fn tuple(elements: impl IntoIterator<Item = Type>) -> Type {
        Type::Tuple(elements.into_iter().collect())
    }

    /// `object({...})` with all attributes required.
    pub fn object<N: Into<Arc<str>>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Type {
        let attributes = attributes.into_iter().map(|(n, t)| (n.into(), t)).collect();
        Type::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() }))
    }

    /// Whether values of it are `bool`, `number` or `string`.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::String)
    }

    /// Whether values of it are lists, sets or maps.
    pub fn is_collection(&self) -> bool {
        matches!(self, Type::List(_) | Type::Set(_) | Type::Map(_))
    }

    /// The element type of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(t) | Type::Set(t) | Type::Map(t) => Some(t),
            _ => None,
        }
    }

    /// The type of an attribute of an object type.
    pub fn attribute(&self, name: &str) -> Option<&Type> {
        match self {
            Type::Object(o) => o.attributes.get(name),
            _ => None,
        }
    }

    /// Whether `Any` occurs anywhere in it.
    pub fn has_any(&self) -> bool {
        match self {
            Type::Any => true,
            Type::Bool | Type::Number | Type::String => false,
            Type::List(t) | Type::Set(t) | Type::Map(t) => t.has_any(),
            Type::Tuple(ts) => ts.iter().any(Type::has_any),
            Type::Object(o) => o.attributes.values().any(Type::has_any),
        }
    }

    /// Whether an object type anywhere in it has optional attributes.
    pub fn has_optional(&self) -> bool {
        match self {
            Type::Any | Type::Bool | Type::Number | Type::String => false,
            Type::List(t) | Type::Set(t) | Type::Map(t) => t.has_optional(),
            Type::Tuple(ts) => ts.iter().any(Type::has_optional),
            Type::Object(o) => !o.optional.is_empty() || o.attributes.values().any(Type::has_optional),
        }
    }

    /// The type that values have after conversion to this constraint: no attribute in it is optional.
    pub fn without_optional(&self) -> Type {
        if !self.has_optional() {
            return self.clone();
        }
        match self {
            Type::Any | Type::Bool | Type::Number | Type::String => self.clone(),
            Type::List(t) => Type::list(t.without_optional()),
            Type::Set(t) => Type::set(t.without_optional()),
            Type::Map(t) => Type::map(t.without_optional()),
            Type::Tuple(ts) => Type::tuple(ts.iter().map(Type::without_optional)),
            Type::Object(o) => Type::object(o.attributes.iter().map(|(n, t)| (n.clone(), t.without_optional()))),
        }
    }

    /// Whether every value of this type is one of `constraint` as it is: equal but for what is `Any` there.
    pub fn conforms_to(&self, constraint: &Type) -> bool {
        match (self, constraint) {
            (_, Type::Any) => true,
            (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
                a.conforms_to(b)
            }
            (Type::Tuple(a), Type::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.conforms_to(b))
            }
            (Type::Object(a), Type::Object(b)) => {
                let named = |((n, a), (m, b)): ((&Arc<str>, &Type), (&Arc<str>, &Type))| n == m && a.conforms_to(b);
                a.attributes.len() == b.attributes.len() && a.attributes.iter().zip(&b.attributes).all(named)
            }
            _ => self == constraint,
        }
    }

    /// [`Type::friendly`] for a type that is asked for: `Any` in it is `any type`.
    pub fn friendly_constraint(&self) -> String {
        let element = |t: &Type| if *t == Type::Any { "any single type".into() } else { t.friendly_constraint() };
        match self {
            Type::Any => "any type".into(),
            Type::List(t) => format!("list of {}", element(t)),
            Type::Set(t) => format!("set of {}", element(t)),
            Type::Map(t) => format!("map of {}", element(t)),
            _ => self.friendly(),
        }
    }

    /// The word users know the type by in messages: `string`, `list of string`, `object`, `tuple`.
    pub fn friendly(&self) -> String {
        match self {
            Type::Any => "dynamic".into(),
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(t) => format!("list of {}", t.friendly()),
            Type::Set(t) => format!("set of {}", t.friendly()),
            Type::Map(t) => format!("map of {}", t.friendly()),
            Type::Tuple(_) => "tuple".into(),
            Type::Object(_) => "object".into(),
        }
    }
}

impl std::fmt::Display for Type {
    /// Writes the type as a type expression of the language: `map(object({ a = optional(string) }))`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(t) => write!(f, "list({t})"),
            Type::Set(t) => write!(f, "set({t})"),
            Type::Map(t) => write!(f, "map({t})"),
            Type::Tuple(ts) => {
                f.write_str("tuple([")?;
                for (i, t) in ts.iter().enumerate() {
                    write!(f, "{}{t}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("])")
            }
            Type::Object(o) => {
                f.write_str("object({")?;
                for (i, (name, t)) in o.attributes.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { " " })?;
                    if o.optional.contains(name) {
                        write!(f, "{name} = optional({t})")?;
                    } else {
                        write!(f, "{name} = {t}")?;
                    }
                }
                f.write_str(if o.attributes.is_empty() { "})" } else { " })" })
            }
        }
    }
}
