//! Functions of old versions of Terraform, which only say what to write instead.

use terrane_value::Type;

use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("list", &[], |_| gone("list", "tolist([…])"), |_| Err(ArgError::call(""))).variadic(VALS),
    Function::new("map", &[], |_| gone("map", "tomap({…})"), |_| Err(ArgError::call(""))).variadic(VALS),
];

const VALS: Param = Param::any("vals").everything();

fn gone(name: &str, instead: &str) -> Result<Type, ArgError> {
    Err(ArgError::call(format!("the function \"{name}\" was removed in Terraform 0.12; write {instead} instead")))
}
