//! Why a value is known only after apply, and what to do about it.

use std::collections::BTreeSet;

use terrane_address::Mode;
use terrane_source::{Diagnostic, Diagnostics};

use super::frame::{Run, Scope};
use super::memo::{At, Reads};
use crate::eval::traversals;
use crate::ir::{CallId, ExprId, LocalId, Reference, ResourceId, VariableId};
use crate::lookup::{Dep, Stop};
use crate::program::{Contents, Repeat};

/// Something that makes a value unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    /// What has to be applied first.
    pub dep: Dep,
    /// The part of it that is unknown, as it is written where it is read.
    pub text: String,
}

/// How many sources are told: more would hide the error itself.
const MOST: usize = 3;

/// What has been looked at.
#[derive(Default)]
struct Found {
    sources: BTreeSet<Source>,
    seen: BTreeSet<(u32, ExprId)>,
    /// Resources of which it was looked at what is read of them.
    resources: BTreeSet<(u32, ResourceId)>,
}

impl<'p> Run<'_, 'p> {
    /// What makes an expression unknown, of what was read for it.
    pub(super) fn sources(&mut self, scope: &Scope, expr: ExprId, reads: &Reads) -> Vec<Source> {
        let mut found = Found::default();
        // What goes wrong on the way has been reported where it belongs.
        let mut scratch = Diagnostics::new();
        let mut run = Run { ev: self.ev, lookup: self.lookup, diags: &mut scratch };
        run.trace(scope, expr, &mut found);
        for dep in run.ev.deps.list(reads) {
            let looked_at = found.resources.iter().any(|(at, id)| run.ev.abs(At(*at), *id) == *dep.resource());
            if !looked_at && run.is_unknown(&dep) {
                found.sources.insert(Source { text: name(&dep), dep });
            }
        }
        found.sources.into_iter().collect()
    }

    fn trace(&mut self, scope: &Scope, expr: ExprId, found: &mut Found) {
        if !found.seen.insert((scope.at.0, expr)) {
            return;
        }
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let mut chains = Vec::new();
        traversals(&contents.exprs, expr, 0, &mut chains);
        for chain in chains {
            let Some(reference) = super::origin::root(contents, chain) else { continue };
            if let Reference::Resource { resource, .. } = reference {
                found.resources.insert((scope.at.0, *resource));
            }
            if self.value(scope.clone(), chain).is_ok_and(|(value, _)| !value.is_wholly_known()) {
                self.trace_reference(scope, reference, chain, found);
            }
        }
    }

    fn trace_reference(&mut self, scope: &Scope, reference: &'p Reference, chain: ExprId, found: &mut Found) {
        match reference {
            Reference::Variable(id) => self.trace_variable(scope.at, *id, found),
            Reference::Local(id) => self.trace_local(scope.at, *id, found),
            Reference::Module { call, output, .. } => self.trace_module(scope.at, *call, output.as_deref(), found),
            Reference::Resource { .. } => self.trace_resource(scope, chain, found),
            _ => {}
        }
    }

    fn trace_local(&mut self, at: At, id: LocalId, found: &mut Found) {
        let expr = self.ev.state(at).contents.locals[id.index()].expr;
        self.trace(&Scope::module(at), expr, found);
    }

    fn trace_variable(&mut self, at: At, id: VariableId, found: &mut Found) {
        let name = self.ev.state(at).contents.variables[id.index()].name.clone();
        let Some((parent, call, key)) = self.ev.state(at).parent.clone() else { return };
        let outer: &'p Contents = self.ev.state(parent).contents;
        let Some(argument) = outer.calls[call.index()].arguments.iter().find(|a| a.name == name) else { return };
        let Ok(expanded) = self.call_expansion(parent, call) else { return };
        self.trace(&Scope { repetition: expanded.repetition(&key), ..Scope::module(parent) }, argument.expr, found);
    }

    fn trace_module(&mut self, at: At, call: CallId, output: Option<&str>, found: &mut Found) {
        for child in self.children(at, call).ok().flatten().unwrap_or_default() {
            let contents: &'p Contents = self.ev.state(child).contents;
            let read = contents.outputs.iter().filter(|o| output.is_none_or(|name| *o.name == *name));
            for expr in read.filter_map(|decl| decl.value) {
                self.trace(&Scope::module(child), expr, found);
            }
        }
    }

    fn trace_resource(&mut self, scope: &Scope, chain: ExprId, found: &mut Found) {
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let read = self.within(scope.clone(), &contents.exprs, |eval| {
            let text = eval.written(chain);
            eval.value(chain).map(|_| text)
        });
        let Ok((text, reads)) = read else { return };
        for dep in self.ev.deps.list(&reads) {
            if self.is_unknown(&dep) {
                let prefix = &self.ev.state(scope.at).instance;
                let prefix = if prefix.is_root() { String::new() } else { format!("{prefix}.") };
                let text = text.as_ref().map_or_else(|| name(&dep), |text| format!("{prefix}{text}"));
                found.sources.insert(Source { dep, text });
            }
        }
    }

    /// Whether anything about an object is known only after apply.
    fn is_unknown(&self, dep: &Dep) -> bool {
        match dep {
            Dep::Instance(instance) => self.lookup.instance(instance).is_ok_and(|value| !value.is_wholly_known()),
            Dep::Whole(_) => true,
        }
    }

    /// The error with what makes the expression unknown, and the commands that help; `rest` is what could be left for
    /// later instead.
    pub(super) fn with_sources(&mut self, sources: &[Source], rest: &str, mut error: Diagnostic) -> Diagnostic {
        for Source { dep, text } in sources.iter().take(MOST) {
            let done = match dep {
                Dep::Instance(instance) => self.lookup.becomes_known(instance),
                Dep::Whole(_) => "applied",
            };
            error.detail += &format!(" {text} is known only after {} is {done}.", name(dep));
        }
        let mut targets: Vec<String> = sources
            .iter()
            .filter(|source| source.dep.resource().resource.mode != Mode::Ephemeral)
            .map(|source| format!("-target={}", shell(&name(&source.dep))))
            .collect();
        targets.sort();
        targets.dedup();
        let later = format!("Or leave {rest}, and what depends on it, for a later plan: terrane apply -allow-deferral");
        match targets.is_empty() {
            true => error.hint(format!("Use only values that are in the configuration itself. {later}")),
            false => {
                error.hint(format!("First apply what makes it known: terrane apply {}\n{later}", targets.join(" ")))
            }
        }
    }

    /// What the number of instances of a resource waits for.
    pub(super) fn keys_because(&mut self, at: At, repeat: Repeat, reads: &Reads) -> Vec<Dep> {
        let Some((expr, _)) = repeat.argument() else { return Vec::new() };
        let mut deps: Vec<Dep> =
            self.sources(&Scope::module(at), expr, reads).into_iter().map(|source| source.dep).collect();
        deps.dedup();
        deps
    }

    pub(super) fn resource_because(&mut self, at: At, id: ResourceId) -> Result<Vec<Dep>, Stop> {
        let reads = self.resource_expansion(at, id)?.reads().clone();
        let repeat = self.ev.state(at).contents.resources[id.index()].repeat;
        Ok(self.keys_because(at, repeat, &reads))
    }

    pub(super) fn call_because(&mut self, at: At, call: CallId) -> Result<Vec<Dep>, Stop> {
        let reads = self.call_expansion(at, call)?.reads().clone();
        let repeat = self.ev.state(at).contents.calls[call.index()].repeat;
        Ok(self.keys_because(at, repeat, &reads))
    }
}

fn name(dep: &Dep) -> String {
    match dep {
        Dep::Instance(instance) => instance.to_string(),
        Dep::Whole(resource) => resource.to_string(),
    }
}

/// An address as a word of a shell's command line.
fn shell(address: &str) -> String {
    match address.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        true => address.to_owned(),
        false => format!("'{}'", address.replace('\'', "'\\''")),
    }
}
