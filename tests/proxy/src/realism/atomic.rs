//! Conditional writes: AWS decides each one as a whole, a threaded emulator may let two through.

use super::Visit;
use crate::http::Response;
use std::io;
use std::sync::{Mutex, PoisonError};

const WRITES: &[&str] = &[
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:TransactWriteItems",
    "dynamodb:UpdateItem",
    "s3:CompleteMultipartUpload",
    "s3:DeleteObject",
    "s3:PutObject",
];

/// Lets one write through at a time.
#[derive(Default)]
pub struct Gate(Mutex<()>);

impl Gate {
    /// Answers a call by `act`, after every earlier write is answered if it is a write itself.
    pub fn pass(&self, visit: &Visit<'_>, act: impl FnOnce() -> io::Result<Response>) -> io::Result<Response> {
        if !WRITES.contains(&visit.call.name().as_str()) {
            return act();
        }
        let _turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act()
    }
}
