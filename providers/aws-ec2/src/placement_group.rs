//! `aws_placement_group`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{PlacementGroup as Answer, PlacementGroupState, PlacementStrategy, ResourceType, SpreadLevel};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const TIME: Duration = Duration::from_secs(300);

/// Groups that say how near to each other instances run.
pub(crate) struct PlacementGroup;

/// A group with the account it is in.
pub(crate) struct Seen {
    group: Answer,
    account: String,
}

#[async_trait::async_trait]
impl Kind for PlacementGroup {
    const NAME: &'static str = "aws_placement_group";
    const MARKED: Option<&'static str> = Some("placement_group_id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let name = args.string("name").unwrap_or_default();
        let request = ec2
            .client
            .create_placement_group()
            .group_name(&name)
            .set_partition_count(args.i32("partition_count").filter(|n| *n > 0))
            .set_spread_level(args.text("spread_level").map(SpreadLevel::from))
            .set_strategy(args.text("strategy").map(PlacementStrategy::from));
        let (what, look) = (format!("creating placement group {name:?}"), format!("placement group {name:?}"));
        let making = Making { operation: "ec2:CreatePlacementGroup", what: &what, look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let find =
            |mark: Vec<String>| async move { Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|g| g.group_id)) };
        let take =
            |a: aws_sdk_ec2::operation::create_placement_group::CreatePlacementGroupOutput| a.placement_group?.group_id;
        let group = making.marked((ec2, create), ResourceType::PlacementGroup, send, take, find).await?;
        Ok(vec![("id", name), ("placement_group_id", group)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, _: &Create<'_>, id: &str) -> Result<(), Problem> {
        let ready = |g: &Answer| Ok(matches!(state(g), "available" | ""));
        let what = format!("placement group {id:?} to become available");
        ec2.until(what, TIME, || find(ec2, id), ready, |g| state(g).to_owned()).await?;
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let account = ec2.cloud.account_id().await?;
        let groups = describe(ec2, "group-name", &keys(wanted)).await?;
        let seen = |group: Answer| Some((group.group_name.clone()?, Seen { group, account: account.clone() }));
        Ok(groups.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (group, mut reply) = (&seen.group, Reply::new());
        let name = group.group_name().unwrap_or_default();
        reply
            .str("id", Some(name))
            .str("arn", Some(ec2.arn(&seen.account, &format!("placement-group/{name}"))))
            .str("name", Some(name))
            .i64("partition_count", Some(group.partition_count().unwrap_or(0)))
            .str("placement_group_id", group.group_id())
            .str("spread_level", Some(group.spread_level().map(SpreadLevel::as_str).unwrap_or_default()))
            .str("strategy", group.strategy().map(PlacementStrategy::as_str));
        tags::observe(ec2, &mut reply, known, group.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        tags::update(ec2, Args(update.prior).text("placement_group_id").unwrap_or_default(), update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let name = Args(prior).text("id").unwrap_or_default();
        let request = ec2.client.delete_placement_group().group_name(name);
        let what = format!("deleting placement group {name:?}");
        let in_use = |r: &Refusal| r.is(&["InvalidPlacementGroup.InUse"]);
        let deleted = ec2.insist("ec2:DeletePlacementGroup", &what, TIME, || request.clone().send(), in_use).await;
        unless(deleted, &["InvalidPlacementGroup.Unknown"])?;
        ec2.until_gone(format!("placement group {name:?} to be deleted"), TIME, || find(ec2, name)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        let Some(strategy) = draft.text("strategy").map(str::to_owned).filter(|_| draft.prior.is_none()) else {
            return;
        };
        for (name, taker) in [("partition_count", "partition"), ("spread_level", "spread")] {
            let written = draft.config.get(name).is_some_and(|v| v.is_known()) && draft.written(name);
            if written && strategy != taker {
                let detail =
                    format!("A group with strategy {strategy:?} takes no {name}: remove it, or use {taker:?}.");
                draft.error(name, "Invalid placement group", detail);
            }
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let what = "listing placement groups";
        let answer = ec2.call("ec2:DescribePlacementGroups", what, || ec2.client.describe_placement_groups().send());
        let groups = answer.await?.placement_groups.unwrap_or_default();
        Ok(groups.into_iter().filter(lives).filter_map(|g| g.group_name).collect())
    }
}

fn state(group: &Answer) -> &str {
    group.state().map(PlacementGroupState::as_str).unwrap_or_default()
}

fn lives(group: &Answer) -> bool {
    state(group) != "deleted"
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, _| ec2.client.describe_placement_groups().filters(filter).send();
    let take = |a: aws_sdk_ec2::operation::describe_placement_groups::DescribePlacementGroupsOutput| {
        (a.placement_groups, None)
    };
    let (operation, what) = ("ec2:DescribePlacementGroups", "reading placement groups");
    let all = ec2.filtered(operation, what, (by, values), send, take).await?;
    Ok(all.into_iter().filter(lives).collect())
}

async fn find(ec2: &Ec2<'_>, name: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, "group-name", &[name.to_owned()]).await?.pop())
}
