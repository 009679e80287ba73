//! Answers that are kept: how long an emulator takes is not how long AWS takes.

use crate::call::Call;
use crate::http::{Request, Response};
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

const READS: [&str; 4] = ["Describe", "Get", "Head", "List"];

/// Answers to calls that only read, by all that tells these apart; without any, none are kept.
#[derive(Default)]
pub struct Memory(Mutex<Option<HashMap<String, Response>>>);

impl Memory {
    /// Keeps answers from now on, for a test in which nothing changes any more.
    pub fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(HashMap::new());
    }

    /// The answer to a call: the one that is kept, or that of `ask`.
    pub fn recall(
        &self,
        call: &Call,
        request: &Request,
        ask: impl FnOnce() -> io::Result<Response>,
    ) -> io::Result<Response> {
        let key = format!(
            "{} {} {} {} {}",
            call.account,
            call.region,
            call.name(),
            request.target,
            String::from_utf8_lossy(&request.body)
        );
        let kept = self.with(|all| all.get(&key).cloned());
        if let Some(kept) = kept.filter(|_| READS.iter().any(|verb| call.action.starts_with(verb))) {
            return Ok(kept);
        }
        let answer = ask()?;
        self.with(|all| all.insert(key, answer.clone()));
        Ok(answer)
    }

    fn with<T>(&self, f: impl FnOnce(&mut HashMap<String, Response>) -> Option<T>) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(f)
    }
}
