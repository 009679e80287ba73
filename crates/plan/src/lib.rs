//! Planner and applier as pure state machines.
