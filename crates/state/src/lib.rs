//! State snapshots, the Terraform v4 codec, the journal and the store trait.
//!
//! A snapshot holds objects as the raw JSON they were stored as, until someone asks for one. Absent on purpose:
//! schemas, configuration, files, any network: storage moves bytes.

mod checks;
pub mod compare;
mod dependencies;
pub mod edit;
mod journal;
mod json;
mod places;
mod recovery;
mod shared;
mod snapshot;
mod store;
mod v4;

pub use checks::{CheckKind, CheckObject, CheckResult, CheckStatus};
pub use dependencies::Dependencies;
pub use journal::{Entry, EntryKind, replay};
pub use json::Json;
pub use places::Places;
pub use recovery::{
    Begun, JournalHead, Lost, Mark, Recovered, begin_line, end_line, lost_line, mark, outcome, recover, run_line,
    sealed_outcome,
};
pub use shared::Shared;
pub use snapshot::{DeposedKey, InstanceState, OutputValue, ResourceState, Snapshot, StoredObject};
pub use store::{Content, JournalKey, Kept, Lease, LockInfo, Locked, Past, Store, StoreError, Stored, Version, Writer};
pub use v4::{FormatError, Unknown, head, read, read_whole, write, write_to};
