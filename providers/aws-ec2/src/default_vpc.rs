//! `aws_default_vpc`: the default VPC of a region, which is adopted, or made if there is none.

use std::collections::HashMap;

use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted};
use crate::lost::Making;
use crate::settle::{applied, refreshed};
use crate::vpc::{self, Vpc};

/// Default VPCs.
pub(crate) struct DefaultVpc;

#[async_trait::async_trait]
impl Kind for DefaultVpc {
    const NAME: &'static str = "aws_default_vpc";
    type Seen = vpc::Seen;

    async fn make(&self, ec2: &Ec2<'_>, _: &Create<'_>) -> Result<Identity, Problem> {
        if let Some(id) = default(ec2).await? {
            return Ok(vec![("id", id), ("existing_default_vpc", true.to_string())]);
        }
        let (operation, what) = ("ec2:CreateDefaultVpc", "creating the default VPC");
        let making = Making { operation, what, look: "a default VPC", passing: &[] };
        let send = || ec2.client.create_default_vpc().send();
        let id = making.found(ec2, send, |a| a.vpc?.vpc_id, || default(ec2)).await?;
        Ok(vec![("id", id), ("existing_default_vpc", false.to_string())])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let what = format!("default VPC {id} to become available");
        let ready = |v: &aws_sdk_ec2::types::Vpc| Ok(vpc::available(v));
        ec2.until(what, PROPAGATION, || vpc::find(ec2, id), ready, |_| "pending".to_owned()).await?;
        let known = Value::object([("id", Value::string(id))]);
        let Some(seen) = Vpc.fetch(ec2, &[Wanted { key: id, known: &known }]).await?.remove(id) else { return Ok(()) };
        let there = Vpc.observe(ec2, create.planned, &seen).object();
        let planned = applied(create.planned, &there);
        let prior = refreshed(&planned, &there);
        let update = Update { prior: &prior, planned: &planned, config: create.config, operation: create.operation };
        Vpc.change(ec2, &update, id).await?;
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, vpc::Seen>, Problem> {
        Vpc.fetch(ec2, wanted).await
    }

    /// Whether it was there before is known only where it was adopted.
    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &vpc::Seen) -> Reply {
        let mut reply = Vpc.observe(ec2, known, seen);
        reply.bool("force_destroy", Some(Args(known).bool("force_destroy").unwrap_or(false)));
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        Vpc.change(ec2, update, id).await
    }

    /// The VPC stays unless it shall be destroyed by force.
    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        match Args(prior).bool("force_destroy") {
            Some(true) => Vpc.remove(ec2, prior).await,
            _ => Ok(()),
        }
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        vpc::plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        Ok(default(ec2).await?.into_iter().collect())
    }
}

async fn default(ec2: &Ec2<'_>) -> Result<Option<String>, Refusal> {
    let vpcs = vpc::describe(ec2, "is-default", &["true".to_owned()]).await?;
    Ok(vpcs.into_iter().next().and_then(|v| v.vpc_id))
}
