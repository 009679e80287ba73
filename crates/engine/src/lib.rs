//! Runs operations: answers the machines' questions concurrently, keeps the state, tells those who watch.
//!
//! The whole of it is one loop, [`Machine::poll`](terrane_plan::Machine) and feed, owned by one task. Absent on
//! purpose: stores and providers of any kind (they are handed in), terminals, arguments.

mod apply;
mod cancel;
mod discover;
mod drive;
mod heart;
mod host;
mod import;
mod keeper;
mod logbook;
mod meter;
mod noted;
mod observe;
mod plan;
mod provision;
mod rooms;
mod session;

pub use apply::{Finished, apply, claim};
pub use cancel::{Cancel, Urgency};
pub use discover::{Finding, Search, discover};
pub use drive::Running;
pub use import::import;
pub use logbook::Journals;
pub use meter::Meter;
pub use observe::{Event, Observer, Unwatched, Watcher};
pub use plan::{Job, plan};
pub use rooms::Parallelism;
pub use session::{Locking, Session, load};

/// The version that state files name as their writer: of the language that Terrane understands.
pub const LANGUAGE_VERSION: &str = "1.12.0";
