//! From syntax trees to expressions with their names resolved.

use std::collections::HashMap;
use std::sync::Arc;

use terrane_address::{Mode, Resource};
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_syntax as syn;
use terrane_value::{Number, Type, Value};

use crate::functions;
use crate::ir::{Call, Callee, ExprId, Exprs, For, Node, Part, Reference};
use crate::program::{Declared, Keys};
use crate::suggest::{Suggest, article};

mod chain;

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

    pub(crate) fn expr(&mut self, expr: &syn::Expr) -> ExprId {
        // Parsing has limited the depth; the stack grows where the thread's own is small.
        stacker::maybe_grow(96 * 1024, 1024 * 1024, || {
            let node = self.node(expr);
            self.exprs.add(node, expr.span)
        })
    }

    fn node(&mut self, expr: &syn::Expr) -> Node {
        use syn::ExprKind as K;
        match &expr.kind {
            K::Literal(literal) => self.literal(literal, expr.span),
            K::Template(parts) => self.template(parts),
            K::TemplateWrap(inner) | K::Parens(inner) => Node::Wrapped(self.expr(inner)),
            K::Variable(_) | K::GetAttr { .. } | K::Index { .. } => self.chain(expr),
            K::Splat { base, each, .. } => self.splat(base, each, expr.span),
            K::Tuple(items) => Node::Tuple(self.exprs_of(items)),
            K::Object(items) => Node::Object(items.iter().map(|item| self.object_item(item)).collect()),
            K::ForTuple(f) => self.for_tuple(f),
            K::ForObject(f) => self.for_object(f),
            K::Unary { op, operand } => Node::Unary(*op, self.expr(operand)),
            K::Binary { op, lhs, rhs, .. } => {
                let lhs = self.expr(lhs);
                Node::Binary(*op, lhs, self.expr(rhs))
            }
            K::Conditional { cond, then, else_ } => {
                let cond = self.expr(cond);
                let then = self.expr(then);
                Node::Conditional { cond, then, else_: self.expr(else_) }
            }
            K::Call { name, name_span, args, expand_last } => {
                self.call(name, *name_span, args, *expand_last, expr.span)
            }
        }
    }

    fn exprs_of(&mut self, exprs: &[syn::Expr]) -> Box<[ExprId]> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn literal(&mut self, literal: &syn::Literal, span: Span) -> Node {
        Node::Literal(match literal {
            syn::Literal::Null => Value::null(Type::Any),
            syn::Literal::Bool(b) => Value::from(*b),
            syn::Literal::String(s) => Value::string(s.clone()),
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

    fn template(&mut self, parts: &[syn::Part]) -> Node {
        Node::Template(parts.iter().map(|part| self.part(part)).collect())
    }

    fn part(&mut self, part: &syn::Part) -> Part {
        match part {
            syn::Part::Literal(text) => Part::Text(text.clone()),
            syn::Part::Interpolation(expr) => Part::Value(self.expr(expr)),
            syn::Part::If { cond, then, else_, span } => {
                let cond = self.expr(cond);
                let then = self.sub_template(then, *span);
                Part::If { cond, then, else_: self.sub_template(else_, *span) }
            }
            syn::Part::For { key, value, collection, body, span } => {
                let collection = self.expr(collection);
                let slot = self.bind(key.as_ref(), value);
                let result = self.sub_template(body, *span);
                self.unbind(slot);
                let node = For { collection, slot, key_result: None, result, cond: None, grouping: false };
                Part::For(self.exprs.add(Node::For(Box::new(node)), *span))
            }
        }
    }

    fn sub_template(&mut self, parts: &[syn::Part], span: Span) -> ExprId {
        stacker::maybe_grow(96 * 1024, 1024 * 1024, || {
            let node = self.template(parts);
            self.exprs.add(node, span)
        })
    }

    /// Binds the two names of a `for`; an absent key is bound to a name that cannot be written.
    fn bind(&mut self, key: Option<&syn::Ident>, value: &syn::Ident) -> u32 {
        let slot = self.bound.len();
        self.bound.push(key.map_or_else(|| Arc::from(""), |k| k.text.clone()));
        self.bound.push(value.text.clone());
        slot as u32
    }

    fn unbind(&mut self, slot: u32) {
        self.bound.truncate(slot as usize);
    }

    fn for_tuple(&mut self, f: &syn::ForTuple) -> Node {
        let collection = self.expr(&f.collection);
        let slot = self.bind(f.key.as_ref(), &f.value);
        let result = self.expr(&f.result);
        let cond = f.cond.as_ref().map(|c| self.expr(c));
        self.unbind(slot);
        Node::For(Box::new(For { collection, slot, key_result: None, result, cond, grouping: false }))
    }

    fn for_object(&mut self, f: &syn::ForObject) -> Node {
        let collection = self.expr(&f.collection);
        let slot = self.bind(f.key.as_ref(), &f.value);
        let key_result = Some(self.expr(&f.key_result));
        let result = self.expr(&f.value_result);
        let cond = f.cond.as_ref().map(|c| self.expr(c));
        self.unbind(slot);
        Node::For(Box::new(For { collection, slot, key_result, result, cond, grouping: f.grouping }))
    }

    fn object_item(&mut self, item: &syn::ObjectItem) -> (ExprId, ExprId) {
        let key = match &item.key {
            syn::ObjectKey::Name(name) => self.exprs.add(Node::Literal(Value::string(name.text.clone())), name.span),
            syn::ObjectKey::Expr(expr) => self.object_key(expr),
        };
        (key, self.expr(&item.value))
    }

    fn object_key(&mut self, expr: &syn::Expr) -> ExprId {
        use syn::ExprKind as K;
        let is_path = matches!(expr.kind, K::GetAttr { .. } | K::Index { .. });
        if !is_path || !matches!(Chain::of(expr).root.kind, K::Variable(_)) {
            return self.expr(expr);
        }
        let error = Diagnostic::error(
            "Ambiguous attribute key",
            "A reference as a key must be in parentheses; a name with dots in it must be in quotes.",
        );
        let node = self.invalid(error.at(expr.span));
        self.exprs.add(node, expr.span)
    }

    fn splat(&mut self, base: &syn::Expr, each: &[syn::Access], span: Span) -> Node {
        let source = self.expr(base);
        self.splat_of(source, each, span)
    }

    fn splat_of(&mut self, source: ExprId, each: &[syn::Access], span: Span) -> Node {
        let slot = self.bound.len() as u32;
        self.bound.push(Arc::from(""));
        let element = self.exprs.add(Node::Reference(Reference::Bound { slot, name: Arc::from("") }), span);
        let each = each.iter().fold(element, |base, access| self.access(base, access, span));
        self.unbind(slot);
        Node::Splat { source, slot, each }
    }

    fn access(&mut self, base: ExprId, access: &syn::Access, span: Span) -> ExprId {
        let (node, at) = match access {
            syn::Access::Attr(name) => {
                (Node::GetAttr { base, name: name.text.clone(), name_span: name.span }, name.span)
            }
            syn::Access::Index { key, span, .. } => (Node::Index { base, key: self.expr(key) }, *span),
            syn::Access::Splat { each, span, .. } => (self.splat_of(base, each, *span), *span),
        };
        self.exprs.add(node, if at.file == span.file { at } else { span })
    }

    fn call(&mut self, name: &Arc<str>, name_span: Span, args: &[syn::Expr], expand_last: bool, span: Span) -> Node {
        let callee = match self.callee(name, name_span) {
            Ok(callee) => callee,
            Err(error) => {
                self.exprs_of(args);
                return self.invalid(error);
            }
        };
        let args = self.exprs_of(args);
        if let Err(error) = self.count_args(name, callee, &args, expand_last, span) {
            return self.invalid(error);
        }
        Node::Call(Box::new(Call { name: name.clone(), name_span, callee, args, expand_last }))
    }

    fn callee(&self, name: &str, at: Span) -> Result<Callee, Diagnostic> {
        if self.place == Place::Constant {
            return Err(Diagnostic::error("Function calls not allowed", "Functions may not be called here.").at(at));
        }
        let local = name.strip_prefix("core::").unwrap_or(name);
        match local {
            "try" => Ok(Callee::Try),
            "can" => Ok(Callee::Can),
            "templatefile" => Ok(Callee::TemplateFile),
            "templatestring" => Ok(Callee::TemplateString),
            "type" if self.place == Place::Console => Ok(Callee::TypeOf),
            _ => functions::find(name).map(Callee::Function).ok_or_else(|| no_function(name, at)),
        }
    }

    fn count_args(
        &self,
        name: &str,
        callee: Callee,
        args: &[ExprId],
        expand: bool,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let (names, variadic): (Vec<&str>, bool) = match callee {
            Callee::Function(f) => (f.params.iter().map(|p| p.name).collect(), f.variadic.is_some()),
            Callee::Try => (vec!["expressions"], true),
            Callee::Can => (vec!["expression"], false),
            Callee::TemplateFile => (vec!["path", "vars"], false),
            Callee::TemplateString => (vec!["template", "vars"], false),
            Callee::TypeOf => (vec!["value"], false),
        };
        let given = if expand { args.len() - 1 } else { args.len() };
        if given > names.len() && !variadic {
            let detail = format!("Function \"{name}\" expects only {} argument(s).", names.len());
            let extra = args.get(names.len()).map_or(span, |a| self.exprs.span(*a));
            return Err(Diagnostic::error("Too many function arguments", detail).at(extra));
        }
        match names.get(given) {
            Some(missing) if !expand => {
                let least = if variadic { " at least" } else { "" };
                let detail = format!(
                    "Function \"{name}\" expects{least} {} argument(s). Missing value for \"{missing}\".",
                    names.len()
                );
                Err(Diagnostic::error("Not enough function arguments", detail).at(span))
            }
            _ => Ok(()),
        }
    }

    /// A reference, or steps into something else.
    fn chain(&mut self, expr: &syn::Expr) -> Node {
        let chain = Chain::of(expr);
        let (mut node, used) = match &chain.root.kind {
            syn::ExprKind::Variable(name) => match self.root(name, &chain) {
                Ok(found) => found,
                Err(error) => {
                    self.keys_of(&chain.steps);
                    return self.invalid(error);
                }
            },
            _ => (self.node(chain.root), 0),
        };
        let mut span = if used == 0 { chain.root.span } else { chain.steps[used - 1].span() };
        for step in &chain.steps[used..] {
            let base = self.exprs.add(node, span);
            node = match step {
                Step::Attr { name, .. } => Node::GetAttr { base, name: name.text.clone(), name_span: name.span },
                Step::Index { key, .. } => Node::Index { base, key: self.expr(key) },
            };
            span = step.span();
        }
        node
    }

    /// Lowers the keys of steps whose root is wrong, to find what else is.
    fn keys_of(&mut self, steps: &[Step<'_>]) {
        for step in steps {
            if let Step::Index { key, .. } = step {
                self.expr(key);
            }
        }
    }

    /// The reference a chain begins with and the number of its steps that belong to it.
    fn root(&mut self, name: &Arc<str>, chain: &Chain<'_>) -> Result<(Node, usize), Diagnostic> {
        if let Some(slot) = self.bound.iter().rposition(|bound| bound == name) {
            let bound = Reference::Bound { slot: slot as u32, name: name.clone() };
            return Ok((Node::Reference(bound), 0));
        }
        let span = chain.span_of(1);
        match self.place {
            Place::Constant => {
                Err(Diagnostic::error("Variables not allowed", "Variables may not be used here.").at(span))
            }
            Place::Template => {
                let detail = format!("The template is not called with a variable named \"{name}\".");
                let names: Vec<Arc<str>> = self.bound.clone();
                let error = Diagnostic::error("Invalid template variable", detail).at(chain.root.span);
                Err(error.suggest(name, names.iter().map(|n| &**n)))
            }
            Place::Module { .. } | Place::Console => {
                let (reference, used) = self.reference(name, chain)?;
                Ok((Node::Reference(reference), used))
            }
        }
    }

    fn reference(&mut self, name: &str, chain: &Chain<'_>) -> Result<(Reference, usize), Diagnostic> {
        match name {
            "var" => {
                let attr = chain.attr("var")?;
                let names = &self.declared.names.variables;
                let found = names.get(&attr.text).copied();
                found.map(|id| (Reference::Variable(id), 1)).ok_or_else(|| no_variable(attr, names, chain.span_of(1)))
            }
            "local" => {
                let attr = chain.attr("local")?;
                let names = &self.declared.names.locals;
                let found = names.get(&attr.text).copied();
                found.map(|id| (Reference::Local(id), 1)).ok_or_else(|| {
                    let detail = format!("A local value with the name \"{}\" has not been declared.", attr.text);
                    Diagnostic::error("Reference to undeclared local value", detail)
                        .at(chain.span_of(1))
                        .suggest(&attr.text, sorted(names.keys()))
                })
            }
            "module" => self.module(chain),
            "path" | "terraform" | "each" | "count" => self.fixed(name, chain),
            "self" => self.self_object(chain.root.span),
            "data" => self.resource(Mode::Data, chain, 0),
            "ephemeral" => self.resource(Mode::Ephemeral, chain, 0),
            "resource" => self.resource(Mode::Managed, chain, 0),
            _ => self.implied_resource(name, chain),
        }
    }

    fn self_object(&self, span: Span) -> Result<(Reference, usize), Diagnostic> {
        match self.place {
            Place::Module { self_object: true, .. } => Ok((Reference::SelfObject, 0)),
            _ => Err(Diagnostic::error(
                "Invalid \"self\" reference",
                "The \"self\" object is not available in this context. It is there only in provisioner and connection \
                 blocks and in postconditions of a resource.",
            )
            .at(span)),
        }
    }

    /// `path.…`, `terraform.…`, `each.…` and `count.…`
    fn fixed(&self, name: &str, chain: &Chain<'_>) -> Result<(Reference, usize), Diagnostic> {
        const ATTRS: &[(&str, &str, Reference)] = &[
            ("path", "module", Reference::PathModule),
            ("path", "root", Reference::PathRoot),
            ("path", "cwd", Reference::PathCwd),
            ("terraform", "workspace", Reference::Workspace),
            ("each", "key", Reference::EachKey),
            ("each", "value", Reference::EachValue),
            ("count", "index", Reference::CountIndex),
        ];
        let attr = chain.attr(name)?;
        let of_name = || ATTRS.iter().filter(|(root, ..)| *root == name);
        let Some((_, _, reference)) = of_name().find(|(_, a, _)| **a == *attr.text) else {
            let detail = format!("The \"{name}\" object has no attribute named \"{}\".", attr.text);
            let error = Diagnostic::error(format!("Invalid \"{name}\" attribute"), detail).at(attr.span);
            return Err(error.suggest(&attr.text, of_name().map(|(_, a, _)| *a)));
        };
        self.repetition(name, chain.span_of(1))?;
        Ok((reference.clone(), 1))
    }

    /// Checks that `each` and `count` stand where there are such.
    fn repetition(&self, name: &str, span: Span) -> Result<(), Diagnostic> {
        let keys = match self.place {
            Place::Module { keys, .. } => keys,
            _ => Keys::None,
        };
        match (name, keys) {
            ("each", Keys::ForEach) | ("count", Keys::Count) | ("path" | "terraform", _) => Ok(()),
            ("each", _) => Err(Diagnostic::error(
                "Reference to \"each\" in context without for_each",
                "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the \
                 \"for_each\" argument is set.",
            )
            .at(span)),
            _ => Err(Diagnostic::error(
                "Reference to \"count\" in non-counted context",
                "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, and only when \
                 the \"count\" argument is set.",
            )
            .at(span)),
        }
    }

    fn module(&mut self, chain: &Chain<'_>) -> Result<(Reference, usize), Diagnostic> {
        let attr = chain.attr("module")?;
        let names = &self.declared.names.calls;
        let Some(call) = names.get(&attr.text).copied() else {
            let detail = format!("No module call named \"{}\" is declared in this module.", attr.text);
            let error = Diagnostic::error("Reference to undeclared module", detail).at(chain.span_of(1));
            return Err(error.suggest(&attr.text, sorted(names.keys())));
        };
        let keys = self.declared.call_keys.get(call.index()).copied().unwrap_or(Keys::None);
        let address = format!("module.{}", attr.text);
        let (key, used) = self.key(&address, "module", keys, chain, 1)?;
        let output = match chain.steps.get(used) {
            Some(Step::Attr { name, .. }) => Some(name.text.clone()),
            _ => None,
        };
        let used = used + usize::from(output.is_some());
        Ok((Reference::Module { call, key, output }, used))
    }

    fn implied_resource(&mut self, ty: &str, chain: &Chain<'_>) -> Result<(Reference, usize), Diagnostic> {
        let Some(Step::Attr { name, .. }) = chain.steps.first() else {
            let error = Diagnostic::error(
                "Invalid reference",
                "A reference to a resource type must be followed by at least one attribute access, specifying the \
                 resource name.",
            );
            let roots = ["var", "local", "module", "data", "path", "each", "count", "self", "terraform"];
            let bound: Vec<Arc<str>> = self.bound.clone();
            let names = roots.into_iter().chain(bound.iter().map(|b| &**b));
            return Err(error.at(chain.root.span).suggest(ty, names));
        };
        let resource = Resource::managed(ty, name.text.clone());
        self.found(resource, chain, 1)
    }

    /// A resource whose type and name are the steps from `at`.
    fn resource(&mut self, mode: Mode, chain: &Chain<'_>, at: usize) -> Result<(Reference, usize), Diagnostic> {
        let (Some(Step::Attr { name: ty, .. }), Some(Step::Attr { name, .. })) =
            (chain.steps.get(at), chain.steps.get(at + 1))
        else {
            let what = match mode {
                Mode::Data => "data",
                Mode::Ephemeral => "ephemeral",
                Mode::Managed => "resource",
            };
            let detail = format!(
                "The \"{what}\" object must be followed by two attribute names: the resource type and the resource name."
            );
            return Err(Diagnostic::error("Invalid reference", detail).at(chain.root.span));
        };
        let resource = Resource { mode, ty: ty.text.clone(), name: name.text.clone() };
        self.found(resource, chain, at + 2)
    }

    fn found(&mut self, resource: Resource, chain: &Chain<'_>, used: usize) -> Result<(Reference, usize), Diagnostic> {
        let Some(id) = self.declared.names.resources.get(&resource).copied() else {
            return Err(self.no_resource(&resource, chain.span_of(used)));
        };
        let keys = self.declared.resource_keys.get(id.index()).copied().unwrap_or(Keys::None);
        let (key, used) = self.key(&resource.to_string(), "resource", keys, chain, used)?;
        Ok((Reference::Resource { resource: id, key }, used))
    }

    /// The key in brackets after a resource or module, if the block is repeated.
    fn key(
        &mut self,
        address: &str,
        what: &str,
        keys: Keys,
        chain: &Chain<'_>,
        used: usize,
    ) -> Result<(Option<ExprId>, usize), Diagnostic> {
        match (chain.steps.get(used), keys) {
            (Some(Step::Index { .. }), Keys::None) => Err(Diagnostic::error(
                format!("Unexpected {what} instance key"),
                format!(
                    "Because {address} does not have \"count\" or \"for_each\" set, references to it must not include \
                     an index key. Remove the bracketed index to refer to the single instance of this {what}."
                ),
            )
            .at(chain.span_of(used + 1))),
            (Some(Step::Index { key, .. }), _) => Ok((Some(self.expr(key)), used + 1)),
            (Some(Step::Attr { .. }), Keys::Count | Keys::ForEach) => {
                Err(missing_key(address, what, keys, chain, used))
            }
            _ => Ok((None, used)),
        }
    }

    fn no_resource(&self, resource: &Resource, span: Span) -> Diagnostic {
        let kind = match resource.mode {
            Mode::Managed => "managed resource",
            Mode::Data => "data resource",
            Mode::Ephemeral => "ephemeral resource",
        };
        let Resource { mode, ty, name } = resource;
        let detail =
            format!("{} {kind} \"{ty}\" \"{name}\" has not been declared in this module.", capital(article(kind)));
        let error = Diagnostic::error("Reference to undeclared resource", detail).at(span);
        let names = &self.declared.names.resources;
        let other = if *mode == Mode::Managed { Mode::Data } else { Mode::Managed };
        let other = Resource { mode: other, ty: ty.clone(), name: name.clone() };
        if names.contains_key(&other) {
            return error.hint(format!("Did you mean {other}?"));
        }
        let mut known: Vec<String> = names.keys().map(Resource::to_string).collect();
        known.sort();
        let bound: Vec<String> = self.bound.iter().map(|b| format!("{b}.{name}")).collect();
        let roots = ["var", "local", "data", "module", "each", "count", "path"].map(|r| format!("{r}.{name}"));
        let all = known.iter().chain(&bound).chain(&roots).map(String::as_str);
        match crate::suggest::nearest(&resource.to_string(), all) {
            Some(near) => error.hint(format!("Did you mean {near}?")),
            None => error,
        }
    }
}

fn missing_key(address: &str, what: &str, keys: Keys, chain: &Chain<'_>, used: usize) -> Diagnostic {
    let (argument, example) = match keys {
        Keys::Count => ("count", "count.index"),
        _ => ("for_each", "each.key"),
    };
    let detail = format!(
        "Because {address} has \"{argument}\" set, its attributes must be accessed on specific instances.\n\nFor example, to \
         correlate with indices of a referring resource, use:\n    {address}[{example}]"
    );
    Diagnostic::error(format!("Missing {what} instance key"), detail).at(chain.span_of(used + 1))
}

fn no_variable(attr: &syn::Ident, names: &HashMap<Arc<str>, crate::VariableId>, span: Span) -> Diagnostic {
    let detail = format!("An input variable with the name \"{}\" has not been declared.", attr.text);
    let error = Diagnostic::error("Reference to undeclared input variable", detail).at(span);
    match crate::suggest::nearest(&attr.text, sorted(names.keys())) {
        Some(near) => error.hint(format!("Did you mean \"{near}\"?")),
        None => error.hint(format!("This variable can be declared with a variable \"{}\" {{}} block.", attr.text)),
    }
}

fn no_function(name: &str, at: Span) -> Diagnostic {
    let error = match name.rsplit_once("::") {
        Some((namespace, _)) if namespace != "core" => Diagnostic::error(
            "Call to unknown function",
            format!("There are no functions in namespace \"{namespace}::\"."),
        ),
        _ => Diagnostic::error("Call to unknown function", format!("There is no function named \"{name}\".")),
    };
    error.at(at).suggest(name, functions::names())
}

fn sorted<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<&'n str> {
    let mut names: Vec<&str> = names.map(|n| &**n).collect();
    names.sort_unstable();
    names
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
