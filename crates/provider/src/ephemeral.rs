//! Ephemeral objects: opened for the length of a run, never stored.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use terrane_value::Value;

use crate::{Private, Problem};

/// Asks for an ephemeral object.
#[derive(Clone)]
pub struct OpenRequest {
    /// The ephemeral type.
    pub ty: Arc<str>,
    /// What is written, coerced to the schema, wholly known.
    pub config: Value,
}

/// An ephemeral object that is open.
#[derive(Clone)]
pub struct Opened {
    /// Its attributes, wholly known.
    pub value: Value,
    /// What the provider wants back when it is renewed or closed.
    pub private: Private,
    /// When it has to be renewed to stay valid, if it has to.
    pub renew_at: Option<SystemTime>,
    /// Warnings.
    pub problems: Vec<Problem>,
}

/// The object, or why it cannot be opened.
pub type OpenOutcome = Result<Opened, Vec<Problem>>;

/// Names an ephemeral object that is open, for renewing and closing it.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The ephemeral type.
    pub ty: Arc<str>,
    /// What the provider gave when it was opened or last renewed.
    pub private: Private,
}

/// How long an ephemeral object goes on to be valid.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// What the provider wants back from now on.
    pub private: Private,
    /// When it has to be renewed again, if it has to.
    pub renew_at: Option<SystemTime>,
    /// Warnings.
    pub problems: Vec<Problem>,
}

// Neither configuration nor value is written anywhere, not even for debugging.

impl fmt::Debug for OpenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRequest").field("ty", &self.ty).finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = (&self.renew_at, &self.problems);
        f.debug_struct("Opened").field("renew_at", shown.0).field("problems", shown.1).finish_non_exhaustive()
    }
}
