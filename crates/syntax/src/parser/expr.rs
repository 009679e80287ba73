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
        let start = self.peek().start;
        let first = self.binary(0)?;
        match self.peek().kind {
            TokenKind::Question => self.links(start, first),
            _ => Ok(first),
        }
    }

    fn links(&mut self, start: u32, first: NodeId) -> Parsed<NodeId> {
        let mut links = Vec::new();
        let (mut start, mut last) = (start, first);
        while self.take(TokenKind::Question).is_some() {
            let then = self.expression()?;
            self.colon()?;
            links.push((start, last, then));
            start = self.peek().start;
            last = self.binary(0)?;
            self.grow(1)?;
        }
        Ok(links
            .into_iter()
            .rfold(last, |else_, (start, cond, then)| self.node(tag::CONDITIONAL, 0, start, [cond, then, else_])))
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
        let start = self.peek().start;
        let mut lhs = self.operand()?;
        loop {
            let kind = self.peek().kind;
            let Some((op, level)) = binary_op(kind).filter(|(_, level)| *level >= tightness) else {
                return Ok(lhs);
            };
            self.next();
            let rhs = self.binary(level + 1)?;
            self.grow(1)?;
            lhs = self.node(tag::BINARY, op as u32, start, [lhs, rhs]);
        }
    }

    /// A term with what follows it, or `-` or `!` and an operand.
    fn operand(&mut self) -> Parsed<NodeId> {
        let start = self.peek().start;
        let op = match self.peek().kind {
            TokenKind::Minus => UnaryOp::Neg,
            TokenKind::Bang => UnaryOp::Not,
            _ => {
                let term = self.term()?;
                return self.accesses(start, term);
            }
        };
        self.next();
        let operand = self.nested(Self::operand)?;
        Ok(self.node(tag::UNARY, op as u32, start, [operand]))
    }

    fn term(&mut self) -> Parsed<NodeId> {
        let token = self.peek();
        match token.kind {
            TokenKind::Number => self.number(),
            TokenKind::Ident => self.name_or_call(),
            TokenKind::OpenQuote | TokenKind::OpenHeredoc => self.template(),
            TokenKind::OpenParen => self.parens(),
            TokenKind::OpenBracket => self.tuple(),
            TokenKind::OpenBrace => self.object(),
            TokenKind::End => Err(self.unexpected("Missing expression", "an expression")),
            _ => Err(self.unexpected("Invalid expression", "an expression")),
        }
    }

    fn number(&mut self) -> Parsed<NodeId> {
        let token = self.next();
        let text = self.text_of(token);
        if is_number(text) {
            return Ok(self.tape.leaf(tag::NUMBER, token.start, token.end));
        }
        let error = Diagnostic::error("Invalid number literal", format!("\"{text}\" is not a number."));
        Err(self.report(error.at(self.span(token)).hint("If text is meant, enclose it in double quotes.")))
    }

    fn name_or_call(&mut self) -> Parsed<NodeId> {
        let token = self.next();
        if matches!(self.peek().kind, TokenKind::OpenParen | TokenKind::DoubleColon) {
            return self.call(token);
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
        while self.take(TokenKind::DoubleColon).is_some() {
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
        if self.peek().kind != TokenKind::OpenParen {
            return Err(self.unexpected("Missing open parenthesis", "\"(\" after the name of a function"));
        }
        let node = self.tape.name(node);
        let open = self.open();
        let from = self.stack.len();
        let expand_last = self.with_newlines(false, |p| p.arguments(open, name))?;
        let call = self.node(tag::CALL, u32::from(expand_last), start, [node]);
        self.list(from);
        Ok(call)
    }

    /// Pushes the arguments of a call and takes its closing parenthesis; whether the last stands for its elements.
    fn arguments(&mut self, open: usize, function: &str) -> Parsed<bool> {
        while self.take(TokenKind::CloseParen).is_none() {
            self.check_element(open)?;
            let argument = self.expression()?;
            self.stack.push(argument);
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

    fn after_expansion(&mut self, open: usize) -> Parsed<()> {
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

    fn accesses(&mut self, start: u32, term: NodeId) -> Parsed<NodeId> {
        let mut expr = term;
        loop {
            expr = match self.peek().kind {
                TokenKind::Dot => self.after_dot(start, expr)?,
                TokenKind::OpenBracket => self.after_bracket(start, expr)?,
                _ => return Ok(expr),
            };
            self.grow(1)?;
        }
    }

    fn after_dot(&mut self, start: u32, base: NodeId) -> Parsed<NodeId> {
        self.next();
        match self.peek().kind {
            TokenKind::Ident => {
                let name = self.next();
                let name = self.named(name);
                Ok(self.tape.named(tag::GET_ATTR, name, [start, base.0]))
            }
            TokenKind::Number => {
                let key = self.legacy_key()?;
                Ok(self.node(tag::INDEX, 1, start, [base, key]))
            }
            TokenKind::Star => {
                self.next();
                let from = self.stack.len();
                self.attribute_accesses()?;
                let splat = self.node(tag::SPLAT, 0, start, [base]);
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
        let star = self.peek();
        let detail = "A \".*\" cannot stand inside of another \".*\".";
        let error = Diagnostic::error("Nested splat expression not allowed", detail).at(self.span(star));
        self.report(error.hint("Use \"[*]\" for the first of them, or flatten() with a for expression."))
    }

    fn after_bracket(&mut self, start: u32, base: NodeId) -> Parsed<NodeId> {
        let open = self.open();
        if self.peek().kind != TokenKind::Star {
            let key = self.index(open)?;
            return Ok(self.node(tag::INDEX, 0, start, [base, key]));
        }
        self.full_splat(open)?;
        let from = self.stack.len();
        self.nested(Self::full_accesses)?;
        let splat = self.node(tag::SPLAT, 1, start, [base]);
        self.list(from);
        Ok(splat)
    }

    /// The `*]` of a full splat.
    fn full_splat(&mut self, open: usize) -> Parsed<()> {
        self.next();
        match self.take(TokenKind::CloseBracket) {
            Some(_) => Ok(()),
            None => Err(self.unclosed_or(open, |p| p.unexpected("Missing close bracket on splat index", "\"]\""))),
        }
    }

    /// The key and the closing bracket.
    fn index(&mut self, open: usize) -> Parsed<NodeId> {
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
