//! The text of generated configuration.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use terrane_address::Instance;
use terrane_lang::functions::written;
use terrane_value::{Attribute, Block, Kind, Marks, Nesting, Value, json};

use super::{Found, Names, chosen, elements, is_nested, part, says};

/// The `resource` block of an object, not yet laid out.
pub(crate) fn resource(found: &Found<'_>, names: &mut Names) -> String {
    let resource = &found.instance.resource.resource;
    let text = format!("resource \"{}\" \"{}\" {{\n", resource.ty, resource.name);
    let chosen = chosen(found, names);
    let mut writer = Writer { instance: found.instance, names, text };
    if let Some(name) = found.provider_name {
        writer.line(&format!("provider = {name}"));
    }
    for (name, attribute) in found.block.attributes.iter().filter(|(name, _)| chosen.contains(*name)) {
        writer.attribute(name, attribute, &part(found.value, name));
    }
    writer.blocks(found.block, found.value, Some(&chosen));
    writer.line("}");
    writer.text
}

struct Writer<'a> {
    instance: &'a Instance,
    names: &'a mut Names,
    text: String,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
    }

    fn attribute(&mut self, name: &str, attribute: &Attribute, value: &Value) {
        let (value, marks) = value.clone().unmark_deep();
        let secret = attribute.sensitive || marks.iter().any(|(_, marks)| marks.contains(Marks::SENSITIVE));
        let text = match (secret, attribute.write_only) {
            (true, _) => "null # sensitive".to_owned(),
            (_, true) => "null # write-only".to_owned(),
            _ => self.expression(name, &value),
        };
        self.line(&format!("{name} = {text}"));
    }

    /// A value, with references in place of the ids of other objects.
    fn expression(&mut self, attribute: &str, value: &Value) -> String {
        if let Kind::String(text) = value.kind() {
            return self.text(attribute, text);
        }
        match elements(value) {
            Some(values) if values.iter().any(|value| value.as_str().is_some()) => {
                let values: Vec<String> = values.iter().map(|value| self.expression(attribute, value)).collect();
                format!("[{}]", values.join(", "))
            }
            _ => written(value).unwrap_or_else(|| "null # not known".into()),
        }
    }

    fn text(&mut self, attribute: &str, text: &str) -> String {
        let reference = self.names.reference(self.instance, attribute, text);
        let document = || {
            let value = json::json_decode(text).ok().filter(|_| text.starts_with(['{', '[']))?;
            let same = json::to_json(&value, &value.ty()).is_ok_and(|json| json == text);
            written(&value).filter(|_| same).map(|expression| format!("jsonencode({expression})"))
        };
        let literal = || written(&Value::string(text)).unwrap_or_default();
        reference.or_else(document).unwrap_or_else(literal)
    }

    /// Writes nested blocks: those that are chosen, or all.
    fn blocks(&mut self, block: &Block, value: &Value, chosen: Option<&BTreeSet<Arc<str>>>) {
        for (name, nested) in &block.blocks {
            let value = part(value, name).unmark().0;
            let left_out = chosen.is_some_and(|chosen| !chosen.contains(name));
            if left_out || value.is_null() || nested.block.deprecated.is_some() {
                continue;
            }
            match (nested.nesting, value.kind()) {
                (Nesting::Single, _) => self.block(name, &nested.block, &value),
                (Nesting::Group, _) if is_there(&nested.block, &value) => self.block(name, &nested.block, &value),
                (_, Kind::Map(_, fields) | Kind::Object(fields)) => {
                    for (label, value) in fields.iter() {
                        let label = written(&Value::string(label.clone())).unwrap_or_default();
                        self.block(&format!("{name} {label}"), &nested.block, value);
                    }
                }
                _ => elements(&value).into_iter().flatten().for_each(|one| self.block(name, &nested.block, one)),
            }
        }
    }

    fn block(&mut self, header: &str, block: &Block, value: &Value) {
        self.line(&format!("{header} {{"));
        for (name, attribute) in &block.attributes {
            let value = part(value, name);
            if attribute.required || is_nested(name, attribute, &value) {
                self.attribute(name, attribute, &value);
            }
        }
        self.blocks(block, value, None);
        self.line("}");
    }
}

/// Whether anything is set in an object that is never null.
fn is_there(block: &Block, value: &Value) -> bool {
    block.attributes.iter().any(|(name, attribute)| says(&part(value, name), &attribute.ty))
}
