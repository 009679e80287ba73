//! Naming of S3 calls from method, path and subresource.

use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// Subresource in the query, and what its action is called after Get, Put or Delete; `*` stands for Bucket or Object.
const SUBRESOURCES: &[(&str, &str)] = &[
    ("accelerate", "BucketAccelerateConfiguration"),
    ("acl", "*Acl"),
    ("analytics", "BucketAnalyticsConfiguration"),
    ("attributes", "ObjectAttributes"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("intelligent-tiering", "BucketIntelligentTieringConfiguration"),
    ("inventory", "BucketInventoryConfiguration"),
    ("legal-hold", "ObjectLegalHold"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("metrics", "BucketMetricsConfiguration"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("policyStatus", "BucketPolicyStatus"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("requestPayment", "BucketRequestPayment"),
    ("retention", "ObjectRetention"),
    ("tagging", "*Tagging"),
    ("versioning", "BucketVersioning"),
    ("website", "BucketWebsite"),
];

/// Names a path-style S3 call and adds `Bucket` and `Key` to its query parameters.
pub fn name(method: &str, path: &str, mut query: BTreeMap<String, String>) -> (String, BTreeMap<String, String>) {
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let action = action(method, bucket, key, &query);
    for (field, value) in [("Bucket", bucket), ("Key", key)] {
        if !value.is_empty() {
            query.insert(field.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned());
        }
    }
    (action, query)
}

fn action(method: &str, bucket: &str, key: &str, query: &BTreeMap<String, String>) -> String {
    if bucket.is_empty() {
        return "ListBuckets".to_owned();
    }
    let named = SUBRESOURCES.iter().find(|(subresource, _)| query.contains_key(*subresource));
    if let Some((_, name)) = named {
        let owner = if key.is_empty() { "Bucket" } else { "Object" };
        return format!("{}{}", verb(method), name.replace('*', owner));
    }
    if key.is_empty() { bucket_action(method, query) } else { object_action(method, query) }
}

fn bucket_action(method: &str, query: &BTreeMap<String, String>) -> String {
    let name = match method {
        "GET" if query.contains_key("versions") => "ListObjectVersions",
        "GET" if query.contains_key("uploads") => "ListMultipartUploads",
        "GET" if query.get("list-type").is_some_and(|kind| kind == "2") => "ListObjectsV2",
        "GET" => "ListObjects",
        "POST" if query.contains_key("delete") => "DeleteObjects",
        "HEAD" => "HeadBucket",
        "PUT" => "CreateBucket",
        "DELETE" => "DeleteBucket",
        _ => return format!("{method} bucket"),
    };
    name.to_owned()
}

fn object_action(method: &str, query: &BTreeMap<String, String>) -> String {
    let upload = query.contains_key("uploadId");
    let name = match method {
        "GET" if upload => "ListParts",
        "PUT" if upload => "UploadPart",
        "POST" if upload => "CompleteMultipartUpload",
        "DELETE" if upload => "AbortMultipartUpload",
        "POST" if query.contains_key("uploads") => "CreateMultipartUpload",
        "GET" => "GetObject",
        "HEAD" => "HeadObject",
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        _ => return format!("{method} object"),
    };
    name.to_owned()
}

fn verb(method: &str) -> &'static str {
    match method {
        "PUT" | "POST" => "Put",
        "DELETE" => "Delete",
        _ => "Get",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, path: &str, subresource: &str, expect: &str) {
        let query =
            [(subresource.to_owned(), String::new())].into_iter().filter(|(name, _)| !name.is_empty()).collect();
        assert_eq!(name(method, path, query).0, expect);
    }

    #[test]
    fn buckets_objects_and_subresources() {
        check("GET", "/", "", "ListBuckets");
        check("PUT", "/b", "", "CreateBucket");
        check("PUT", "/b/", "", "CreateBucket");
        check("GET", "/b", "publicAccessBlock", "GetPublicAccessBlock");
        check("DELETE", "/b", "policy", "DeleteBucketPolicy");
        check("PUT", "/b", "tagging", "PutBucketTagging");
        check("PUT", "/b/a/c", "tagging", "PutObjectTagging");
        check("POST", "/b/a/c", "uploadId", "CompleteMultipartUpload");
        check("HEAD", "/b/a/c", "", "HeadObject");
    }
}
