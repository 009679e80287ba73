//! A loopback proxy between the engine and an AWS emulator, for tests.
//!
//! It names and counts every call, lets chosen calls go wrong, and supplies behaviour of AWS that emulators lack and the
//! engine relies on. An access key id of twelve digits selects the account, so that each test may have its own.
//!
//! Absent on purpose: TLS, HTTP/2, checking of signatures, any knowledge of the engine.

mod answer;
mod call;
mod fault;
mod http;
mod memory;
mod quotas;
mod realism;
mod s3;
mod server;
mod upstream;
mod xml;

pub use call::{Call, Protocol};
pub use fault::{Fault, Hook, Rule, matches, parse_rules};
pub use server::{Proxy, Record};
