//! Bucket policies.

use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply, policy_json};
use terrane_value::Value;

use crate::client::Bucket;

const ABSENT: [&str; 1] = ["NoSuchBucketPolicy"];

/// Reads the policy.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<String>, Problem> {
    let request = bucket.client.get_bucket_policy().bucket(&bucket.name);
    let answer = bucket.read_once("s3:GetBucketPolicy", "policy", &ABSENT, || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.policy).filter(|p| !p.is_empty()))
}

/// Shows it in the form that is known, if that means the same.
pub fn show(reply: &mut Reply, known: &Value, policy: Option<String>) {
    let policy = policy.as_deref().map(|remote| policy_json::keep(Args(known).str("policy"), remote));
    reply.str("policy", policy);
}

/// Writes it, or removes it if it is empty.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let Some(policy) = Args(planned).text("policy") else { return remove(bucket).await };
    let request = bucket.client.put_bucket_policy().bucket(&bucket.name).policy(policy_json::compact(policy));
    bucket.write("s3:PutBucketPolicy", "policy", || request.clone().send()).await.map(|_| ())
}

/// Removes it.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let request = bucket.client.delete_bucket_policy().bucket(&bucket.name);
    bucket.remove("s3:DeleteBucketPolicy", "policy", &ABSENT, || request.clone().send()).await
}
