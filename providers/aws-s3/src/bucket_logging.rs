//! `aws_s3_bucket_logging`.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BucketLogsPermission, Grantee, LoggingEnabled, PartitionDateSource, PartitionedPrefix, SimplePrefix, TargetGrant,
    TargetObjectKeyFormat, Type,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::{Bucket, built};
use crate::settings::logging;

/// `aws_s3_bucket_logging`.
#[derive(Debug)]
pub struct Logging;

#[async_trait]
impl Setting for Logging {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_logging"
    }

    fn what(&self) -> &'static str {
        "logging"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        let args = Args(planned);
        let grants = args.blocks("target_grant").into_iter().map(expand_grant).collect::<Result<Vec<_>, _>>()?;
        let logging = LoggingEnabled::builder()
            .target_bucket(args.str("target_bucket").unwrap_or_default())
            .target_prefix(args.str("target_prefix").unwrap_or_default())
            .set_target_grants(Some(grants).filter(|g| !g.is_empty()))
            .set_target_object_key_format(args.block("target_object_key_format").map(expand_format));
        logging::put(bucket, Some(built(logging.build())?)).await
    }

    async fn show(&self, bucket: &Bucket<'_>, _: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let Some(logging) = logging::read(bucket).await? else { return Ok(false) };
        reply
            .str("target_bucket", Some(logging.target_bucket()))
            .str("target_prefix", Some(logging.target_prefix()))
            .blocks("target_grant", logging.target_grants().iter().map(show_grant))
            .blocks("target_object_key_format", logging.target_object_key_format().map(show_format));
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        logging::remove(bucket).await
    }
}

fn expand_grant(block: Args<'_>) -> Result<TargetGrant, Problem> {
    let grantee = block.block("grantee").map(|grantee| {
        let to = Grantee::builder()
            .r#type(Type::from(grantee.text("type").unwrap_or_default()))
            .set_id(grantee.string("id"))
            .set_uri(grantee.string("uri"))
            .set_email_address(grantee.string("email_address"));
        built(to.build())
    });
    let permission = block.text("permission").map(BucketLogsPermission::from);
    Ok(TargetGrant::builder().set_grantee(grantee.transpose()?).set_permission(permission).build())
}

fn show_grant(grant: &TargetGrant) -> Reply {
    let grantee = grant.grantee().map(|to| {
        let mut block = Reply::new();
        block
            .str("display_name", Some(to.display_name().unwrap_or_default()))
            .str("email_address", to.email_address())
            .str("id", to.id())
            .str("type", Some(to.r#type().as_str()))
            .str("uri", to.uri());
        block
    });
    let mut block = Reply::new();
    block.str("permission", grant.permission().map(BucketLogsPermission::as_str)).blocks("grantee", grantee);
    block
}

fn expand_format(block: Args<'_>) -> TargetObjectKeyFormat {
    let partitioned = block.block("partitioned_prefix").map(|p| {
        let source = p.text("partition_date_source").map(PartitionDateSource::from);
        PartitionedPrefix::builder().set_partition_date_source(source).build()
    });
    let simple = partitioned.is_none().then(|| SimplePrefix::builder().build());
    TargetObjectKeyFormat::builder().set_partitioned_prefix(partitioned).set_simple_prefix(simple).build()
}

fn show_format(format: &TargetObjectKeyFormat) -> Reply {
    let partitioned = format.partitioned_prefix().map(|p| {
        let mut block = Reply::new();
        block.str("partition_date_source", p.partition_date_source().map(PartitionDateSource::as_str));
        block
    });
    let mut block = Reply::new();
    block
        .blocks("partitioned_prefix", partitioned)
        .blocks("simple_prefix", format.simple_prefix().map(|_| Reply::new()));
    block
}
