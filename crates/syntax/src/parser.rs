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
use crate::lexer::Lexer;
use crate::token::{Token, TokenKind};
use crate::tree::tape::{Name, NodeId, Tape, Tree, tag};
use crate::tree::{Body, Expr, List, file};
use recover::Overview;

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
    let mut parser = Parser::new(id, Lexer::of_file(text), Origin::at(0), arena, diags);
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
    let mut parser = Parser::new(file, Lexer::of_file(text), origin, arena, diags);
    parser.newlines = false;
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
    let mut parser = Parser::new(file, Lexer::of_template(text), origin, arena, diags);
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
    lexer: Lexer<'t>,
    arena: &'t Arena,
    tape: Tape<'t>,
    /// The elements of all lists that are being read, outer ones below those in them. A list begins at the length the
    /// stack has then.
    stack: Vec<NodeId>,
    /// The names of the arguments of the bodies that are open.
    names: Vec<(&'t str, (u32, u32))>,
    /// The next token that counts, once it has been looked at. A line comment counts as the newline it ends with.
    next: Token,
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
    /// The error of a heredoc that goes on to the end of the file, and so over what would close the blocks around it.
    endless: Option<Reported>,
    /// What is known of all tokens; computed at the first error.
    overview: Option<Box<Overview>>,
    /// Whether the tokens are read from there: what the lexer makes of the text after an error depends on what is before.
    led: bool,
}

impl<'t, 'd> Parser<'t, 'd> {
    fn new(
        file: FileId,
        lexer: Lexer<'t>,
        origin: Origin<'t>,
        arena: &'t Arena,
        diags: &'d mut Diagnostics,
    ) -> Parser<'t, 'd> {
        let text = lexer.text();
        Parser {
            file,
            text,
            origin,
            lexer,
            arena,
            tape: Tape::for_text(text.len()),
            stack: Vec::new(),
            names: Vec::new(),
            next: Token::UNREAD,
            last_end: 0,
            newlines: true,
            depth: 0,
            height: 0,
            diags,
            errors: 0,
            endless: None,
            overview: None,
            led: false,
        }
    }

    /// The tree of what has been read.
    fn finish(self) -> &'t Tree<'t> {
        let Tape { words, texts } = self.tape;
        let (words, texts) = (self.arena.words(words), self.arena.list(&texts));
        self.arena.node(Tree { file: self.file, source: self.text, origin: self.origin, words, texts })
    }

    /// The next token that counts.
    #[inline(always)]
    fn peek(&mut self) -> Token {
        if self.next.kind == TokenKind::Unread {
            self.read();
        }
        self.next
    }

    fn read(&mut self) {
        self.next = loop {
            let token = self.any_token();
            match token.kind {
                TokenKind::Comment if self.newlines && token.ends_line(self.text) => {
                    break Token { kind: TokenKind::Newline, ..token };
                }
                TokenKind::Newline if self.newlines => break token,
                TokenKind::Comment | TokenKind::Newline => {}
                _ => break token,
            }
        };
    }

    /// The next token, comments and newlines included.
    #[inline(always)]
    fn any_token(&mut self) -> Token {
        match &mut self.overview {
            Some(overview) if self.led => {
                let token = overview.token_from(self.lexer.at());
                self.lexer.seek(token.end as usize);
                token
            }
            _ => self.lexer.token(),
        }
    }

