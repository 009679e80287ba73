//! Tokens to tree: recursive descent, one token ahead.

mod body;
mod collection;
mod expr;
mod recover;
mod string;
mod template;
mod unexpected;

use std::mem;

use terrane_source::{Diagnostic, Diagnostics, FileId, Reported, Span};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::arena::Arena;
use crate::json::Origin;
use crate::lexer::Tokens;
use crate::token::{Token, TokenKind};
use crate::tree::tape::{Name, NodeId, Tape, Tree};
use crate::tree::{Body, Expr, List, file};

/// How deep expressions, blocks and template directives may stand in one another.
///
/// Parsing 128 levels takes about 1 MB of stack in an unoptimised build, half of what a thread has.
pub const MAX_DEPTH: usize = 128;

/// How deep the tree of one expression may be; a chain of operators or of accesses (`a + b + c`, `a.b.c`, `a ? b : c ? d : e`) is as deep as
/// it is long.
pub const MAX_HEIGHT: usize = 500;

/// The tree of a file. Items with syntax errors are reported and left out; the others are there.
pub fn parse<'t>(id: FileId, text: &'t str, arena: &'t Arena, diags: &mut Diagnostics) -> Body<'t> {
    let span = Span::new(id, 0, text.len() as u32);
    if check_size(id, text, diags).is_err() {
        return Body { items: List::default(), span };
    }
    let mut parser = Parser::new(id, Tokens::of_file(text), Origin::at(0), arena, diags);
    let root = parser.file_items();
    file(parser.finish(), root)
}

/// The tree of one expression, as in a `-var` value or at a prompt; newlines around and in it are allowed.
///
/// Spans point into `file` as if `text` stood at byte `base_offset` of it.
pub fn parse_expression<'t>(
    file: FileId,
    text: &'t str,
    base_offset: u32,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<Expr<'t>, Reported> {
    check_size(file, text, diags)?;
    parse_expression_from(file, text, Origin::at(base_offset), arena, diags)
}

pub(crate) fn parse_expression_from<'t>(
    file: FileId,
    text: &'t str,
    origin: Origin<'t>,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<Expr<'t>, Reported> {
    let mut parser = Parser::new(file, Tokens::of_file(text), origin, arena, diags);
    parser.newlines = false;
    parser.seek(0);
    let expr = parser.expression()?;
    match parser.peek().kind {
        TokenKind::End => Ok(Expr::read(parser.finish(), expr)),
        _ => Err(parser.unexpected("Extra characters after expression", "the end of the expression")),
    }
}

/// The tree of a text that is a template as a whole, such as a file given to `templatefile`.
///
/// Spans point into `file` as if `text` stood at byte `base_offset` of it.
pub fn parse_template<'t>(
    file: FileId,
    text: &'t str,
    base_offset: u32,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<Expr<'t>, Reported> {
    check_size(file, text, diags)?;
    parse_template_from(file, text, Origin::at(base_offset), arena, diags)
}

pub(crate) fn parse_template_from<'t>(
    file: FileId,
    text: &'t str,
    origin: Origin<'t>,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<Expr<'t>, Reported> {
    let mut parser = Parser::new(file, Tokens::of_template(text), origin, arena, diags);
    let expr = parser.nested(Parser::whole_template)?;
    Ok(Expr::read(parser.finish(), expr))
}

/// Offsets and the numbers of nodes are 32 bits wide; a byte of text makes at most three words.
pub(crate) fn check_size(file: FileId, text: &str, diags: &mut Diagnostics) -> Result<(), Reported> {
    if text.len() < u32::MAX as usize / 4 {
        return Ok(());
    }
    let detail = format!("The file has {} bytes; at most 1 GiB is supported.", text.len());
    Err(diags.error(Diagnostic::error("File too large", detail).at(Span::new(file, 0, 0))))
}

/// How many errors of a file are reported.
const MAX_ERRORS: usize = 100;

type Parsed<T> = Result<T, Reported>;

