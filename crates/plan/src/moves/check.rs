//! What is wrong with `moved` blocks.

use std::collections::BTreeMap;

use terrane_address::{Instance, Module, ModuleInstance};
use terrane_source::{Diagnostic, Diagnostics, Span};

use super::{Endpoint, Moves, Statement};
use crate::PlanOptions;

/// What configuration declares now, as far as it is known.
pub(crate) trait Declared {
    /// The expansions of a module; none if they are not known.
    fn instances(&mut self, module: &Module) -> Vec<ModuleInstance>;

    /// Where something is declared; `None` if it is not.
    fn span(&mut self, address: &Endpoint) -> Option<Span>;
}

/// Reports what is wrong with the statements, now that it is known what is declared.
pub(crate) fn check(moves: &Moves, declared: &mut impl Declared, diags: &mut Diagnostics) {
    let mut found = Found::default();
    for statement in &moves.stated {
        for module in declared.instances(&statement.module) {
            let (from, to) = (statement.from.inside(&module), statement.to.inside(&module));
            found.statement(statement, from, to, declared);
        }
    }
    if found.errors.is_empty() && !moves.cycle.is_empty() {
        found.errors.push(cycle(moves));
    }
    for error in found.errors {
        diags.error(error);
    }
}

#[derive(Default)]
struct Found {
    by_from: BTreeMap<Endpoint, (Endpoint, Span)>,
    by_to: BTreeMap<Endpoint, (Endpoint, Span)>,
    errors: Vec<Diagnostic>,
}

impl Found {
    fn statement(&mut self, statement: &Statement, from: Endpoint, to: Endpoint, declared: &mut impl Declared) {
        let span = statement.span;
        if from == to {
            let detail = format!("This block moves {from} to where it is already.");
            let error = Diagnostic::error("Redundant move statement", detail).at(span);
            self.errors.push(error.hint("Remove the block."));
            return;
        }
        if let Some(place) = declared.span(&from) {
            self.errors.push(still_declared(&from, &to, span, place));
        }
        let noun = from.noun();
        match self.by_from.get(&from) {
            Some((other, place)) if *other != to => {
                let detail = format!("This block moves {from} to {to}, but another one moves it to {other}.");
                self.errors.push(ambiguous(detail, span, *place, &format!("A {noun} can go to one address only.")));
            }
            Some(_) => {}
            None => drop(self.by_from.insert(from.clone(), (to.clone(), span))),
        }
        match self.by_to.get(&to) {
            Some((other, place)) if *other != from => {
                let detail = format!("This block moves {from} to {to}, but another one moves {other} there.");
                self.errors.push(ambiguous(detail, span, *place, &format!("A {noun} can come from one address only.")));
            }
            Some(_) => {}
            None => drop(self.by_to.insert(to, (from, span))),
        }
    }
}

fn ambiguous(detail: String, span: Span, other: Span, rule: &str) -> Diagnostic {
    Diagnostic::error("Ambiguous move statements", detail).at(span).note_at(other, "the other block").hint(rule)
}

fn still_declared(from: &Endpoint, to: &Endpoint, span: Span, place: Span) -> Diagnostic {
    let detail = format!("This block says that {from} is now {to}, but that {} is still declared.", from.noun());
    Diagnostic::error("Moved object still exists", detail)
        .at(span)
        .note_at(place, "It is declared here")
        .hint(format!("Declare it as {to} instead, or remove the moved block if both are to exist."))
}

fn cycle(moves: &Moves) -> Diagnostic {
    let statements = moves.cycle.iter().filter_map(|place| moves.stated.get(*place));
    let texts: Vec<String> = statements.clone().map(|s| format!("{} → {}", s.from, s.to)).collect();
    let detail =
        format!("These moved blocks wait for each other, so that none can be the first: {}.", texts.join(", "));
    let mut error = Diagnostic::error("Cyclic dependency in move statements", detail);
    for (n, statement) in statements.enumerate() {
        error = match n {
            0 => error.at(statement.span),
            _ => error.note_at(statement.span, "and this one"),
        };
    }
    error.hint("A chain of moves has to end with the address that is declared now.")
}

/// The error if targets leave out an end of a rename: it would be done by half.
pub(crate) fn excluded(moves: &Moves, options: &PlanOptions) -> Option<Diagnostic> {
    let ends = moves.renamed.iter().flat_map(|(to, renamed)| [&renamed.from, to]);
    let mut missing: Vec<String> = ends.filter(|end| !options.selects(end)).map(target).collect();
    missing.sort();
    missing.dedup();
    if missing.is_empty() {
        return None;
    }
    let by_exclude = options.targets.is_empty();
    let detail = match by_exclude {
        true => {
            "Objects in the state have new addresses in the configuration, but the -exclude options leave out some of \
             these or of the former ones, so that the rest of the plan could not be right."
        }
        false => {
            "Objects in the state have new addresses in the configuration, but the -target options do not cover all of \
             these and of the former ones, so that the rest of the plan could not be right."
        }
    };
    let error = Diagnostic::error("Moved resource instances excluded by targeting", detail);
    if by_exclude {
        let hint = "Plan without -exclude, or apply first a plan of the moves alone, with -target.";
        return Some(error.hint(hint));
    }
    Some(error.hint(format!("Plan without -target, or add: {}", missing.join(" "))))
}

fn target(instance: &Instance) -> String {
    format!("-target='{}'", instance.resource)
}

/// The warning about objects that keep their old address.
pub(crate) fn blocked(moves: &Moves) -> Option<Diagnostic> {
    let texts = moves.blocked.iter().map(|(from, to)| format!("{from} could not move to {to}"));
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        return None;
    }
    let detail = format!(
        "Some objects keep the address they had, since there is another object under the new one: {}. They are planned \
         as what they are under the old address: usually they will be destroyed.",
        texts.join("; ")
    );
    let warning = Diagnostic::warning("Unresolved resource instance address changes", detail);
    Some(warning.hint("If both are to exist, remove the moved block and declare both."))
}
