//! Objects that are imported at the same time are read together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use terrane_provider::{Configured, ReadOutcome, ReadRequest};
use tokio::sync::oneshot::{self, Sender};

use crate::configured::Instance;

/// How long the first one waits for others.
const WAIT: Duration = Duration::from_millis(5);

/// What is going to be read together.
#[derive(Default)]
pub(crate) struct Gathering(Mutex<Vec<(ReadRequest, Sender<ReadOutcome>)>>);

impl Gathering {
    /// Reads an object together with those that are asked for at the same time.
    pub async fn read(&self, of: &Instance, request: ReadRequest) -> ReadOutcome {
        let (answer, told) = oneshot::channel();
        let is_first = self.with(|waiting| {
            waiting.push((request.clone(), answer));
            waiting.len() == 1
        });
        if is_first {
            tokio::time::sleep(WAIT).await;
            let (requests, answers): (Vec<_>, Vec<_>) = self.with(std::mem::take).into_iter().unzip();
            for (answer, outcome) in answers.into_iter().zip(of.read(requests).await) {
                // Who does not listen any more has been given up.
                let _ = answer.send(outcome);
            }
        }
        match told.await {
            Ok(Ok(object)) => Ok(object),
            // What is wrong with one of them may have been told of all.
            _ => of.read(vec![request]).await.pop().unwrap_or(Ok(None)),
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Vec<(ReadRequest, Sender<ReadOutcome>)>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
