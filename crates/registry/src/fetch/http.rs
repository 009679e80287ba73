//! Downloads over HTTP.

use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::byte_stream::ByteStream;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use terrane_address::RemoteSource;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::{meta, netrc};
use crate::FetchError;

/// How often a server may send us on.
const REDIRECTS: usize = 10;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// How much of a page is read to find where a package is, or of a list of checksums.
const PAGE: usize = 4 * 1024 * 1024;

/// A client, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Http {
    connector: std::sync::OnceLock<Connector>,
}

/// The address as it may be shown.
pub(super) fn shown(url: &Url) -> String {
    terrane_address::without_secrets(url.as_str())
}

impl Http {
    /// Downloads to a file.
    pub(super) async fn download(&self, url: &Url, file: &Path) -> Result<(), FetchError> {
        let (_, response) = self.get(url).await?;
        let disk = || FetchError::disk(format!("{} cannot be written", file.display()));
        let mut out = tokio::fs::File::create(file).await.map_err(disk())?;
        let mut body = ByteStream::new(response.into_body());
        while let Some(chunk) = next(&mut body, url).await? {
            out.write_all(&chunk).await.map_err(disk())?;
        }
        out.flush().await.map_err(disk())
    }

    /// The text at an address.
    pub(super) async fn text(&self, url: &Url) -> Result<String, FetchError> {
        let (_, response) = self.get(url).await?;
        read(response, url).await
    }

    /// Where the package is, as the page at an address says.
    pub(super) async fn where_is(&self, url: &Url) -> Result<RemoteSource, FetchError> {
        let mut asked = url.clone();
        asked.query_pairs_mut().append_pair("terraform-get", "1");
        let (at, response) = self.get(&asked).await?;
        let header = response.headers().get("x-terraform-get").filter(|h| !h.is_empty()).map(str::to_owned);
        let source = match header {
            Some(source) => source,
            None => meta::source(&read(response, &asked).await?).ok_or_else(|| FetchError::NoPackage(shown(url)))?,
        };
        // A path is meant relative to the page.
        let is_path = ["./", "../", "/"].iter().any(|start| source.starts_with(start));
        let full = if is_path { at.join(&source).map(String::from).unwrap_or(source) } else { source };
        let found = RemoteSource::parse(&full)
            .map_err(|e| FetchError::Address(format!("The page {} names a package that is none: {e}", shown(url))))?;
        match found.method() {
            "file" => Err(FetchError::Address(format!(
                "The page {} names a package on this machine, {}; that is not allowed.",
                shown(url),
                terrane_address::without_secrets(&found.package)
            ))),
            _ => Ok(found),
        }
    }

    /// A successful answer, and the address that gave it in the end.
    async fn get(&self, url: &Url) -> Result<(Url, HttpResponse), FetchError> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.once(&at).await?;
            let status = response.status().as_u16();
            match status {
                200..=299 => return Ok((at, response)),
                301 | 302 | 303 | 307 | 308 => at = redirect(&at, &response)?,
                _ => return Err(FetchError::Status { url: shown(&at), status }),
            }
        }
        Err(FetchError::Endless(shown(url)))
    }

    async fn once(&self, url: &Url) -> Result<HttpResponse, FetchError> {
        let mut request = HttpRequest::empty();
        let mut bare = url.clone();
        // Neither can fail for http and https.
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        bare.set_fragment(None);
        let failed = |why: String| FetchError::Transport { url: shown(url), why };
        request.set_method("GET").map_err(|e| failed(e.to_string()))?;
        request.set_uri(bare.as_str()).map_err(|e| failed(e.to_string()))?;
        request.headers_mut().insert("user-agent", concat!("Terrane/", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = authorization(url) {
            request.headers_mut().insert("authorization", authorization);
        }
        match tokio::time::timeout(SILENCE, self.connector().call(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failed(chain(&error))),
            Err(_) => Err(failed("the server does not answer".into())),
        }
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            let tls = Provider::Rustls(CryptoMode::AwsLc);
            Connector::builder().tls_provider(tls).proxy_config(ProxyConfig::from_env()).build()
        })
    }
}

/// The next part of a body.
async fn next(body: &mut ByteStream, url: &Url) -> Result<Option<Vec<u8>>, FetchError> {
    let failed = |why: String| FetchError::Transport { url: shown(url), why };
    match tokio::time::timeout(SILENCE, body.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(bytes))) => Ok(Some(bytes.to_vec())),
        Ok(Some(Err(error))) => Err(failed(chain(&error))),
        Err(_) => Err(failed("the server stopped in the middle".into())),
    }
}

async fn read(response: HttpResponse, url: &Url) -> Result<String, FetchError> {
    let mut body = ByteStream::new(response.into_body());
    let mut all = Vec::new();
    while let Some(chunk) = next(&mut body, url).await? {
        all.extend(chunk);
        if all.len() > PAGE {
            let why = format!("the answer is longer than {PAGE} bytes");
            return Err(FetchError::Transport { url: shown(url), why });
        }
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}

/// Where a redirect leads. A name and password stay with their host, and nothing leads from https to http.
fn redirect(from: &Url, response: &HttpResponse) -> Result<Url, FetchError> {
    let failed = |why: String| FetchError::Transport { url: shown(from), why };
    let to = response.headers().get("location").ok_or_else(|| failed("a redirect names no address".into()))?;
    let mut to = from.join(to).map_err(|e| failed(format!("a redirect names no address: {e}")))?;
    if !matches!(to.scheme(), "http" | "https") || (from.scheme() == "https" && to.scheme() == "http") {
        return Err(failed(format!("a redirect leads to {}, which is not followed", shown(&to))));
    }
    if to.username().is_empty()
        && (to.host_str(), to.port_or_known_default()) == (from.host_str(), from.port_or_known_default())
    {
        let _ = to.set_username(from.username());
        let _ = to.set_password(from.password());
    }
    Ok(to)
}

/// The `Authorization` header for an address: its own name and password, or those of the netrc file.
fn authorization(url: &Url) -> Option<String> {
    let plain = |text: &str| {
        let pairs =
            url::form_urlencoded::parse(text.replace('+', "%2B").as_bytes()).next().map(|(k, _)| k.into_owned());
        pairs.unwrap_or_default()
    };
    let (name, password) = match url.username() {
        "" => netrc::login(url.host_str()?).map(|l| (l.name, l.password))?,
        name => (plain(name), plain(url.password().unwrap_or_default())),
    };
    Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
}

/// An error with all that caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
