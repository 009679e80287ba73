//! `aws_s3_bucket`, the data source.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Partition};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::bucket::head;
use crate::client::{Bucket, s3};
use crate::regions::{domain_name, hosted_zone, regional_domain_name, website_domain};
use crate::settings::website;

/// `aws_s3_bucket`.
#[derive(Debug)]
pub struct TheBucket;

#[async_trait]
impl DataSource<Cloud> for TheBucket {
    fn name(&self) -> &'static str {
        "aws_s3_bucket"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (name, asked) = (Args(config).text("bucket").unwrap_or_default(), cloud.region(config));
        let there = head(cloud, &s3(cloud, &asked), name).await.map_err(|p| vec![p])?;
        let Some(there) = there else {
            let detail = format!("There is no S3 bucket \"{name}\" that these credentials can see from {asked}.");
            return Err(vec![Problem::error("Data source found nothing", detail)]);
        };
        let region = there.bucket_region().unwrap_or(&asked).to_owned();
        let bucket = Bucket::named(cloud, &region, name);
        let website = website::read(&bucket).await;
        let website = website.map_err(|p| vec![p])?.map(|_| website_domain(&region));
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(name))
            .str("arn", Some(format!("arn:{}:s3:::{name}", Partition::of_region(&region).id)))
            .str("bucket_domain_name", Some(domain_name(name, &region)))
            .str("bucket_region", Some(&region))
            .str("bucket_regional_domain_name", Some(regional_domain_name(name, &region)))
            .str("hosted_zone_id", hosted_zone(&region))
            .str("region", Some(&asked))
            .str("website_endpoint", website.as_ref().map(|domain| format!("{name}.{domain}")))
            .str("website_domain", website);
        Ok(reply.object())
    }
}
