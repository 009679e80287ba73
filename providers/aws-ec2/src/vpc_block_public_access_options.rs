//! `aws_vpc_block_public_access_options`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{
    InternetGatewayBlockMode, VpcBlockPublicAccessOptions as Answer, VpcBlockPublicAccessState as State,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::Ec2;
use crate::kind::{Identity, Kind, Wanted};

const TIME: Duration = Duration::from_secs(1800);
const OFF: &str = "off";

/// Whether a region lets its VPCs reach the internet.
pub(crate) struct VpcBlockPublicAccessOptions;

#[async_trait::async_trait]
impl Kind for VpcBlockPublicAccessOptions {
    const NAME: &'static str = "aws_vpc_block_public_access_options";
    type Seen = Answer;

    /// A region has these options always: to create them is to set them.
    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let mode = Args(create.planned).text("internet_gateway_block_mode").unwrap_or(OFF);
        set(ec2, mode, timeout(create.planned, "create", TIME)).await?;
        Ok(vec![("id", ec2.region.clone())])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let Some(options) = read(ec2).await? else { return Ok(HashMap::new()) };
        Ok(wanted.iter().filter(|w| w.key == ec2.region).map(|w| (w.key.to_owned(), options.clone())).collect())
    }

    fn observe(&self, _: &Ec2<'_>, _: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        reply
            .str("id", seen.aws_region())
            .str("aws_account_id", seen.aws_account_id())
            .str("aws_region", seen.aws_region())
            .str("internet_gateway_block_mode", Some(mode(seen)));
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        let planned = Args(update.planned);
        if planned.differs(update.prior, "internet_gateway_block_mode") {
            let mode = planned.text("internet_gateway_block_mode").unwrap_or(OFF);
            set(ec2, mode, timeout(update.planned, "update", TIME)).await?;
        }
        Ok(Vec::new())
    }

    /// What cannot be removed is set to what it is by default.
    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        set(ec2, OFF, timeout(prior, "delete", TIME)).await
    }

    /// The options of a region are those of the region that is named.
    fn import(&self, region: &str) -> Result<Identity, Problem> {
        Ok(vec![("id", region.to_owned()), ("region", region.to_owned())])
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let set = read(ec2).await?.filter(|o| mode(o) != OFF);
        Ok(set.into_iter().filter_map(|o| o.aws_region).collect())
    }
}

fn mode(options: &Answer) -> &str {
    options.internet_gateway_block_mode().map(InternetGatewayBlockMode::as_str).unwrap_or(OFF)
}

async fn read(ec2: &Ec2<'_>) -> Result<Option<Answer>, Problem> {
    let (operation, what) = ("ec2:DescribeVpcBlockPublicAccessOptions", "reading the VPC block public access options");
    let send = || ec2.client.describe_vpc_block_public_access_options().send();
    Ok(ec2.call(operation, what, send).await?.vpc_block_public_access_options)
}

async fn set(ec2: &Ec2<'_>, wanted: &str, time: Duration) -> Result<(), Problem> {
    let request = ec2.client.modify_vpc_block_public_access_options();
    let request = request.internet_gateway_block_mode(InternetGatewayBlockMode::from(wanted));
    let what = format!("setting the VPC block public access options of {} to {wanted}", ec2.region);
    ec2.call("ec2:ModifyVpcBlockPublicAccessOptions", &what, || request.clone().send()).await?;
    let state = |o: &Answer| o.state().map(|s| s.as_str().to_owned()).unwrap_or_default();
    let ready = |o: &Answer| Ok(o.state() != Some(&State::UpdateInProgress) && mode(o) == wanted);
    let what = format!("the VPC block public access options of {} to be {wanted}", ec2.region);
    ec2.until(what, time, || read(ec2), ready, state).await?;
    Ok(())
}
