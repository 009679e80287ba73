//! Functions of lists and tuples.

use terrane_value::{Kind, Marks, Number, Type, Value, convert, ops, unify};

use super::call::{Call, integer};
use super::signature::strings;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chunklist", &[Param::list("list").marked(), Param::number("size").marked()], chunks_type, chunklist),
    Function::new("compact", &[Param::strings("list")], strings, compact),
    Function::new("concat", &[], joined_type, concat).variadic(Param::any("seqs").marked()),
    Function::new("distinct", &[Param::list("list")], |args| Ok(args[0].ty()), distinct),
    Function::new("element", &[LIST, Param::number("index")], element_type, element).nullable(),
    Function::new("flatten", &[LIST], flat_type, flatten),
    Function::new("range", &[], |_| Ok(Type::list(Type::Number)), range).variadic(Param::number("params")),
    Function::new("reverse", &[LIST], reversed_type, reverse),
    Function::new("slice", &[LIST, Param::number("start_index"), Param::number("end_index")], sliced_type, slice),
];

const LIST: Param = Param::any("list").marked();

/// Greatest number of elements that `range` makes.
const LONGEST_RANGE: usize = 1024;

/// Elements as what the result is to be: a list of its elements' type, or a tuple.
fn sequence(result: &Type, elements: Vec<Value>) -> Value {
    match result {
        Type::List(element) => Value::list((**element).clone(), elements),
        _ => Value::tuple(elements),
    }
}

fn no_sequence(at: usize, ty: &Type) -> ArgError {
    ArgError::at(at, format!("a list or tuple is required, not {}", ty.friendly()))
}

fn chunks_type(args: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::list(args[0].ty()))
}

/// A size of nought makes one chunk of all.
fn chunklist(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    let size = usize::try_from(call.integer(1)?).map_err(|_| ArgError::at(1, "the size must not be negative"))?;
    let elements = list.elements().unwrap_or_default();
    let element = list.ty().element().cloned().unwrap_or(Type::Any);
    let chunks = elements.chunks(if size == 0 { elements.len().max(1) } else { size });
    let chunks: Vec<Value> = chunks.map(|chunk| Value::list(element.clone(), chunk.to_vec())).collect();
    Ok(Value::list(Type::list(element), chunks).mark(list.marks().union(call.args[1].marks())))
}

fn compact(call: &Call<'_>) -> Result<Value, ArgError> {
    if !call.args[0].is_wholly_known() {
        return Ok(Value::unknown(call.result.clone()));
    }
    let elements = call.args[0].elements().unwrap_or_default().iter();
    let full = elements.filter(|v| v.as_str().is_some_and(|text| !text.is_empty())).cloned();
    Ok(Value::list(Type::String, full.collect::<Vec<_>>()))
}

/// A list if all arguments are lists of a common type, otherwise a tuple.
fn joined_type(args: &[Value]) -> Result<Type, ArgError> {
    if args.is_empty() {
        return Err(ArgError::call("at least one argument is required"));
    }
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.iter().all(|ty| matches!(ty, Type::List(_)))
        && let Some(common) = unify(&types)
    {
        return Ok(common);
    }
    let mut elements = Vec::new();
    for (i, (arg, ty)) in args.iter().zip(types).enumerate() {
        match (ty, arg.elements()) {
            (Type::Tuple(types), _) => elements.extend(types.iter().cloned()),
            (Type::List(_), None) => return Ok(Type::Any),
            (Type::List(element), Some(values)) => elements.extend(values.iter().map(|_| (*element).clone())),
            (ty, _) => return Err(no_sequence(i, &ty)),
        }
    }
    Ok(Type::tuple(elements))
}

fn concat(call: &Call<'_>) -> Result<Value, ArgError> {
    let mut marks = Marks::NONE;
    let mut joined = Vec::new();
    for (i, arg) in call.args.iter().enumerate() {
        let arg = match call.result {
            Type::List(_) => &convert(arg, &call.result).map_err(|e| ArgError::at(i, e.to_string()))?,
            _ => arg,
        };
        marks = marks.union(arg.marks());
        joined.extend_from_slice(arg.elements().unwrap_or_default());
    }
    Ok(sequence(&call.result, joined).mark(marks))
}

fn distinct(call: &Call<'_>) -> Result<Value, ArgError> {
    if !call.args[0].is_wholly_known() {
        return Ok(Value::unknown(call.result.clone()));
    }
    let mut seen = std::collections::HashSet::new();
    let elements = call.args[0].elements().unwrap_or_default().iter();
    let distinct: Vec<Value> = elements.filter(|v| seen.insert(*v)).cloned().collect();
    Ok(sequence(&call.result, distinct))
}

/// The place that an index means in so many elements: counted again from the start behind the end, and backwards from
/// the end below nought.
fn place(index: i64, count: usize) -> Result<usize, ArgError> {
    let place = index.checked_rem_euclid(count as i64);
    place.map(|i| i as usize).ok_or_else(|| ArgError::call("there is no element to take from an empty list"))
}

fn element_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].ty() {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(_) if !args[1].is_known() => Ok(Type::Any),
        Type::Tuple(types) => {
            let index = integer(args, 1)?;
            Ok(types[place(index, types.len())?].clone())
        }
        ty => Err(no_sequence(0, &ty)),
    }
}

