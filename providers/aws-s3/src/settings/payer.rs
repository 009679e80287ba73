//! Who pays for requests.

use aws_sdk_s3::types::{Payer, RequestPaymentConfiguration};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Bucket, built};

/// Reads who pays.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<Payer>, Problem> {
    let request = bucket.client.get_bucket_request_payment().bucket(&bucket.name);
    let operation = "s3:GetBucketRequestPayment";
    let answer = bucket.read_once(operation, "request payment configuration", &[], || request.clone().send()).await?;
    Ok(answer.and_then(|a| a.payer))
}

/// Shows it.
pub fn show(reply: &mut Reply, payer: Option<Payer>) {
    reply.str("request_payer", payer.as_ref().map(Payer::as_str));
}

/// Writes it.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    put(bucket, Args(planned).text("request_payer").unwrap_or("BucketOwner")).await
}

/// Lets the owner pay, if the bucket is still there.
pub async fn remove(bucket: &Bucket<'_>) -> Result<(), Problem> {
    let configuration = built(RequestPaymentConfiguration::builder().payer(Payer::BucketOwner).build())?;
    let request = bucket.client.put_bucket_request_payment().bucket(&bucket.name);
    let request = request.request_payment_configuration(configuration);
    let operation = "s3:PutBucketRequestPayment";
    bucket.remove(operation, "request payment configuration", &[], || request.clone().send()).await
}

/// Sets it to `BucketOwner` or `Requester`.
pub async fn put(bucket: &Bucket<'_>, payer: &str) -> Result<(), Problem> {
    let configuration = built(RequestPaymentConfiguration::builder().payer(payer.into()).build())?;
    let request = bucket.client.put_bucket_request_payment().bucket(&bucket.name);
    let request = request.request_payment_configuration(configuration);
    let operation = "s3:PutBucketRequestPayment";
    bucket.write(operation, "request payment configuration", || request.clone().send()).await.map(|_| ())
}
