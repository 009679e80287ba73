//! Keys that their holders have published at keybase.io: what `pgp_key = "keybase:NAME"` names.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_value::Path;
use tokio::sync::OnceCell;

use super::{Reason, Recipient};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an answer may be, in bytes.
const LENGTH: usize = 4 * 1024 * 1024;

/// Where keys are looked up, and those that were, by name: each is asked for once.
pub(super) struct Keybase {
    address: String,
    found: Mutex<HashMap<String, Arc<OnceCell<Recipient>>>>,
}

impl Default for Keybase {
    fn default() -> Keybase {
        Keybase { address: "https://keybase.io".to_owned(), found: Mutex::default() }
    }
}

/// Whether keybase.io takes a name as that of a user.
pub(super) fn check(name: &str) -> Result<(), Problem> {
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let why = "Names of users have letters, digits and underscores";
    is_name.then_some(()).ok_or_else(|| not_found(name, why))
}

/// Whom secrets for a user of keybase.io are encrypted to.
pub(super) async fn recipient(cloud: &Cloud, name: &str) -> Result<Recipient, Problem> {
    check(name)?;
    let keybase = cloud.shared::<Keybase>(cloud.default_region());
    let key = {
        let mut found = keybase.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        found.entry(name.to_lowercase()).or_default().clone()
    };
    key.get_or_try_init(|| keybase.look_up(name)).await.cloned()
}

impl Keybase {
    async fn look_up(&self, name: &str) -> Result<Recipient, Problem> {
        let url = format!("{}/_/api/1.0/user/lookup.json?usernames={name}&fields=public_keys", self.address);
        let late = |_| format!("The server does not answer within {} seconds", PATIENCE.as_secs());
        let answer = tokio::time::timeout(PATIENCE, get(&url)).await.map_err(late).flatten();
        let armored = answer.and_then(|answer| bundle(&answer)).map_err(|why| not_found(name, &why))?;
        Recipient::read(&armored).map_err(|p| not_found(name, p.detail.lines().next().unwrap_or_default()))
    }
}

fn not_found(name: &str, why: &str) -> Problem {
    let detail = format!(
        "The key of \"keybase:{name}\" cannot be looked up at keybase.io. {}.\nIf the name is right, have its holder give \
         you the key, as https://keybase.io/{name}/pgp_keys.asc shows it, and write pgp_key = file(\"pgp_keys.asc\").",
        why.trim_end_matches('.')
    );
    Problem::error("No PGP key", detail).at(Path::root().attr("pgp_key"))
}

/// The text at an address.
async fn get(url: &str) -> Result<String, Reason> {
    let mut request = HttpRequest::empty();
    request.set_uri(url).map_err(|e| e.to_string())?;
    request.headers_mut().insert("user-agent", concat!("Terrane/", env!("CARGO_PKG_VERSION")));
    let tls = Provider::Rustls(CryptoMode::AwsLc);
    let connector = Connector::builder().tls_provider(tls).proxy_config(ProxyConfig::from_env()).build();
    let response = connector.call(request).await.map_err(|e| chain(&e))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(format!("The server answers with status {status}"));
    }
    let (mut body, mut all) = (ByteStream::new(response.into_body()), Vec::new());
    while let Some(part) = body.next().await {
        all.extend(part.map_err(|e| chain(&e))?);
        if all.len() > LENGTH {
            return Err(format!("The answer is longer than {LENGTH} bytes"));
        }
    }
    String::from_utf8(all).map_err(|e| format!("The answer is no text: {e}"))
}

/// The armored key of the only user in an answer.
fn bundle(answer: &str) -> Result<String, Reason> {
    let answer: serde_json::Value =
        serde_json::from_str(answer).map_err(|e| format!("The answer is not what keybase.io documents: {e}"))?;
    if answer.pointer("/status/code").and_then(|code| code.as_i64()) != Some(0) {
        let status = ["/status/desc", "/status/name"].map(|part| answer.pointer(part).and_then(|text| text.as_str()));
        return Err(format!("The server says: {}", status.into_iter().flatten().next().unwrap_or("nothing")));
    }
    let user = answer.pointer("/them/0").filter(|user| !user.is_null()).ok_or("There is no user of that name")?;
    let key = user.pointer("/public_keys/primary/bundle").and_then(|key| key.as_str());
    key.map(str::to_owned).ok_or_else(|| "The user has published no PGP key".to_owned())
}

