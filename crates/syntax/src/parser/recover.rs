//! Finding the next item after an error.

use terrane_source::{Diagnostic, Reported};

use super::{Parsed, Parser};
use crate::token::{Token, TokenKind};

/// How far back the start of a line is searched.
const LONG_LINE: usize = 400;

/// All tokens of a text, and how their brackets match.
pub(super) struct Overview {
    tokens: Vec<Token>,
    /// For each token its matching bracket.
    partners: Vec<Option<usize>>,
    /// The token read last.
    at: usize,
}

impl Overview {
    /// The first token that begins at a byte or after it; a string without sequences comes as one.
    pub(super) fn token_from(&mut self, byte: usize) -> Token {
        let after = |token: &Token| token.start as usize >= byte;
        if self.tokens.get(self.at).is_none_or(after) {
            self.at = self.tokens.partition_point(|token| !after(token));
        }
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(after).unwrap_or(0);
        let last = self.tokens.len().saturating_sub(1);
        self.at = self.at.min(last);
        self.whole(self.at)
    }

    fn whole(&self, at: usize) -> Token {
        use TokenKind::{CloseQuote, OpenQuote, QuotedText, String};
        let token = self.token(at);
        let [first, second] = [self.token(at + 1), self.token(at + 2)];
        match (token.kind, first.kind, second.kind) {
            (OpenQuote, CloseQuote, _) => Token { kind: String, plain: true, end: first.end, ..token },
            (OpenQuote, QuotedText, CloseQuote) => Token { kind: String, plain: first.plain, end: second.end, ..token },
            _ => token,
        }
    }

    fn token(&self, index: usize) -> Token {
        self.tokens.get(index).or(self.tokens.last()).copied().unwrap_or(Token::end_at(0))
    }

    /// The index of the token at a byte.
    fn index(&self, byte: u32) -> usize {
        self.tokens.partition_point(|token| token.start < byte)
    }

    /// The tokens from a byte on.
    pub(super) fn tokens_from(&self, byte: u32) -> &[Token] {
        self.tokens.get(self.index(byte)..).unwrap_or_default()
    }
}

impl Parser<'_, '_> {
    /// Moves to where the item that begins at byte `start` and is wrong at the next token seems to end: after its
    /// line, with brackets skipped as pairs.
    pub(super) fn recover_item(&mut self, start: u32) {
        let wrong = self.peek().start;
        let (start, wrong) = (self.overview().index(start), self.overview().index(wrong));
        let mut at = start;
        loop {
            let token = self.token(at);
            let partner = self.partner(at);
            at = match (token.kind, token.kind.nesting(), partner) {
                (TokenKind::End, ..) => return self.resume(at),
                (TokenKind::CloseBrace, _, Some(opener)) if opener < start => return self.resume(at),
                (_, 1, Some(closer)) => closer + 1,
                (_, 1, None) => return self.resync(start, at + 1),
                _ if at >= wrong && token.ends_line(self.text) => return self.resume(at + 1),
                _ => at + 1,
            };
        }
    }

    fn resume(&mut self, at: usize) {
        self.led = true;
        let start = self.overview().token(at).start;
        self.lexer.seek(start as usize);
        self.next = Token::UNREAD;
    }

    /// Any token, now that all are needed to tell what is wrong.
    fn token(&mut self, index: usize) -> Token {
        self.overview().token(index)
    }

    /// What is known of all tokens.
    pub(super) fn overview(&mut self) -> &mut Overview {
        let lexer = &self.lexer;
        self.overview.get_or_insert_with(|| {
            let tokens = lexer.all();
            Box::new(Overview { partners: partners(&tokens), tokens, at: 0 })
        })
    }

    /// Moves to the first line from token `from` on that, by its indentation, is no part of the item at token `start`.
    fn resync(&mut self, start: usize, from: usize) {
        let first = self.token(start);
        let column = self.line_indentation(first).unwrap_or(0);
        let mut at = from;
        while self.token(at).kind != TokenKind::End && !self.begins_item(at, column) {
            at += 1;
        }
        self.resume(at);
    }

    /// Whether a new item, or the end of the block around it, stands at token `at`, given the indentation of the last
    /// item.
    fn begins_item(&mut self, at: usize, column: usize) -> bool {
        use TokenKind::*;
        let Some(indentation) = self.indentation(at) else { return false };
        match self.token(at).kind {
            Ident => matches!(self.token(at + 1).kind, Equal | OpenBrace | OpenQuote | Ident) && indentation <= column,
            CloseBrace => indentation < column,
            _ => false,
        }
    }

