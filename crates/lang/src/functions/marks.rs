//! Functions of what must not be shown or stored.

use terrane_value::{Kind, Marks, Type, Value};

use super::call::Call;
use super::signature::a_bool;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("ephemeralasnull", VALUE, same_type, ephemeralasnull).nullable(),
    Function::new("issensitive", VALUE, a_bool, issensitive),
    Function::new("nonsensitive", VALUE, same_type, nonsensitive).nullable(),
    Function::new("sensitive", VALUE, same_type, |c| Ok(c.args[0].clone().mark(Marks::SENSITIVE))).nullable(),
];

const VALUE: &[Param] = &[Param::any("value").everything()];

fn same_type(args: &[Value]) -> Result<Type, ArgError> {
    Ok(if args[0].is_known() { Type::Any } else { args[0].ty() })
}

fn nonsensitive(call: &Call<'_>) -> Result<Value, ArgError> {
    let (value, marks) = call.args[0].clone().unmark();
    Ok(value.mark(marks.without(Marks::SENSITIVE)))
}

/// What an unknown value will be made of may depend on what is unknown, so that its marks may change, too.
fn issensitive(call: &Call<'_>) -> Result<Value, ArgError> {
    let value = &call.args[0];
    Ok(if value.is_known() { value.marks().contains(Marks::SENSITIVE).into() } else { Value::unknown(Type::Bool) })
}

fn ephemeralasnull(call: &Call<'_>) -> Result<Value, ArgError> {
    Ok(call.args[0].clone().transform(&mut |_, value| {
        let (value, marks) = value.unmark();
        let value = match value.kind() {
            Kind::Null(_) => value,
            Kind::Unknown(ty, _) => Value::unknown(ty.clone()),
            _ if marks.contains(Marks::EPHEMERAL) => Value::null(value.ty()),
            _ => value,
        };
        value.mark(marks.without(Marks::EPHEMERAL))
    }))
}
