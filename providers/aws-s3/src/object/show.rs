//! What S3 says of an object.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::head_object::builders::HeadObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumMode, ObjectLockLegalHoldStatus, ObjectLockMode, ServerSideEncryption};
use terrane_aws_core::Tags;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Type, Value};

use super::handle::{Handle, arn};
use crate::dates::date;
use crate::settings;

/// Asks for checksums too.
pub fn checksums(head: HeadObjectFluentBuilder) -> HeadObjectFluentBuilder {
    head.checksum_mode(ChecksumMode::Enabled)
}

/// Shows what the resource and the data source both tell.
pub fn headers(reply: &mut Reply, head: &HeadObjectOutput, known: &Value) {
    let until = Args(known).str("object_lock_retain_until_date");
    let metadata = head.metadata().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    reply
        .bool("bucket_key_enabled", Some(head.bucket_key_enabled() == Some(true)))
        .str("cache_control", head.cache_control())
        .str("checksum_crc32", head.checksum_crc32())
        .str("checksum_crc32c", head.checksum_crc32_c())
        .str("checksum_crc64nvme", head.checksum_crc64_nvme())
        .str("checksum_sha1", head.checksum_sha1())
        .str("checksum_sha256", head.checksum_sha256())
        .str("content_disposition", head.content_disposition())
        .str("content_encoding", head.content_encoding())
        .str("content_language", head.content_language())
        .str("content_type", head.content_type())
        .str("etag", Some(head.e_tag().unwrap_or_default().trim_matches('"')))
        .map("metadata", &metadata)
        .str(
            "object_lock_legal_hold_status",
            head.object_lock_legal_hold_status().map(ObjectLockLegalHoldStatus::as_str),
        )
        .str("object_lock_mode", head.object_lock_mode().map(ObjectLockMode::as_str))
        .str("object_lock_retain_until_date", date(head.object_lock_retain_until_date(), until))
        .str("server_side_encryption", head.server_side_encryption().map(ServerSideEncryption::as_str))
        // S3 does not name the class that objects have if nothing else is said.
        .str("storage_class", Some(head.storage_class().map_or("STANDARD", |class| class.as_str())))
        .str("version_id", head.version_id());
}

/// The object of the resource.
pub fn object(handle: &Handle<'_>, known: &Value, head: &HeadObjectOutput, tags: Tags) -> Value {
    let mut reply = Reply::from(known);
    headers(&mut reply, head, known);
    reply
        .str("id", Some(handle.id(known)))
        .str("arn", Some(arn(&handle.bucket.region, &handle.bucket.name, &handle.key)))
        .str("bucket", Some(&handle.bucket.name))
        .str("key", Some(Args(known).text("key").unwrap_or(&handle.key)))
        .str("region", Some(&handle.bucket.region))
        .str("website_redirect", head.website_redirect_location());
    if head.metadata().is_none_or(HashMap::is_empty) {
        reply.value("metadata", Value::null(Type::map(Type::String)));
    }
    if let Some(key) = head.ssekms_key_id() {
        reply.str("kms_key_id", Some(key));
    }
    handle.bucket.cloud.set_tags(&mut reply, known, tags);
    settings::finished(known, reply)
}
