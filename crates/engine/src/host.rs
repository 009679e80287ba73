//! Puts questions to providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{Instance, Provider, ProviderConfig};
use terrane_plan::{Answer, Providers, Question};
use terrane_provider::{Configured, Problem};

use crate::keeper::Keeper;
use crate::meter::Meter;

/// The providers of an operation, those that have been opened by their configuration.
pub(crate) struct Host {
    providers: Providers,
    open: BTreeMap<ProviderConfig, Arc<dyn Configured>>,
    kept: BTreeMap<Instance, Keeper>,
    meter: Meter,
}

/// What was opened for an answer, for the questions to come.
pub(crate) enum Opened {
    Provider(ProviderConfig, Arc<dyn Configured>),
    Ephemeral(Instance, Keeper),
}

/// An answer, and what was opened on the way.
pub(crate) type Outcome = (Answer, Option<Opened>);

impl Host {
    pub fn new(providers: &Providers, meter: Meter) -> Host {
        Host { providers: providers.clone(), open: BTreeMap::new(), kept: BTreeMap::new(), meter }
    }

    /// The providers, open or not.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Says whose bug it is that a provider does not work as providers have to.
    pub fn blame(&self, provider: &Provider) -> String {
        self.providers.blame(provider)
    }

    /// Keeps what was opened for the questions to come.
    pub fn keep(&mut self, opened: Option<Opened>) {
        match opened {
            Some(Opened::Provider(config, provider)) => {
                let former = self.open.insert(config, provider);
                former.into_iter().for_each(|former| self.meter.add(former.spent()));
            }
            Some(Opened::Ephemeral(instance, keeper)) => drop(self.kept.insert(instance, keeper)),
            None => {}
        }
    }

    /// Closes the ephemeral objects that are still open, the run being given up.
    pub async fn close_all(&mut self) {
        for (_, keeper) in std::mem::take(&mut self.kept) {
            keeper.close().await;
        }
    }

    /// The future that answers a question; the journal's are not for providers.
    pub fn answer(&mut self, question: Question) -> impl Future<Output = Outcome> + Send + 'static {
        let provider = question.provider().and_then(|p| self.providers.get(&p.provider)).cloned();
        let open = question.provider().and_then(|p| self.open.get(p)).cloned();
        let blame = match &question {
            Question::OpenEphemeral { provider, .. } => self.blame(&provider.provider),
            _ => String::new(),
        };
        let kept = match &question {
            Question::CloseEphemeral { instance, .. } => self.kept.remove(instance),
            _ => None,
        };
        async move {
            match (&question, provider, open) {
                (Question::CloseEphemeral { .. }, ..) => {
                    let problems = match kept {
                        Some(keeper) => keeper.close().await,
                        None => Vec::new(),
                    };
                    (Answer::CloseEphemeral(problems), None)
                }
                (Question::OpenEphemeral { instance, request, .. }, _, Some(provider)) => {
                    let outcome = provider.open(request.clone()).await;
                    let kept = outcome.as_ref().ok().map(|opened| {
                        let keeper = Keeper::new(provider.clone(), request.ty.clone(), opened, blame);
                        Opened::Ephemeral(instance.clone(), keeper)
                    });
                    (Answer::OpenEphemeral(outcome), kept)
                }
                (Question::Configure { provider: address, config, modules }, Some(provider), _) => {
                    match provider.configure(config.clone(), modules.clone()).await {
                        Ok(open) => (Answer::Configure(Ok(())), Some(Opened::Provider(address.clone(), open))),
                        Err(problems) => (Answer::Configure(Err(problems)), None),
                    }
                }
                (_, _, Some(open)) => (ask(&*open, question).await, None),
                _ => (question.unanswered(not_open(&question)), None),
            }
        }
    }
}

impl Drop for Host {
    /// Adds up what the calls of its providers took, however the run ended.
    fn drop(&mut self) {
        self.open.values().for_each(|open| self.meter.add(open.spent()));
    }
}

fn not_open(question: &Question) -> Problem {
    let name = question.provider().map(ToString::to_string).unwrap_or_default();
    Problem::error("Provider is not available", format!("The provider configuration {name} has not been opened."))
}

async fn ask(open: &dyn Configured, question: Question) -> Answer {
    match question {
        Question::Read { requests, .. } => Answer::Read(open.read(requests).await),
        Question::Plan { request, .. } => Answer::Plan(open.plan(request).await),
        Question::ReadData { request, .. } => Answer::ReadData(open.read_data(request).await),
        Question::Import { request, .. } => Answer::Import(open.import(request).await),
        Question::Apply { request, .. } => Answer::Apply(open.apply(request).await),
        Question::Confirm { request, .. } => {
            open.confirm(request).await;
            Answer::Confirm
        }
        other @ (Question::Configure { .. }
        | Question::OpenEphemeral { .. }
        | Question::CloseEphemeral { .. }
        | Question::Provision { .. }
        | Question::Persist { .. }) => {
            let problem = Problem::error("Question to the wrong place", "This is a bug in Terrane; please report it.");
            other.unanswered(problem)
        }
    }
}
