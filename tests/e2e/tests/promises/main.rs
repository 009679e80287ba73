//! Promises to users, kept end to end.
#![allow(clippy::unwrap_used)]

mod realism;
