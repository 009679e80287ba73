//! Operators, terms and what follows them.

use std::borrow::Cow;

use terrane_source::{Diagnostic, Reported};

use super::stacks::finish;
use super::{Parsed, Parser};
use crate::token::{Token, TokenKind};
use crate::tree::{Access, BinaryOp, Call, Conditional, Expr, ExprKind, Ident, Literal, Splat, SplatKind, UnaryOp};

impl<'t> Parser<'t, '_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<&'t Expr<'t>> {
        self.nested(Self::conditional)
    }

    /// A chain of conditions and results, `a ? b : c ? d : e`, which nests to the right.
    fn conditional(&mut self) -> Parsed<&'t Expr<'t>> {
        let first = self.binary(0)?;
        match self.peek().kind {
            TokenKind::Question => self.links(first),
            _ => Ok(first),
        }
    }

    fn links(&mut self, first: &'t Expr<'t>) -> Parsed<&'t Expr<'t>> {
        let mut links = Vec::new();
        let mut last = first;
        while self.take(TokenKind::Question).is_some() {
            let then = self.expression()?;
            self.colon()?;
            links.push((last, then));
            last = self.binary(0)?;
            self.grow(1)?;
        }
        Ok(links.into_iter().rfold(last, |else_, (cond, then)| {
            let kind = ExprKind::Conditional(self.arena.node(Conditional { cond, then, else_ }));
            self.expr(kind, cond.span.to(else_.span))
        }))
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
    fn binary(&mut self, tightness: u8) -> Parsed<&'t Expr<'t>> {
        let mut lhs = self.operand()?;
        loop {
            let kind = self.peek().kind;
            let Some((op, level)) = binary_op(kind).filter(|(_, level)| *level >= tightness) else {
                return Ok(lhs);
            };
            self.next();
            let rhs = self.binary(level + 1)?;
            self.grow(1)?;
            lhs = self.expr(ExprKind::Binary { op, lhs, rhs }, lhs.span.to(rhs.span));
        }
    }

    /// A term with what follows it, or `-` or `!` and an operand.
    fn operand(&mut self) -> Parsed<&'t Expr<'t>> {
        let op = match self.peek().kind {
            TokenKind::Minus => UnaryOp::Neg,
            TokenKind::Bang => UnaryOp::Not,
            _ => {
                let term = self.term()?;
                return self.accesses(term);
            }
        };
        let start = self.next().start;
        let operand = self.nested(Self::operand)?;
        Ok(self.expr(ExprKind::Unary { op, operand }, self.span_from(start)))
    }

    fn term(&mut self) -> Parsed<&'t Expr<'t>> {
        let token = self.peek();
        match token.kind {
            TokenKind::Number => self.number().map(|n| self.expr(ExprKind::Literal(n), self.span(token))),
            TokenKind::Ident => self.name_or_call(),
            TokenKind::OpenQuote | TokenKind::OpenHeredoc => self.template(),
            TokenKind::OpenParen => self.parens(),
            TokenKind::OpenBracket => self.tuple(),
            TokenKind::OpenBrace => self.object(),
            TokenKind::End => Err(self.unexpected("Missing expression", "an expression")),
            _ => Err(self.unexpected("Invalid expression", "an expression")),
        }
    }

    fn number(&mut self) -> Parsed<Literal<'t>> {
        let token = self.next();
        let text = self.text_of(token);
        if is_number(text) {
            return Ok(Literal::Number(text));
        }
        let error = Diagnostic::error("Invalid number literal", format!("\"{text}\" is not a number."));
        Err(self.report(error.at(self.span(token)).hint("If text is meant, enclose it in double quotes.")))
    }

    fn name_or_call(&mut self) -> Parsed<&'t Expr<'t>> {
        let token = self.next();
        if matches!(self.peek().kind, TokenKind::OpenParen | TokenKind::DoubleColon) {
            return self.call(token);
        }
        let kind = match self.text_of(token) {
            "true" => ExprKind::Literal(Literal::Bool(true)),
            "false" => ExprKind::Literal(Literal::Bool(false)),
            "null" => ExprKind::Literal(Literal::Null),
            _ => ExprKind::Variable(self.name(token)),
        };
        Ok(self.expr(kind, self.span(token)))
    }

    fn call(&mut self, first: Token) -> Parsed<&'t Expr<'t>> {
        let mut name = Cow::Borrowed(self.text_of(first));
        while self.take(TokenKind::DoubleColon).is_some() {
            let Some(part) = self.take(TokenKind::Ident) else {
                return Err(self.unexpected("Missing function name", "the name of a function after \"::\""));
            };
            name += "::";
            name += self.text_of(part);
        }
        let name = match name {
            Cow::Borrowed(_) => self.name(first),
            Cow::Owned(name) => self.normalised(self.arena.text(&name)),
        };
        let name_span = self.span_from(first.start);
        if self.peek().kind != TokenKind::OpenParen {
            return Err(self.unexpected("Missing open parenthesis", "\"(\" after the name of a function"));
        }
        let open = self.open();
        let (args, expand_last) = self.with_newlines(false, |p| p.arguments(open, name))?;
        let kind = ExprKind::Call(self.arena.node(Call { name, name_span, args, expand_last }));
        Ok(self.expr(kind, self.span_from(first.start)))
    }

    /// The arguments of a call and its closing parenthesis; and whether the last stands for its elements.
    fn arguments(&mut self, open: usize, function: &str) -> Parsed<(&'t [&'t Expr<'t>], bool)> {
        let from = self.stacks.exprs.len();
        let mut expand_last = false;
        while self.take(TokenKind::CloseParen).is_none() {
            self.check_element(open)?;
            let argument = self.expression()?;
            self.stacks.exprs.push(argument);
            if self.take(TokenKind::Ellipsis).is_some() {
                self.after_expansion(open)?;
                expand_last = true;
                break;
            }
            if self.take(TokenKind::Comma).is_none() && self.peek().kind != TokenKind::CloseParen {
                let expected = format!("\",\" or the closing \")\" of the call of \"{function}\"");
                return Err(self.unclosed_or(open, |p| p.unexpected("Missing argument separator", &expected)));
            }
        }
        Ok((finish(self.arena, &mut self.stacks.exprs, from), expand_last))
    }

    fn after_expansion(&mut self, open: usize) -> Parsed<()> {
        if self.take(TokenKind::CloseParen).is_some() {
            return Ok(());
        }
        let hint = "Only the last argument can be expanded, and no comma may follow the \"...\".";
        Err(self
            .unclosed_or(open, |p| p.unexpected_with("Missing closing parenthesis", "\")\" after \"...\"", Some(hint))))
    }

    fn parens(&mut self) -> Parsed<&'t Expr<'t>> {
        let start = self.peek().start;
        let open = self.open();
        let inner = self.with_newlines(false, |p| {
            let inner = p.expression()?;
            match p.take(TokenKind::CloseParen) {
                Some(_) => Ok(inner),
                None => Err(p.unclosed_or(open, |p| p.unexpected("Unbalanced parentheses", "an operator or \")\""))),
            }
        })?;
        Ok(self.expr(ExprKind::Parens(inner), self.span_from(start)))
    }

    // What follows a term.

    fn accesses(&mut self, term: &'t Expr<'t>) -> Parsed<&'t Expr<'t>> {
        let mut expr = term;
        loop {
            expr = match self.peek().kind {
                TokenKind::Dot => self.after_dot(expr)?,
                TokenKind::OpenBracket => self.after_bracket(expr)?,
                _ => return Ok(expr),
            };
            self.grow(1)?;
        }
    }

    fn after_dot(&mut self, base: &'t Expr<'t>) -> Parsed<&'t Expr<'t>> {
        let start = base.span;
        self.next();
        let kind = match self.peek().kind {
            TokenKind::Ident => ExprKind::GetAttr { base, name: self.arena.node(self.taken_ident()) },
            TokenKind::Number => ExprKind::Index { base, key: self.legacy_key()?, legacy: true },
            TokenKind::Star => {
                self.next();
                let each = self.attribute_accesses()?;
                ExprKind::Splat(self.arena.node(Splat { base, kind: SplatKind::Attribute, each }))
            }
            _ => return Err(self.no_attribute_name()),
        };
        Ok(self.expr(kind, start.to(self.span_from(self.last_end))))
    }

    fn taken_ident(&mut self) -> Ident<'t> {
        let token = self.next();
        self.ident(token)
    }

    fn no_attribute_name(&mut self) -> Reported {
        self.unexpected("Invalid attribute name", "the name of an attribute after \".\"")
    }

    /// The number in `base.0`.
    fn legacy_key(&mut self) -> Parsed<&'t Expr<'t>> {
        let token = self.peek();
        let text = self.text_of(token);
        if let Some((first, second)) = text.split_once('.') {
            let detail = format!("\"{text}\" after \".\" reads as a fraction, not as two indexes.");
            let error = Diagnostic::error("Invalid legacy index syntax", detail).at(self.span(token));
            return Err(self.report(error.hint(format!("Write [{first}][{second}] instead."))));
        }
        let number = self.number()?;
        Ok(self.expr(ExprKind::Literal(number), self.span(token)))
    }

    /// The accesses that belong to `.*`.
    fn attribute_accesses(&mut self) -> Parsed<&'t [Access<'t>]> {
        let mut each = Vec::new();
        while let Some(dot) = self.take(TokenKind::Dot) {
            self.grow(1)?;
            each.push(match self.peek().kind {
                TokenKind::Ident => Access::Attr(self.taken_ident()),
                TokenKind::Number => {
                    let key = self.legacy_key()?;
                    Access::Index { key, legacy: true, span: self.span_from(dot.start) }
                }
                TokenKind::Star => return Err(self.nested_splat()),
                _ => return Err(self.no_attribute_name()),
            });
        }
        Ok(self.arena.list(&each))
    }

    fn nested_splat(&mut self) -> Reported {
        let star = self.peek();
        let detail = "A \".*\" cannot stand inside of another \".*\".";
        let error = Diagnostic::error("Nested splat expression not allowed", detail).at(self.span(star));
        self.report(error.hint("Use \"[*]\" for the first of them, or flatten() with a for expression."))
    }

    fn after_bracket(&mut self, base: &'t Expr<'t>) -> Parsed<&'t Expr<'t>> {
        let start = base.span;
        let open = self.open();
        let kind = if self.peek().kind == TokenKind::Star {
            self.full_splat(open)?;
            let each = self.nested(Self::full_accesses)?;
            ExprKind::Splat(self.arena.node(Splat { base, kind: SplatKind::Full, each }))
        } else {
            ExprKind::Index { base, key: self.index(open)?, legacy: false }
        };
        Ok(self.expr(kind, start.to(self.span_from(self.last_end))))
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
    fn index(&mut self, open: usize) -> Parsed<&'t Expr<'t>> {
        self.with_newlines(false, |p| {
            let key = p.expression()?;
            match p.take(TokenKind::CloseBracket) {
                Some(_) => Ok(key),
                None => Err(p.unclosed_or(open, |p| p.unexpected("Missing close bracket on index", "\"]\""))),
            }
        })
    }

    /// The accesses after `[*]`: all that follow.
    fn full_accesses(&mut self) -> Parsed<&'t [Access<'t>]> {
        let mut each = Vec::new();
        loop {
            let token = self.peek();
            each.push(match token.kind {
                TokenKind::Dot => self.access_after_dot()?,
                TokenKind::OpenBracket => self.access_after_bracket()?,
                _ => return Ok(self.arena.list(&each)),
            });
            self.grow(1)?;
        }
    }

    fn access_after_dot(&mut self) -> Parsed<Access<'t>> {
        let dot = self.next();
        match self.peek().kind {
            TokenKind::Ident => Ok(Access::Attr(self.taken_ident())),
            TokenKind::Number => {
                let key = self.legacy_key()?;
                Ok(Access::Index { key, legacy: true, span: self.span_from(dot.start) })
            }
            TokenKind::Star => {
                self.next();
                let each = self.attribute_accesses()?;
                Ok(Access::Splat { kind: SplatKind::Attribute, each, span: self.span_from(dot.start) })
            }
            _ => Err(self.no_attribute_name()),
        }
    }

    fn access_after_bracket(&mut self) -> Parsed<Access<'t>> {
        let start = self.peek().start;
        let open = self.open();
        if self.peek().kind != TokenKind::Star {
            let key = self.index(open)?;
            return Ok(Access::Index { key, legacy: false, span: self.span_from(start) });
        }
        self.full_splat(open)?;
        let each = self.nested(Self::full_accesses)?;
        Ok(Access::Splat { kind: SplatKind::Full, each, span: self.span_from(start) })
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
