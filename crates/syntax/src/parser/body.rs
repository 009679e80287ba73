//! Arguments and blocks.

use std::collections::HashMap;

use terrane_source::{Diagnostic, Reported, Span};

use super::{Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::tree::tape::{NodeId, tag};

/// How many names are sooner looked through than hashed.
const FEW: usize = 16;

/// The names of a body's arguments so far.
struct Names<'t> {
    /// Where they begin on the stack of names.
    from: usize,
    /// All of them with their places, once there are many.
    many: Option<HashMap<&'t str, (u32, u32)>>,
}

impl<'t> Parser<'t, '_> {
    /// The node of the whole file.
    pub(super) fn file_items(&mut self) -> NodeId {
        let mut names = self.no_names();
        loop {
            self.items(&mut names);
            if self.peek().kind == TokenKind::End || self.gave_up() {
                let file = self.tape.node(tag::FILE, 0, (0, self.text.len() as u32), []);
                self.list(0);
                return file;
            }
            let brace = self.next();
            let error = Diagnostic::error("Unexpected closing brace", "No block is open here.").at(self.span(brace));
            self.report(error.hint("Remove it, or look for one brace too many above."));
        }
    }

    /// Items up to a closing brace or the end of the file. Those with errors are reported and skipped.
    fn items(&mut self, names: &mut Names<'t>) {
        loop {
            match self.peek().kind {
                TokenKind::Newline => self.seek(self.at + 1),
                TokenKind::CloseBrace | TokenKind::End => return,
                _ if self.gave_up() => return,
                _ => {
                    let start = self.at;
                    let (items, open_names) = (self.stack.len(), self.names.len());
                    match self.item(names) {
                        Ok(item) => self.stack.push(item),
                        Err(_) => {
                            self.stack.truncate(items);
                            self.names.truncate(open_names);
                            self.recover_item(start);
                        }
                    }
                }
            }
        }
    }

    fn item(&mut self, names: &mut Names<'t>) -> Parsed<NodeId> {
        let name = self.item_name()?;
        if self.peek().kind == TokenKind::Equal {
            let attribute = self.attribute(name)?;
            self.end_of_argument()?;
            self.check_unique(name, names)?;
            return Ok(attribute);
        }
        let block = self.block(name)?;
        self.end_of_block()?;
        Ok(block)
    }

    fn item_name(&mut self) -> Parsed<Token> {
        if let Some(name) = self.take(TokenKind::Ident) {
            return Ok(name);
        }
        let quoted = self.peek().kind == TokenKind::OpenQuote;
        let hint = quoted.then_some("Names of arguments and types of blocks are written without quotes.");
        Err(self.unexpected_with("Argument or block definition required", "the name of an argument or block", hint))
    }

    /// The rest of an argument, from the `=` on.
    fn attribute(&mut self, name: Token) -> Parsed<NodeId> {
        self.next();
        let expr = self.expression()?;
        let name = self.named(name);
        Ok(self.tape.named(tag::ATTRIBUTE, name, [expr.0]))
    }

    fn end_of_argument(&mut self) -> Parsed<()> {
        match self.peek().kind {
            TokenKind::Newline | TokenKind::End => Ok(()),
            TokenKind::Comma => Err(self.unexpected_with(
                "Unexpected comma after argument",
                "the end of the line",
                Some("Arguments stand on lines of their own, without commas."),
            )),
            _ => Err(self.unexpected("Missing newline after argument", "an operator or the end of the line")),
        }
    }

    fn no_names(&self) -> Names<'t> {
        Names { from: self.names.len(), many: None }
    }

    fn check_unique(&mut self, token: Token, names: &mut Names<'t>) -> Parsed<()> {
        let name = self.name(token);
        let Some(first) = self.add_name(name, (token.start, token.end), names) else { return Ok(()) };
        let detail = format!("The argument \"{name}\" has already been set. Each argument may be set only once.");
        let error = Diagnostic::error("Attribute redefined", detail).at(self.span(token));
        let first = self.range(first.0, first.1);
        Err(self.report(error.note_at(first, "First set here")))
    }

    /// Adds a name to those of a body; if it is there already, returns its first place.
    fn add_name(&mut self, name: &'t str, place: (u32, u32), names: &mut Names<'t>) -> Option<(u32, u32)> {
        let so_far = self.names.get(names.from..).unwrap_or_default();
        let first = if so_far.len() <= FEW {
            so_far.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
        } else {
            names.many.get_or_insert_with(|| so_far.iter().copied().collect()).get(name).copied()
        };
        if first.is_none() {
            self.names.push((name, place));
            if let Some(many) = &mut names.many {
                many.insert(name, place);
            }
        }
        first
    }

    /// The rest of a block, from its labels on.
    fn block(&mut self, ty: Token) -> Parsed<NodeId> {
        let from = self.stack.len();
        let mut first = None;
        while let Some((label, source)) = self.label()? {
            first.get_or_insert(source);
            self.stack.push(label);
        }
        let labels = self.stack.len() - from;
        let header = self.span_from(ty.start);
        let open = self.open_block(ty, labels, first)?;
        let ty = self.word(ty);
        let (start, end) = self.nested(|p| p.block_body(open, header))?;
        let block = self.tape.node(tag::BLOCK, 0, (start, end), [ty]);
        let list = self.stack.get(from..).unwrap_or_default();
        let (labels, items) = list.split_at(labels.min(list.len()));
        self.tape.lists(labels, items);
        self.stack.truncate(from);
        Ok(block)
    }

    /// A label, and how it is written.
    fn label(&mut self) -> Parsed<Option<(NodeId, &'t str)>> {
        let start = self.peek();
        let label = match start.kind {
            TokenKind::Ident => {
                self.next();
                self.word(start)
            }
            TokenKind::OpenQuote => self.plain_string()?,
            _ => return Ok(None),
        };
        Ok(Some((label, self.text_of(Token { end: self.last_end, ..start }))))
    }

    /// Takes the opening brace and returns its index.
    fn open_block(&mut self, ty: Token, labels: usize, first: Option<&str>) -> Parsed<usize> {
        let (required, expected) = ("Argument or block definition required", "\"=\", a block label or \"{\"");
        match (self.peek().kind, labels) {
            (TokenKind::OpenBrace, _) => Ok(self.open()),
            (TokenKind::Equal, _) => Err(self.unexpected_with(
                "Invalid block definition",
                "a block label or \"{\"",
                Some("An \"=\" sets an argument, which has a single name; blocks are written without it."),
            )),
            (TokenKind::Newline, _) if self.brace_on_next_line() => {
                let error = "The opening brace of a block must stand on the line of its type and labels.";
                let brace = self.token(self.at);
                Err(self.error("Invalid block definition", error, self.span(brace)))
            }
            (_, 0) => {
                let hint = format!("To set an argument write: {} = <value>", self.name(ty));
                Err(self.unexpected_with(required, expected, Some(&hint)))
            }
            (TokenKind::Newline | TokenKind::End, 1) => {
                let (name, value) = (self.name(ty), first.unwrap_or_default());
                let hint = format!("To set an argument write: {name} = {value}\nTo begin a block add \"{{\".");
                Err(self.unexpected_with("Invalid block definition", "\"{\" after the block labels", Some(&hint)))
            }
            _ => Err(self.unexpected("Invalid block definition", "a block label or \"{\"")),
        }
    }

    /// Moves to the brace that stands, after newlines only, where one on this line is expected.
    fn brace_on_next_line(&mut self) -> bool {
        let brace = self.with_newlines(false, |p| (p.peek().kind == TokenKind::OpenBrace).then_some(p.at));
        if let Some(brace) = brace {
            self.seek(brace);
        }
        brace.is_some()
    }

    /// The content after the opening brace, which is pushed on the stack, and the closing one; the place of the content.
    fn block_body(&mut self, open: usize, header: Span) -> Parsed<(u32, u32)> {
        let start = self.last_end;
        match self.peek().kind {
            TokenKind::Newline | TokenKind::End | TokenKind::CloseBrace => {
                let mut names = self.no_names();
                self.items(&mut names);
                self.names.truncate(names.from);
            }
            _ => {
                let only = self.only_argument()?;
                self.stack.push(only);
            }
        }
        let close = self.peek();
        match close.kind {
            TokenKind::CloseBrace => {
                self.next();
                Ok((start, close.start))
            }
            TokenKind::End => Err(self.unclosed_block(open, header)),
            _ => Err(self.not_one_line()),
        }
    }

    /// The argument of a block on one line.
    fn only_argument(&mut self) -> Parsed<NodeId> {
        let name = self.item_name()?;
        if self.peek().kind == TokenKind::Equal {
            return self.attribute(name);
        }
        let hint = "A block on one line holds one argument, as in: name { argument = value }\n\
                    Put nested blocks on lines of their own.";
        Err(self.unexpected_with("Argument definition required", "\"=\"", Some(hint)))
    }

    fn not_one_line(&mut self) -> Reported {
        let hint = "A block on one line holds one argument. For more, put each on a line of its own.";
        self.unexpected_with("Invalid single-argument block definition", "\"}\"", Some(hint))
    }

    fn unclosed_block(&mut self, open: usize, header: Span) -> Reported {
        let detail = "There is no closing brace for this block before the end of the file.";
        let error = Diagnostic::error("Unclosed configuration block", detail).at(header);
        let error = match self.misplaced_brace(open) {
            Some(brace) => error.note_at(self.span(brace), "By its indentation, this brace was meant for it"),
            None => error,
        };
        self.report(error)
    }

    fn end_of_block(&mut self) -> Parsed<()> {
        match self.peek().kind {
            TokenKind::Newline | TokenKind::End => Ok(()),
            _ => Err(self.unexpected("Missing newline after block definition", "the end of the line")),
        }
    }
}
