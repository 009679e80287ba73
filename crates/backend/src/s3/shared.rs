//! The attributes of `backend "s3"` that say how to reach AWS, for others that have the same ones.

use aws_config::SdkConfig;
use terrane_value::{Block, ConvertError, Value};

use super::access::Access;
use super::config;

/// Attributes that are about S3 and its lock alone, or left over from early versions.
const OF_S3: &[&str] = &[
    "acl",
    "bucket",
    "dynamodb_endpoint",
    "dynamodb_table",
    "encrypt",
    "endpoint",
    "endpoints",
    "force_path_style",
    "iam_endpoint",
    "key",
    "kms_key_id",
    "lock_tags",
    "skip_region_validation",
    "skip_s3_checksum",
    "sse_customer_key",
    "state_tags",
    "sts_endpoint",
    "use_lockfile",
    "use_path_style",
    "workspace_key_prefix",
];

/// The shape of what is left.
pub fn schema() -> Block {
    let mut block = config::schema();
    block.attributes.retain(|name, _| !OF_S3.contains(&&**name));
    block
}

/// Whether AWS can be reached in the way that a value says.
pub fn check(value: &Value) -> Result<(), ConvertError> {
    config::region(value)?;
    Access::read(value).map(drop)
}

/// Credentials, region and endpoints as a value says.
pub async fn load(value: &Value) -> Result<SdkConfig, ConvertError> {
    Access::read(value)?.load(&config::region(value)?).await
}
