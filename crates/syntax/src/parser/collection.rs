//! Tuples, objects and `for` expressions.

use terrane_source::Reported;

use super::stacks::finish;
use super::{Parsed, Parser};
use crate::token::TokenKind;
use crate::tree::{Expr, ExprKind, ForObject, ForTuple, Ident, Literal, ObjectItem, ObjectKey};

/// What a `for` expression says before its results.
struct ForIntro<'t> {
    key: Option<Ident<'t>>,
    value: Ident<'t>,
    collection: &'t Expr<'t>,
}

impl<'t> Parser<'t, '_> {
    /// `[…]`
    pub(super) fn tuple(&mut self) -> Parsed<&'t Expr<'t>> {
        let start = self.peek().start;
        let open = self.open();
        let kind = self.with_newlines(false, |p| match p.peek_is_word("for") {
            true => p.for_tuple(open).map(ExprKind::ForTuple),
            false => p.elements(open).map(ExprKind::Tuple),
        })?;
        Ok(self.expr(kind, self.span_from(start)))
    }

    fn elements(&mut self, open: usize) -> Parsed<&'t [&'t Expr<'t>]> {
        let from = self.stacks.exprs.len();
        while self.take(TokenKind::CloseBracket).is_none() {
            self.check_element(open)?;
            let element = self.expression()?;
            self.stacks.exprs.push(element);
            if self.take(TokenKind::Comma).is_none() && self.peek().kind != TokenKind::CloseBracket {
                let expected = "\",\" and the next element, or the closing \"]\"";
                return Err(self.unclosed_or(open, |p| p.unexpected("Missing item separator", expected)));
            }
        }
        Ok(finish(self.arena, &mut self.stacks.exprs, from))
    }

    /// `{…}` as an expression.
    pub(super) fn object(&mut self) -> Parsed<&'t Expr<'t>> {
        let start = self.peek().start;
        let open = self.open();
        let kind = if self.for_follows() {
            ExprKind::ForObject(self.with_newlines(false, |p| p.for_object(open))?)
        } else {
            ExprKind::Object(self.with_newlines(true, |p| p.object_items(open))?)
        };
        Ok(self.expr(kind, self.span_from(start)))
    }

    /// Whether the next token is `for`, whatever newlines and comments are before it.
    fn for_follows(&mut self) -> bool {
        let mut at = self.at;
        loop {
            let token = self.tokens.get(at, self.at);
            match token.kind {
                TokenKind::Newline | TokenKind::Comment => at += 1,
                kind => return kind == TokenKind::Ident && self.text_of(token) == "for",
            }
        }
    }

    fn object_items(&mut self, open: usize) -> Parsed<&'t [ObjectItem<'t>]> {
        let from = self.stacks.object_items.len();
        loop {
            while self.take(TokenKind::Newline).is_some() {}
            if self.take(TokenKind::CloseBrace).is_some() {
                return Ok(finish(self.arena, &mut self.stacks.object_items, from));
            }
            self.check_element(open)?;
            let item = self.object_item(open)?;
            self.stacks.object_items.push(item);
            let separated = self.take(TokenKind::Comma).or_else(|| self.take(TokenKind::Newline)).is_some();
            if !separated && self.peek().kind != TokenKind::CloseBrace {
                let expected = "an operator, \",\", a new line or the closing \"}\"";
                return Err(self.unclosed_or(open, |p| p.unexpected("Missing attribute separator", expected)));
            }
        }
    }

    fn object_item(&mut self, open: usize) -> Parsed<ObjectItem<'t>> {
        let key = self.object_key()?;
        if self.take(TokenKind::Equal).is_none() && self.take(TokenKind::Colon).is_none() {
            return Err(self.unclosed_or(open, |p| p.no_value(&key)));
        }
        let value = self.expression()?;
        Ok(ObjectItem { key, value })
    }

    /// A bare name stands for itself.
    fn object_key(&mut self) -> Parsed<ObjectKey<'t>> {
        let token = self.peek();
        let next = self.tokens.get(self.at + 1, self.at).kind;
        if token.kind == TokenKind::Ident && matches!(next, TokenKind::Equal | TokenKind::Colon) {
            self.next();
            return Ok(ObjectKey::Name(self.ident(token)));
        }
        self.expression().map(object_key)
    }

    fn no_value(&mut self, key: &ObjectKey<'t>) -> Reported {
        let expected = "\"=\" and the value of the attribute";
        let hint = match (self.peek().kind, key) {
            (TokenKind::OpenBrace | TokenKind::OpenQuote, ObjectKey::Name(name)) => {
                format!("Objects hold attributes only, no blocks. Write: {} = …", name.text)
            }
            (TokenKind::Ident, _) => "A key with blanks, or a dot before a digit, is written in quotes.".into(),
            _ => return self.unexpected("Missing attribute value", expected),
        };
        self.unexpected_with("Missing key/value separator", expected, Some(&hint))
    }

    // For expressions.

    fn for_tuple(&mut self, open: usize) -> Parsed<&'t ForTuple<'t>> {
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
        Ok(self.arena.node(ForTuple { key, value, collection, result, cond }))
    }

    fn for_object(&mut self, open: usize) -> Parsed<&'t ForObject<'t>> {
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
        Ok(self.arena.node(ForObject { key, value, collection, key_result, value_result, grouping, cond }))
    }

    /// `for key, value in collection :`
    fn for_intro(&mut self, open: usize) -> Parsed<ForIntro<'t>> {
        self.next();
        let (key, value) = self.for_names("Invalid 'for' expression")?;
        let collection = self.expression()?;
        if self.take(TokenKind::Colon).is_none() {
            return Err(self.unclosed_or(open, |p| p.invalid_for("\":\" after the collection", None)));
        }
        Ok(ForIntro { key, value, collection })
    }

    /// `key, value in`
    pub(super) fn for_names(&mut self, summary: &str) -> Parsed<(Option<Ident<'t>>, Ident<'t>)> {
        let first = self.for_name(summary, "a name after \"for\"")?;
        let (key, value) = match self.take(TokenKind::Comma) {
            Some(_) => (Some(first), self.for_name(summary, "the name of the value after \",\"")?),
            None => (None, first),
        };
        if !self.peek_is_word("in") {
            return Err(self.unexpected(summary, "\"in\" after the names"));
        }
        self.next();
        Ok((key, value))
    }

    fn for_name(&mut self, summary: &str, expected: &str) -> Parsed<Ident<'t>> {
        let Some(token) = self.take(TokenKind::Ident) else {
            let hint = "As in: for key, value in collection";
            return Err(self.unexpected_with(summary, expected, Some(hint)));
        };
        Ok(self.ident(token))
    }

    /// `if cond` and the closing bracket.
    fn for_condition(&mut self, open: usize, close: TokenKind) -> Parsed<Option<&'t Expr<'t>>> {
        let cond = match self.peek_is_word("if") {
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

fn object_key<'t>(expr: &'t Expr<'t>) -> ObjectKey<'t> {
    let text = match expr.kind {
        ExprKind::Variable(name) => name,
        ExprKind::Literal(Literal::Null) => "null",
        ExprKind::Literal(Literal::Bool(true)) => "true",
        ExprKind::Literal(Literal::Bool(false)) => "false",
        _ => return ObjectKey::Expr(expr),
    };
    ObjectKey::Name(Ident { text, span: expr.span })
}
