//! The shape of functions, as a provider declares it.

use std::sync::Arc;

use crate::Type;

/// A function that a provider offers.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSchema {
    /// What it does, in one sentence.
    pub summary: Arc<str>,
    /// The parameters that must be given.
    pub params: Vec<FunctionParam>,
    /// What all further arguments are given to, if more are allowed.
    pub variadic: Option<FunctionParam>,
    /// The type of the result.
    pub result: Type,
}

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParam {
    /// Its name, as errors say it.
    pub name: Arc<str>,
    /// The type arguments are converted to.
    pub ty: Type,
    /// Whether an argument may be null.
    pub null: bool,
    /// Whether the function is called with an unknown argument; if not, its result is unknown.
    pub unknown: bool,
}

/// Why a call of a provider's function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFault {
    /// The place of the argument at fault, if it is one.
    pub argument: Option<usize>,
    /// What is wrong, without capital letter and final stop.
    pub message: String,
}

impl FunctionSchema {
    /// The parameter that the argument at a place is given to.
    pub fn param(&self, index: usize) -> Option<&FunctionParam> {
        self.params.get(index).or(self.variadic.as_ref())
    }
}

impl FunctionParam {
    /// A parameter that takes known values that are not null.
    pub fn new(name: &str, ty: Type) -> FunctionParam {
        FunctionParam { name: name.into(), ty, null: false, unknown: false }
    }
}

impl CallFault {
    /// The fault of one argument.
    pub fn at(argument: usize, message: impl Into<String>) -> CallFault {
        CallFault { argument: Some(argument), message: message.into() }
    }

    /// The fault of the call as a whole.
    pub fn call(message: impl Into<String>) -> CallFault {
        CallFault { argument: None, message: message.into() }
    }
}
