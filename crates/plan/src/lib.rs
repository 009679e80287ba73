//! The planner and the applier as pure state machines, the order of changes, and the plan file.
//!
//! Both machines turn text, state and answers into questions; they never wait. Absent on purpose: tasks, clocks, files,
//! networks, terminals.

mod applier;
mod change;
mod checks;
mod configure;
mod decide;
mod deferral;
mod ephemeral;
pub mod file;
mod generate;
mod graph;
mod identity;
mod ignore;
mod leases;
mod machine;
mod moves;
mod object;
mod options;
mod order;
mod plan;
mod planner;
mod problems;
mod protocol;
mod providers;
mod provision;
mod recorded;
mod shapes;
mod unfinished;

pub use applier::{Applied, Applier, ApplyOptions, Kept, Outcome, Prepared, Undone};
pub use change::{
    Change, DeleteReason, Drift, ForgetReason, OutputChange, Planned, ReadReason, ReplaceOrder, ReplaceReason, Step,
};
pub use configure::Configuration;
pub use deferral::{DeferReason, Deferred, Provisional};
pub use graph::{ApplyGraph, Leg, Op};
pub use machine::{Answer, Ask, AskId, Machine, Question};
pub use options::{PlanMode, PlanOptions, Told, covers};
pub use order::{Legs, Node, On, Order};
pub use plan::{Counters, Plan, Summary};
pub use planner::Planner;
pub use problems::provider_unavailable;
pub use providers::Providers;
pub use provision::ProvisionRequest;
pub use recorded::Recorded;
pub use unfinished::{Doubt, unfinished};
