//! Directives of a template, nested.

use terrane_source::{Diagnostic, Reported};

use super::super::{MAX_DEPTH, Parsed, Parser};
use super::{Piece, Step};
use crate::tree::tape::{NodeId, tag};

/// A directive that waits for its end.
struct Open {
    directive: Directive,
    place: (u32, u32),
    /// Where what is within begins on the stack of parts.
    from: usize,
}

enum Directive {
    If { cond: NodeId },
    Else { cond: NodeId, else_from: usize },
    For { key: Option<NodeId>, value: NodeId, collection: NodeId },
}

impl<'t> Parser<'t, '_> {
    /// The parts of a template, with what is between directives inside of them.
    pub(super) fn nest(&mut self, pieces: &[Piece<'t>], place: (u32, u32)) -> Parsed<NodeId> {
        let (mut stack, mut deepest): (Vec<Open>, usize) = (Vec::new(), 0);
        let start = self.stack.len();
        for piece in pieces {
            match *piece {
                Piece::Text("") => {}
                Piece::Text(text) => {
                    let text = self.normalised(text);
                    let text = self.tape.part_text(text);
                    self.stack.push(text);
                }
                Piece::Interpolation(expr) => self.stack.push(expr),
                Piece::Directive(step, place) => self.step(step, place, &mut stack)?,
            }
            deepest = deepest.max(stack.len());
            if self.depth + deepest > MAX_DEPTH {
                return Err(self.too_deep());
            }
        }
        match stack.pop() {
            Some(open) => Err(self.never_ended(&open)),
            None => {
                self.grow(deepest)?;
                let template = self.tape.node(tag::TEMPLATE, 0, place, []);
                self.list(start);
                Ok(template)
            }
        }
    }

    fn step(&mut self, step: Step, place: (u32, u32), stack: &mut Vec<Open>) -> Parsed<()> {
        let from = self.stack.len();
        match step {
            Step::If { cond } => stack.push(Open { directive: Directive::If { cond }, place, from }),
            Step::For { key, value, collection } => {
                stack.push(Open { directive: Directive::For { key, value, collection }, place, from });
            }
            Step::Else => {
                let open = self.innermost(stack, "else", place)?;
                stack.push(self.begin_else(open, place)?);
            }
            Step::EndIf => {
                let open = self.innermost(stack, "endif", place)?;
                self.end_if(open, place)?;
            }
            Step::EndFor => {
                let open = self.innermost(stack, "endfor", place)?;
                self.end_for(open, place)?;
            }
        }
        Ok(())
    }

    fn innermost(&mut self, stack: &mut Vec<Open>, name: &str, place: (u32, u32)) -> Parsed<Open> {
        stack.pop().ok_or_else(|| {
            let detail = format!("No directive is open that %{{ {name} }} could belong to.");
            self.error(&format!("Unexpected {name} directive"), detail, self.range(place.0, place.1))
        })
    }

    fn begin_else(&mut self, open: Open, place: (u32, u32)) -> Parsed<Open> {
        match open.directive {
            Directive::If { cond } => {
                let else_from = self.stack.len();
                Ok(Open { directive: Directive::Else { cond, else_from }, ..open })
            }
            _ => Err(self.mismatch(&open, "else", place)),
        }
    }

    fn end_if(&mut self, open: Open, end: (u32, u32)) -> Parsed<()> {
        let (cond, else_from) = match open.directive {
            Directive::If { cond } => (cond, self.stack.len()),
            Directive::Else { cond, else_from } => (cond, else_from),
            Directive::For { .. } => return Err(self.mismatch(&open, "endif", end)),
        };
        let part = self.tape.node(tag::PART_IF, 0, (open.place.0, end.1), [cond]);
        let parts = self.stack.get(open.from..).unwrap_or_default();
        let (then, else_) = parts.split_at((else_from - open.from).min(parts.len()));
        self.tape.lists(then, else_);
        self.stack.truncate(open.from);
        self.stack.push(part);
        Ok(())
    }

    fn end_for(&mut self, open: Open, end: (u32, u32)) -> Parsed<()> {
        let Directive::For { key, value, collection } = open.directive else {
            return Err(self.mismatch(&open, "endfor", end));
        };
        let (has_key, key) = (u32::from(key.is_some()), key.unwrap_or(value));
        let part = self.tape.node(tag::PART_FOR, has_key, (open.place.0, end.1), [key, value, collection]);
        self.list(open.from);
        self.stack.push(part);
        Ok(())
    }

    fn mismatch(&mut self, open: &Open, found: &str, place: (u32, u32)) -> Reported {
        let (name, expected) = names(&open.directive);
        let detail = format!("The directive \"{name}\" opened before it is still open, and must end with {expected}.");
        let error = Diagnostic::error(format!("Unexpected {found} directive"), detail).at(self.range(place.0, place.1));
        self.report(error.note_at(self.range(open.place.0, open.place.1), "Opened here"))
    }

    fn never_ended(&mut self, open: &Open) -> Reported {
        let (name, expected) = names(&open.directive);
        let detail = format!("This {name} directive has no matching {expected} before the end of the template.");
        self.error("Unexpected end of template", detail, self.range(open.place.0, open.place.1))
    }
}

fn names(directive: &Directive) -> (&'static str, &'static str) {
    match directive {
        Directive::If { .. } => ("if", "%{ endif }"),
        Directive::Else { .. } => ("else", "%{ endif }"),
        Directive::For { .. } => ("for", "%{ endfor }"),
    }
}
