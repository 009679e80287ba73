//! Values on one line, with all there is to know of them.

use terrane_value::{Kind, Marks, Value};

pub fn show(value: &Value) -> String {
    let text = match value.kind() {
        Kind::Null(ty) => format!("null({ty})"),
        Kind::Unknown(ty, refinement) => match &refinement.prefix {
            Some(prefix) => format!("unknown({ty}, {prefix:?}…)"),
            None if refinement.not_null => format!("unknown({ty}, not null)"),
            None => format!("unknown({ty})"),
        },
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => format!("{s:?}"),
        Kind::List(ty, v) => sequence(&format!("list({ty})"), v),
        Kind::Set(ty, v) => sequence(&format!("set({ty})"), v),
        Kind::Tuple(v) => sequence("", v),
        Kind::Map(ty, f) => format!("map({ty}){}", fields(f)),
        Kind::Object(f) => fields(f),
    };
    match value.marks() {
        m if m.contains(Marks::SENSITIVE) => format!("sensitive({text})"),
        m if m.contains(Marks::EPHEMERAL) => format!("ephemeral({text})"),
        _ => text,
    }
}

fn sequence(prefix: &str, values: &[Value]) -> String {
    format!("{prefix}[{}]", values.iter().map(show).collect::<Vec<_>>().join(", "))
}

fn fields(fields: &terrane_value::Fields) -> String {
    let all: Vec<String> = fields.iter().map(|(n, v)| format!("{n} = {}", show(v))).collect();
    if all.is_empty() { "{}".into() } else { format!("{{ {} }}", all.join(", ")) }
}
