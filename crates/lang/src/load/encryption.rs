//! `encryption` blocks, in `terraform` blocks and in the environment.

use std::collections::HashMap;
use std::sync::Arc;

use terrane_source::{Diagnostic, Diagnostics, FileId, Span};
use terrane_syntax as syn;

use super::body::Leave;
use super::contents::Decoder;
use super::json;
use crate::lower::{Chain, Place, Step};
use crate::program::{EncryptedDecl, EncryptionDecl, EncryptionPart, Settings};

/// The environment variable that may hold the content of a block, which is also the name of its text in messages.
pub const VARIABLE: &str = "TF_ENCRYPTION";

/// The name that references to key providers begin with.
const KEY_PROVIDER: &str = "key_provider";

/// The content of a block that the environment holds, as a block that changes those of files.
pub(super) fn overriding<'t>(
    file: FileId,
    text: &'t str,
    arena: &'t syn::Arena,
    diags: &mut Diagnostics,
) -> syn::Item<'t> {
    let items = match text.trim_start().starts_with('{') {
        true => json::encryption(file, text, arena, diags),
        false => syn::parse(file, text, arena, diags).items.iter().collect(),
    };
    let span = Span { file, start: 0, end: 0 };
    let block = |ty: &'static str, items: &[syn::Item<'t>]| {
        let body = syn::Body { items: arena.list(items).into(), span };
        syn::Item::Block(syn::Block {
            ty: syn::Ident { text: ty, span },
            labels: syn::List::default(),
            body,
            header: span,
            span,
        })
    };
    block("terraform", &[block("encryption", &items)])
}

/// The text with what stands in quotes made unreadable, byte for byte: it may be shown where it is wrong.
pub(super) fn without_texts(text: &str) -> String {
    let heredocs = text.contains("<<");
    let mut quoted = false;
    let mut escaped = false;
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let hide = match c {
            '\n' => false,
            '"' if !escaped => {
                quoted = !quoted;
                false
            }
            _ => quoted || heredocs,
        };
        escaped = c == '\\' && !escaped;
        match hide {
            true => shown.extend(std::iter::repeat_n('*', c.len_utf8())),
            false => shown.push(c),
        }
    }
    shown
}

/// Adds a block to the settings, and reports what is wrong with it.
pub(super) fn add(decoder: &mut Decoder<'_>, settings: &mut Settings, block: &syn::Block) {
    const BLOCKS: [&str; 5] = [KEY_PROVIDER, "method", "plan", "remote_state_data_sources", "state"];
    decoder.expect(&block.body, &[], &BLOCKS);
    if let Some(first) = &settings.encryption {
        let detail = "A module may have only one encryption configuration.";
        let error = Diagnostic::error("Duplicate encryption configuration", detail).at(block.header);
        let first = first.span;
        decoder.diags.error(match first {
            Some(first) => error.note_at(first, "First declared here"),
            None => error,
        });
        return;
    }
    let mut decl = EncryptionDecl { span: (block.header.end > 0).then_some(block.header), ..Default::default() };
    let mut seen: HashMap<String, Span> = HashMap::new();
    for nested in block.body.blocks() {
        match nested.ty.text {
            KEY_PROVIDER => decl.key_providers.extend(part(decoder, &nested, &mut seen)),
            "method" => decl.methods.extend(part(decoder, &nested, &mut seen)),
            "state" => decl.state = once(decoder, decl.state, &nested),
            "plan" => decl.plan = once(decoder, decl.plan, &nested),
            "remote_state_data_sources" => remotes(decoder, &mut decl, &nested),
            _ => {}
        }
    }
    settings.encryption = Some(decl);
}

fn part(decoder: &mut Decoder<'_>, block: &syn::Block, seen: &mut HashMap<String, Span>) -> Option<EncryptionPart> {
    let Some([ty, name]) = block.labels.exactly() else {
        let detail = format!("A {} block has two labels: its type and its name.", block.ty.text);
        decoder.diags.error(Diagnostic::error("Wrong number of block labels", detail).at(block.header));
        return None;
    };
    let address = format!("{}.{}.{}", block.ty.text, ty.text, name.text);
    if let Some(first) = seen.insert(address.clone(), block.header) {
        let error = Diagnostic::error(format!("Duplicate {}", block.ty.text), format!("There is another {address}."));
        decoder.diags.error(error.at(block.header).note_at(first, "First declared here"));
        return None;
    }
    let is_provider = block.ty.text == KEY_PROVIDER;
    let alias = if is_provider { decoder.text(&block.body, "encrypted_metadata_alias") } else { None };
    let own: &'static [&'static str] = if is_provider { &["encrypted_metadata_alias"] } else { &[] };
    let leave = Leave { attributes: own, blocks: &[] };
    let body = decoder.body_binding(&[KEY_PROVIDER], &block.body, Place::MODULE, &leave);
    Some(EncryptionPart { ty: ty.text.into(), name: name.text.into(), alias, body, span: block.header })
}

