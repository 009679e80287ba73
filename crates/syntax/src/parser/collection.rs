//! Tuples, objects and `for` expressions.

use terrane_source::Reported;

use super::{Parsed, Parser, begins_term};
use crate::token::{Token, TokenKind};
use crate::tree::tape::{NodeId, tag};

/// What a `for` expression says before its results.
struct ForIntro {
    key: Option<NodeId>,
    value: NodeId,
    collection: NodeId,
}

impl Parser<'_, '_> {
    /// `[…]` from its bracket on, which has been taken.
    pub(super) fn tuple(&mut self, open: u32) -> Parsed<NodeId> {
        self.with_newlines(false, |p| match p.is_word("for") {
            true => p.for_tuple(open),
            false => p.elements(open),
        })
    }

    fn elements(&mut self, open: u32) -> Parsed<NodeId> {
        let from = self.stack.len();
        while !self.take_closer(b']', TokenKind::CloseBracket, open)? {
            let element = self.expression()?;
            self.stack.push(element);
            if self.take_byte(b',') || self.ahead() == b']' {
                continue;
            }
            if self.take(TokenKind::Comma).is_none() && self.peek().kind != TokenKind::CloseBracket {
                let expected = "\",\" and the next element, or the closing \"]\"";
                return Err(self.unclosed_or(open, |p| p.unexpected("Missing item separator", expected)));
            }
        }
        let tuple = self.node(tag::TUPLE, 0, open, []);
        self.list(from);
        Ok(tuple)
    }

    /// `{…}` as an expression, from its brace on, which has been taken.
    pub(super) fn object(&mut self, open: u32) -> Parsed<NodeId> {
        if self.for_follows() {
            self.with_newlines(false, |p| p.for_object(open))
        } else {
            self.with_newlines(true, |p| p.object_items(open))
        }
    }

    /// Whether the next token is `for`, whatever newlines and comments are before it.
    fn for_follows(&mut self) -> bool {
        if !matches!(self.lexer.after_blanks(), b'f' | b'\n' | b'\r' | b'#' | b'/') {
            return false;
        }
        let mut ahead = self.lexer.ahead();
        let mut token = ahead.token();
        while matches!(token.kind, TokenKind::Newline | TokenKind::Comment) {
            token = ahead.token();
        }
        token.kind == TokenKind::Ident && self.text_of(token) == "for"
    }

    fn object_items(&mut self, open: u32) -> Parsed<NodeId> {
        let from = self.stack.len();
        loop {
            self.pass_newlines();
            if self.take_close_brace() {
                let object = self.node(tag::OBJECT, 0, open, []);
                self.list(from);
                return Ok(object);
            }
            if !begins_term(self.ahead()) {
                self.check_element(open)?;
            }
            self.object_item(open)?;
            if self.take_byte(b',') || self.take_byte(b'\n') {
                continue;
            }
            let separated = self.take(TokenKind::Comma).or_else(|| self.take(TokenKind::Newline)).is_some();
            if !separated && self.peek().kind != TokenKind::CloseBrace {
                let expected = "an operator, \",\", a new line or the closing \"}\"";
                return Err(self.unclosed_or(open, |p| p.unexpected("Missing attribute separator", expected)));
            }
        }
    }

    /// Pushes a key and its value.
    fn object_item(&mut self, open: u32) -> Parsed<()> {
        let (key, equal) = self.object_key()?;
        if !equal && self.take(TokenKind::Equal).is_none() && self.take(TokenKind::Colon).is_none() {
            return Err(self.unclosed_or(open, |p| p.no_value(key)));
        }
        self.stack.push(key);
        let value = self.expression()?;
        self.stack.push(value);
        Ok(())
    }

    /// A bare name, which stands for itself, or an expression; whether the `=` or `:` after it has been taken.
    fn object_key(&mut self) -> Parsed<(NodeId, bool)> {
        if let Some(token) = self.take_ascii_word() {
            if self.equal_or_colon() {
                return Ok((self.word(token), true));
            }
            self.lexer.seek(token.start as usize);
        } else if !begins_term(self.ahead())
            && let token = self.peek()
            && token.kind == TokenKind::Ident
            && self.equal_or_colon()
        {
            self.next = Token::UNREAD;
            return Ok((self.word(token), true));
        }
        Ok((self.expression()?, false))
    }

    /// Passes a `=` or `:` if it is right here.
    #[inline(always)]
    fn equal_or_colon(&mut self) -> bool {
        let found = match self.lexer.after_blanks() {
            b'=' => !matches!(self.lexer.byte(1), b'=' | b'>'),
            b':' => self.lexer.byte(1) != b':',
            _ => false,
        };
        if found {
            self.pass_byte();
        }
        found
    }

