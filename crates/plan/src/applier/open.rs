//! Opening providers.

use terrane_address::{Instance, ProviderConfig};
use terrane_provider::Problem;
use terrane_source::{Diagnostic, Reported};

use super::{Applier, Flight, Halt, Wait};
use crate::object::first_unknown;
use crate::{Question, problems};

/// How far a provider configuration is.
#[derive(Debug)]
pub(super) enum Opening {
    Pending,
    Open,
    Failed(Reported),
}

impl Applier<'_> {
    /// Goes on only if the provider is open; `instance` is what needs it.
    pub(super) fn open(&mut self, config: &ProviderConfig, instance: &Instance) -> Result<(), Halt> {
        match self.opened.get(config) {
            Some(Opening::Open) => Ok(()),
            Some(Opening::Failed(reported)) => Err(Halt::Failed(*reported)),
            Some(Opening::Pending) => Err(Halt::Wait(Wait::Provider(config.clone()))),
            None => {
                let evaluated = self.attempt(|e, lookup, diags| e.provider_config(config, lookup, diags));
                let value = match evaluated {
                    Ok(evaluated) => evaluated.value.unmark_deep().0,
                    Err(Halt::Failed(reported)) => return self.cannot_open(config, reported),
                    Err(wait) => return Err(wait),
                };
                if let Some(path) = first_unknown(&value) {
                    let detail =
                        format!("{path} of {config} is still unknown, although all it is made of has been applied.");
                    let reported = self.diags.error(Diagnostic::error("Provider configuration is not known", detail));
                    return self.cannot_open(config, reported);
                }
                self.opened.insert(config.clone(), Opening::Pending);
                let modules = terrane_lang::metas(self.program, self.providers, &config.provider);
                let question = Question::Configure { provider: config.clone(), config: value, modules };
                self.ask(instance, question, Flight::Configure(config.clone()));
                Err(Halt::Wait(Wait::Provider(config.clone())))
            }
        }
    }

    fn cannot_open(&mut self, config: &ProviderConfig, reported: Reported) -> Result<(), Halt> {
        self.opened.insert(config.clone(), Opening::Failed(reported));
        Err(Halt::Failed(reported))
    }

    pub(super) fn configured(&mut self, config: &ProviderConfig, result: Result<(), Vec<Problem>>) {
        let found = result.err().unwrap_or_default();
        let opening = match problems::of_provider(&found, config, &self.evaluator, &mut self.diags) {
            Some(reported) => Opening::Failed(reported),
            None => Opening::Open,
        };
        self.opened.insert(config.clone(), opening);
        self.wake(&Wait::Provider(config.clone()));
    }
}
