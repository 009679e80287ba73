//! Schemas with all that planning and validation need to know, as data.
//!
//! An [`Archive`] holds the schemas of a provider in one file, each compressed by itself, so that one type is decoded
//! without the others.

mod archive;
mod decode;
mod facts;
mod wire;

pub use archive::{Archive, ArchiveError, Entry, Part, write};
pub use decode::{DecodeError, decode};
pub use facts::{
    AttributeFacts, Blank, BlockFacts, Bound, Checks, Family, Import, NestedFacts, Recomputed, Relations, Replace,
    Rule, RuleKind, Same, TypeSchema,
};
