//! Functions of maps and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_value::{Kind, Marks, Type, Value, convert, ops, unify};

use super::call::Call;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("keys", &[Param::any("inputMap").unknown().marked()], keys_type, keys),
    Function::new("lookup", &[Param::any("inputMap").marked(), Param::string("key").marked()], found_type, lookup)
        .variadic(Param::any("default").everything())
        .nullable(),
    Function::new("matchkeys", &[Param::list("values"), Param::list("keys"), SEARCHSET], searched_type, matchkeys),
    Function::new("merge", &[], merged_type, merge).variadic(Param::any("maps").null().dynamic().marked()),
    Function::new("transpose", &[LISTS], |_| Ok(lists()), transpose),
    Function::new("values", &[Param::any("mapping").marked()], values_type, values),
    Function::new("zipmap", &[Param::strings("keys").marked(), Param::any("values").marked()], zipped_type, zipmap),
];

const SEARCHSET: Param = Param::list("searchset");
const LISTS: Param = Param::new("values", lists);

fn lists() -> Type {
    Type::map(Type::list(Type::String))
}

fn no_mapping(args: &[Value], at: usize) -> ArgError {
    ArgError::at(at, format!("a map or object is required, not {}", args[at].ty().friendly()))
}

fn keys_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].kind() {
        Kind::Map(..) | Kind::Unknown(Type::Map(_), _) => Ok(Type::list(Type::String)),
        Kind::Object(_) | Kind::Unknown(Type::Object(_), _) => Ok(Type::Any),
        _ => Err(no_mapping(args, 0)),
    }
}

/// The names of the attributes of an object are known even if it is not.
fn keys(call: &Call<'_>) -> Result<Value, ArgError> {
    let text = |name: &Arc<str>| Value::string(name.clone());
    let keys = match call.args[0].kind() {
        Kind::Object(fields) => Value::tuple(fields.names().iter().map(text)),
        Kind::Unknown(Type::Object(object), _) => Value::tuple(object.attributes.keys().map(text)),
        Kind::Map(_, fields) => Value::list(Type::String, fields.names().iter().map(text)),
        _ => Value::unknown(call.result.clone()),
    };
    Ok(keys.mark(call.args[0].marks()))
}

fn found_type(args: &[Value]) -> Result<Type, ArgError> {
    if args.len() > 3 {
        return Err(ArgError::call(format!("there may be two or three arguments, not {}", args.len())));
    }
    let (attribute, key) = match (args[0].kind(), args[1].as_str()) {
        (Kind::Map(element, _), _) => return element_or_default(args, element),
        (Kind::Unknown(Type::Map(element), _), _) => return element_or_default(args, element),
        (Kind::Object(_) | Kind::Unknown(Type::Object(_), _), None) => return Ok(Type::Any),
        (Kind::Object(fields), Some(key)) => (fields.get(key).map(|_| Type::Any), key),
        (Kind::Unknown(Type::Object(object), _), Some(key)) => (object.attributes.get(key).cloned(), key),
        _ => return Err(no_mapping(args, 0)),
    };
    match (attribute, args.get(2)) {
        (Some(ty), _) => Ok(ty),
        (None, Some(default)) => Ok(default.ty()),
        (None, None) => {
            let message = format!("the object does not have the attribute {key:?}, and there is no default");
            Err(ArgError::at(1, message).revealing())
        }
    }
}

fn element_or_default(args: &[Value], element: &Type) -> Result<Type, ArgError> {
    match args.get(2).map(|default| convert(default, element)) {
        Some(Err(e)) => {
            let element = element.friendly();
            Err(ArgError::at(2, format!("the default must be of type {element}, as the elements of the map are: {e}")))
        }
        _ => Ok(element.clone()),
    }
}

fn lookup(call: &Call<'_>) -> Result<Value, ArgError> {
    let (mapping, key) = (&call.args[0], call.text(1));
    let marks = mapping.marks().union(call.args[1].marks());
    let found = match (mapping.get(key), call.args.get(2)) {
        _ if !mapping.is_known() => Value::unknown(call.result.clone()),
        (Some(value), _) => value.clone(),
        (None, Some(default)) => convert(default, &call.result).map_err(|e| ArgError::at(2, e.to_string()))?,
        (None, None) => {
            let key = call.shown(key);
            return Err(ArgError::at(1, format!("the map does not have the key {key}, and there is no default")));
        }
    };
    Ok(found.mark(marks))
}

