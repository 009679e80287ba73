//! Functions of YAML.

mod decode;
mod encode;
mod lenient;
mod scalar;

use terrane_value::{Type, Value};

use super::call::Call;
use super::signature::{a_string, anything};
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("yamldecode", &[Param::string("src")], anything, yamldecode).nullable(),
    Function::new("yamlencode", &[Param::any("value").null().dynamic()], a_string, yamlencode).nullable(),
];

fn yamldecode(call: &Call<'_>) -> Result<Value, ArgError> {
    decode::decode(call.text(0)).map_err(|wrong| {
        let found = wrong.text.map(|text| format!(" {}", call.shown(&text))).unwrap_or_default();
        ArgError::at(0, format!("{}{found} in line {}, column {}", wrong.message, wrong.line, wrong.column))
    })
}

fn yamlencode(call: &Call<'_>) -> Result<Value, ArgError> {
    let value = &call.args[0];
    Ok(if value.is_wholly_known() { encode::encode(value).into() } else { Value::unknown(Type::String) })
}
