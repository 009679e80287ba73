//! The HTTP client, with the proxies and certificates that are asked for.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use terrane_provider::Problem;
use terrane_value::Path;

use crate::settings::Http;
use crate::whole::Whole;

/// What never goes through a proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1,169.254.169.254";

/// The client that the settings ask for.
pub(crate) fn client(settings: &Http) -> Result<SharedHttpClient, Problem> {
    let (proxy, tls) = (proxy(settings)?, tls(settings)?);
    let build = move |settings: Option<&_>, components: Option<&RuntimeComponents>| {
        let mut connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector = connector.tls_context(tls.clone()).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    };
    Ok(Whole(Builder::new().build_with_connector_fn(build)).into_shared())
}

/// AWS is called over HTTPS; endpoints without TLS are local and called directly.
fn proxy(settings: &Http) -> Result<ProxyConfig, Problem> {
    let Some(url) = &settings.proxy else { return Ok(ProxyConfig::disabled()) };
    let proxy = ProxyConfig::https(url.as_str()).map_err(|e| {
        let detail = format!("The address of the HTTPS proxy is no URL: {e}.");
        Problem::error("Invalid proxy", detail).at(Path::root().attr("https_proxy"))
    })?;
    let more = settings.no_proxy.as_deref().map(|n| format!(",{n}")).unwrap_or_default();
    Ok(proxy.no_proxy(format!("{LOOPBACK}{more}")))
}

fn tls(settings: &Http) -> Result<TlsContext, Problem> {
    let Some(path) = &settings.ca_bundle else { return Ok(TlsContext::default()) };
    let wrong = |why: &dyn std::fmt::Display| {
        let detail = format!("The certificates in {path} cannot be used: {why}.");
        Problem::error("Invalid CA bundle", detail).at(Path::root().attr("custom_ca_bundle"))
    };
    let bundle = std::fs::read(path).map_err(|e| wrong(&e))?;
    if !bundle.windows(27).any(|w| w == b"-----BEGIN CERTIFICATE-----") {
        return Err(wrong(&"there is no certificate in PEM form"));
    }
    let store = TrustStore::empty().with_native_roots(true).with_pem_certificate(bundle);
    TlsContext::builder().with_trust_store(store).build().map_err(|e| wrong(&e))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn http(proxy: Option<&str>, ca_bundle: Option<&str>) -> Http {
        Http { proxy: proxy.map(str::to_owned), no_proxy: None, ca_bundle: ca_bundle.map(str::to_owned) }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        assert!(client(&http(Some("http://proxy:3128"), None)).is_ok());
        let missing = client(&http(None, Some("/nowhere/ca.pem"))).unwrap_err();
        assert!(missing.detail.contains("/nowhere/ca.pem"));
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(client(&http(None, Some(manifest))).unwrap_err().detail.contains("no certificate"));
        assert!(client(&http(Some("::"), None)).is_err());
    }
}
