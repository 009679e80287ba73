//! What the names in expressions refer to.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::{Mode, Resource};
use terrane_source::{Diagnostic, Span};
use terrane_syntax as syn;

use super::{Chain, Lowerer, Place, Step};
use crate::ir::{ExprId, Node, Reference};
use crate::program::Keys;
use crate::suggest::{Suggest, article};

impl Lowerer<'_> {
    /// A reference, or steps into something else.
    pub(super) fn chain(&mut self, expr: syn::Expr) -> Node {
        let chain = Chain::of(expr);
        let (mut node, used) = match chain.root.kind() {
            syn::ExprKind::Variable(name) => match self.root(name, &chain) {
                Ok(found) => found,
                Err(error) => {
                    self.keys_of(&chain.steps);
                    return self.invalid(error);
                }
            },
            _ => (self.node(chain.root), 0),
        };
        let mut span = if used == 0 { chain.root.span() } else { chain.steps[used - 1].span() };
        for step in &chain.steps[used..] {
            let base = self.exprs.add(node, span);
            node = match step {
                Step::Attr { name, .. } => {
                    Node::GetAttr { base, name: self.exprs.name(name.text), name_span: name.span }
                }
                Step::Index { key, .. } => Node::Index { base, key: self.expr(*key) },
            };
            span = step.span();
        }
        node
    }

    /// Lowers the keys of steps whose root is wrong, to find what else is.
    fn keys_of(&mut self, steps: &[Step<'_>]) {
        for step in steps {
            if let Step::Index { key, .. } = step {
                self.expr(*key);
            }
        }
    }

    /// The reference a chain begins with and the number of its steps that belong to it.
    fn root(&mut self, name: &str, chain: &Chain<'_>) -> Result<(Node, usize), Diagnostic> {
        if let Some(slot) = self.bound.iter().rposition(|bound| **bound == *name) {
            let bound = Reference::Bound { slot: slot as u32, name: self.exprs.name(name) };
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
                let error = Diagnostic::error("Invalid template variable", detail).at(chain.root.span());
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
                let found = names.get(attr.text).copied();
                found.map(|id| (Reference::Variable(id), 1)).ok_or_else(|| no_variable(&attr, names, chain.span_of(1)))
            }
            "local" => {
                let attr = chain.attr("local")?;
                let names = &self.declared.names.locals;
                let found = names.get(attr.text).copied();
                found.map(|id| (Reference::Local(id), 1)).ok_or_else(|| {
                    let detail = format!("A local value with the name \"{}\" has not been declared.", attr.text);
                    Diagnostic::error("Reference to undeclared local value", detail)
                        .at(chain.span_of(1))
                        .suggest(attr.text, sorted(names.keys()))
                })
            }
            "module" => self.module(chain),
            "tofu" => self.fixed("terraform", chain),
            "path" | "terraform" | "each" | "count" => self.fixed(name, chain),
            "self" => self.self_object(chain.root.span()),
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
            ("terraform", "applying", Reference::Applying),
            ("terraform", "workspace", Reference::Workspace),
            ("each", "key", Reference::EachKey),
            ("each", "value", Reference::EachValue),
            ("count", "index", Reference::CountIndex),
        ];
        let attr = chain.attr(name)?;
        let of_name = || ATTRS.iter().filter(|(root, ..)| *root == name);
        let Some((_, _, reference)) = of_name().find(|(_, a, _)| **a == *attr.text) else {
            let detail = format!("The \"{name}\" object has no attribute named \"{}\".", attr.text);
            let span = chain.span_of(1);
            let error = Diagnostic::error(format!("Invalid \"{name}\" attribute"), detail).at(span);
            return Err(error.suggest(attr.text, of_name().map(|(_, a, _)| *a)));
        };
        self.repetition(name, attr.text, chain.span_of(1))?;
        Ok((reference.clone(), 1))
    }

    /// Checks that `each` and `count` stand where there are such.
    fn repetition(&self, name: &str, attr: &str, span: Span) -> Result<(), Diagnostic> {
        let keys = match self.place {
            Place::Module { keys, .. } => keys,
            _ => Keys::None,
        };
        match (name, keys) {
            ("each", Keys::ForEach) | ("count", Keys::Count) | ("path" | "terraform", _) => Ok(()),
            ("each", _) if attr == "value" => Err(Diagnostic::error(
                "each.value cannot be used in this context",
                "There is a value for each instance only where the \"for_each\" argument of the block is set.",
            )
            .at(span)),
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
        let Some(call) = names.get(attr.text).copied() else {
            let detail = format!("No module call named \"{}\" is declared in this module.", attr.text);
            let used = if matches!(chain.steps.get(1), Some(Step::Attr { .. })) { 2 } else { 1 };
            let error = Diagnostic::error("Reference to undeclared module", detail).at(chain.span_of(used));
            return Err(error.suggest(attr.text, sorted(names.keys())));
        };
        let keys = self.declared.call_keys.get(call.index()).copied().unwrap_or(Keys::None);
        let address = || format!("module.{}", attr.text);
        let (key, used) = self.key(address, "module", keys, chain, 1)?;
        let output = match chain.steps.get(used) {
            Some(Step::Attr { name, .. }) => Some(self.exprs.name(name.text)),
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
            return Err(error.at(chain.root.span()).suggest(ty, names));
        };
        let resource = Resource::managed(self.exprs.name(ty), self.exprs.name(name.text));
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
            return Err(Diagnostic::error("Invalid reference", detail).at(chain.root.span()));
        };
        let resource = Resource { mode, ty: self.exprs.name(ty.text), name: self.exprs.name(name.text) };
        self.found(resource, chain, at + 2)
    }

    fn found(&mut self, resource: Resource, chain: &Chain<'_>, used: usize) -> Result<(Reference, usize), Diagnostic> {
        let Some(id) = self.declared.names.resources.get(&resource).copied() else {
            return Err(self.no_resource(&resource, chain.span_of(used)));
        };
        let keys = self.declared.resource_keys.get(id.index()).copied().unwrap_or(Keys::None);
        let (key, used) = self.key(|| resource.to_string(), "resource", keys, chain, used)?;
        Ok((Reference::Resource { resource: id, key }, used))
    }

    /// The key in brackets after a resource or module, if the block is repeated.
    fn key(
        &mut self,
        address: impl Fn() -> String,
        what: &str,
        keys: Keys,
        chain: &Chain<'_>,
        used: usize,
    ) -> Result<(Option<ExprId>, usize), Diagnostic> {
        match (chain.steps.get(used), keys) {
            (Some(Step::Index { .. }), Keys::None) => Err(Diagnostic::error(
                format!("Unexpected {what} instance key"),
                format!(
                    "Because {} does not have \"count\" or \"for_each\" set, references to it must not include an index \
                     key. Remove the bracketed index to refer to the single instance of this {what}.",
                    address()
                ),
            )
            .at(chain.span_of(used + 1))),
            (Some(Step::Index { key, .. }), _) => Ok((Some(self.expr(*key)), used + 1)),
            (Some(Step::Attr { .. }), Keys::Count | Keys::ForEach) => {
                Err(missing_key(&address(), what, keys, chain, used))
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
    // Of a module the output is named, of a resource what has the instances.
    let shown = if what == "module" { used + 1 } else { used };
    Diagnostic::error(format!("Missing {what} instance key"), detail).at(chain.span_of(shown))
}

fn no_variable(attr: &syn::Ident, names: &FxHashMap<Arc<str>, crate::VariableId>, span: Span) -> Diagnostic {
    let detail = format!("An input variable with the name \"{}\" has not been declared.", attr.text);
    let error = Diagnostic::error("Reference to undeclared input variable", detail).at(span);
    match crate::suggest::nearest(attr.text, sorted(names.keys())) {
        Some(near) => error.hint(format!("Did you mean \"{near}\"?")),
        None => error.hint(format!("This variable can be declared with a variable \"{}\" {{}} block.", attr.text)),
    }
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
