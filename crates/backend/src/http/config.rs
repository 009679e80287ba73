//! The attributes of `backend "http"`, and the client they lead to.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity, Method, Url};
use terrane_value::{Attribute, Block, ConvertError, Path, Type, Value};

/// Texts with the variable of the environment that stands in for them.
const TEXTS: &[&str] = &[
    "address",
    "client_ca_certificate_pem",
    "client_certificate_pem",
    "client_private_key_pem",
    "lock_address",
    "lock_method",
    "password",
    "unlock_address",
    "unlock_method",
    "update_method",
    "username",
];

const NUMBERS: &[&str] = &["retry_max", "retry_wait_max", "retry_wait_min"];

const SENSITIVE: &[&str] = &["client_private_key_pem", "password"];

/// What a `backend "http"` block may hold: Terraform's own attributes, and OpenTofu's `headers`.
pub fn schema() -> Block {
    let mut block = Block::default();
    let mut add = |name: &str, ty: Type| {
        let attribute = Attribute { sensitive: SENSITIVE.contains(&name), ..Attribute::optional(ty) };
        block.attributes.insert(name.into(), attribute);
    };
    TEXTS.iter().for_each(|name| add(name, Type::String));
    NUMBERS.iter().for_each(|name| add(name, Type::Number));
    add("skip_cert_verification", Type::Bool);
    add("headers", Type::map(Type::String));
    block
}

/// The backend's configuration with environment and defaults filled in.
#[derive(Clone)]
pub struct Config {
    pub address: Url,
    pub update_method: Method,
    pub lock_address: Option<Url>,
    pub lock_method: Method,
    pub unlock_address: Option<Url>,
    pub unlock_method: Method,
    pub login: Option<(String, String)>,
    pub headers: HeaderMap,
    pub retries: u32,
    pub wait_min: Duration,
    pub wait_max: Duration,
    skip_verification: bool,
    authority: Option<String>,
    identity: Option<(String, String)>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("host", &self.address.host_str()).finish_non_exhaustive()
    }
}

fn wrong(name: &str, message: impl Into<String>) -> ConvertError {
    ConvertError::new(Path::root().attr(name), message)
}

/// An attribute, or the variable `TF_HTTP_…` of the environment.
fn text(value: &Value, name: &str) -> Option<String> {
    let set = value.get(name).and_then(Value::as_str).map(str::to_owned);
    let set = set.or_else(|| std::env::var(format!("TF_HTTP_{}", name.to_uppercase())).ok());
    set.filter(|text| !text.is_empty())
}

fn number(value: &Value, name: &str, default: u32) -> Result<u32, ConvertError> {
    let set = value.get(name).filter(|v| !v.is_null());
    let variable = || std::env::var(format!("TF_HTTP_{}", name.to_uppercase())).ok().filter(|text| !text.is_empty());
    let number = match set {
        Some(set) => set.as_i64().and_then(|n| u32::try_from(n).ok()),
        None => match variable() {
            Some(text) => text.parse().ok(),
            None => Some(default),
        },
    };
    number.ok_or_else(|| wrong(name, format!("{name:?} must be a whole number that is not negative.")))
}

fn url(name: &str, text: &str) -> Result<Url, ConvertError> {
    let url = Url::parse(text).map_err(|e| wrong(name, format!("{name:?} is not an address: {e}.")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(name, format!("{name:?} must begin with http:// or https://, not {other}://."))),
    }
}

fn method(value: &Value, name: &str, default: &str) -> Result<Method, ConvertError> {
    let text = text(value, name).unwrap_or_else(|| default.into());
    Method::from_bytes(text.as_bytes()).map_err(|_| wrong(name, format!("{text:?} is not an HTTP method.")))
}

fn headers(value: &Value, has_login: bool) -> Result<HeaderMap, ConvertError> {
    let refuse = |why: String| Err(wrong("headers", why));
    let mut map = HeaderMap::new();
    for (name, value) in value.get("headers").and_then(Value::fields).into_iter().flat_map(|fields| fields.iter()) {
        let text = value.as_str().unwrap_or_default();
        if name.eq_ignore_ascii_case("authorization") && has_login {
            return refuse("The header \"Authorization\" cannot be set beside \"username\".".into());
        }
        if ["content-type", "content-md5"].contains(&&*name.to_ascii_lowercase()) {
            return refuse(format!("The header {name:?} is set by the backend itself."));
        }
        let (Ok(key), Ok(mut content)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(text)) else {
            return refuse(format!("The header {name:?} has a name or a value that HTTP does not allow."));
        };
        if text.trim().is_empty() {
            return refuse(format!("The header {name:?} has no value."));
        }
        content.set_sensitive(true);
        map.insert(key, content);
    }
    Ok(map)
}

