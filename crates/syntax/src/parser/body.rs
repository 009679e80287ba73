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
    /// A bit for the looks of each.
    looks: u64,
}

/// A bit for the length, the first and the last byte of a name.
#[inline]
fn looks(name: &str) -> u64 {
    let [first, last] = [name.bytes().next(), name.bytes().next_back()].map(|byte| usize::from(byte.unwrap_or(0)));
    1 << ((name.len() + 7 * first + 3 * last) % 64)
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
            self.pass_newlines();
            let (start, word) = match self.take_ascii_word() {
                Some(word) => (word.start, Some(word)),
                None if self.at_close_brace() => return,
                None if matches!(self.peek().kind, TokenKind::CloseBrace | TokenKind::End) => return,
                None => (self.peek().start, None),
            };
            if self.gave_up() {
                return;
            }
            let (items, open_names) = (self.stack.len(), self.names.len());
            match self.item(word, names) {
                Ok(item) => self.stack.push(item),
                Err(_) => {
                    self.stack.truncate(items);
                    self.names.truncate(open_names);
                    self.recover_item(start);
                }
            }
        }
    }

    fn item(&mut self, name: Option<Token>, names: &mut Names<'t>) -> Parsed<NodeId> {
        let name = match name {
            Some(name) => name,
            None => self.item_name()?,
        };
        if self.equal_follows() {
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
        if let Some(name) = self.take_word() {
            return Ok(name);
        }
        let quoted = self.found().kind == TokenKind::OpenQuote;
        let hint = quoted.then_some("Names of arguments and types of blocks are written without quotes.");
        Err(self.unexpected_with("Argument or block definition required", "the name of an argument or block", hint))
    }

    /// Takes the `=` of an argument.
    #[inline(always)]
    fn equal_follows(&mut self) -> bool {
        if self.ahead() == b'=' && !matches!(self.lexer.byte(1), b'=' | b'>') {
            self.pass_byte();
            return true;
        }
        self.take(TokenKind::Equal).is_some()
    }

    /// The rest of an argument, after the `=`.
    fn attribute(&mut self, name: Token) -> Parsed<NodeId> {
        let expr = self.expression()?;
        let name = self.named(name);
        Ok(self.tape.named(tag::ATTRIBUTE, name, expr))
    }

    fn end_of_argument(&mut self) -> Parsed<()> {
        if self.ahead() == b'\n' {
            return Ok(());
        }
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
        Names { from: self.names.len(), many: None, looks: 0 }
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
        let look = looks(name);
        let first = if names.looks & look == 0 {
            names.looks |= look;
            None
        } else if so_far.len() <= FEW {
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
        if self.ahead() == b'"'
            && let Some(end) = self.lexer.plain_end()
        {
            let label = self.pass(TokenKind::String, end);
            return Ok(Some((self.tape.leaf(tag::STRING, label.start, label.end), self.text_of(label))));
        }
        if self.ahead() == b'{' {
            return Ok(None);
        }
        let start = self.peek();
        let label = match start.kind {
            TokenKind::Ident => {
                self.next();
                self.word(start)
            }
            TokenKind::String | TokenKind::OpenQuote => self.plain_string()?,
            _ => return Ok(None),
        };
        Ok(Some((label, self.text_of(Token { end: self.last_end, ..start }))))
    }

    /// Takes the opening brace and returns where it is.
    fn open_block(&mut self, ty: Token, labels: usize, first: Option<&str>) -> Parsed<u32> {
        if let Some(brace) = self.take_open_brace() {
            return Ok(brace);
        }
        let (required, expected) = ("Argument or block definition required", "\"=\", a block label or \"{\"");
        match (self.peek().kind, labels) {
            (TokenKind::OpenBrace, _) => Ok(self.open()),
            (TokenKind::Equal, _) => Err(self.unexpected_with(
                "Invalid block definition",
                "a block label or \"{\"",
                Some("An \"=\" sets an argument, which has a single name; blocks are written without it."),
            )),
            (TokenKind::Newline, _) if let Some(brace) = self.brace_on_next_line() => {
                let error = "The opening brace of a block must stand on the line of its type and labels.";
                self.next = brace;
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

    /// The brace that stands, after newlines only, where one on this line is expected.
    fn brace_on_next_line(&mut self) -> Option<Token> {
        let from = self.peek().start;
        let mut after = self.overview().tokens_from(from).iter();
        let next = after.find(|token| !matches!(token.kind, TokenKind::Newline | TokenKind::Comment));
        next.filter(|token| token.kind == TokenKind::OpenBrace).copied()
    }

    /// The content after the opening brace, which is pushed on the stack, and the closing one; the place of the content.
    fn block_body(&mut self, open: u32, header: Span) -> Parsed<(u32, u32)> {
        let start = self.last_end;
        let first = if self.ahead() == b'\n' { TokenKind::Newline } else { self.peek().kind };
        match first {
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
        if self.take_close_brace() {
            return Ok((start, self.last_end - 1));
        }
        match self.peek().kind {
            TokenKind::End => Err(self.unclosed_block(open, header)),
            _ => Err(self.not_one_line()),
        }
    }

    /// The argument of a block on one line.
    fn only_argument(&mut self) -> Parsed<NodeId> {
        let name = self.item_name()?;
        if self.equal_follows() {
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

    fn unclosed_block(&mut self, open: u32, header: Span) -> Reported {
        if let Some(reported) = self.endless {
            return reported;
        }
        let detail = "There is no closing brace for this block before the end of the file.";
        let error = Diagnostic::error("Unclosed configuration block", detail).at(header);
        let error = match self.misplaced_brace(open) {
            Some(brace) => error.note_at(self.span(brace), "By its indentation, this brace was meant for it"),
            None => error,
        };
        self.report(error)
    }

    fn end_of_block(&mut self) -> Parsed<()> {
        if self.ahead() == b'\n' {
            return Ok(());
        }
        match self.peek().kind {
            TokenKind::Newline | TokenKind::End => Ok(()),
            _ => Err(self.unexpected("Missing newline after block definition", "the end of the line")),
        }
    }
}
