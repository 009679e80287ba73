//! What is noted of questions and answers: who is asked what about which instances, never with which values.

use std::time::Duration;

use terrane_address::Instance;
use terrane_plan::{Answer, Question};
use terrane_provider::Problem;

/// Notes that a question is put.
pub(crate) fn asked(about: &[Instance], question: &Question) {
    tracing::debug!(target: "terrane_engine", question = kind(question), provider = %whom(question), about = %names(about), "asked");
}

/// Notes that a question was answered.
pub(crate) fn answered(about: &[Instance], question: &Question, answer: &Answer, elapsed: Duration) {
    let (question, provider) = (kind(question), whom(question));
    let milliseconds = elapsed.as_millis() as u64;
    let about = names(about);
    match failed(answer) {
        true => tracing::warn!(target: "terrane_engine", question, provider, about, milliseconds, "refused"),
        false => tracing::debug!(target: "terrane_engine", question, provider, about, milliseconds, "answered"),
    }
}

fn kind(question: &Question) -> &'static str {
    match question {
        Question::Configure { .. } => "configure",
        Question::Read { .. } => "read",
        Question::Plan { .. } => "plan",
        Question::ReadData { .. } => "read data",
        Question::Import { .. } => "import",
        Question::Apply { request, .. } => match request.change {
            terrane_provider::Change::Create { .. } => "create",
            terrane_provider::Change::Update { .. } => "update",
            terrane_provider::Change::Delete { .. } => "delete",
        },
        Question::Confirm { .. } => "confirm",
        Question::OpenEphemeral { .. } => "open",
        Question::CloseEphemeral { .. } => "close",
        Question::Provision { .. } => "provision",
        Question::Persist { .. } => "persist",
    }
}

fn whom(question: &Question) -> String {
    question.provider().map(ToString::to_string).unwrap_or_default()
}

fn names(about: &[Instance]) -> String {
    const SHOWN: usize = 20;
    let names: Vec<String> = about.iter().take(SHOWN).map(ToString::to_string).collect();
    match about.len() > SHOWN {
        true => format!("{} and {} more", names.join(", "), about.len() - SHOWN),
        false => names.join(", "),
    }
}

/// Whether an answer tells an error. Its words are not noted: they may tell values.
fn failed(answer: &Answer) -> bool {
    let any = |problems: &[Problem]| problems.iter().any(Problem::is_error);
    match answer {
        Answer::Configure(Err(problems)) | Answer::ReadData(Err(problems)) | Answer::Import(Err(problems)) => {
            any(problems)
        }
        Answer::Read(outcomes) => outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).any(|p| any(p)),
        Answer::Plan(response) => any(&response.problems),
        Answer::Apply(response) => any(&response.problems),
        Answer::OpenEphemeral(Err(problems)) => any(problems),
        Answer::CloseEphemeral(problems) | Answer::Provision(problems) => any(problems),
        Answer::Persist(Err(_)) => true,
        _ => false,
    }
}
