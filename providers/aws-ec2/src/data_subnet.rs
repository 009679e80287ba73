//! Data source `aws_subnet`.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Subnet as Answer, SubnetState};
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::DataSource;
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::filters;
use crate::subnet::attributes;
use crate::tags::from_sdk;

const ARGUMENTS: [(&str, &str); 7] = [
    ("availability_zone", "availability-zone"),
    ("availability_zone_id", "availability-zone-id"),
    ("cidr_block", "cidr-block"),
    ("default_for_az", "default-for-az"),
    ("ipv6_cidr_block", "ipv6-cidr-block-association.ipv6-cidr-block"),
    ("state", "state"),
    ("vpc_id", "vpc-id"),
];

/// One subnet.
pub(crate) struct Subnet;

#[async_trait]
impl DataSource<Cloud> for Subnet {
    fn name(&self) -> &'static str {
        "aws_subnet"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let subnet = filters::only("subnet", subnets(&ec2, config).await.map_err(|r| vec![r.into()])?)?;
        Ok(observe(&ec2, config, &subnet))
    }
}

async fn subnets(ec2: &Ec2<'_>, config: &Value) -> Result<Vec<Answer>, Refusal> {
    let request = ec2.client.describe_subnets().set_filters(filters::of(config, &ARGUMENTS));
    let request = request.set_subnet_ids(filters::id(config, "id"));
    let send = |token| request.clone().set_next_token(token).send();
    let found = ec2.pages("ec2:DescribeSubnets", "reading subnets", send, |a| (a.subnets, a.next_token)).await;
    Ok(unless(found, &["InvalidSubnetID.NotFound"])?.unwrap_or_default())
}

fn observe(ec2: &Ec2<'_>, config: &Value, subnet: &Answer) -> Value {
    let mut reply = attributes(subnet);
    reply
        .str("region", Some(&ec2.region))
        .i64("available_ip_address_count", subnet.available_ip_address_count())
        .bool("default_for_az", Some(subnet.default_for_az().unwrap_or(false)))
        .str("state", subnet.state().map(SubnetState::as_str));
    filters::keep(&mut reply, config);
    ec2.cloud.set_data_tags(&mut reply, from_sdk(subnet.tags()));
    reply.object()
}
