//! Calls to S3 Control, which knows what belongs to an account rather than to a bucket.

use std::net::Ipv4Addr;

use aws_sdk_s3control::Client;
use aws_sdk_s3control::config::Builder;
use aws_sdk_s3control::config::endpoint::{DefaultResolver, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_s3control::types::Tag;
use terrane_aws_core::{Cloud, TagDiff, Tags, problem};
use terrane_provider::Problem;

/// The client for a region.
pub fn s3control(cloud: &Cloud, region: &str) -> Client {
    cloud.client(region, |config| {
        let endpoints = Endpoints(DefaultResolver::new());
        Client::from_conf(Builder::from(config).endpoint_resolver(endpoints).build())
    })
}

/// Finds endpoints as AWS has them: the account goes before the name of the host. A custom endpoint without a domain
/// has no names below its own.
#[derive(Debug)]
struct Endpoints(DefaultResolver);

impl ResolveEndpoint for Endpoints {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::new(async move {
            let endpoint = self.0.resolve_endpoint(params).await?;
            let bare = params.account_id().and_then(|account| bare(endpoint.url(), account));
            Ok(match bare {
                Some(url) => endpoint.into_builder().url(url).build(),
                None => endpoint,
            })
        })
    }
}

/// The address without the account, if the rest is `localhost` or an IP address.
fn bare(url: &str, account: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let rest = rest.strip_prefix(account)?.strip_prefix('.')?;
    let host = rest.split(['/', ':']).next()?;
    let nameless = host == "localhost" || host.parse::<Ipv4Addr>().is_ok();
    nameless.then(|| format!("{scheme}://{rest}"))
}

/// Reads the tags of what an ARN names.
pub async fn tags(cloud: &Cloud, region: &str, arn: &str) -> Result<Tags, Problem> {
    let account = cloud.account_id().await?;
    let request = s3control(cloud, region).list_tags_for_resource().account_id(account).resource_arn(arn);
    let answer = Box::pin(cloud.call(("s3control:ListTagsForResource", region), || request.clone().send())).await;
    let answer = answer.map_err(|e| problem(&format!("reading the tags of {arn}"), &e))?;
    Ok(answer.tags.unwrap_or_default().into_iter().map(|t| (t.key, t.value)).collect())
}

/// Changes them.
pub async fn change_tags(cloud: &Cloud, region: &str, arn: &str, diff: &TagDiff) -> Result<(), Problem> {
    let (client, account) = (s3control(cloud, region), cloud.account_id().await?);
    let what = format!("changing the tags of {arn}");
    if !diff.remove.is_empty() {
        let request = client.untag_resource().account_id(&account).resource_arn(arn);
        let request = request.set_tag_keys(Some(diff.remove.clone()));
        let answer = Box::pin(cloud.call(("s3control:UntagResource", region), || request.clone().send())).await;
        answer.map_err(|e| problem(&what, &e))?;
    }
    if !diff.set.is_empty() {
        let tags = diff.set.iter().filter_map(|(k, v)| Tag::builder().key(k).value(v).build().ok()).collect();
        let request = client.tag_resource().account_id(&account).resource_arn(arn).set_tags(Some(tags));
        let answer = Box::pin(cloud.call(("s3control:TagResource", region), || request.clone().send())).await;
        answer.map_err(|e| problem(&what, &e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_without_a_domain_are_asked_by_their_own_name() {
        let account = "123456789012";
        for (url, expect) in [
            ("http://123456789012.127.0.0.1:4566", Some("http://127.0.0.1:4566")),
            ("http://123456789012.localhost/x", Some("http://localhost/x")),
            ("https://123456789012.s3-control.eu-west-1.amazonaws.com", None),
            ("http://123456789012.aws.example:4566", None),
        ] {
            assert_eq!(bare(url, account).as_deref(), expect, "{url}");
        }
    }
}
