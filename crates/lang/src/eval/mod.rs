//! The values of expressions: the semantics of the language, apart from what its names stand for.
//!
//! An error makes the value of its expression unknown and evaluation goes on, so that one run finds several; the caller
//! decides whether errors count. Not so a [`Stop`]: it ends everything at once.

mod access;
mod call;
mod collection;
mod conditional;
mod describe;
mod element;
mod operator;
mod provided;
mod template;

use std::sync::Arc;

use terrane_source::{Diagnostic, Reported, Span};
use terrane_value::{Value, quoted};

use crate::ir::{ExprId, Exprs, Node, Reference};
use crate::lookup::Stop;
use crate::world::World;

pub(crate) use access::elements;
pub(crate) use describe::{describe, parts, traversals};
pub(crate) use element::Walk;
pub(crate) use operator::require_bool;
pub(crate) use provided::{Offered, provided};

/// Why a name has no value.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Evaluation ends.
    Stop(Stop),
    /// The reference is wrong.
    Error(Box<Diagnostic>),
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Fault {
        Fault::Stop(stop)
    }
}

impl From<Diagnostic> for Fault {
    fn from(error: Diagnostic) -> Fault {
        Fault::Error(Box::new(error))
    }
}

/// Gives values to names.
pub(crate) trait Resolve {
    /// The value of a reference whose key, if it has one, is evaluated.
    fn resolve(&mut self, reference: &Reference, key: Option<Value>, span: Span) -> Result<Value, Fault>;

    /// The reference as it is written.
    fn name(&self, reference: &Reference) -> String;

    /// What functions may ask.
    fn world(&self) -> Option<&dyn World>;

    /// Whether functions that give another result each time are put off.
    fn pure_only(&self) -> bool;

    /// The function that a name of a provider's function stands for, and what offers it.
    fn provided(&self, name: &str, span: Span) -> Result<Offered<'_>, Box<Diagnostic>> {
        let detail =
            format!("\"{name}\" is a function of a provider, which cannot be called before there are providers.");
        Err(Box::new(Diagnostic::error("Provider function in static context", detail).at(span)))
    }

    /// How many templates are being rendered within each other.
    fn template_depth(&self) -> u32 {
        0
    }

    /// The proof that something invalid has been reported, for expressions that contain it.
    fn reported(&self) -> Option<Reported>;
}

/// Evaluates expressions of one list.
pub(crate) struct Eval<'x, 'r> {
    exprs: &'x Exprs,
    names: &'r mut dyn Resolve,
    /// Values of bound names, outermost first.
    pub bound: Vec<Value>,
    /// What went wrong so far.
    pub errors: Vec<Diagnostic>,
    /// What is worth a look.
    pub warnings: Vec<Diagnostic>,
    /// Whether it is unknown if what is evaluated is there at all.
    pub perhaps: bool,
    /// Whether errors will be thrown away, so that they need no explanation.
    quiet: bool,
}

impl<'x, 'r> Eval<'x, 'r> {
    pub(crate) fn new(exprs: &'x Exprs, names: &'r mut dyn Resolve) -> Eval<'x, 'r> {
        Eval { exprs, names, bound: Vec::new(), errors: Vec::new(), warnings: Vec::new(), perhaps: false, quiet: false }
    }

    /// The value of an expression; errors are added to `errors`.
    pub(crate) fn value(&mut self, id: ExprId) -> Result<Value, Stop> {
        stacker::maybe_grow(96 * 1024, 1024 * 1024, || self.node(id))
    }

