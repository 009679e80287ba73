//! Values in the shape of a block.

use std::sync::Arc;

use super::{Attribute, Block, NestedBlock, Nesting};
use crate::{ConvertError, Fields, Kind, Path, Step, Type, Value, convert, unify};

impl Block {
    /// A value in the shape of this block: attributes converted to their types, absent ones null, absent blocks empty.
    ///
    /// Attributes that must be written but are absent, and those the block does not have, are errors. Marks stay.
    pub fn coerce(&self, value: &Value) -> Result<Value, ConvertError> {
        self.coerce_at(value, &mut Path::root())
    }

    /// The value of a body in which nothing is written, whether that is allowed or not.
    pub fn empty(&self) -> Value {
        let attributes = self.attributes.iter().map(|(name, a)| (name.clone(), Value::null(a.ty.without_optional())));
        let blocks = self.blocks.iter().map(|(name, b)| (name.clone(), b.empty()));
        Value::object(attributes.chain(blocks))
    }

    fn coerce_at(&self, value: &Value, path: &mut Path) -> Result<Value, ConvertError> {
        let coerced = match value.kind() {
            Kind::Null(_) => Value::null(self.implied_type()),
            Kind::Unknown(_, known) => Value::unknown_refined(self.implied_type(), (**known).clone()),
            Kind::Object(fields) | Kind::Map(_, fields) => self.coerce_fields(fields, path)?,
            _ => return Err(ConvertError::new(path.clone(), "an object is required")),
        };
        Ok(coerced.mark(value.marks()))
    }

    fn coerce_fields(&self, fields: &Fields, path: &mut Path) -> Result<Value, ConvertError> {
        let known = |name: &str| self.attributes.contains_key(name) || self.blocks.contains_key(name);
        if let Some(name) = fields.names().iter().find(|name| !known(name)) {
            return Err(ConvertError::new(path.clone(), format!("unexpected attribute {name:?}")));
        }
        let mut coerced = Vec::with_capacity(self.attributes.len() + self.blocks.len());
        for (name, attribute) in &self.attributes {
            coerced.push((name.clone(), attribute.coerce(name, fields.get(name), path)?));
        }
        for (name, block) in &self.blocks {
            let value = match fields.get(name) {
                Some(value) => at(path, Step::Attr(name.clone()), |path| block.coerce(value, path))?,
                None => block.empty(),
            };
            coerced.push((name.clone(), value));
        }
        Ok(Value::object(coerced))
    }
}

impl Attribute {
    fn coerce(&self, name: &Arc<str>, value: Option<&Value>, path: &mut Path) -> Result<Value, ConvertError> {
        match value {
            Some(value) => convert(value, &self.ty).map_err(|error| {
                let steps = path.attr(name.clone()).0.into_iter().chain(error.path.0).collect();
                ConvertError::new(Path(steps), error.message)
            }),
            None if self.optional || self.computed => Ok(Value::null(self.ty.without_optional())),
            None => Err(ConvertError::new(path.clone(), format!("attribute {name:?} is required"))),
        }
    }
}

impl NestedBlock {
    /// The value if the block does not occur.
    pub fn empty(&self) -> Value {
        let element = self.block.implied_type();
        match self.nesting {
            Nesting::Single => Value::null(element),
            Nesting::Group => self.block.empty(),
            Nesting::List if element.has_any() => Value::tuple([]),
            Nesting::List => Value::list(element, []),
            Nesting::Set => Value::set(element, []),
            Nesting::Map if element.has_any() => Value::object::<Arc<str>>([]),
            Nesting::Map => Value::map::<Arc<str>>(element, []),
        }
    }

    fn coerce(&self, value: &Value, path: &mut Path) -> Result<Value, ConvertError> {
        if matches!(self.nesting, Nesting::Single | Nesting::Group) {
            return self.block.coerce_at(value, path);
        }
        let coerced = match value.kind() {
            Kind::Null(_) => Value::null(self.implied_type()),
            Kind::Unknown(_, known) => Value::unknown_refined(self.implied_type(), (**known).clone()),
            Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) if self.nesting != Nesting::Map => {
                self.coerce_sequence(values, path)?
            }
            Kind::Map(_, fields) | Kind::Object(fields) if self.nesting == Nesting::Map => {
                self.coerce_map(fields, path)?
            }
            _ => return Err(ConvertError::new(path.clone(), format!("must be a {}", self.nesting))),
        };
        Ok(coerced.mark(value.marks()))
    }

    fn coerce_sequence(&self, values: &[Value], path: &mut Path) -> Result<Value, ConvertError> {
        let each = values.iter().enumerate();
        let one = |(i, value): (usize, &Value)| {
            at(path, Step::Index(Value::from(i as i64)), |path| self.block.coerce_at(value, path))
        };
        let coerced: Vec<Value> = each.map(one).collect::<Result<_, _>>()?;
        let element = self.block.implied_type();
        match (self.nesting, element.has_any()) {
            (Nesting::Set, false) => Ok(Value::set(element, coerced)),
            (Nesting::Set, true) => {
                let types: Vec<Type> = coerced.iter().map(Value::ty).collect();
                convert(&Value::tuple(coerced), &Type::set(unify(&types).unwrap_or(element)))
            }
            (_, false) => Ok(Value::list(element, coerced)),
            (_, true) => Ok(Value::tuple(coerced)),
        }
    }

    fn coerce_map(&self, fields: &Fields, path: &mut Path) -> Result<Value, ConvertError> {
        let one = |(name, value): (&Arc<str>, &Value)| {
            let step = Step::Index(Value::string(name.clone()));
            Ok((name.clone(), at(path, step, |path| self.block.coerce_at(value, path))?))
        };
        let coerced: Vec<_> = fields.iter().map(one).collect::<Result<_, ConvertError>>()?;
        let element = self.block.implied_type();
        if element.has_any() { Ok(Value::object(coerced)) } else { Ok(Value::map(element, coerced)) }
    }
}

impl std::fmt::Display for Nesting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Nesting::Single | Nesting::Group => "single block",
            Nesting::List => "list",
            Nesting::Set => "set",
            Nesting::Map => "map",
        })
    }
}

fn at<T>(path: &mut Path, step: Step, f: impl FnOnce(&mut Path) -> T) -> T {
    path.0.push(step);
    let result = f(path);
    path.0.pop();
    result
}
