//! What every new bucket has since April 2023: no public access, no ACLs, encryption with S3's keys; and its tags.

use super::Visit;
use crate::http::{Request, Response};
use crate::xml;
use std::io;

const ALL_BLOCKED: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
    <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
    <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
const ENCRYPTED: &str = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
    <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
    <BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";

/// Answers an S3 call and gives a bucket the settings that S3 gives it.
pub fn answer(visit: &Visit<'_>) -> io::Result<Response> {
    let existed = visit.call.action == "CreateBucket" && exists(visit)?;
    let response = visit.send()?;
    if response.is_success() {
        match visit.call.action.as_str() {
            "CreateBucket" if !existed => furnish(visit)?,
            "DeleteBucketEncryption" => put(visit, "encryption", ENCRYPTED)?,
            _ => {}
        }
    }
    Ok(response)
}

fn exists(visit: &Visit<'_>) -> io::Result<bool> {
    let request = Request { method: "HEAD".to_owned(), body: Vec::new(), ..visit.request.clone() };
    Ok(visit.upstream.send(visit.call, &request)?.is_success())
}

fn furnish(visit: &Visit<'_>) -> io::Result<()> {
    put(visit, "publicAccessBlock", ALL_BLOCKED)?;
    put(visit, "encryption", ENCRYPTED)?;
    let ownership = visit.request.headers.get("x-amz-object-ownership").unwrap_or("BucketOwnerEnforced");
    let rule = format!("<Rule><ObjectOwnership>{}</ObjectOwnership></Rule>", xml::escape(ownership));
    put(visit, "ownershipControls", &format!("<OwnershipControls>{rule}</OwnershipControls>"))?;
    let body = std::str::from_utf8(&visit.request.body).unwrap_or_default();
    match xml::parse(body).as_ref().and_then(|root| root.child("Tags")) {
        Some(tags) => put(visit, "tagging", &format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.text(body))),
        None => Ok(()),
    }
}

fn put(visit: &Visit<'_>, subresource: &str, body: &str) -> io::Result<()> {
    let path = visit.request.target.split('?').next().unwrap_or_default();
    let mut request = visit.request.clone();
    request.method = "PUT".to_owned();
    request.target = format!("{path}?{subresource}");
    request.body = body.as_bytes().to_vec();
    for field in
        ["x-amz-acl", "x-amz-object-ownership", "x-amz-bucket-object-lock-enabled", "Content-MD5", "Content-Encoding"]
    {
        request.headers.remove(field);
    }
    let response = visit.upstream.send(visit.call, &request)?;
    let message =
        || format!("the emulator refused {subresource} of a new bucket: {} {}", response.status, response.text());
    response.is_success().then_some(()).ok_or_else(|| io::Error::other(message()))
}
