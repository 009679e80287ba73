//! `aws_s3_bucket_analytics_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::operation::list_bucket_analytics_configurations::ListBucketAnalyticsConfigurationsOutput;
use aws_sdk_s3::types::{
    AnalyticsConfiguration as Configuration, AnalyticsExportDestination, AnalyticsFilter, AnalyticsS3BucketDestination,
    StorageClassAnalysis, StorageClassAnalysisDataExport,
};
use terrane_aws_core::problem;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_named_setting::{ABSENT, NamedSetting};
use crate::client::{Bucket, built};
use crate::settings::filter::Filter;

/// `aws_s3_bucket_analytics_configuration`.
#[derive(Debug)]
pub struct AnalyticsConfiguration;

#[async_trait]
impl NamedSetting for AnalyticsConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_analytics_configuration"
    }

    fn what(&self) -> &'static str {
        "analytics"
    }

    async fn put(&self, bucket: &Bucket<'_>, name: &str, planned: &Value) -> Result<(), Problem> {
        let filter = Args(planned).block("filter").map(|block| AnalyticsFilter::from(Filter::of(block)));
        let analysis = Args(planned).block("storage_class_analysis").and_then(|a| a.block("data_export"));
        let analysis = StorageClassAnalysis::builder().set_data_export(analysis.map(expand_export).transpose()?);
        let configuration = Configuration::builder().id(name).set_filter(filter);
        let configuration = built(configuration.storage_class_analysis(analysis.build()).build())?;
        let request = bucket.client.put_bucket_analytics_configuration().bucket(&bucket.name).id(name);
        let request = request.analytics_configuration(configuration);
        let operation = "s3:PutBucketAnalyticsConfiguration";
        bucket.write(operation, self.what(), || request.clone().send()).await.map(|_| ())
    }

    async fn show(&self, bucket: &Bucket<'_>, name: &str, reply: &mut Reply) -> Result<bool, Problem> {
        let request = bucket.client.get_bucket_analytics_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:GetBucketAnalyticsConfiguration";
        let answer = bucket.read(operation, self.what(), &ABSENT, || request.clone().send()).await?;
        let Some(found) = answer.and_then(|a| a.analytics_configuration) else { return Ok(false) };
        let analysis = found.storage_class_analysis().and_then(|a| a.data_export()).map(|export| {
            let mut block = Reply::new();
            block.blocks("data_export", [show_export(export)]);
            block
        });
        reply
            .blocks("filter", found.filter().map(|filter| Filter::from(filter).show(false)))
            .blocks("storage_class_analysis", analysis);
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, name: &str) -> Result<(), Problem> {
        let request = bucket.client.delete_bucket_analytics_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:DeleteBucketAnalyticsConfiguration";
        bucket.remove(operation, self.what(), &ABSENT, || request.clone().send()).await
    }

    async fn names(&self, bucket: &Bucket<'_>) -> Result<Vec<String>, Problem> {
        let request = bucket.client.list_bucket_analytics_configurations().bucket(&bucket.name);
        let list = |token| request.clone().set_continuation_token(token).send();
        let take = |a: ListBucketAnalyticsConfigurationsOutput| {
            (a.analytics_configuration_list.unwrap_or_default(), a.next_continuation_token)
        };
        let called = ("s3:ListBucketAnalyticsConfigurations", &*bucket.region);
        let all = Box::pin(bucket.cloud.pages(called, list, take)).await;
        let all = all.map_err(|e| problem(&format!("listing the analytics of S3 bucket \"{}\"", bucket.name), &e))?;
        Ok(all.into_iter().map(|c| c.id).collect())
    }
}

fn expand_export(block: Args<'_>) -> Result<StorageClassAnalysisDataExport, Problem> {
    let bucket = block.block("destination").and_then(|d| d.block("s3_bucket_destination"));
    let bucket = bucket.map(|b| {
        let destination = AnalyticsS3BucketDestination::builder()
            .bucket(b.text("bucket_arn").unwrap_or_default())
            .set_bucket_account_id(b.string("bucket_account_id"))
            .format(b.text("format").unwrap_or("CSV").into())
            .set_prefix(b.string("prefix"));
        built(destination.build())
    });
    let destination = AnalyticsExportDestination::builder().set_s3_bucket_destination(bucket.transpose()?).build();
    let version = block.text("output_schema_version").unwrap_or("V_1");
    let export = StorageClassAnalysisDataExport::builder().output_schema_version(version.into());
    built(export.destination(destination).build())
}

fn show_export(export: &StorageClassAnalysisDataExport) -> Reply {
    let destination = export.destination().map(|destination| {
        let bucket = destination.s3_bucket_destination().map(|b| {
            let mut block = Reply::new();
            block
                .str("bucket_account_id", b.bucket_account_id())
                .str("bucket_arn", Some(b.bucket()))
                .str("format", Some(b.format().as_str()))
                .str("prefix", b.prefix());
            block
        });
        let mut block = Reply::new();
        block.blocks("s3_bucket_destination", bucket);
        block
    });
    let mut block = Reply::new();
    block
        .str("output_schema_version", Some(export.output_schema_version().as_str()))
        .blocks("destination", destination);
    block
}
