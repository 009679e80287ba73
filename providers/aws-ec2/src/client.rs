//! The EC2 API in one region, with errors that name what was being done.

use std::future::Future;
use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use terrane_aws_core::{Arn, Cloud, Partition, Poll, chunks, code, concurrently, message, problem, uncertain};
use terrane_provider::Problem;
use terrane_provider::sdk::Failed;
use terrane_value::Value;
use tokio::time::{Instant, sleep};

/// How long AWS may take until what was just made or changed is seen by all its parts.
pub(crate) const PROPAGATION: Duration = Duration::from_secs(5 * 60);

/// How long an object that was just made may be unknown to the calls that read it or name it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The first words of operations that name what may have been made a moment ago. What takes things away does not: for
/// it, what is not found is gone.
const NAMING: [&str; 16] = [
    "Accept",
    "Allocate",
    "Assign",
    "Associate",
    "Attach",
    "Authorize",
    "Create",
    "Describe",
    "Enable",
    "Get",
    "Modify",
    "Monitor",
    "Provision",
    "Replace",
    "Request",
    "Run",
];

/// How operations begin that make something.
const MAKING: [&str; 4] = ["Allocate", "Create", "Request", "Run"];

/// What none of our types makes, so that it is not found because its id is wrong.
const FOREIGN: [&str; 2] = ["InvalidAMIID.NotFound", "InvalidSnapshot.NotFound"];

/// Most values of one filter.
const FILTER_VALUES: usize = 200;

/// How many filters are asked for at a time.
const FILTERS: usize = 8;

/// Most ids of one call.
const IDS: usize = 1000;

/// The EC2 API in one region.
#[derive(Clone)]
pub(crate) struct Ec2<'a> {
    pub cloud: &'a Cloud,
    pub region: String,
    pub client: Client,
    patient: bool,
}

/// A call that AWS refused, or that got no answer.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    code: Option<String>,
    message: String,
    answered: bool,
    problem: Box<Problem>,
}

impl Refusal {
    fn new<E>(what: &str, error: &SdkError<E, HttpResponse>) -> Refusal
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Refusal {
            code: code(error).map(str::to_owned),
            message: message(error).unwrap_or_default().to_owned(),
            answered: !uncertain(error),
            problem: Box::new(problem(what, error)),
        }
    }

    /// An answer that does not say what it must.
    pub fn unread(what: &str) -> Refusal {
        let detail = "The answer of AWS lacks the id of what was made.";
        let problem = Problem::error(format!("No id after {what}"), detail);
        Refusal { code: None, message: String::new(), answered: false, problem: Box::new(problem) }
    }

    /// Whether AWS answered, so that the call certainly had no effect.
    pub fn answered(&self) -> bool {
        self.answered
    }

    /// The same refusal of a call that was made before without answer.
    pub fn unsure(self) -> Refusal {
        Refusal { answered: false, ..self }
    }

    /// The code that AWS answered.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether AWS answered one of these codes.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|c| codes.contains(&c))
    }

    /// Whether AWS answered this code with `part` in its message.
    pub fn says(&self, code: &str, part: &str) -> bool {
        self.is(&[code]) && self.message.contains(part)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        *refusal.problem
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Failed {
        Problem::from(refusal).into()
    }
}

/// Whether the name of an operation begins with one of these words.
fn begins(operation: &str, words: &[&str]) -> bool {
    let name = operation.trim_start_matches("ec2:");
    words.iter().any(|word| name.starts_with(word))
}

/// Treats some refusals as success: what was to be removed is gone already.
pub(crate) fn unless<T>(result: Result<T, Refusal>, codes: &[&str]) -> Result<Option<T>, Refusal> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) if refusal.is(codes) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

