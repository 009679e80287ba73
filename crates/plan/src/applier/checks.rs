//! Checks of what exists now: conditions that planning left open, and `check` blocks.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use terrane_address::{Instance, parse_instance};
use terrane_lang::Conditions;
use terrane_state::{CheckKind, CheckStatus, Snapshot};

use super::{Applier, Halt, Wait};
use crate::{Legs, Plan, PlanMode, checks};

/// Unchanged instances whose conditions planning left open: who reads them waits for these.
#[derive(Debug, Default)]
pub(super) struct Rechecks {
    ready: VecDeque<Instance>,
    parked: BTreeMap<Wait, Vec<Instance>>,
    /// Changed instances whose postconditions had to wait for something.
    late: Vec<Instance>,
}

impl Rechecks {
    pub fn of(plan: &Plan) -> Rechecks {
        let results = plan.refreshed.checks();
        let open = checks::open(&results, CheckKind::Resource);
        let changed = changed(plan);
        let instances = open.into_iter().filter_map(|address| parse_instance(address).ok());
        let has_object = |i: &Instance| plan.refreshed.object(i).is_some();
        let ready = instances.filter(|i| !changed.contains(i) && has_object(i)).collect();
        Rechecks { ready, ..Rechecks::default() }
    }

    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.ready.iter()
    }

    pub fn pop(&mut self) -> Option<Instance> {
        self.ready.pop_front()
    }

    pub fn wake(&mut self, wait: &Wait) {
        self.ready.extend(self.parked.remove(wait).unwrap_or_default());
    }
}

/// The instances that the plan makes, changes or reads.
fn changed(plan: &Plan) -> HashSet<&Instance> {
    let ups = plan.steps.iter().filter(|s| matches!(s.change.legs(), Legs::Up | Legs::Both));
    ups.map(|step| &step.instance).collect()
}

impl Applier<'_> {
    /// Checks the conditions of an unchanged instance, then gives its value to who waits for it.
    pub(super) fn recheck(&mut self, instance: Instance) {
        let value = self.known.stored(&instance);
        let result = self.attempt(|e, lookup, diags| {
            e.conditions(&instance, &Conditions::Pre, lookup, diags)?;
            e.conditions(&instance, &Conditions::Post { self_value: value.clone() }, lookup, diags)
        });
        match result {
            Ok(()) => self.give(&instance, Ok(value)),
            Err(Halt::Failed(reported)) => self.give(&instance, Err(reported)),
            Err(Halt::Wait(wait)) => self.rechecks.parked.entry(wait).or_default().push(instance),
        }
    }

    /// Leaves the postconditions of an instance for the end.
    pub(super) fn check_late(&mut self, instance: &Instance) {
        self.rechecks.late.push(instance.clone());
    }

    /// Checks what is left at the end, and brings the results in the state up to date.
    pub(super) fn finish_checks(&mut self) {
        let planned = self.plan.refreshed.checks();
        let results = match self.plan.options.mode {
            PlanMode::Normal => {
                self.last_checks(&planned.iter().map(|r| r.address.as_str()).collect());
                let found = self.evaluator.checked();
                let touched: BTreeSet<String> = changed(self.plan).into_iter().map(ToString::to_string).collect();
                let stays = |kind: CheckKind, address: &str| match kind {
                    CheckKind::Resource => !touched.contains(address),
                    CheckKind::Variable => true,
                    CheckKind::Output | CheckKind::Check => false,
                };
                checks::applied(planned, &found, &stays)
            }
            PlanMode::RefreshOnly | PlanMode::Destroy => planned,
        };
        self.state.set_checks(&results);
    }

    fn last_checks(&mut self, checked: &BTreeSet<&str>) {
        for instance in std::mem::take(&mut self.rechecks.late) {
            let Ok(self_value) = terrane_lang::Lookup::instance(&self.known, &instance) else { continue };
            let which = Conditions::Post { self_value };
            let _ = self.attempt(|e, lookup, diags| e.conditions(&instance, &which, lookup, diags));
        }
        if self.plan.options.is_limited() {
            return;
        }
        for module in &self.program.modules {
            self.open_variables(module);
            let prefix = if module.path.is_root() { String::new() } else { format!("{}.", module.path) };
            for (place, check) in module.contents.checks.iter().enumerate() {
                if checked.contains(format!("{prefix}check.{}", check.name).as_str()) {
                    let _ = self.attempt(|e, lookup, diags| e.check(module.id, place, lookup, diags));
                }
            }
        }
    }

    /// Validates variables whose validations planning left open.
    fn open_variables(&mut self, module: &terrane_lang::ModuleDecl) {
        let open = |snapshot: &Snapshot| {
            let results = snapshot.checks();
            results.iter().any(|r| r.kind == CheckKind::Variable && r.status == CheckStatus::Unknown)
        };
        if module.contents.variables.iter().all(|v| v.validations.is_empty()) || !open(&self.plan.refreshed) {
            return;
        }
        let instances = self.attempt(|e, lookup, diags| e.module_instances(module.id, lookup, diags));
        for instance in instances.unwrap_or_default() {
            let _ = self.attempt(|e, lookup, diags| e.variables(&instance, lookup, diags));
        }
    }
}