    /// Takes the next token that counts. The end is never passed.
    #[inline]
    fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.last_end = token.end;
            self.next = Token::UNREAD;
        }
        token
    }

    /// Takes the next token if it is of a kind.
    #[inline]
    fn take(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.next())
    }

    /// Takes the next token, an opening one, and returns where it is.
    #[inline]
    fn open(&mut self) -> u32 {
        self.next().start
    }

    /// The byte after the blanks that follow the last token taken; 0 if the next one has been looked at, or what it is
    /// does not follow from its bytes.
    #[inline(always)]
    fn ahead(&mut self) -> u8 {
        if self.next.kind == TokenKind::Unread && !self.led { self.lexer.after_blanks() } else { 0 }
    }

    /// Takes a word if it comes next.
    #[inline]
    fn take_word(&mut self) -> Option<Token> {
        self.take_ascii_word().or_else(|| self.take(TokenKind::Ident))
    }

    /// Takes a word of ASCII if it stands right here.
    #[inline(always)]
    fn take_ascii_word(&mut self) -> Option<Token> {
        if self.ahead() == 0 {
            return None;
        }
        let end = self.lexer.word_end(0)?;
        Some(self.pass(TokenKind::Ident, end))
    }

    /// Takes a brace that opens a body or an object if it stands right here, and returns where.
    #[inline(always)]
    fn take_open_brace(&mut self) -> Option<u32> {
        if self.ahead() != b'{' {
            return None;
        }
        let brace = self.lexer.open_brace();
        self.last_end = brace.end;
        Some(brace.start)
    }

    /// Whether a brace that closes a body or an object stands right here.
    #[inline(always)]
    fn at_close_brace(&mut self) -> bool {
        self.ahead() == b'}' && !self.lexer.in_sequence()
    }

    /// Takes a brace that closes a body or an object if it comes next.
    #[inline(always)]
    fn take_close_brace(&mut self) -> bool {
        match self.ahead() {
            b'}' if !self.lexer.in_sequence() => {
                self.last_end = self.lexer.close_brace().end;
                true
            }
            next if begins_term(next) => false,
            _ => self.take(TokenKind::CloseBrace).is_some(),
        }
    }

    /// Takes a token of one byte if it stands right here; one that could be part of another is no such token.
    #[inline(always)]
    fn take_byte(&mut self, byte: u8) -> bool {
        let found = self.ahead() == byte;
        if found {
            self.pass_byte();
        }
        found
    }

    /// Takes newlines, as far as there are only blanks between them.
    #[inline(always)]
    fn pass_newlines(&mut self) {
        loop {
            match self.ahead() {
                b'\n' => {
                    self.pass_byte();
                }
                0 | b'\r' | b'#' | b'/' if self.take(TokenKind::Newline).is_some() => {}
                _ => return,
            }
        }
    }

    /// Takes a closing bracket, or looks whether an element follows.
    #[inline(always)]
    fn take_closer(&mut self, byte: u8, kind: TokenKind, open: u32) -> Parsed<bool> {
        match self.ahead() {
            next if next == byte => {
                self.pass_byte();
                Ok(true)
            }
            next if begins_term(next) => Ok(false),
            _ if self.take(kind).is_some() => Ok(true),
            _ => self.check_element(open).map(|()| false),
        }
    }

    /// Takes the next bytes up to one as a token.
    #[inline(always)]
    fn pass(&mut self, kind: TokenKind, end: usize) -> Token {
        let start = self.lexer.at() as u32;
        self.lexer.seek(end);
        self.last_end = end as u32;
        Token { kind, plain: true, start, end: end as u32 }
    }

    /// Takes the next byte.
    #[inline(always)]
    fn pass_byte(&mut self) -> u32 {
        self.pass(TokenKind::Unread, self.lexer.at() + 1).start
    }

    fn text_of(&self, token: Token) -> &'t str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    /// Whether the next token is a word.
    fn is_word(&mut self, word: &str) -> bool {
        if !matches!(self.ahead(), 0 | b'\n' | b'\r' | b'#' | b'/')
            && !word.as_bytes().starts_with(&[self.lexer.byte(0)])
        {
            return false;
        }
        let token = self.peek();
        token.kind == TokenKind::Ident && self.text_of(token) == word
    }

    /// The text of a word.
    fn name(&self, token: Token) -> &'t str {
        let text = self.text_of(token);
        if token.plain { text } else { self.normalised(text) }
    }

    /// A word as it is written into the tree.
    #[inline(always)]
    fn named(&self, token: Token) -> Name<'t> {
        if token.plain {
            return Name { start: token.start, end: token.end, text: None };
        }
        let own = Some(self.name(token));
        Name { start: token.start, end: token.end, text: own.filter(|text| *text != self.text_of(token)) }
    }

    /// The node of a word.
    #[inline]
    fn word(&mut self, token: Token) -> NodeId {
        if token.plain {
            return self.tape.leaf(tag::NAME, token.start, token.end);
        }
        let name = self.named(token);
        self.tape.name(name)
    }

    /// A node from a byte of the text to the end of the last token taken.
    #[inline]
    fn node<const N: usize>(&mut self, tag: u32, beside: u32, start: u32, parts: [NodeId; N]) -> NodeId {
        self.tape.node(tag, beside, (start, self.last_end.max(start)), parts)
    }

    /// A node that begins where its first part does, up to the end of the last token taken.
    #[inline]
    fn after<const N: usize>(&mut self, tag: u32, beside: u32, parts: [NodeId; N]) -> NodeId {
        self.tape.after(tag, beside, self.last_end, parts)
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

    /// Runs `f` with newlines as tokens or as blanks. At its end the next token may not have been looked at.
    #[inline]
    fn with_newlines<T>(&mut self, newlines: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = mem::replace(&mut self.newlines, newlines);
        if !newlines && self.next.kind == TokenKind::Newline {
            self.next = Token::UNREAD;
        }
        let result = f(self);
        self.newlines = outer;
        result
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
        let token = self.found();
        let detail = format!(
            "At most {MAX_DEPTH} levels of nesting, and {MAX_HEIGHT} operators or accesses in a chain, are supported."
        );
        let error = Diagnostic::error("Nesting too deep", detail).at(self.span(token));
        self.report(error.hint("Move parts of it into local values."))
    }
}

/// Whether a byte can only begin an operand.
#[inline(always)]
fn begins_term(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | b'"' | b'[' | b'(' | b'{')
}

/// The text in Unicode normal form C.
pub(crate) fn normalised<'t>(text: &'t str, arena: &'t Arena) -> &'t str {
    if text.is_ascii() || is_nfc(text) { text } else { arena.text(&text.nfc().collect::<String>()) }
}
