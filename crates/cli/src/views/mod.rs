//! What the user sees.

pub mod applied;
pub mod diff;
pub mod lines;
pub mod objects;
pub mod plan;
pub mod progress;
