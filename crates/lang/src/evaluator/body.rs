//! Bodies as values of their schemas.

use std::collections::HashMap;
use std::sync::Arc;

use terrane_source::{Diagnostic, Span};
use terrane_syntax::Ident;
use terrane_value::{Attribute, Block as Shape, Marks, NestedBlock, Nesting, Type, Value, convert};

use crate::eval::{Eval, Walk, elements};
use crate::load::{missing_argument, no_block, no_label, unsupported_argument, unsupported_block, written_twice};
use crate::lookup::Stop;
use crate::program::{Argument, Block, Body, Dynamic, Property};
use crate::suggest::Suggest;

/// The occurrences of one kind of block.
struct Occurrences<'p> {
    /// Each with its label, if it has one, and its value.
    values: Vec<(Option<Arc<str>>, Value)>,
    /// Whether there may be more or fewer than these.
    unknown: bool,
    /// The marks of what decides how many there are.
    marks: Marks,
    /// The first block, for pointing at.
    first: Option<&'p Block>,
}

/// Turns a body into a value of its schema; what is wrong is added to the errors of `eval`.
pub(crate) fn value(eval: &mut Eval<'_, '_>, body: &Body, header: Span, shape: &Shape) -> Result<Value, Stop> {
    unexpected(eval, body, shape);
    let header = body.open.unwrap_or(header);
    let mut fields = Vec::with_capacity(shape.attributes.len() + shape.blocks.len());
    for (name, attribute) in &shape.attributes {
        let value = match body.attribute(name) {
            Some(argument) => written(eval, argument, attribute)?,
            None => absent(eval, name, attribute, body, header)?,
        };
        fields.push((name.clone(), value));
    }
    for (name, nested) in &shape.blocks {
        fields.push((name.clone(), blocks(eval, name, nested, body, header)?));
    }
    Ok(Value::object(fields))
}

/// Reports what the schema has no place for.
fn unexpected(eval: &mut Eval<'_, '_>, body: &Body, shape: &Shape) {
    let known = |name: &str| shape.attributes.contains_key(name);
    let block = |name: &str| {
        shape.blocks.contains_key(name) || shape.attributes.get(name).is_some_and(|a| as_block(a).is_some())
    };
    let names = || -> (Vec<&str>, Vec<&str>) {
        let writable = shape.attributes.iter().filter(|(_, a)| a.optional || a.required);
        let as_blocks = shape.attributes.keys().filter(|n| block(n));
        (writable.map(|(n, _)| &**n).collect(), shape.blocks.keys().chain(as_blocks).map(|n| &**n).collect())
    };
    for argument in body.attributes.iter().filter(|a| !known(&a.name)) {
        let (attributes, blocks) = names();
        eval.errors.push(unsupported_argument(
            &Ident { text: &argument.name, span: argument.name_span },
            &attributes,
            &blocks,
        ));
    }
    eval.errors.extend(body.wrong.iter().cloned());
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for Argument { name, name_span, .. } in body.properties.iter().map(|p| &p.argument) {
        if !known(name) && !block(name) {
            let detail = format!("No argument or block type is named \"{name}\".");
            let error = Diagnostic::error("Extraneous JSON object property", detail).at(*name_span);
            let (attributes, blocks) = names();
            eval.errors.push(error.suggest(name, attributes.into_iter().chain(blocks)));
        } else if known(name)
            && let Some(first) = seen.insert(name, *name_span)
        {
            eval.errors.push(written_twice(name, *name_span, first));
        }
    }
    for other in body.blocks.iter().filter(|b| !block(&b.ty)) {
        let (attributes, blocks) = names();
        eval.errors.push(unsupported_block(&Ident { text: &other.ty, span: other.ty_span }, &attributes, &blocks));
    }
}

