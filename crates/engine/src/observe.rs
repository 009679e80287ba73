//! What happens while an operation runs, for those who watch.

use std::sync::Arc;
use std::time::Duration;

use terrane_address::Instance;
use terrane_plan::{Answer, Question};
use terrane_state::Entry;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The state's lock is held by someone else; it is tried again.
    WaitingForLock,
    /// A question was put to a provider.
    Asked {
        /// The instances it is about.
        about: &'a [Instance],
        /// The question.
        question: &'a Question,
    },
    /// A question was answered.
    Answered {
        /// The instances it was about.
        about: &'a [Instance],
        /// The question.
        question: &'a Question,
        /// The answer.
        answer: &'a Answer,
        /// How long it took.
        elapsed: Duration,
    },
    /// The journal took entries: what they say is done.
    Journaled {
        /// The entries, in order.
        entries: &'a [Entry],
    },
    /// The command of a provisioner wrote a line.
    Wrote {
        /// The instance it runs for.
        instance: &'a Instance,
        /// The line, without its end.
        line: &'a str,
    },
    /// The user asked to stop; what is in flight is waited for.
    Finishing,
    /// The user asked again; nothing is waited for any more.
    Aborting,
}

/// Watches an operation. Called from one task at a time; must not block.
pub trait Observer: Send + Sync {
    /// Takes notice.
    fn event(&self, event: Event<'_>);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn event(&self, _: Event<'_>) {}
}

/// Someone who watches.
pub type Watcher = Arc<dyn Observer>;
