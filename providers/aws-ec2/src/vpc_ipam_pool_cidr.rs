//! `aws_vpc_ipam_pool_cidr`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::{IpamCidrAuthorizationContext, IpamPoolCidr as Answer, IpamPoolCidrState};
use terrane_aws_core::{concurrently, timeout};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import};

const CREATION: Duration = Duration::from_secs(600);
const DELETION: Duration = Duration::from_secs(1920);

/// Address ranges that are given to an IPAM pool.
pub(crate) struct VpcIpamPoolCidr;

#[async_trait::async_trait]
impl Kind for VpcIpamPoolCidr {
    const NAME: &'static str = "aws_vpc_ipam_pool_cidr";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let pool = args.text("ipam_pool_id").unwrap_or_default();
        let request = ec2
            .client
            .provision_ipam_pool_cidr()
            .client_token(create.operation)
            .ipam_pool_id(pool)
            .set_cidr(args.string("cidr"))
            .set_cidr_authorization_context(args.block("cidr_authorization_context").map(authorization))
            .set_netmask_length(args.i32("netmask_length").filter(|n| *n > 0));
        let what = format!("provisioning a CIDR to IPAM pool {pool}");
        // A pool that is still being changed takes none.
        let busy = |r: &Refusal| r.is(&["IncorrectState"]);
        let sent =
            ec2.insist("ec2:ProvisionIpamPoolCidr", &what, PROPAGATION / 5, || request.clone().send(), busy).await?;
        let id = sent.ipam_pool_cidr.as_ref().and_then(|c| c.ipam_pool_cidr_id.clone());
        let told = sent.ipam_pool_cidr.and_then(|c| c.cidr).or(args.string("cidr"));
        // AWS chooses a range by its length only while it is provisioned.
        let time = timeout(create.planned, "create", CREATION);
        let same = |c: &Answer| (id.is_some() && c.ipam_pool_cidr_id == id) || (told.is_some() && c.cidr == told);
        let find = || async { Ok(cidrs(ec2, pool).await?.into_iter().find(same)) };
        let what = format!("CIDR of IPAM pool {pool} to be provisioned");
        let seen = ec2.until(what, time, find, provisioned, |c| state(c).to_owned()).await?;
        let cidr = seen.cidr.unwrap_or_default();
        let id = ("id", id_of(&cidr, pool));
        Ok(vec![id, ("cidr", cidr), ("ipam_pool_cidr_id", seen.ipam_pool_cidr_id.unwrap_or_default())])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let pools: BTreeSet<String> = wanted.iter().filter_map(|w| Some(parts(w.key)?.1.to_owned())).collect();
        let read = |pool: String| async move { (cidrs(ec2, &pool).await, pool) };
        let mut all = HashMap::new();
        for (found, pool) in concurrently(8, pools.into_iter().collect::<Vec<_>>(), read).await {
            let keyed = found?.into_iter().filter_map(|c| Some((id_of(c.cidr()?, &pool), c)));
            all.extend(keyed);
        }
        Ok(all)
    }

    fn observe(&self, _: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let id = Args(known).text("id").unwrap_or_default();
        let mut reply = Reply::new();
        reply
            .str("id", Some(id))
            .str("cidr", seen.cidr())
            .str("ipam_pool_cidr_id", seen.ipam_pool_cidr_id())
            .str("ipam_pool_id", parts(id).map(|(_, pool)| pool));
        reply
    }

    /// Everything that can be written replaces.
    async fn change(&self, _: &Ec2<'_>, _: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let Some((cidr, pool)) = parts(Args(prior).text("id").unwrap_or_default()) else { return Ok(()) };
        if find(ec2, cidr, pool).await?.is_none() {
            return Ok(());
        }
        let request = ec2.client.deprovision_ipam_pool_cidr().ipam_pool_id(pool).cidr(cidr);
        let what = format!("deprovisioning CIDR {cidr} from IPAM pool {pool}");
        let time = timeout(prior, "delete", DELETION);
        // IPAM notices only after a while that what had addresses of the range is gone.
        let busy = |r: &Refusal| r.is(&["IncorrectState"]);
        let sent = ec2.insist("ec2:DeprovisionIpamPoolCidr", &what, time, || request.clone().send(), busy).await;
        unless(sent, &["InvalidIpamPoolCidrId.NotFound", "InvalidIpamPoolId.NotFound"])?;
        let find = || async {
            match find(ec2, cidr, pool).await? {
                Some(c) if state(&c) == "failed-deprovision" => Err(failed(&c)),
                found => Ok(found),
            }
        };
        ec2.until_gone(format!("CIDR {cidr} to leave IPAM pool {pool}"), time, find).await
    }

    /// A range that AWS chose by its length is no change.
    fn plan(&self, draft: &mut Draft<'_>) {
        if draft.written("netmask_length") && !draft.written("cidr") && draft.changes(&["cidr"]) {
            draft.keep("cidr");
        }
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match parts(id) {
            Some(_) => Ok(vec![("id", id.to_owned())]),
            None => Err(bad_import(id, "CIDR_POOLID", "172.20.0.0/24_ipam-pool-0e634f5a1517cccdc")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_ipam_pools().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeIpamPools", "listing IPAM pools");
        let pools = ec2.pages(operation, what, send, |a| (a.ipam_pools, a.next_token)).await?;
        let mut all = Vec::new();
        for pool in pools.into_iter().filter_map(|p| p.ipam_pool_id) {
            let found = cidrs(ec2, &pool).await?;
            all.extend(found.into_iter().filter_map(|c| Some(id_of(&c.cidr?, &pool))));
        }
        Ok(all)
    }
}

fn id_of(cidr: &str, pool: &str) -> String {
    format!("{cidr}_{pool}")
}

fn parts(id: &str) -> Option<(&str, &str)> {
    id.split_once('_').filter(|(cidr, pool)| !cidr.is_empty() && !pool.is_empty())
}

fn authorization(block: Args<'_>) -> IpamCidrAuthorizationContext {
    IpamCidrAuthorizationContext::builder()
        .set_message(block.string("message"))
        .set_signature(block.string("signature"))
        .build()
}

fn state(cidr: &Answer) -> &str {
    cidr.state().map(IpamPoolCidrState::as_str).unwrap_or_default()
}

fn failed(cidr: &Answer) -> Problem {
    let why = cidr.failure_reason().and_then(|r| r.message()).unwrap_or("without saying why");
    let detail = format!("AWS left CIDR {} {}: {why}", cidr.cidr().unwrap_or("of the pool"), state(cidr));
    Problem::error("CIDR of IPAM pool failed", detail)
}

fn provisioned(cidr: &Answer) -> Result<bool, Problem> {
    match state(cidr) {
        "failed-provision" => Err(failed(cidr)),
        state => Ok(matches!(state, "provisioned" | "")),
    }
}

/// The ranges that a pool has.
async fn cidrs(ec2: &Ec2<'_>, pool: &str) -> Result<Vec<Answer>, Problem> {
    let request = ec2.client.get_ipam_pool_cidrs().ipam_pool_id(pool).max_results(1000);
    let send = |token| request.clone().set_next_token(token).send();
    let what = format!("reading the CIDRs of IPAM pool {pool}");
    let all = ec2.pages("ec2:GetIpamPoolCidrs", &what, send, |a| (a.ipam_pool_cidrs, a.next_token)).await;
    let all = unless(all, &["InvalidIpamPoolId.NotFound"])?.unwrap_or_default();
    Ok(all.into_iter().filter(|c| state(c) != "deprovisioned").collect())
}

async fn find(ec2: &Ec2<'_>, cidr: &str, pool: &str) -> Result<Option<Answer>, Problem> {
    Ok(cidrs(ec2, pool).await?.into_iter().find(|c| c.cidr() == Some(cidr)))
}
