//! Properties of which a schema says whether they are arguments or blocks: both readings are resolved.

use std::mem;

use terrane_source::{Diagnostics, Span};
use terrane_syntax as syn;
use terrane_syntax::{Json, JsonKind, JsonString, Strings};

use crate::ir::{ExprId, Node};
use crate::load::body::nested;
use crate::lower::Lowerer;
use crate::program::{Argument, Block, Body, Property};

/// A property and what it stands for.
pub(in crate::load) fn property(lowerer: &mut Lowerer<'_>, name: &syn::Ident, value: &Json) -> Property {
    let (expr, reading) = both(lowerer, value);
    let argument = Argument { name: lowerer.exprs.name(name.text), name_span: name.span, expr };
    let mut property = Property { argument, blocks: Vec::new(), not_blocks: Vec::new() };
    match reading {
        Reading::Nothing => {}
        Reading::Body(body) => property.push(name.span, body),
        Reading::Scalar => property.not_blocks.push(value.span),
        Reading::Several(items) => {
            for (span, item) in items {
                match item {
                    Reading::Nothing => property.push(span.at_first_byte(), Body::default()),
                    Reading::Body(body) => property.push(span.at_first_byte(), body),
                    Reading::Scalar => property.not_blocks.push(span),
                    Reading::Several(parts) => {
                        let body = property.joined(parts);
                        property.push(span.at_first_byte(), body);
                    }
                }
            }
        }
    }
    property
}

impl Property {
    fn push(&mut self, header: Span, body: Body) {
        self.blocks.push(Block {
            ty: self.argument.name.clone(),
            ty_span: self.argument.name_span,
            header,
            labels: Vec::new(),
            body,
            dynamic: None,
        });
    }

    /// One body of the properties of several objects.
    fn joined(&mut self, parts: Vec<(Span, Reading)>) -> Body {
        let mut body = Body::default();
        for (span, part) in parts {
            match part {
                Reading::Body(part) => {
                    body.properties.extend(part.properties);
                    body.blocks.extend(part.blocks);
                    body.wrong.extend(part.wrong);
                }
                _ => self.not_blocks.push(span),
            }
        }
        body
    }
}

/// What a value is where blocks are wanted.
enum Reading {
    /// `null`
    Nothing,
    /// An object.
    Body(Body),
    /// An array: its elements.
    Several(Vec<(Span, Reading)>),
    /// All else.
    Scalar,
}

/// The value as an expression and as blocks. What is wrong with either is reported when it is used.
fn both(lowerer: &mut Lowerer<'_>, value: &Json) -> (ExprId, Reading) {
    stacker::maybe_grow(96 * 1024, 1024 * 1024, || match &value.kind {
        JsonKind::Null => (plain(lowerer, value), Reading::Nothing),
        JsonKind::Bool(_) | JsonKind::Number(_) => (plain(lowerer, value), Reading::Scalar),
        JsonKind::String(text) => (string(lowerer, text), Reading::Scalar),
        JsonKind::Array(items) => {
            let (ids, readings): (Vec<_>, Vec<_>) = items
                .iter()
                .map(|item| {
                    let (id, reading) = both(lowerer, item);
                    (id, (item.span, reading))
                })
                .unzip();
            (lowerer.exprs.add(Node::Tuple(ids.into()), value.span), Reading::Several(readings))
        }
        JsonKind::Object(properties) => object(lowerer, properties, value.span),
    })
}

fn object(lowerer: &mut Lowerer<'_>, properties: &[syn::Property], span: Span) -> (ExprId, Reading) {
    let mut items = Vec::with_capacity(properties.len());
    let mut body = Body::default();
    for property in properties {
        let key = string(lowerer, &property.name);
        match property.name.text {
            "dynamic" => {
                items.push((key, whole(lowerer, &property.value)));
                dynamic(lowerer, property, &mut body);
            }
            "//" => items.push((key, whole(lowerer, &property.value))),
            _ => {
                let inner = self::property(lowerer, &property.name.ident(&syn::Arena::new()), &property.value);
                items.push((key, inner.argument.expr));
                body.properties.push(inner);
            }
        }
    }
    let node = match syn::Property::repeated(properties).as_slice() {
        [] => Node::Object(items.into()),
        repeated => Node::Wrong(repeated.iter().map(|(second, first)| second.is_duplicate_of(first)).collect()),
    };
    (lowerer.exprs.add(node, span), Reading::Body(body))
}

fn dynamic(lowerer: &mut Lowerer<'_>, property: &syn::Property, body: &mut Body) {
    let (blocks, wrong) = apart(lowerer, |lowerer| {
        let arena = syn::Arena::new();
        let blocks = super::dynamic(*property, &arena, lowerer.diags);
        blocks.iter().filter_map(|block| nested(lowerer, block)).collect::<Vec<_>>()
    });
    body.blocks.extend(blocks);
    body.wrong.extend(wrong);
}

fn plain(lowerer: &mut Lowerer<'_>, value: &Json) -> ExprId {
    deferred(lowerer, value.span, |lowerer| {
        let arena = syn::Arena::new();
        let expr = value.expression(Strings::Texts, &arena, lowerer.diags).ok()?;
        Some(lowerer.expr(expr))
    })
}

fn string(lowerer: &mut Lowerer<'_>, text: &JsonString) -> ExprId {
    deferred(lowerer, text.span, |lowerer| {
        let arena = syn::Arena::new();
        let expr = text.expression(Strings::Templates, &arena, lowerer.diags).ok()?;
        Some(lowerer.expr(expr))
    })
}

/// The value as an expression only.
fn whole(lowerer: &mut Lowerer<'_>, value: &Json) -> ExprId {
    deferred(lowerer, value.span, |lowerer| {
        let arena = syn::Arena::new();
        let expr = value.expression(Strings::Templates, &arena, lowerer.diags).ok()?;
        Some(lowerer.expr(expr))
    })
}

fn deferred(lowerer: &mut Lowerer<'_>, span: Span, f: impl FnOnce(&mut Lowerer<'_>) -> Option<ExprId>) -> ExprId {
    let (id, wrong) = apart(lowerer, f);
    match id {
        Some(id) if !wrong.has_errors() => {
            lowerer.diags.extend(wrong);
            id
        }
        _ => lowerer.exprs.add(Node::Wrong(wrong.into_iter().collect()), span),
    }
}

/// The result of `f` and what it has reported.
fn apart<T>(lowerer: &mut Lowerer<'_>, f: impl FnOnce(&mut Lowerer<'_>) -> T) -> (T, Diagnostics) {
    let outer = mem::take(lowerer.diags);
    let result = f(lowerer);
    (result, mem::replace(lowerer.diags, outer))
}