fn written(eval: &mut Eval<'_, '_>, argument: &Argument, attribute: &Attribute) -> Result<Value, Stop> {
    let name = &argument.name;
    if let Some(text) = &attribute.deprecated {
        let warning = Diagnostic::warning("Argument is deprecated", &**text).at(argument.name_span);
        eval.warnings.push(warning);
    }
    let before = eval.errors.len();
    let value = eval.value(argument.expr)?;
    if eval.errors.len() > before {
        return Ok(Value::unknown(attribute.ty.without_optional()));
    }
    // In a block that may not be there, a value that may be null is not refused before it is known.
    let perhaps_null = eval.perhaps && !value.is_known() && !value.is_certainly_not_null();
    if attribute.computed && !attribute.optional && !attribute.required && !value.is_null() && !perhaps_null {
        let detail = format!(
            "Can't configure a value for \"{name}\": its value will be decided automatically based on the result of \
             applying this configuration."
        );
        let error = Diagnostic::error("Value for unconfigurable attribute", detail).at(argument.name_span);
        eval.errors.push(error);
        return Ok(Value::null(attribute.ty.without_optional()));
    }
    if value.is_null() && attribute.required {
        let detail = format!("The argument \"{name}\" is required, but its value is null.");
        let error = Diagnostic::error("Missing required argument", detail).at(eval.span(argument.expr));
        let error = eval.explained(argument.expr, error);
        eval.errors.push(error);
        return Ok(Value::unknown(attribute.ty.without_optional()));
    }
    convert(&value, &attribute.ty).or_else(|e| {
        let detail = format!("Inappropriate value for attribute \"{name}\": {}.", e.located());
        let error = Diagnostic::error("Incorrect attribute value type", detail).at(eval.span(argument.expr));
        let error = eval.explained(argument.expr, error);
        eval.errors.push(error);
        Ok(Value::unknown(attribute.ty.without_optional()))
    })
}

/// The value of an attribute for which there is no argument: made of blocks, or null.
fn absent(
    eval: &mut Eval<'_, '_>,
    name: &Arc<str>,
    attribute: &Attribute,
    body: &Body,
    header: Span,
) -> Result<Value, Stop> {
    if body.blocks.iter().any(|b| b.ty == *name)
        && let Some(nested) = as_block(attribute)
    {
        let value = blocks(eval, name, &nested, body, header)?;
        return Ok(convert(&value, &attribute.ty).unwrap_or(value));
    }
    if attribute.required {
        eval.errors.push(missing_argument(name, header));
    }
    Ok(Value::null(attribute.ty.without_optional()))
}

/// The block that an attribute may be written as.
fn as_block(attribute: &Attribute) -> Option<NestedBlock> {
    if !attribute.as_blocks {
        return None;
    }
    let (nesting, element) = match &attribute.ty {
        Type::List(element) => (Nesting::List, element),
        Type::Set(element) => (Nesting::Set, element),
        _ => return None,
    };
    let Type::Object(object) = &**element else { return None };
    let attributes = object.attributes.iter().map(|(name, ty)| {
        let as_blocks = matches!(ty, Type::List(e) | Type::Set(e) if matches!(**e, Type::Object(_)));
        let attribute = Attribute { as_blocks, ..Attribute::optional(ty.clone()) };
        (name.clone(), attribute)
    });
    let block = Shape { attributes: attributes.collect(), ..Shape::default() };
    Some(NestedBlock { nesting, min_items: 0, max_items: 0, block })
}

fn blocks(
    eval: &mut Eval<'_, '_>,
    name: &Arc<str>,
    nested: &NestedBlock,
    body: &Body,
    header: Span,
) -> Result<Value, Stop> {
    let mut found = Occurrences { values: Vec::new(), unknown: false, marks: Marks::NONE, first: None };
    for block in body.blocks.iter().filter(|b| b.ty == *name) {
        found.first.get_or_insert(block);
        match &block.dynamic {
            None => one(eval, block, nested, &mut found)?,
            Some(dynamic) => several(eval, block, dynamic, nested, &mut found)?,
        }
    }
    for property in body.properties.iter().filter(|p| p.argument.name == *name) {
        from_property(eval, property, nested, &mut found)?;
    }
    check_number(eval, name, nested, &found, header);
    Ok(gather(nested, found))
}

