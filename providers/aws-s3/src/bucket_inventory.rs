//! `aws_s3_bucket_inventory`.

use async_trait::async_trait;
use aws_sdk_s3::operation::list_bucket_inventory_configurations::ListBucketInventoryConfigurationsOutput;
use aws_sdk_s3::types::{
    InventoryConfiguration, InventoryDestination, InventoryEncryption, InventoryFilter, InventoryOptionalField,
    InventoryS3BucketDestination, InventorySchedule, Ssekms, Sses3,
};
use terrane_aws_core::problem;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_named_setting::{ABSENT, NamedSetting};
use crate::client::{Bucket, built};

/// `aws_s3_bucket_inventory`.
#[derive(Debug)]
pub struct Inventory;

#[async_trait]
impl NamedSetting for Inventory {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_inventory"
    }

    fn what(&self) -> &'static str {
        "inventory"
    }

    async fn put(&self, bucket: &Bucket<'_>, name: &str, planned: &Value) -> Result<(), Problem> {
        let configuration = expand(name, Args(planned))?;
        let request = bucket.client.put_bucket_inventory_configuration().bucket(&bucket.name).id(name);
        let request = request.inventory_configuration(configuration);
        let operation = "s3:PutBucketInventoryConfiguration";
        bucket.write(operation, self.what(), || request.clone().send()).await.map(|_| ())
    }

    async fn show(&self, bucket: &Bucket<'_>, name: &str, reply: &mut Reply) -> Result<bool, Problem> {
        let request = bucket.client.get_bucket_inventory_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:GetBucketInventoryConfiguration";
        let answer = bucket.read(operation, self.what(), &ABSENT, || request.clone().send()).await?;
        let Some(found) = answer.and_then(|a| a.inventory_configuration) else { return Ok(false) };
        show(&found, reply);
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, name: &str) -> Result<(), Problem> {
        let request = bucket.client.delete_bucket_inventory_configuration().bucket(&bucket.name).id(name);
        let operation = "s3:DeleteBucketInventoryConfiguration";
        bucket.remove(operation, self.what(), &ABSENT, || request.clone().send()).await
    }

    async fn names(&self, bucket: &Bucket<'_>) -> Result<Vec<String>, Problem> {
        let request = bucket.client.list_bucket_inventory_configurations().bucket(&bucket.name);
        let list = |token| request.clone().set_continuation_token(token).send();
        let take = |a: ListBucketInventoryConfigurationsOutput| {
            (a.inventory_configuration_list.unwrap_or_default(), a.next_continuation_token)
        };
        let called = ("s3:ListBucketInventoryConfigurations", &*bucket.region);
        let all = Box::pin(bucket.cloud.pages(called, list, take)).await;
        let all = all.map_err(|e| problem(&format!("listing the inventory of S3 bucket \"{}\"", bucket.name), &e))?;
        Ok(all.into_iter().map(|c| c.id).collect())
    }
}

fn expand(name: &str, args: Args<'_>) -> Result<InventoryConfiguration, Problem> {
    let fields = args.strings("optional_fields").iter().map(|f| InventoryOptionalField::from(f.as_str())).collect();
    let filter = args.block("filter").and_then(|f| f.text("prefix"));
    let schedule = args
        .block("schedule")
        .map(|s| built(InventorySchedule::builder().frequency(s.text("frequency").unwrap_or_default().into()).build()));
    let destination = args.block("destination").and_then(|d| d.block("bucket"));
    let destination = destination.map(expand_destination).transpose()?;
    let configuration = InventoryConfiguration::builder()
        .id(name)
        .is_enabled(args.bool("enabled").unwrap_or(true))
        .included_object_versions(args.text("included_object_versions").unwrap_or_default().into())
        .set_optional_fields(Some(fields).filter(|f: &Vec<_>| !f.is_empty()))
        .set_filter(filter.map(|prefix| built(InventoryFilter::builder().prefix(prefix).build())).transpose()?)
        .set_schedule(schedule.transpose()?)
        .set_destination(destination.map(|d| InventoryDestination::builder().s3_bucket_destination(d).build()));
    built(configuration.build())
}

fn expand_destination(block: Args<'_>) -> Result<InventoryS3BucketDestination, Problem> {
    let encryption = block.block("encryption").map(|encryption| {
        let kms = encryption
            .block("sse_kms")
            .map(|kms| built(Ssekms::builder().key_id(kms.text("key_id").unwrap_or_default()).build()));
        let s3 = (!encryption.blocks("sse_s3").is_empty()).then(|| Sses3::builder().build());
        Ok(InventoryEncryption::builder().set_ssekms(kms.transpose()?).set_sses3(s3).build())
    });
    let destination = InventoryS3BucketDestination::builder()
        .set_account_id(block.string("account_id"))
        .bucket(block.text("bucket_arn").unwrap_or_default())
        .format(block.text("format").unwrap_or_default().into())
        .set_prefix(block.string("prefix"))
        .set_encryption(encryption.transpose()?);
    built(destination.build())
}

fn show(found: &InventoryConfiguration, reply: &mut Reply) {
    let filter = found.filter().map(|filter| {
        let mut block = Reply::new();
        block.str("prefix", Some(filter.prefix()));
        block
    });
    let schedule = found.schedule().map(|schedule| {
        let mut block = Reply::new();
        block.str("frequency", Some(schedule.frequency().as_str()));
        block
    });
    let destination = found.destination().map(|destination| {
        let mut block = Reply::new();
        block.blocks("bucket", destination.s3_bucket_destination().map(show_destination));
        block
    });
    reply
        .bool("enabled", Some(found.is_enabled()))
        .str("included_object_versions", Some(found.included_object_versions().as_str()))
        .set("optional_fields", found.optional_fields().iter().map(InventoryOptionalField::as_str))
        .blocks("filter", filter)
        .blocks("schedule", schedule)
        .blocks("destination", destination);
}

fn show_destination(destination: &InventoryS3BucketDestination) -> Reply {
    let encryption = destination.encryption().map(|encryption| {
        let kms = encryption.ssekms().map(|kms| {
            let mut block = Reply::new();
            block.str("key_id", Some(kms.key_id()));
            block
        });
        let mut block = Reply::new();
        block.blocks("sse_kms", kms).blocks("sse_s3", encryption.sses3().map(|_| Reply::new()));
        block
    });
    let mut block = Reply::new();
    block
        .str("account_id", destination.account_id())
        .str("bucket_arn", Some(destination.bucket()))
        .str("format", Some(destination.format().as_str()))
        .str("prefix", destination.prefix())
        .blocks("encryption", encryption);
    block
}
