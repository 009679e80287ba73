//! Strings and heredocs with `${ }` and `%{ }`.

mod dedent;
mod nest;

use std::borrow::Cow;
use std::mem;

use terrane_source::{Diagnostic, Reported, Span};

use super::{Parsed, Parser, normalised};
use crate::token::{Token, TokenKind};
use crate::tree::{Expr, ExprKind, Ident, Literal};

/// A piece of a template before its directives are nested.
enum Piece<'a> {
    /// Text with escapes resolved; in a heredoc at most one line.
    Text(Cow<'a, str>),
    Interpolation(Expr),
    If {
        cond: Expr,
        span: Span,
    },
    Else(Span),
    EndIf(Span),
    For {
        key: Option<Ident>,
        value: Ident,
        collection: Expr,
        span: Span,
    },
    EndFor(Span),
}

/// A `${ }` or `%{ }`, and whether it ends in `~}`.
type Sequence<'a> = (Piece<'a>, bool);

const DIRECTIVES: [&str; 5] = ["if", "else", "endif", "for", "endfor"];

impl<'a> Parser<'a, '_> {
    /// A quoted string or a heredoc.
    pub(super) fn template(&mut self) -> Parsed<Expr> {
        let open = self.open();
        let opener = self.token(open);
        let mut pieces = self.pieces(Some(opener))?;
        if self.text_of(opener).starts_with("<<-") {
            dedent::dedent(&mut pieces);
        }
        let kind = self.template_kind(meld(pieces))?;
        Ok(Expr { kind, span: self.span_from(opener.start) })
    }

    /// A text that is a template as a whole.
    pub(super) fn whole_template(&mut self) -> Parsed<Expr> {
        let pieces = self.pieces(None)?;
        let kind = self.template_kind(meld(pieces))?;
        let span = self.span(Token { kind: TokenKind::End, start: 0, end: self.text.len() as u32 });
        Ok(Expr { kind, span })
    }

    fn template_kind(&mut self, mut pieces: Vec<Piece<'a>>) -> Parsed<ExprKind> {
        match (pieces.pop(), pieces.is_empty()) {
            (None, _) => Ok(ExprKind::Literal(Literal::String("".into()))),
            (Some(Piece::Text(text)), true) => Ok(ExprKind::Literal(Literal::String(normalised(&text)))),
            (Some(Piece::Interpolation(expr)), true) => Ok(ExprKind::TemplateWrap(Box::new(expr))),
            (Some(last), _) => {
                pieces.push(last);
                self.nest(pieces).map(ExprKind::Template)
            }
        }
    }

    /// The pieces up to the end of the string, or of the text if nothing opened one.
    fn pieces(&mut self, opener: Option<Token>) -> Parsed<Vec<Piece<'a>>> {
        let mut pieces = Vec::new();
        let mut trim = false;
        loop {
            let token = self.next_in_string();
            let trim_text = mem::take(&mut trim);
            let text = match token.kind {
                TokenKind::QuotedText => self.quoted_text(token)?,
                TokenKind::HeredocText => self.heredoc_text(token),
                TokenKind::OpenInterpolation | TokenKind::OpenDirective => {
                    let (piece, trims_next) = self.sequence(token, &mut pieces)?;
                    trim = trims_next;
                    pieces.push(piece);
                    continue;
                }
                kind => match opener {
                    Some(opener) if !kind.closes(opener.kind) => return Err(self.unterminated(opener, token)),
                    _ => return Ok(pieces),
                },
            };
            pieces.push(Piece::Text(if trim_text { trim_start(text) } else { text }));
        }
    }

    /// The rest of a `${ }` or `%{ }`; if it begins with `~` the text before it loses its trailing blanks.
    fn sequence(&mut self, token: Token, before: &mut [Piece<'a>]) -> Parsed<Sequence<'a>> {
        if let (true, Some(Piece::Text(text))) = (self.text_of(token).ends_with('~'), before.last_mut()) {
            *text = trim_end(mem::take(text));
        }
        let open = self.at - 1;
        self.with_newlines(false, |p| match token.kind {
            TokenKind::OpenInterpolation => p.interpolation(open),
            _ => p.directive(open),
        })
    }

    fn interpolation(&mut self, open: usize) -> Parsed<Sequence<'a>> {
        let expr = self.expression()?;
        let summary = "Extra characters after interpolation expression";
        let hint = "If ${ is meant as text, for example for a shell, write $${";
        let trims_next = self.close_sequence(open, summary, "an operator or the closing \"}\"", Some(hint))?;
        Ok((Piece::Interpolation(expr), trims_next))
    }

    fn directive(&mut self, open: usize) -> Parsed<Sequence<'a>> {
        let start = self.token(open).start;
        let Some(keyword) = self.take(TokenKind::Ident) else {
            let hint = "If %{ is meant as text write %%{";
            let expected = "\"if\", \"else\", \"endif\", \"for\" or \"endfor\"";
            return Err(self.unexpected_with("Invalid template directive", expected, Some(hint)));
        };
        let name = self.text_of(keyword);
        let make: Box<dyn FnOnce(Span) -> Piece<'a>> = match name {
            "if" => {
                let cond = self.expression()?;
                Box::new(|span| Piece::If { cond, span })
            }
            "for" => {
                let (key, value) = self.for_names("Invalid 'for' directive")?;
                let collection = self.expression()?;
                Box::new(|span| Piece::For { key, value, collection, span })
            }
            "else" => Box::new(Piece::Else),
            "endif" => Box::new(Piece::EndIf),
            "endfor" => Box::new(Piece::EndFor),
            _ => return Err(self.unknown_directive(keyword)),
        };
        let summary = format!("Extra characters in {name} marker");
        let trims_next = self.close_sequence(open, &summary, "the closing \"}\"", None)?;
        Ok((make(self.span_from(start)), trims_next))
    }

    fn unknown_directive(&mut self, keyword: Token) -> Reported {
        let name = self.text_of(keyword);
        let detail = format!("\"{name}\" is not a template control keyword.");
        let error = Diagnostic::error("Invalid template control keyword", detail).at(self.span(keyword));
        let nearest = DIRECTIVES.iter().min_by_key(|d| strsim::levenshtein(d, name));
        let near = nearest.filter(|d| strsim::levenshtein(d, name) <= 2);
        self.report(match near {
            Some(near) => error.hint(format!("Did you mean \"{near}\"?")),
            None => error.hint("There are if, else, endif, for and endfor. If %{ is meant as text write %%{"),
        })
    }

    /// Takes the closing brace and returns whether it is `~}`.
    fn close_sequence(&mut self, open: usize, summary: &str, expected: &str, hint: Option<&str>) -> Parsed<bool> {
        match self.take(TokenKind::CloseTemplate) {
            Some(close) => Ok(self.text_of(close).starts_with('~')),
            None => Err(self.unclosed_or(open, |p| p.unexpected_with(summary, expected, hint))),
        }
    }

    /// Reports a string or heredoc that does not end before `found`.
    fn unterminated(&mut self, opener: Token, found: Token) -> Reported {
        if opener.kind == TokenKind::OpenQuote {
            return self.unclosed_string(opener, found);
        }
        let intro = self.text_of(opener).trim_end();
        let marker = intro.trim_start_matches('<').trim_start_matches('-');
        let detail = format!("There is no line with only \"{marker}\" to end this heredoc.");
        let span = self.span(Token { end: opener.start + intro.len() as u32, ..opener });
        let hint = self.almost_marker(opener, marker);
        let error = Diagnostic::error("Unterminated template string", detail).at(span);
        self.report(match hint {
            Some((at, text)) => error.note_at(at, text),
            None => error,
        })
    }

    /// The first line after the opener that begins with the marker, and why it does not end the heredoc.
    fn almost_marker(&self, opener: Token, marker: &str) -> Option<(Span, &'static str)> {
        let rest = self.text.get(opener.end as usize..)?;
        let mut start = opener.end as usize;
        for line in rest.split_inclusive('\n') {
            let trimmed = line.trim_start();
            if trimmed.starts_with(marker) {
                let at = (start + line.len() - trimmed.len()) as u32;
                let span = self.span(Token { start: at, end: at + marker.len() as u32, ..opener });
                let last = trimmed.trim_end() == marker && !line.ends_with('\n');
                let text =
                    if last { "This line needs a newline at its end" } else { "This line has more than the marker" };
                return Some((span, text));
            }
            start += line.len();
        }
        None
    }
}

/// Joins neighbouring texts.
fn meld(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut melded: Vec<Piece<'_>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (melded.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.to_mut().push_str(&text),
            (_, piece) => melded.push(piece),
        }
    }
    melded
}

fn trim_start(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start()),
        Cow::Owned(text) => Cow::Owned(text.trim_start().into()),
    }
}

fn trim_end(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end()),
        Cow::Owned(text) => Cow::Owned(text.trim_end().into()),
    }
}
