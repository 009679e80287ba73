//! `aws_vpc_ipam_pool`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::{
    AddressFamily, IpamPool as Answer, IpamPoolAwsService, IpamPoolPublicIpSource, IpamPoolSourceResource,
    IpamPoolSourceResourceRequest, IpamPoolSourceResourceType, IpamPoolState, IpamScopeType, RequestIpamResourceTag,
    ResourceType,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, some};
use crate::tags;

const CREATION: Duration = Duration::from_secs(2100);
const UPDATE: Duration = Duration::from_secs(180);
const DELETION: Duration = Duration::from_secs(180);
const GONE: &str = "InvalidIpamPoolId.NotFound";
const LENGTHS: [&str; 3] =
    ["allocation_default_netmask_length", "allocation_max_netmask_length", "allocation_min_netmask_length"];
const RESOURCE_TAGS: &str = "allocation_resource_tags";

/// Ranges of addresses that objects get theirs from.
pub(crate) struct VpcIpamPool;

#[async_trait::async_trait]
impl Kind for VpcIpamPool {
    const NAME: &'static str = "aws_vpc_ipam_pool";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let public = args.text("public_ip_source").map(IpamPoolPublicIpSource::from);
        let ipv6 = args.text("address_family") == Some("ipv6");
        let private_scope = args.bool("publicly_advertisable").filter(|_| ipv6);
        let request = ec2
            .client
            .create_ipam_pool()
            .client_token(create.operation)
            .set_address_family(args.text("address_family").map(AddressFamily::from))
            .set_allocation_default_netmask_length(args.i32("allocation_default_netmask_length").filter(|n| *n > 0))
            .set_allocation_max_netmask_length(args.i32("allocation_max_netmask_length").filter(|n| *n > 0))
            .set_allocation_min_netmask_length(args.i32("allocation_min_netmask_length").filter(|n| *n > 0))
            .set_allocation_resource_tags(some(args.map(RESOURCE_TAGS).into_iter().map(resource_tag).collect()))
            .set_auto_import(args.bool("auto_import").filter(|on| *on))
            .set_aws_service(args.text("aws_service").map(IpamPoolAwsService::from))
            .set_description(args.string("description"))
            .set_ipam_scope_id(args.string("ipam_scope_id"))
            .set_locale(args.string("locale").filter(|l| l != "None"))
            .set_public_ip_source(public)
            .set_publicly_advertisable(private_scope)
            .set_source_ipam_pool_id(args.string("source_ipam_pool_id"))
            .set_source_resource(args.block("source_resource").map(source))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::IpamPool));
        let what = "creating IPAM pool";
        let answer = ec2.call("ec2:CreateIpamPool", what, || request.clone().send()).await?;
        let id = answer.ipam_pool.and_then(|p| p.ipam_pool_id).ok_or_else(|| Refusal::unread(what))?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        complete(ec2, id, timeout(create.planned, "create", CREATION)).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, &keys(wanted)).await?;
        Ok(all.into_iter().filter_map(|p| Some((p.ipam_pool_id.clone()?, p))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let tags: BTreeMap<String, String> = seen
            .allocation_resource_tags()
            .iter()
            .filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned())))
            .collect();
        let mut reply = Reply::new();
        reply
            .str("id", seen.ipam_pool_id())
            .str("arn", seen.ipam_pool_arn())
            .str("address_family", seen.address_family().map(AddressFamily::as_str))
            .i64("allocation_default_netmask_length", Some(seen.allocation_default_netmask_length().unwrap_or(0)))
            .i64("allocation_max_netmask_length", Some(seen.allocation_max_netmask_length().unwrap_or(0)))
            .i64("allocation_min_netmask_length", Some(seen.allocation_min_netmask_length().unwrap_or(0)))
            .map(RESOURCE_TAGS, &tags)
            .bool("auto_import", Some(seen.auto_import().unwrap_or(false)))
            .str("aws_service", Some(seen.aws_service().map(IpamPoolAwsService::as_str).unwrap_or_default()))
            .str("description", Some(seen.description().unwrap_or_default()))
            .str("ipam_scope_id", seen.ipam_scope_arn().and_then(|arn| arn.rsplit('/').next()))
            .str("ipam_scope_type", seen.ipam_scope_type().map(IpamScopeType::as_str))
            .str("locale", Some(seen.locale().unwrap_or("None")))
            .i64("pool_depth", seen.pool_depth())
            .bool("publicly_advertisable", Some(seen.publicly_advertisable().unwrap_or(false)))
            .str("public_ip_source", Some(observed_public_source(known, seen)))
            .str("source_ipam_pool_id", Some(seen.source_ipam_pool_id().unwrap_or_default()))
            .blocks("source_resource", seen.source_resource().map(observed_source))
            .str("state", Some(state(seen)));
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let differs = |name: &&str| Args(update.planned).differs(update.prior, name);
        if LENGTHS.iter().chain(&[RESOURCE_TAGS, "auto_import", "description"]).any(differs) {
            modify(ec2, update, id).await?;
            complete(ec2, id, timeout(update.planned, "update", UPDATE)).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let args = Args(prior);
        let id = args.text("id").unwrap_or_default();
        let time = timeout(prior, "delete", DELETION);
        let request = ec2.client.delete_ipam_pool().ipam_pool_id(id).set_cascade(args.bool("cascade"));
        let what = format!("deleting IPAM pool {id}");
        unless(ec2.call("ec2:DeleteIpamPool", &what, || request.clone().send()).await, &[GONE])?;
        ec2.until_gone(format!("IPAM pool {id} to be deleted"), time, || find(ec2, id)).await
    }

    /// Where nothing is asked for, a pool in the public scope has its source from AWS.
    fn plan(&self, draft: &mut Draft<'_>) {
        let was = draft.prior.and_then(|p| Args(p).text("public_ip_source").map(str::to_owned));
        if was.as_deref() == Some("byoip") && draft.text("public_ip_source").is_none() {
            draft.keep("public_ip_source");
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_ipam_pools().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeIpamPools", "listing IPAM pools");
        let all = ec2.pages(operation, what, send, |a| (a.ipam_pools, a.next_token)).await?;
        Ok(all.into_iter().filter(lives).filter_map(|p| p.ipam_pool_id).collect())
    }
}

