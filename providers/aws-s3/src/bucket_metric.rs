//! `aws_s3_bucket_metric`.

use async_trait::async_trait;
use aws_sdk_s3::operation::list_bucket_metrics_configurations::ListBucketMetricsConfigurationsOutput;
use aws_sdk_s3::types::{MetricsConfiguration, MetricsFilter};
use terrane_aws_core::problem;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_named_setting::{ABSENT, NamedSetting};
use crate::client::{Bucket, built};
use crate::settings::filter::Filter;

/// `aws_s3_bucket_metric`.
#[derive(Debug)]
pub struct Metric;

#[async_trait]
impl NamedSetting for Metric {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_metric"
    }

    fn what(&self) -> &'static str {
        "metrics"
    }

    async fn put(&self, bucket: &Bucket<'_>, name: &str, planned: &Value) -> Result<(), Problem> {
        let filter = Args(planned).block("filter").map(|block| MetricsFilter::from(Filter::of(block)));
        let configuration = built(MetricsConfiguration::builder().id(name).set_filter(filter).build())?;
        let request = bucket.client.put_bucket_metrics_configuration().bucket(&bucket.name).id(name);
        let request = request.metrics_configuration(configuration);
        let operation = "s3:PutBucketMetricsConfiguration";
        bucket.write(operation, self.what(), || request.clone().send()).await.map(|_| ())
    }

    async fn show(&self, bucket: &Bucket<'_>, name: &str, reply: &mut Reply) -> Result<bool, Problem> {
        let request = bucket.client.get_bucket_metrics_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:GetBucketMetricsConfiguration";
        let answer = bucket.read(operation, self.what(), &ABSENT, || request.clone().send()).await?;
        let Some(found) = answer.and_then(|a| a.metrics_configuration) else { return Ok(false) };
        reply.blocks("filter", found.filter().map(|filter| Filter::from(filter).show(true)));
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, name: &str) -> Result<(), Problem> {
        let request = bucket.client.delete_bucket_metrics_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:DeleteBucketMetricsConfiguration";
        bucket.remove(operation, self.what(), &ABSENT, || request.clone().send()).await
    }

    async fn names(&self, bucket: &Bucket<'_>) -> Result<Vec<String>, Problem> {
        let request = bucket.client.list_bucket_metrics_configurations().bucket(&bucket.name);
        let list = |token| request.clone().set_continuation_token(token).send();
        let take = |a: ListBucketMetricsConfigurationsOutput| {
            (a.metrics_configuration_list.unwrap_or_default(), a.next_continuation_token)
        };
        let called = ("s3:ListBucketMetricsConfigurations", &*bucket.region);
        let all = Box::pin(bucket.cloud.pages(called, list, take)).await;
        let all = all.map_err(|e| problem(&format!("listing the metrics of S3 bucket \"{}\"", bucket.name), &e))?;
        Ok(all.into_iter().map(|c| c.id).collect())
    }
}
