//! What functions are described by.

use terrane_value::{Type, Value};

use super::call::Call;

/// What errors say in place of a reason that tells of a secret.
pub(crate) const TELLS_SECRETS: &str = "the reason cannot be shown, as it tells of a sensitive value";

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
    /// Whether the result may be null; if not, that is known even of unknown results.
    pub nullable: bool,
    /// The type of the result; `Any` if it is not decided yet, or not before the call. The arguments are as for `call`,
    /// but may be unknown in any case. Called first, so that it is the place for errors of types.
    pub(crate) result: fn(&[Value]) -> Result<Type, ArgError>,
    /// The result. Arguments are converted to the types of their parameters; they are known, not null and without marks
    /// (at any depth) where the parameter does not allow these; parts of them may be unknown or null.
    pub(super) call: fn(&Call<'_>) -> Result<Value, ArgError>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    /// A pure function of which the result is not null.
    pub(super) const fn new(
        name: &'static str,
        params: &'static [Param],
        result: fn(&[Value]) -> Result<Type, ArgError>,
        call: fn(&Call<'_>) -> Result<Value, ArgError>,
    ) -> Function {
        Function { name, params, variadic: None, pure: true, nullable: false, result, call }
    }

    /// Takes any number of further arguments.
    pub(super) const fn variadic(self, param: Param) -> Function {
        Function { variadic: Some(param), ..self }
    }

    /// Has another result each time.
    pub(super) const fn impure(self) -> Function {
        Function { pure: false, ..self }
    }

    /// May have null as its result.
    pub(super) const fn nullable(self) -> Function {
        Function { nullable: true, ..self }
    }

    /// The parameter that the argument at a place is given to.
    pub fn param(&self, index: usize) -> Option<&Param> {
        self.params.get(index).or(self.variadic.as_ref())
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
    /// Whether the function is called with an argument of unknown type; if not, its result is unknown and of unknown
    /// type.
    pub dynamic: bool,
    /// Whether the function is called with marked arguments; if not, the marks go from the arguments to the result.
    pub marked: bool,
}

impl Param {
    /// A parameter that takes known values that are not null.
    pub const fn new(name: &'static str, ty: fn() -> Type) -> Param {
        Param { name, ty, null: false, unknown: false, dynamic: false, marked: false }
    }

    /// A parameter of any type.
    pub const fn any(name: &'static str) -> Param {
        Param::new(name, || Type::Any)
    }

    /// A parameter of type bool.
    pub const fn bool(name: &'static str) -> Param {
        Param::new(name, || Type::Bool)
    }

    /// A parameter of type number.
    pub const fn number(name: &'static str) -> Param {
        Param::new(name, || Type::Number)
    }

    /// A parameter of type string.
    pub const fn string(name: &'static str) -> Param {
        Param::new(name, || Type::String)
    }

    /// A parameter of type list of string.
    pub const fn strings(name: &'static str) -> Param {
        Param::new(name, || Type::list(Type::String))
    }

    /// A parameter that takes lists of anything.
    pub const fn list(name: &'static str) -> Param {
        Param::new(name, || Type::list(Type::Any))
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

    /// Takes all values as they are.
    pub const fn everything(self) -> Param {
        self.null().unknown().dynamic().marked()
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgError {
    /// The place of the argument at fault, if it is one.
    pub arg: Option<usize>,
    /// What is wrong, without capital letter and final stop.
    pub message: String,
    /// Whether the message says something of the values of arguments.
    pub(super) revealing: bool,
}

impl ArgError {
    /// An error of one argument.
    pub fn at(arg: usize, message: impl Into<String>) -> ArgError {
        ArgError { arg: Some(arg), message: message.into(), revealing: false }
    }

    /// An error of the call as a whole.
    pub fn call(message: impl Into<String>) -> ArgError {
        ArgError { arg: None, message: message.into(), revealing: false }
    }

    /// The error as one whose message says something of the values of arguments, which a secret must not be told by.
    pub(super) fn revealing(self) -> ArgError {
        ArgError { revealing: true, ..self }
    }

    /// The error of a call with secrets among its arguments.
    pub(super) fn without_secrets(self) -> ArgError {
        match self.revealing {
            true => ArgError { message: TELLS_SECRETS.into(), ..self },
            false => self,
        }
    }
}

/// The type of results that always are bools.
pub(super) fn a_bool(_: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::Bool)
}

/// The type of results that always are numbers.
pub(super) fn a_number(_: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::Number)
}

/// The type of results that always are texts.
pub(super) fn a_string(_: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::String)
}

/// The type of results that always are lists of texts.
pub(super) fn strings(_: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::list(Type::String))
}

/// The type of results that only the call decides.
pub(super) fn anything(_: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::Any)
}