    fn node(&mut self, id: ExprId) -> Result<Value, Stop> {
        let exprs = self.exprs;
        match exprs.node(id) {
            Node::Literal(value) => Ok(value.clone()),
            Node::Template(parts) => self.template(id, parts),
            Node::Reference(reference) => self.reference(id, reference),
            Node::GetAttr { base, name, .. } => {
                let value = self.value(*base)?;
                let result = access::attr(&value, name).map_err(|error| self.of_null(*base, &value, error));
                Ok(self.or_error(id, result))
            }
            Node::Index { base, key } => {
                let value = self.value(*base)?;
                let key = self.value(*key)?;
                Ok(self.or_error(id, access::index(&value, &key)))
            }
            Node::Splat { source, slot, each } => self.splat(*source, *slot, *each),
            Node::Tuple(items) => Ok(Value::tuple(self.values(items)?)),
            Node::Object(items) => self.object(items),
            Node::For(f) => self.for_expr(id, f),
            Node::Unary(op, operand) => self.unary(id, *op, *operand),
            Node::Binary(op, lhs, rhs) => self.binary(id, *op, *lhs, *rhs),
            Node::Conditional { cond, then, else_ } => self.conditional(id, *cond, *then, *else_),
            Node::Call(call) => self.call(id, call),
            Node::Wrapped(inner) => self.value(*inner),
            Node::Wrong(errors) => {
                self.errors.extend(errors.iter().cloned());
                Ok(Value::dynamic())
            }
            Node::Invalid => match self.names.reported() {
                Some(reported) => Err(Stop::Failed(reported)),
                None => Ok(Value::dynamic()),
            },
        }
    }

    fn values(&mut self, ids: &[ExprId]) -> Result<Vec<Value>, Stop> {
        ids.iter().map(|id| self.value(*id)).collect()
    }

    fn reference(&mut self, id: ExprId, reference: &Reference) -> Result<Value, Stop> {
        let key = match reference {
            Reference::Bound { slot, .. } => {
                return Ok(self.bound.get(*slot as usize).cloned().unwrap_or_else(Value::dynamic));
            }
            Reference::Resource { key, .. } | Reference::Module { key, .. } => *key,
            _ => None,
        };
        let key = key.map(|key| self.value(key)).transpose()?;
        match self.names.resolve(reference, key, self.exprs.span(id)) {
            Ok(value) => Ok(value),
            Err(Fault::Stop(stop)) => Err(stop),
            Err(Fault::Error(error)) => Ok(self.error(id, *error)),
        }
    }

    /// Adds an error, explained by the values in `id`; the result stands for the value that could not be had.
    fn error(&mut self, id: ExprId, error: Diagnostic) -> Value {
        let error = if error.span.is_none() { error.at(self.exprs.span(id)) } else { error };
        let error = if self.quiet { error } else { self.explained(id, error) };
        self.errors.push(error);
        Value::dynamic()
    }

    fn or_error(&mut self, id: ExprId, result: Result<Value, Diagnostic>) -> Value {
        result.unwrap_or_else(|error| {
            let error = match self.exprs.node(id) {
                Node::GetAttr { base, .. } | Node::Index { base, .. } => error.at(self.step(*base, id)),
                _ => error,
            };
            self.error(id, error)
        })
    }

    /// The error with what is known of why a resource or module is null.
    fn of_null(&self, base: ExprId, value: &Value, error: Diagnostic) -> Diagnostic {
        let (true, Node::Reference(Reference::Resource { .. } | Reference::Module { .. })) =
            (value.is_null(), self.exprs.node(base))
        else {
            return error;
        };
        let Some(name) = self.written(base) else { return error };
        error.hint(format!(
            "{name} is null because its lifecycle argument \"enabled\" is false. Say what is to be used instead with \
             try(…), or test {name} != null."
        ))
    }

    /// The last step of an expression: what follows its base.
    fn step(&self, base: ExprId, id: ExprId) -> Span {
        let (base, whole) = (self.exprs.span(base), self.exprs.span(id));
        if base.end < whole.end { Span { start: base.end, ..whole } } else { whole }
    }

    /// The error with the values of the references in `id`.
    pub(crate) fn explained(&mut self, id: ExprId, mut error: Diagnostic) -> Diagnostic {
        let was_quiet = std::mem::replace(&mut self.quiet, true);
        let already = self.errors.len();
        let mut parts = Vec::new();
        traversals(self.exprs, id, self.bound.len() as u32, &mut parts);
        for part in parts {
            self.explain(part, already, &mut error);
        }
        error.values.sort();
        self.quiet = was_quiet;
        error
    }

