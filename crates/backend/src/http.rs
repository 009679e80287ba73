//! State behind a REST address, locked by two more addresses: Terraform's `http` backend.
//!
//! The protocol is Terraform's: `GET`, `POST` and `DELETE` of the state, `LOCK` and `UNLOCK` with the lock's info as
//! JSON. Where a server names versions by `ETag`, writes insist on the version that the run began from.

mod config;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use terrane_state::{Content, LockInfo, Locked, Store, StoreError, Stored, Version};
use terrane_value::{ConvertError, Path, Value};

use config::Config;
pub use config::schema;

/// The state behind one address.
#[derive(Debug)]
pub struct Http {
    config: Config,
    client: reqwest::Client,
    held: Mutex<Option<LockInfo>>,
}

/// A version that the server named; others are digests of the content.
const TAG: &str = "etag:";

impl Http {
    /// The store; see [`crate::schema`] for `config`.
    pub fn open(config: &Value, workspace: &str) -> Result<Http, ConvertError> {
        if workspace != "default" {
            let what = format!("The http backend has only the workspace \"default\", not {workspace:?}.");
            return Err(ConvertError::new(Path::root(), what));
        }
        let config = Config::read(config)?;
        let client = config.client()?;
        Ok(Http { config, client, held: Mutex::new(None) })
    }

    fn held(&self) -> Option<LockInfo> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, info: Option<LockInfo>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = info;
    }

    fn request(&self, method: &Method, url: &Url, body: Option<Vec<u8>>) -> RequestBuilder {
        let mut request = self.client.request(method.clone(), url.clone()).headers(self.config.headers.clone());
        if let Some((name, password)) = &self.config.login {
            request = request.basic_auth(name, Some(password));
        }
        match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .header("Content-MD5", BASE64.encode(Md5::digest(&body)))
                .body(body),
            None => request,
        }
    }

    /// Sends a request; failures of the network and of the server are tried again.
    async fn send(&self, request: RequestBuilder, what: &str) -> Result<Response, StoreError> {
        let mut wait = self.config.wait_min;
        let mut left = self.config.retries;
        loop {
            let Some(attempt) = request.try_clone() else {
                return Err(StoreError::Failed(format!("It was not possible to {what}.")));
            };
            let answer = attempt.send().await;
            let again = match &answer {
                Ok(response) => response.status().is_server_error() || response.status() == 429,
                Err(error) => !error.is_builder(),
            };
            if !again || left == 0 {
                return answer.map_err(|e| self.unreachable(what, &e));
            }
            left -= 1;
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(self.config.wait_max).max(Duration::from_millis(1));
        }
    }

    fn unreachable(&self, what: &str, error: &reqwest::Error) -> StoreError {
        let mut why = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            why = error.to_string();
            cause = error.source();
        }
        StoreError::Failed(format!("It was not possible to {what} at {}: {why}.", self.place()))
    }

    fn refused(&self, what: &str, status: StatusCode) -> StoreError {
        let hint = match status.as_u16() {
            401 => " Set \"username\" and \"password\" of the backend, or TF_HTTP_USERNAME and TF_HTTP_PASSWORD.",
            403 => " The name and password are known, but not allowed to do this.",
            _ => "",
        };
        StoreError::Failed(format!(
            "It was not possible to {what} at {}: the server answered {status}.{hint}",
            self.place()
        ))
    }

    async fn read(&self) -> Result<Option<Stored>, StoreError> {
        let what = "read the state";
        let response = self.send(self.request(&Method::GET, &self.config.address, None), what).await?;
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(self.refused(what, status)),
        }
        let (tag, sent) = (header("etag").filter(|t| !t.starts_with("W/")), header("content-md5"));
        let bytes = response.bytes().await.map_err(|e| self.unreachable(what, &e))?.to_vec();
        if bytes.is_empty() {
            return Ok(None);
        }
        let digest = BASE64.encode(Md5::digest(&bytes));
        if sent.is_some_and(|sent| sent != digest) {
            return Err(StoreError::Digest(format!(
                "The state at {} does not have the content that its Content-MD5 names.",
                self.place()
            )));
        }
        let version = tag.map_or(digest, |tag| format!("{TAG}{tag}"));
        Ok(Some(Stored { bytes, version: Version(version.into()), outdated: false }))
    }

    /// The address of the state with the lock that we hold.
    fn address(&self) -> Url {
        let mut url = self.config.address.clone();
        if let Some(info) = self.held() {
            let others: Vec<(String, String)> =
                url.query_pairs().filter(|(name, _)| name != "ID").map(|(n, v)| (n.into(), v.into())).collect();
            url.query_pairs_mut().clear().extend_pairs(others).append_pair("ID", &info.id);
        }
        url
    }
}

