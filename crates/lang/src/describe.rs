//! What an expression is made of, for those who only read about it.

use std::fmt::Write;

use terrane_value::{Kind, Value};

use crate::ir::{ExprId, Node, Part, Reference};
use crate::program::Contents;

impl Contents {
    /// The value of an expression that has no references and calls no functions.
    pub fn constant(&self, expr: ExprId) -> Option<Value> {
        let mut plain = true;
        self.visit(expr, &mut |node| {
            plain &= !matches!(node, Node::Reference(_) | Node::Call(_) | Node::Invalid | Node::Wrong(_))
        });
        plain.then(|| crate::eval::constant(&self.exprs, expr).ok()).flatten()
    }

    /// The objects an expression refers to, in order of appearance, each with all that is in front of it:
    /// `aws_vpc.a[0].id`, `aws_vpc.a[0]`, `aws_vpc.a`. Names bound within the expression are left out.
    pub fn references(&self, expr: ExprId) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(expr, &mut found);
        found
    }

    fn collect(&self, expr: ExprId, found: &mut Vec<String>) {
        if let Some(chain) = self.chain(expr) {
            return found.extend(chain.prefixes());
        }
        if let Node::Reference(Reference::Resource { key, .. } | Reference::Module { key, .. }) = self.exprs.node(expr)
        {
            found.extend(self.subject(expr).map(|chain| chain.prefixes()).unwrap_or_default());
            if let Some(key) = key {
                self.collect(*key, found);
            }
            return;
        }
        self.parts(expr).into_iter().for_each(|part| self.collect(part, found));
    }

    /// The whole of `a.b[0].c` if all its keys are constant.
    fn chain(&self, expr: ExprId) -> Option<Chain> {
        let with = |mut chain: Chain, step: String| {
            chain.steps.push(step);
            chain
        };
        match self.exprs.node(expr) {
            Node::Reference(Reference::Resource { key: Some(key), .. } | Reference::Module { key: Some(key), .. })
                if self.index(*key).is_none() =>
            {
                None
            }
            Node::Reference(_) => self.subject(expr),
            Node::GetAttr { base, name, .. } => Some(with(self.chain(*base)?, format!(".{name}"))),
            Node::Index { base, key } => {
                let index = self.index(*key)?;
                Some(with(self.chain(*base)?, index))
            }
            _ => None,
        }
    }

    /// What a reference names, a key that is not constant left out.
    fn subject(&self, expr: ExprId) -> Option<Chain> {
        let Node::Reference(reference) = self.exprs.node(expr) else { return None };
        let key = |key: &Option<ExprId>| key.and_then(|key| self.index(key));
        Some(match reference {
            Reference::Variable(id) => Chain::of(format!("var.{}", self.variables[id.index()].name)),
            Reference::Local(id) => Chain::of(format!("local.{}", self.locals[id.index()].name)),
            Reference::Resource { resource, key: index } => {
                Chain { base: vec![self.resources[resource.index()].resource.to_string()], ..Chain::default() }
                    .keyed(key(index))
            }
            Reference::Module { call, key: index, output } => {
                let name = format!("module.{}", self.calls[call.index()].name);
                let mut chain = Chain { base: vec![name], ..Chain::default() }.keyed(key(index));
                if let Some(output) = output {
                    // The module without its key is not named once an output is.
                    let instance = chain.base.pop().unwrap_or_default();
                    chain.base = vec![instance.clone(), format!("{instance}.{output}")];
                }
                chain
            }
            Reference::EachKey => Chain::of("each.key"),
            Reference::EachValue => Chain::of("each.value"),
            Reference::CountIndex => Chain::of("count.index"),
            Reference::SelfObject => Chain::of("self"),
            Reference::PathModule => Chain::of("path.module"),
            Reference::PathRoot => Chain::of("path.root"),
            Reference::PathCwd => Chain::of("path.cwd"),
            Reference::Workspace => Chain::of("terraform.workspace"),
            _ => return None,
        })
    }

    fn index(&self, key: ExprId) -> Option<String> {
        let Node::Literal(value) = self.exprs.node(key) else { return None };
        match value.kind() {
            Kind::Number(n) => Some(format!("[{n}]")),
            Kind::String(text) => Some(format!("[{}]", terrane_value::json::quote(text))),
            _ => None,
        }
    }

    fn visit(&self, expr: ExprId, see: &mut impl FnMut(&Node)) {
        see(self.exprs.node(expr));
        self.parts(expr).into_iter().for_each(|part| self.visit(part, see));
    }

    /// The expressions an expression directly consists of, in source order.
    pub(crate) fn parts(&self, expr: ExprId) -> Vec<ExprId> {
        match self.exprs.node(expr) {
            Node::Literal(_) | Node::Invalid | Node::Wrong(_) => Vec::new(),
            Node::Reference(Reference::Resource { key, .. } | Reference::Module { key, .. }) => {
                key.iter().copied().collect()
            }
            Node::Reference(_) => Vec::new(),
            Node::Template(parts) => parts.iter().flat_map(template_parts).collect(),
            Node::GetAttr { base, .. } => vec![*base],
            Node::Index { base, key } => vec![*base, *key],
            Node::Splat { source, each, .. } => vec![*source, *each],
            Node::Tuple(items) => items.to_vec(),
            Node::Object(items) => items.iter().flat_map(|(key, value)| [*key, *value]).collect(),
            Node::For(f) => {
                let optional = [f.key_result, Some(f.result), f.cond];
                std::iter::once(f.collection).chain(optional.into_iter().flatten()).collect()
            }
            Node::Unary(_, operand) | Node::Wrapped(operand) => vec![*operand],
            Node::Binary(_, lhs, rhs) => vec![*lhs, *rhs],
            Node::Conditional { cond, then, else_ } => vec![*cond, *then, *else_],
            Node::Call(call) => call.args.to_vec(),
        }
    }
}

fn template_parts(part: &Part) -> Vec<ExprId> {
    match part {
        Part::Text(_) => Vec::new(),
        Part::Value(expr) | Part::For(expr) => vec![*expr],
        Part::If { cond, then, else_ } => vec![*cond, *then, *else_],
    }
}

/// A reference with the steps that follow it.
#[derive(Default)]
struct Chain {
    /// What is referred to, the least of it first.
    base: Vec<String>,
    steps: Vec<String>,
}

impl Chain {
    fn of(name: impl Into<String>) -> Chain {
        Chain { base: vec![name.into()], ..Chain::default() }
    }

    fn keyed(mut self, key: Option<String>) -> Chain {
        if let (Some(key), Some(name)) = (key, self.base.last()) {
            self.base.push(format!("{name}{key}"));
        }
        self
    }

    /// The whole and each part in front of it, the longest first.
    fn prefixes(&self) -> Vec<String> {
        let mut text = self.base.last().cloned().unwrap_or_default();
        let mut found: Vec<String> = self.base.clone();
        for step in &self.steps {
            let _ = write!(text, "{step}");
            found.push(text.clone());
        }
        found.reverse();
        found
    }
}