fn from_property<'p>(
    eval: &mut Eval<'_, '_>,
    property: &'p Property,
    nested: &NestedBlock,
    found: &mut Occurrences<'p>,
) -> Result<(), Stop> {
    let ty = &property.argument.name;
    eval.errors.extend(property.not_blocks.iter().map(|span| no_block(ty, *span)));
    if nested.nesting != Nesting::Map {
        for block in &property.blocks {
            found.first.get_or_insert(block);
            one(eval, block, nested, found)?;
        }
        return Ok(());
    }
    let labels: Vec<&Property> = property.blocks.iter().flat_map(|block| &block.body.properties).collect();
    if labels.is_empty() && property.not_blocks.is_empty() {
        eval.errors.push(no_label(ty, eval.span(property.argument.expr)));
    }
    for label in labels {
        let key = &label.argument.name;
        eval.errors.extend(label.not_blocks.iter().map(|span| no_block(ty, *span)));
        for block in &label.blocks {
            found.first.get_or_insert(block);
            let value = value(eval, &block.body, block.header, &nested.block)?;
            found.values.push((Some(key.clone()), value));
        }
    }
    Ok(())
}

fn one<'p>(
    eval: &mut Eval<'_, '_>,
    block: &'p Block,
    nested: &NestedBlock,
    found: &mut Occurrences<'p>,
) -> Result<(), Stop> {
    let label = block.labels.first().map(|(label, _)| label.clone());
    let wanted = usize::from(nested.nesting == Nesting::Map);
    if block.labels.len() != wanted {
        let detail = match wanted {
            0 => format!("No labels are expected for {} blocks.", block.ty),
            _ => format!("All {} blocks must have 1 label: the key.", block.ty),
        };
        eval.errors.push(Diagnostic::error("Wrong number of block labels", detail).at(block.header));
    }
    let value = value(eval, &block.body, block.header, &nested.block)?;
    found.values.push((label, value));
    Ok(())
}

fn several<'p>(
    eval: &mut Eval<'_, '_>,
    block: &'p Block,
    dynamic: &Dynamic,
    nested: &NestedBlock,
    found: &mut Occurrences<'p>,
) -> Result<(), Stop> {
    let before = eval.errors.len();
    let (each, marks) = eval.value(dynamic.for_each)?.unmark();
    if eval.errors.len() > before {
        found.unknown = true;
        return Ok(());
    }
    let span = eval.span(dynamic.for_each);
    let wrong = |detail: String| Diagnostic::error("Invalid dynamic for_each value", detail).at(span);
    if each.is_null() {
        let error = eval.explained(dynamic.for_each, wrong("Cannot use a null value in for_each.".into()));
        eval.errors.push(error);
        return Ok(());
    }
    if each.ty().is_primitive() {
        let ty = each.ty().friendly();
        let error = wrong(format!("Cannot use a {ty} value in for_each. An iterable collection is required."));
        let error = eval.explained(dynamic.for_each, error);
        eval.errors.push(error);
        return Ok(());
    }
    let known = elements(&each);
    found.unknown |= known.is_none();
    found.marks = found.marks.union(marks);
    let perhaps = eval.perhaps;
    eval.perhaps |= known.is_none();
    let items = known.unwrap_or_else(|| vec![unknown_element(&each)]);
    let hidden = marks.without(Marks::DEPRECATED);
    let mut walk = Walk::default();
    for (key, item) in items {
        let before = eval.errors.len();
        eval.element(&mut walk, &key.clone().mark(hidden));
        let (label, value) = generated(eval, block, dynamic, nested, (key.clone(), item.clone()))?;
        found.values.push((label, value.mark(marks)));
        if !hidden.is_empty() {
            let element = (key.mark(hidden), item.mark(hidden));
            eval.veil(before, |eval| generated(eval, block, dynamic, nested, element))?;
        }
    }
    eval.walked(dynamic.for_each, &walk);
    eval.bound.truncate(dynamic.slot as usize);
    eval.perhaps = perhaps;
    Ok(())
}

