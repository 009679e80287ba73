//! `encryption` blocks, whose form is checked although nothing is encrypted yet.

use std::collections::HashMap;

use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

use super::contents::Decoder;

/// Reports what is wrong with an `encryption` block.
pub(super) fn check(decoder: &mut Decoder<'_>, block: &syn::Block) {
    const BLOCKS: [&str; 5] = ["key_provider", "method", "plan", "remote_state_data_sources", "state"];
    decoder.expect(&block.body, &[], &BLOCKS);
    let mut seen: HashMap<String, Span> = HashMap::new();
    for nested in block.body.blocks() {
        match nested.ty.text {
            "key_provider" | "method" => named(decoder, nested, &mut seen),
            "state" | "plan" => target(decoder, nested, &["enforced", "method"]),
            "remote_state_data_sources" => remote(decoder, nested),
            _ => {}
        }
    }
}

fn named(decoder: &mut Decoder<'_>, block: &syn::Block, seen: &mut HashMap<String, Span>) {
    let [ty, name] = block.labels else {
        let detail = format!("A {} block has two labels: its type and its name.", block.ty.text);
        decoder.diags.error(Diagnostic::error("Wrong number of block labels", detail).at(block.header));
        return;
    };
    let address = format!("{}.{}.{}", block.ty.text, ty.text, name.text);
    if let Some(first) = seen.insert(address.clone(), block.header) {
        let error = Diagnostic::error(format!("Duplicate {}", block.ty.text), format!("There is another {address}."));
        decoder.diags.error(error.at(block.header).note_at(first, "First declared here"));
    }
}

fn target(decoder: &mut Decoder<'_>, block: &syn::Block, attributes: &[&str]) {
    decoder.expect(&block.body, attributes, &["fallback"]);
    for fallback in block.body.blocks().filter(|b| b.ty.text == "fallback") {
        target(decoder, fallback, &["method"]);
    }
}

fn remote(decoder: &mut Decoder<'_>, block: &syn::Block) {
    decoder.expect(&block.body, &[], &["default", "remote_state_data_source"]);
    for nested in block.body.blocks() {
        target(decoder, nested, &["method"]);
    }
}