fn once(decoder: &mut Decoder<'_>, first: Option<EncryptedDecl>, block: &syn::Block) -> Option<EncryptedDecl> {
    if let Some(first) = &first {
        let detail = format!("There may be only one {} block here.", block.ty.text);
        let error = Diagnostic::error(format!("Duplicate {} block", block.ty.text), detail).at(block.header);
        decoder.diags.error(error.note_at(first.span, "First declared here"));
    }
    Some(target(decoder, block, &["enforced", "method"])).filter(|_| first.is_none()).or(first)
}

fn target(decoder: &mut Decoder<'_>, block: &syn::Block, attributes: &[&str]) -> EncryptedDecl {
    let mut decl = EncryptedDecl { methods: Vec::new(), missing: None, enforced: false, span: block.header };
    if attributes.contains(&"enforced") {
        decl.enforced = decoder.bool(&block.body, "enforced").unwrap_or(false);
    }
    methods(decoder, block, attributes, &mut decl);
    decl
}

fn methods(decoder: &mut Decoder<'_>, block: &syn::Block, attributes: &[&str], decl: &mut EncryptedDecl) {
    decoder.expect(&block.body, attributes, &["fallback"]);
    match block.body.attribute("method") {
        Some(argument) => decl.methods.extend(method(decoder, argument.expr)),
        None => decl.missing = decl.missing.or(Some(block.opening())),
    }
    for fallback in block.body.blocks().filter(|b| b.ty.text == "fallback") {
        methods(decoder, &fallback, &["method"], decl);
    }
}

/// The type and name of a method.
fn method(decoder: &mut Decoder<'_>, expr: syn::Expr) -> Option<(Arc<str>, Arc<str>, Span)> {
    let chain = Chain::of(expr);
    match (chain.name(), chain.steps.as_slice()) {
        (Some("method"), [Step::Attr { name: ty, .. }, Step::Attr { name, .. }]) => {
            Some((ty.text.into(), name.text.into(), expr.span()))
        }
        _ => {
            let detail = "A method is named by its type and its name, as in method.aes_gcm.main.";
            decoder.diags.error(Diagnostic::error("Invalid encryption method identifier", detail).at(expr.span()));
            None
        }
    }
}

fn remotes(decoder: &mut Decoder<'_>, decl: &mut EncryptionDecl, block: &syn::Block) {
    decoder.expect(&block.body, &[], &["default", "remote_state_data_source"]);
    for nested in block.body.blocks() {
        let found = target(decoder, &nested, &["method"]);
        match (nested.ty.text, nested.labels.exactly()) {
            ("default", _) => decl.remote_default = Some(found),
            ("remote_state_data_source", Some([name])) => {
                if let Some(first) = decl.remotes.insert(name.text.into(), found) {
                    let detail = format!("There is another remote_state_data_source \"{}\".", name.text);
                    let error = Diagnostic::error("Duplicate remote_data_source", detail).at(nested.header);
                    decoder.diags.error(error.note_at(first.span, "First declared here"));
                }
            }
            ("remote_state_data_source", None) => {
                let detail = "A remote_state_data_source block has one label: the name of the data source.";
                decoder.diags.error(Diagnostic::error("Wrong number of block labels", detail).at(nested.header));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_texts;

    #[test]
    fn texts_are_hidden_byte_for_byte() {
        let shown = without_texts("passphrase = \"geheim \\\" ü\"\nx = 1");
        assert_eq!(shown, "passphrase = \"************\"\nx = 1");
        assert_eq!(without_texts("{\"a\":\"b\"}"), "{\"*\":\"*\"}");
        assert_eq!(without_texts("a = <<E\nsecret\nE\n").lines().nth(1), Some("******"));
    }
}
