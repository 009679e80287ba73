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

fn no_sequence(args: &[Value], at: usize) -> ArgError {
    ArgError::at(at, format!("a list or tuple is required, not {}", args[at].ty().friendly()))
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
    let list_type = |arg: &Value| match arg.kind() {
        Kind::List(element, _) => Some(Type::list(element.clone())),
        Kind::Unknown(list @ Type::List(_), _) => Some(list.clone()),
        _ => None,
    };
    let lists: Vec<Type> = args.iter().map_while(list_type).collect();
    if lists.len() == args.len()
        && let Some(common) = unify(&lists)
    {
        return Ok(common);
    }
    let is_sequence = |arg: &Value| matches!(arg.kind(), Kind::Tuple(_) | Kind::Unknown(Type::Tuple(_), _));
    if let Some(at) = args.iter().position(|arg| list_type(arg).is_none() && !is_sequence(arg)) {
        return Err(no_sequence(args, at));
    }
    // The type of a tuple of known elements follows from them.
    let unknown_list = |arg: &Value| matches!(arg.kind(), Kind::Unknown(Type::List(_), _));
    if args.iter().all(Value::is_known) || args.iter().any(unknown_list) {
        return Ok(Type::Any);
    }
    Ok(Type::tuple(args.iter().flat_map(|arg| match arg.kind() {
        Kind::Unknown(Type::Tuple(types), _) => types.to_vec(),
        _ => arg.elements().unwrap_or_default().iter().map(Value::ty).collect(),
    })))
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
    let count = match args[0].kind() {
        Kind::List(element, _) => return Ok(element.clone()),
        Kind::Unknown(Type::List(element), _) => return Ok((**element).clone()),
        Kind::Tuple(values) => values.len(),
        Kind::Unknown(Type::Tuple(types), _) => types.len(),
        _ => return Err(no_sequence(args, 0)),
    };
    if !args[1].is_known() {
        return Ok(Type::Any);
    }
    let place = place(integer(args, 1)?, count)?;
    Ok(match args[0].kind() {
        Kind::Unknown(Type::Tuple(types), _) => types[place].clone(),
        _ => Type::Any,
    })
}

fn element(call: &Call<'_>) -> Result<Value, ArgError> {
    let elements = call.args[0].elements().unwrap_or_default();
    let place = place(call.integer(1)?, elements.len())?;
    Ok(elements[place].clone().mark(call.args[0].marks()))
}

fn flat_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].kind() {
        Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => Ok(Type::Any),
        Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Tuple(_), _) => Ok(Type::Any),
        _ => Err(ArgError::at(0, format!("a list, set or tuple is required, not {}", args[0].ty().friendly()))),
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
    match args[0].kind() {
        Kind::List(element, _) | Kind::Set(element, _) => Ok(Type::list(element.clone())),
        Kind::Tuple(_) => Ok(Type::Any),
        Kind::Unknown(Type::List(element) | Type::Set(element), _) => Ok(Type::List(element.clone())),
        Kind::Unknown(Type::Tuple(types), _) => Ok(Type::tuple(types.iter().rev().cloned())),
        _ => Err(no_sequence(args, 0)),
    }
}

fn reverse(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    let elements = list.elements().unwrap_or_default().iter().rev().cloned().collect();
    Ok(sequence(&call.result, elements).mark(list.marks()))
}

fn sliced_type(args: &[Value]) -> Result<Type, ArgError> {
    let length = match args[0].kind() {
        Kind::List(_, values) | Kind::Tuple(values) => Some(values.len()),
        Kind::Unknown(Type::Tuple(types), _) => Some(types.len()),
        Kind::Unknown(Type::List(_), _) => None,
        Kind::Set(..) | Kind::Unknown(Type::Set(_), _) => {
            let message = "the elements of a set have no order; convert it to a list if that does not matter";
            return Err(ArgError::at(0, message));
        }
        _ => return Err(no_sequence(args, 0)),
    };
    let start = bound(args, 1, "start", length)?;
    let end = bound(args, 2, "end", length)?;
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(ArgError::at(1, format!("the start {start} is greater than the end {end}")).revealing());
    }
    Ok(match (args[0].kind(), start, end) {
        (Kind::List(element, _), ..) => Type::list(element.clone()),
        (Kind::Unknown(list @ Type::List(_), _), ..) => list.clone(),
        (Kind::Unknown(Type::Tuple(types), _), Some(start), Some(end)) => Type::tuple(types[start..end].to_vec()),
        _ => Type::Any,
    })
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
