//! What is said about a token that cannot stand where it stands.

use terrane_source::{Diagnostic, Reported};

use super::Parser;
use crate::token::{Token, TokenKind};

impl Parser<'_, '_> {
    /// Reports the next token; `expected` says what could stand there, as in `a "," or the closing "]"`.
    pub(super) fn unexpected(&mut self, summary: &str, expected: &str) -> Reported {
        self.unexpected_with(summary, expected, None)
    }

    /// Like [`Parser::unexpected`], with a hint.
    pub(super) fn unexpected_with(&mut self, summary: &str, expected: &str, hint: Option<&str>) -> Reported {
        let token = self.found();
        if let Some(error) = self.never_valid(token) {
            return self.report(error);
        }
        let found = self.describe(token);
        let span = if token.kind == TokenKind::Newline { self.span(token).at_start() } else { self.span(token) };
        let error = Diagnostic::error(summary, format!("Expected {expected}, but found {found}.")).at(span);
        self.report(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        })
    }

    /// The next token, as it is told of; of a string its opening quote.
    pub(super) fn found(&mut self) -> Token {
        match self.peek() {
            token if token.kind == TokenKind::String => token.parts()[0].unwrap_or(token),
            token => token,
        }
    }

    fn describe(&self, token: Token) -> String {
        use TokenKind::*;
        let text = self.text_of(token);
        match token.kind {
            Newline => "the end of the line".into(),
            End => "the end of the file".into(),
            OpenQuote => "a string".into(),
            OpenHeredoc => "a heredoc".into(),
            Number => format!("the number {text}"),
            Ident => format!("the name \"{text}\""),
            _ => format!("\"{text}\""),
        }
    }

    /// The error for a token that can stand nowhere.
    fn never_valid(&self, token: Token) -> Option<Diagnostic> {
        let text = self.text_of(token);
        let error = match token.kind {
            TokenKind::Bitwise => bitwise(text),
            TokenKind::Semicolon => Diagnostic::error("Invalid character", "The \";\" character is not used.")
                .hint("Put each argument on a line of its own, and a \",\" between the elements of a collection."),
            TokenKind::SingleQuoted => single_quoted(text),
            TokenKind::Backquoted => Diagnostic::error("Invalid character", "Backquotes do not enclose strings.")
                .hint("For a string of several lines use a heredoc: \"<<-EOT\", the lines, then \"EOT\" on a line of its own."),
            TokenKind::UnclosedComment => {
                Diagnostic::error("Unclosed comment", "There is no \"*/\" for this \"/*\".").at(self.span_of(token, 2))
            }
            TokenKind::Invalid => invalid(text),
            _ => return None,
        };
        Some(if error.span.is_some() { error } else { error.at(self.span(token)) })
    }

    fn span_of(&self, token: Token, len: u32) -> terrane_source::Span {
        self.span(Token { end: token.start + len, ..token })
    }
}

fn bitwise(text: &str) -> Diagnostic {
    let error = Diagnostic::error("Unsupported operator", format!("There is no operator \"{text}\"."));
    match text {
        "&" => error.hint("Did you mean the logical and, \"&&\"?"),
        "|" => error.hint("Did you mean the logical or, \"||\"?"),
        "~" => error.hint("Did you mean the logical not, \"!\"?"),
        _ => error.hint("For powers use pow(base, exponent)."),
    }
}

fn single_quoted(text: &str) -> Diagnostic {
    let error = Diagnostic::error("Invalid character", "Single quotes do not enclose strings.");
    match text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        Some(inner) => error.hint(format!("Use double quotes: \"{}\".", inner.replace('"', "\\\""))),
        None => error.hint("Use double quotes."),
    }
}

fn invalid(text: &str) -> Diagnostic {
    let Some(c) = text.chars().next() else {
        return Diagnostic::error("Invalid character", "This character is not used.");
    };
    match c {
        '“' | '”' | '„' | '‘' | '’' => {
            Diagnostic::error("Invalid character", format!("Typographic quotes ({c}) do not enclose strings."))
                .hint("Use straight double quotes: \".")
        }
        '\r' => Diagnostic::error("Invalid character", "A carriage return must be followed by a line feed.")
            .hint("Save the file with line endings of Unix or Windows."),
        c if c.is_whitespace() || c.is_control() || !c.is_ascii() => {
            let detail = format!("The character U+{:04X} is not used outside of strings and comments.", c as u32);
            let error = Diagnostic::error("Invalid character", detail);
            if c.is_whitespace() { error.hint("Replace it by a plain space.") } else { error }
        }
        c => Diagnostic::error("Invalid character", format!("The character \"{c}\" is not used.")),
    }
}
