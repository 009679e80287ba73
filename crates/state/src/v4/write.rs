//! Writing: once through the snapshot, from its raw JSON straight into the laid out text.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use terrane_address::{AbsResource, Key, Mode};

use super::paths;
use super::unknown::Fields;
use crate::{DeposedKey, OutputValue, ResourceState, Snapshot, StoredObject};

/// Writes a state file.
///
/// # Errors
/// Those of `out`.
pub fn write_to(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let mut layout = Layout::new(out);
    let mut scratch = String::new();
    file(&mut layout, snapshot, &mut scratch)?;
    layout.put(b"\n")?;
    layout.finish()
}

/// Writes a state file without white space between its tokens.
pub(crate) fn write_compact_to(snapshot: &Snapshot, out: &mut dyn Write) -> io::Result<()> {
    let mut layout = Layout { airy: false, ..Layout::new(out) };
    file(&mut layout, snapshot, &mut String::new())?;
    layout.finish()
}

fn file(to: &mut Layout<'_>, snapshot: &Snapshot, scratch: &mut String) -> io::Result<()> {
    to.open(b'{')?;
    to.field("version", "4")?;
    to.text("terraform_version", &snapshot.terraform_version)?;
    to.field("serial", &snapshot.serial.to_string())?;
    to.text("lineage", &snapshot.lineage)?;
    to.key("outputs")?;
    to.open(b'{')?;
    for (name, value) in &snapshot.outputs {
        to.key(name)?;
        output(to, value, others(snapshot.unknown.outputs.get(name)))?;
    }
    to.close(b'}')?;
    to.key("resources")?;
    to.open(b'[')?;
    for (module, address, state) in sorted(snapshot) {
        to.element()?;
        resource(to, &module, address, state, snapshot, scratch)?;
    }
    to.close(b']')?;
    to.field("check_results", snapshot.check_results.as_deref().unwrap_or("null"))?;
    to.others(&snapshot.unknown.file)?;
    to.close(b'}')
}

/// Resources in the order of their written names.
fn sorted(snapshot: &Snapshot) -> Vec<(String, &AbsResource, &ResourceState)> {
    let named = snapshot.resources.iter().map(|(address, state)| (address.module.to_string(), address, state));
    let mut resources: Vec<_> = named.collect();
    resources.sort_by(|(a_module, a, _), (b_module, b, _)| {
        let (a, b) = (&a.resource, &b.resource);
        (a_module, mode(a.mode), &a.ty, &a.name).cmp(&(b_module, mode(b.mode), &b.ty, &b.name))
    });
    resources
}

fn others(others: Option<&Fields>) -> &Fields {
    static NONE: Fields = Vec::new();
    others.unwrap_or(&NONE)
}

fn mode(mode: Mode) -> &'static str {
    if mode == Mode::Managed { "managed" } else { "data" }
}

fn output(to: &mut Layout<'_>, output: &OutputValue, others: &Fields) -> io::Result<()> {
    to.open(b'{')?;
    to.field("value", &output.json)?;
    to.field("type", &terrane_value::json::type_to_json(&output.ty))?;
    to.flag("sensitive", output.sensitive)?;
    to.others(others)?;
    to.close(b'}')
}

fn resource(
    to: &mut Layout<'_>,
    module: &str,
    address: &AbsResource,
    state: &ResourceState,
    snapshot: &Snapshot,
    scratch: &mut String,
) -> io::Result<()> {
    let unknown = &snapshot.unknown;
    to.open(b'{')?;
    if !module.is_empty() {
        to.text("module", module)?;
    }
    to.text("mode", mode(address.resource.mode))?;
    to.text("type", &address.resource.ty)?;
    to.text("name", &address.resource.name)?;
    // As OpenTofu has it: with keys, the configuration stands at the instances, else at the resource.
    let keyed = state.instances.values().any(|instance| instance.provider_key != Key::None);
    if !keyed {
        to.text("provider", &state.provider.to_string())?;
    }
    to.key("instances")?;
    to.open(b'[')?;
    for (key, instance) in state.instances.iter() {
        let provider = keyed.then(|| state.provider.with_key(instance.provider_key.clone()).to_string());
        let current = instance.current.iter().map(|object| (None, object));
        for (deposed, stored) in current.chain(instance.deposed.iter().map(|(key, object)| (Some(key), object))) {
            to.element()?;
            let of = || (address.instance(key.clone()), deposed.cloned());
            let kept = (!unknown.objects.is_empty()).then(|| unknown.objects.get(&of())).flatten();
            object(to, key, deposed, provider.as_deref(), stored, others(kept), scratch)?;
        }
    }
    to.close(b']')?;
    to.others(others(unknown.resources.get(address)))?;
    to.close(b'}')
}