struct Parser<'t, 'd> {
    file: FileId,
    text: &'t str,
    origin: Origin<'t>,
    tokens: Tokens<'t>,
    arena: &'t Arena,
    tape: Tape<'t>,
    /// The elements of all lists that are being read, outer ones below those in them. A list begins at the length the
    /// stack has then.
    stack: Vec<NodeId>,
    /// The names of the arguments of the bodies that are open.
    names: Vec<(&'t str, (u32, u32))>,
    /// The next token that counts. A line comment counts as the newline it ends with.
    next: Token,
    /// Its index.
    at: usize,
    /// Index after the last token taken; between the two are blanks.
    after: usize,
    /// End of the last token taken.
    last_end: u32,
    /// Whether newlines are tokens here, or blanks.
    newlines: bool,
    /// How many calls of [`Parser::nested`] are under way.
    depth: usize,
    /// Height of the tree built so far by the innermost of them.
    height: usize,
    diags: &'d mut Diagnostics,
    /// How many errors have been reported.
    errors: usize,
    /// For each token its matching bracket; computed at the first error.
    partners: Option<Vec<Option<usize>>>,
}

impl<'t, 'd> Parser<'t, 'd> {
    fn new(
        file: FileId,
        tokens: Tokens<'t>,
        origin: Origin<'t>,
        arena: &'t Arena,
        diags: &'d mut Diagnostics,
    ) -> Parser<'t, 'd> {
        let text = tokens.text();
        let mut parser = Parser {
            file,
            text,
            origin,
            tokens,
            arena,
            tape: Tape::for_text(text.len()),
            stack: Vec::new(),
            names: Vec::new(),
            next: Token::end_at(0),
            at: 0,
            after: 0,
            last_end: 0,
            newlines: true,
            depth: 0,
            height: 0,
            diags,
            errors: 0,
            partners: None,
        };
        parser.seek(0);
        parser
    }

    /// The tree of what has been read.
    fn finish(self) -> &'t Tree<'t> {
        let Tape { words, texts } = self.tape;
        let (words, texts) = (self.arena.words(words), self.arena.list(&texts));
        self.arena.node(Tree { file: self.file, source: self.text, origin: self.origin, words, texts })
    }

    /// The next token that counts.
    #[inline(always)]
    fn peek(&self) -> Token {
        self.next
    }

    /// Goes on at the token of an index.
    #[inline(always)]
    fn seek(&mut self, index: usize) {
        (self.at, self.after) = (index, index);
        match self.tokens.held(index) {
            Some(token) if !matches!(token.kind, TokenKind::Comment | TokenKind::Newline) => self.next = token,
            Some(token) if token.kind == TokenKind::Newline && self.newlines => self.next = token,
            _ => self.pass_blanks(),
        }
    }

    fn pass_blanks(&mut self) {
        self.next = loop {
            let token = self.tokens.get(self.at, self.after);
            match token.kind {
                TokenKind::Comment if self.newlines && token.ends_line(self.text) => {
                    break Token { kind: TokenKind::Newline, ..token };
                }
                TokenKind::Comment => self.at += 1,
                TokenKind::Newline if !self.newlines => self.at += 1,
                _ => break token,
            }
        };
    }

    /// Takes the next token that counts. The end is never passed.
    #[inline]
    fn next(&mut self) -> Token {
        let token = self.next;
        if token.kind != TokenKind::End {
            self.last_end = token.end;
            self.seek(self.at + 1);
        }
        token
    }

    /// Takes the next token if it is of a kind.
    #[inline]
    fn take(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.next())
    }

    /// Takes the next token, an opening one, and returns its index.
    fn open(&mut self) -> usize {
        let index = self.at;
        self.next();
        index
    }

    /// Any token, now that all are needed to tell what is wrong.
    fn token(&mut self, index: usize) -> Token {
        let end = Token::end_at(self.text.len());
        self.tokens.all().get(index).copied().unwrap_or(end)
    }

    fn text_of(&self, token: Token) -> &'t str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    /// Whether the next token is a word.
    fn peek_is_word(&self, word: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Ident && self.text_of(token) == word
    }

