//! What the user sees.

pub mod applied;
pub mod deferral;
pub mod diagnostics;
pub mod diagnostics_json;
pub mod diff;
pub mod difference;
pub mod drift;
pub mod events;
pub mod graph;
pub mod human;
pub mod json;
pub mod lines;
pub mod objects;
pub mod plan;
pub mod progress;
pub mod requirements;
pub mod secrets;
pub mod spent;
pub mod table;
pub mod types;
pub mod view;
