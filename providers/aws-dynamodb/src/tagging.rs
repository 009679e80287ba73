//! Tags of tables.

use terrane_aws_core::{TagDiff, Tags};
use terrane_provider::Problem;

use crate::client::Table;
use crate::request::to_tags;

/// Reads the tags of a table, or of a replica, by its ARN.
pub async fn read(table: &Table<'_>, arn: &str) -> Result<Tags, Problem> {
    let list = |token| table.client.list_tags_of_resource().resource_arn(arn).set_next_token(token).send();
    let take = |a: aws_sdk_dynamodb::operation::list_tags_of_resource::ListTagsOfResourceOutput| {
        (a.tags.unwrap_or_default(), a.next_token)
    };
    let tags = Box::pin(table.cloud.pages(("dynamodb:ListTagsOfResource", &*table.region), list, take)).await;
    let tags = tags.map_err(|e| terrane_aws_core::problem(&table.what("reading the tags of"), &e))?;
    Ok(tags.into_iter().map(|t| (t.key, t.value)).collect())
}

/// Changes them.
pub async fn write(table: &Table<'_>, arn: &str, diff: &TagDiff) -> Result<(), Problem> {
    let step = "changing the tags of";
    if !diff.remove.is_empty() {
        let request = table.client.untag_resource().resource_arn(arn).set_tag_keys(Some(diff.remove.clone()));
        table.insist("dynamodb:UntagResource", step, || request.clone().send()).await?;
    }
    if !diff.set.is_empty() {
        let request = table.client.tag_resource().resource_arn(arn).set_tags(Some(to_tags(&diff.set)));
        table.insist("dynamodb:TagResource", step, || request.clone().send()).await?;
    }
    Ok(())
}
