//! Plans and states in Terraform's JSON, field for field as its documentation of the format says.

mod checks;
mod configuration;
mod difference;
mod functions;
mod modules;
mod plan;
mod redact;
mod relevant;
mod schemas;
mod state;
mod values;

pub use configuration::{alone, declared, kept};
pub use difference::difference;
pub use functions::functions;
pub use modules::index;
pub use plan::{Importing, defer_reason, importing, plan, reason};
pub use redact::redacted;
pub use schemas::schemas;
pub use state::state;
pub use values::{Raw, Secrets, marked, raw};
