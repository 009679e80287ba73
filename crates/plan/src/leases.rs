//! Ephemeral objects that are open.

use std::collections::BTreeSet;

use terrane_address::{Instance, ProviderConfig};
use terrane_lang::Dep;

use crate::Question;

/// An ephemeral object that is open.
#[derive(Debug)]
pub(crate) struct Lease {
    pub instance: Instance,
    pub provider: ProviderConfig,
    /// What its configuration and its provider's were made of.
    pub needs: BTreeSet<Dep>,
}

/// All that are open, in the order in which they were opened.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    open: Vec<Lease>,
}

impl Leases {
    pub fn add(&mut self, lease: Lease) {
        self.open.push(lease);
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes out those of which `done` says that nobody uses them any more, and which nothing else that is open was made
    /// of, the latest first.
    pub fn take_done(&mut self, done: impl Fn(&Lease) -> bool) -> Vec<Lease> {
        let free: Vec<bool> = (0..self.open.len()).map(|place| !self.is_needed(place)).collect();
        let all = std::mem::take(&mut self.open).into_iter().zip(free);
        let (mut taken, kept): (Vec<_>, Vec<_>) = all.partition(|(lease, free)| *free && done(lease));
        self.open = kept.into_iter().map(|(lease, _)| lease).collect();
        taken.reverse();
        taken.into_iter().map(|(lease, _)| lease).collect()
    }

    fn is_needed(&self, place: usize) -> bool {
        let lease = &self.open[place];
        let itself = Dep::Instance(lease.instance.clone());
        let whole = Dep::Whole(lease.instance.resource.clone());
        let others = self.open.iter().enumerate().filter(|(i, _)| *i != place);
        others.into_iter().any(|(_, other)| other.needs.contains(&itself) || other.needs.contains(&whole))
    }

    /// Takes out what nothing else that is open was made of, the latest first.
    pub fn take_unneeded(&mut self) -> Vec<Lease> {
        let needed: Vec<bool> = (0..self.open.len()).map(|place| self.is_needed(place)).collect();
        let all = std::mem::take(&mut self.open);
        // Nothing can be made of itself, but closing must come to an end whatever is said.
        let stuck = needed.iter().all(|needed| *needed);
        let (kept, mut taken): (Vec<_>, Vec<_>) =
            all.into_iter().zip(needed).partition(|(_, needed)| *needed && !stuck);
        self.open = kept.into_iter().map(|(lease, _)| lease).collect();
        taken.reverse();
        taken.into_iter().map(|(lease, _)| lease).collect()
    }
}

impl Lease {
    /// The question that closes it.
    pub fn close(&self) -> Question {
        Question::CloseEphemeral { provider: self.provider.clone(), instance: self.instance.clone() }
    }
}
