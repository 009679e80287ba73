//! Native configuration rewritten in JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use terrane_source::{Diagnostics, FileId, Span};
use terrane_syntax::{Arena, Block, Body, Expr, ExprKind, Literal, ObjectKey, UnaryOp, parse};

use super::Case;

/// The case with all its files in JSON; `None` if a file is wrong or has no such form: constants that are computed, and
/// attributes written as blocks, of which JSON wants all arguments.
pub fn as_json(case: &Case) -> Option<Case> {
    let blocks = case.blocks.iter().map(|block| {
        let Some(path) = block.info.strip_prefix("hcl").map(str::trim) else {
            return Some(super::Block {
                info: block.info.clone(),
                range: block.range.clone(),
                text: block.text.clone(),
            });
        };
        let path = if path.is_empty() { "main.tf" } else { path };
        if !path.ends_with(".tf") && !path.ends_with(".tofu") {
            return Some(super::Block {
                info: block.info.clone(),
                range: block.range.clone(),
                text: block.text.clone(),
            });
        }
        Some(super::Block { info: format!("hcl {path}.json"), range: block.range.clone(), text: file(&block.text)? })
    });
    Some(super::Case { name: case.name.clone(), blocks: blocks.collect::<Option<_>>()? })
}

fn file(text: &str) -> Option<String> {
    let (arena, mut diags) = (Arena::new(), Diagnostics::new());
    let body = parse(FileId(0), text, &arena, &mut diags);
    if !diags.is_empty() {
        return None;
    }
    Source(text).body("", &body)
}

struct Source<'s>(&'s str);

impl Source<'_> {
    fn body(&self, context: &str, body: &Body) -> Option<String> {
        let mut properties = Vec::new();
        for attribute in body.attributes() {
            let value = self.argument(context, attribute.name.text, attribute.expr)?;
            properties.push((attribute.name.text.to_string(), value));
        }
        let mut blocks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for block in body.blocks() {
            blocks.entry(block.ty.text).or_default().push(self.block(&block)?);
        }
        // One block as an object, several as an array.
        properties.extend(blocks.into_iter().map(|(ty, bodies)| match bodies.as_slice() {
            [one] => (ty.to_string(), one.clone()),
            several => (ty.to_string(), format!("[{}]", several.join(", "))),
        }));
        Some(object(properties))
    }

    fn block(&self, block: &Block) -> Option<String> {
        if block.ty.text == "ingress" {
            return None;
        }
        let body = self.body(block.ty.text, &block.body)?;
        let labels = block.labels.iter().rev();
        Some(labels.fold(body, |inner, label| object(vec![(label.text.to_string(), inner)])))
    }

    fn argument(&self, context: &str, name: &str, expr: Expr) -> Option<String> {
        match (context, name) {
            (_, "depends_on")
            | ("variable" | "output", "type")
            | ("resource" | "data" | "import", "provider")
            | ("module", "providers")
            | ("lifecycle", "ignore_changes" | "replace_triggered_by")
            | ("moved" | "removed", "from")
            | ("moved" | "import", "to")
            | ("provisioner", "when" | "on_failure")
            | ("dynamic", "iterator") => Some(self.reference(expr)),
            ("variable" | "required_providers", _)
            | ("output", "sensitive" | "description" | "ephemeral" | "deprecated")
            | ("provider", "alias" | "version")
            | ("terraform", "required_version")
            | ("lifecycle", "create_before_destroy" | "destroy") => self.constant(expr),
            _ => Some(self.value(expr)),
        }
    }

    fn text(&self, span: Span) -> &str {
        &self.0[span.start as usize..span.end as usize]
    }

    /// Constructors as such, so that objects and arrays are seen as JSON; all else in a template.
    fn value(&self, expr: Expr) -> String {
        match expr.kind() {
            ExprKind::Tuple(items) => array(items.iter().map(|item| self.value(item))),
            ExprKind::Object(items) if unique(items.iter().map(|item| self.key(&item.key))) => {
                object(items.iter().map(|item| (self.key(&item.key), self.value(item.value))).collect())
            }
            ExprKind::Literal(Literal::Number(digits)) => digits.to_string(),
            ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
            ExprKind::Literal(Literal::Null) => "null".into(),
            _ => string(&format!("${{{}\n}}", self.text(expr.span()))),
        }
    }

    fn key(&self, key: &ObjectKey) -> String {
        match key {
            ObjectKey::Name(name) => name.text.to_string(),
            ObjectKey::Expr(expr) => format!("${{{}}}", self.text(expr.span())),
        }
    }

    fn reference(&self, expr: Expr) -> String {
        match expr.kind() {
            ExprKind::Tuple(items) => array(items.iter().map(|item| self.reference(item))),
            ExprKind::Object(items) => {
                object(items.iter().map(|i| (self.text(i.key.span()).into(), self.reference(i.value))).collect())
            }
            ExprKind::Literal(Literal::String(text)) => string(text),
            _ => string(self.text(expr.span())),
        }
    }

    fn constant(&self, expr: Expr) -> Option<String> {
        Some(match expr.kind() {
            ExprKind::Literal(Literal::String(text)) => string(text),
            ExprKind::Literal(_) => self.value(expr),
            ExprKind::Unary { op: UnaryOp::Neg, operand } => format!("-{}", self.constant(operand)?),
            ExprKind::Tuple(items) => array(items.iter().map(|item| self.constant(item)).collect::<Option<Vec<_>>>()?),
            ExprKind::Object(items) => {
                let pairs = items.iter().map(|item| {
                    let name = match item.key {
                        ObjectKey::Name(name) => name.text,
                        ObjectKey::Expr(key) => match key.kind() {
                            ExprKind::Literal(Literal::String(text)) => text,
                            _ => return None,
                        },
                    };
                    Some((name.to_string(), self.constant(item.value)?))
                });
                object(pairs.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

fn unique(names: impl Iterator<Item = String>) -> bool {
    let names: Vec<String> = names.collect();
    names.iter().enumerate().all(|(i, name)| !names[..i].contains(name))
}

fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

fn object(pairs: Vec<(String, String)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{}: {value}", string(&name))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A JSON string; letters outside of ASCII as escape sequences.
pub fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}").unwrap(),
            ' '..='~' => out.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(out, "\\u{unit:04x}").unwrap()),
        }
    }
    out + "\""
}
