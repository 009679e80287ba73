//! AWS errors as problems for people.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use terrane_provider::Problem;

use crate::credentials::told;

/// The error code that a service answered: `InvalidVpcID.NotFound`.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether a service answered one of these codes.
pub fn is_code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool {
    code(error).is_some_and(|c| codes.contains(&c))
}

/// The message that a service answered.
pub fn message<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::message)
}

/// Whether a service answered `code` with `part` in its message. An empty part is in every message.
pub fn says<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, code: &str, part: &str) -> bool {
    is_code(error, &[code]) && message(error).unwrap_or_default().contains(part)
}

/// The HTTP status of an answer.
pub fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|r| r.status().as_u16())
}

/// Tells a failed call. `what` is a phrase such as `creating VPC` or `reading role "app"`.
///
/// The problem names the code, the message, the HTTP status and the request id of the answer.
pub fn problem<E>(what: &str, error: &SdkError<E, HttpResponse>) -> Problem
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let detail = line(error);
    let hint = code(error).map_or_else(|| unreachable_hint(error), hint);
    let facts = facts(status(error), error.request_id());
    let ending = if detail.ends_with(['.', '!', '?']) { "" } else { "." };
    Problem::error(format!("{} failed", capitalised(what)), format!("{detail}{ending}{facts}{hint}"))
}

/// What the SDK puts around causes that says nothing.
const WRAPPERS: [&str; 3] = ["unhandled error", "service error", "dispatch failure"];

fn chain<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    if let Some(credentials) = credentials(error) {
        return format!("There are no credentials for the call: {}", told(credentials));
    }
    match error {
        SdkError::ConstructionFailure(_) => innermost(error),
        SdkError::TimeoutError(_) => "The call timed out".to_owned(),
        SdkError::DispatchFailure(_) => format!("No answer from AWS: {}", innermost(error)),
        SdkError::ResponseError(_) => format!("The answer cannot be read: {}", innermost(error)),
        _ => format!("AWS answered without an error code: {}", innermost(error)),
    }
}

/// The error of the credentials that a call was to be made with.
fn credentials<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e CredentialsError> {
    std::iter::successors(Some(error), |e| e.source()).find_map(|e| e.downcast_ref())
}

/// What an error says, without the request that some of the SDK's print whole.
fn brief(error: &(dyn std::error::Error + 'static)) -> String {
    let text = error.to_string();
    match text.split_once("Request {") {
        Some((before, _)) => before.trim_end_matches([' ', '`']).trim_end_matches(" to request").to_owned(),
        None => text,
    }
}

/// The causes of an error below the SDK's own wrapping, outermost first. Never the answer itself, which may hold secrets.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |e| e.source());
    let mut texts: Vec<String> = causes.map(brief).filter(|t| !WRAPPERS.contains(&t.as_str())).collect();
    texts.dedup();
    if texts.is_empty() { brief(error) } else { texts.join(": ") }
}

fn facts(status: Option<u16>, request: Option<&str>) -> String {
    let status = status.map(|s| format!("HTTP {s}"));
    let request = request.map(|r| format!("request id {r}"));
    let all: Vec<String> = status.into_iter().chain(request).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

fn hint(code: &str) -> &'static str {
    match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            "\nThe credentials in use lack the permission for this call: grant it, or use others."
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "\nThe credentials have expired: obtain new ones and run again."
        }
        "AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            "\nAWS does not accept the credentials: check access key, secret key and session token."
        }
        "OptInRequired" => "\nThe account or region is not enabled for this service.",
        _ => "",
    }
}

fn unreachable_hint<E>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match error {
        SdkError::DispatchFailure(f) if f.is_io() || f.is_timeout() => {
            "\nCheck the network, the region and any custom endpoints."
        }
        _ => "",
    }
}

/// Tells an error in a line: code and message, or the causes.
pub(crate) fn line<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match code(error) {
        Some(c) => format!("{c}: {}", message(error).unwrap_or("no message")),
        None => chain(error),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
