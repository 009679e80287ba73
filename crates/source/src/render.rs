//! The one text form of diagnostics.

use std::fmt::Write;

use crate::wrap::wrap;
use crate::{Diagnostic, Files, Severity, Span};

/// How to render for the reader's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be used.
    pub color: bool,
}

/// Renders one diagnostic with its snippet, ending in a newline.
///
/// ```text
/// Error: Unsupported argument
///
///   on main.tf line 3, column 3, in resource "aws_vpc" "main":
///    3 │   cidr_blok = "10.0.0.0/16"
///      │   ^^^^^^^^^
///
/// An argument named "cidr_blok" is not expected here.
/// Did you mean "cidr_block"?
/// ```
pub fn render(diagnostic: &Diagnostic, files: &Files, style: Style) -> String {
    render_within(diagnostic, files, style, None)
}

/// The same with sentences broken into lines of at most `width` characters; snippets stay as they are.
pub fn render_within(diagnostic: &Diagnostic, files: &Files, style: Style, width: Option<usize>) -> String {
    let paint = Paint(style.color);
    let fit = |text: &str| match width.and_then(|width| width.checked_sub(FRAME)) {
        Some(width) if width > 0 => wrap(text, width),
        _ => text.to_owned(),
    };
    let mut body = String::new();
    if let (Some(address), Some(_)) = (&diagnostic.address, diagnostic.span) {
        let _ = writeln!(body, "  with {address},");
    }
    if !diagnostic.calls.is_empty() {
        let _ = writeln!(body, "  by way of {},", way(&diagnostic.calls, files));
    }
    if let Some(span) = diagnostic.span {
        snippet(&mut body, files, span, "on", "^", paint);
        if let Some(called) = &diagnostic.called {
            let _ = writeln!(body, "     {} while calling {called}", paint.dim("│"));
        }
        for (reference, statement) in &diagnostic.values {
            let _ = writeln!(body, "     {} {reference} {statement}", paint.dim("│"));
        }
        body.push('\n');
    } else if let Some(address) = &diagnostic.address {
        let _ = writeln!(body, "  with {address}\n");
    }
    if !diagnostic.detail.is_empty() {
        let _ = writeln!(body, "{}", fit(&diagnostic.detail));
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(body, "{}", fit(hint));
    }
    for note in &diagnostic.notes {
        match note.span {
            Some(span) => {
                let _ = writeln!(body, "\n{}:", note.text);
                snippet(&mut body, files, span, "on", "-", paint);
            }
            None => {
                let _ = writeln!(body, "{}", fit(&note.text));
            }
        }
    }
    frame(diagnostic, &body, paint)
}

/// The calls of modules that lead to a place: `module.a (main.tf:3) → module.a.module.b (a/main.tf:7)`.
fn way(calls: &[(String, Span)], files: &Files) -> String {
    let call = |(module, span): &(String, Span)| {
        format!("{module} ({}:{})", files.name(span.file), files.position(span.file, span.start).line)
    };
    calls.iter().map(call).collect::<Vec<_>>().join(" → ")
}

/// Puts the coloured bar to the left of a rendered diagnostic.
fn frame(diagnostic: &Diagnostic, body: &str, paint: Paint) -> String {
    let (word, code) = match diagnostic.severity {
        Severity::Error => ("Error", "31"),
        Severity::Warning => ("Warning", "33"),
    };
    let bar = |s: &str| paint.with(code, s);
    let mut out = format!("{}\n", bar("╷"));
    let head = format!("{} {}", paint.with(&format!("1;{code}"), &format!("{word}:")), paint.bold(&diagnostic.summary));
    for line in std::iter::once(head.as_str()).chain(std::iter::once("")).chain(body.trim_end().lines()) {
        let _ = writeln!(out, "{}", format!("{} {line}", bar("│")).trim_end());
    }
    let _ = writeln!(out, "{}", bar("╵"));
    out
}

/// What the frame takes of the width of a line.
const FRAME: usize = 3;

/// At most this many lines of a long expression are shown.
const MAX_LINES: u32 = 4;

fn snippet(out: &mut String, files: &Files, span: Span, word: &str, mark: &str, paint: Paint) {
    let start = files.position(span.file, span.start);
    let end = files.position(span.file, span.end.max(span.start));
    let name = files.name(span.file);
    let inside = files.context(span).map(|h| format!(", in {h}")).unwrap_or_default();
    let _ = writeln!(out, "  {word} {name} line {}, column {}{inside}:", start.line, start.column);
    let last = end.line.min(start.line + MAX_LINES - 1);
    for line in start.line..=last {
        let text = files.line(span.file, line);
        let _ = writeln!(out, "{:>4} {} {text}", line, paint.dim("│"));
        if line == start.line {
            let width = if end.line == start.line { end.column - start.column } else { tail_width(text, start.column) };
            let pad: String = lead(text, start.column);
            let marks = paint.bold(&mark.repeat(width.max(1) as usize));
            let _ = writeln!(out, "     {} {pad}{marks}", paint.dim("│"));
        }
    }
    if end.line > last {
        let _ = writeln!(out, "     {} …", paint.dim("│"));
    }
}

fn tail_width(text: &str, column: u32) -> u32 {
    use unicode_segmentation::UnicodeSegmentation;
    (text.trim_end().graphemes(true).count() as u32 + 1).saturating_sub(column)
}

/// The blanks before column `column`, with tabs kept so that the marks stand below their text.
fn lead(text: &str, column: u32) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let before = text.graphemes(true).take(column as usize - 1);
    before.map(|g| if g == "\t" { "\t" } else { " " }).collect()
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_place_snippet_values_and_hint() {
        let mut files = Files::new();
        files.outline_by(|_, text| vec![(0..text.len() as u32, "resource \"aws_vpc\" \"main\"".into())]);
        let text = "resource \"aws_vpc\" \"main\" {\n\tcidr_blok = var.cidr\n}\n";
        let file = files.add("main.tf", text);
        let start = text.find("cidr_blok").map(|i| i as u32).unwrap_or(0);
        let d = Diagnostic::error("Unsupported argument", "An argument named \"cidr_blok\" is not expected here.")
            .at(Span::new(file, start, start + 9))
            .value("var.cidr", "is \"10.0.0.0/16\"")
            .hint("Did you mean \"cidr_block\"?");
        let expect = "╷\n│ Error: Unsupported argument\n│\n│   on main.tf line 2, column 2, in resource \"aws_vpc\" \"main\":\n│    2 │ \tcidr_blok = var.cidr\n│      │ \t^^^^^^^^^\n│      │ var.cidr is \"10.0.0.0/16\"\n│\n│ An argument named \"cidr_blok\" is not expected here.\n│ Did you mean \"cidr_block\"?\n╵\n";
        assert_eq!(render(&d, &files, Style { color: false }), expect);
    }
}
