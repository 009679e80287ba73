//! Walks a tree and checks that each span lies in the one around it and holds what it says.

use std::ops::Range;

use terrane_source::Span;
use terrane_syntax::{Access, Attribute, Block, Body, Expr, ExprKind, Ident, Item, Label, List, ObjectKey, Part};
use unicode_normalization::UnicodeNormalization;

/// Counts the nodes it has met.
pub struct Visitor<'a> {
    text: &'a str,
    base: usize,
    /// How many places of expressions, parts, names and items there were.
    pub nodes: usize,
}

impl<'a> Visitor<'a> {
    /// A visitor of trees of `text`, whose spans count from `base`.
    pub fn new(text: &'a str, base: usize) -> Visitor<'a> {
        Visitor { text, base, nodes: 0 }
    }

    /// Checks a whole file.
    pub fn body(&mut self, body: &Body) {
        self.body_in(body, 0..self.text.len());
    }

    fn body_in(&mut self, body: &Body, outer: Range<usize>) {
        let own = self.span(body.span, outer);
        let mut end = own.start;
        for item in body.items {
            let span = match item {
                Item::Attribute(attribute) => self.attribute(&attribute, own.clone()),
                Item::Block(block) => self.block(&block, own.clone()),
            };
            assert!(span.start >= end, "items overlap");
            end = span.end;
        }
    }

    fn attribute(&mut self, attribute: &Attribute, outer: Range<usize>) -> Range<usize> {
        let own = self.span(attribute.span, outer);
        self.ident(&attribute.name, own.clone());
        self.expr(attribute.expr, own.clone());
        own
    }

    fn block(&mut self, block: &Block, outer: Range<usize>) -> Range<usize> {
        let own = self.span(block.span, outer);
        let header = self.span(block.header, own.clone());
        self.ident(&block.ty, header.clone());
        block.labels.iter().for_each(|label| self.label(&label, header.clone()));
        self.body_in(&block.body, own.clone());
        own
    }

    fn label(&mut self, label: &Label, outer: Range<usize>) {
        let own = self.span(label.span, outer);
        assert_eq!(label.quoted, self.text[own].starts_with('"'));
    }

    fn ident(&mut self, ident: &Ident, outer: Range<usize>) {
        let own = self.span(ident.span, outer);
        assert_eq!(self.text[own].nfc().collect::<String>(), *ident.text);
    }

    /// Checks an expression that stands within `outer`.
    pub fn expr(&mut self, expr: Expr, outer: Range<usize>) {
        let own = self.span(expr.span(), outer);
        let inner = || own.clone();
        match expr.kind() {
            ExprKind::Literal(_) => {}
            ExprKind::Json(_) => panic!("native syntax has no JSON values"),
            ExprKind::Variable(name) => {
                assert_eq!(self.text[own].nfc().collect::<String>(), *name);
            }
            ExprKind::Template(parts) => self.parts(parts, inner()),
            ExprKind::TemplateWrap(x) | ExprKind::Parens(x) => self.expr(x, inner()),
            ExprKind::GetAttr { base, name } => {
                self.expr(base, inner());
                self.ident(&name, inner());
            }
            ExprKind::Index { base, key, .. } => self.exprs([base, key], inner()),
            ExprKind::Splat(splat) => {
                self.expr(splat.base, inner());
                self.accesses(splat.each, inner());
            }
            ExprKind::Tuple(items) => self.exprs(items, inner()),
            ExprKind::Object(items) => items.iter().for_each(|item| {
                match &item.key {
                    ObjectKey::Name(name) => self.ident(name, own.clone()),
                    ObjectKey::Expr(key) => self.expr(*key, own.clone()),
                }
                self.expr(item.value, own.clone());
            }),
            ExprKind::ForTuple(f) => {
                self.idents(f.key.iter().chain([&f.value]), inner());
                self.exprs([f.collection, f.result].into_iter().chain(f.cond), inner());
            }
            ExprKind::ForObject(f) => {
                self.idents(f.key.iter().chain([&f.value]), inner());
                self.exprs([f.collection, f.key_result, f.value_result].into_iter().chain(f.cond), inner());
            }
            ExprKind::Unary { operand, .. } => self.expr(operand, inner()),
            ExprKind::Binary { lhs, rhs, .. } => self.exprs([lhs, rhs], inner()),
            ExprKind::Conditional(c) => self.exprs([c.cond, c.then, c.else_], inner()),
            ExprKind::Call(call) => {
                self.span(call.name_span, inner());
                self.exprs(call.args, inner());
            }
        }
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = Expr<'e>>, outer: Range<usize>) {
        exprs.into_iter().for_each(|expr| self.expr(expr, outer.clone()));
    }

    fn idents<'e>(&mut self, idents: impl IntoIterator<Item = &'e Ident<'e>>, outer: Range<usize>) {
        idents.into_iter().for_each(|ident| self.ident(ident, outer.clone()));
    }

    fn accesses(&mut self, accesses: List<'_, Access<'_>>, outer: Range<usize>) {
        for access in accesses {
            match access {
                Access::Attr(name) => self.ident(&name, outer.clone()),
                Access::Index { key, span, .. } => {
                    let own = self.span(span, outer.clone());
                    self.expr(key, own);
                }
                Access::Splat { each, span, .. } => {
                    let own = self.span(span, outer.clone());
                    self.accesses(each, own);
                }
            }
        }
    }

    fn parts(&mut self, parts: List<'_, Part<'_>>, outer: Range<usize>) {
        for part in parts {
            self.nodes += 1;
            match part {
                Part::Literal(_) => {}
                Part::Interpolation(expr) => self.expr(expr, outer.clone()),
                Part::If(i) => {
                    let own = self.span(i.span, outer.clone());
                    self.expr(i.cond, own.clone());
                    self.parts(i.then, own.clone());
                    self.parts(i.else_, own);
                }
                Part::For(f) => {
                    let own = self.span(f.span, outer.clone());
                    self.idents(f.key.iter().chain([&f.value]), own.clone());
                    self.expr(f.collection, own.clone());
                    self.parts(f.body, own);
                }
            }
        }
    }

    /// The range of a span, which lies in `outer` and splits no character.
    fn span(&mut self, span: Span, outer: Range<usize>) -> Range<usize> {
        self.nodes += 1;
        let own = span.start as usize - self.base..span.end as usize - self.base;
        assert!(outer.start <= own.start && own.end <= outer.end, "{own:?} is not in {outer:?}");
        assert!(self.text.get(own.clone()).is_some(), "{own:?} splits a character");
        own
    }
}
