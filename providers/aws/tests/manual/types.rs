//! The page of arguments and attributes, type by type.

use std::fmt::Write;

use terrane_aws::AwsProvider;
use terrane_aws_core::resource_schema;
use terrane_provider::Provider;
use terrane_provider::sdk::schema::{AttributeFacts, BlockFacts, NestedFacts, Replace, TypeSchema};
use terrane_value::{Attribute, Block, NestedBlock, Nesting, Style, Type, to_hcl};

use super::MADE;

const HEAD: &str = "\
The types that [can be applied](aws.md). *Argument* is what is written, *attribute* is what is read; every argument can be read
as well. A nested block is a row of its own, its arguments below it with a dot. *Replaces* says that a change makes a new object.

`region` chooses another region than the provider's. `tags_all` is `tags` with the provider's `default_tags`.
";

/// Attributes that older schemas call optional, though nobody writes them.
const READ_ONLY: [&str; 2] = ["id", "tags_all"];

/// The whole page.
pub fn page(provider: &AwsProvider) -> String {
    let mut page = format!("# Arguments and attributes\n\n{MADE}\n\n{HEAD}");
    for ty in provider.resource_types().into_iter().filter(|ty| provider.can_apply(ty)) {
        page += &section(&resource_schema(ty).unwrap());
    }
    page
}

/// The attributes of the identity, those that must be written first.
fn identity(ty: &TypeSchema) -> String {
    let Some(shape) = &ty.identity else { return String::new() };
    let names = |required: bool| {
        let wanted = shape.block.attributes.iter().filter(move |(_, a)| a.required == required);
        wanted.map(|(name, a)| format!("`{name}` ({})", self::shape(&a.ty))).collect::<Vec<_>>().join(", ")
    };
    match (names(true), names(false)) {
        (required, optional) if optional.is_empty() => format!("Identity: {required}.\n\n"),
        (required, optional) if required.is_empty() => format!("Identity: {optional}, each optional.\n\n"),
        (required, optional) => format!("Identity: {required}; optional: {optional}.\n\n"),
    }
}

fn section(ty: &TypeSchema) -> String {
    let block = &ty.schema.block;
    let mut text = format!("\n## {}\n\n", ty.name);
    let _ = match &ty.import.format {
        Some(format) => writeln!(text, "Import: `{format}`\n"),
        None => writeln!(text, "Objects of this type cannot be imported.\n"),
    };
    text += &identity(ty);
    let mut rows = Vec::new();
    arguments(&mut rows, "", block, &ty.facts);
    if !rows.is_empty() {
        text += "| argument | type | |\n|---|---|---|\n";
        text += &rows.concat();
    }
    let read = block.attributes.iter().filter(|(name, a)| !is_written("", name, a));
    let read: Vec<String> = read.map(|(name, a)| format!("`{name}` ({})", shape(&a.ty))).collect();
    if !read.is_empty() {
        let _ = writeln!(text, "\nAttributes: {}.", read.join(", "));
    }
    text
}

/// The rows of what can be written in a body, required arguments first.
fn arguments(rows: &mut Vec<String>, prefix: &str, block: &Block, facts: &BlockFacts) {
    let mut written: Vec<_> = block.attributes.iter().filter(|(name, a)| is_written(prefix, name, a)).collect();
    written.sort_by_key(|(name, a)| (!a.required, (*name).clone()));
    for (name, attribute) in written {
        let facts = facts.attributes.get(name).cloned().unwrap_or_default();
        rows.push(row(&format!("{prefix}{name}"), &shape(&attribute.ty), &remarks(attribute, &facts)));
    }
    for (name, nested) in &block.blocks {
        let own = facts.blocks.get(name).cloned().unwrap_or_default();
        rows.push(row(&format!("{prefix}{name}"), "block", &block_remarks(nested, &own)));
        arguments(rows, &format!("{prefix}{name}."), &nested.block, &own.body);
    }
}

fn is_written(prefix: &str, name: &str, attribute: &Attribute) -> bool {
    let inherited = prefix.is_empty() && attribute.computed && READ_ONLY.contains(&name);
    (attribute.required || attribute.optional) && !inherited
}

fn row(name: &str, ty: &str, remarks: &[String]) -> String {
    format!("| `{name}` | {ty} | {} |\n", remarks.join("; "))
}

fn remarks(attribute: &Attribute, facts: &AttributeFacts) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut say = |when: bool, what: &str| {
        if when {
            remarks.push(what.to_owned());
        }
    };
    say(attribute.required, "**required**");
    say(attribute.computed && facts.default.is_none(), "AWS decides if it is not written");
    say(facts.replace == Replace::Always, "replaces");
    say(facts.replace == Replace::IfConfigured, "replaces if it is written");
    say(facts.replace == Replace::Elsewhere, "replaces in some cases");
    say(attribute.sensitive, "sensitive");
    say(attribute.write_only, "never stored");
    say(attribute.deprecated.is_some(), "deprecated");
    if let Some(default) = &facts.default {
        remarks.push(format!("default `{}`", to_hcl(default, Style::Exact)));
    }
    let checks = facts.checks.iter().chain(&facts.element_checks);
    for choices in checks.filter_map(|c| c.r#enum.as_ref()) {
        remarks.push(one_of(choices));
    }
    remarks
}

/// The values to choose from, or their number if they are many.
fn one_of(choices: &[serde_json::Value]) -> String {
    let texts: Vec<String> = choices.iter().map(|c| format!("`{c}`")).collect();
    if texts.len() > 12 { format!("one of {} values", texts.len()) } else { texts.join(", ").replace('|', "\\|") }
}

fn block_remarks(nested: &NestedBlock, facts: &NestedFacts) -> Vec<String> {
    let mut remarks = Vec::new();
    if nested.min_items > 0 || facts.required {
        remarks.push("**required**".to_owned());
    }
    let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
    let most = if single { 1 } else { facts.items.1.unwrap_or(nested.max_items) };
    remarks.push(match most {
        0 => "any number".to_owned(),
        1 => "one".to_owned(),
        n => format!("up to {n}"),
    });
    if facts.computed {
        remarks.push("what is there stays if none is written".to_owned());
    }
    if facts.replace == Replace::Always {
        remarks.push("replaces".to_owned());
    }
    remarks
}

fn shape(ty: &Type) -> String {
    match ty {
        Type::Any => "any".into(),
        Type::Bool => "bool".into(),
        Type::Number => "number".into(),
        Type::String => "string".into(),
        Type::List(t) => format!("list of {}", shape(t)),
        Type::Set(t) => format!("set of {}", shape(t)),
        Type::Map(t) => format!("map of {}", shape(t)),
        Type::Tuple(_) => "tuple".into(),
        Type::Object(o) => {
            let names: Vec<&str> = o.attributes.keys().map(|n| &**n).collect();
            format!("object {{ {} }}", names.join(", "))
        }
    }
}