fn searched_type(args: &[Value]) -> Result<Type, ArgError> {
    match unify(&[args[1].ty(), args[2].ty()]) {
        Some(_) => Ok(args[0].ty()),
        None => {
            let (keys, set) = (args[1].ty().friendly(), args[2].ty().friendly());
            Err(ArgError::call(format!("keys and searchset must have a common type, unlike {keys} and {set}")))
        }
    }
}

fn matchkeys(call: &Call<'_>) -> Result<Value, ArgError> {
    let common = unify(&[call.args[1].ty(), call.args[2].ty()]).unwrap_or(Type::Any);
    let values = call.args[0].elements().unwrap_or_default();
    let keys = convert(&call.args[1], &common).map_err(|e| ArgError::at(1, e.to_string()))?;
    let searched = convert(&call.args[2], &common).map_err(|e| ArgError::at(2, e.to_string()))?;
    let (keys, searched) = (keys.elements().unwrap_or_default(), searched.elements().unwrap_or_default());
    if keys.len() != values.len() {
        let (values, keys) = (values.len(), keys.len());
        return Err(ArgError::call(format!("there must be a key for each value, but there are {keys} for {values}")));
    }
    let element = call.result.element().cloned().unwrap_or(Type::Any);
    if searched.is_empty() {
        return Ok(Value::list(element, []));
    }
    if !call.args[0].is_wholly_known() || !keys.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(call.result.clone()));
    }
    let mut found = Vec::new();
    for (key, value) in keys.iter().zip(values) {
        for one in searched {
            match ops::equals(key, one).as_bool() {
                Some(false) => {}
                Some(true) => {
                    found.push(value.clone());
                    break;
                }
                None => return Ok(Value::unknown(call.result.clone())),
            }
        }
    }
    Ok(Value::list(element, found))
}

/// The type of all arguments if they have the same, otherwise an object type.
fn merged_type(args: &[Value]) -> Result<Type, ArgError> {
    let is_mapping = |ty: &Type| matches!(ty, Type::Any | Type::Map(_) | Type::Object(_));
    let wrong = args.iter().position(|arg| match arg.kind() {
        Kind::Map(..) | Kind::Object(_) => false,
        Kind::Null(ty) | Kind::Unknown(ty, _) => !is_mapping(ty),
        _ => true,
    });
    if let Some(at) = wrong {
        return Err(no_mapping(args, at));
    }
    // All that is known needs no type but that of maps of one type.
    let is_object = |arg: &Value| matches!(arg.kind(), Kind::Object(_) | Kind::Null(Type::Object(_) | Type::Any));
    if args.iter().all(Value::is_known) && (args.is_empty() || args.iter().any(is_object)) {
        return Ok(Type::Any);
    }
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    match types.split_first() {
        _ if types.contains(&Type::Any) => Ok(Type::Any),
        Some((first, rest)) if rest.iter().all(|ty| ty == first) => Ok(first.clone()),
        // Which attributes an object has is known only with the keys of all maps.
        Some(_) if args.iter().any(|arg| matches!(arg.kind(), Kind::Unknown(Type::Map(_), _))) => Ok(Type::Any),
        _ => Ok(Type::object(args.iter().flat_map(attribute_types))),
    }
}

fn attribute_types(arg: &Value) -> Vec<(Arc<str>, Type)> {
    match (arg.ty(), arg.fields()) {
        _ if arg.is_null() => Vec::new(),
        (Type::Object(object), _) => object.attributes.iter().map(|(n, t)| (n.clone(), t.clone())).collect(),
        (Type::Map(element), Some(fields)) => fields.names().iter().map(|n| (n.clone(), (*element).clone())).collect(),
        _ => Vec::new(),
    }
}