impl<'a> Ec2<'a> {
    /// The API where an object lives.
    pub fn of(cloud: &'a Cloud, object: &Value) -> Ec2<'a> {
        Ec2::at(cloud, cloud.region(object))
    }

    /// The API in a region.
    pub fn at(cloud: &'a Cloud, region: String) -> Ec2<'a> {
        let client = cloud.client(&region, Client::new);
        Ec2 { cloud, region, client, patient: false }
    }

    /// The API for making or changing an object: a call that does not find what was made a moment ago, be it the object
    /// or one that it stands in or names, is repeated for [`PATIENCE`].
    pub fn patient(self) -> Ec2<'a> {
        Ec2 { patient: true, ..self }
    }

    /// Whether a refusal passes: AWS does not know everywhere yet what was just made.
    fn passes<E: ProvideErrorMetadata>(&self, operation: &str, error: &SdkError<E, HttpResponse>) -> bool {
        let unknown = |code: &str| code.contains("NotFound") || code.ends_with(".Unknown");
        let young = |code: &str| unknown(code) && !FOREIGN.contains(&code);
        self.patient && begins(operation, &NAMING) && code(error).is_some_and(young)
    }

    /// The ARN of an object in this region.
    pub fn arn(&self, account: &str, resource: &str) -> String {
        let partition = Partition::of_region(&self.region).id;
        Arn { partition, service: "ec2", region: &self.region, account, resource }.to_string()
    }

    /// Makes a call that may be repeated without harm. `what` is a phrase such as `reading VPCs`.
    pub async fn call<T, E, F, Fut>(&self, operation: &'static str, what: &str, send: F) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.insist(operation, what, PATIENCE, send, |_| false).await
    }

    /// Makes a call that must not take effect twice. `look` says what to look for when its answer was lost.
    pub async fn call_once<T, E, F, Fut>(
        &self,
        operation: &'static str,
        what: &str,
        look: &str,
        send: F,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.once(operation, what, send).await.map_err(|refusal| self.ambiguous(refusal, look))
    }

    /// Like [`Ec2::call_once`], for a caller that finds out what became of a call without answer.
    pub async fn once<T, E, F, Fut>(&self, operation: &'static str, what: &str, mut send: F) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut pauses = Pauses::within(PATIENCE);
        loop {
            match self.cloud.call_once((operation, &*self.region), &mut send).await {
                Err(error) if self.passes(operation, &error) && pauses.pass().await => {}
                answer => return answer.map_err(|e| Refusal::new(what, &e)),
            }
        }
    }

    /// The refusal with advice if the call may have made something all the same.
    fn told(&self, operation: &str, refusal: Refusal) -> Refusal {
        let makes = begins(operation, &MAKING) && operation != "ec2:CreateTags";
        if makes { self.ambiguous(refusal, "what it may have made") } else { refusal }
    }

    /// The refusal with advice if the call may have taken effect all the same.
    pub fn ambiguous(&self, mut refusal: Refusal, look: &str) -> Refusal {
        if !refusal.answered {
            let advice = format!(
                "\nThe answer was lost, so it may have taken effect all the same: look for {look} in region {}, and \
                 import or remove it before running again.",
                self.region
            );
            refusal.problem.detail.push_str(&advice);
        }
        refusal
    }

    /// Makes a call again and again while it is refused in a way that passes, at most for `time`.
    pub async fn insist<T, E, F, Fut>(
        &self,
        operation: &'static str,
        what: &str,
        time: Duration,
        mut send: F,
        passes: impl Fn(&Refusal) -> bool,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let young = Instant::now() + PATIENCE;
        let again = |e: &SdkError<E, HttpResponse>| {
            passes(&Refusal::new(what, e)) || (Instant::now() < young && self.passes(operation, e))
        };
        let answer = self.cloud.insist((operation, &*self.region), time, again, &mut send).await;
        answer.map_err(|e| self.told(operation, Refusal::new(what, &e)))
    }

    /// Reads what a filter selects for all `values`, 200 in a filter, every page.
    pub async fn filtered<T, I, E, F, Fut>(
        &self,
        operation: &'static str,
        what: &str,
        (filter_name, values): (&str, &[String]),
        send: F,
        take: impl Fn(T) -> (Option<Vec<I>>, Option<String>),
    ) -> Result<Vec<I>, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Fn(Filter, Option<String>) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let (send, take) = (&send, &take);
        let some = concurrently(FILTERS, chunks(values, FILTER_VALUES), |chunk| async move {
            let filter = Filter::builder().name(filter_name).set_values(Some(chunk)).build();
            self.pages(operation, what, |token| send(filter.clone(), token), take).await
        });
        let all: Result<Vec<Vec<I>>, Refusal> = some.await.into_iter().collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// Reads objects by id, 1,000 in a call. One that is missing fails the call for all, so the ids are then halved.
    pub async fn existing<T, I, E, F, Fut>(
        &self,
        operation: &'static str,
        what: &str,
        (ids, missing): (&[String], &str),
        mut send: F,
        mut take: impl FnMut(T) -> Option<Vec<I>>,
    ) -> Result<Vec<I>, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut(Vec<String>) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let (mut all, mut due): (Vec<I>, Vec<Vec<String>>) = (Vec::new(), chunks(ids, IDS).collect());
        while let Some(some) = due.pop() {
            match self.call(operation, what, || send(some.clone())).await {
                Ok(answer) => all.extend(take(answer).unwrap_or_default()),
                Err(refusal) if !refusal.is(&[missing]) => return Err(refusal),
                Err(_) if some.len() > 1 => due.extend(chunks(&some, some.len().div_ceil(2))),
                Err(_) => {}
            }
        }
        Ok(all)
    }