fn resource_tag((key, value): (String, String)) -> RequestIpamResourceTag {
    RequestIpamResourceTag::builder().key(key).value(value).build()
}

fn source(block: Args<'_>) -> IpamPoolSourceResourceRequest {
    IpamPoolSourceResourceRequest::builder()
        .set_resource_id(block.string("resource_id"))
        .set_resource_owner(block.string("resource_owner"))
        .set_resource_region(block.string("resource_region"))
        .set_resource_type(block.text("resource_type").map(IpamPoolSourceResourceType::from))
        .build()
}

fn observed_source(seen: &IpamPoolSourceResource) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("resource_id", seen.resource_id())
        .str("resource_owner", seen.resource_owner())
        .str("resource_region", seen.resource_region())
        .str("resource_type", seen.resource_type().map(IpamPoolSourceResourceType::as_str));
    reply
}

/// AWS tells `byoip` of a pool where nothing was asked for: that is its default.
fn observed_public_source(known: &Value, seen: &Answer) -> String {
    let told = seen.public_ip_source().map(IpamPoolPublicIpSource::as_str).unwrap_or_default();
    let unasked = Args(known).text("address_family").is_some() && Args(known).text("public_ip_source").is_none();
    if told == "byoip" && unasked { String::new() } else { told.to_owned() }
}

async fn modify(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    let planned = Args(update.planned);
    let differs = |name: &str| planned.differs(update.prior, name);
    let length = |name: &str| planned.i32(name).filter(|n| *n > 0 && differs(name));
    let cleared = differs(LENGTHS[0]) && planned.i32(LENGTHS[0]).unwrap_or(0) == 0;
    let (was, is) = (Args(update.prior).map(RESOURCE_TAGS), planned.map(RESOURCE_TAGS));
    let without = |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| {
        let left = a.iter().filter(|(key, value)| b.get(*key) != Some(value));
        some(left.map(|(k, v)| resource_tag((k.clone(), v.clone()))).collect())
    };
    let request = ec2
        .client
        .modify_ipam_pool()
        .ipam_pool_id(id)
        .set_add_allocation_resource_tags(without(&is, &was))
        .set_remove_allocation_resource_tags(without(&was, &is))
        .set_allocation_default_netmask_length(length(LENGTHS[0]))
        .set_allocation_max_netmask_length(length(LENGTHS[1]))
        .set_allocation_min_netmask_length(length(LENGTHS[2]))
        .set_auto_import(planned.bool("auto_import").filter(|_| differs("auto_import")))
        .set_clear_allocation_default_netmask_length(cleared.then_some(true))
        .set_description(differs("description").then(|| planned.string("description").unwrap_or_default()));
    ec2.call("ec2:ModifyIpamPool", &format!("changing IPAM pool {id}"), || request.clone().send()).await?;
    Ok(())
}

fn state(pool: &Answer) -> &str {
    pool.state().map(IpamPoolState::as_str).unwrap_or_default()
}

fn lives(pool: &Answer) -> bool {
    state(pool) != "delete-complete"
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |ids| ec2.client.describe_ipam_pools().set_ipam_pool_ids(Some(ids)).send();
    let take = |a: aws_sdk_ec2::operation::describe_ipam_pools::DescribeIpamPoolsOutput| a.ipam_pools;
    let all = ec2.existing("ec2:DescribeIpamPools", "reading IPAM pools", (ids, GONE), send, take).await?;
    Ok(all.into_iter().filter(lives).collect())
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

async fn complete(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let ready = |p: &Answer| match state(p) {
        state @ ("create-failed" | "modify-failed") => Err(Problem::error(
            "IPAM pool failed",
            format!("AWS left IPAM pool {id} {state}: {}", p.state_message().unwrap_or("without saying why")),
        )),
        state => Ok(matches!(state, "create-complete" | "modify-complete" | "")),
    };
    let what = format!("IPAM pool {id} to be complete");
    ec2.until(what, time, || find(ec2, id), ready, |p| state(p).to_owned()).await?;
    Ok(())
}
