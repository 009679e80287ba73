//! Tokens to tree: recursive descent, one token ahead.

mod body;
mod collection;
mod expr;
mod recover;
mod stacks;
mod string;
mod template;
mod unexpected;

use std::mem;

use stacks::Stacks;
use terrane_source::{Diagnostic, Diagnostics, FileId, Reported, Span};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::arena::Arena;
use crate::json::Origin;
use crate::lexer::Tokens;
use crate::token::{Token, TokenKind};
use crate::tree::{Body, Expr, ExprKind, Ident};

/// How deep expressions, blocks and template directives may stand in one another.
///
/// Parsing 128 levels takes about 1 MB of stack in an unoptimised build, half of what a thread has.
pub const MAX_DEPTH: usize = 128;

/// How deep the tree of one expression may be; a chain of operators or of accesses (`a + b + c`, `a.b.c`, `a ? b : c ? d : e`) is as deep as
/// it is long.
pub const MAX_HEIGHT: usize = 500;

/// The tree of a file. Items with syntax errors are reported and left out; the others are there.
pub fn parse<'t>(file: FileId, text: &'t str, arena: &'t Arena, diags: &mut Diagnostics) -> Body<'t> {
    let span = Span::new(file, 0, text.len() as u32);
    if check_size(file, text, diags).is_err() {
        return Body { items: &[], span };
    }
    let tokens = Tokens::of_file(text);
    let mut parser = Parser::new(file, tokens, Origin::at(0), arena, diags);
    Body { items: parser.file_items(), span }
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
) -> Result<&'t Expr<'t>, Reported> {
    check_size(file, text, diags)?;
    parse_expression_from(file, text, Origin::at(base_offset), arena, diags)
}

pub(crate) fn parse_expression_from<'t>(
    file: FileId,
    text: &'t str,
    origin: Origin<'t>,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<&'t Expr<'t>, Reported> {
    let mut parser = Parser::new(file, Tokens::of_file(text), origin, arena, diags);
    parser.newlines = false;
    let expr = parser.expression()?;
    match parser.peek().kind {
        TokenKind::End => Ok(expr),
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
) -> Result<&'t Expr<'t>, Reported> {
    check_size(file, text, diags)?;
    parse_template_from(file, text, Origin::at(base_offset), arena, diags)
}

pub(crate) fn parse_template_from<'t>(
    file: FileId,
    text: &'t str,
    origin: Origin<'t>,
    arena: &'t Arena,
    diags: &mut Diagnostics,
) -> Result<&'t Expr<'t>, Reported> {
    let mut parser = Parser::new(file, Tokens::of_template(text), origin, arena, diags);
    parser.nested(Parser::whole_template)
}

/// Offsets are 32 bits wide.
pub(crate) fn check_size(file: FileId, text: &str, diags: &mut Diagnostics) -> Result<(), Reported> {
    if text.len() < u32::MAX as usize / 2 {
        return Ok(());
    }
    let detail = format!("The file has {} bytes; at most 2 GiB are supported.", text.len());
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
    stacks: Stacks<'t>,
    /// Index of the next token.
    at: usize,
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
        Parser {
            file,
            text: tokens.text(),
            origin,
            tokens,
            arena,
            stacks: Stacks::default(),
            at: 0,
            last_end: 0,
            newlines: true,
            depth: 0,
            height: 0,
            diags,
            errors: 0,
            partners: None,
        }
    }

    /// The next token that counts. A line comment counts as the newline it ends with.
    #[inline(always)]
    fn peek(&mut self) -> Token {
        match self.tokens.held(self.at) {
            Some(token) if !matches!(token.kind, TokenKind::Comment | TokenKind::Newline) => token,
            Some(token) if token.kind == TokenKind::Newline && self.newlines => token,
            _ => self.peek_over_blanks(),
        }
    }

    fn peek_over_blanks(&mut self) -> Token {
        loop {
            let token = self.tokens.get(self.at, self.at);
            match token.kind {
                TokenKind::Comment if self.newlines && token.ends_line(self.text) => {
                    return Token { kind: TokenKind::Newline, ..token };
                }
                TokenKind::Comment => self.at += 1,
                TokenKind::Newline if !self.newlines => self.at += 1,
                _ => return token,
            }
        }
    }

    /// Takes the next token that counts. The end is never passed.
    fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.at += 1;
            self.last_end = token.end;
        }
        token
    }

    /// Takes the next token if it is of a kind.
    fn take(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.next())
    }

    /// Takes the next token, an opening one, and returns its index.
    fn open(&mut self) -> usize {
        self.peek();
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
    fn peek_is_word(&mut self, word: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Ident && self.text_of(token) == word
    }

    fn ident(&self, token: Token) -> Ident<'t> {
        Ident { text: self.name(token), span: self.span(token) }
    }

    /// The text of a word.
    fn name(&self, token: Token) -> &'t str {
        let text = self.text_of(token);
        if token.plain { text } else { self.normalised(text) }
    }

    /// The text in Unicode normal form C.
    fn normalised(&self, text: &'t str) -> &'t str {
        normalised(text, self.arena)
    }

    fn expr(&self, kind: ExprKind<'t>, span: Span) -> &'t Expr<'t> {
        self.arena.node(Expr { kind, span })
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
    fn with_newlines<T>(&mut self, newlines: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = mem::replace(&mut self.newlines, newlines);
        let result = f(self);
        self.newlines = outer;
        result
    }

    /// Runs `f` one level deeper.
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
