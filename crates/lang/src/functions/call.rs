//! The rules that hold for all calls: conversion, null, unknown, marks.

use terrane_value::{Marks, Number, Refinement, Type, Value, convert};

use super::{ArgError, Context, Function};
use crate::World;

/// One call: what a function gets.
pub struct Call<'a> {
    /// The arguments, by the rules of the parameters.
    pub args: &'a [Value],
    /// The type that the result will have, as far as it is decided.
    pub result: Type,
    /// Files, time and chance.
    pub world: &'a dyn World,
    /// The marks of arguments that were taken from them.
    marks: Marks,
}

/// Nought, for where no number was given.
const ZERO: &Number = &Number::ZERO;

impl Call<'_> {
    /// The text given to a parameter of type string.
    pub fn text(&self, at: usize) -> &str {
        self.args[at].as_str().unwrap_or_default()
    }

    /// The number given to a parameter of type number.
    pub fn number(&self, at: usize) -> &Number {
        self.args[at].as_number().unwrap_or(ZERO)
    }

    /// The integer given to a parameter of type number.
    pub fn integer(&self, at: usize) -> Result<i64, ArgError> {
        integer(self.args, at)
    }

    /// A text in quotes for an error, or what stands for a secret.
    pub fn shown(&self, text: &str) -> String {
        if self.is_secret() { "(sensitive value)".into() } else { format!("{text:?}") }
    }

    fn is_secret(&self) -> bool {
        is_secret(self.args, self.marks)
    }
}

fn is_secret(args: &[Value], marks: Marks) -> bool {
    let all = args.iter().fold(marks, |all, arg| all.union(arg.marks_deep()));
    all.contains(Marks::SENSITIVE) || all.contains(Marks::EPHEMERAL)
}

/// The integer that the argument at a place is.
pub fn integer(args: &[Value], at: usize) -> Result<i64, ArgError> {
    let number = args[at].as_number().unwrap_or(ZERO);
    number.as_i64().ok_or_else(|| match number.is_integer() {
        true => ArgError::at(at, "the number is too large"),
        false => ArgError::at(at, format!("a whole number is required, not {number}")).revealing(),
    })
}

/// Calls a function with evaluated arguments.
pub fn call(function: &Function, args: Vec<Value>, context: &Context<'_>) -> Result<Value, ArgError> {
    let ready = Ready::new(function, args)?;
    let value = ready.result(function).and_then(|outcome| match outcome {
        Outcome::Unknown(value) => Ok(value),
        Outcome::Of(result) => {
            (function.call)(&Call { args: &ready.args, result, world: context.world, marks: ready.marks })
        }
    });
    ready.finish(function, value)
}

/// The result of a call that is put off, for functions that have another result each time: checked, and unknown.
pub fn defer(function: &Function, args: Vec<Value>) -> Result<Value, ArgError> {
    let ready = Ready::new(function, args)?;
    let value = ready.result(function).map(|outcome| match outcome {
        Outcome::Unknown(value) => value,
        Outcome::Of(result) => Value::unknown(result),
    });
    ready.finish(function, value)
}

/// Arguments that keep the rules of their parameters.
struct Ready {
    args: Vec<Value>,
    /// The marks of arguments that the function does not see.
    marks: Marks,
}

enum Outcome {
    Unknown(Value),
    Of(Type),
}

impl Ready {
    fn new(function: &Function, args: Vec<Value>) -> Result<Ready, ArgError> {
        if let Some(missing) = function.params.get(args.len()) {
            return Err(ArgError::call(format!("there is no argument for \"{}\"", missing.name)));
        }
        let mut ready = Ready { args: Vec::with_capacity(args.len()), marks: Marks::NONE };
        for (i, arg) in args.into_iter().enumerate() {
            let Some(param) = function.param(i) else { return Err(ArgError::call("there are too many arguments")) };
            let arg = convert(&arg, &(param.ty)()).map_err(|e| ArgError::at(i, e.to_string()))?;
            if arg.is_null() && !param.null {
                return Err(ArgError::at(i, "argument must not be null"));
            }
            let arg = if param.marked { arg } else { ready.unmark(arg) };
            ready.args.push(arg);
        }
        Ok(ready)
    }

    fn unmark(&mut self, arg: Value) -> Value {
        self.marks = self.marks.union(arg.marks_deep());
        arg.unmark_deep().0
    }

    /// The type of the result, or the result itself if unknown arguments decide.
    fn result(&self, function: &Function) -> Result<Outcome, ArgError> {
        let with_params = || self.args.iter().enumerate().filter_map(|(i, arg)| Some((arg, function.param(i)?)));
        // What an unknown result will be made from is already known to be secret.
        let marks = || self.args.iter().fold(Marks::NONE, |all, arg| all.union(arg.marks()));
        if with_params().any(|(arg, p)| !arg.is_known() && arg.ty() == Type::Any && !p.dynamic) {
            return Ok(Outcome::Unknown(Value::dynamic().mark(marks())));
        }
        let result = (function.result)(&self.args)?;
        if with_params().any(|(arg, p)| !arg.is_known() && !p.unknown) {
            return Ok(Outcome::Unknown(Value::unknown(result).mark(marks())));
        }
        Ok(Outcome::Of(result))
    }

    /// The result by the rules for all functions.
    fn finish(&self, function: &Function, value: Result<Value, ArgError>) -> Result<Value, ArgError> {
        match value {
            Ok(value) if function.nullable => Ok(value.mark(self.marks)),
            Ok(value) => Ok(value.refine(Refinement::not_null()).mark(self.marks)),
            Err(error) if is_secret(&self.args, self.marks) => Err(error.without_secrets()),
            Err(error) => Err(error),
        }
    }
}
