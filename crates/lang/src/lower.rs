//! From syntax trees to expressions with their names resolved.

use std::sync::Arc;

use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_syntax as syn;
use terrane_value::{Number, Type, Value};

use crate::ir::{ExprId, Exprs, For, Node, Part, Reference};
use crate::program::{Declared, Keys};

mod call;
mod chain;
mod reference;

pub(crate) use chain::{Chain, Step};

/// What may be referred to where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Anything in the module; `each` and `count` by the repetition of the block around.
    Module { keys: Keys, self_object: bool },
    /// Constants only.
    Constant,
    /// The names that a template is called with, and functions.
    Template,
    /// A prompt: as in a module without repetition, and `type()`.
    Console,
}

impl Place {
    pub(crate) const MODULE: Place = Place::Module { keys: Keys::None, self_object: false };

    pub(crate) fn repeated(keys: Keys) -> Place {
        Place::Module { keys, self_object: false }
    }

    pub(crate) fn with_self(self) -> Place {
        match self {
            Place::Module { keys, .. } => Place::Module { keys, self_object: true },
            other => other,
        }
    }
}

/// Lowers the expressions of one module.
pub(crate) struct Lowerer<'a> {
    pub declared: &'a Declared,
    pub exprs: &'a mut Exprs,
    pub diags: &'a mut Diagnostics,
    pub place: Place,
    /// Names bound around the present expression, outermost first.
    pub bound: Vec<Arc<str>>,
}

