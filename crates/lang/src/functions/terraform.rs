//! Functions of the built-in provider, `provider::terraform::…`: values as text of configuration, and back.

use std::fmt::Write;

use terrane_source::{Diagnostics, Files};
use terrane_syntax as syn;
use terrane_value::{Fields, Kind, Type, Value};

use super::call::Call;
use super::signature::a_string;
use super::{ArgError, Function, Param, place_of};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("decode_tfvars", &[Param::string("content")], any, decode_tfvars).nullable(),
    Function::new("encode_expr", &[Param::any("expr").null().dynamic()], a_string, encode_expr),
    Function::new("encode_tfvars", &[Param::any("input").dynamic()], a_string, encode_tfvars),
];

/// An expression is laid out as part of an argument.
const NAME: &str = "v = ";

fn any(_: &[Value]) -> Result<Type, ArgError> {
    Ok(Type::Any)
}

fn encode_expr(call: &Call<'_>) -> Result<Value, ArgError> {
    let line = syn::format(&format!("{NAME}{}\n", expression(&call.args[0])?));
    Ok(Value::string(line.strip_prefix(NAME).unwrap_or(&line).trim_end()))
}

fn encode_tfvars(call: &Call<'_>) -> Result<Value, ArgError> {
    let Kind::Object(fields) = call.args[0].kind() else {
        return Err(ArgError::at(0, "an object is required, with an attribute for each variable"));
    };
    if let Some((name, _)) = fields.iter().find(|(name, _)| !syn::is_identifier(name)) {
        return Err(ArgError::at(0, format!("{name:?} cannot be the name of a variable")));
    }
    Ok(Value::string(syn::format(&lines(fields)?)))
}

fn decode_tfvars(call: &Call<'_>) -> Result<Value, ArgError> {
    let text = call.text(0);
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("", text);
    let values = crate::variables::from_file(file, "terraform.tfvars", text, &mut diags);
    if let Some(error) = diags.iter().next() {
        let at = place_of(error, &files);
        // The detail may quote the text, which may be a secret.
        return Err(ArgError::at(0, format!("the text is no variables file{at}: {}", error.summary)));
    }
    Ok(Value::object(values.into_iter().map(|(name, input)| (name, input.value))))
}

/// A known value as an expression, not yet laid out; `None` if parts of it are unknown.
pub fn written(value: &Value) -> Option<String> {
    expression(value).ok()
}

/// A value as an expression, not yet laid out.
fn expression(value: &Value) -> Result<String, ArgError> {
    Ok(match value.kind() {
        Kind::Unknown(..) => return Err(ArgError::at(0, "the value is not wholly known")),
        Kind::Null(_) => "null".into(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::String(text) => syn::quoted(text),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            let items: Vec<String> = values.iter().map(expression).collect::<Result<_, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Kind::Map(_, fields) | Kind::Object(fields) if fields.is_empty() => "{}".into(),
        Kind::Map(_, fields) | Kind::Object(fields) => format!("{{\n{}}}", lines(fields)?),
    })
}

/// `name = expression`, a line each.
fn lines(fields: &Fields) -> Result<String, ArgError> {
    let mut text = String::new();
    for (name, value) in fields.iter() {
        let name = if syn::is_identifier(name) { name.to_string() } else { syn::quoted(name) };
        let _ = writeln!(text, "{name} = {}", expression(value)?);
    }
    Ok(text)
}
