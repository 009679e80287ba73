//! `aws_s3_object`, the data source.

use async_trait::async_trait;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_aws_core::{Cloud, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::object::{Handle, arn, checksums, headers};

/// Types of content that are text, beside all under `text/`.
const TEXTS: [&str; 10] = [
    "application/atom+xml",
    "application/json",
    "application/ld+json",
    "application/x-csh",
    "application/x-httpd-php",
    "application/x-sh",
    "application/x-sql",
    "application/xhtml+xml",
    "application/xml",
    "application/yaml",
];

/// `aws_s3_object`.
#[derive(Debug)]
pub struct TheObject;

#[async_trait]
impl DataSource<Cloud> for TheObject {
    fn name(&self) -> &'static str {
        "aws_s3_object"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (args, handle) = (Args(config), Handle::of(cloud, config));
        let asking = |head: aws_sdk_s3::operation::head_object::builders::HeadObjectFluentBuilder| {
            let head = if args.text("checksum_mode").is_some() { checksums(head) } else { head };
            head.set_range(args.string("range")).set_version_id(args.string("version_id"))
        };
        let (head, tags) = tokio::join!(handle.head(asking), handle.tags());
        let head = head.map_err(|p| vec![p])?.ok_or_else(|| vec![missing(&handle)])?;
        let mut reply = shown(&handle, config, &head);
        if wanted(args) {
            body(&handle, config, &head, &mut reply).await.map_err(|p| vec![p])?;
        }
        cloud.set_data_tags(&mut reply, tags.map_err(|p| vec![p])?);
        Ok(reply.object())
    }
}

fn missing(handle: &Handle<'_>) -> Problem {
    let detail = format!(
        "S3 bucket \"{}\" in {} has no object \"{}\" that these credentials can see.",
        handle.bucket.name, handle.bucket.region, handle.key
    );
    Problem::error("Data source found nothing", detail)
}

/// Whether the content is to be read.
fn wanted(args: Args<'_>) -> bool {
    args.text("download_body") != Some("false")
}

fn shown(handle: &Handle<'_>, config: &Value, head: &HeadObjectOutput) -> Reply {
    let version = Args(config).text("version_id").map(|v| format!("@{v}")).unwrap_or_default();
    let mut reply = Reply::from(config);
    headers(&mut reply, head, config);
    reply
        .str("id", Some(format!("{}{version}", handle.id(config))))
        .str("arn", Some(arn(&handle.bucket.region, &handle.bucket.name, &handle.key)))
        .i64("content_length", head.content_length())
        .str("expiration", head.expiration())
        .str("expires", head.expires_string())
        .str("last_modified", head.last_modified().and_then(spelled))
        .str("region", Some(&handle.bucket.region))
        .str("sse_kms_key_id", head.ssekms_key_id())
        .str("website_redirect_location", head.website_redirect_location());
    reply
}

/// A time as `Mon, 02 Jan 2006 15:04:05 UTC`.
fn spelled(time: &DateTime) -> Option<String> {
    let whole = DateTime::from_secs(time.secs()).fmt(Format::HttpDate).ok()?;
    Some(whole.replace("GMT", "UTC"))
}

/// Reads the content: as text only if it is said to be text, so that no binary data stands in outputs.
async fn body(handle: &Handle<'_>, config: &Value, head: &HeadObjectOutput, reply: &mut Reply) -> Result<(), Problem> {
    let request = handle.bucket.client.get_object().bucket(&handle.bucket.name).key(&handle.key);
    let request = request.set_version_id(head.version_id().map(str::to_owned));
    let request = request.set_range(Args(config).string("range"));
    let answer = handle.bucket.cloud.call(handle.called("s3:GetObject"), || request.clone().send());
    let answer = Box::pin(answer).await.map_err(|e| problem(&handle.what("downloading"), &e))?;
    let bytes = answer.body.collect().await.map_err(|e| {
        Problem::error(format!("Failed {}", handle.what("downloading")), format!("The content broke off: {e}."))
    })?;
    let bytes = bytes.to_vec();
    if head.content_type().is_some_and(|ty| ty.starts_with("text/") || TEXTS.contains(&ty)) {
        reply.str("body", Some(String::from_utf8_lossy(&bytes)));
    }
    reply.str("body_base64", Some(aws_smithy_types::base64::encode(bytes)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_with_their_zone() {
        let time = DateTime::from_secs_and_nanos(1_136_214_245, 500_000_000);
        assert_eq!(spelled(&time).as_deref(), Some("Mon, 02 Jan 2006 15:04:05 UTC"));
    }
}
