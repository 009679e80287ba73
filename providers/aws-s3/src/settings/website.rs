//! Static websites.

use aws_sdk_s3::operation::get_bucket_website::GetBucketWebsiteOutput;
use aws_sdk_s3::types::{
    Condition, ErrorDocument, IndexDocument, Protocol, Redirect, RedirectAllRequestsTo, RoutingRule,
    WebsiteConfiguration,
};
use serde_json::{Map, Value as Json};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Bucket, built};

/// Reads the configuration; `None` if the bucket is no website.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<GetBucketWebsiteOutput>, Problem> {
    let request = bucket.client.get_bucket_website().bucket(&bucket.name);
    let absent = ["NoSuchWebsiteConfiguration"];
    bucket.read_once("s3:GetBucketWebsite", "website configuration", &absent, || request.clone().send()).await
}

/// Shows it; routing rules in the form that is known, if that means the same.
pub fn show(reply: &mut Reply, known: &Value, website: Option<GetBucketWebsiteOutput>) {
    let known = Args(known).block("website").and_then(|b| b.str("routing_rules"));
    reply.blocks("website", website.map(|website| show_website(&website, known)));
}

fn show_website(website: &GetBucketWebsiteOutput, known_rules: Option<&str>) -> Reply {
    let mut block = Reply::new();
    let redirect = website
        .redirect_all_requests_to()
        .map(|to| to.protocol().map_or(to.host_name().to_owned(), |p| format!("{}://{}", p.as_str(), to.host_name())));
    block
        .str("index_document", website.index_document().map(|d| d.suffix()))
        .str("error_document", website.error_document().map(|d| d.key()))
        .str("redirect_all_requests_to", redirect);
    if !website.routing_rules().is_empty() {
        block.str("routing_rules", Some(rules_text(website.routing_rules(), known_rules)));
    }
    block
}

/// Routing rules as a JSON text, in the form that is known if that means the same.
pub fn rules_text(rules: &[RoutingRule], known: Option<&str>) -> String {
    let rules = Json::Array(rules.iter().map(rule_json).collect());
    let same = |known: &&str| serde_json::from_str::<Json>(known).is_ok_and(|known| known == rules);
    known.filter(same).map_or(rules.to_string(), str::to_owned)
}

fn rule_json(rule: &RoutingRule) -> Json {
    let condition = rule.condition().map(|c| {
        object([
            ("HttpErrorCodeReturnedEquals", c.http_error_code_returned_equals()),
            ("KeyPrefixEquals", c.key_prefix_equals()),
        ])
    });
    let redirect = rule.redirect().map(|r| {
        object([
            ("HostName", r.host_name()),
            ("HttpRedirectCode", r.http_redirect_code()),
            ("Protocol", r.protocol().map(Protocol::as_str)),
            ("ReplaceKeyPrefixWith", r.replace_key_prefix_with()),
            ("ReplaceKeyWith", r.replace_key_with()),
        ])
    });
    let parts = [("Condition", condition), ("Redirect", redirect)];
    Json::Object(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect())
}

fn object<const N: usize>(pairs: [(&str, Option<&str>); N]) -> Json {
    let present = pairs.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Json::from(text?))));
    Json::Object(present.collect::<Map<_, _>>())
}

/// Writes it, or ends the website.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    match Args(planned).block("website") {
        Some(block) => put(bucket, expand(block)?).await,
        None => remove(bucket).await,
    }
}

/// Ends the website.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let (operation, absent) = ("s3:DeleteBucketWebsite", ["NoSuchWebsiteConfiguration"]);
    let request = bucket.client.delete_bucket_website().bucket(&bucket.name);
    bucket.remove(operation, "website configuration", &absent, || request.clone().send()).await
}

/// Writes it.
pub async fn put(bucket: &Bucket<'_>, website: WebsiteConfiguration) -> Result<(), Problem> {
    let request = bucket.client.put_bucket_website().bucket(&bucket.name).website_configuration(website);
    bucket.write("s3:PutBucketWebsite", "website configuration", || request.clone().send()).await.map(|_| ())
}

fn expand(block: Args<'_>) -> Result<WebsiteConfiguration, Problem> {
    let index = block.text("index_document").map(|s| built(IndexDocument::builder().suffix(s).build())).transpose()?;
    let error = block.text("error_document").map(|k| built(ErrorDocument::builder().key(k).build())).transpose()?;
    let rules = block.text("routing_rules").map(expand_rules).transpose()?;
    Ok(WebsiteConfiguration::builder()
        .set_index_document(index)
        .set_error_document(error)
        .set_redirect_all_requests_to(block.text("redirect_all_requests_to").map(expand_redirect).transpose()?)
        .set_routing_rules(rules)
        .build())
}

/// A host name, or a protocol with one: `https://example.com/docs`.
fn expand_redirect(text: &str) -> Result<RedirectAllRequestsTo, Problem> {
    let redirect = match text.split_once("://") {
        Some((protocol, host)) => RedirectAllRequestsTo::builder().host_name(host).protocol(protocol.into()),
        None => RedirectAllRequestsTo::builder().host_name(text),
    };
    built(redirect.build())
}

/// The routing rules of a JSON text.
pub fn expand_rules(text: &str) -> Result<Vec<RoutingRule>, Problem> {
    let rules: Vec<Json> = serde_json::from_str(text).map_err(|e| {
        Problem::error("Invalid routing rules", format!("\"routing_rules\" must be a JSON array of rules: {e}."))
    })?;
    Ok(rules.iter().map(expand_rule).collect())
}

fn expand_rule(rule: &Json) -> RoutingRule {
    let text = |part: &Json, name: &str| part.get(name).and_then(Json::as_str).map(str::to_owned);
    let condition = rule.get("Condition").map(|c| {
        Condition::builder()
            .set_http_error_code_returned_equals(text(c, "HttpErrorCodeReturnedEquals"))
            .set_key_prefix_equals(text(c, "KeyPrefixEquals"))
            .build()
    });
    let redirect = rule.get("Redirect").map(|r| {
        Redirect::builder()
            .set_host_name(text(r, "HostName"))
            .set_http_redirect_code(text(r, "HttpRedirectCode"))
            .set_protocol(text(r, "Protocol").map(|p| p.as_str().into()))
            .set_replace_key_prefix_with(text(r, "ReplaceKeyPrefixWith"))
            .set_replace_key_with(text(r, "ReplaceKeyWith"))
            .build()
    });
    RoutingRule::builder().set_condition(condition).set_redirect(redirect).build()
}