#[async_trait]
impl Store for Http {
    fn place(&self) -> String {
        let mut url = self.config.address.clone();
        // Neither can fail for http and https.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.set_query(None);
        url.into()
    }

    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        self.read().await
    }

    async fn save(&self, content: Content<'_>, base: Option<&Version>) -> Result<Version, StoreError> {
        let what = "write the state";
        let mut bytes = Vec::new();
        content(&mut bytes).map_err(|e| StoreError::Failed(format!("It was not possible to {what}: {e}.")))?;
        let now = self.read().await?.map(|stored| stored.version);
        if now.as_ref() != base {
            return Err(StoreError::Conflict);
        }
        let mut request = self.request(&self.config.update_method, &self.address(), Some(bytes.clone()));
        if let Some(tag) = base.and_then(|version| version.0.strip_prefix(TAG)) {
            request = request.header("If-Match", tag);
        }
        let response = self.send(request, what).await?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => {}
            // The answer to a first try may have been lost; what is stored is compared below.
            StatusCode::PRECONDITION_FAILED => {}
            status => return Err(self.refused(what, status)),
        }
        // A server may name the version it made here, or only when it is read.
        match self.read().await? {
            Some(stored) if stored.bytes == bytes => Ok(stored.version),
            _ => Err(StoreError::Conflict),
        }
    }

    async fn lock(&self, mut info: LockInfo) -> Result<Locked, StoreError> {
        info.path = self.place();
        let Some(url) = &self.config.lock_address else {
            info.journal.clear();
            return Ok(Locked { info });
        };
        if let Some(own) = self.held() {
            return Err(StoreError::Held(Some(Box::new(own))));
        }
        let body = serde_json::to_vec(&info).unwrap_or_default();
        let what = "lock the state";
        let response = self.send(self.request(&self.config.lock_method, url, Some(body)), what).await?;
        match response.status() {
            StatusCode::OK => {
                self.hold(Some(info.clone()));
                Ok(Locked { info })
            }
            StatusCode::CONFLICT | StatusCode::LOCKED => {
                let bytes = response.bytes().await.unwrap_or_default();
                match serde_json::from_slice::<LockInfo>(&bytes).ok() {
                    // The answer to an earlier attempt of this very call was lost.
                    Some(holder) if holder.id == info.id => {
                        self.hold(Some(info.clone()));
                        Ok(Locked { info })
                    }
                    holder => Err(StoreError::Held(holder.map(Box::new))),
                }
            }
            status => Err(self.refused(what, status)),
        }
    }

    async fn holder(&self) -> Result<Option<LockInfo>, StoreError> {
        match self.config.lock_address {
            None => Ok(None),
            Some(_) => Err(StoreError::Failed(format!(
                "The server of {} cannot be asked who holds the lock; a run that wants it is told.",
                self.place()
            ))),
        }
    }

    async fn last_holder(&self, asking: &LockInfo) -> Result<Option<LockInfo>, StoreError> {
        match self.lock(asking.clone()).await {
            Err(StoreError::Held(holder)) => Ok(holder.map(|holder| *holder)),
            Ok(locked) => self.unlock(&locked.info.id).await.map(|()| None),
            Err(error) => Err(error),
        }
    }

    async fn take_over(&self, _: &LockInfo, _: LockInfo) -> Result<Locked, StoreError> {
        Err(StoreError::Failed(format!(
            "The lock of {} cannot be taken away this way; \"terrane force-unlock\" gives it back in the name of its holder.",
            self.place()
        )))
    }

    async fn unlock(&self, id: &str) -> Result<(), StoreError> {
        let Some(url) = &self.config.unlock_address else { return Ok(()) };
        let held = self.held();
        let info = match held {
            Some(held) if held.id == id => held,
            Some(held) => {
                return Err(StoreError::NotLocked(format!(
                    "The state {} is locked with the id {}, not {id}.",
                    self.place(),
                    held.id
                )));
            }
            None => LockInfo { id: id.into(), path: self.place(), ..LockInfo::default() },
        };
        let body = serde_json::to_vec(&info).unwrap_or_default();
        let what = "unlock the state";
        let response = self.send(self.request(&self.config.unlock_method, url, Some(body)), what).await?;
        match response.status() {
            StatusCode::OK | StatusCode::NO_CONTENT => {
                self.hold(None);
                Ok(())
            }
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::LOCKED => {
                self.hold(None);
                Err(StoreError::NotLocked(format!("The state {} is not locked with the id {id}.", self.place())))
            }
            status => Err(self.refused(what, status)),
        }
    }

    async fn remove(&self) -> Result<(), StoreError> {
        let what = "delete the state";
        let response = self.send(self.request(&Method::DELETE, &self.address(), None), what).await?;
        match response.status() {
            StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
            status => Err(self.refused(what, status)),
        }
    }
}
