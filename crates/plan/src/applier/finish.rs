//! Where an apply begins and ends: what is refused, what came of the rest.

use std::collections::BTreeMap;

use terrane_address::Mode;
use terrane_lang::{EvaluatedOutput, Program};
use terrane_source::{Diagnostic, Diagnostics};

use super::{Applied, Applier, Halt, Outcome};
use crate::{Change, Op, Plan, Providers, Step, provision};

/// Refuses plans that cannot be applied to their end, naming everything that stands in the way.
pub(super) fn refuse(program: &Program, plan: &Plan, providers: &Providers) -> Result<(), Diagnostics> {
    let mut diags = Diagnostics::new();
    diags.extend(plan.refusal().map(Diagnostics::from).unwrap_or_default());
    let mut unsupported: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|s| !s.change.is_no_op() && !matches!(s.change, Change::Forget { .. })) {
        let ty = &step.instance.resource.resource.ty;
        let able = providers.get(&step.provider.provider).is_some_and(|p| match step.instance.resource.resource.mode {
            Mode::Managed => p.can_apply(ty),
            Mode::Data | Mode::Ephemeral => p.can_read(ty),
        });
        if !able {
            unsupported.entry(ty).or_default().push(step);
        }
    }
    for (ty, steps) in unsupported {
        let names: Vec<String> = steps.iter().map(|s| s.address()).collect();
        let detail = format!("Objects of type {ty} can be planned, but not yet be changed: {}.", names.join(", "));
        let hint = "Nothing has been changed. Leave these out, for example with -target, or manage them otherwise.";
        diags.error(Diagnostic::error(format!("Resource type {ty} cannot be applied yet"), detail).hint(hint));
    }
    for problem in plan.steps.iter().flat_map(|step| provision::unsupported(program, step)) {
        diags.error(problem);
    }
    if diags.has_errors() { Err(diags) } else { Ok(()) }
}

impl Applier<'_> {
    /// What came of it. Call it when nothing is left to ask.
    pub fn finish(mut self) -> Applied {
        self.report_stalled();
        for name in std::mem::take(&mut self.outputs) {
            if let Ok(output) = self.evaluated_output(&name) {
                self.store_output(&name, output);
            }
        }
        self.finish_checks();
        let mut outcomes = vec![Outcome::Done; self.plan.steps.len()];
        for (op, result) in self.plan.graph.ops().iter().zip(&self.results) {
            if let Op::Step { step, .. } = op {
                let outcome = &mut outcomes[*step as usize];
                *outcome = worse(*outcome, result.unwrap_or(Outcome::NotStarted));
            }
        }
        self.summary.import = self.plan.summary().import;
        self.diags.sort();
        Applied {
            snapshot: self.state,
            undone: self.undoing.finish(),
            stopped: self.stopped && outcomes.contains(&Outcome::NotStarted),
            outcomes,
            summary: self.summary,
            diagnostics: self.diags,
        }
    }

    fn report_stalled(&mut self) {
        let parked = std::mem::take(&mut self.parked);
        if self.stopped || self.diags.has_errors() || parked.is_empty() {
            return;
        }
        let ops = parked.values().flatten().filter_map(|op| self.step(*op));
        let names: Vec<String> = ops.map(|(_, _, step)| step.address()).collect();
        let detail = format!(
            "These wait for what the plan did not foresee: {}. This is a bug in Terrane; please report it.",
            names.join(", ")
        );
        self.diags.error(Diagnostic::error("Apply came to a halt", detail));
    }

    /// Brings the next output up to date, or has opened what it still needs; whether there is something to go on with.
    pub(super) fn next_output(&mut self) -> bool {
        let Some(name) = self.outputs.pop_front() else { return false };
        match self.evaluated_output(&name) {
            Ok(output) => self.store_output(&name, output),
            Err(Halt::Wait(_)) if self.ephemerals.has_ready() => self.outputs.push_front(name),
            Err(_) => {}
        }
        true
    }

    /// The value of an output; `None` if it is removed.
    fn evaluated_output(&mut self, name: &str) -> Result<Option<EvaluatedOutput>, Halt> {
        match self.plan.outputs.get(name).is_some_and(|change| change.after.is_some()) {
            true => self.attempt(|e, lookup, diags| e.output(name, lookup, diags)).map(Some),
            false => Ok(None),
        }
    }

    fn store_output(&mut self, name: &str, output: Option<EvaluatedOutput>) {
        let value = output.as_ref().map(|output| output.value.clone().unmark_deep().0);
        let Some((value, output)) = value.filter(|v| v.is_wholly_known() && !v.is_null()).zip(output) else {
            self.state.outputs.remove(name);
            return;
        };
        let ty = value.ty();
        if let Ok(json) = terrane_value::json::to_json(&value, &ty) {
            let output = terrane_state::OutputValue { json: json.into(), ty, sensitive: output.sensitive };
            self.state.outputs.insert(name.to_owned(), output);
        }
    }
}

/// A replacement is as good as the worse of its legs.
fn worse(a: Outcome, b: Outcome) -> Outcome {
    let rank = |o: Outcome| match o {
        Outcome::Done => 0,
        Outcome::NotStarted => 1,
        Outcome::Skipped(_) => 2,
        Outcome::Failed(_) => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}
