//! Answers that were cut off: the SDK takes what has come of an XML text for all of it, so that what is missing would be
//! taken for gone.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::retry::ErrorKind;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// A client that takes an answer in XML only if it is whole; another counts as none, so that the call is repeated if it
/// may be.
#[derive(Debug)]
pub(crate) struct Whole(pub SharedHttpClient);

impl HttpClient for Whole {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        Checked(self.0.http_connector(settings, parts)).into_shared()
    }
}

#[derive(Debug)]
struct Checked(SharedHttpConnector);

impl HttpConnector for Checked {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, call) = (Expected::of(&request), self.0.call(request));
        HttpConnectorFuture::new(async move {
            let response = call.await?;
            match answer {
                Expected::Anything => Ok(response),
                _ if !response.status().is_success() => Ok(response),
                answer => checked(answer, response).await,
            }
        })
    }
}

/// What a call is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// The Query protocol, which EC2, IAM and STS speak: always XML.
    Xml,
    /// The settings of S3, in XML or otherwise.
    PerhapsXml,
    /// Contents of objects, JSON, nothing.
    Anything,
}

impl Expected {
    fn of(request: &HttpRequest) -> Expected {
        let is_form = request.headers().get("content-type").is_some_and(|ty| ty.contains("x-www-form-urlencoded"));
        match request.method() {
            "POST" if is_form => Expected::Xml,
            "GET" if !request.uri().contains("x-id=GetObject") => Expected::PerhapsXml,
            _ => Expected::Anything,
        }
    }
}

async fn checked(expected: Expected, mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await.map_err(|e| ConnectorError::io(e.into()))?.into_bytes();
    let looks_like_xml = body.trim_ascii_start().starts_with(b"<");
    if (expected == Expected::Xml || looks_like_xml) && !is_whole(&body) {
        let lost = "the answer is no whole XML text, so that it may have been cut off";
        return Err(ConnectorError::other(lost.into(), Some(ErrorKind::TransientError)));
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

/// Whether a text is XML of which every element ends, in its order.
fn is_whole(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let (mut open, mut seen) = (Vec::new(), false);
    for token in Tokenizer::from(text) {
        match token {
            Ok(Token::ElementStart { prefix, local, .. }) => {
                seen = true;
                open.push((prefix.as_str(), local.as_str()));
            }
            Ok(Token::ElementEnd { end: ElementEnd::Empty, .. }) => _ = open.pop(),
            Ok(Token::ElementEnd { end: ElementEnd::Close(prefix, local), .. }) => {
                if open.pop() != Some((prefix.as_str(), local.as_str())) {
                    return false;
                }
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    seen && open.is_empty()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_not_whole() {
        let text = "<?xml version=\"1.0\"?>\n<a xmlns=\"u\"><s><item>1</item><item/></s><x:b>&lt;</x:b></a>\n";
        assert!(is_whole(text.as_bytes()));
        for end in 0..text.len() - 2 {
            assert!(!is_whole(&text.as_bytes()[..end]), "{}", &text[..end]);
        }
        for wrong in ["", "{}", "<a><b></a></b>", "<a></a", "<a></b>", "<html><br></html>"] {
            assert!(!is_whole(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn contents_of_objects_are_not_looked_at() {
        let expected = |method: &str, uri: &str, ty: Option<&str>| {
            let mut request = HttpRequest::empty();
            request.set_method(method).unwrap();
            request.set_uri(uri).unwrap();
            if let Some(ty) = ty {
                request.headers_mut().insert("content-type", ty.to_owned());
            }
            Expected::of(&request)
        };
        assert_eq!(expected("POST", "https://ec2", Some("application/x-www-form-urlencoded")), Expected::Xml);
        assert_eq!(expected("POST", "https://kms", Some("application/x-amz-json-1.1")), Expected::Anything);
        assert_eq!(expected("GET", "https://s3/b?cors", None), Expected::PerhapsXml);
        assert_eq!(expected("GET", "https://s3/b/k?x-id=GetObject", None), Expected::Anything);
        assert_eq!(expected("PUT", "https://s3/b?cors", None), Expected::Anything);
    }
}
