//! Naming of calls: which service, action and parameters a request stands for.

use crate::http::Request;
use crate::s3;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// How a service writes its answers, errors included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// EC2's form of the query protocol.
    Ec2,
    /// The query protocol of IAM, STS and others.
    Query,
    /// JSON with the action in `X-Amz-Target`.
    Json,
    /// S3's REST form.
    S3,
}

/// One call as the engine made it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Place among all calls of the proxy, from 1.
    pub seq: usize,
    /// Place among the calls of this account, service and action, from 1.
    pub nth: usize,
    /// The account whose objects it sees: the access key id when that is twelve digits, else empty.
    pub account: String,
    /// Region in the signature.
    pub region: String,
    /// Service in the signature, such as `ec2`.
    pub service: String,
    /// API action, such as `DescribeVpcs`.
    pub action: String,
    /// Parameters: form fields, query parameters with `Bucket` and `Key`, or top-level JSON texts.
    pub params: BTreeMap<String, String>,
    /// How the service answers.
    pub protocol: Protocol,
    /// What the caller says of itself.
    pub agent: String,
}

impl Call {
    /// Names a request; `seq` and `nth` are left at 0.
    pub fn of(request: &Request) -> Self {
        let scope = Scope::of(request);
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let body = std::str::from_utf8(&request.body).unwrap_or_default();
        let (protocol, action, params) = if let Some(target) = request.headers.get("X-Amz-Target") {
            (Protocol::Json, target.rsplit('.').next().unwrap_or_default().to_owned(), json_texts(body))
        } else if scope.service == "s3" {
            let (action, params) = s3::name(&request.method, path, form(query));
            (Protocol::S3, action, params)
        } else {
            let mut params = form(if query.contains("Action=") { query } else { body });
            let action = params.remove("Action").unwrap_or_else(|| format!("{} {path}", request.method));
            (if scope.service == "ec2" { Protocol::Ec2 } else { Protocol::Query }, action, params)
        };
        let account = if is_account(&scope.key) { scope.key } else { String::new() };
        let agent = request.headers.get("User-Agent").unwrap_or_default().to_owned();
        Self { seq: 0, nth: 0, account, region: scope.region, service: scope.service, action, params, protocol, agent }
    }

    /// Returns `service:Action`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }

    /// Returns a parameter by name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    /// Returns the values of a list parameter, `Name.1`, `Name.2`, … in order.
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..).map_while(|index| self.param(&format!("{name}.{index}"))).collect()
    }
}

/// Encodes fields as a form.
pub fn encode_form<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let encode = |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let pairs: Vec<_> = fields.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

struct Scope {
    key: String,
    region: String,
    service: String,
}

impl Scope {
    fn of(request: &Request) -> Self {
        let text = signed_scope(request).unwrap_or_default();
        let mut parts = text.split('/').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let (key, _date) = (next(), next());
        Self { key, region: next(), service: next() }
    }
}

fn signed_scope(request: &Request) -> Option<String> {
    if let Some(header) = request.headers.get("Authorization") {
        return header.split_once("Credential=").map(|(_, rest)| rest.split(',').next().unwrap_or_default().to_owned());
    }
    let query = request.target.split_once('?')?.1;
    form(query).remove("X-Amz-Credential")
}

fn is_account(key: &str) -> bool {
    key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit())
}

fn form(text: &str) -> BTreeMap<String, String> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair =
        |field: &str| field.split_once('=').map_or((decode(field), String::new()), |(n, v)| (decode(n), decode(v)));
    text.split('&').filter(|field| !field.is_empty()).map(pair).collect()
}

fn json_texts(body: &str) -> BTreeMap<String, String> {
    let fields: serde_json::Map<_, _> = serde_json::from_str(body).unwrap_or_default();
    fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;

    fn request(method: &str, target: &str, fields: &[(&str, &str)], body: &str) -> Request {
        let mut headers = Headers::default();
        fields.iter().for_each(|(name, value)| headers.set(name, *value));
        Request { method: method.to_owned(), target: target.to_owned(), headers, body: body.into() }
    }

    fn signed(key: &str, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    #[test]
    fn names_a_form_call_and_its_account() {
        let authorization = signed("000000000042", "ec2");
        let body = "Action=RunInstances&Version=2016-11-15&SecurityGroupId.1=a%2Fb&SecurityGroupId.2=c+d";
        let call = Call::of(&request("POST", "/", &[("Authorization", &authorization)], body));
        assert_eq!((call.name().as_str(), call.region.as_str()), ("ec2:RunInstances", "eu-west-1"));
        assert_eq!((call.account.as_str(), call.protocol), ("000000000042", Protocol::Ec2));
        assert_eq!(call.list("SecurityGroupId"), ["a/b", "c d"]);
    }

    #[test]
    fn names_a_json_call() {
        let authorization = signed("AKIAEXAMPLE", "dynamodb");
        let fields = [("authorization", authorization.as_str()), ("x-amz-target", "DynamoDB_20120810.PutItem")];
        let call = Call::of(&request("POST", "/", &fields, r#"{"TableName":"locks","Item":{}}"#));
        assert_eq!((call.name().as_str(), call.account.as_str()), ("dynamodb:PutItem", ""));
        assert_eq!(call.param("TableName"), Some("locks"));
    }

    #[test]
    fn names_a_presigned_call() {
        let target = "/b/k%20x?X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request";
        let call = Call::of(&request("GET", target, &[], ""));
        assert_eq!(call.name(), "s3:GetObject");
        assert_eq!((call.param("Bucket"), call.param("Key")), (Some("b"), Some("k x")));
    }

    #[test]
    fn a_form_survives_encoding() {
        let text = encode_form([("a.1", "x&y=z é"), ("b", "")]);
        assert_eq!(
            form(&text).into_iter().collect::<Vec<_>>(),
            [("a.1".into(), "x&y=z é".into()), ("b".into(), String::new())]
        );
    }
}
