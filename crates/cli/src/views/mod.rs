//! What the user sees.

pub mod diff;
pub mod hcl;
pub mod lines;
pub mod objects;
pub mod plan;
