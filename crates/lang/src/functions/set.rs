//! Functions of sets.

use std::collections::BTreeSet;

use terrane_value::{Kind, Marks, Refinement, Type, Value, convert, ops, unify};

use super::call::Call;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("setintersection", &[FIRST], common_type, setintersection).variadic(OTHERS),
    Function::new("setproduct", &[], product_type, setproduct).variadic(Param::any("sets").marked().unknown()),
    Function::new("setsubtract", &[a_set("a"), a_set("b")], common_type, setsubtract),
    Function::new("setunion", &[FIRST], common_type, setunion).variadic(OTHERS),
];

const FIRST: Param = a_set("first_set");
const OTHERS: Param = a_set("other_sets");

const fn a_set(name: &'static str) -> Param {
    Param::new(name, || Type::set(Type::Any)).dynamic()
}

/// The set type that all arguments have in common; empty sets of any type have it, too.
fn common_type(args: &[Value]) -> Result<Type, ArgError> {
    let untyped_empty = |arg: &&Value| arg.elements().is_some_and(<[Value]>::is_empty) && element(arg) == Type::Any;
    let types: Vec<Type> = args.iter().filter(|arg| !untyped_empty(arg)).map(element).collect();
    if types.is_empty() {
        return Ok(Type::set(Type::Any));
    }
    let names = || types.iter().map(Type::friendly).collect::<Vec<_>>().join(", ");
    let common = unify(&types).ok_or_else(|| {
        ArgError::call(format!("the elements of all sets must have a common type, unlike {}", names()))
    })?;
    Ok(Type::set(common))
}

fn element(arg: &Value) -> Type {
    arg.ty().element().cloned().unwrap_or(Type::Any)
}

/// The elements of each argument as the type of the result has them.
fn converted(call: &Call<'_>) -> Result<Vec<Value>, ArgError> {
    let one = |(i, arg): (usize, &Value)| convert(arg, &call.result).map_err(|e| ArgError::at(i, e.to_string()));
    call.args.iter().enumerate().map(one).collect()
}

fn set(call: &Call<'_>, elements: impl IntoIterator<Item = Value>) -> Value {
    Value::set(call.result.element().cloned().unwrap_or(Type::Any), elements)
}

fn setunion(call: &Call<'_>) -> Result<Value, ArgError> {
    let sets = converted(call)?;
    Ok(set(call, sets.iter().flat_map(|set| set.elements().unwrap_or_default().iter().cloned())))
}

fn setintersection(call: &Call<'_>) -> Result<Value, ArgError> {
    with_known(call, |first, others| first.filter(|v| others.iter().all(|set| set.contains(v))).collect())
}

fn setsubtract(call: &Call<'_>) -> Result<Value, ArgError> {
    with_known(call, |first, others| first.filter(|v| !others.iter().any(|set| set.contains(v))).collect())
}

/// The result of an operation that needs all elements to be known.
fn with_known(
    call: &Call<'_>,
    operation: impl Fn(&mut dyn Iterator<Item = Value>, &[BTreeSet<Value>]) -> Vec<Value>,
) -> Result<Value, ArgError> {
    let sets = converted(call)?;
    let Some((first, others)) = sets.split_first().filter(|_| sets.iter().all(Value::is_wholly_known)) else {
        return Ok(Value::unknown(call.result.clone()));
    };
    let others: Vec<BTreeSet<Value>> =
        others.iter().map(|set| set.elements().unwrap_or_default().iter().cloned().collect()).collect();
    let mut first = first.elements().unwrap_or_default().iter().cloned();
    Ok(set(call, operation(&mut first, &others)))
}

/// Greatest number of elements of a product.
const LARGEST_PRODUCT: usize = 1_000_000;

/// A list of tuples if all arguments have an order, otherwise a set of them.
fn product_type(args: &[Value]) -> Result<Type, ArgError> {
    if args.len() < 2 {
        return Err(ArgError::call("at least two arguments are required"));
    }
    let mut ordered = true;
    let mut types = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        types.push(match arg.ty() {
            Type::List(element) => (*element).clone(),
            Type::Set(element) => {
                ordered = false;
                (*element).clone()
            }
            Type::Tuple(types) if types.is_empty() => Type::Any,
            Type::Tuple(types) => {
                unify(&types).ok_or_else(|| ArgError::at(i, "all elements must have a common type"))?
            }
            ty => return Err(ArgError::at(i, format!("a list, set or tuple is required, not {}", ty.friendly()))),
        });
    }
    let tuple = Type::tuple(types);
    Ok(if ordered { Type::list(tuple) } else { Type::set(tuple) })
}

fn setproduct(call: &Call<'_>) -> Result<Value, ArgError> {
    let marks = call.args.iter().fold(Marks::NONE, |all, arg| all.union(arg.marks()));
    let countable = |arg: &Value| arg.is_known() && ops::length(arg).is_ok_and(|length| length.is_known());
    if !call.args.iter().all(countable) {
        return Ok(unknown_product(call).mark(marks));
    }
    let Some(Type::Tuple(types)) = call.result.element() else { return Ok(Value::dynamic().mark(marks)) };
    let mut columns = Vec::with_capacity(call.args.len());
    for (i, (arg, ty)) in call.args.iter().zip(types.iter()).enumerate() {
        let elements = arg.elements().unwrap_or_default().iter().map(|v| convert(v, ty));
        let elements: Result<Vec<Value>, _> = elements.collect();
        columns.push(elements.map_err(|e| ArgError::at(i, e.to_string()))?);
    }
    let count = columns.iter().try_fold(1usize, |all, column| all.checked_mul(column.len()));
    if count.is_none_or(|count| count > LARGEST_PRODUCT) {
        return Err(ArgError::call(format!("the product would have more than {LARGEST_PRODUCT} elements")));
    }
    let tuples = product(&columns).into_iter().map(Value::tuple);
    let tuple = Type::Tuple(types.clone());
    let product =
        if matches!(call.result, Type::List(_)) { Value::list(tuple, tuples) } else { Value::set(tuple, tuples) };
    Ok(product.mark(marks))
}

/// All combinations of one element of each column, the last changing fastest.
fn product(columns: &[Vec<Value>]) -> Vec<Vec<Value>> {
    columns.iter().fold(vec![Vec::new()], |rows, column| {
        let longer = |row: &Vec<Value>, v: &Value| row.iter().chain([v]).cloned().collect();
        rows.iter().flat_map(|row| column.iter().map(move |v| longer(row, v))).collect()
    })
}

/// What is known of a product before all elements are: how many there may be.
fn unknown_product(call: &Call<'_>) -> Value {
    const TRACKED: u64 = 1024;
    let unknown = Value::unknown(call.result.clone());
    let mut most = 1u64;
    for arg in call.args {
        let Some(longest) = longest(arg).filter(|n| *n <= TRACKED) else { return unknown };
        most = most.saturating_mul(longest);
        if most > 2 * TRACKED {
            return unknown;
        }
    }
    unknown.refine(Refinement::length(most.min(1), Some(most)))
}

/// The greatest number of elements that an argument may turn out to have.
fn longest(arg: &Value) -> Option<u64> {
    match (arg.kind(), arg.elements()) {
        (_, Some(elements)) => Some(elements.len() as u64),
        (Kind::Unknown(Type::Tuple(types), _), None) => Some(types.len() as u64),
        (Kind::Unknown(_, known), None) => known.length.and_then(|(_, most)| most),
        _ => None,
    }
}
