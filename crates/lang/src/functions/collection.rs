//! Functions of collections of any kind.

use terrane_value::{Bound, Kind, Number, Refinement, Type, Value, convert, ops, unify};
use unicode_segmentation::UnicodeSegmentation;

use super::call::Call;
use super::signature::{a_bool, a_number};
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("alltrue", &[BOOLS], a_bool, alltrue),
    Function::new("anytrue", &[BOOLS], a_bool, anytrue),
    Function::new("coalesce", &[], common_type, coalesce).variadic(Param::any("vals").null().unknown().dynamic()),
    Function::new("coalescelist", &[], one_type, coalescelist).variadic(Param::any("vals").null().unknown().dynamic()),
    Function::new("contains", &[LIST, Param::any("value")], a_bool, contains),
    Function::new("index", &[LIST, Param::any("value")], a_number, index),
    Function::new("length", &[Param::any("value").dynamic().unknown().marked()], countable, length),
    Function::new("one", &[LIST], only_type, one).nullable(),
];

const LIST: Param = Param::any("list");
const BOOLS: Param = Param::new("list", || Type::list(Type::Bool));

fn alltrue(call: &Call<'_>) -> Result<Value, ArgError> {
    let elements = call.args[0].elements().unwrap_or_default();
    let first_other = elements.iter().find(|v| v.as_bool() != Some(true));
    Ok(first_other.map_or(true.into(), |v| if v.is_known() { false.into() } else { Value::unknown(Type::Bool) }))
}

fn anytrue(call: &Call<'_>) -> Result<Value, ArgError> {
    let elements = call.args[0].elements().unwrap_or_default();
    let found = elements.iter().any(|v| v.as_bool() == Some(true));
    if !found && !elements.iter().all(Value::is_known) {
        return Ok(Value::unknown(Type::Bool));
    }
    Ok(found.into())
}

fn common_type(args: &[Value]) -> Result<Type, ArgError> {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.is_empty() {
        return Err(ArgError::call("at least one argument is required"));
    }
    let names = || types.iter().map(Type::friendly).collect::<Vec<_>>().join(", ");
    unify(&types).ok_or_else(|| ArgError::call(format!("all arguments must have a common type, unlike {}", names())))
}

fn coalesce(call: &Call<'_>) -> Result<Value, ArgError> {
    for (i, arg) in call.args.iter().enumerate() {
        let arg = convert(arg, &call.result).map_err(|e| ArgError::at(i, e.to_string()))?;
        if !arg.is_known() {
            return Ok(Value::unknown(call.result.clone()));
        }
        if !arg.is_null() && arg.as_str() != Some("") {
            return Ok(arg);
        }
    }
    Err(ArgError::call("all arguments are null or empty texts"))
}

fn one_type(args: &[Value]) -> Result<Type, ArgError> {
    if args.is_empty() {
        return Err(ArgError::call("at least one argument is required"));
    }
    for (i, arg) in args.iter().enumerate() {
        match arg.kind() {
            Kind::Unknown(..) => break,
            Kind::List(..) | Kind::Tuple(_) | Kind::Null(Type::List(_) | Type::Tuple(_)) => {}
            _ => return Err(ArgError::at(i, format!("a list or tuple is required, not {}", what(arg)))),
        }
    }
    Ok(Type::Any)
}

/// What an argument is, for an error.
fn what(arg: &Value) -> String {
    if arg.is_null() && arg.ty() == Type::Any { "null".into() } else { arg.ty().friendly() }
}

fn coalescelist(call: &Call<'_>) -> Result<Value, ArgError> {
    // Which list it will be, and so of which type, is not known before all lists in front of it are.
    let first = call.args.iter().find(|arg| !arg.is_known() || arg.elements().is_some_and(|e| !e.is_empty()));
    match first {
        Some(arg) if arg.is_known() => Ok(arg.clone()),
        Some(_) => Ok(Value::dynamic()),
        None => Err(ArgError::call("all arguments are null or empty")),
    }
}

