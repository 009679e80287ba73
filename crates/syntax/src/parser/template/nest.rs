//! Directives of a template, nested.

use terrane_source::{Diagnostic, Reported, Span};

use super::super::stacks::finish;
use super::super::{MAX_DEPTH, Parsed, Parser};
use super::Piece;
use crate::tree::{Expr, Ident, Part, PartFor, PartIf};

/// A directive that waits for its end.
struct Open<'t> {
    directive: Directive<'t>,
    span: Span,
    /// Where what is within begins on the stack of parts.
    from: usize,
}

enum Directive<'t> {
    If { cond: &'t Expr<'t> },
    Else { cond: &'t Expr<'t>, then: &'t [Part<'t>] },
    For { key: Option<Ident<'t>>, value: Ident<'t>, collection: &'t Expr<'t> },
}

impl<'t> Parser<'t, '_> {
    /// The parts of a template, with what is between directives inside of them.
    pub(super) fn nest(&mut self, pieces: &[Piece<'t>]) -> Parsed<&'t [Part<'t>]> {
        let (mut stack, mut deepest): (Vec<Open<'t>>, usize) = (Vec::new(), 0);
        let start = self.stacks.parts.len();
        for piece in pieces {
            let from = self.stacks.parts.len();
            match *piece {
                Piece::Text("") => {}
                Piece::Text(text) => {
                    let text = self.normalised(text);
                    self.stacks.parts.push(Part::Literal(text));
                }
                Piece::Interpolation(expr) => self.stacks.parts.push(Part::Interpolation(expr)),
                Piece::If { cond, span } => stack.push(Open { directive: Directive::If { cond }, span, from }),
                Piece::For { key, value, collection, span } => {
                    stack.push(Open { directive: Directive::For { key, value, collection }, span, from });
                }
                Piece::Else(span) => {
                    let open = self.innermost(&mut stack, "else", span)?;
                    stack.push(self.begin_else(open, span)?);
                }
                Piece::EndIf(span) => {
                    let open = self.innermost(&mut stack, "endif", span)?;
                    self.end_if(open, span)?;
                }
                Piece::EndFor(span) => {
                    let open = self.innermost(&mut stack, "endfor", span)?;
                    self.end_for(open, span)?;
                }
            }
            deepest = deepest.max(stack.len());
            if self.depth + deepest > MAX_DEPTH {
                return Err(self.too_deep());
            }
        }
        match stack.pop() {
            Some(open) => Err(self.never_ended(&open)),
            None => self.grow(deepest).map(|()| self.parts_from(start)),
        }
    }

    fn parts_from(&mut self, from: usize) -> &'t [Part<'t>] {
        finish(self.arena, &mut self.stacks.parts, from)
    }

    fn innermost(&mut self, stack: &mut Vec<Open<'t>>, name: &str, span: Span) -> Parsed<Open<'t>> {
        stack.pop().ok_or_else(|| {
            let detail = format!("No directive is open that %{{ {name} }} could belong to.");
            self.error(&format!("Unexpected {name} directive"), detail, span)
        })
    }

    fn begin_else(&mut self, open: Open<'t>, span: Span) -> Parsed<Open<'t>> {
        match open.directive {
            Directive::If { cond } => {
                let then = self.parts_from(open.from);
                Ok(Open { directive: Directive::Else { cond, then }, ..open })
            }
            _ => Err(self.mismatch(&open, "else", span)),
        }
    }

    fn end_if(&mut self, open: Open<'t>, end: Span) -> Parsed<()> {
        let span = open.span.to(end);
        let part = match open.directive {
            Directive::If { cond } => PartIf { cond, then: self.parts_from(open.from), else_: &[], span },
            Directive::Else { cond, then } => PartIf { cond, then, else_: self.parts_from(open.from), span },
            Directive::For { .. } => return Err(self.mismatch(&open, "endif", end)),
        };
        self.stacks.parts.push(Part::If(self.arena.node(part)));
        Ok(())
    }

    fn end_for(&mut self, open: Open<'t>, end: Span) -> Parsed<()> {
        let Directive::For { key, value, collection } = open.directive else {
            return Err(self.mismatch(&open, "endfor", end));
        };
        let (span, body) = (open.span.to(end), self.parts_from(open.from));
        let part = PartFor { key, value, collection, body, span };
        self.stacks.parts.push(Part::For(self.arena.node(part)));
        Ok(())
    }

    fn mismatch(&mut self, open: &Open<'t>, found: &str, span: Span) -> Reported {
        let (name, expected) = names(&open.directive);
        let detail = format!("The directive \"{name}\" opened before it is still open, and must end with {expected}.");
        let error = Diagnostic::error(format!("Unexpected {found} directive"), detail).at(span);
        self.report(error.note_at(open.span, "Opened here"))
    }

    fn never_ended(&mut self, open: &Open<'t>) -> Reported {
        let (name, expected) = names(&open.directive);
        let detail = format!("This {name} directive has no matching {expected} before the end of the template.");
        self.error("Unexpected end of template", detail, open.span)
    }
}

fn names(directive: &Directive<'_>) -> (&'static str, &'static str) {
    match directive {
        Directive::If { .. } => ("if", "%{ endif }"),
        Directive::Else { .. } => ("else", "%{ endif }"),
        Directive::For { .. } => ("for", "%{ endfor }"),
    }
}
