//! The machines as a whole: plans, applies, files and what they cost, in one binary.
#![allow(clippy::unwrap_used)]

mod counters;
mod file;
mod many;
mod markdown;
mod programs;
mod properties;
mod protocol;
mod support;