    /// Adds what a reference is, or as much of its beginning as has a value.
    fn explain(&mut self, mut part: ExprId, already: usize, error: &mut Diagnostic) {
        loop {
            let value = self.value(part);
            let failed = self.errors.len() > already;
            self.errors.truncate(already);
            match (value, self.exprs.node(part)) {
                (Ok(_), Node::GetAttr { base, .. } | Node::Index { base, .. }) if failed => part = *base,
                (Ok(value), _) if !failed => {
                    let Some(name) = self.written(part) else { return };
                    let new = !error.values.iter().any(|(known, _)| *known == name);
                    if let Some(statement) = describe(&value, error.cause).filter(|_| new) {
                        error.values.push((name, statement));
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    /// A reference with constant steps as it is written; `None` for all else and for names that cannot be written.
    pub(crate) fn written(&self, id: ExprId) -> Option<String> {
        match self.exprs.node(id) {
            Node::Reference(Reference::Bound { name, .. }) => (!name.is_empty()).then(|| name.to_string()),
            Node::Reference(reference) => {
                let key = match reference {
                    Reference::Resource { key: Some(key), .. } | Reference::Module { key: Some(key), .. } => {
                        self.constant_key(*key)?
                    }
                    _ => String::new(),
                };
                let name = self.names.name(reference);
                match reference {
                    Reference::Module { output: Some(output), .. } => Some(format!("{name}{key}.{output}")),
                    _ => Some(format!("{name}{key}")),
                }
            }
            Node::GetAttr { base, name, .. } => Some(format!("{}.{name}", self.written(*base)?)),
            Node::Index { base, key } => Some(format!("{}{}", self.written(*base)?, self.constant_key(*key)?)),
            _ => None,
        }
    }

    fn constant_key(&self, key: ExprId) -> Option<String> {
        match self.exprs.node(key) {
            Node::Literal(value) => match (value.as_str(), value.as_number()) {
                (Some(text), _) => Some(format!("[{}]", quoted(text))),
                (_, Some(number)) => Some(format!("[{number}]")),
                _ => None,
            },
            Node::Reference(Reference::EachKey) => Some("[each.key]".into()),
            Node::Reference(Reference::CountIndex) => Some("[count.index]".into()),
            Node::Reference(Reference::Bound { name, .. }) if !name.is_empty() => Some(format!("[{name}]")),
            _ => None,
        }
    }

    /// Where an expression stands.
    pub(crate) fn span(&self, id: ExprId) -> Span {
        self.exprs.span(id)
    }

    /// The value and the errors of an expression, the latter not yet added.
    fn attempt(&mut self, id: ExprId) -> Result<(Value, Vec<Diagnostic>), Stop> {
        let before = self.errors.len();
        let value = self.value(id)?;
        Ok((value, self.errors.split_off(before)))
    }

    /// Replaces the errors from the one numbered `from` on by those of the same work done with marked values: they were
    /// taken out of a collection that must not be shown, so that no error may say what they are.
    pub(crate) fn veil<T>(
        &mut self,
        from: usize,
        again: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<(), Stop> {
        if self.errors.len() == from {
            return Ok(());
        }
        let shown = self.errors.split_off(from);
        again(self)?;
        if self.errors.len() == from {
            let detail = "What is wrong cannot be shown, as it tells of a sensitive value.";
            for error in shown {
                let veiled = Diagnostic::error(error.summary, detail);
                self.errors.push(error.span.into_iter().fold(veiled, Diagnostic::at));
            }
        }
        Ok(())
    }

    fn quietly<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let was = std::mem::replace(&mut self.quiet, true);
        let result = f(self);
        self.quiet = was;
        result
    }
}

/// Names where there are none: in constants.
pub(crate) struct NoNames;

impl Resolve for NoNames {
    fn resolve(&mut self, _: &Reference, _: Option<Value>, span: Span) -> Result<Value, Fault> {
        Err(Diagnostic::error("Variables not allowed", "Variables may not be used here.").at(span).into())
    }

    fn name(&self, _: &Reference) -> String {
        String::new()
    }

    fn world(&self) -> Option<&dyn World> {
        None
    }

    fn pure_only(&self) -> bool {
        true
    }

    fn reported(&self) -> Option<Reported> {
        None
    }
}

/// The value of a constant expression, or what is wrong with it.
pub(crate) fn constant(exprs: &Exprs, id: ExprId) -> Result<Value, Vec<Diagnostic>> {
    let mut names = NoNames;
    let mut eval = Eval::new(exprs, &mut names);
    match eval.value(id) {
        Ok(value) if eval.errors.is_empty() => Ok(value),
        _ => Err(eval.errors),
    }
}

pub(crate) type Name = Arc<str>;
