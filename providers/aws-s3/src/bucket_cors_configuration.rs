//! `aws_s3_bucket_cors_configuration`.

use async_trait::async_trait;
use terrane_provider::Problem;
use terrane_provider::sdk::Reply;
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::Bucket;
use crate::settings::cors;

/// `aws_s3_bucket_cors_configuration`.
#[derive(Debug)]
pub struct CorsConfiguration;

#[async_trait]
impl Setting for CorsConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_cors_configuration"
    }

    fn what(&self) -> &'static str {
        "CORS rules"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        cors::write(bucket, planned).await
    }

    async fn show(&self, bucket: &Bucket<'_>, _: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let rules = cors::read(bucket).await?;
        reply.blocks("cors_rule", rules.iter().map(cors::show_rule_with_id));
        Ok(!rules.is_empty())
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        cors::remove(bucket).await
    }
}
