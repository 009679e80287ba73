//! Puts questions to providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::ProviderConfig;
use terrane_plan::{Answer, Providers, Question};
use terrane_provider::{Configured, Problem};

/// The providers of an operation, those that have been opened by their configuration.
pub(crate) struct Host {
    providers: Providers,
    open: BTreeMap<ProviderConfig, Arc<dyn Configured>>,
}

/// An answer, and the provider instance that was opened on the way.
pub(crate) type Outcome = (Answer, Option<(ProviderConfig, Arc<dyn Configured>)>);

impl Host {
    pub fn new(providers: &Providers) -> Host {
        Host { providers: providers.clone(), open: BTreeMap::new() }
    }

    /// Keeps a provider instance for the questions to come.
    pub fn keep(&mut self, opened: Option<(ProviderConfig, Arc<dyn Configured>)>) {
        self.open.extend(opened);
    }

    /// The future that answers a question; the journal's are not for providers.
    pub fn answer(&self, question: Question) -> impl Future<Output = Outcome> + Send + 'static {
        let provider = question.provider().and_then(|p| self.providers.get(&p.provider)).cloned();
        let open = question.provider().and_then(|p| self.open.get(p)).cloned();
        async move {
            match (&question, provider, open) {
                (Question::Configure { provider: address, config }, Some(provider), _) => {
                    match provider.configure(config.clone()).await {
                        Ok(open) => (Answer::Configure(Ok(())), Some((address.clone(), open))),
                        Err(problems) => (Answer::Configure(Err(problems)), None),
                    }
                }
                (_, _, Some(open)) => (ask(&*open, question).await, None),
                _ => (question.unanswered(not_open(&question)), None),
            }
        }
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
        other @ (Question::Configure { .. } | Question::Persist { .. }) => {
            let problem = Problem::error("Question to the wrong place", "This is a bug in Terrane; please report it.");
            other.unanswered(problem)
        }
    }
}
