//! The planner and the applier as pure state machines, the order of changes, and the plan file.
//!
//! Both machines turn text, state and answers into questions; they never wait. Absent on purpose: tasks, clocks, files,
//! networks, terminals.

mod graph;
mod order;

pub use graph::{ApplyGraph, Leg, Op};
pub use order::{Legs, Node, On, Order};