impl<'a> Lowerer<'a> {
    pub(crate) fn new(
        declared: &'a Declared,
        exprs: &'a mut Exprs,
        diags: &'a mut Diagnostics,
        place: Place,
    ) -> Lowerer<'a> {
        Lowerer { declared, exprs, diags, place, bound: Vec::new() }
    }

    pub(crate) fn expr(&mut self, expr: syn::Expr) -> ExprId {
        // Parsing has limited the depth; the stack grows where the thread's own is small.
        stacker::maybe_grow(96 * 1024, 1024 * 1024, || {
            let node = self.node(expr);
            self.exprs.add(node, expr.span())
        })
    }

    fn node(&mut self, expr: syn::Expr) -> Node {
        use syn::ExprKind as K;
        match expr.kind() {
            K::Literal(literal) => self.literal(&literal, expr.span()),
            K::Template(parts) => self.template(parts),
            K::TemplateWrap(inner) | K::Parens(inner) => Node::Wrapped(self.expr(inner)),
            K::Variable(_) | K::GetAttr { .. } | K::Index { .. } => self.chain(expr),
            K::Splat(splat) => self.splat(&splat, expr.span()),
            K::Tuple(items) => Node::Tuple(self.exprs_of(items)),
            K::Object(items) => Node::Object(items.iter().map(|item| self.object_item(&item)).collect()),
            K::ForTuple(f) => self.for_tuple(&f),
            K::ForObject(f) => self.for_object(&f),
            K::Unary { op, operand } => Node::Unary(op, self.expr(operand)),
            K::Binary { op, lhs, rhs, .. } => {
                let lhs = self.expr(lhs);
                Node::Binary(op, lhs, self.expr(rhs))
            }
            K::Conditional(c) => {
                let cond = self.expr(c.cond);
                let then = self.expr(c.then);
                Node::Conditional { cond, then, else_: self.expr(c.else_) }
            }
            K::Call(call) => self.call(&call, expr.span()),
            K::Json(value) => match value.expression(syn::Strings::Templates, &syn::Arena::new(), self.diags) {
                Ok(expr) => self.node(expr),
                Err(_) => Node::Invalid,
            },
        }
    }

    fn exprs_of(&mut self, exprs: syn::List<'_, syn::Expr<'_>>) -> Box<[ExprId]> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn literal(&mut self, literal: &syn::Literal, span: Span) -> Node {
        Node::Literal(match literal {
            syn::Literal::Null => Value::null(Type::Any),
            syn::Literal::Bool(b) => Value::from(*b),
            syn::Literal::String(s) => Value::string(*s),
            syn::Literal::Number(text) => match text.parse::<Number>() {
                Ok(number) => Value::from(number),
                Err(e) => return self.invalid(Diagnostic::error("Invalid number", format!("{e}.")).at(span)),
            },
        })
    }

    fn invalid(&mut self, error: Diagnostic) -> Node {
        self.diags.error(error);
        Node::Invalid
    }

    fn template(&mut self, parts: syn::List<'_, syn::Part<'_>>) -> Node {
        Node::Template(parts.iter().map(|part| self.part(&part)).collect())
    }

    fn part(&mut self, part: &syn::Part) -> Part {
        match part {
            syn::Part::Literal(text) => Part::Text((*text).into()),
            syn::Part::Interpolation(expr) => Part::Value(self.expr(*expr)),
            syn::Part::If(i) => {
                let cond = self.expr(i.cond);
                let then = self.sub_template(i.then, i.span);
                Part::If { cond, then, else_: self.sub_template(i.else_, i.span) }
            }
            syn::Part::For(f) => {
                let collection = self.expr(f.collection);
                let slot = self.bind(f.key.as_ref(), &f.value);
                let result = self.sub_template(f.body, f.span);
                self.unbind(slot);
                let node = For { collection, slot, key_result: None, result, cond: None, grouping: false };
                Part::For(self.exprs.add(Node::For(Box::new(node)), f.span))
            }
        }
    }

    fn sub_template(&mut self, parts: syn::List<'_, syn::Part<'_>>, span: Span) -> ExprId {
        stacker::maybe_grow(96 * 1024, 1024 * 1024, || {
            let node = self.template(parts);
            self.exprs.add(node, span)
        })
    }

    /// Binds the two names of a `for`; an absent key is bound to a name that cannot be written.
    fn bind(&mut self, key: Option<&syn::Ident>, value: &syn::Ident) -> u32 {
        let slot = self.bound.len();
        let key = self.exprs.name(key.map_or("", |k| k.text));
        let value = self.exprs.name(value.text);
        self.bound.extend([key, value]);
        slot as u32
    }

    fn unbind(&mut self, slot: u32) {
        self.bound.truncate(slot as usize);
    }

    fn for_tuple(&mut self, f: &syn::ForTuple) -> Node {
        let collection = self.expr(f.collection);
        let slot = self.bind(f.key.as_ref(), &f.value);
        let result = self.expr(f.result);
        let cond = f.cond.map(|c| self.expr(c));
        self.unbind(slot);
        Node::For(Box::new(For { collection, slot, key_result: None, result, cond, grouping: false }))
    }

    fn for_object(&mut self, f: &syn::ForObject) -> Node {
        let collection = self.expr(f.collection);
        let slot = self.bind(f.key.as_ref(), &f.value);
        let key_result = Some(self.expr(f.key_result));
        let result = self.expr(f.value_result);
        let cond = f.cond.map(|c| self.expr(c));
        self.unbind(slot);
        Node::For(Box::new(For { collection, slot, key_result, result, cond, grouping: f.grouping }))
    }

    fn object_item(&mut self, item: &syn::ObjectItem) -> (ExprId, ExprId) {
        let key = match &item.key {
            syn::ObjectKey::Name(name) => {
                let text = self.exprs.name(name.text);
                self.exprs.add(Node::Literal(Value::string(text)), name.span)
            }
            syn::ObjectKey::Expr(expr) => self.object_key(*expr),
        };
        (key, self.expr(item.value))
    }

    fn object_key(&mut self, expr: syn::Expr) -> ExprId {
        use syn::ExprKind as K;
        let is_path = matches!(expr.kind(), K::GetAttr { .. } | K::Index { .. });
        if !is_path || !matches!(Chain::of(expr).root.kind(), K::Variable(_)) {
            return self.expr(expr);
        }
        let error = Diagnostic::error(
            "Ambiguous attribute key",
            "A reference as a key must be in parentheses; a name with dots in it must be in quotes.",
        );
        let node = self.invalid(error.at(expr.span()));
        self.exprs.add(node, expr.span())
    }

    fn splat(&mut self, splat: &syn::Splat, span: Span) -> Node {
        let source = self.expr(splat.base);
        self.splat_of(source, splat.each, span)
    }

    fn splat_of(&mut self, source: ExprId, each: syn::List<'_, syn::Access<'_>>, span: Span) -> Node {
        let slot = self.bound.len() as u32;
        let name = self.exprs.name("");
        self.bound.push(name.clone());
        let element = self.exprs.add(Node::Reference(Reference::Bound { slot, name }), span);
        let each = each.iter().fold(element, |base, access| self.access(base, &access, span));
        self.unbind(slot);
        Node::Splat { source, slot, each }
    }

    fn access(&mut self, base: ExprId, access: &syn::Access, span: Span) -> ExprId {
        let (node, at) = match access {
            syn::Access::Attr(name) => {
                (Node::GetAttr { base, name: self.exprs.name(name.text), name_span: name.span }, name.span)
            }
            syn::Access::Index { key, span, .. } => (Node::Index { base, key: self.expr(*key) }, *span),
            syn::Access::Splat { each, span, .. } => (self.splat_of(base, *each, *span), *span),
        };
        self.exprs.add(node, if at.file == span.file { at } else { span })
    }
}
