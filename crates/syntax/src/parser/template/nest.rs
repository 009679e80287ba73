//! Directives of a template, nested.

use std::mem;

use terrane_source::{Diagnostic, Reported, Span};

use super::super::{MAX_DEPTH, Parsed, Parser, normalised};
use super::Piece;
use crate::tree::{Expr, Ident, Part};

/// A directive that waits for its end, and the parts before it.
struct Open {
    directive: Directive,
    span: Span,
    before: Vec<Part>,
}

enum Directive {
    If { cond: Expr },
    Else { cond: Expr, then: Vec<Part> },
    For { key: Option<Ident>, value: Ident, collection: Expr },
}

impl Parser<'_, '_> {
    /// The parts of a template, with what is between directives inside of them.
    pub(super) fn nest(&mut self, pieces: Vec<Piece<'_>>) -> Parsed<Vec<Part>> {
        let (mut stack, mut deepest): (Vec<Open>, usize) = (Vec::new(), 0);
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) if text.is_empty() => {}
                Piece::Text(text) => parts.push(Part::Literal(normalised(&text))),
                Piece::Interpolation(expr) => parts.push(Part::Interpolation(expr)),
                Piece::If { cond, span } => {
                    stack.push(Open { directive: Directive::If { cond }, span, before: mem::take(&mut parts) });
                }
                Piece::For { key, value, collection, span } => {
                    let directive = Directive::For { key, value, collection };
                    stack.push(Open { directive, span, before: mem::take(&mut parts) });
                }
                Piece::Else(span) => {
                    let open = self.innermost(&mut stack, "else", span)?;
                    stack.push(self.begin_else(open, span, mem::take(&mut parts))?);
                }
                Piece::EndIf(span) => {
                    let open = self.innermost(&mut stack, "endif", span)?;
                    parts = self.end_if(open, span, parts)?;
                }
                Piece::EndFor(span) => {
                    let open = self.innermost(&mut stack, "endfor", span)?;
                    parts = self.end_for(open, span, parts)?;
                }
            }
            deepest = deepest.max(stack.len());
            if self.depth + deepest > MAX_DEPTH {
                return Err(self.too_deep());
            }
        }
        match stack.pop() {
            Some(open) => Err(self.never_ended(&open)),
            None => self.grow(deepest).map(|()| parts),
        }
    }

    fn innermost(&mut self, stack: &mut Vec<Open>, name: &str, span: Span) -> Parsed<Open> {
        stack.pop().ok_or_else(|| {
            let detail = format!("No directive is open that %{{ {name} }} could belong to.");
            self.error(&format!("Unexpected {name} directive"), detail, span)
        })
    }

    fn begin_else(&mut self, open: Open, span: Span, then: Vec<Part>) -> Parsed<Open> {
        match open.directive {
            Directive::If { cond } => Ok(Open { directive: Directive::Else { cond, then }, ..open }),
            _ => Err(self.mismatch(&open, "else", span)),
        }
    }

    fn end_if(&mut self, open: Open, end: Span, inner: Vec<Part>) -> Parsed<Vec<Part>> {
        let span = open.span.to(end);
        let part = match open.directive {
            Directive::If { cond } => Part::If { cond, then: inner, else_: Vec::new(), span },
            Directive::Else { cond, then } => Part::If { cond, then, else_: inner, span },
            Directive::For { .. } => return Err(self.mismatch(&open, "endif", end)),
        };
        Ok(append(open.before, part))
    }

    fn end_for(&mut self, open: Open, end: Span, body: Vec<Part>) -> Parsed<Vec<Part>> {
        let span = open.span.to(end);
        match open.directive {
            Directive::For { key, value, collection } => {
                Ok(append(open.before, Part::For { key, value, collection, body, span }))
            }
            _ => Err(self.mismatch(&open, "endfor", end)),
        }
    }

    fn mismatch(&mut self, open: &Open, found: &str, span: Span) -> Reported {
        let (name, expected) = names(&open.directive);
        let detail = format!("The directive \"{name}\" opened before it is still open, and must end with {expected}.");
        let error = Diagnostic::error(format!("Unexpected {found} directive"), detail).at(span);
        self.report(error.note_at(open.span, "Opened here"))
    }

    fn never_ended(&mut self, open: &Open) -> Reported {
        let (name, expected) = names(&open.directive);
        let detail = format!("This {name} directive has no matching {expected} before the end of the template.");
        self.error("Unexpected end of template", detail, open.span)
    }
}

fn names(directive: &Directive) -> (&'static str, &'static str) {
    match directive {
        Directive::If { .. } => ("if", "%{ endif }"),
        Directive::Else { .. } => ("else", "%{ endif }"),
        Directive::For { .. } => ("for", "%{ endfor }"),
    }
}

fn append(mut parts: Vec<Part>, part: Part) -> Vec<Part> {
    parts.push(part);
    parts
}