impl Config {
    /// Reads a value of the form of [`schema`].
    pub fn read(value: &Value) -> Result<Config, ConvertError> {
        let Some(address) = text(value, "address") else {
            return Err(wrong("address", "The http backend needs an \"address\"; TF_HTTP_ADDRESS can name it too."));
        };
        let other = |name: &str| text(value, name).map(|text| url(name, &text)).transpose();
        let login = text(value, "username").map(|name| (name, text(value, "password").unwrap_or_default()));
        let identity = match (text(value, "client_certificate_pem"), text(value, "client_private_key_pem")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return Err(wrong("client_certificate_pem", "It needs \"client_private_key_pem\" too.")),
            (None, Some(_)) => return Err(wrong("client_private_key_pem", "It needs \"client_certificate_pem\" too.")),
        };
        Ok(Config {
            address: url("address", &address)?,
            update_method: method(value, "update_method", "POST")?,
            lock_address: other("lock_address")?,
            lock_method: method(value, "lock_method", "LOCK")?,
            unlock_address: other("unlock_address")?,
            unlock_method: method(value, "unlock_method", "UNLOCK")?,
            headers: headers(value, login.is_some())?,
            login,
            retries: number(value, "retry_max", 2)?,
            wait_min: Duration::from_secs(number(value, "retry_wait_min", 1)?.into()),
            wait_max: Duration::from_secs(number(value, "retry_wait_max", 30)?.into()),
            skip_verification: value.get("skip_cert_verification").and_then(Value::as_bool).unwrap_or(false),
            authority: text(value, "client_ca_certificate_pem"),
            identity,
        })
    }

    /// A client that trusts what the configuration says.
    pub fn client(&self) -> Result<reqwest::Client, ConvertError> {
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("Terrane/", env!("CARGO_PKG_VERSION")))
            .timeout(Duration::from_secs(600))
            .connect_timeout(Duration::from_secs(30))
            .tls_danger_accept_invalid_certs(self.skip_verification);
        if let Some(pem) = &self.authority {
            let name = "client_ca_certificate_pem";
            let list = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|e| wrong(name, format!("{e}.")))?;
            client = client.tls_certs_only(list);
        }
        if let Some((certificate, key)) = &self.identity {
            let pem = format!("{certificate}\n{key}");
            let identity = Identity::from_pem(pem.as_bytes());
            client = client.identity(identity.map_err(|_| {
                wrong("client_certificate_pem", "The certificate and its private key cannot be read as PEM.")
            })?);
        }
        client.build().map_err(|e| wrong("address", format!("The HTTP client cannot be made: {e}.")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(pairs: &[(&'static str, Value)]) -> Result<Config, ConvertError> {
        Config::read(&Value::object(pairs.iter().cloned()))
    }

    #[test]
    fn what_is_wrong_is_named() {
        let address = ("address", Value::string("http://127.0.0.1:1/state"));
        assert!(config(std::slice::from_ref(&address)).is_ok());
        let headers = |name: &'static str| ("headers", Value::object([(name, Value::string("x"))]));
        for (more, part) in [
            (("lock_address", Value::string("ftp://x")), "not ftp://"),
            (("retry_max", Value::from(-1)), "\"retry_max\""),
            (("lock_method", Value::string("A B")), "\"A B\""),
            (("client_certificate_pem", Value::string("x")), "client_private_key_pem"),
            (headers("Content-MD5"), "itself"),
            (headers("a b"), "\"a b\""),
        ] {
            let error = config(&[address.clone(), more]).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        }
        assert!(config(&[]).unwrap_err().message.contains("TF_HTTP_ADDRESS"));
        assert!(config(&[("address", Value::string("state"))]).is_err());
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        let all = [
            ("address", Value::string("http://ana:hush@127.0.0.1:1/state?token=hush")),
            ("username", Value::string("ana")),
            ("password", Value::string("hush")),
        ];
        assert!(!format!("{:?}", config(&all).unwrap()).contains("hush"));
    }
}
