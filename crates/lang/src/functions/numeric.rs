//! Functions of numbers.

use terrane_value::{Kind, Number, Type, Value, convert};

use super::call::Call;
use super::signature::a_number;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", &[NUM], a_number, |c| Ok(Value::from(c.number(0).abs()))),
    Function::new("ceil", &[NUM], a_number, |c| Ok(Value::from(c.number(0).ceil()))),
    Function::new("floor", &[NUM], a_number, |c| Ok(Value::from(c.number(0).floor()))),
    Function::new("log", &[NUM, Param::number("base")], a_number, log),
    Function::new("max", &[], a_number, |c| extreme(c, |a, b| a > b)).variadic(Param::number("numbers")),
    Function::new("min", &[], a_number, |c| extreme(c, |a, b| a < b)).variadic(Param::number("numbers")),
    Function::new("parseint", &[Param::any("number"), Param::number("base")], parsed, parseint),
    Function::new("pow", &[NUM, Param::number("power")], a_number, pow),
    Function::new("signum", &[NUM], a_number, signum),
    Function::new("sum", &[Param::any("list")], a_number, sum),
];

const NUM: Param = Param::number("num");

fn log(call: &Call<'_>) -> Result<Value, ArgError> {
    finite(call.number(0).log(call.number(1)))
}

fn pow(call: &Call<'_>) -> Result<Value, ArgError> {
    finite(call.number(0).pow(call.number(1)))
}

fn finite(result: Option<Number>) -> Result<Value, ArgError> {
    result.map(Value::from).ok_or_else(|| ArgError::call("the result is not a finite number"))
}

fn extreme(call: &Call<'_>, better: fn(&Number, &Number) -> bool) -> Result<Value, ArgError> {
    let numbers = call.args.iter().filter_map(Value::as_number);
    let best = numbers.reduce(|best, n| if better(n, best) { n } else { best });
    best.cloned().map(Value::from).ok_or_else(|| ArgError::call("at least one number is required"))
}

fn parsed(args: &[Value]) -> Result<Type, ArgError> {
    match args[0].ty() {
        Type::String => a_number(args),
        ty => Err(ArgError::at(0, format!("a string is required, not {}", ty.friendly()))),
    }
}

fn parseint(call: &Call<'_>) -> Result<Value, ArgError> {
    let base = call.integer(1)?;
    let Some(base) = u32::try_from(base).ok().filter(|base| (2..=62).contains(base)) else {
        return Err(ArgError::at(1, "base must be a whole number between 2 and 62"));
    };
    Number::from_radix(call.text(0), base).map(Value::from).ok_or_else(|| {
        let text = call.shown(call.text(0));
        ArgError::at(0, format!("cannot parse {text} as an integer in base {base}")).revealing()
    })
}

fn signum(call: &Call<'_>) -> Result<Value, ArgError> {
    Ok(Value::from(call.integer(0)?.signum()))
}

fn sum(call: &Call<'_>) -> Result<Value, ArgError> {
    let list = &call.args[0];
    let elements = match list.kind() {
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => elements,
        _ => {
            let ty = list.ty().friendly();
            return Err(ArgError::at(0, format!("a list, set or tuple of numbers is required, not {ty}")));
        }
    };
    if elements.is_empty() {
        return Err(ArgError::at(0, "the sum of no numbers is undefined; an empty list needs a result of its own"));
    }
    if !list.is_wholly_known() {
        return Ok(Value::unknown(Type::Number));
    }
    let mut total = Number::ZERO;
    for (i, element) in elements.iter().enumerate() {
        let number = convert(element, &Type::Number).ok();
        let Some(number) = number.as_ref().and_then(Value::as_number) else {
            let what = if element.is_null() { "null".into() } else { element.ty().friendly() };
            return Err(ArgError::at(0, format!("all elements must be numbers, but element {i} is {what}")));
        };
        total = &total + number;
    }
    Ok(Value::from(total))
}
