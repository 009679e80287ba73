//! Calls against a server that answers as it is told.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_sts::Client;
use terrane_aws_core::{Cloud, Poll, code, problem, testing};
use terrane_provider::Problem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const THROTTLE: Answer = Answer::Error(503, "RequestLimitExceeded");
const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
    <Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>AIDA</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>";

#[derive(Clone, Copy)]
enum Answer {
    Identity,
    Error(u16, &'static str),
    /// The connection is closed without an answer.
    Nothing,
    /// An answer that is none.
    Garbage,
}

/// A server that gives these answers one after the other, the last one for ever, and counts requests.
async fn server(answers: &'static [Answer]) -> (Arc<Cloud>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 16_384];
                let _ = stream.read(&mut buffer).await;
                let at = counted.fetch_add(1, Ordering::SeqCst);
                let answer = answers[at.min(answers.len() - 1)];
                if let Some(text) = text(answer) {
                    let _ = stream.write_all(text.as_bytes()).await;
                }
            });
        }
    });
    (testing::cloud(&address, "eu-west-1").await, count)
}

fn text(answer: Answer) -> Option<String> {
    let (status, body) = match answer {
        Answer::Identity => (200, IDENTITY.to_owned()),
        Answer::Error(status, code) => (
            status,
            format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>so it is</Message></Error>\
                 <RequestId>r-1</RequestId></ErrorResponse>"
            ),
        ),
        Answer::Nothing => return None,
        Answer::Garbage => (200, "<Secret>hunter2</Secret>".to_owned()),
    };
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\nx-amzn-requestid: r-1\r\ncontent-type: text/xml");
    Some(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

fn sts(cloud: &Cloud) -> Client {
    cloud.client("eu-west-1", Client::new)
}

#[tokio::test]
async fn throttled_calls_are_repeated_and_counted() {
    let (cloud, count) = server(&[THROTTLE, THROTTLE, Answer::Identity]).await;
    assert_eq!(cloud.account_id().await.unwrap(), "123456789012");
    assert_eq!(cloud.account_id().await.unwrap(), "123456789012");
    assert_eq!(count.load(Ordering::SeqCst), 3, "the answer is kept");
    let counts = cloud.counts()["sts:GetCallerIdentity"];
    assert_eq!((counts.calls, counts.throttles, counts.retries), (3, 2, 2));
}

#[tokio::test]
async fn lost_connections_are_repeated_where_that_does_no_harm() {
    let (cloud, count) = server(&[Answer::Nothing, Answer::Error(500, "InternalError"), Answer::Identity]).await;
    let sts = sts(&cloud);
    let answer = cloud.call("sts:GetCallerIdentity", || sts.get_caller_identity().send()).await;
    assert!(answer.is_ok());
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn calls_that_must_not_happen_twice_are_repeated_only_when_throttled() {
    let (cloud, count) = server(&[THROTTLE, Answer::Nothing, Answer::Identity]).await;
    let sts = sts(&cloud);
    let answer = cloud.call_once("sts:GetCallerIdentity", || sts.get_caller_identity().send()).await;
    let error = problem("asking", &answer.unwrap_err());
    assert_eq!(error.summary, "Asking failed");
    assert!(error.detail.starts_with("No answer from AWS"), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn refusals_are_told_with_code_message_status_and_request() {
    let (cloud, count) = server(&[Answer::Error(403, "AccessDenied")]).await;
    let sts = sts(&cloud);
    let error = cloud.call("sts:GetCallerIdentity", || sts.get_caller_identity().send()).await.unwrap_err();
    assert_eq!(code(&error), Some("AccessDenied"));
    let problem = problem("asking", &error);
    assert!(problem.detail.starts_with("AccessDenied: so it is. (HTTP 403, request id r-1)"), "{problem:?}");
    assert!(problem.detail.contains("permission"));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_told_without_their_text() {
    let (cloud, count) = server(&[Answer::Garbage]).await;
    let sts = sts(&cloud);
    let error = cloud.call("sts:GetCallerIdentity", || sts.get_caller_identity().send()).await.unwrap_err();
    let problem = problem("asking", &error);
    assert!(problem.detail.contains("error parsing XML") && !problem.detail.contains("hunter2"), "{problem:?}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn waiting_ends_when_it_is_done_or_time_is_up() {
    let (cloud, _) = server(&[Answer::Identity]).await;
    let polls = AtomicUsize::new(0);
    let poll = || async {
        let done = polls.fetch_add(1, Ordering::SeqCst) == 2;
        Ok(if done { Poll::Done(7) } else { Poll::pending("pending") })
    };
    assert_eq!(cloud.wait("it", Duration::from_secs(5), poll).await, Ok(7));
    let never = || async { Ok::<Poll<()>, Problem>(Poll::pending("stuck")) };
    let problem = cloud.wait("gateway nat-1 to become available", Duration::from_millis(120), never).await.unwrap_err();
    assert_eq!(problem.summary, "Timed out waiting for gateway nat-1 to become available");
    assert!(problem.detail.contains("120ms") && problem.detail.contains("\"stuck\""), "{problem:?}");
}
