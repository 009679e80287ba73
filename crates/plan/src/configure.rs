//! The value of a provider configuration outside of a plan.

use terrane_address::ProviderConfig;
use terrane_lang::{Evaluator, Inputs, Program, Stop, World};
use terrane_provider::Problem;
use terrane_source::{Diagnostic, Diagnostics, Reported};
use terrane_state::Snapshot;
use terrane_value::Value;

use crate::{Providers, Recorded, problems};

/// What a provider is configured with, as far as configuration, variables and the objects of a state tell.
pub struct Configuration<'a> {
    address: ProviderConfig,
    evaluator: Evaluator<'a>,
    /// The value; parts may be unknown.
    pub value: Value,
}

impl<'a> Configuration<'a> {
    /// Evaluates a provider configuration. `None` after errors were reported to `diags`.
    pub fn of(
        (program, providers, world): (&'a Program, &'a Providers, &'a dyn World),
        inputs: Inputs,
        snapshot: &Snapshot,
        address: &ProviderConfig,
        diags: &mut Diagnostics,
    ) -> Option<Configuration<'a>> {
        let Some(provider) = providers.get(&address.provider) else {
            diags.error(problems::provider_unavailable(address));
            return None;
        };
        if address.alias.is_some() && program.provider_decl(address).is_none() {
            diags.error(Diagnostic::error(
                "Provider configuration not present",
                format!("The root module declares no {address}."),
            ));
            return None;
        }
        let mut evaluator = Evaluator::new(program, providers, world, inputs);
        let recorded = Recorded::new(program, providers, snapshot);
        let evaluated = evaluator.provider_config(address, &recorded, diags);
        diags.extend(recorded.problems());
        let value = match evaluated {
            Ok(evaluated) => evaluated.value.unmark_deep().0,
            Err(Stop::Failed(_)) => return None,
            Err(Stop::Blocked(on)) => {
                let detail = format!("{address} is made of {}, which is not in the state yet.", on.resource());
                diags.error(Diagnostic::error("Provider configuration is not known", detail));
                return None;
            }
        };
        let configuration = Configuration { address: address.clone(), evaluator, value };
        let found = provider.validate_config(&configuration.value);
        configuration.report(&found, diags).is_none().then_some(configuration)
    }

    /// Reports what the provider says of it; the proof if one of it is an error.
    pub fn report(&self, found: &[Problem], diags: &mut Diagnostics) -> Option<Reported> {
        problems::of_provider(found, &self.address, &self.evaluator, diags)
    }
}
