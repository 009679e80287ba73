//! Recorded conversations with AWS: tests against them need no network.
//!
//! A recording is a text: each request is a line `>>> METHOD URI` with its body below, each answer a line `<<< STATUS`
//! with its headers, an empty line and its body, or `<<< again` if it is the one before to the same request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

const REQUEST: &str = ">>> ";
const ANSWER: &str = "<<< ";
const AGAIN: &str = "again";

/// An answer as it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Answer {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|s| s.parse().ok()).unwrap_or_default();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = lines.filter_map(header).collect();
        Answer { status, headers, body: body.strip_suffix('\n').unwrap_or(body).to_owned() }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        self.headers.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))?;
        writeln!(f, "\n{}", self.body)
    }
}

/// Requests and answers in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Conversation(Vec<(String, Answer)>);

impl Conversation {
    fn parse(text: &str) -> Conversation {
        let mut last: BTreeMap<&str, Answer> = BTreeMap::new();
        let mut all = Conversation::default();
        for exchange in text.split(REQUEST).skip(1) {
            let (request, answer) = exchange.split_once(ANSWER).unwrap_or((exchange, ""));
            let (request, again) = (request.trim_end(), answer.trim_end() == AGAIN);
            let answer = match last.get(request) {
                Some(before) if again => before.clone(),
                _ => Answer::parse(answer),
            };
            last.insert(request, answer.clone());
            all.0.push((request.to_owned(), answer));
        }
        all
    }

    fn text(&self) -> String {
        let mut last: BTreeMap<&str, &Answer> = BTreeMap::new();
        let mut text = String::new();
        for (request, answer) in &self.0 {
            let _ = match last.insert(request, answer) == Some(answer) {
                true => writeln!(text, "{REQUEST}{request}\n{ANSWER}{AGAIN}"),
                false => write!(text, "{REQUEST}{request}\n{ANSWER}{answer}"),
            };
        }
        text
    }
}

/// A client that answers from the recording in a file. The same request again gets the next answer to it, or once more
/// the last. When it is dropped, every request of the recording must have been made.
pub(super) fn replayed(file: &Path) -> SharedHttpClient {
    let advice = "record it with UPDATE=1 and TERRANE_TEST_ENDPOINT set to an emulator";
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}; {advice}", file.display()));
    let mut answers: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
    for (request, answer) in Conversation::parse(&text).0.into_iter().rev() {
        answers.entry(request).or_default().push(answer);
    }
    let unasked = answers.keys().cloned().collect();
    shared(Replay { left: Mutex::new(Left { answers, unasked }), file: file.to_owned() })
}

/// What AWS would have answered to a request, as a status and a body, where an emulator's answer is another.
pub type Amend = fn(request: &str, status: u16, body: &str) -> Option<(u16, String)>;

/// A client that passes everything on over plain HTTP, and amends the answers.
pub(super) fn amended(amend: Amend) -> SharedHttpClient {
    shared(Amended { inner: plain(), amend })
}

/// A client that does the same, and writes a recording of it to a file when it is dropped: what is this play's own goes
/// there by the fixed text that stands beside it.
pub(super) fn recorded(file: PathBuf, own: Vec<(String, String)>, amend: Amend) -> SharedHttpClient {
    let inner = SharedHttpConnector::new(Amended { inner: plain(), amend });
    shared(Record { inner, log: Arc::new(Log { file, own, conversation: Mutex::default() }) })
}

fn plain() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().build_http())
}