    /// Bytes before a token that is the first of its line.
    fn indentation(&mut self, at: usize) -> Option<usize> {
        let before = at.checked_sub(1).map(|i| self.token(i))?;
        let start = self.token(at).start;
        before.ends_line(self.text).then_some((start - before.end) as usize)
    }

    /// Blanks at the start of the line a token stands on, unless that line is long.
    fn line_indentation(&self, token: Token) -> Option<usize> {
        let end = token.start as usize;
        let line = self.text.as_bytes().get(end.saturating_sub(LONG_LINE)..end)?;
        let start = line.iter().rposition(|b| *b == b'\n').map_or((end < LONG_LINE).then_some(0), |i| Some(i + 1))?;
        Some(line.iter().skip(start).take_while(|b| matches!(b, b' ' | b'\t')).count())
    }

    /// The first brace after the one at byte `open` that stands further to the left than what it closes.
    pub(super) fn misplaced_brace(&mut self, open: u32) -> Option<Token> {
        let (open, end) = (self.overview().index(open), self.overview().tokens.len());
        (open + 1..end).find_map(|at| {
            let brace = self.token(at);
            let opener = (brace.kind == TokenKind::CloseBrace).then(|| self.partner(at)).flatten()?;
            let opener = self.token(opener);
            let (own, opened) = (self.indentation(at)?, self.line_indentation(opener)?);
            (own < opened).then_some(brace)
        })
    }

    /// Reports that neither an element nor the closing bracket follows, if the next token shows it.
    pub(super) fn check_element(&mut self, open: u32) -> Parsed<()> {
        match self.peek().kind {
            TokenKind::End => {}
            kind if kind.nesting() < 0 => {}
            _ => return Ok(()),
        }
        Err(self.unclosed_or(open, |p| p.unexpected("Invalid expression", "an expression")))
    }

    /// Reports a bracket that is never closed, or else `error`.
    pub(super) fn unclosed_or(&mut self, open: u32, error: impl FnOnce(&mut Self) -> Reported) -> Reported {
        let open = self.overview().index(open);
        if self.partner(open).is_some() {
            return error(self);
        }
        let (token, found) = (self.token(open), self.found());
        let (name, closer) = match token.kind {
            TokenKind::OpenBracket => ("bracket", "]"),
            TokenKind::OpenParen => ("parenthesis", ")"),
            TokenKind::OpenInterpolation | TokenKind::OpenDirective => ("template sequence", "}"),
            _ => ("brace", "}"),
        };
        let detail = format!("There is no \"{closer}\" for this \"{}\".", self.text_of(token));
        let error = Diagnostic::error(format!("Unclosed {name}"), detail).at(self.span(token));
        self.report(match found.kind {
            TokenKind::End => error,
            _ => error.note_at(self.span(found), "It is missing before this"),
        })
    }

    /// The index of the bracket that matches the one at `index`.
    fn partner(&mut self, index: usize) -> Option<usize> {
        self.overview().partners.get(index).copied().flatten()
    }
}

/// For each bracket the matching one. A closer passes over openers of other kinds only if one of its own is open.
fn partners(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut result = vec![None; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut counts = [0usize; 6];
    for (index, token) in tokens.iter().enumerate() {
        let Some(pair) = pair(token.kind) else { continue };
        if token.kind.nesting() > 0 {
            open.push(index);
            counts[pair] += 1;
        } else if counts[pair] > 0 {
            while let Some(opener) = open.pop() {
                let kind = tokens[opener].kind;
                counts[self::pair(kind).unwrap_or(pair)] -= 1;
                if token.kind.closes(kind) {
                    (result[opener], result[index]) = (Some(index), Some(opener));
                    break;
                }
            }
        }
    }
    result
}

/// A number for each pair of brackets.
fn pair(kind: TokenKind) -> Option<usize> {
    use TokenKind::*;
    Some(match kind {
        OpenQuote | CloseQuote => 0,
        OpenHeredoc | CloseHeredoc => 1,
        OpenInterpolation | OpenDirective | CloseTemplate => 2,
        OpenBrace | CloseBrace => 3,
        OpenBracket | CloseBracket => 4,
        OpenParen | CloseParen => 5,
        _ => return None,
    })
}