/// An error with all that caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut all: Vec<String> = causes.map(|error| error.to_string()).collect();
    all.dedup();
    format!("Asking it failed: {}", all.join(": "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_aws_core::testing;
    use terrane_value::Value;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::recipient as named;
    use super::*;

    const KEY: &str = include_str!("../../tests/lifecycle/nobody.pgp.txt");

    /// What was asked for of a server that gives the same answer each time, and an instance that looks keys up there.
    async fn served(status: &str, body: String) -> (Arc<Mutex<Vec<String>>>, Arc<Cloud>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (answer, log) =
            (format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()), asked.clone());
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let length = client.read(&mut request).await.unwrap();
                let line = String::from_utf8_lossy(&request[..length]).lines().next().map(str::to_owned);
                log.lock().unwrap().extend(line);
                client.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (asked, at(address).await)
    }

    async fn at(address: String) -> Arc<Cloud> {
        let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
        cloud.client("eu-west-1", |_| Arc::new(Keybase { address, found: Mutex::default() }));
        cloud
    }

    fn answer(them: &str) -> String {
        format!(r#"{{"status":{{"code":0,"name":"OK"}},"them":[{them}]}}"#)
    }

    fn keys(bundle: &str) -> String {
        answer(&serde_json::json!({"id": "1", "public_keys": {"primary": {"bundle": bundle}}}).to_string())
    }

    async fn of(cloud: &Cloud, name: &str) -> Result<Option<Recipient>, Problem> {
        named(cloud, &Value::object([("pgp_key", Value::string(format!("keybase:{name}")))])).await
    }

    #[tokio::test]
    async fn a_key_is_asked_for_once() {
        let (asked, cloud) = served("200 OK", keys(KEY)).await;
        let both = tokio::join!(of(&cloud, "some_body"), of(&cloud, "Some_Body"));
        let written = Recipient::read(KEY).unwrap();
        assert_eq!(both, (Ok(Some(written.clone())), Ok(Some(written))));
        let line = "GET /_/api/1.0/user/lookup.json?usernames=some_body&fields=public_keys HTTP/1.1";
        assert_eq!(*asked.lock().unwrap(), [line]);
    }

    #[tokio::test]
    async fn what_is_no_key_is_told_with_what_to_do() {
        let error = r#"{"status":{"code":100,"desc":"bad user","name":"INPUT_ERROR"}}"#.to_owned();
        for (status, body, reason) in [
            ("200 OK", answer("null"), "There is no user of that name."),
            ("200 OK", answer(r#"{"id":"1","public_keys":{}}"#), "The user has published no PGP key."),
            ("200 OK", keys("Zm9v"), "The key cannot be encrypted to: it is"),
            ("200 OK", error, "The server says: bad user."),
            ("200 OK", "<html>".to_owned(), "not what keybase.io documents"),
            ("200 OK", " ".repeat(LENGTH + 1), "The answer is longer than 4194304 bytes."),
            ("503 Unavailable", String::new(), "The server answers with status 503."),
        ] {
            let said = of(&served(status, body).await.1, "a").await.unwrap_err().detail;
            assert!(said.contains(reason) && said.contains("pgp_key = file(\"pgp_keys.asc\")"), "{reason}: {said}");
        }
    }

    #[tokio::test]
    async fn where_nobody_answers_the_key_can_be_written() {
        let nowhere = at("http://127.0.0.1:1".to_owned()).await;
        let said = of(&nowhere, "a").await.unwrap_err().detail;
        assert!(said.contains("Asking it failed") && said.contains("https://keybase.io/a/pgp_keys.asc"), "{said}");
        let said = of(&nowhere, "a&b").await.unwrap_err().detail;
        assert!(said.contains("letters, digits and underscores"), "{said}");
    }
}