fn shared(connector: impl HttpConnector + 'static) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug)]
struct Replay {
    left: Mutex<Left>,
    file: PathBuf,
}

/// What is left of a recording: the answers to each request, the last one first, and the requests not made so far.
#[derive(Debug)]
struct Left {
    answers: BTreeMap<String, Vec<Answer>>,
    unasked: BTreeSet<String>,
}

impl Drop for Replay {
    fn drop(&mut self) {
        let left = self.left.get_mut().unwrap_or_else(PoisonError::into_inner);
        let whole = left.unasked.is_empty() || std::thread::panicking();
        assert!(whole, "{} has requests that are not made: {:#?}", self.file.display(), left.unasked);
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let key = key(&request);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.unasked.remove(&key);
        let answers = left.answers.get_mut(&key);
        let answer = answers.and_then(|all| if all.len() > 1 { all.pop() } else { all.last().cloned() });
        let missing = || ConnectorError::user(format!("{} has no answer to {key}", self.file.display()).into());
        HttpConnectorFuture::ready(answer.ok_or_else(missing).and_then(|a| response(&a)))
    }
}

#[derive(Debug)]
struct Amended {
    inner: SharedHttpConnector,
    amend: Amend,
}

impl HttpConnector for Amended {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let head = request.method() == "HEAD";
        let (key, amend, answer) = (key(&request), self.amend, self.inner.call(request));
        HttpConnectorFuture::new(async move {
            let answer = taken(answer.await?, head).await?;
            response(&match amend(&key, answer.status, &answer.body) {
                Some((status, body)) => Answer { status, body, ..answer },
                None => answer,
            })
        })
    }
}

#[derive(Debug)]
struct Record {
    inner: SharedHttpConnector,
    log: Arc<Log>,
}

#[derive(Debug)]
struct Log {
    file: PathBuf,
    own: Vec<(String, String)>,
    conversation: Mutex<Conversation>,
}

impl Drop for Log {
    fn drop(&mut self) {
        let conversation = self.conversation.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.file.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let text = self.own.iter().fold(conversation.text(), |text, (own, fixed)| text.replace(own, fixed));
        if let Err(e) = std::fs::write(&self.file, text) {
            eprintln!("{} is not written: {e}", self.file.display());
        }
    }
}

impl HttpConnector for Record {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let head = request.method() == "HEAD";
        let (key, log, answer) = (key(&request), self.log.clone(), self.inner.call(request));
        HttpConnectorFuture::new(async move {
            let answer = taken(answer.await?, head).await?;
            let response = response(&answer);
            log.conversation.lock().unwrap_or_else(PoisonError::into_inner).0.push((key, answer));
            response
        })
    }
}

/// What tells a request from others: neither signature nor time, and no password, which is random.
fn key(request: &HttpRequest) -> String {
    let uri = request.uri();
    let path = uri.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or(uri);
    let target = request.headers().get("x-amz-target").map(|t| format!(" {t}")).unwrap_or_default();
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let body = body.split('&').map(|part| if part.starts_with("Password=") { "Password=" } else { part });
    let body = body.collect::<Vec<_>>().join("&");
    format!("{} {path}{target}\n{body}", request.method()).trim_end().to_owned()
}

/// Headers that say something of what was asked for, beside those of AWS's own.
const TELLING: [&str; 9] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "location",
];

/// An answer as it is recorded; to a HEAD with the length of what a GET would bring.
async fn taken(response: HttpResponse, head: bool) -> Result<Answer, ConnectorError> {
    let kept = |name: &str| name.starts_with("x-amz") || TELLING.contains(&name) || head && name == "content-length";
    let unnamed = |name: &str| ["x-amz-id-2", "x-amz-request-id", "x-amzn-requestid"].contains(&name);
    let headers = response.headers().iter().filter(|(name, _)| kept(name) && !unnamed(name));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let status = response.status().as_u16();
    let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| ConnectorError::io(e.into()))?;
    let body = String::from_utf8_lossy(&body.into_bytes()).into_owned();
    Ok(Answer { status, headers, body })
}

fn response(answer: &Answer) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status).map_err(|e| ConnectorError::user(e.into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body.clone()));
    for (name, value) in &answer.headers {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_read_as_they_were_written() {
        let answer =
            |status, body: &str| Answer { status, headers: vec![("etag".into(), "x".into())], body: body.into() };
        let bare = Answer { status: 204, ..Answer::default() };
        let all = Conversation(vec![
            ("POST /\nAction=GetUser&UserName=a".into(), answer(200, "<a>\n\n  <b/>\n</a>\n")),
            ("PUT /bucket?policy\n{}".into(), answer(404, "")),
            ("DELETE /bucket".into(), bare.clone()),
            ("PUT /bucket?policy\n{}".into(), answer(404, "")),
            ("DELETE /bucket".into(), answer(404, "")),
            ("DELETE /bucket".into(), bare),
        ]);
        assert_eq!(all.text().matches("<<< again").count(), 1);
        assert_eq!(Conversation::parse(&all.text()), all);
    }
}