fn object(
    to: &mut Layout<'_>,
    key: &Key,
    deposed: Option<&DeposedKey>,
    provider: Option<&str>,
    object: &StoredObject,
    others: &Fields,
    scratch: &mut String,
) -> io::Result<()> {
    to.open(b'{')?;
    match key {
        Key::None => {}
        Key::Int(index) => to.field("index_key", &index.to_string())?,
        Key::String(name) => to.text("index_key", name)?,
    }
    if object.tainted {
        to.text("status", "tainted")?;
    }
    deposed.map_or(Ok(()), |key| to.text("deposed", &key.0))?;
    provider.map_or(Ok(()), |provider| to.text("provider", provider))?;
    to.field("schema_version", &object.schema_version.to_string())?;
    let (compact, attributes) = (object.attributes.is_compact(), object.attributes.text_in(scratch));
    to.key("attributes")?;
    match compact && !to.airy {
        true => to.verbatim(attributes)?,
        false => to.json(attributes)?,
    }
    if let Some((version, json)) = &object.identity {
        to.field("identity_schema_version", &version.to_string())?;
        to.field("identity", json)?;
    }
    match object.sensitive.is_empty() {
        true => to.field("sensitive_attributes", "[]")?,
        false => to.field("sensitive_attributes", &paths::write(&object.sensitive))?,
    }
    if !object.private.is_empty() {
        to.text("private", &BASE64.encode(&object.private))?;
    }
    if !object.dependencies.is_empty() {
        to.key("dependencies")?;
        to.open(b'[')?;
        for dependency in object.dependencies.iter() {
            to.element()?;
            to.string(&dependency.to_string())?;
        }
        to.close(b']')?;
    }
    to.flag("create_before_destroy", object.create_before_destroy)?;
    to.flag("skip_destroy", object.skip_destroy)?;
    to.flag("prevent_destroy", object.prevent_destroy)?;
    to.others(others)?;
    to.close(b'}')
}

/// Lays out JSON with two blanks of indentation, as Go's encoder does.
struct Layout<'w> {
    out: &'w mut dyn Write,
    /// What has not been written yet.
    buffer: Vec<u8>,
    depth: usize,
    /// Whether nothing has been written yet since the last bracket was opened.
    empty: bool,
    /// Whether there is white space between tokens.
    airy: bool,
}

/// As much is written at once, or more.
const PIECE: usize = 1 << 16;

impl<'w> Layout<'w> {
    fn new(out: &'w mut dyn Write) -> Layout<'w> {
        Layout { out, buffer: Vec::with_capacity(2 * PIECE), depth: 0, empty: true, airy: true }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() >= PIECE {
            self.finish()?;
            return self.out.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE { self.finish() } else { Ok(()) }
    }

    /// Writes what has not been written yet.
    fn finish(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        self.put(&[bracket])
    }

    fn close(&mut self, bracket: u8) -> io::Result<()> {
        self.depth -= 1;
        if !std::mem::replace(&mut self.empty, false) {
            self.line()?;
        }
        self.put(&[bracket])
    }

    /// Begins the next element of a list.
    fn element(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.empty, false) {
            self.put(b",")?;
        }
        self.line()
    }

    /// Begins the next member of an object.
    fn key(&mut self, name: &str) -> io::Result<()> {
        self.element()?;
        self.string(name)?;
        self.put(self.colon())
    }

    fn field(&mut self, name: &str, json: &str) -> io::Result<()> {
        self.key(name)?;
        self.json(json)
    }

    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.key(name)?;
        self.string(text)
    }

    /// Members that are not known.
    fn others(&mut self, others: &Fields) -> io::Result<()> {
        others.iter().try_for_each(|(name, json)| self.field(name, json))
    }

    /// A member that is there only if it is true.
    fn flag(&mut self, name: &str, is: bool) -> io::Result<()> {
        if is { self.field(name, "true") } else { Ok(()) }
    }

