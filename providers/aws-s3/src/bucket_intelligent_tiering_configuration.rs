//! `aws_s3_bucket_intelligent_tiering_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::operation::list_bucket_intelligent_tiering_configurations::ListBucketIntelligentTieringConfigurationsOutput;
use aws_sdk_s3::types::{IntelligentTieringConfiguration as Configuration, IntelligentTieringFilter, Tiering};
use terrane_aws_core::problem;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_named_setting::{ABSENT, NamedSetting};
use crate::client::{Bucket, built};
use crate::settings::filter::Filter;

/// `aws_s3_bucket_intelligent_tiering_configuration`.
#[derive(Debug)]
pub struct IntelligentTieringConfiguration;

#[async_trait]
impl NamedSetting for IntelligentTieringConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_intelligent_tiering_configuration"
    }

    fn what(&self) -> &'static str {
        "intelligent tiering"
    }

    async fn put(&self, bucket: &Bucket<'_>, name: &str, planned: &Value) -> Result<(), Problem> {
        let args = Args(planned);
        let filter = args.block("filter").map(|block| IntelligentTieringFilter::from(Filter::of(block)));
        let tier = |block: Args<'_>| {
            let tier = Tiering::builder().access_tier(block.text("access_tier").unwrap_or_default().into());
            built(tier.set_days(block.i32("days")).build())
        };
        let tiers = args.blocks("tiering").into_iter().map(tier).collect::<Result<Vec<_>, _>>()?;
        let configuration = Configuration::builder().id(name).set_filter(filter).set_tierings(Some(tiers));
        let configuration = configuration.status(args.text("status").unwrap_or("Enabled").into());
        let configuration = built(configuration.build())?;
        let request = bucket.client.put_bucket_intelligent_tiering_configuration().bucket(&bucket.name).id(name);
        let request = request.intelligent_tiering_configuration(configuration);
        let operation = "s3:PutBucketIntelligentTieringConfiguration";
        bucket.write(operation, self.what(), || request.clone().send()).await.map(|_| ())
    }

    async fn show(&self, bucket: &Bucket<'_>, name: &str, reply: &mut Reply) -> Result<bool, Problem> {
        let request = bucket.client.get_bucket_intelligent_tiering_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:GetBucketIntelligentTieringConfiguration";
        let answer = bucket.read(operation, self.what(), &ABSENT, || request.clone().send()).await?;
        let Some(found) = answer.and_then(|a| a.intelligent_tiering_configuration) else { return Ok(false) };
        let tier = |tier: &Tiering| {
            let mut block = Reply::new();
            block.str("access_tier", Some(tier.access_tier().as_str())).i64("days", Some(tier.days()));
            block
        };
        reply
            .str("status", Some(found.status().as_str()))
            .blocks("filter", found.filter().map(|filter| Filter::from(filter).show(false)))
            .blocks("tiering", found.tierings().iter().map(tier));
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, name: &str) -> Result<(), Problem> {
        let request = bucket.client.delete_bucket_intelligent_tiering_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:DeleteBucketIntelligentTieringConfiguration";
        bucket.remove(operation, self.what(), &ABSENT, || request.clone().send()).await
    }

    async fn names(&self, bucket: &Bucket<'_>) -> Result<Vec<String>, Problem> {
        let request = bucket.client.list_bucket_intelligent_tiering_configurations().bucket(&bucket.name);
        let list = |token| request.clone().set_continuation_token(token).send();
        let take = |a: ListBucketIntelligentTieringConfigurationsOutput| {
            (a.intelligent_tiering_configuration_list.unwrap_or_default(), a.next_continuation_token)
        };
        let called = ("s3:ListBucketIntelligentTieringConfigurations", &*bucket.region);
        let all = Box::pin(bucket.cloud.pages(called, list, take)).await;
        let all =
            all.map_err(|e| problem(&format!("listing the intelligent tiering of S3 bucket \"{}\"", bucket.name), &e))?;
        Ok(all.into_iter().map(|c| c.id).collect())
    }
}
