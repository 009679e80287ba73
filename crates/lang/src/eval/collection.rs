//! Objects, `for`, and splats.

use terrane_source::Diagnostic;
use terrane_value::{Kind, Marks, Refinement, Type, Value, convert};

use super::element::Walk;
use super::{Eval, elements};
use crate::ir::{ExprId, For};
use crate::lookup::Stop;

/// The keys and values of a collection.
type Elements = Vec<(Value, Value)>;

/// Whether an element of a `for` is taken.
enum Taken {
    Yes,
    No,
    Unknown,
}

impl Eval<'_, '_> {
    pub(super) fn object(&mut self, items: &[(ExprId, ExprId)]) -> Result<Value, Stop> {
        let mut marks = Marks::NONE;
        let mut known = true;
        let mut pairs = Vec::with_capacity(items.len());
        for (key_id, value_id) in items {
            let (key, key_errors) = self.attempt(*key_id)?;
            let failed = !key_errors.is_empty();
            self.errors.extend(key_errors);
            let value = self.value(*value_id)?;
            let (key, key_marks) = key.unmark();
            marks = marks.union(key_marks);
            match (failed, self.key(*key_id, &key)) {
                (false, Some(key)) => pairs.push((key, value)),
                _ => known = false,
            }
        }
        Ok(if known { Value::object(pairs).mark(marks) } else { Value::dynamic() })
    }

    /// The text of an object key; `None` if it is not known or wrong.
    fn key(&mut self, id: ExprId, key: &Value) -> Option<super::Name> {
        if key.is_null() {
            self.error(id, Diagnostic::error("Null value as key", "Can't use a null value as a key."));
            return None;
        }
        match convert(key, &Type::String) {
            Ok(key) => key.as_str().map(Into::into),
            Err(e) => {
                let detail = format!("Can't use this value as a key: {e}.");
                self.error(id, Diagnostic::error("Incorrect key type", detail));
                None
            }
        }
    }

    pub(super) fn for_expr(&mut self, id: ExprId, f: &For) -> Result<Value, Stop> {
        let collection = self.value(f.collection)?;
        if collection.is_null() {
            let detail = "A null value cannot be used as the collection in a 'for' expression.";
            return Ok(self.error(f.collection, Diagnostic::error("Iteration over null value", detail)));
        }
        if collection.ty() == Type::Any {
            return Ok(Value::dynamic());
        }
        let (collection, marks) = collection.unmark();
        if collection.ty().is_primitive() {
            let detail = format!(
                "A value of type {} cannot be used as the collection in a 'for' expression.",
                collection.ty().friendly()
            );
            return Ok(self.error(f.collection, Diagnostic::error("Iteration over non-iterable value", detail)));
        }
        let Some(cond_marks) = self.sound_condition(f)? else { return Ok(Value::dynamic()) };
        match elements(&collection) {
            None => Ok(Value::dynamic().mark(marks.union(cond_marks))),
            Some(elements) => self.for_elements(id, f, elements, marks),
        }
    }

    /// The result for elements, of which no error says what they are if the collection must not be shown.
    fn for_elements(&mut self, id: ExprId, f: &For, elements: Elements, marks: Marks) -> Result<Value, Stop> {
        let hidden = marks.without(Marks::DEPRECATED);
        if hidden.is_empty() {
            return self.for_results(id, f, elements, marks);
        }
        let before = self.errors.len();
        let value = self.for_results(id, f, elements.clone(), marks)?;
        self.veil(before, |eval| {
            let veiled = elements.into_iter().map(|(key, value)| (key.mark(hidden), value.mark(hidden)));
            eval.for_results(id, f, veiled.collect(), marks)
        })?;
        Ok(value)
    }

    fn for_results(&mut self, id: ExprId, f: &For, elements: Elements, marks: Marks) -> Result<Value, Stop> {
        match f.key_result {
            Some(_) => self.for_object(id, f, elements, marks),
            None => self.for_tuple(f, elements, marks),
        }
    }

    fn bind(&mut self, slot: u32, key: Value, value: Value) {
        self.bound.truncate(slot as usize);
        self.bound.push(key);
        self.bound.push(value);
    }

    /// Tries the condition on unknown elements, so that a wrong one is reported once: its marks, `None` if it is wrong.
    fn sound_condition(&mut self, f: &For) -> Result<Option<Marks>, Stop> {
        let Some(cond) = f.cond else { return Ok(Some(Marks::NONE)) };
        self.bind(f.slot, Value::dynamic(), Value::dynamic());
        let (value, errors) = self.attempt(cond)?;
        let failed = !errors.is_empty();
        self.errors.extend(errors);
        let sound = !failed && self.condition(cond, &value).is_some();
        self.bound.truncate(f.slot as usize);
        Ok(sound.then(|| value.marks()))
    }

