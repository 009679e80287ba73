//! Default encryption.

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Bucket, built};

const ABSENT: [&str; 1] = ["ServerSideEncryptionConfigurationNotFoundError"];

/// Reads the rules; `None` if there is no configuration, which S3 itself no longer lets happen.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<Vec<ServerSideEncryptionRule>>, Problem> {
    let request = bucket.client.get_bucket_encryption().bucket(&bucket.name);
    let request = request.set_expected_bucket_owner(bucket.owner.clone());
    let answer = bucket.read_once("s3:GetBucketEncryption", "encryption", &ABSENT, || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.server_side_encryption_configuration).map(|c| c.rules))
}

/// Shows them in a bucket.
pub fn show(reply: &mut Reply, rules: Option<Vec<ServerSideEncryptionRule>>) {
    let configuration = rules.map(|rules| {
        let mut block = Reply::new();
        block.blocks("rule", rules.iter().map(|rule| show_rule(rule, false)));
        block
    });
    reply.blocks("server_side_encryption_configuration", configuration);
}

/// One rule as a block, `whole` with what only the resource type of its own knows.
pub fn show_rule(rule: &ServerSideEncryptionRule, whole: bool) -> Reply {
    let mut block = Reply::new();
    let default = rule.apply_server_side_encryption_by_default().map(|default| {
        let mut block = Reply::new();
        let key = default.kms_master_key_id().unwrap_or_default();
        block.str("sse_algorithm", Some(default.sse_algorithm().as_str())).str("kms_master_key_id", Some(key));
        block
    });
    block.blocks("apply_server_side_encryption_by_default", default);
    block.bool("bucket_key_enabled", Some(rule.bucket_key_enabled().unwrap_or_default()));
    if whole {
        let blocked = rule.blocked_encryption_types().map(BlockedEncryptionTypes::encryption_type).unwrap_or_default();
        block.list("blocked_encryption_types", blocked.iter().map(EncryptionType::as_str));
    }
    block
}

/// Writes the configuration of a bucket, or removes it.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    match Args(planned).block("server_side_encryption_configuration") {
        Some(configuration) => put(bucket, configuration.blocks("rule")).await,
        None => remove(bucket).await,
    }
}

/// Writes rules.
pub async fn put(bucket: &Bucket<'_>, rules: Vec<Args<'_>>) -> Result<(), Problem> {
    let rules = rules.into_iter().map(expand).collect::<Result<_, _>>()?;
    let configuration = built(ServerSideEncryptionConfiguration::builder().set_rules(Some(rules)).build())?;
    let request = bucket
        .client
        .put_bucket_encryption()
        .bucket(&bucket.name)
        .set_expected_bucket_owner(bucket.owner.clone())
        .server_side_encryption_configuration(configuration);
    bucket.write("s3:PutBucketEncryption", "encryption", || request.clone().send()).await.map(|_| ())
}

/// Goes back to the encryption that every bucket has.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let request = bucket.client.delete_bucket_encryption().bucket(&bucket.name);
    let request = request.set_expected_bucket_owner(bucket.owner.clone());
    bucket.remove("s3:DeleteBucketEncryption", "encryption", &ABSENT, || request.clone().send()).await
}

fn expand(block: Args<'_>) -> Result<ServerSideEncryptionRule, Problem> {
    let default = block.block("apply_server_side_encryption_by_default").map(|default| {
        let algorithm = default.text("sse_algorithm").unwrap_or_default();
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(algorithm.into())
            .set_kms_master_key_id(default.string("kms_master_key_id"));
        built(default.build())
    });
    let blocked = block.strings("blocked_encryption_types");
    let blocked = (!blocked.is_empty()).then(|| {
        let types = blocked.iter().map(|t| t.as_str().into()).collect();
        BlockedEncryptionTypes::builder().set_encryption_type(Some(types)).build()
    });
    Ok(ServerSideEncryptionRule::builder()
        .set_apply_server_side_encryption_by_default(default.transpose()?)
        .set_blocked_encryption_types(blocked)
        .set_bucket_key_enabled(block.bool("bucket_key_enabled"))
        .build())
}
