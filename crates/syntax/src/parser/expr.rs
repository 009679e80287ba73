//! Operators, terms and what follows them.

use std::borrow::Cow;

use terrane_source::{Diagnostic, Reported};

use super::{Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::tree::tape::{Name, NodeId, tag};
use crate::tree::{BinaryOp, UnaryOp};

impl Parser<'_, '_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<NodeId> {
        self.nested(Self::conditional)
    }

    /// A chain of conditions and results, `a ? b : c ? d : e`, which nests to the right.
    fn conditional(&mut self) -> Parsed<NodeId> {
        let first = self.operand()?;
        if self.ends() {
            return Ok(first);
        }
        let first = self.operators(first, 0)?;
        match self.peek().kind {
            TokenKind::Question => self.links(first),
            _ => Ok(first),
        }
    }

    fn links(&mut self, first: NodeId) -> Parsed<NodeId> {
        let mut links = Vec::new();
        let mut last = first;
        while self.take(TokenKind::Question).is_some() {
            let then = self.expression()?;
            self.colon()?;
            links.push((last, then));
            last = self.binary(0)?;
            self.grow(1)?;
        }
        let link = |else_, (cond, then)| self.tape.between(tag::CONDITIONAL, 0, [cond, then, else_]);
        Ok(links.into_iter().rfold(last, link))
    }

    /// The `:` of a condition.
    fn colon(&mut self) -> Parsed<()> {
        if self.take(TokenKind::Colon).is_some() {
            return Ok(());
        }
        Err(self.unexpected_with(
            "Missing false expression in conditional",
            "\":\" and the result if the condition is false",
            Some("Both results are required; null can stand for none."),
        ))
    }

    /// Operands and operators that bind at least as tightly as `tightness`.
    fn binary(&mut self, tightness: u8) -> Parsed<NodeId> {
        let first = self.operand()?;
        self.operators(first, tightness)
    }

    /// Whether it is plain from the next byte that an expression ends here.
    #[inline(always)]
    fn ends(&mut self) -> bool {
        match self.ahead() {
            b',' | b')' | b']' | b'}' => true,
            b'\n' => self.newlines,
            _ => false,
        }
    }

    /// What follows the first operand.
    fn operators(&mut self, first: NodeId, tightness: u8) -> Parsed<NodeId> {
        let mut lhs = first;
        loop {
            let kind = self.peek().kind;
            let Some((op, level)) = binary_op(kind).filter(|(_, level)| *level >= tightness) else {
                return Ok(lhs);
            };
            self.next();
            let rhs = self.binary(level + 1)?;
            self.grow(1)?;
            lhs = self.tape.between(tag::BINARY, op as u32, [lhs, rhs]);
        }
    }

    /// A term with what follows it, or `-` or `!` and an operand.
    fn operand(&mut self) -> Parsed<NodeId> {
        let term = match self.ahead() {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' if let Some(end) = self.lexer.word_end(0) => {
                let word = self.pass(TokenKind::Ident, end);
                self.name_or_call(word)?
            }
            b'"' if let Some(end) = self.lexer.plain_end() => {
                let text = self.pass(TokenKind::String, end);
                self.tape.leaf(tag::STRING, text.start, text.end)
            }
            b'[' => {
                let open = self.pass_byte();
                self.tuple(open)?
            }
            b'{' if let Some(open) = self.take_open_brace() => self.object(open)?,
            b'0'..=b'9' => self.number()?,
            _ => match self.peek().kind {
                TokenKind::Minus => return self.unary(UnaryOp::Neg),
                TokenKind::Bang => return self.unary(UnaryOp::Not),
                _ => self.term()?,
            },
        };
        self.accesses(term)
    }

    fn unary(&mut self, op: UnaryOp) -> Parsed<NodeId> {
        let start = self.next().start;
        let operand = self.nested(Self::operand)?;
        Ok(self.tape.put([tag::UNARY | (op as u32) << tag::BESIDE, start, operand.0]))
    }

    fn term(&mut self) -> Parsed<NodeId> {
        let token = self.peek();
        match token.kind {
            TokenKind::Number => self.number(),
            TokenKind::Ident => {
                self.next();
                self.name_or_call(token)
            }
            TokenKind::String | TokenKind::OpenQuote | TokenKind::OpenHeredoc => self.template(),
            TokenKind::OpenParen => self.parens(),
            TokenKind::OpenBracket => {
                let open = self.open();
                self.tuple(open)
            }
            TokenKind::OpenBrace => {
                let open = self.open();
                self.object(open)
            }
            TokenKind::End => Err(self.unexpected("Missing expression", "an expression")),
            _ => Err(self.unexpected("Invalid expression", "an expression")),
        }
    }

    fn number(&mut self) -> Parsed<NodeId> {
        let token = if self.ahead() == 0 { self.next() } else { self.pass(TokenKind::Number, self.lexer.number_end()) };
        let text = self.text_of(token);
        if text.bytes().all(|b| b.is_ascii_digit()) || is_number(text) {
            return Ok(self.tape.leaf(tag::NUMBER, token.start, token.end));
        }
        let error = Diagnostic::error("Invalid number literal", format!("\"{text}\" is not a number."));
        Err(self.report(error.at(self.span(token)).hint("If text is meant, enclose it in double quotes.")))
    }

    /// What begins with a word, which has been taken.
    fn name_or_call(&mut self, token: Token) -> Parsed<NodeId> {
        match self.ahead() {
            b'.' | b',' | b')' | b']' | b'}' => {}
            b'\n' if self.newlines => {}
            b'(' => return self.call(token),
            _ if matches!(self.peek().kind, TokenKind::OpenParen | TokenKind::DoubleColon) => return self.call(token),
            _ => {}
        }
        if !matches!(token.end - token.start, 4 | 5) {
            return Ok(self.word(token));
        }
        let tag = match self.text_of(token) {
            "true" => tag::TRUE,
            "false" => tag::FALSE,
            "null" => tag::NULL,
            _ => return Ok(self.word(token)),
        };
        Ok(self.tape.leaf(tag, token.start, token.end))
    }

    fn call(&mut self, first: Token) -> Parsed<NodeId> {
        let mut name = Cow::Borrowed(self.text_of(first));
        while self.ahead() != b'(' && self.take(TokenKind::DoubleColon).is_some() {
            let Some(part) = self.take(TokenKind::Ident) else {
                return Err(self.unexpected("Missing function name", "the name of a function after \"::\""));
            };
            name += "::";
            name += self.text_of(part);
        }
        let (start, end) = (first.start, self.last_end);
        let (name, node) = match name {
            Cow::Borrowed(_) => (self.name(first), self.named(first)),
            Cow::Owned(name) => {
                let name = self.normalised(self.arena.text(&name));
                (name, Name { start, end, text: Some(name) })
            }
        };
        if self.ahead() != b'(' && self.peek().kind != TokenKind::OpenParen {
            return Err(self.unexpected("Missing open parenthesis", "\"(\" after the name of a function"));
        }
        let node = self.tape.name(node);
        let open = if self.ahead() == b'(' { self.pass_byte() } else { self.open() };
        let from = self.stack.len();
        let expand_last = self.with_newlines(false, |p| p.arguments(open, name))?;
        let call = self.after(tag::CALL, u32::from(expand_last), [node]);
        self.list(from);
        Ok(call)
    }

    /// Pushes the arguments of a call and takes its closing parenthesis; whether the last stands for its elements.
    fn arguments(&mut self, open: u32, function: &str) -> Parsed<bool> {
        while !self.take_closer(b')', TokenKind::CloseParen, open)? {
            let argument = self.expression()?;
            self.stack.push(argument);
            if self.take_byte(b',') || self.ahead() == b')' {
                continue;
            }
            if self.take(TokenKind::Ellipsis).is_some() {
                self.after_expansion(open)?;
                return Ok(true);
            }
            if self.take(TokenKind::Comma).is_none() && self.peek().kind != TokenKind::CloseParen {
                let expected = format!("\",\" or the closing \")\" of the call of \"{function}\"");
                return Err(self.unclosed_or(open, |p| p.unexpected("Missing argument separator", &expected)));
            }
        }
        Ok(false)
    }

    fn after_expansion(&mut self, open: u32) -> Parsed<()> {
        if self.take(TokenKind::CloseParen).is_some() {
            return Ok(());
        }
        let hint = "Only the last argument can be expanded, and no comma may follow the \"...\".";
        Err(self
            .unclosed_or(open, |p| p.unexpected_with("Missing closing parenthesis", "\")\" after \"...\"", Some(hint))))
    }

    fn parens(&mut self) -> Parsed<NodeId> {
        let start = self.peek().start;
        let open = self.open();
        let inner = self.with_newlines(false, |p| {
            let inner = p.expression()?;
            match p.take(TokenKind::CloseParen) {
                Some(_) => Ok(inner),
                None => Err(p.unclosed_or(open, |p| p.unexpected("Unbalanced parentheses", "an operator or \")\""))),
            }
        })?;
        Ok(self.node(tag::PARENS, 0, start, [inner]))
    }

    // What follows a term.

    fn accesses(&mut self, term: NodeId) -> Parsed<NodeId> {
        let mut expr = self.names_after(term)?;
        while !self.ends() {
            expr = match self.peek().kind {
                TokenKind::Dot => self.after_dot(expr)?,
                TokenKind::OpenBracket => self.after_bracket(expr)?,
                _ => return Ok(expr),
            };
            self.grow(1)?;
        }
        Ok(expr)
    }

    /// Names after dots, as far as there is nothing between them.
    #[inline]
    fn names_after(&mut self, term: NodeId) -> Parsed<NodeId> {
        let mut expr = term;
        if self.ahead() != b'.' {
            return Ok(term);
        }
        while self.lexer.byte(0) == b'.'
            && let Some(end) = self.lexer.word_end(1)
        {
            self.pass_byte();
            let Token { start, end, .. } = self.pass(TokenKind::Ident, end);
            expr = self.tape.named(tag::GET_ATTR, Name { start, end, text: None }, expr);
            self.grow(1)?;
        }
        Ok(expr)
    }

    fn after_dot(&mut self, base: NodeId) -> Parsed<NodeId> {
        self.next();
        match self.peek().kind {
            TokenKind::Ident => {
                let name = self.next();
                let name = self.named(name);
                Ok(self.tape.named(tag::GET_ATTR, name, base))
            }
            TokenKind::Number => {
                let key = self.legacy_key()?;
                Ok(self.after(tag::INDEX, 1, [base, key]))
            }
            TokenKind::Star => {
                self.next();
                let from = self.stack.len();
                self.attribute_accesses()?;
                let splat = self.after(tag::SPLAT, 0, [base]);
                self.list(from);
                Ok(splat)
            }
            _ => Err(self.no_attribute_name()),
        }
    }

    fn taken_name(&mut self) -> NodeId {
        let token = self.next();
        self.word(token)
    }

    fn no_attribute_name(&mut self) -> Reported {
        self.unexpected("Invalid attribute name", "the name of an attribute after \".\"")
    }

    /// The number in `base.0`.
    fn legacy_key(&mut self) -> Parsed<NodeId> {
        let token = self.peek();
        let text = self.text_of(token);
        if let Some((first, second)) = text.split_once('.') {
            let detail = format!("\"{text}\" after \".\" reads as a fraction, not as two indexes.");
            let error = Diagnostic::error("Invalid legacy index syntax", detail).at(self.span(token));
            return Err(self.report(error.hint(format!("Write [{first}][{second}] instead."))));
        }
        self.number()
    }

    /// Pushes the accesses that belong to `.*`.
    fn attribute_accesses(&mut self) -> Parsed<()> {
        while let Some(dot) = self.take(TokenKind::Dot) {
            self.grow(1)?;
            let step = match self.peek().kind {
                TokenKind::Ident => self.taken_name(),
                TokenKind::Number => {
                    let key = self.legacy_key()?;
                    self.node(tag::STEP_INDEX, 1, dot.start, [key])
                }
                TokenKind::Star => return Err(self.nested_splat()),
                _ => return Err(self.no_attribute_name()),
            };
            self.stack.push(step);
        }
        Ok(())
    }

    fn nested_splat(&mut self) -> Reported {
        let star = self.found();
        let detail = "A \".*\" cannot stand inside of another \".*\".";
        let error = Diagnostic::error("Nested splat expression not allowed", detail).at(self.span(star));
        self.report(error.hint("Use \"[*]\" for the first of them, or flatten() with a for expression."))
    }

    fn after_bracket(&mut self, base: NodeId) -> Parsed<NodeId> {
        let open = self.open();
        if self.peek().kind != TokenKind::Star {
            let key = self.index(open)?;
            return Ok(self.after(tag::INDEX, 0, [base, key]));
        }
        self.full_splat(open)?;
        let from = self.stack.len();
        self.nested(Self::full_accesses)?;
        let splat = self.after(tag::SPLAT, 1, [base]);
        self.list(from);
        Ok(splat)
    }

    /// The `*]` of a full splat.
    fn full_splat(&mut self, open: u32) -> Parsed<()> {
        self.next();
        match self.take(TokenKind::CloseBracket) {
            Some(_) => Ok(()),
            None => Err(self.unclosed_or(open, |p| p.unexpected("Missing close bracket on splat index", "\"]\""))),
        }
    }

    /// The key and the closing bracket.
    fn index(&mut self, open: u32) -> Parsed<NodeId> {
        self.with_newlines(false, |p| {
            let key = p.expression()?;
            match p.take(TokenKind::CloseBracket) {
                Some(_) => Ok(key),
                None => Err(p.unclosed_or(open, |p| p.unexpected("Missing close bracket on index", "\"]\""))),
            }
        })
    }

    /// Pushes the accesses after `[*]`: all that follow.
    fn full_accesses(&mut self) -> Parsed<()> {
        loop {
            let step = match self.peek().kind {
                TokenKind::Dot => self.access_after_dot()?,
                TokenKind::OpenBracket => self.access_after_bracket()?,
                _ => return Ok(()),
            };
            self.stack.push(step);
            self.grow(1)?;
        }
    }

    fn access_after_dot(&mut self) -> Parsed<NodeId> {
        let dot = self.next();
        match self.peek().kind {
            TokenKind::Ident => Ok(self.taken_name()),
            TokenKind::Number => {
                let key = self.legacy_key()?;
                Ok(self.node(tag::STEP_INDEX, 1, dot.start, [key]))
            }
            TokenKind::Star => {
                self.next();
                let from = self.stack.len();
                self.attribute_accesses()?;
                let splat = self.node(tag::STEP_SPLAT, 0, dot.start, []);
                self.list(from);
                Ok(splat)
            }
            _ => Err(self.no_attribute_name()),
        }
    }

    fn access_after_bracket(&mut self) -> Parsed<NodeId> {
        let start = self.peek().start;
        let open = self.open();
        if self.peek().kind != TokenKind::Star {
            let key = self.index(open)?;
            return Ok(self.node(tag::STEP_INDEX, 0, start, [key]));
        }
        self.full_splat(open)?;
        let from = self.stack.len();
        self.nested(Self::full_accesses)?;
        let splat = self.node(tag::STEP_SPLAT, 1, start, []);
        self.list(from);
        Ok(splat)
    }
}

/// The operator of a token and how tightly it binds.
fn binary_op(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    use BinaryOp as Op;
    Some(match kind {
        TokenKind::Or => (Op::Or, 0),
        TokenKind::And => (Op::And, 1),
        TokenKind::EqualEqual => (Op::Eq, 2),
        TokenKind::NotEqual => (Op::NotEq, 2),
        TokenKind::Less => (Op::Less, 3),
        TokenKind::LessEqual => (Op::LessEq, 3),
        TokenKind::Greater => (Op::Greater, 3),
        TokenKind::GreaterEqual => (Op::GreaterEq, 3),
        TokenKind::Plus => (Op::Add, 4),
        TokenKind::Minus => (Op::Sub, 4),
        TokenKind::Star => (Op::Mul, 5),
        TokenKind::Slash => (Op::Div, 5),
        TokenKind::Percent => (Op::Mod, 5),
        _ => return None,
    })
}

/// Whether a token that begins with a digit is a number: digits, a fraction, an exponent.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
