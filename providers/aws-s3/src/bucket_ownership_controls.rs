//! `aws_s3_bucket_ownership_controls`.

use async_trait::async_trait;
use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls as RemoteControls, OwnershipControlsRule};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::{Bucket, built};

const ABSENT: [&str; 1] = ["OwnershipControlsNotFoundError"];

/// `aws_s3_bucket_ownership_controls`.
#[derive(Debug)]
pub struct OwnershipControls;

#[async_trait]
impl Setting for OwnershipControls {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_ownership_controls"
    }

    fn what(&self) -> &'static str {
        "ownership controls"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        let rule = |block: Args<'_>| {
            let ownership = ObjectOwnership::from(block.text("object_ownership").unwrap_or_default());
            built(OwnershipControlsRule::builder().object_ownership(ownership).build())
        };
        let rules = Args(planned).blocks("rule").into_iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let controls = built(RemoteControls::builder().set_rules(Some(rules)).build())?;
        let request = bucket.client.put_bucket_ownership_controls().bucket(&bucket.name).ownership_controls(controls);
        let operation = "s3:PutBucketOwnershipControls";
        bucket.write(operation, self.what(), || request.clone().send()).await.map(|_| ())
    }

    async fn show(&self, bucket: &Bucket<'_>, _: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let request = bucket.client.get_bucket_ownership_controls().bucket(&bucket.name);
        let operation = "s3:GetBucketOwnershipControls";
        let answer = bucket.read(operation, self.what(), &ABSENT, || request.clone().send()).await?;
        let rules = answer.and_then(|a| a.ownership_controls).map(|c| c.rules).unwrap_or_default();
        reply.blocks(
            "rule",
            rules.iter().map(|rule| {
                let mut block = Reply::new();
                block.str("object_ownership", Some(rule.object_ownership().as_str()));
                block
            }),
        );
        Ok(!rules.is_empty())
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        let request = bucket.client.delete_bucket_ownership_controls().bucket(&bucket.name);
        bucket.remove("s3:DeleteBucketOwnershipControls", self.what(), &ABSENT, || request.clone().send()).await
    }
}
