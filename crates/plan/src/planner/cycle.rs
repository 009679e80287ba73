//! What to say when nothing can go on.

use std::collections::BTreeMap;

use petgraph::Graph;
use petgraph::algo::kosaraju_scc;
use terrane_address::AbsResource;
use terrane_lang::Dep;
use terrane_source::Diagnostic;

use super::Planner;
use super::left_out::LeftOut;
use super::queue::{Task, Wait};

impl Planner<'_> {
    /// Reports tasks that wait for each other.
    pub(super) fn report_stalled(&mut self) {
        let parked = self.queue.take_parked();
        let parked = self.without_left_out(parked);
        if parked.is_empty() || self.diags.has_errors() {
            return;
        }
        for cycle in cycles(&parked) {
            self.report_cycle(&cycle);
        }
        if !self.diags.has_errors() {
            let tasks: Vec<String> =
                parked.iter().filter_map(|(_, task)| resource_of(task)).map(|r| r.to_string()).collect();
            let detail =
                format!("These cannot be decided: {}. This is a bug in Terrane; please report it.", tasks.join(", "));
            self.diags.error(Diagnostic::error("Planning came to a halt", detail));
        }
    }

    /// The tasks that do not wait for what `-exclude` leaves out, directly or through others.
    fn without_left_out(&self, parked: Vec<(Wait, Task)>) -> Vec<(Wait, Task)> {
        if self.options.excludes.is_empty() {
            return parked;
        }
        let mut out = LeftOut::new(self.program, &self.options);
        let mut rest = parked;
        loop {
            let (left, stays): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(wait, _)| out.has(wait));
            if left.is_empty() {
                return stays;
            }
            left.iter().for_each(|(_, task)| out.add(task));
            rest = stays;
        }
    }

    fn report_cycle(&mut self, cycle: &[AbsResource]) {
        let names: Vec<String> = cycle.iter().map(ToString::to_string).collect();
        let detail =
            format!("Each of these needs a value of the next, the last one of the first: {}.", names.join(", "));
        let mut diagnostic = Diagnostic::error("Cycle", detail)
            .hint("Break the cycle by moving one of the references into a resource of its own.");
        for resource in cycle {
            let Some(decl) = self.program.resource(&resource.config()) else { continue };
            diagnostic = match diagnostic.span {
                None => diagnostic.at(decl.span),
                Some(_) => diagnostic.note_at(decl.span, format!("{resource} is declared here")),
            };
        }
        self.diags.error(diagnostic);
    }
}

/// Resources that wait for each other in a ring, each ring once.
fn cycles(parked: &[(Wait, Task)]) -> Vec<Vec<AbsResource>> {
    let mut graph = Graph::<AbsResource, ()>::new();
    let mut places = BTreeMap::new();
    for (wait, task) in parked {
        let (Some(from), Some(to)) = (resource_of(task), waited(wait)) else { continue };
        let [from, to] = [from, to].map(|r| *places.entry(r.clone()).or_insert_with(|| graph.add_node(r)));
        graph.update_edge(from, to, ());
    }
    let rings = kosaraju_scc(&graph).into_iter().filter(|scc| scc.len() > 1 || graph.contains_edge(scc[0], scc[0]));
    let mut rings: Vec<Vec<AbsResource>> = rings
        .map(|scc| {
            let mut names: Vec<AbsResource> = scc.into_iter().map(|n| graph[n].clone()).collect();
            names.sort();
            names
        })
        .collect();
    rings.sort();
    rings
}

fn resource_of(task: &Task) -> Option<AbsResource> {
    match task {
        Task::Expand { resource, .. } | Task::Import { to: resource, .. } => Some(resource.clone()),
        Task::Instance(instance) | Task::Post(instance) | Task::Guard(instance) => Some(instance.resource.clone()),
        Task::End { key, .. } => Some(key.0.resource.clone()),
        Task::Variables(_)
        | Task::Resource(..)
        | Task::Provider(_)
        | Task::Output(_)
        | Task::Outputs(_)
        | Task::Check(..) => None,
    }
}

fn waited(wait: &Wait) -> Option<AbsResource> {
    match wait {
        Wait::Dep(dep @ (Dep::Instance(_) | Dep::Whole(_))) => Some(dep.resource().clone()),
        Wait::Prior(key) => Some(key.0.resource.clone()),
        Wait::Provider(_) | Wait::Import(_) | Wait::Calm => None,
    }
}
