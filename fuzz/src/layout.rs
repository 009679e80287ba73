//! The canonical layout.

use terrane_source::{Diagnostics, FileId};
use terrane_syntax::{Arena, Attribute, Block, Body, Expr, ExprKind, Item, Label, dump, format, parse};

/// The layout is stable, leaves files with errors alone, and keeps the program.
pub fn layout(text: &str) {
    let formatted = format(text);
    let arena = Arena::new();
    let Some(body) = valid(text, &arena) else {
        assert_eq!(formatted, text, "a file with errors was changed");
        return;
    };
    let Some(again) = valid(&formatted, &arena) else { panic!("{text:?} became {formatted:?}, which has errors") };
    assert_eq!(format(&formatted), formatted, "the layout is not stable");
    assert_eq!(meaning(body, &arena), meaning(again, &arena), "{text:?} became {formatted:?}");
}

fn valid<'t>(text: &'t str, arena: &'t Arena) -> Option<Body<'t>> {
    let mut diags = Diagnostics::new();
    let body = parse(FileId(0), text, arena, &mut diags);
    diags.is_empty().then_some(body)
}

/// The tree without what the layout may change: `"${x}"` as a whole value, quotes of labels, types of variables.
fn meaning<'t>(body: Body<'t>, arena: &'t Arena) -> String {
    dump(&level(body, &[], arena))
}

fn level<'t>(body: Body<'t>, within: &[&str], arena: &'t Arena) -> Body<'t> {
    let items: Vec<Item<'t>> = body
        .items
        .iter()
        .filter(|item| !is_type(item, within))
        .map(|item| match item {
            Item::Attribute(attribute) => Item::Attribute(Attribute { expr: unwrapped(attribute.expr), ..attribute }),
            Item::Block(block) => {
                let labels: Vec<Label<'t>> = block.labels.iter().map(|label| Label { quoted: true, ..label }).collect();
                let body = level(block.body, &[within, &[block.ty.text]].concat(), arena);
                Item::Block(Block { labels: arena.list(&labels).into(), body, ..block })
            }
        })
        .collect();
    Body { items: arena.list(&items).into(), ..body }
}

fn is_type(item: &Item, within: &[&str]) -> bool {
    matches!(item, Item::Attribute(attribute) if within == ["variable"] && attribute.name.text == "type")
}

fn unwrapped(mut expr: Expr<'_>) -> Expr<'_> {
    while let ExprKind::TemplateWrap(inner) | ExprKind::Parens(inner) = expr.kind() {
        expr = inner;
    }
    expr
}
