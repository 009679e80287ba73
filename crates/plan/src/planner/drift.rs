//! Which changes made outside a plan's changes come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::ModuleInstance;
use terrane_lang::{Made, Program};

use crate::decide::differs;
use crate::{Drift, OutputChange, Step};

/// Notes for each change made outside which of its attributes the changes of a plan come from.
pub(super) fn weigh<'d>(
    program: &Program,
    steps: impl Iterator<Item = &'d Step>,
    outputs: &BTreeMap<Arc<str>, OutputChange>,
    drift: &mut [Drift],
) {
    if drift.is_empty() {
        return;
    }
    let changed = steps.filter(|step| !step.change.is_no_op()).map(|step| Made::Instance(&step.instance));
    let root = ModuleInstance::root();
    let outputs = outputs.iter().filter(|(_, change)| !change.is_no_op());
    let outputs = outputs.map(|(name, _)| Made::Output(&root, name));
    let contributors = program.contributors(changed.chain(outputs));
    for drift in drift.iter_mut().filter(|drift| drift.deposed.is_none()) {
        let of = contributors.iter().filter(|(instance, _)| *instance == drift.instance).map(|(_, path)| path);
        let matters = of.filter(|path| match &drift.after {
            Some(after) => differs(&drift.before.clone().unmark_deep().0, &after.clone().unmark_deep().0, path),
            None => true,
        });
        drift.relevant = matters.cloned().collect();
    }
}
