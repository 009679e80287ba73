//! The functions of the language: one table, one file for each group.

use std::collections::HashMap;
use std::sync::LazyLock;

use terrane_value::{Marks, Type, Value};

use crate::World;

mod collection;
mod encoding;
mod network;
mod string;

/// All groups. A new function is one entry in the list of its group; a new group is one line here.
static GROUPS: &[&[Function]] = &[collection::FUNCTIONS, encoding::FUNCTIONS, network::FUNCTIONS, string::FUNCTIONS];

/// A function of values.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The parameters that must be given.
    pub params: &'static [Param],
    /// What all further arguments are given to, if more are allowed.
    pub variadic: Option<Param>,
    /// Whether the result depends on its arguments alone; if not, it is unknown until apply.
    pub pure: bool,
    /// The type of the result, of which the arguments may be unknown.
    pub result: fn(&[Value]) -> Result<Type, ArgError>,
    /// The result. Arguments are converted to the types of their parameters; they are known, not null and without marks
    /// (at any depth) where the parameter does not allow these; parts of them may be unknown or null.
    pub call: fn(&[Value], &Context<'_>) -> Result<Value, ArgError>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name, as errors say it.
    pub name: &'static str,
    /// The type arguments are converted to.
    pub ty: fn() -> Type,
    /// Whether an argument may be null.
    pub null: bool,
    /// Whether the function is called with an unknown argument; if not, its result is unknown.
    pub unknown: bool,
    /// Whether the function is called with an argument of unknown type; if not, its result is unknown and of unknown type.
    pub dynamic: bool,
    /// Whether the function is called with marked arguments; if not, the marks go from the arguments to the result.
    pub marked: bool,
}

impl Param {
    /// A parameter that takes known values that are not null.
    pub const fn new(name: &'static str, ty: fn() -> Type) -> Param {
        Param { name, ty, null: false, unknown: false, dynamic: false, marked: false }
    }

    /// Also takes null.
    pub const fn null(self) -> Param {
        Param { null: true, ..self }
    }

    /// Also takes unknown values.
    pub const fn unknown(self) -> Param {
        Param { unknown: true, ..self }
    }

    /// Also takes values of unknown type.
    pub const fn dynamic(self) -> Param {
        Param { dynamic: true, ..self }
    }

    /// Also takes marked values.
    pub const fn marked(self) -> Param {
        Param { marked: true, ..self }
    }
}

impl Function {
    /// A pure function.
    pub const fn new(
        name: &'static str,
        params: &'static [Param],
        result: fn(&[Value]) -> Result<Type, ArgError>,
        call: fn(&[Value], &Context<'_>) -> Result<Value, ArgError>,
    ) -> Function {
        Function { name, params, variadic: None, pure: true, result, call }
    }

    /// Takes any number of further arguments.
    pub const fn variadic(self, param: Param) -> Function {
        Function { variadic: Some(param), ..self }
    }

    /// Has another result each time.
    pub const fn impure(self) -> Function {
        Function { pure: false, ..self }
    }

    /// The parameter that the argument at a place is given to.
    pub fn param(&self, index: usize) -> Option<&Param> {
        self.params.get(index).or(self.variadic.as_ref())
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgError {
    /// The place of the argument at fault, if it is one.
    pub arg: Option<usize>,
    /// What is wrong, without capital letter and final stop.
    pub message: String,
}

impl ArgError {
    /// An error of one argument.
    pub fn at(arg: usize, message: impl Into<String>) -> ArgError {
        ArgError { arg: Some(arg), message: message.into() }
    }

    /// An error of the call as a whole.
    pub fn call(message: impl Into<String>) -> ArgError {
        ArgError { arg: None, message: message.into() }
    }
}

/// What functions may use beside their arguments.
pub struct Context<'a> {
    /// Files, time and chance.
    pub world: &'a dyn World,
}

/// The function of a name; `core::` before it is allowed.
pub fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<HashMap<&str, &'static Function>> =
        LazyLock::new(|| GROUPS.iter().copied().flatten().map(|f| (f.name, f)).collect());
    BY_NAME.get(name.strip_prefix("core::").unwrap_or(name)).copied()
}

/// The names of all functions, those that are not functions of values (`try`, `templatefile`, …) included; sorted.
pub fn names() -> Vec<&'static str> {
    let special = ["can", "templatefile", "templatestring", "try"];
    let mut names: Vec<&str> = GROUPS.iter().copied().flatten().map(|f| f.name).chain(special).collect();
    names.sort_unstable();
    names
}

/// Calls a function with evaluated arguments, by the rules that hold for all: conversion, null, unknown, marks.
///
/// The number of arguments has been checked.
pub fn call(function: &Function, args: Vec<Value>, context: &Context<'_>) -> Result<Value, ArgError> {
    let mut marks = Marks::NONE;
    let mut ready = Vec::with_capacity(args.len());
    for (i, arg) in args.into_iter().enumerate() {
        let Some(param) = function.param(i) else { return Err(ArgError::call("there are too many arguments")) };
        let arg = terrane_value::convert(&arg, &(param.ty)()).map_err(|e| ArgError::at(i, e.to_string()))?;
        if arg.is_null() && !param.null {
            return Err(ArgError::at(i, "argument must not be null"));
        }
        ready.push(if param.marked { arg } else { unmark(arg, &mut marks) });
    }
    Ok(outcome(function, &ready, context)?.mark(marks))
}

fn unmark(arg: Value, marks: &mut Marks) -> Value {
    *marks = marks.union(arg.marks_deep());
    arg.unmark_deep().0
}

fn outcome(function: &Function, args: &[Value], context: &Context<'_>) -> Result<Value, ArgError> {
    let with_params = || args.iter().enumerate().filter_map(|(i, arg)| Some((arg, function.param(i)?)));
    if with_params().any(|(arg, p)| !arg.is_known() && arg.ty() == Type::Any && !p.dynamic) {
        return Ok(Value::dynamic());
    }
    if with_params().any(|(arg, p)| !arg.is_known() && !p.unknown) {
        return (function.result)(args).map(Value::unknown);
    }
    (function.call)(args, context)
}
