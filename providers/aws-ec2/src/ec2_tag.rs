//! `aws_ec2_tag`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ec2::operation::describe_tags::DescribeTagsOutput;
use aws_sdk_ec2::types::TagDescription as Answer;
use terrane_aws_core::TagDiff;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal};
use crate::kind::{Identity, Kind, Wanted, bad_import};
use crate::tags::write;

/// Single tags of objects that are managed elsewhere.
pub(crate) struct Ec2Tag;

#[async_trait::async_trait]
impl Kind for Ec2Tag {
    const NAME: &'static str = "aws_ec2_tag";
    type Seen = Answer;

    /// A tag is named by its object and key, so what was made before is made again without harm.
    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let (resource, key) = (args.text("resource_id").unwrap_or_default(), args.text("key").unwrap_or_default());
        put(ec2, create.planned, resource, key).await?;
        Ok(vec![("id", format!("{resource},{key}"))])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let mut resources: Vec<String> =
            wanted.iter().filter_map(|w| parts(w.key)).map(|(r, _)| r.to_owned()).collect();
        resources.sort();
        resources.dedup();
        let tags = describe(ec2, &resources).await?;
        Ok(tags.into_iter().filter_map(|t| Some((id(&t)?, t))).collect())
    }

    fn observe(&self, _: &Ec2<'_>, _: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        reply
            .str("id", id(seen))
            .str("resource_id", seen.resource_id())
            .str("key", seen.key())
            .str("value", Some(seen.value().unwrap_or_default()));
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        if let Some((resource, key)) = parts(id) {
            put(ec2, update.planned, resource, key).await?;
        }
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let Some((resource, key)) = parts(Args(prior).text("id").unwrap_or_default()) else { return Ok(()) };
        // AWS removes no tag from what is gone, and says so by many codes: first see whether there is one.
        if describe(ec2, &[resource.to_owned()]).await?.iter().any(|t| t.key() == Some(key)) {
            write(ec2, resource, TagDiff { remove: vec![key.to_owned()], ..TagDiff::default() }).await?;
        }
        Ok(())
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match parts(id) {
            Some((resource, key)) => {
                Ok(vec![("id", id.to_owned()), ("resource_id", resource.to_owned()), ("key", key.to_owned())])
            }
            None => Err(bad_import(id, "RESOURCEID,KEY", "tgw-attach-1234567890abcdef,Name")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_tags().set_next_token(token).max_results(1000).send();
        let all = ec2.pages("ec2:DescribeTags", "listing tags", send, |a| (a.tags, a.next_token)).await?;
        Ok(all.iter().filter_map(id).collect())
    }
}

fn parts(id: &str) -> Option<(&str, &str)> {
    id.split_once(',').filter(|(resource, key)| !resource.is_empty() && !key.is_empty())
}

fn id(tag: &Answer) -> Option<String> {
    Some(format!("{},{}", tag.resource_id()?, tag.key()?))
}

async fn put(ec2: &Ec2<'_>, planned: &Value, resource: &str, key: &str) -> Result<(), Problem> {
    let value = Args(planned).str("value").unwrap_or_default().to_owned();
    write(ec2, resource, TagDiff { set: BTreeMap::from([(key.to_owned(), value)]), ..TagDiff::default() }).await
}

async fn describe(ec2: &Ec2<'_>, resources: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_tags().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: DescribeTagsOutput| (a.tags, a.next_token);
    ec2.filtered("ec2:DescribeTags", "reading tags", ("resource-id", resources), send, take).await
}
