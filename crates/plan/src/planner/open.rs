//! Opening providers.

use std::sync::Arc;

use terrane_address::{Key, ProviderConfig};
use terrane_lang::Evaluated;
use terrane_provider::Problem;
use terrane_source::{Diagnostic, Reported};

use super::deferral::Later;
use super::queue::{Task, Wait};
use super::{Flight, Halt, Planner};
use crate::{DeferReason, Question, problems};

/// How far a provider configuration is.
#[derive(Debug)]
pub(super) enum Opening {
    /// It is being evaluated or asked for.
    Pending(Option<Arc<Evaluated>>),
    /// It is open; what its configuration was made of.
    Open(Arc<Evaluated>),
    /// It cannot be opened before what its configuration is made of is known.
    Later(Vec<Arc<str>>),
    /// It cannot be opened.
    Failed(Reported),
}

impl Planner<'_> {
    /// Goes on only if the provider is open.
    pub(super) fn open(&mut self, config: &ProviderConfig) -> Result<(), Halt> {
        match self.opened.get(config) {
            Some(Opening::Open(_)) => Ok(()),
            Some(Opening::Failed(reported)) => Err(Halt::Failed(*reported)),
            Some(Opening::Later(because)) => {
                Err(Halt::Later(Later { reason: DeferReason::ProviderUnknown, because: because.clone() }))
            }
            Some(Opening::Pending(_)) => Err(Halt::Wait(Wait::Provider(config.clone()))),
            None => {
                self.opened.insert(config.clone(), Opening::Pending(None));
                self.queue.push_first(Task::Provider(config.clone()));
                Err(Halt::Wait(Wait::Provider(config.clone())))
            }
        }
    }

    /// Evaluates a provider configuration and asks for it.
    pub(super) fn provider(&mut self, config: &ProviderConfig) -> Result<(), Halt> {
        let Some(provider) = self.providers.get(&config.provider).cloned() else {
            return Err(Halt::Failed(self.diags.error(problems::provider_unavailable(config))));
        };
        let decl = self.program.provider_decl(config).map(|(_, decl)| decl);
        let keyed = decl.is_some_and(|decl| decl.for_each.is_some());
        if config.alias.is_some() && decl.is_none() || config.key != Key::None && !keyed {
            return Err(Halt::Failed(self.diags.error(absent(config))));
        }
        let evaluated = self.attempt(|e, lookup, diags| e.provider_config(config, lookup, diags))?;
        let because = self.deferred_among(evaluated.deps.iter(), &evaluated.unexpanded);
        if !because.is_empty() {
            return Err(Halt::Later(Later { reason: DeferReason::ProviderUnknown, because }));
        }
        let value = evaluated.value.clone().unmark_deep().0;
        let found = provider.validate_config(&value);
        if let Some(reported) = problems::of_provider(&found, config, &self.evaluator, &mut self.diags) {
            return Err(Halt::Failed(reported));
        }
        self.opened.insert(config.clone(), Opening::Pending(Some(Arc::new(evaluated))));
        let modules = terrane_lang::metas(self.program, self.providers, &config.provider);
        let question = Question::Configure { provider: config.clone(), config: value, modules };
        self.ask(Vec::new(), question, Flight::Configure(config.clone()));
        Ok(())
    }

    pub(super) fn configured(&mut self, config: &ProviderConfig, result: Result<(), Vec<Problem>>) {
        let evaluated = match self.opened.remove(config) {
            Some(Opening::Pending(Some(evaluated))) => evaluated,
            _ => return,
        };
        let opening = match result {
            Ok(()) => Opening::Open(evaluated),
            Err(_) if self.may_defer() && !evaluated.value.is_wholly_known() => Opening::Later(Vec::new()),
            Err(found) => match problems::of_provider(&found, config, &self.evaluator, &mut self.diags) {
                Some(reported) => Opening::Failed(reported),
                None => Opening::Open(evaluated),
            },
        };
        let open = matches!(opening, Opening::Open(_));
        self.opened.insert(config.clone(), opening);
        if open && !self.is_vague(config) {
            self.read_all_of(config);
        }
        self.queue.wake(&Wait::Provider(config.clone()));
    }

    /// What an open provider's configuration was made of.
    pub(super) fn provider_reads(&self, config: &ProviderConfig) -> Option<&Arc<Evaluated>> {
        match self.opened.get(config) {
            Some(Opening::Open(evaluated)) => Some(evaluated),
            _ => None,
        }
    }
}

fn absent(config: &ProviderConfig) -> Diagnostic {
    Diagnostic::error(
        "Provider configuration not present",
        format!(
            "Objects in the state are managed by {config}, but configuration no longer declares it, so they cannot be \
             read or deleted."
        ),
    )
    .hint("Put the provider block back until those objects are gone.")
}
