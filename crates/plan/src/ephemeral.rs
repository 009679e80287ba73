//! Ephemeral resources that are being opened, and what their providers answer.

use std::sync::Arc;

use terrane_address::{Instance, ProviderConfig};
use terrane_lang::{Dep, Evaluated, Evaluator};
use terrane_provider::{OpenOutcome, Opened};
use terrane_source::{Diagnostics, Reported};
use terrane_value::Value;

use crate::leases::Lease;
use crate::object::{self, MarkedPaths};
use crate::problems::{self, Moment};
use crate::protocol::{self, Rules, Whose};
use crate::shapes::Shape;

/// An ephemeral resource that is being opened.
pub(crate) struct EphemeralOpening {
    pub instance: Instance,
    pub provider: ProviderConfig,
    pub shape: Arc<Shape>,
    pub evaluated: Arc<Evaluated>,
    pub marks: MarkedPaths,
}

impl EphemeralOpening {
    /// What was opened, unless the provider could not.
    pub fn answer(
        &self,
        outcome: OpenOutcome,
        evaluator: &Evaluator<'_>,
        diags: &mut Diagnostics,
    ) -> Result<Opened, Reported> {
        outcome.map_err(|found| {
            problems::of_instance(&found, &self.instance, evaluator, diags)
                .unwrap_or_else(|| diags.error(problems::not_opened(&self.instance)))
        })
    }

    /// The open object, whatever its value is; `through` is what the provider's configuration was made of.
    pub fn lease(&self, through: Vec<Dep>) -> Lease {
        let made_of = self.evaluated.deps.iter().chain(self.evaluated.explicit.iter()).cloned();
        let needs = made_of.chain(through).collect();
        Lease { instance: self.instance.clone(), provider: self.provider.clone(), needs }
    }

    /// The value that was opened, with its marks, unless it breaks a promise of the protocol.
    pub fn value(
        &self,
        opened: Opened,
        whose: Whose<'_>,
        evaluator: &Evaluator<'_>,
        diags: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        if let Some(reported) = problems::of_instance(&opened.problems, &self.instance, evaluator, diags) {
            return Err(reported);
        }
        let value = object::conform_known(opened.value, &self.shape.ty)
            .map_err(|why| problems::invalid_answer("opened", &why, &self.instance, whose, diags))?;
        let config = self.evaluated.value.clone().unmark_deep().0;
        let breaches = protocol::keeps_config(&self.shape.schema.block, Rules::Strict, None, &config, &value);
        match problems::of_breaches(&breaches, Moment::Open, &self.instance, whose, diags) {
            Some(broken) => Err(broken),
            None => Ok(self.shape.mark(value.mark_at(&self.marks))),
        }
    }
}