    fn no_value(&mut self, key: NodeId) -> Reported {
        let expected = "\"=\" and the value of the attribute";
        let hint = match (self.found().kind, self.tape.place_of_name(key)) {
            (TokenKind::OpenBrace | TokenKind::OpenQuote, Some((start, end))) => {
                let name = self.text.get(start as usize..end as usize).unwrap_or_default();
                format!("Objects hold attributes only, no blocks. Write: {name} = …")
            }
            (TokenKind::Ident, _) => "A key with blanks, or a dot before a digit, is written in quotes.".into(),
            _ => return self.unexpected("Missing attribute value", expected),
        };
        self.unexpected_with("Missing key/value separator", expected, Some(&hint))
    }

    // For expressions.

    fn for_tuple(&mut self, open: u32) -> Parsed<NodeId> {
        let ForIntro { key, value, collection } = self.for_intro(open)?;
        let result = self.expression()?;
        if self.peek().kind == TokenKind::FatArrow {
            let hint = "To build an object enclose the expression in braces: {for … : key => value}";
            return Err(self.invalid_for("the closing \"]\"", Some(hint)));
        }
        if self.peek().kind == TokenKind::Ellipsis {
            let hint = "Grouping with \"...\" is for objects: {for … : key => value...}";
            return Err(self.invalid_for("the closing \"]\"", Some(hint)));
        }
        let cond = self.for_condition(open, TokenKind::CloseBracket)?;
        let has = u32::from(key.is_some()) | u32::from(cond.is_some()) << 1;
        let parts = [key.unwrap_or(value), value, collection, result, cond.unwrap_or(result)];
        Ok(self.node(tag::FOR_TUPLE, has, open, parts))
    }

    fn for_object(&mut self, open: u32) -> Parsed<NodeId> {
        let ForIntro { key, value, collection } = self.for_intro(open)?;
        let key_result = self.expression()?;
        if self.take(TokenKind::FatArrow).is_none() {
            let hint =
                "An object needs keys: {for … : key => value}. To build a tuple enclose the expression in brackets.";
            return Err(self.unclosed_or(open, |p| p.invalid_for("\"=>\" after the key", Some(hint))));
        }
        let value_result = self.expression()?;
        let grouping = self.take(TokenKind::Ellipsis).is_some();
        let cond = self.for_condition(open, TokenKind::CloseBrace)?;
        let has = u32::from(key.is_some()) | u32::from(cond.is_some()) << 1 | u32::from(grouping) << 2;
        let parts = [key.unwrap_or(value), value, collection, key_result, value_result, cond.unwrap_or(value_result)];
        Ok(self.node(tag::FOR_OBJECT, has, open, parts))
    }

    /// `for key, value in collection :`
    fn for_intro(&mut self, open: u32) -> Parsed<ForIntro> {
        self.next();
        let (key, value) = self.for_names("Invalid 'for' expression")?;
        let collection = self.expression()?;
        if self.take(TokenKind::Colon).is_none() {
            return Err(self.unclosed_or(open, |p| p.invalid_for("\":\" after the collection", None)));
        }
        Ok(ForIntro { key, value, collection })
    }

    /// `key, value in`
    pub(super) fn for_names(&mut self, summary: &str) -> Parsed<(Option<NodeId>, NodeId)> {
        let first = self.for_name(summary, "a name after \"for\"")?;
        let (key, value) = match self.take(TokenKind::Comma) {
            Some(_) => (Some(first), self.for_name(summary, "the name of the value after \",\"")?),
            None => (None, first),
        };
        if !self.is_word("in") {
            return Err(self.unexpected(summary, "\"in\" after the names"));
        }
        self.next();
        Ok((key, value))
    }

    fn for_name(&mut self, summary: &str, expected: &str) -> Parsed<NodeId> {
        let Some(token) = self.take_word() else {
            let hint = "As in: for key, value in collection";
            return Err(self.unexpected_with(summary, expected, Some(hint)));
        };
        Ok(self.word(token))
    }

    /// `if cond` and the closing bracket.
    fn for_condition(&mut self, open: u32, close: TokenKind) -> Parsed<Option<NodeId>> {
        let cond = match self.is_word("if") {
            true => {
                self.next();
                Some(self.expression()?)
            }
            false => None,
        };
        if self.take(close).is_none() {
            let expected = if close == TokenKind::CloseBrace { "the closing \"}\"" } else { "the closing \"]\"" };
            return Err(self.unclosed_or(open, |p| p.invalid_for(expected, None)));
        }
        Ok(cond)
    }

    fn invalid_for(&mut self, expected: &str, hint: Option<&str>) -> Reported {
        self.unexpected_with("Invalid 'for' expression", expected, hint)
    }
}
