//! Cross-origin resource sharing.

use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Bucket, built};

/// Reads the rules.
pub async fn read(bucket: &Bucket<'_>) -> Result<Vec<CorsRule>, Problem> {
    let request = bucket.client.get_bucket_cors().bucket(&bucket.name);
    let absent = ["NoSuchCORSConfiguration"];
    let answer = bucket.read_once("s3:GetBucketCors", "CORS rules", &absent, || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.cors_rules).unwrap_or_default())
}

/// Shows them.
pub fn show(reply: &mut Reply, rules: &[CorsRule]) {
    reply.blocks("cors_rule", rules.iter().map(show_rule));
}

fn show_rule(rule: &CorsRule) -> Reply {
    let mut block = Reply::new();
    block
        .list("allowed_headers", rule.allowed_headers())
        .list("allowed_methods", rule.allowed_methods())
        .list("allowed_origins", rule.allowed_origins())
        .list("expose_headers", rule.expose_headers())
        .i64("max_age_seconds", rule.max_age_seconds());
    block
}

/// Shows a rule with its id, where rules have one; without a maximal age, that is zero.
pub fn show_rule_with_id(rule: &CorsRule) -> Reply {
    let mut block = show_rule(rule);
    block.str("id", rule.id()).i64("max_age_seconds", Some(rule.max_age_seconds().unwrap_or_default()));
    block
}

/// Writes them, or removes them if there are none.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let rules = Args(planned).blocks("cors_rule").into_iter().map(expand).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return remove(bucket).await;
    }
    let configuration = built(CorsConfiguration::builder().set_cors_rules(Some(rules)).build())?;
    let request = bucket.client.put_bucket_cors().bucket(&bucket.name).cors_configuration(configuration);
    bucket.write("s3:PutBucketCors", "CORS rules", || request.clone().send()).await.map(|_| ())
}

/// Removes them.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let request = bucket.client.delete_bucket_cors().bucket(&bucket.name);
    bucket.remove("s3:DeleteBucketCors", "CORS rules", &[], || request.clone().send()).await
}

fn expand(block: Args<'_>) -> Result<CorsRule, Problem> {
    let some = |values: Vec<String>| Some(values).filter(|v| !v.is_empty());
    let rule = CorsRule::builder()
        .set_allowed_headers(some(block.strings("allowed_headers")))
        .set_allowed_methods(Some(block.strings("allowed_methods")))
        .set_allowed_origins(Some(block.strings("allowed_origins")))
        .set_expose_headers(some(block.strings("expose_headers")))
        .set_id(block.string("id"))
        .set_max_age_seconds(block.i32("max_age_seconds"));
    built(rule.build())
}