    /// The condition as a bool, which may be unknown; `None` if it is wrong.
    fn condition(&mut self, id: ExprId, value: &Value) -> Option<Value> {
        if value.is_null() {
            let detail = "The value of the 'if' clause must not be null.";
            self.error(id, Diagnostic::error("Invalid 'for' condition", detail));
            return None;
        }
        match convert(value, &Type::Bool) {
            Ok(value) => Some(value),
            Err(e) => {
                let detail = format!("The 'if' clause value is invalid: {e}.");
                self.error(id, Diagnostic::error("Invalid 'for' condition", detail));
                None
            }
        }
    }

    fn taken(&mut self, f: &For, marks: &mut Marks) -> Result<Taken, Stop> {
        let Some(cond) = f.cond else { return Ok(Taken::Yes) };
        let (value, errors) = self.attempt(cond)?;
        if !errors.is_empty() {
            self.errors.extend(errors);
            return Ok(Taken::Unknown);
        }
        *marks = marks.union(value.marks());
        Ok(match self.condition(cond, &value).and_then(|v| v.as_bool()) {
            Some(true) => Taken::Yes,
            Some(false) => Taken::No,
            None => Taken::Unknown,
        })
    }

    fn for_tuple(&mut self, f: &For, elements: Elements, mut marks: Marks) -> Result<Value, Stop> {
        let mut results = Vec::with_capacity(elements.len());
        let (mut known, mut walk) = (true, Walk::default());
        for (key, value) in elements {
            self.element(&mut walk, &key);
            self.bind(f.slot, key, value);
            match self.taken(f, &mut marks)? {
                Taken::Yes => results.push(self.value(f.result)?),
                Taken::No => {}
                Taken::Unknown => known = false,
            }
        }
        self.walked(f.collection, &walk);
        self.bound.truncate(f.slot as usize);
        Ok(if known { Value::tuple(results) } else { Value::dynamic() }.mark(marks))
    }

    fn for_object(&mut self, id: ExprId, f: &For, elements: Elements, mut marks: Marks) -> Result<Value, Stop> {
        let mut results = indexmap::IndexMap::<super::Name, Vec<Value>>::with_capacity(elements.len());
        let (mut known, mut walk) = (true, Walk::default());
        for (key, value) in elements {
            self.element(&mut walk, &key);
            self.bind(f.slot, key, value);
            match self.taken(f, &mut marks)? {
                Taken::Yes => {}
                Taken::No => continue,
                Taken::Unknown => {
                    known = false;
                    continue;
                }
            }
            let Some(key) = self.for_key(id, f, &mut marks)? else {
                known = false;
                continue;
            };
            let value = self.value(f.result)?;
            if let Some(key_id) = f.key_result
                && !f.grouping
                && results.contains_key(&key)
            {
                let shown = match marks.without(Marks::DEPRECATED).is_empty() {
                    true => format!("key \"{key}\""),
                    false => "same key".to_owned(),
                };
                let detail = format!(
                    "Two different items produced the {shown} in this 'for' expression. If duplicates are \
                     expected, use the ellipsis (...) after the value expression to enable grouping by key."
                );
                self.error(key_id, Diagnostic::error("Duplicate object key", detail));
                continue;
            }
            results.entry(key).or_default().push(value);
        }
        self.walked(f.collection, &walk);
        self.bound.truncate(f.slot as usize);
        Ok(if known { gathered(results, f.grouping) } else { Value::dynamic() }.mark(marks))
    }

    fn for_key(&mut self, id: ExprId, f: &For, marks: &mut Marks) -> Result<Option<super::Name>, Stop> {
        let key_id = f.key_result.unwrap_or(id);
        let (key, errors) = self.attempt(key_id)?;
        if !errors.is_empty() {
            self.errors.extend(errors);
            return Ok(None);
        }
        if key.is_null() {
            let detail = "Key expression in 'for' expression must not produce a null value.";
            self.error(key_id, Diagnostic::error("Invalid object key", detail));
            return Ok(None);
        }
        let (key, key_marks) = key.unmark();
        *marks = marks.union(key_marks);
        if !key.is_known() {
            return Ok(None);
        }
        match convert(&key, &Type::String) {
            Ok(key) => Ok(key.as_str().map(Into::into)),
            Err(e) => {
                let detail = format!("The key expression produced an invalid result: {e}.");
                self.error(key_id, Diagnostic::error("Invalid object key", detail));
                Ok(None)
            }
        }
    }

