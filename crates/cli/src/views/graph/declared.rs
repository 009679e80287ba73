//! What is declared, as a drawing.

use std::collections::BTreeMap;

use terrane_lang::{ItemKind, Program};

use super::{Drawing, Shape};

/// Draws what is declared and what that needs.
pub fn declared(program: &Program) -> Drawing {
    let items = program.items();
    let mut drawing = Drawing::default();
    let mut providers = BTreeMap::new();
    for item in &items {
        let expand = |address: &str| format!("[root] {address} (expand)");
        let place = match &item.kind {
            ItemKind::Resource(_) => drawing.add(expand(&item.address), &item.address, Shape::Box),
            ItemKind::Provider(config) => drawing.add(format!("[root] {config}"), config.to_string(), Shape::Diamond),
            ItemKind::Variable if item.address.starts_with("var.") => {
                drawing.add(format!("[root] {}", item.address), &item.address, Shape::Note)
            }
            _ => drawing.add(expand(&item.address), &item.address, Shape::Plain),
        };
        if let ItemKind::Provider(config) = &item.kind {
            providers.insert(config, place);
        }
    }
    for (from, item) in (0..).zip(&items) {
        drawing.edges.extend(item.needs.iter().map(|to| (from, *to)));
        if let ItemKind::Resource(config) = &item.kind {
            let provider = providers
                .entry(config)
                .or_insert_with(|| drawing.add(format!("[root] {config}"), config.to_string(), Shape::Diamond));
            drawing.edges.push((from, *provider));
        }
    }
    drawing.edges.sort_unstable();
    drawing.edges.dedup();
    drawing.reduced()
}
