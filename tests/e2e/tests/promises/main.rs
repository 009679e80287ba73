//! Promises to users, kept end to end.
#![allow(clippy::unwrap_used)]

mod actions;
mod automation;
mod backends;
mod bulk;
mod console;
mod contention;
mod deferral;
mod drawing;
mod encryption;
mod ephemeral;
mod errors;
mod events;
mod example;
mod faults;
mod flags;
mod functions;
mod generate;
mod history;
mod import;
mod killed;
mod killed_secrets;
mod lost;
mod modules;
mod peers;
mod planfile;
mod provisioners;
mod query;
mod realism;
mod remote_state;
mod show;
mod state;
mod state_edit;
mod thousands;
mod unwritten;
mod workspaces;