    pub(super) fn splat(&mut self, source_id: ExprId, slot: u32, each: ExprId) -> Result<Value, Stop> {
        let (source, errors) = self.attempt(source_id)?;
        if !errors.is_empty() {
            self.errors.extend(errors);
            return Ok(Value::dynamic());
        }
        let (source, marks) = source.unmark();
        let is_sequence = matches!(source.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if source.is_null() && is_sequence {
            let detail = "Splat expressions (with the * symbol) cannot be applied to null sequences.";
            return Ok(self.error(source_id, Diagnostic::error("Splat of null value", detail)));
        }
        if source.is_null() {
            return Ok(Value::tuple([]).mark(marks));
        }
        if source.ty() == Type::Any {
            return Ok(Value::dynamic().mark(marks));
        }
        let result = match is_sequence {
            true => self.splat_sequence((&source, marks), source_id, slot, each)?,
            false => {
                // The one element may turn out to be null, and the result to be empty.
                let may_vanish = matches!(source.kind(), Kind::Unknown(_, refinement) if !refinement.not_null);
                let one = self.splat_element(slot, each, source.mark(marks))?;
                if may_vanish { Value::dynamic() } else { Value::tuple([one]) }
            }
        };
        self.bound.truncate(slot as usize);
        Ok(result.mark(marks))
    }

    fn splat_element(&mut self, slot: u32, each: ExprId, element: Value) -> Result<Value, Stop> {
        self.bound.truncate(slot as usize);
        self.bound.push(element);
        self.value(each)
    }

    fn splat_sequence(
        &mut self,
        (source, marks): (&Value, Marks),
        id: ExprId,
        slot: u32,
        each: ExprId,
    ) -> Result<Value, Stop> {
        let Some(items) = source.elements() else { return self.splat_unknown(source, slot, each) };
        let before = self.errors.len();
        let mut results = Vec::with_capacity(items.len());
        let mut walk = Walk::default();
        for (index, item) in (0_i64..).zip(items) {
            self.element(&mut walk, &Value::from(index).mark(marks));
            results.push(self.splat_element(slot, each, item.clone())?);
        }
        self.walked(id, &walk);
        let element = match source.kind() {
            Kind::Tuple(_) => return Ok(Value::tuple(results)),
            Kind::List(element, _) | Kind::Set(element, _) => element,
            _ => return Ok(Value::dynamic()),
        };
        if self.errors.len() > before {
            return Ok(Value::dynamic());
        }
        let ty = match results.first() {
            Some(first) => first.ty(),
            None => self.splat_type(slot, each, element.clone())?,
        };
        if results.iter().all(|r| r.ty() == ty) {
            return Ok(Value::list(ty, results));
        }
        if results.iter().any(|r| r.ty() == Type::Any) {
            return Ok(Value::dynamic());
        }
        let detail = "The second level of splat expression produced elements of different types, so it isn't possible to \
                      construct a valid list to represent the top-level result.\n\nConsider using a for expression \
                      instead, to produce a tuple-typed result which can therefore have non-homogenous element types.";
        Ok(self.error(each, Diagnostic::error("Invalid nested splat expressions", detail)))
    }

    /// The type of the result for elements of a type.
    fn splat_type(&mut self, slot: u32, each: ExprId, element: Type) -> Result<Type, Stop> {
        Ok(self.splat_element(slot, each, Value::unknown(element))?.ty())
    }

    fn splat_unknown(&mut self, source: &Value, slot: u32, each: ExprId) -> Result<Value, Stop> {
        let length = match source.kind() {
            Kind::Unknown(_, refinement) => refinement.length,
            _ => None,
        };
        match source.ty() {
            Type::List(element) | Type::Set(element) => {
                let ty = self.splat_type(slot, each, (*element).clone())?;
                let refinement = Refinement { not_null: true, length, ..Refinement::default() };
                Ok(Value::unknown_refined(Type::list(ty), refinement))
            }
            Type::Tuple(types) => {
                let types: Vec<Type> =
                    types.iter().map(|ty| self.splat_type(slot, each, ty.clone())).collect::<Result<_, _>>()?;
                Ok(Value::unknown_not_null(Type::tuple(types)))
            }
            _ => Ok(Value::dynamic()),
        }
    }
}

fn gathered(results: indexmap::IndexMap<super::Name, Vec<Value>>, grouping: bool) -> Value {
    Value::object(results.into_iter().map(|(key, mut values)| match (grouping, values.pop()) {
        (false, Some(value)) => (key, value),
        (_, last) => (key, Value::tuple(values.into_iter().chain(last))),
    }))
}
