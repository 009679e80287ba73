//! What a provider's calls to the outside took.

use std::ops::AddAssign;
use std::time::Duration;

/// What was spent on one operation of an API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests sent, repeated ones included.
    pub calls: u64,
    /// Requests repeated for any reason.
    pub retries: u64,
    /// Answers that asked to slow down.
    pub throttles: u64,
    /// What answers held: the items of lists, and one for any other answer.
    pub objects: u64,
    /// How long calls were held back: for their turn, and before they were repeated. Calls that wait side by side all
    /// count.
    pub waited: Duration,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, more: Spent) {
        self.calls += more.calls;
        self.retries += more.retries;
        self.throttles += more.throttles;
        self.objects += more.objects;
        self.waited += more.waited;
    }
}
