//! A world for an end-to-end test: an account in the emulator, a proxy before it, a folder, and the terrane binary.
//!
//! `cargo xtask test` starts the emulator and names it in `TERRANE_TEST_EMULATOR`; without it a test says that it skips.

mod account;
mod folder;
mod run;
mod world;

pub use account::Account;
pub use folder::Folder;
pub use run::{Run, Running};
pub use terrane_test_proxy::{Fault, Proxy, Rule};
pub use world::{World, binary};
