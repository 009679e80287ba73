//! Uploads: in one call, or in parts.

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::upload_part::UploadPartOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use aws_smithy_types::DateTime;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use terrane_aws_core::{Tags, concurrently, problem, uncertain};
use terrane_provider::sdk::{Args, Failed};
use terrane_provider::{Object, Problem};
use terrane_value::Value;

use super::body::Body;
use super::handle::Handle;
use crate::dates::parsed;

/// What is longer than a part is sent in parts. The ETag tells of their size, so it is the one that other tools choose.
const PART: u64 = 5 * 1024 * 1024;

/// No upload may have more parts.
const PARTS: u64 = 10_000;

/// Parts that are sent at once.
const AT_ONCE: usize = 5;

/// Characters of tags that stand for themselves in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Gives a request what is planned of an object beside its content.
macro_rules! described {
    ($request:expr, $handle:expr, $planned:expr, $until:expr) => {{
        let args = Args($planned);
        let (key, encryption) = (args.string("kms_key_id"), args.text("server_side_encryption"));
        let encryption = encryption.map(ServerSideEncryption::from);
        let metadata = args.map("metadata");
        $request
            .bucket(&$handle.bucket.name)
            .key(&$handle.key)
            .set_acl(args.text("acl").map(Into::into))
            .set_bucket_key_enabled(args.bool("bucket_key_enabled").filter(|enabled| *enabled))
            .set_cache_control(args.string("cache_control"))
            .set_content_disposition(args.string("content_disposition"))
            .set_content_encoding(args.string("content_encoding"))
            .set_content_language(args.string("content_language"))
            .set_content_type(args.string("content_type"))
            .set_server_side_encryption(encryption.or(key.as_ref().map(|_| ServerSideEncryption::AwsKms)))
            .set_ssekms_key_id(key)
            .set_metadata(Some(metadata.into_iter().collect()))
            .set_object_lock_legal_hold_status(args.text("object_lock_legal_hold_status").map(Into::into))
            .set_object_lock_mode(args.text("object_lock_mode").map(Into::into))
            .set_object_lock_retain_until_date($until)
            .set_storage_class(args.text("storage_class").map(Into::into))
            .set_tagging(query($handle.bucket.cloud.tags_of($planned)))
            .set_website_redirect_location(args.string("website_redirect"))
    }};
}

/// Uploads the object as planned. If the answer was lost, `half_made` may be there.
pub async fn put(handle: &Handle<'_>, planned: &Value, half_made: &Value) -> Result<(), Failed> {
    let body = Body::of(planned).await?;
    match body.len() > PART {
        true => Ok(in_parts(handle, planned, &body).await?),
        false => at_once(handle, planned, &body, half_made).await,
    }
}

async fn at_once(handle: &Handle<'_>, planned: &Value, body: &Body, half_made: &Value) -> Result<(), Failed> {
    let until = until(planned)?;
    let send = || async {
        let stream = body.part(0, body.len()).await.map_err(|p| SdkError::construction_failure(p.detail))?;
        let request = described!(handle.bucket.client.put_object(), handle, planned, until);
        request.set_checksum_algorithm(algorithm(planned)).body(stream).send().await
    };
    let answer = Box::pin(handle.bucket.cloud.call(handle.called("s3:PutObject"), send)).await;
    answer.map(|_| ()).map_err(|e| {
        let object = uncertain(&e).then(|| Object::new(half_made.clone()));
        Failed { object, problems: vec![problem(&handle.what("uploading"), &e)] }
    })
}

async fn in_parts(handle: &Handle<'_>, planned: &Value, body: &Body) -> Result<(), Problem> {
    let algorithm = algorithm(planned).unwrap_or(ChecksumAlgorithm::Crc32);
    let request = described!(handle.bucket.client.create_multipart_upload(), handle, planned, until(planned)?);
    let request = request.checksum_algorithm(algorithm.clone());
    let answer = handle.bucket.cloud.call(handle.called("s3:CreateMultipartUpload"), || request.clone().send());
    let answer = Box::pin(answer).await.map_err(|e| problem(&handle.what("beginning to upload"), &e))?;
    let upload = Upload { handle, id: answer.upload_id.unwrap_or_default(), algorithm };
    let done = upload.finish(body).await;
    if done.is_err() {
        upload.abort().await;
    }
    done
}

/// An upload under way.
struct Upload<'a> {
    handle: &'a Handle<'a>,
    id: String,
    algorithm: ChecksumAlgorithm,
}

