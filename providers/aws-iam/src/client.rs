//! Calls to IAM.

use std::time::{Duration, Instant};

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::Tag;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use percent_encoding::percent_decode_str;
use terrane_aws_core::{Cloud, Poll, Tags, is_code, problem, says};
use terrane_provider::sdk::{Args, Update};
use terrane_provider::{Object, PlanResponse, Problem};
use terrane_value::{Kind, Type, Value};

/// How long a change to IAM may take until all of AWS knows it.
pub const PROPAGATION: Duration = Duration::from_secs(120);

/// How long something that was just made or removed may not be known yet, where it is by no means usual.
pub const SETTLING: Duration = Duration::from_secs(15);

/// Objects of a read that are worked on at once. How many calls are under way follows from how IAM takes them.
pub const OBJECTS: usize = 64;

/// The client; IAM is one service for all regions of a partition.
pub fn iam(cloud: &Cloud) -> Client {
    cloud.client(cloud.default_region(), Client::new)
}

/// The names of all roles but those that belong to services.
pub async fn role_names(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let client = iam(cloud);
    let roles = cloud.pages("iam:ListRoles", |m| client.list_roles().set_marker(m).send(), |a| (a.roles, a.marker));
    let roles = roles.await.map_err(|e| problem("listing IAM roles", &e))?;
    let ours = roles.into_iter().filter(|r| !r.path.starts_with("/aws-service-role/"));
    Ok(ours.map(|r| r.role_name).collect())
}

/// An answer, `None` if it is that the entity does not exist.
pub fn found<T, E>(what: &str, answer: Result<T, SdkError<E>>) -> Result<Option<T>, Problem>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_code(&error, &["NoSuchEntity"]) => Ok(None),
        Err(error) => Err(problem(what, &error)),
    }
}

/// The outcome of a removal: an entity that does not exist counts as removed.
pub fn removed<T, E>(what: &str, answer: Result<T, SdkError<E>>) -> Result<(), Problem>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    found(what, answer).map(|_| ())
}

/// The object that was made or changed, once IAM answers it. `what` is a phrase such as `IAM role "app"`.
pub async fn appeared<F, Fut>(cloud: &Cloud, what: &str, read: F) -> Result<Object, Problem>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Option<Value>, Problem>>,
{
    let poll = || async { Ok(read().await?.map_or(Poll::pending("not found"), |v| Poll::Done(Object::new(v)))) };
    cloud.wait(format!("{what} to be found"), PROPAGATION, poll).await
}

/// The texts that a set attribute loses and gains in an update.
pub fn changed(update: &Update<'_>, attribute: &str) -> (Vec<String>, Vec<String>) {
    let [old, new] = [update.prior, update.planned].map(|v| Args(v).strings(attribute));
    let without = |of: &[String], others: &[String]| of.iter().filter(|s| !others.contains(s)).cloned().collect();
    (without(&old, &new), without(&new, &old))
}

/// Whether nothing is left of a set of memberships that was not empty.
pub fn vanished(known: &Value, attribute: &str, present: &[String]) -> bool {
    present.is_empty() && !Args(known).strings(attribute).is_empty()
}

/// The plan for an entity with a name and a path that can change in place: its id is its name, and its ARN is new.
pub fn renamed(prior: Option<&Value>, mut plan: PlanResponse) -> PlanResponse {
    let (Some(prior), Some(planned)) = (prior, &plan.planned) else { return plan };
    let Some(fields) = planned.fields() else { return plan };
    let name = planned.get("name").cloned().unwrap_or(Value::unknown(Type::String));
    let moved = Args(planned).differs(prior, "name") || Args(planned).differs(prior, "path");
    if moved && plan.requires_replace.is_empty() {
        let fields = fields.with("id", name).with("arn", Value::unknown(Type::String));
        plan.planned = Some(Value::from_kind(Kind::Object(fields)));
    }
    plan
}

/// The tags of an entity, brought from those of `prior` to those of `planned`: `untag` and `tag` make the calls.
macro_rules! retag {
    ($cloud:expr, $update:expr, $what:expr, $key:ident = $id:expr,
     $untag:ident $untag_operation:literal, $tag:ident $tag_operation:literal) => {{
        let (client, what) = ($crate::client::iam($cloud), format!("updating the tags of {}", $what));
        let diff = $cloud.tag_diff($update.prior, $update.planned);
        if !diff.remove.is_empty() {
            let request = client.$untag().$key($id).set_tag_keys(Some(diff.remove));
            let answer = $cloud.call($untag_operation, || request.clone().send()).await;
            answer.map_err(|e| terrane_aws_core::problem(&what, &e))?;
        }
        if !diff.set.is_empty() {
            let request = client.$tag().$key($id).set_tags(Some($crate::client::to_tags(&diff.set)));
            let answer = $cloud.call($tag_operation, || request.clone().send()).await;
            answer.map_err(|e| terrane_aws_core::problem(&what, &e))?;
        }
    }};
}
pub(crate) use retag;

/// Whether a call failed since a principal, or the entity itself, is so new that this part of IAM does not know it.
pub fn too_new<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    says(error, "MalformedPolicyDocument", "Invalid principal in policy") || is_code(error, &["ConcurrentModification"])
}

/// The same for an entity that this part of IAM does not know at all, which is taken for new for a while from `begun` on.
pub fn unsettled<E: ProvideErrorMetadata>(begun: Instant) -> impl Fn(&SdkError<E>) -> bool {
    move |error| too_new(error) || is_code(error, &["NoSuchEntity"]) && begun.elapsed() < SETTLING
}

/// Whether a removal failed since something that is being removed as well still refers to the entity.
pub fn still_used<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["DeleteConflict", "ConcurrentModification"])
}

/// A policy document as IAM answers it, decoded.
pub fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8_lossy().into_owned()
}

/// A time as attributes hold it: `2024-05-01T12:00:00Z`.
pub fn time(time: &DateTime) -> Option<String> {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).ok()
}

/// Tags as IAM takes them.
pub fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().filter_map(|(k, v)| Tag::builder().key(k).value(v).build().ok()).collect()
}

/// Tags as IAM answers them.
pub fn from_tags(tags: &[Tag]) -> impl Iterator<Item = (String, String)> {
    tags.iter().map(|t| (t.key.clone(), t.value.clone()))
}
