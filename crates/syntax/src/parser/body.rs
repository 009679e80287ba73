//! Arguments and blocks.

use std::collections::HashMap;

use terrane_source::{Diagnostic, Reported, Span};

use super::stacks::finish;
use super::{Parsed, Parser};
use crate::token::TokenKind;
use crate::tree::{Attribute, Block, Body, Ident, Item, Label};

/// How many names are sooner looked through than hashed.
const FEW: usize = 16;

/// The names of a body's arguments so far.
struct Names<'t> {
    /// Where they begin on the stack of names.
    from: usize,
    /// All of them with their places, once there are many.
    many: HashMap<&'t str, Span>,
}

impl<'t> Parser<'t, '_> {
    /// The items of the whole file.
    pub(super) fn file_items(&mut self) -> &'t [Item<'t>] {
        let mut names = self.no_names();
        loop {
            self.items(&mut names);
            if self.peek().kind == TokenKind::End || self.gave_up() {
                return finish(self.arena, &mut self.stacks.items, 0);
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
                TokenKind::Newline => self.at += 1,
                TokenKind::CloseBrace | TokenKind::End => return,
                _ if self.gave_up() => return,
                _ => {
                    let start = self.at;
                    let (items, open_names) = (self.stacks.items.len(), self.stacks.names.len());
                    match self.item(names) {
                        Ok(item) => self.stacks.items.push(item),
                        Err(_) => {
                            self.stacks.leave_item(items, open_names);
                            self.recover_item(start);
                        }
                    }
                }
            }
        }
    }

    fn item(&mut self, names: &mut Names<'t>) -> Parsed<Item<'t>> {
        let name = self.item_name()?;
        if self.peek().kind == TokenKind::Equal {
            let attribute = self.attribute(name)?;
            self.end_of_argument()?;
            self.check_unique(name, names)?;
            return Ok(Item::Attribute(attribute));
        }
        let block = self.block(name)?;
        self.end_of_block()?;
        Ok(Item::Block(block))
    }

    fn item_name(&mut self) -> Parsed<Ident<'t>> {
        if let Some(name) = self.take(TokenKind::Ident) {
            return Ok(self.ident(name));
        }
        let quoted = self.peek().kind == TokenKind::OpenQuote;
        let hint = quoted.then_some("Names of arguments and types of blocks are written without quotes.");
        Err(self.unexpected_with("Argument or block definition required", "the name of an argument or block", hint))
    }

    /// The rest of an argument, from the `=` on.
    fn attribute(&mut self, name: Ident<'t>) -> Parsed<&'t Attribute<'t>> {
        self.next();
        let expr = self.expression()?;
        let span = name.span.to(expr.span);
        Ok(self.arena.node(Attribute { name, expr, span }))
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
        Names { from: self.stacks.names.len(), many: HashMap::new() }
    }

    fn check_unique(&mut self, name: Ident<'t>, names: &mut Names<'t>) -> Parsed<()> {
        let Some(first) = self.add_name(name, names) else { return Ok(()) };
        let detail =
            format!("The argument \"{}\" has already been set. Each argument may be set only once.", name.text);
        let error = Diagnostic::error("Attribute redefined", detail).at(name.span);
        Err(self.report(error.note_at(first, "First set here")))
    }

    /// Adds a name to those of a body; if it is there already, returns its first place.
    fn add_name(&mut self, name: Ident<'t>, names: &mut Names<'t>) -> Option<Span> {
        let so_far = self.stacks.names.get(names.from..).unwrap_or_default();
        let first = if so_far.len() <= FEW {
            so_far.iter().find(|known| known.text == name.text).map(|known| known.span)
        } else {
            if names.many.is_empty() {
                names.many.extend(so_far.iter().map(|known| (known.text, known.span)));
            }
            names.many.get(name.text).copied()
        };
        if first.is_none() {
            self.stacks.names.push(name);
            if !names.many.is_empty() {
                names.many.insert(name.text, name.span);
            }
        }
        first
    }

    /// The rest of a block, from its labels on.
    fn block(&mut self, ty: Ident<'t>) -> Parsed<&'t Block<'t>> {
        let from = self.stacks.labels.len();
        while let Some(label) = self.label()? {
            self.stacks.labels.push(label);
        }
        let labels = finish(self.arena, &mut self.stacks.labels, from);
        let header = labels.last().map_or(ty.span, |label| ty.span.to(label.span));
        let open = self.open_block(&ty, labels)?;
        let body = self.nested(|p| p.block_body(open, header))?;
        let span = Span { end: self.origin.offset(self.last_end), ..header };
        Ok(self.arena.node(Block { ty, labels, body, header, span }))
    }

    fn label(&mut self) -> Parsed<Option<Label<'t>>> {
        match self.peek().kind {
            TokenKind::Ident => {
                let token = self.next();
                let Ident { text, span } = self.ident(token);
                Ok(Some(Label { text, span, quoted: false }))
            }
            TokenKind::OpenQuote => {
                let (text, span) = self.plain_string()?;
                Ok(Some(Label { text, span, quoted: true }))
            }
            _ => Ok(None),
        }
    }

    /// Takes the opening brace and returns its index.
    fn open_block(&mut self, ty: &Ident<'t>, labels: &[Label<'t>]) -> Parsed<usize> {
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
            (_, []) => {
                let hint = format!("To set an argument write: {} = <value>", ty.text);
                Err(self.unexpected_with(required, expected, Some(&hint)))
            }
            (TokenKind::Newline | TokenKind::End, [label]) => {
                let value = label_source(label);
                let hint = format!("To set an argument write: {} = {value}\nTo begin a block add \"{{\".", ty.text);
                Err(self.unexpected_with("Invalid block definition", "\"{\" after the block labels", Some(&hint)))
            }
            _ => Err(self.unexpected("Invalid block definition", "a block label or \"{\"")),
        }
    }

    /// Moves to the brace that stands, after newlines only, where one on this line is expected.
    fn brace_on_next_line(&mut self) -> bool {
        let mut next = self.at;
        while matches!(self.tokens.get(next, self.at).kind, TokenKind::Newline | TokenKind::Comment) {
            next += 1;
        }
        let found = self.tokens.get(next, self.at).kind == TokenKind::OpenBrace;
        if found {
            self.at = next;
        }
        found
    }

    /// The content after the opening brace, and the closing one.
    fn block_body(&mut self, open: usize, header: Span) -> Parsed<Body<'t>> {
        let start = self.last_end;
        let from = self.stacks.items.len();
        match self.peek().kind {
            TokenKind::Newline | TokenKind::End | TokenKind::CloseBrace => {
                let mut names = self.no_names();
                self.items(&mut names);
                self.stacks.names.truncate(names.from);
            }
            _ => {
                let only = Item::Attribute(self.only_argument()?);
                self.stacks.items.push(only);
            }
        }
        let close = self.peek();
        match close.kind {
            TokenKind::CloseBrace => {
                self.next();
                let span = self.range(start, close.start);
                Ok(Body { items: finish(self.arena, &mut self.stacks.items, from), span })
            }
            TokenKind::End => Err(self.unclosed_block(open, header)),
            _ => Err(self.not_one_line()),
        }
    }

    /// The argument of a block on one line.
    fn only_argument(&mut self) -> Parsed<&'t Attribute<'t>> {
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

/// A label as it would be written as a value.
fn label_source(label: &Label) -> String {
    if label.quoted { format!("\"{}\"", label.text) } else { label.text.to_string() }
}
