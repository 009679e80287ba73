//! The canonical layout.

use terrane_source::{Diagnostics, FileId};
use terrane_syntax::{Body, Expr, ExprKind, Item, dump, format, parse};

/// The layout is stable, leaves files with errors alone, and keeps the program.
pub fn layout(text: &str) {
    let formatted = format(text);
    let Some(body) = valid(text) else {
        assert_eq!(formatted, text, "a file with errors was changed");
        return;
    };
    let Some(again) = valid(&formatted) else { panic!("{text:?} became {formatted:?}, which has errors") };
    assert_eq!(format(&formatted), formatted, "the layout is not stable");
    assert_eq!(meaning(body), meaning(again), "{text:?} became {formatted:?}");
}

fn valid(text: &str) -> Option<Body> {
    let mut diags = Diagnostics::new();
    let body = parse(FileId(0), text, &mut diags);
    diags.is_empty().then_some(body)
}

/// The tree without what the layout may change: `"${x}"` as a whole value, quotes of labels, types of variables.
fn meaning(mut body: Body) -> String {
    level(&mut body, &[]);
    dump(&body)
}

fn level(body: &mut Body, within: &[&str]) {
    body.items.retain(|item| !is_type(item, within));
    for item in &mut body.items {
        match item {
            Item::Attribute(attribute) => unwrap(&mut attribute.expr),
            Item::Block(block) => {
                block.labels.iter_mut().for_each(|label| label.quoted = true);
                let within = [within, &[&*block.ty.text]].concat();
                level(&mut block.body, &within);
            }
        }
    }
}

fn is_type(item: &Item, within: &[&str]) -> bool {
    matches!(item, Item::Attribute(attribute) if within == ["variable"] && &*attribute.name.text == "type")
}

fn unwrap(expr: &mut Expr) {
    while let ExprKind::TemplateWrap(inner) | ExprKind::Parens(inner) = &expr.kind {
        *expr = (**inner).clone();
    }
}
