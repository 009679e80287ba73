//! `aws_s3_bucket_request_payment_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::types::Payer;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::Bucket;
use crate::settings::payer;

/// `aws_s3_bucket_request_payment_configuration`.
#[derive(Debug)]
pub struct RequestPaymentConfiguration;

#[async_trait]
impl Setting for RequestPaymentConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_request_payment_configuration"
    }

    fn what(&self) -> &'static str {
        "request payment configuration"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        payer::put(bucket, Args(planned).text("payer").unwrap_or_default()).await
    }

    async fn show(&self, bucket: &Bucket<'_>, _: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let payer = payer::read(bucket).await?;
        reply.str("payer", payer.as_ref().map(Payer::as_str));
        Ok(payer.is_some())
    }

    /// Lets the owner pay: every bucket has someone who does.
    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        payer::remove(bucket).await
    }
}
