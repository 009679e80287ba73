//! Tags of EC2 objects.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use terrane_aws_core::{TagDiff, Tags};
use terrane_provider::Problem;
use terrane_provider::sdk::{Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION};

/// The tags to create an object with; `None` if there are none.
pub(crate) fn specification(ec2: &Ec2<'_>, planned: &Value, ty: ResourceType) -> Option<Vec<TagSpecification>> {
    specification_of(&ec2.cloud.tags_of(planned), ty).map(|s| vec![s])
}

/// These tags for objects of a type; `None` if there are none.
pub(crate) fn specification_of(tags: &Tags, ty: ResourceType) -> Option<TagSpecification> {
    let list = to_sdk(tags);
    (!list.is_empty()).then(|| TagSpecification::builder().resource_type(ty).set_tags(Some(list)).build())
}

fn to_sdk(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build()).collect()
}

/// Tags as AWS answered them.
pub(crate) fn from_sdk(tags: &[Tag]) -> Tags {
    tags.iter().filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned()))).collect()
}

/// Sets `tags` and `tags_all` of a reply.
pub(crate) fn observe(ec2: &Ec2<'_>, reply: &mut Reply, known: &Value, tags: &[Tag]) {
    ec2.cloud.set_tags(reply, known, from_sdk(tags));
}

/// Brings the tags of an object from the prior to the planned ones.
pub(crate) async fn update(ec2: &Ec2<'_>, id: &str, update: &Update<'_>) -> Result<(), Problem> {
    write(ec2, id, ec2.cloud.tag_diff(update.prior, update.planned)).await
}

/// Gives an object that was there before exactly the planned tags, less those that are none of ours.
pub(crate) async fn adopt(ec2: &Ec2<'_>, id: &str, tags: &[Tag], planned: &Value) -> Result<(), Problem> {
    let there = ec2.cloud.tag_rules().visible(from_sdk(tags));
    write(ec2, id, TagDiff::between(&there, &ec2.cloud.tags_of(planned))).await
}

/// Sets and removes tags of an object.
pub(crate) async fn write(ec2: &Ec2<'_>, id: &str, diff: TagDiff) -> Result<(), Problem> {
    if !diff.remove.is_empty() {
        let keys = diff.remove.iter().map(|k| Tag::builder().key(k).build()).collect();
        let request = ec2.client.delete_tags().resources(id).set_tags(Some(keys));
        ec2.call("ec2:DeleteTags", &format!("removing tags of {id}"), || request.clone().send()).await?;
    }
    if !diff.set.is_empty() {
        let request = ec2.client.create_tags().resources(id).set_tags(Some(to_sdk(&diff.set)));
        let what = format!("tagging {id}");
        let unseen = |r: &crate::client::Refusal| {
            // Just made objects may be unknown to the tagging API for a while.
            r.is(&["InvalidID"]) || r.code().is_some_and(|c| c.ends_with(".NotFound"))
        };
        ec2.insist("ec2:CreateTags", &what, PROPAGATION / 5, || request.clone().send(), unseen).await?;
    }
    Ok(())
}
