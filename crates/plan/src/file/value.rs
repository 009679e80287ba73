//! Values and paths in plan files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use terrane_value::msgpack::{from_msgpack, to_msgpack};
use terrane_value::{Marks, Path, Step, Type, Value};

use super::wire;

pub(super) fn encode(value: &Value) -> Result<wire::Value, String> {
    let (value, marks) = value.clone().unmark_deep();
    let at = |mark: Marks| {
        let marked = marks.iter().filter(|(_, marks)| marks.contains(mark));
        marked.map(|(path, _)| encode_path(path)).collect::<Result<Vec<_>, _>>()
    };
    Ok(wire::Value {
        v: pack(&value)?,
        sensitive: at(Marks::SENSITIVE)?,
        ephemeral: at(Marks::EPHEMERAL)?,
        deprecated: at(Marks::DEPRECATED)?,
    })
}

pub(super) fn decode(wire: wire::Value) -> Result<Value, String> {
    let value = unpack(&wire.v)?;
    let kinds =
        [(wire.sensitive, Marks::SENSITIVE), (wire.ephemeral, Marks::EPHEMERAL), (wire.deprecated, Marks::DEPRECATED)];
    let mut marks = Vec::new();
    for (paths, mark) in kinds {
        for path in paths {
            marks.push((decode_path(path)?, mark));
        }
    }
    Ok(value.mark_at(&marks))
}

fn pack(value: &Value) -> Result<String, String> {
    to_msgpack(value, &Type::Any).map(|bytes| BASE64.encode(bytes)).map_err(|e| e.to_string())
}

fn unpack(text: &str) -> Result<Value, String> {
    from_msgpack(&unpack_bytes(text)?, &Type::Any).map_err(|e| e.to_string())
}

pub(super) fn pack_bytes(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

pub(super) fn unpack_bytes(text: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text).map_err(|e| e.to_string())
}

pub(super) fn encode_path(path: &Path) -> Result<wire::Path, String> {
    let step = |step: &Step| match step {
        Step::Attr(name) => Ok(wire::PathStep::Attr(name.to_string())),
        Step::Index(key) => pack(key).map(wire::PathStep::Index),
    };
    path.0.iter().map(step).collect()
}

pub(super) fn decode_path(path: wire::Path) -> Result<Path, String> {
    let step = |step| match step {
        wire::PathStep::Attr(name) => Ok(Step::Attr(name.into())),
        wire::PathStep::Index(key) => unpack(&key).map(Step::Index),
    };
    path.into_iter().map(step).collect::<Result<Vec<_>, String>>().map(Path)
}
