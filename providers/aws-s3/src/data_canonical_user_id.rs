//! `aws_canonical_user_id`: the id of the account in access control lists.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

use crate::client::s3;

/// `aws_canonical_user_id`.
#[derive(Debug)]
pub struct CanonicalUserId;

#[async_trait]
impl DataSource<Cloud> for CanonicalUserId {
    fn name(&self) -> &'static str {
        "aws_canonical_user_id"
    }

    async fn read(&self, cloud: &Cloud, _: &Value) -> Result<Value, Vec<Problem>> {
        let request = s3(cloud, cloud.default_region()).list_buckets().max_buckets(1);
        let answer = cloud.call("s3:ListBuckets", || request.clone().send()).await;
        let answer = answer.map_err(|e| vec![problem("asking S3 who owns the account's buckets", &e)])?;
        let Some(owner) = answer.owner() else {
            let detail = "S3 answered without the owner of the account's buckets.";
            return Err(vec![Problem::error("Canonical user id is not known", detail)]);
        };
        let mut reply = Reply::new();
        reply.str("id", owner.id()).str("display_name", Some(owner.display_name().unwrap_or_default()));
        Ok(reply.object())
    }
}
