//! The settings that `aws_s3_bucket` carries in itself, each also a resource type of its own.
//!
//! A setting is read, shown in a reply, and written from the planned bucket; each module has these three functions.

pub mod acceleration;
pub mod acl;
pub mod cors;
pub mod encryption;
pub mod filter;
pub mod lifecycle;
pub mod logging;
pub mod object_lock;
pub mod payer;
pub mod policy;
pub mod replication;
pub mod tagging;
pub mod versioning;
pub mod website;

use terrane_aws_core::keep_empty;
use terrane_provider::Problem;
use terrane_provider::sdk::Reply;
use terrane_value::Value;

use crate::client::Bucket;

/// Reads all settings of a bucket in parallel and puts them into a reply that started from `known`.
pub async fn read(bucket: &Bucket<'_>, known: &Value, reply: &mut Reply) -> Result<(), Problem> {
    let (acceleration, acl, cors, encryption, lifecycle, logging, object_lock, more) = tokio::join!(
        acceleration::read(bucket),
        acl::read(bucket),
        cors::read(bucket),
        encryption::read(bucket),
        lifecycle::read(bucket),
        logging::read(bucket),
        object_lock::read(bucket),
        async {
            tokio::join!(
                payer::read(bucket),
                policy::read(bucket),
                replication::read(bucket),
                tagging::read(bucket),
                versioning::read(bucket),
                website::read(bucket),
            )
        },
    );
    let (payer, policy, replication, tags, versioning, website) = more;
    acceleration::show(reply, acceleration?);
    acl::show(reply, &acl?);
    cors::show(reply, &cors?);
    encryption::show(reply, encryption?);
    lifecycle::show(reply, &lifecycle?);
    logging::show(reply, logging?);
    object_lock::show(reply, object_lock?);
    payer::show(reply, payer?);
    policy::show(reply, known, policy?);
    replication::show(reply, replication?);
    versioning::show(reply, versioning?);
    website::show(reply, known, website?);
    bucket.cloud.set_tags(reply, known, tags?);
    Ok(())
}

/// Writes the settings for which `changes` holds, in the order that S3 needs: replication after versioning.
pub async fn write(bucket: &Bucket<'_>, planned: &Value, changes: impl Fn(&str) -> bool) -> Result<(), Problem> {
    if changes("policy") {
        policy::write(bucket, planned).await?;
    }
    if changes("cors_rule") {
        cors::write(bucket, planned).await?;
    }
    if changes("website") {
        website::write(bucket, planned).await?;
    }
    if changes("versioning") {
        versioning::write(bucket, planned).await?;
    }
    if changes("acl") || changes("grant") {
        acl::write(bucket, planned).await?;
    }
    if changes("logging") {
        logging::write(bucket, planned).await?;
    }
    if changes("lifecycle_rule") {
        lifecycle::write(bucket, planned).await?;
    }
    if changes("acceleration_status") {
        acceleration::write(bucket, planned).await?;
    }
    if changes("request_payer") {
        payer::write(bucket, planned).await?;
    }
    if changes("replication_configuration") {
        replication::write(bucket, planned).await?;
    }
    if changes("server_side_encryption_configuration") {
        encryption::write(bucket, planned).await?;
    }
    if changes("object_lock_configuration") {
        object_lock::write(bucket, planned).await?;
    }
    Ok(())
}

/// Ends a reply: what was written as empty and is not answered stays empty.
pub fn finished(known: &Value, reply: Reply) -> Value {
    keep_empty(known, reply.object())
}
