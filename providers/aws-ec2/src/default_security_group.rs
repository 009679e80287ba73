//! `aws_default_security_group`: the default group of a VPC, which is adopted rather than made.

use std::collections::HashMap;

use aws_sdk_ec2::types::SecurityGroup as Answer;
use terrane_provider::Problem;
use terrane_provider::sdk::{Create, Reply, Update};
use terrane_value::Value;

use crate::client::Ec2;
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::rivals::{Claim, promise, promised};
use crate::vpc::default_of;
use crate::{rules, security_group, tags};

/// Default security groups of VPCs.
pub(crate) struct DefaultSecurityGroup;

#[async_trait::async_trait]
impl Kind for DefaultSecurityGroup {
    const NAME: &'static str = "aws_default_security_group";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let vpc = text(create.planned, "vpc_id");
        let found = security_group::find_default(ec2, vpc.as_deref()).await?;
        let id = found.and_then(|g| g.group_id).ok_or_else(|| {
            let place = vpc.map_or("the default VPC".to_owned(), |vpc| format!("VPC {vpc}"));
            let detail = format!("There is no default security group of {place} in region {}.", ec2.region);
            Problem::error("Default security group not found", detail)
        })?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let Some(group) = security_group::find(ec2, id).await? else { return Ok(()) };
        tags::adopt(ec2, id, group.tags(), create.planned).await?;
        security_group::set_rules(ec2, &group, create.planned).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        security_group::by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        security_group::observe(ec2, known, seen)
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        security_group::change(ec2, update, id).await
    }

    /// The group stays with its VPC, rules and all.
    async fn remove(&self, _: &Ec2<'_>, _: &Value) -> Result<(), Problem> {
        Ok(())
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        security_group::plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let vpc = promised(draft, "vpc_id");
        promise(draft, "id", || Some(default_of(&vpc?, "security group")));
        security_group::claims(Self::NAME, draft)
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        rules::validate(config)
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let default = security_group::all(ec2).await?.into_iter().filter(|g| g.group_name() == Some("default"));
        Ok(default.filter_map(|g| g.group_id).collect())
    }
}
