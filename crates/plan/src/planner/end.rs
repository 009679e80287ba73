//! Planning the end of objects.

use std::sync::Arc;

use super::queue::{End, Task};
use super::{Draft, Halt, ObjectKey, Planner};
use crate::{Change, ForgetReason, PlanMode, Step};

impl Planner<'_> {
    /// Plans that an object is deleted or forgotten, once it is known what it is now.
    pub(super) fn end(&mut self, key: &ObjectKey, end: End) -> Result<(), Halt> {
        let instance = &key.0;
        let Some(provider) = self.provider_for(instance) else { return Ok(()) };
        self.open(&provider)?;
        let prior = self.prior(key)?;
        let (Some(prior), Some(shape)) = (prior, self.shape(&provider, instance)) else {
            return self.gone(key);
        };
        let value = shape.mark(prior.object.value.clone().mark_at(&prior.marks));
        if key.1.is_none() && self.options.mode != PlanMode::Normal {
            self.give(instance, value.clone());
        }
        if self.options.mode == PlanMode::RefreshOnly {
            return Ok(());
        }
        let stored = self.refreshed.instance(instance).and_then(|state| match &key.1 {
            None => state.current.as_ref(),
            Some(deposed) => state.deposed.get(deposed),
        });
        let state = stored.map(|o| o.dependencies.clone()).unwrap_or_default();
        let create_before_destroy = stored.is_some_and(|o| o.create_before_destroy);
        let skip_destroy = stored.is_some_and(|o| o.skip_destroy);
        let kept = match end {
            End::Delete(_) => self.is_kept(key, skip_destroy)?,
            End::Forget => Some(ForgetReason::Removed),
        };
        let change = match (end, kept) {
            (End::Delete(reason), None) => Change::Delete { prior: value, reason },
            (_, reason) => Change::Forget { prior: value, reason: reason.unwrap_or(ForgetReason::Removed) },
        };
        if key.1.is_none() && matches!(change, Change::Delete { .. }) && self.is_guarded(instance) {
            self.queue.push(Task::Guard(instance.clone()));
        }
        let step = Step {
            instance: instance.clone(),
            deposed: key.1.clone(),
            provider,
            change,
            create_before_destroy,
            dependencies: Default::default(),
            moved_from: self.moves.origin(instance).filter(|_| self.options.mode == PlanMode::Normal).cloned(),
            import: None,
            triggered: false,
        };
        let (config, explicit, sensitive) = (Vec::new(), Arc::from([]), Vec::new());
        self.drafts.insert(Draft { step, config, explicit, state, sensitive, declared: false });
        Ok(())
    }

    /// An object that is gone already: others may still read it while everything is destroyed.
    fn gone(&mut self, key: &ObjectKey) -> Result<(), Halt> {
        if key.1.is_none() && self.options.mode == PlanMode::Destroy {
            let shape = self.provider_for(&key.0).and_then(|provider| self.shape(&provider, &key.0));
            if let Some(shape) = shape {
                self.give(&key.0, terrane_value::Value::unknown(shape.ty.clone()));
            }
        }
        Ok(())
    }

    /// Where `lifecycle` says, or said when the object was made, that the object is not deleted. What a `removed` block
    /// says comes first.
    fn is_kept(&mut self, (instance, _): &ObjectKey, skip_destroy: bool) -> Result<Option<ForgetReason>, Halt> {
        if self.is_removed(instance) {
            return Ok(None);
        }
        if self.decl(instance).is_some_and(|decl| decl.lifecycle.destroy.is_some()) {
            let destroyed = self.attempt(|e, lookup, diags| e.destroy(&instance.resource, lookup, diags))?;
            return Ok((!destroyed).then_some(ForgetReason::Configuration));
        }
        Ok(skip_destroy.then_some(ForgetReason::State))
    }
}
