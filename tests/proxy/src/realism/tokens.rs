//! Client tokens: a mutating call made again with its token is answered as the first time.

use super::Visit;
use crate::answer;
use crate::http::Response;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Calls that carried a token, by account, region, action and token.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<[String; 4], Slot>>);

/// The one call made with a token, once it has succeeded.
type Slot = Arc<Mutex<Option<Done>>>;

struct Done {
    params: BTreeMap<String, String>,
    response: Response,
}

impl Tokens {
    /// Answers a call by `act` unless its token was used: then as before, or with a mismatch if it asks for something else.
    pub fn once(&self, visit: &Visit<'_>, act: impl FnOnce() -> io::Result<Response>) -> io::Result<Response> {
        let Some(token) = visit.call.param("ClientToken").filter(|token| !token.is_empty()) else { return act() };
        let slot = self.slot(visit, token);
        let mut done = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match &*done {
            Some(before) if before.params == visit.call.params => return Ok(before.response.clone()),
            Some(_) => return Ok(mismatch(visit)),
            None => {}
        }
        let response = act()?;
        if response.is_success() {
            *done = Some(Done { params: visit.call.params.clone(), response: response.clone() });
        }
        Ok(response)
    }

    fn slot(&self, visit: &Visit<'_>, token: &str) -> Slot {
        let call = visit.call;
        let key = [call.account.clone(), call.region.clone(), call.action.clone(), token.to_owned()];
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}

fn mismatch(visit: &Visit<'_>) -> Response {
    let message = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
    answer::error(visit.call, 400, "IdempotentParameterMismatch", message)
}
