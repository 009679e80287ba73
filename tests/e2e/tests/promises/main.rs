//! Promises to users, kept end to end.
#![allow(clippy::unwrap_used)]

mod errors;
mod faults;
mod realism;
mod state;
