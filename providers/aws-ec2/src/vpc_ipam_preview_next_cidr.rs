//! `aws_vpc_ipam_preview_next_cidr`.

use std::collections::HashMap;

use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal};
use crate::kind::{Identity, Kind, Wanted, some};

/// Ranges that an IPAM pool would give next, as they were when asked for. AWS holds nothing of them.
pub(crate) struct VpcIpamPreviewNextCidr;

#[async_trait::async_trait]
impl Kind for VpcIpamPreviewNextCidr {
    const NAME: &'static str = "aws_vpc_ipam_preview_next_cidr";
    type Seen = ();

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let pool = args.text("ipam_pool_id").unwrap_or_default();
        let request = ec2
            .client
            .allocate_ipam_pool_cidr()
            .client_token(create.operation)
            .ipam_pool_id(pool)
            .preview_next_cidr(true)
            .set_disallowed_cidrs(some(args.strings("disallowed_cidrs")))
            .set_netmask_length(args.i32("netmask_length").filter(|n| *n > 0));
        let what = format!("previewing the next CIDR of IPAM pool {pool}");
        let answer = ec2.call("ec2:AllocateIpamPoolCidr", &what, || request.clone().send()).await?;
        let cidr = answer.ipam_pool_allocation.and_then(|a| a.cidr).ok_or_else(|| Refusal::unread(&what))?;
        Ok(vec![("id", format!("{cidr}_{pool}")), ("cidr", cidr)])
    }

    async fn fetch(&self, _: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, ()>, Problem> {
        Ok(wanted.iter().map(|w| (w.key.to_owned(), ())).collect())
    }

    fn observe(&self, _: &Ec2<'_>, _: &Value, (): &()) -> Reply {
        Reply::new()
    }

    /// Everything that can be written replaces.
    async fn change(&self, _: &Ec2<'_>, _: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        Ok(Vec::new())
    }

    async fn remove(&self, _: &Ec2<'_>, _: &Value) -> Result<(), Problem> {
        Ok(())
    }

    fn import(&self, _: &str) -> Result<Identity, Problem> {
        let detail = "AWS holds nothing of the preview of a CIDR: let apply make it.";
        Err(Problem::error("Resource without import", detail))
    }

    async fn list(&self, _: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        Ok(Vec::new())
    }
}
