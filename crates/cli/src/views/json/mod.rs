//! Plans and states in Terraform's JSON, field for field as its documentation of the format says.

mod configuration;
mod modules;
mod plan;
mod state;
mod values;

pub use configuration::configuration;
pub use modules::index;
pub use plan::{Importing, importing, plan, reason};
pub use state::state;
pub use values::{Raw, Secrets, raw};