    /// Reads every page of an answer.
    pub async fn pages<T, I, E, F, Fut>(
        &self,
        operation: &'static str,
        what: &str,
        mut send: F,
        mut take: impl FnMut(T) -> (Option<Vec<I>>, Option<String>),
    ) -> Result<Vec<I>, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut(Option<String>) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut take = |answer| {
            let (items, token) = take(answer);
            (items.unwrap_or_default(), token)
        };
        let mut pauses = Pauses::within(PATIENCE);
        loop {
            match self.cloud.pages((operation, &*self.region), &mut send, &mut take).await {
                Err(error) if self.passes(operation, &error) && pauses.pass().await => {}
                answer => return answer.map_err(|e| Refusal::new(what, &e)),
            }
        }
    }

    /// Polls `find` until `ready` accepts what it found; absence counts as not yet.
    pub async fn until<T, Fut>(
        &self,
        what: String,
        time: Duration,
        mut find: impl FnMut() -> Fut,
        ready: impl Fn(&T) -> Result<bool, Problem>,
        state: impl Fn(&T) -> String,
    ) -> Result<T, Problem>
    where
        Fut: Future<Output = Result<Option<T>, Problem>>,
    {
        let poll = || {
            let found = find();
            async {
                match found.await? {
                    Some(found) if ready(&found)? => Ok(Poll::Done(found)),
                    Some(found) => Ok(Poll::pending(state(&found))),
                    None => Ok(Poll::pending("not found")),
                }
            }
        };
        self.cloud.wait(what, time, poll).await
    }

    /// Polls `find` until it finds nothing.
    pub async fn until_gone<T, Fut>(
        &self,
        what: String,
        time: Duration,
        mut find: impl FnMut() -> Fut,
    ) -> Result<(), Problem>
    where
        Fut: Future<Output = Result<Option<T>, Problem>>,
    {
        let poll = || {
            let found = find();
            async { Ok(found.await?.map_or(Poll::Done(()), |_| Poll::pending("still there"))) }
        };
        self.cloud.wait(what, time, poll).await
    }
}

/// Pauses that grow up to 5 s, until a time has passed.
pub(crate) struct Pauses {
    end: Instant,
    pause: Duration,
}

impl Pauses {
    /// Pauses from now on.
    pub fn within(time: Duration) -> Pauses {
        Pauses { end: Instant::now() + time, pause: Duration::from_millis(100) }
    }

    /// Waits; `false` if the time has passed.
    pub async fn pass(&mut self) -> bool {
        let left = self.end.saturating_duration_since(Instant::now());
        sleep(self.pause.min(left)).await;
        self.pause = self.pause.mul_f64(1.6).min(Duration::from_secs(5));
        !left.is_zero()
    }
}

/// A filter with one value.
pub(crate) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
