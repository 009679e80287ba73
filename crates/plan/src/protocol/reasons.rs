//! Reasons for what a provider could not do.

use terrane_provider::Problem;

use super::Whose;
use crate::{Answer, Providers, Question};

/// Adds to what a provider says of a refusal that it gives no reason, if it gives none.
pub(crate) fn with_reason(mut found: Vec<Problem>, whose: Whose<'_>) -> Vec<Problem> {
    if !found.iter().any(Problem::is_error) {
        let detail = format!("Provider {} refused without saying why.\n\n{}", whose.provider, whose.bug());
        found.push(Problem::error("Provider gave no reason", detail));
    }
    found
}

impl Answer {
    /// The same answer, in which every refusal has a reason.
    pub fn explained(self, question: &Question, providers: &Providers) -> Answer {
        let Some(config) = question.provider() else { return self };
        let explain = |found| with_reason(found, providers.whose(&config.provider));
        match self {
            Answer::Configure(result) => Answer::Configure(result.map_err(explain)),
            Answer::Read(outcomes) => {
                Answer::Read(outcomes.into_iter().map(|outcome| outcome.map_err(explain)).collect())
            }
            Answer::ReadData(outcome) => Answer::ReadData(outcome.map_err(explain)),
            Answer::Import(result) => Answer::Import(result.map_err(explain)),
            Answer::OpenEphemeral(outcome) => Answer::OpenEphemeral(outcome.map_err(explain)),
            other => other,
        }
    }
}
