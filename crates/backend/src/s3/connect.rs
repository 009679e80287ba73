//! How connections to AWS are made where the defaults do not do: proxies, certificates, trust.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use reqwest::{Certificate, NoProxy, Proxy};
use terrane_value::{ConvertError, Value};

use super::access::LONGEST_TRANSFER;
use super::config::{environment, switch, text, wrong};

/// What is written about connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    http_proxy: Option<String>,
    https_proxy: Option<String>,
    no_proxy: Option<String>,
    ca_bundle: Option<String>,
    insecure: bool,
    /// Where SSO is asked for credentials of a role, if not at AWS.
    sso: Option<String>,
}

impl Network {
    /// Reads it; proxies of the environment count where the configuration names none.
    pub fn read(value: &Value) -> Network {
        Network {
            http_proxy: text(value, "http_proxy").or_else(|| environment(&["HTTP_PROXY", "http_proxy"])),
            https_proxy: text(value, "https_proxy").or_else(|| environment(&["HTTPS_PROXY", "https_proxy"])),
            no_proxy: text(value, "no_proxy").or_else(|| environment(&["NO_PROXY", "no_proxy"])),
            ca_bundle: text(value, "custom_ca_bundle").or_else(|| environment(&["AWS_CA_BUNDLE"])),
            insecure: switch(value, "insecure"),
            sso: value.get("endpoints").and_then(|endpoints| text(endpoints, "sso")),
        }
    }

    /// The client for all calls; `None` if the default one does.
    pub fn client(&self) -> Result<Option<SharedHttpClient>, ConvertError> {
        let written = [&self.http_proxy, &self.https_proxy, &self.ca_bundle, &self.sso];
        if written.iter().all(|value| value.is_none()) && !self.insecure {
            return Ok(None);
        }
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(std::time::Duration::from_secs(30))
            .timeout(LONGEST_TRANSFER)
            .redirect(reqwest::redirect::Policy::none())
            .tls_danger_accept_invalid_certs(self.insecure);
        type Make = fn(String) -> reqwest::Result<Proxy>;
        let proxies: [(&str, &Option<String>, Make); 2] =
            [("http_proxy", &self.http_proxy, Proxy::http), ("https_proxy", &self.https_proxy, Proxy::https)];
        for (name, address, proxy) in proxies {
            let Some(address) = address else { continue };
            let not = || wrong(name, format!("The value of {name:?} is not the address of a proxy."));
            let proxy = proxy(address.clone()).map_err(|_| not())?;
            client = client.proxy(proxy.no_proxy(self.no_proxy.as_deref().and_then(NoProxy::from_string)));
        }
        if let Some(path) = &self.ca_bundle {
            client = client.tls_certs_merge(certificates(path)?);
        }
        let client = client.build().map_err(|e| wrong("custom_ca_bundle", format!("No client can be made: {e}.")))?;
        let connector = SharedHttpConnector::new(Connector { client, sso: self.sso.clone() });
        Ok(Some(http_client_fn(move |_, _| connector.clone())))
    }
}

fn certificates(path: &str) -> Result<Vec<Certificate>, ConvertError> {
    let name = "custom_ca_bundle";
    let pem = std::fs::read(path).map_err(|e| wrong(name, format!("The file {path} cannot be read: {e}.")))?;
    let list = Certificate::from_pem_bundle(&pem)
        .map_err(|e| wrong(name, format!("The file {path} does not hold certificates in PEM form: {e}.")))?;
    match list.is_empty() {
        true => Err(wrong(name, format!("The file {path} holds no certificate in PEM form."))),
        false => Ok(list),
    }
}

/// Sends the SDK's requests with a client of ours.
#[derive(Clone, Debug)]
struct Connector {
    client: reqwest::Client,
    sso: Option<String>,
}

impl Connector {
    /// Where a request goes. The SDK cannot be told where SSO is.
    fn address(&self, uri: &str) -> String {
        let place = uri.split_once("://").and_then(|(_, rest)| rest.strip_prefix("portal.sso"));
        match (&self.sso, place.and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)))) {
            (Some(sso), Some(path)) => format!("{}{path}", sso.trim_end_matches('/')),
            _ => uri.to_owned(),
        }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (client, address) = (self.client.clone(), self.address(request.uri()));
        HttpConnectorFuture::new(async move { send(client, &address, request).await })
    }
}

async fn send(
    client: reqwest::Client,
    address: &str,
    mut request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let user = |e: &str| ConnectorError::user(e.to_owned().into());
    let method = request.method().parse().map_err(|_| user("the method is none"))?;
    let mut out = client.request(method, address);
    for (name, value) in request.headers() {
        out = out.header(name, value);
    }
    let body = ByteStream::new(request.take_body()).collect().await.map_err(|e| ConnectorError::user(e.into()))?;
    let answer = out.body(body.to_vec()).send().await.map_err(failed)?;
    let status = StatusCode::try_from(answer.status().as_u16()).map_err(|e| ConnectorError::user(e.into()))?;
    let headers = answer.headers().clone();
    let bytes = answer.bytes().await.map_err(failed)?;
    let mut response = HttpResponse::new(status, SdkBody::from(bytes.to_vec()));
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

fn failed(error: reqwest::Error) -> ConnectorError {
    match error.is_timeout() {
        true => ConnectorError::timeout(error.into()),
        false => ConnectorError::io(error.into()),
    }
}