fn contains(call: &Call<'_>) -> Result<Value, ArgError> {
    let (list, value) = (&call.args[0], &call.args[1]);
    let Some(elements) = list.elements() else {
        return Err(ArgError::at(0, format!("a list, tuple or set is required, not {}", list.ty().friendly())));
    };
    let mut undecided = false;
    for element in elements {
        match ops::equals(value, element).as_bool() {
            Some(true) => return Ok(true.into()),
            Some(false) => {}
            None => undecided = true,
        }
    }
    Ok(if undecided { Value::unknown(Type::Bool) } else { false.into() })
}

fn index(call: &Call<'_>) -> Result<Value, ArgError> {
    let (list, value) = (&call.args[0], &call.args[1]);
    let (Kind::List(_, elements) | Kind::Tuple(elements)) = list.kind() else {
        return Err(ArgError::at(0, format!("a list or tuple is required, not {}", list.ty().friendly())));
    };
    for (i, element) in elements.iter().enumerate() {
        match ops::equals(element, value).as_bool() {
            Some(true) => return Ok(Value::from(i as i64)),
            Some(false) => {}
            None => return Ok(Value::unknown(Type::Number)),
        }
    }
    Err(ArgError::call("the list does not contain the value"))
}

fn countable(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].kind() {
        Kind::Bool(_) | Kind::Number(_) | Kind::Unknown(Type::Bool | Type::Number, _) => {
            let ty = args[0].ty().friendly();
            Err(ArgError::at(0, format!("only texts, collections, tuples and objects have a length, not a {ty}")))
        }
        _ => Ok(Type::Number),
    }
}

/// Counts characters of texts as people see them.
fn length(call: &Call<'_>) -> Result<Value, ArgError> {
    let value = &call.args[0];
    let count = match value.kind() {
        Kind::String(text) => Value::from(text.graphemes(true).count() as i64),
        Kind::Unknown(Type::String, known) => at_least(known.prefix.as_deref().unwrap_or("").graphemes(true).count()),
        Kind::Unknown(Type::Any, _) => Value::unknown(Type::Number),
        _ => return ops::length(value).map_err(|e| ArgError::at(0, e.to_string())),
    };
    Ok(count.mark(value.marks()))
}

fn at_least(count: usize) -> Value {
    let least = Bound::inclusive(Number::from(count as u64));
    Value::unknown(Type::Number).refine(Refinement::bounds(Some(least), None))
}

fn only_type(args: &[Value]) -> Result<Type, ArgError> {
    let few = match args[0].kind() {
        Kind::List(element, _) | Kind::Set(element, _) => return Ok(element.clone()),
        Kind::Unknown(Type::List(element) | Type::Set(element), _) => return Ok((**element).clone()),
        Kind::Unknown(Type::Tuple(types), _) => match &**types {
            [only] => return Ok(only.clone()),
            types => types.is_empty(),
        },
        Kind::Tuple(values) => values.len() < 2,
        _ => false,
    };
    if few { Ok(Type::Any) } else { Err(not_one(&args[0])) }
}

fn one(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    let elements = list.elements().unwrap_or_default();
    match elements {
        [] => Ok(Value::null(call.result.clone())),
        [only] => Ok(only.clone()),
        _ if !ops::length(list).is_ok_and(|count| count.is_known()) => Ok(Value::unknown(call.result.clone())),
        _ => Err(not_one(list)),
    }
}

fn not_one(list: &Value) -> ArgError {
    let count = match (list.kind(), list.elements()) {
        (Kind::Unknown(Type::Tuple(types), _), _) => Some(types.len()),
        (_, elements) => elements.map(<[Value]>::len),
    };
    let count = count.map(|count| format!(" with {count} elements")).unwrap_or_default();
    let what = what(list);
    ArgError::at(0, format!("a list, set or tuple with one element or none is required, not {what}{count}"))
}
