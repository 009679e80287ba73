//! What machines ask and how they are answered.

use std::sync::Arc;

use terrane_address::{Instance, ProviderConfig};
use terrane_provider::{
    ApplyRequest, ApplyResponse, ConfirmRequest, DataOutcome, DataRequest, ImportRequest, Object, OpenOutcome,
    OpenRequest, PlanRequest, PlanResponse, Problem, ReadOutcome, ReadRequest,
};
use terrane_state::Entry;
use terrane_value::Value;

use crate::ProvisionRequest;

/// Names one question; its answer must name it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

/// A question with its name.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its name.
    pub id: AskId,
    /// The instances it is about, for people.
    pub about: Vec<Instance>,
    /// The question.
    pub question: Question,
}

/// Something only the outside can do.
#[derive(Clone, Debug)]
pub enum Question {
    /// Open a provider instance; all later questions that name it are for that one.
    Configure {
        /// The provider configuration.
        provider: ProviderConfig,
        /// Its arguments, without marks; parts may be unknown.
        config: Value,
        /// What modules say of themselves to it.
        modules: Vec<Value>,
    },
    /// Read objects of one resource type.
    Read {
        /// Whom to ask.
        provider: ProviderConfig,
        /// Which objects.
        requests: Vec<ReadRequest>,
    },
    /// Plan a create or update.
    Plan {
        /// Whom to ask.
        provider: ProviderConfig,
        /// What.
        request: PlanRequest,
    },
    /// Read a data source.
    ReadData {
        /// Whom to ask.
        provider: ProviderConfig,
        /// What.
        request: DataRequest,
    },
    /// Find an existing object.
    Import {
        /// Whom to ask.
        provider: ProviderConfig,
        /// What.
        request: ImportRequest,
    },
    /// Change an object.
    Apply {
        /// Whom to ask.
        provider: ProviderConfig,
        /// What.
        request: ApplyRequest,
    },
    /// Let go of what a new object would be found by, now that the journal knows of it.
    Confirm {
        /// Whom to tell.
        provider: ProviderConfig,
        /// What.
        request: ConfirmRequest,
    },
    /// Open an ephemeral object and keep it valid until it is closed.
    OpenEphemeral {
        /// Whom to ask.
        provider: ProviderConfig,
        /// Names the object for closing it.
        instance: Instance,
        /// What.
        request: OpenRequest,
    },
    /// Close an ephemeral object.
    CloseEphemeral {
        /// Whom to ask.
        provider: ProviderConfig,
        /// The name under which it was opened.
        instance: Instance,
    },
    /// Run a command beside a change.
    Provision {
        /// Which.
        request: ProvisionRequest,
    },
    /// Write journal entries; what comes next happens only after they are safe.
    Persist {
        /// In order.
        entries: Arc<[Entry]>,
    },
}

/// The answer to a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Question::Configure`].
    Configure(Result<(), Vec<Problem>>),
    /// To [`Question::Read`]: one outcome per request, in order.
    Read(Vec<ReadOutcome>),
    /// To [`Question::Plan`].
    Plan(PlanResponse),
    /// To [`Question::ReadData`].
    ReadData(DataOutcome),
    /// To [`Question::Import`].
    Import(Result<Object, Vec<Problem>>),
    /// To [`Question::Apply`].
    Apply(ApplyResponse),
    /// To [`Question::Confirm`], whatever came of it.
    Confirm,
    /// To [`Question::OpenEphemeral`].
    OpenEphemeral(OpenOutcome),
    /// To [`Question::CloseEphemeral`]: what went wrong with closing it, and with keeping it valid before.
    CloseEphemeral(Vec<Problem>),
    /// To [`Question::Provision`]: what went wrong.
    Provision(Vec<Problem>),
    /// To [`Question::Persist`]: why it could not be written, in a full sentence.
    Persist(Result<(), String>),
}

impl Question {
    /// The answer when the outside cannot answer: every part of it is this problem.
    pub fn unanswered(&self, problem: Problem) -> Answer {
        match self {
            Question::Configure { .. } => Answer::Configure(Err(vec![problem])),
            Question::Read { requests, .. } => {
                Answer::Read(requests.iter().map(|_| Err(vec![problem.clone()])).collect())
            }
            Question::Plan { .. } => Answer::Plan(PlanResponse { problems: vec![problem], ..PlanResponse::default() }),
            Question::ReadData { .. } => Answer::ReadData(Err(vec![problem])),
            Question::Import { .. } => Answer::Import(Err(vec![problem])),
            Question::Apply { .. } => {
                Answer::Apply(ApplyResponse { problems: vec![problem], ..ApplyResponse::default() })
            }
            Question::Confirm { .. } => Answer::Confirm,
            Question::OpenEphemeral { .. } => Answer::OpenEphemeral(Err(vec![problem])),
            Question::CloseEphemeral { .. } => Answer::CloseEphemeral(vec![problem]),
            Question::Provision { .. } => Answer::Provision(vec![problem]),
            Question::Persist { .. } => Answer::Persist(Err(format!("{}: {}", problem.summary, problem.detail))),
        }
    }

    /// The provider configuration that is asked; `None` if none is.
    pub fn provider(&self) -> Option<&ProviderConfig> {
        match self {
            Question::Configure { provider, .. }
            | Question::Read { provider, .. }
            | Question::Plan { provider, .. }
            | Question::ReadData { provider, .. }
            | Question::Import { provider, .. }
            | Question::Apply { provider, .. }
            | Question::Confirm { provider, .. }
            | Question::OpenEphemeral { provider, .. }
            | Question::CloseEphemeral { provider, .. } => Some(provider),
            Question::Provision { .. } | Question::Persist { .. } => None,
        }
    }
}

/// A computation that asks for what it cannot do itself.
pub trait Machine {
    /// The next questions, at most `room` of them. None while nothing is in flight means that it is done.
    fn poll(&mut self, room: usize) -> Vec<Ask>;

    /// Takes the answer to a question. Returns whether nothing is wrong with it; what is, has been reported.
    fn feed(&mut self, id: AskId, answer: Answer) -> bool;
}