fn element(call: &Call<'_>) -> Result<Value, ArgError> {
    let elements = call.args[0].elements().unwrap_or_default();
    let place = place(call.integer(1)?, elements.len())?;
    Ok(elements[place].clone().mark(call.args[0].marks()))
}

fn flat_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].ty() {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => Ok(Type::Any),
        ty => Err(ArgError::at(0, format!("a list, set or tuple is required, not {}", ty.friendly()))),
    }
}

fn flatten(call: &Call<'_>) -> Result<Value, ArgError> {
    let mut flat = Flat { elements: Vec::new(), marks: Marks::NONE, known: true };
    flat.add(&call.args[0]);
    let value = if flat.known { Value::tuple(flat.elements) } else { Value::dynamic() };
    Ok(value.mark(flat.marks))
}

struct Flat {
    elements: Vec<Value>,
    marks: Marks,
    /// Whether the number of elements is known.
    known: bool,
}

impl Flat {
    fn add(&mut self, sequence: &Value) {
        self.marks = self.marks.union(sequence.marks());
        self.known &= ops::length(sequence).is_ok_and(|length| length.is_known());
        for value in sequence.elements().unwrap_or_default() {
            match value.kind() {
                Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => self.add(value),
                Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Any, _) => {
                    self.known = false;
                    self.marks = self.marks.union(value.marks());
                }
                _ => self.elements.push(value.clone()),
            }
        }
    }
}

fn range(call: &Call<'_>) -> Result<Value, ArgError> {
    let (zero, one) = (Number::ZERO, Number::from(1));
    let towards = |start: &Number, end: &Number| if end < start { -&one } else { one.clone() };
    let numbers: Vec<&Number> = call.args.iter().filter_map(Value::as_number).collect();
    let (start, end, step) = match numbers.as_slice() {
        [end] => (&zero, *end, towards(&zero, end)),
        [start, end] => (*start, *end, towards(start, end)),
        [start, end, step] => (*start, *end, (*step).clone()),
        _ => return Err(ArgError::call("one, two or three numbers are required")),
    };
    if step.is_zero() {
        return Err(ArgError::at(2, "the step must not be 0"));
    }
    let down = step.is_negative();
    if (down && end > start) || (!down && end < start) {
        let (way, than) = if down { ("negative", "greater") } else { ("positive", "less") };
        return Err(ArgError::at(1, format!("with a {way} step, the end must not be {than} than the start")));
    }
    let mut found = Vec::new();
    let mut number = start.clone();
    while if down { number > *end } else { number < *end } {
        if found.len() >= LONGEST_RANGE {
            return Err(ArgError::call(format!(
                "there would be more than {LONGEST_RANGE} numbers; use a greater step"
            )));
        }
        let next = &number + &step;
        found.push(Value::from(number));
        number = next;
    }
    Ok(Value::list(Type::Number, found))
}

fn reversed_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].ty() {
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        Type::Tuple(types) => Ok(Type::tuple(types.iter().rev().cloned())),
        ty => Err(no_sequence(0, &ty)),
    }
}

fn reverse(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    let elements = list.elements().unwrap_or_default().iter().rev().cloned().collect();
    Ok(sequence(&call.result, elements).mark(list.marks()))
}

fn sliced_type(args: &[Value]) -> Result<Type, ArgError> {
    let (ty, length) = match args[0].ty() {
        Type::List(element) => (Type::List(element), args[0].elements().map(<[Value]>::len)),
        Type::Tuple(types) => (Type::Tuple(types.clone()), Some(types.len())),
        Type::Set(_) => {
            let message = "the elements of a set have no order; convert it to a list if that does not matter";
            return Err(ArgError::at(0, message));
        }
        other => return Err(no_sequence(0, &other)),
    };
    let start = bound(args, 1, "start", length)?;
    let end = bound(args, 2, "end", length)?;
    match (ty, start, end) {
        (_, Some(start), Some(end)) if start > end => {
            Err(ArgError::at(1, format!("the start {start} is greater than the end {end}")).revealing())
        }
        (Type::Tuple(types), Some(start), Some(end)) => Ok(Type::tuple(types[start..end].iter().cloned())),
        (Type::Tuple(_), ..) => Ok(Type::Any),
        (list, ..) => Ok(list),
    }
}

/// A place between elements, if it is known: not behind the last one.
fn bound(args: &[Value], at: usize, what: &str, length: Option<usize>) -> Result<Option<usize>, ArgError> {
    if !args[at].is_known() {
        return Ok(None);
    }
    let place = integer(args, at)?;
    match (usize::try_from(place), length) {
        (Err(_), _) => Err(ArgError::at(at, format!("the {what} must not be negative"))),
        (Ok(place), Some(length)) if place > length => {
            let message = format!("the {what} {place} is greater than the length of the list, {length}");
            Err(ArgError::at(at, message).revealing())
        }
        (Ok(place), _) => Ok(Some(place)),
    }
}

fn slice(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    let elements = list.elements().unwrap_or_default();
    let start = bound(call.args, 1, "start", Some(elements.len()))?.unwrap_or(0);
    let end = bound(call.args, 2, "end", Some(elements.len()))?.unwrap_or(0);
    let slice = elements.get(start..end).unwrap_or_default();
    Ok(sequence(&call.result, slice.to_vec()).mark(list.marks()))
}