fn merge(call: &Call<'_>) -> Result<Value, ArgError> {
    let mut marks = Marks::NONE;
    let mut merged: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    for arg in call.args.iter().filter(|arg| !arg.is_null()) {
        marks = marks.union(arg.marks());
        let fields = arg.fields().into_iter().flat_map(|fields| fields.iter());
        merged.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    }
    let merged = match &call.result {
        Type::Map(element) => Value::map((**element).clone(), merged),
        _ => Value::object(merged),
    };
    Ok(merged.mark(marks))
}

fn transpose(call: &Call<'_>) -> Result<Value, ArgError> {
    let lists = &call.args[0];
    if !lists.is_wholly_known() {
        return Ok(Value::unknown(call.result.clone()));
    }
    let mut found: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, list) in lists.fields().into_iter().flat_map(|fields| fields.iter()) {
        let null = |what: &str| ArgError::at(0, format!("{what} under {} is null", call.shown(key)));
        for text in list.elements().ok_or_else(|| null("the list"))? {
            let Kind::String(text) = text.kind() else { return Err(null("an element")) };
            found.entry(text.clone()).or_default().push(Value::string(key.clone()));
        }
    }
    let lists = found.into_iter().map(|(text, keys)| (text, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

fn values_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].kind() {
        Kind::Map(element, _) => Ok(Type::list(element.clone())),
        Kind::Object(_) => Ok(Type::Any),
        Kind::Unknown(Type::Map(element), _) => Ok(Type::List(element.clone())),
        Kind::Unknown(Type::Object(object), _) => Ok(Type::tuple(object.attributes.values().cloned())),
        _ => Err(no_mapping(args, 0)),
    }
}

fn values(call: &Call<'_>) -> Result<Value, ArgError> {
    let mapping = &call.args[0];
    let values = mapping.fields().map(|fields| fields.values().to_vec()).unwrap_or_default();
    let values = match &call.result {
        Type::List(element) => Value::list((**element).clone(), values),
        _ => Value::tuple(values),
    };
    Ok(values.mark(mapping.marks()))
}

fn zipped_type(args: &[Value]) -> Result<Type, ArgError> {
    match args[1].kind() {
        Kind::List(element, _) => Ok(Type::map(element.clone())),
        Kind::Tuple(_) => Ok(Type::Any),
        Kind::Unknown(Type::List(element), _) => Ok(Type::Map(element.clone())),
        Kind::Unknown(Type::Tuple(_), _) if !args[0].is_wholly_known() => Ok(Type::Any),
        Kind::Unknown(Type::Tuple(types), _) => {
            let keys = zipped_keys(&args[0], types.len())?;
            Ok(Type::object(keys.into_iter().zip(types.iter().cloned())))
        }
        _ => Err(ArgError::at(1, format!("a list or tuple is required, not {}", args[1].ty().friendly()))),
    }
}

/// The texts of a known list of keys, one for each of so many values.
fn zipped_keys(keys: &Value, values: usize) -> Result<Vec<Arc<str>>, ArgError> {
    let keys = keys.elements().unwrap_or_default();
    if keys.len() != values {
        let keys = keys.len();
        return Err(ArgError::call(format!("there must be a key for each value, but there are {keys} for {values}")));
    }
    let text = |(i, key): (usize, &Value)| match key.kind() {
        Kind::String(text) => Ok(text.clone()),
        _ => Err(ArgError::at(0, format!("key {i} is null"))),
    };
    keys.iter().enumerate().map(text).collect()
}

fn zipmap(call: &Call<'_>) -> Result<Value, ArgError> {
    let (keys, values) = (&call.args[0], &call.args[1]);
    let marks = values.marks().union(keys.marks_deep());
    if !keys.is_wholly_known() {
        return Ok(Value::unknown(call.result.clone()).mark(marks));
    }
    let values = values.elements().unwrap_or_default();
    let zipped = zipped_keys(keys, values.len())?.into_iter().zip(values.iter().cloned());
    let zipped = match &call.result {
        Type::Map(element) => Value::map((**element).clone(), zipped),
        _ => Value::object(zipped),
    };
    Ok(zipped.mark(marks))
}