/// The block, and its label, that a `dynamic` block makes for an element.
fn generated(
    eval: &mut Eval<'_, '_>,
    block: &Block,
    dynamic: &Dynamic,
    nested: &NestedBlock,
    (key, item): (Value, Value),
) -> Result<(Option<Arc<str>>, Value), Stop> {
    eval.bound.truncate(dynamic.slot as usize);
    eval.bound.push(Value::object([("key", key), ("value", item)]));
    let label = match dynamic.labels.first() {
        Some(label) => label_text(eval, *label)?,
        None => None,
    };
    Ok((label, value(eval, &block.body, block.header, &nested.block)?))
}

/// What is known of the elements of an unknown collection.
fn unknown_element(collection: &Value) -> (Value, Value) {
    match collection.ty() {
        Type::List(e) => (Value::unknown(Type::Number), Value::unknown((*e).clone())),
        Type::Set(e) => (Value::unknown((*e).clone()), Value::unknown((*e).clone())),
        Type::Map(e) => (Value::unknown(Type::String), Value::unknown((*e).clone())),
        _ => (Value::dynamic(), Value::dynamic()),
    }
}

fn label_text(eval: &mut Eval<'_, '_>, label: crate::ExprId) -> Result<Option<Arc<str>>, Stop> {
    let value = eval.value(label)?;
    let hidden = value.marks().without(Marks::DEPRECATED);
    let why = match convert(&value, &Type::String) {
        _ if !hidden.is_empty() => "it is sensitive or ephemeral, and labels are shown".to_owned(),
        Ok(text) if text.is_null() => "it is null".to_owned(),
        Ok(text) => return Ok(text.as_str().map(Into::into)),
        Err(e) => e.to_string(),
    };
    let detail = format!("Cannot use this value as a dynamic block label: {why}.");
    let error = Diagnostic::error("Invalid dynamic block label", detail).at(eval.span(label));
    eval.errors.push(error);
    Ok(None)
}

fn check_number(eval: &mut Eval<'_, '_>, name: &str, nested: &NestedBlock, found: &Occurrences<'_>, header: Span) {
    let count = found.values.len() as u64;
    let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
    let most = if single { 1 } else { nested.max_items };
    let at = found.first.map_or(header, |block| block.header);
    if found.unknown {
        return;
    }
    if count < nested.min_items {
        let detail = format!("At least {} \"{name}\" block(s) are required.", nested.min_items);
        eval.errors.push(Diagnostic::error(format!("Insufficient {name} blocks"), detail).at(header));
    }
    if most > 0 && count > most {
        let detail = format!("No more than {most} \"{name}\" block(s) are allowed, but there are {count}.");
        eval.errors.push(Diagnostic::error(format!("Too many {name} blocks"), detail).at(at));
    }
}

fn gather(nested: &NestedBlock, found: Occurrences<'_>) -> Value {
    let ty = || nested.implied_type().without_optional();
    if found.unknown {
        return Value::unknown(ty()).mark(found.marks);
    }
    let mut values = found.values;
    match nested.nesting {
        _ if values.is_empty() => nested.empty().mark(found.marks),
        Nesting::Single | Nesting::Group => values.swap_remove(0).1,
        Nesting::Map => {
            let pairs = values.into_iter().map(|(label, value)| (label.unwrap_or_default(), value));
            match ty() {
                Type::Map(element) => Value::map((*element).clone(), pairs),
                _ => Value::object(pairs),
            }
        }
        Nesting::List => {
            let values = values.into_iter().map(|(_, value)| value);
            match ty() {
                Type::List(element) => Value::list((*element).clone(), values),
                _ => Value::tuple(values),
            }
        }
        Nesting::Set => {
            let values: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
            match ty() {
                Type::Set(element) if !element.has_any() => Value::set((*element).clone(), values),
                ty => convert(&Value::tuple(values), &ty).unwrap_or_else(|_| Value::unknown(ty)),
            }
        }
    }
}