    /// The text of a word.
    fn name(&self, token: Token) -> &'t str {
        let text = self.text_of(token);
        if token.plain { text } else { self.normalised(text) }
    }

    /// A word as it is written into the tree.
    #[inline]
    fn named(&self, token: Token) -> Name<'t> {
        let own = if token.plain { None } else { Some(self.name(token)) };
        Name { start: token.start, end: token.end, text: own.filter(|text| *text != self.text_of(token)) }
    }

    /// The node of a word.
    #[inline]
    fn word(&mut self, token: Token) -> NodeId {
        let name = self.named(token);
        self.tape.name(name)
    }

    /// A node from a byte of the text to the end of the last token taken.
    #[inline]
    fn node<const N: usize>(&mut self, tag: u32, beside: u32, start: u32, parts: [NodeId; N]) -> NodeId {
        self.tape.node(tag, beside, (start, self.last_end.max(start)), parts)
    }

    /// Ends the node written last with the list that has been pushed since the stack had length `from`.
    #[inline]
    fn list(&mut self, from: usize) {
        self.tape.list(self.stack.get(from..).unwrap_or_default());
        self.stack.truncate(from);
    }

    /// The text in Unicode normal form C.
    fn normalised(&self, text: &'t str) -> &'t str {
        normalised(text, self.arena)
    }

    fn span(&self, token: Token) -> Span {
        self.range(token.start, token.end)
    }

    /// The place of a range of bytes of the text.
    fn range(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, self.origin.offset(start), self.origin.offset(end))
    }

    /// From a byte of the text to the end of the last token taken.
    fn span_from(&self, start: u32) -> Span {
        self.range(start, self.last_end.max(start))
    }

    fn error(&mut self, summary: &str, detail: impl Into<String>, span: Span) -> Reported {
        self.report(Diagnostic::error(summary, detail).at(span))
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.errors += 1;
        match (self.errors.checked_sub(MAX_ERRORS), self.diags.reported()) {
            (Some(2..), Some(reported)) => reported,
            (Some(1), _) => {
                let detail = format!("After {MAX_ERRORS} syntax errors the rest of this file has not been read.");
                self.diags.error(Diagnostic { hint: None, summary: "Too many errors".into(), detail, ..diagnostic })
            }
            _ => self.diags.error(diagnostic),
        }
    }

    /// Whether there were so many errors that the rest of the file is not read.
    fn gave_up(&self) -> bool {
        self.errors > MAX_ERRORS
    }

    /// Runs `f` with newlines as tokens or as blanks.
    #[inline]
    fn with_newlines<T>(&mut self, newlines: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.set_newlines(newlines);
        let result = f(self);
        self.set_newlines(outer);
        result
    }

    #[inline]
    fn set_newlines(&mut self, newlines: bool) -> bool {
        let before = mem::replace(&mut self.newlines, newlines);
        if before != newlines {
            self.seek(self.after);
        }
        before
    }

    /// Runs `f` one level deeper.
    #[inline]
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let outer = mem::take(&mut self.height);
        let result = f(self);
        self.depth -= 1;
        self.height = outer.max(self.height + 1);
        result
    }

    /// Notes that the tree under construction gets `levels` higher.
    fn grow(&mut self, levels: usize) -> Parsed<()> {
        self.height += levels;
        if self.depth + self.height > MAX_HEIGHT { Err(self.too_deep()) } else { Ok(()) }
    }

    fn too_deep(&mut self) -> Reported {
        let token = self.peek();
        let detail = format!(
            "At most {MAX_DEPTH} levels of nesting, and {MAX_HEIGHT} operators or accesses in a chain, are supported."
        );
        let error = Diagnostic::error("Nesting too deep", detail).at(self.span(token));
        self.report(error.hint("Move parts of it into local values."))
    }
}

/// The text in Unicode normal form C.
pub(crate) fn normalised<'t>(text: &'t str, arena: &'t Arena) -> &'t str {
    if text.is_ascii() || is_nfc(text) { text } else { arena.text(&text.nfc().collect::<String>()) }
}
