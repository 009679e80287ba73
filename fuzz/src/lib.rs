//! What must hold for every text, one function for each fuzz target.

mod evaluation;
mod json;
mod layout;
mod spans;

pub use evaluation::evaluation;
pub use json::json;
pub use layout::layout;

use spans::Visitor;
use terrane_source::{Diagnostics, FileId, Files, Style, render};
use terrane_syntax::{
    Arena, Body, Expr, ExprKind, Item, Literal, dump, dump_expression, parse, parse_expression, parse_template,
};
use unicode_normalization::UnicodeNormalization;

/// The most errors that are reported for one file, and the one that says so.
const MAX_ERRORS: usize = 101;

/// How much longer a text is made to show work that grows faster than the text.
const REPEATS: usize = 2000;

/// What a repeated text may take: many times more than anything linear does.
const MAX_SECONDS: u64 = 3;

/// Holds the property for the text and, for a few, for the text many times over, where what is quadratic shows.
pub fn hold(text: &str, property: impl Fn(&str)) {
    property(text);
    let sum = text.bytes().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    if text.len() <= 100 && sum.is_multiple_of(64) {
        let started = nanoseconds();
        property(&text.repeat(REPEATS));
        let taken = (nanoseconds() - started) / 1_000_000_000;
        assert!(taken < MAX_SECONDS, "{REPEATS} times {text:?} took {taken} s");
    }
}

/// The processor time of this thread; that of the machine's other work is left out.
fn nanoseconds() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// A file becomes a tree whose spans hold what they say, or errors that point into it.
pub fn file(text: &str) {
    let arena = Arena::new();
    let (body, errors) = parsed(text, &arena);
    let mut visitor = Visitor::new(text, 0);
    visitor.body(&body);
    assert!(visitor.nodes <= 4 * text.len() + 1, "{} nodes for {} bytes", visitor.nodes, text.len());
    dump(&body);
    if errors == 0 && text.len() < 100_000 {
        each_expression(&body, &mut |expr| alone(text, expr));
    }
}

/// The tree of a file, and how many errors it has.
fn parsed<'t>(text: &'t str, arena: &'t Arena) -> (Body<'t>, usize) {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let body = parse(files.add("main.tf", text), text, arena, &mut diags);
    check_errors(text, &files, &diags);
    (body, diags.len())
}

/// Every error stands in the text, and can be shown.
fn check_errors(text: &str, files: &Files, diags: &Diagnostics) {
    assert!(diags.len() <= MAX_ERRORS, "{} errors", diags.len());
    for diagnostic in diags.iter() {
        let span = diagnostic.span.expect("every error has a place");
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} is not in the text");
        if text.len() < 10_000 {
            render(diagnostic, files, Style { color: false });
        }
    }
}

fn each_expression(body: &Body, f: &mut dyn FnMut(Expr)) {
    for item in body.items {
        match item {
            Item::Attribute(attribute) => f(attribute.expr),
            Item::Block(block) => each_expression(&block.body, f),
        }
    }
}

/// The text of an expression is the same expression.
fn alone(text: &str, expr: Expr) {
    let span = expr.span();
    let own = &text[span.start as usize..span.end as usize];
    let (arena, mut diags) = (Arena::new(), Diagnostics::new());
    // The end of a heredoc needs a newline.
    let line = format!("{own}\n");
    let again = parse_expression(FileId(0), &line, span.start, &arena, &mut diags);
    if let Ok(again) = again {
        Visitor::new(&line, span.start as usize).expr(again, 0..line.len());
    }
    let seen = |expr: Expr| (dump_expression(expr), expr.span());
    assert_eq!(again.map(seen), Ok(seen(expr)), "{own:?} is not the same alone: {diags:?}");
}

/// A template becomes a tree whose spans hold what they say, wherever it stands.
pub fn template(text: &str) {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("x.tftpl", text);
    let arena = Arena::new();
    let tree = parse_template(file, text, 0, &arena, &mut diags);
    check_errors(text, &files, &diags);
    let Ok(expr) = tree else {
        assert!(diags.has_errors());
        return;
    };
    let mut visitor = Visitor::new(text, 0);
    visitor.expr(expr, 0..text.len());
    assert!(visitor.nodes <= 4 * text.len() + 1, "{} nodes for {} bytes", visitor.nodes, text.len());
    let moved = parse_template(file, text, 1000, &arena, &mut Diagnostics::new());
    assert_eq!(moved.map(dump_expression), Ok(dump_expression(expr)));
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !body.contains("${") && !body.contains("%{") {
        let plain = body.nfc().collect::<String>();
        let is_plain = |kind| matches!(kind, ExprKind::Literal(Literal::String(text)) if text == plain);
        assert!(is_plain(expr.kind()), "{expr:?} is not {plain:?}");
    }
}
