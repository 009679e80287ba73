//! Errors and warnings as people read them, like ones together.

use terrane_lang::{CHECK_FAILED, CHECK_UNKNOWN};
use terrane_source::{Diagnostic, Files, Severity, Span, Style, render_within};

/// How errors and warnings are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Showing {
    /// Warnings in a line or two each, if there are no errors.
    pub compact_warnings: bool,
    /// The first of several warnings with one summary, and how many there are.
    pub consolidate_warnings: bool,
    /// The same for errors.
    pub consolidate_errors: bool,
    /// The width to which texts are broken; none for what is no terminal.
    pub width: Option<usize>,
}

/// Diagnostics of one summary: the first, and where all of them are.
struct Group {
    first: Diagnostic,
    places: Vec<Span>,
}

/// The text of diagnostics, each with an empty line before it.
pub fn text(diags: Vec<Diagnostic>, files: &Files, color: bool, showing: Showing) -> String {
    let groups = grouped(diags, showing);
    let style = Style { color };
    let only_warnings = groups.iter().all(|group| group.first.severity == Severity::Warning);
    let shown: Vec<Diagnostic> = match showing.compact_warnings && only_warnings && !groups.is_empty() {
        true => vec![compact(&groups, files)],
        false => groups.into_iter().map(Group::whole).collect(),
    };
    shown.iter().map(|d| format!("\n{}", render_within(d, files, style, showing.width))).collect()
}

fn grouped(diags: Vec<Diagnostic>, showing: Showing) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for diagnostic in diags {
        let consolidate = match diagnostic.severity {
            // Each check says something of its own.
            Severity::Warning if [CHECK_FAILED, CHECK_UNKNOWN].contains(&&*diagnostic.summary) => false,
            Severity::Warning => showing.consolidate_warnings,
            Severity::Error => showing.consolidate_errors,
        };
        let like = |group: &&mut Group| {
            let first = &group.first;
            first.severity == diagnostic.severity && first.summary == diagnostic.summary && !group.places.is_empty()
        };
        match (diagnostic.span, groups.iter_mut().find(like)) {
            (Some(span), Some(group)) if consolidate => group.places.push(span),
            (span, _) => groups.push(Group { first: diagnostic, places: span.into_iter().collect() }),
        }
    }
    groups
}

impl Group {
    fn whole(self) -> Diagnostic {
        let word = if self.first.severity == Severity::Error { "error" } else { "warning" };
        match self.places.len() {
            0 | 1 => self.first,
            2 => self.first.note(format!("\n(and one more similar {word} elsewhere)")),
            n => self.first.note(format!("\n(and {} more similar {word}s elsewhere)", n - 1)),
        }
    }
}

/// One warning that lists others.
fn compact(groups: &[Group], files: &Files) -> Diagnostic {
    let line = |group: &Group| {
        let more =
            if group.places.len() > 1 { format!(" (and {} more)", group.places.len() - 1) } else { String::new() };
        let at = |span: &Span| {
            let line = files.position(span.file, span.start).line;
            format!("\n  on {} line {line}{more}", files.name(span.file))
        };
        format!("- {}{}", group.first.summary, group.places.first().map(at).unwrap_or_default())
    };
    let lines: Vec<String> = groups.iter().map(line).collect();
    Diagnostic::warning("There are warnings", lines.join("\n")).hint("\nThey are explained without -compact-warnings.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(showing: Showing) -> String {
        let mut files = Files::new();
        let file = files.add("main.tf", "a\nb\nc\n");
        let warning = |at: u32| Diagnostic::warning("Old", "Use new.").at(Span::new(file, at, at + 1));
        text(vec![warning(0), warning(2), Diagnostic::warning("Other", ""), warning(4)], &files, false, showing)
    }

    #[test]
    fn warnings_of_one_summary_are_shown_once() {
        assert_eq!(shown(Showing::default()).matches("Warning: Old").count(), 3);
        let folded = shown(Showing { consolidate_warnings: true, ..Showing::default() });
        assert_eq!(folded.matches("Warning: Old").count(), 1);
        assert!(folded.contains("(and 2 more similar warnings elsewhere)"), "{folded}");
    }

    #[test]
    fn compact_warnings_are_listed() {
        let listed = shown(Showing { consolidate_warnings: true, compact_warnings: true, ..Showing::default() });
        assert!(listed.contains("│ - Old\n│   on main.tf line 1 (and 2 more)\n│ - Other\n"), "{listed}");
    }
}