impl Upload<'_> {
    async fn finish(&self, body: &Body) -> Result<(), Problem> {
        let parts = concurrently(AT_ONCE, parts(body.len()), |part| self.part(body, part)).await;
        let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        let handle = self.handle;
        let request = handle.bucket.client.complete_multipart_upload().bucket(&handle.bucket.name).key(&handle.key);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = request.upload_id(&self.id).multipart_upload(parts);
        let answer = handle.bucket.cloud.call(handle.called("s3:CompleteMultipartUpload"), || request.clone().send());
        Box::pin(answer).await.map(|_| ()).map_err(|e| problem(&handle.what("finishing to upload"), &e))
    }

    async fn part(&self, body: &Body, (number, offset, length): (i32, u64, u64)) -> Result<CompletedPart, Problem> {
        let handle = self.handle;
        let send = || async {
            let stream = body.part(offset, length).await.map_err(|p| SdkError::construction_failure(p.detail))?;
            let request = handle.bucket.client.upload_part().bucket(&handle.bucket.name).key(&handle.key);
            let request = request.upload_id(&self.id).part_number(number).checksum_algorithm(self.algorithm.clone());
            request.body(stream).send().await
        };
        let answer = Box::pin(handle.bucket.cloud.call(handle.called("s3:UploadPart"), send)).await;
        let answer = answer.map_err(|e| problem(&handle.what(&format!("uploading part {number} of")), &e))?;
        Ok(completed(answer, number))
    }

    /// Gives up; what cannot be given up is left to the lifecycle rules of the bucket.
    async fn abort(&self) {
        let handle = self.handle;
        let request = handle.bucket.client.abort_multipart_upload().bucket(&handle.bucket.name).key(&handle.key);
        let request = request.upload_id(&self.id);
        let answer = handle.bucket.cloud.call(handle.called("s3:AbortMultipartUpload"), || request.clone().send());
        let _ = Box::pin(answer).await;
    }
}

fn completed(answer: UploadPartOutput, number: i32) -> CompletedPart {
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(answer.e_tag)
        .set_checksum_crc32(answer.checksum_crc32)
        .set_checksum_crc32_c(answer.checksum_crc32_c)
        .set_checksum_crc64_nvme(answer.checksum_crc64_nvme)
        .set_checksum_sha1(answer.checksum_sha1)
        .set_checksum_sha256(answer.checksum_sha256)
        .set_checksum_sha512(answer.checksum_sha512)
        .set_checksum_md5(answer.checksum_md5)
        .set_checksum_xxhash64(answer.checksum_xxhash64)
        .set_checksum_xxhash3(answer.checksum_xxhash3)
        .set_checksum_xxhash128(answer.checksum_xxhash128)
        .build()
}

/// The parts of a length: number, offset and length of each.
fn parts(total: u64) -> impl Iterator<Item = (i32, u64, u64)> {
    let size = if total / PART >= PARTS { total / PARTS + 1 } else { PART };
    let offsets = (0..total).step_by(usize::try_from(size).unwrap_or(usize::MAX));
    (1..).zip(offsets).map(move |(number, offset)| (number, offset, size.min(total - offset)))
}

/// Until when the object is locked.
fn until(planned: &Value) -> Result<Option<DateTime>, Problem> {
    Args(planned).text("object_lock_retain_until_date").map(parsed).transpose()
}

/// The checksum that is asked for. What is locked needs one.
fn algorithm(planned: &Value) -> Option<ChecksumAlgorithm> {
    let locks = ["object_lock_legal_hold_status", "object_lock_mode", "object_lock_retain_until_date"];
    let locked = locks.iter().any(|name| Args(planned).text(name).is_some());
    let written = Args(planned).text("checksum_algorithm").map(ChecksumAlgorithm::from);
    written.or(locked.then_some(ChecksumAlgorithm::Crc32))
}

/// Tags as a query, which is how an upload carries them.
fn query(tags: Tags) -> Option<String> {
    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let pairs: Vec<String> = tags.iter().map(|(k, v)| format!("{}={}", encoded(k), encoded(v))).collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_whole_and_are_not_too_many() {
        let sizes: Vec<_> = parts(2 * PART + 1).collect();
        assert_eq!(sizes, [(1, 0, PART), (2, PART, PART), (3, 2 * PART, 1)]);
        for total in [PART, PART * PARTS, PART * PARTS + 1, 5 << 40] {
            let all: Vec<_> = parts(total).collect();
            assert!(all.len() as u64 <= PARTS, "{total}: {} parts", all.len());
            assert_eq!(all.iter().map(|(_, _, length)| length).sum::<u64>(), total);
        }
    }

    #[test]
    fn tags_go_into_a_query() {
        let tags = Tags::from([("a b".into(), "1&2=ü".into()), ("k".into(), "v".into())]);
        assert_eq!(query(tags).as_deref(), Some("a%20b=1%262%3D%C3%BC&k=v"));
        assert_eq!(query(Tags::new()), None);
    }
}
