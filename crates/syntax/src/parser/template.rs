//! Strings and heredocs with `${ }` and `%{ }`.

mod dedent;
mod nest;

use std::mem;

use terrane_source::{Diagnostic, Reported, Span};

use super::{Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::tree::tape::{Name, NodeId, tag};

/// A piece of a template before its directives are nested.
#[derive(Clone, Copy)]
enum Piece<'t> {
    /// Text with escapes resolved; in a heredoc at most one line.
    Text(&'t str),
    Interpolation(NodeId),
    /// With its place.
    Directive(Step, (u32, u32)),
}

/// What a directive does.
#[derive(Clone, Copy)]
enum Step {
    If { cond: NodeId },
    Else,
    EndIf,
    For { key: Option<NodeId>, value: NodeId, collection: NodeId },
    EndFor,
}

/// A `${ }` or `%{ }`, and whether it ends in `~}`.
type Sequence<'t> = (Piece<'t>, bool);

const DIRECTIVES: [&str; 5] = ["if", "else", "endif", "for", "endfor"];

impl<'t> Parser<'t, '_> {
    /// A quoted string or a heredoc.
    pub(super) fn template(&mut self) -> Parsed<NodeId> {
        let opener = self.peek();
        if let Some(text) = self.simple_string()? {
            return Ok(text);
        }
        self.next();
        let mut pieces = self.pieces(Some(opener))?;
        if self.text_of(opener).starts_with("<<-") {
            dedent::dedent(&mut pieces);
        }
        self.template_of(pieces, (opener.start, self.last_end))
    }

    /// A text that is a template as a whole.
    pub(super) fn whole_template(&mut self) -> Parsed<NodeId> {
        let pieces = self.pieces(None)?;
        self.template_of(pieces, (0, self.text.len() as u32))
    }

    fn template_of(&mut self, pieces: Vec<Piece<'t>>, place: (u32, u32)) -> Parsed<NodeId> {
        let pieces = self.meld(pieces);
        let text = match pieces.as_slice() {
            [] => "",
            [Piece::Text(text)] => self.normalised(text),
            [Piece::Interpolation(expr)] => return Ok(self.tape.node(tag::WRAP, 0, place, [*expr])),
            _ => return self.nest(&pieces, place),
        };
        Ok(self.tape.text_leaf(tag::STRING, Name { start: place.0, end: place.1, text: Some(text) }))
    }

    /// Joins neighbouring texts.
    fn meld(&self, mut pieces: Vec<Piece<'t>>) -> Vec<Piece<'t>> {
        let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Text(_));
        if !pieces.windows(2).any(|two| two.iter().all(is_text)) {
            return pieces;
        }
        let mut melded = 0;
        let mut at = 0;
        while let Some(piece) = pieces.get(at).copied() {
            let texts = pieces[at..].iter().take_while(|piece| is_text(piece)).count();
            pieces[melded] = if texts > 1 { Piece::Text(self.joined(&pieces[at..at + texts])) } else { piece };
            melded += 1;
            at += texts.max(1);
        }
        pieces.truncate(melded);
        pieces
    }

    fn joined(&self, pieces: &[Piece<'t>]) -> &'t str {
        let texts = pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(*text),
            _ => None,
        });
        self.arena.text(&texts.collect::<String>())
    }

    /// The pieces up to the end of the string, or of the text if nothing opened one.
    fn pieces(&mut self, opener: Option<Token>) -> Parsed<Vec<Piece<'t>>> {
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
            pieces.push(Piece::Text(if trim_text { text.trim_start() } else { text }));
        }
    }

    /// The rest of a `${ }` or `%{ }`; if it begins with `~` the text before it loses its trailing blanks.
    fn sequence(&mut self, token: Token, before: &mut [Piece<'t>]) -> Parsed<Sequence<'t>> {
        if let (true, Some(Piece::Text(text))) = (self.text_of(token).ends_with('~'), before.last_mut()) {
            *text = text.trim_end();
        }
        let open = token.start;
        self.with_newlines(false, |p| match token.kind {
            TokenKind::OpenInterpolation => p.interpolation(open),
            _ => p.directive(open, token.start),
        })
    }

    fn interpolation(&mut self, open: u32) -> Parsed<Sequence<'t>> {
        let expr = self.expression()?;
        let summary = || "Extra characters after interpolation expression".into();
        let hint = "If ${ is meant as text, for example for a shell, write $${";
        let trims_next = self.close_sequence(open, summary, "an operator or the closing \"}\"", Some(hint))?;
        Ok((Piece::Interpolation(expr), trims_next))
    }

    fn directive(&mut self, open: u32, start: u32) -> Parsed<Sequence<'t>> {
        let Some(keyword) = self.take(TokenKind::Ident) else {
            let hint = "If %{ is meant as text write %%{";
            let expected = "\"if\", \"else\", \"endif\", \"for\" or \"endfor\"";
            return Err(self.unexpected_with("Invalid template directive", expected, Some(hint)));
        };
        let name = self.text_of(keyword);
        let step = match name {
            "if" => Step::If { cond: self.expression()? },
            "for" => {
                let (key, value) = self.for_names("Invalid 'for' directive")?;
                Step::For { key, value, collection: self.expression()? }
            }
            "else" => Step::Else,
            "endif" => Step::EndIf,
            "endfor" => Step::EndFor,
            _ => return Err(self.unknown_directive(keyword)),
        };
        let summary = || format!("Extra characters in {name} marker");
        let trims_next = self.close_sequence(open, summary, "the closing \"}\"", None)?;
        Ok((Piece::Directive(step, (start, self.last_end)), trims_next))
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
    fn close_sequence(
        &mut self,
        open: u32,
        summary: impl FnOnce() -> String,
        expected: &str,
        hint: Option<&str>,
    ) -> Parsed<bool> {
        match self.take(TokenKind::CloseTemplate) {
            Some(close) => Ok(self.text_of(close).starts_with('~')),
            None => Err(self.unclosed_or(open, |p| p.unexpected_with(&summary(), expected, hint))),
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
        let reported = self.report(match hint {
            Some((at, text)) => error.note_at(at, text),
            None => error,
        });
        self.endless = Some(reported).filter(|_| found.kind == TokenKind::End);
        reported
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
