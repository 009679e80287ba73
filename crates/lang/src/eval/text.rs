//! Templates that stand alone: the content of a file, or a text made by an expression.

use terrane_source::{Diagnostics, FileId, Reported};
use terrane_syntax::{Expr, ExprKind, Literal, Part};

/// What is put around a template so that it can be parsed as a heredoc.
const OPEN: &str = "<<EOT_OF_TEMPLATE\n";
const CLOSE: &str = "\nEOT_OF_TEMPLATE\n";

/// Bytes before the text of a template in the spans of its tree.
pub(super) const OFFSET: u32 = OPEN.len() as u32;

/// The tree of a template.
pub(super) fn parse(file: FileId, text: &str, diags: &mut Diagnostics) -> Result<Expr, Reported> {
    let heredoc = format!("{OPEN}{text}{CLOSE}");
    let mut tree = terrane_syntax::parse_expression(file, &heredoc, 0, diags)?;
    tree.kind = without_last_newline(tree.kind);
    Ok(tree)
}

/// The template without the newline that a heredoc has at its end.
fn without_last_newline(kind: ExprKind) -> ExprKind {
    let cut = |text: &str| text.strip_suffix('\n').unwrap_or(text).into();
    match kind {
        ExprKind::Literal(Literal::String(text)) => ExprKind::Literal(Literal::String(cut(&text))),
        ExprKind::Template(mut parts) => {
            if let Some(Part::Literal(last)) = parts.last_mut() {
                *last = cut(last);
            }
            parts.retain(|part| !matches!(part, Part::Literal(text) if text.is_empty()));
            match (parts.pop(), parts.is_empty()) {
                (Some(Part::Interpolation(expr)), true) => ExprKind::TemplateWrap(Box::new(expr)),
                (Some(last), _) => {
                    parts.push(last);
                    ExprKind::Template(parts)
                }
                (None, _) => ExprKind::Literal(Literal::String("".into())),
            }
        }
        other => other,
    }
}