    fn string(&mut self, text: &str) -> io::Result<()> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b' ');
        if !text.bytes().all(is_plain) {
            return self.json(&serde_json::to_string(text)?);
        }
        self.put(b"\"")?;
        self.put(text.as_bytes())?;
        self.put(b"\"")
    }

    fn colon(&self) -> &'static [u8] {
        if self.airy { b": " } else { b":" }
    }

    fn line(&mut self) -> io::Result<()> {
        if !self.airy {
            return Ok(());
        }
        const LINE: &[u8] = b"\n                                                                ";
        let blanks = LINE.len() - 1;
        let mut rest = 2 * self.depth;
        self.put(&LINE[..=rest.min(blanks)])?;
        while rest > blanks {
            rest -= blanks;
            self.put(&LINE[1..=rest.min(blanks)])?;
        }
        Ok(())
    }

    /// Writes JSON as it is.
    fn verbatim(&mut self, json: &str) -> io::Result<()> {
        self.empty = false;
        self.put(json.as_bytes())
    }

    /// Writes JSON, whatever white space it has between its tokens.
    fn json(&mut self, json: &str) -> io::Result<()> {
        let mut rest = json.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match first {
                b' ' | b'\n' | b'\r' | b'\t' => {}
                b'{' | b'[' => {
                    rest = after.trim_ascii_start();
                    if let Some((close @ (b'}' | b']'), after)) = rest.split_first() {
                        self.put(&[*first, *close])?;
                        rest = after;
                        continue;
                    }
                    self.open(*first)?;
                    self.line()?;
                }
                b'}' | b']' => {
                    self.empty = false;
                    self.close(*first)?;
                }
                b',' => {
                    self.put(b",")?;
                    self.line()?;
                }
                b':' => self.put(self.colon())?,
                b'"' => rest = self.rest_of_string(after)?,
                other => self.put(&[*other])?,
            }
        }
        self.empty = false;
        Ok(())
    }

    /// Writes a string that has been begun to its end, and returns what comes after. Go's encoder escapes what is
    /// dangerous in HTML and JavaScript.
    fn rest_of_string<'j>(&mut self, json: &'j [u8]) -> io::Result<&'j [u8]> {
        self.put(b"\"")?;
        let (mut from, mut at) = (0, 0);
        loop {
            let rest = &json[at..];
            at += rest.iter().position(|byte| SPECIAL[*byte as usize]).unwrap_or(rest.len());
            let (written, taken): (&[u8], usize) = match &json[at..] {
                [] => {
                    self.put(&json[from..])?;
                    return Ok(&[]);
                }
                [b'"', after @ ..] => {
                    self.put(&json[from..=at])?;
                    return Ok(after);
                }
                [b'\\', _, ..] => {
                    at += 2;
                    continue;
                }
                [b'<', ..] => (b"\\u003c", 1),
                [b'>', ..] => (b"\\u003e", 1),
                [b'&', ..] => (b"\\u0026", 1),
                [0xe2, 0x80, 0xa8, ..] => (b"\\u2028", 3),
                [0xe2, 0x80, 0xa9, ..] => (b"\\u2029", 3),
                _ => {
                    at += 1;
                    continue;
                }
            };
            self.put(&json[from..at])?;
            self.put(written)?;
            at += taken;
            from = at;
        }
    }
}

/// Bytes within a string that do not simply stay as they are.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let bytes = [b'"', b'\\', b'<', b'>', b'&', 0xe2];
    let mut i = 0;
    while i < bytes.len() {
        special[bytes[i] as usize] = true;
        i += 1;
    }
    special
};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn laid_out(json: &str) -> String {
        let mut bytes = Vec::new();
        let mut layout = Layout::new(&mut bytes);
        layout.json(json).unwrap();
        layout.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_is_laid_out_as_go_does() {
        let json = r#"{"a":[1,{"b":{}},[]],"c":"x, {\"y\": \\","d":[{"e":null}]}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(laid_out(json), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(laid_out(&laid_out(&json.replace("{}", "{ }"))), laid_out(json));
        let deep = "[".repeat(100) + &"]".repeat(100);
        let value: serde_json::Value = serde_json::from_str(&deep).unwrap();
        assert_eq!(laid_out(&deep), serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn what_is_dangerous_in_html_is_escaped() {
        assert_eq!(
            laid_out("\"<a&b>\u{2028}\u{2029}\u{20ac}\\\"\""),
            "\"\\u003ca\\u0026b\\u003e\\u2028\\u2029\u{20ac}\\\"\""
        );
    }
}
