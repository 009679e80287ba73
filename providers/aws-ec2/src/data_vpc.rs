//! Data source `aws_vpc`.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    Ipv6AddressAttribute, Tenancy, Vpc as Answer, VpcCidrBlockAssociation, VpcIpv6CidrBlockAssociation, VpcState,
};
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::filters;
use crate::tags::from_sdk;
use crate::vpc::{Switches, main_route_tables, switches};

const ARGUMENTS: [(&str, &str); 4] =
    [("cidr_block", "cidr"), ("dhcp_options_id", "dhcp-options-id"), ("default", "is-default"), ("state", "state")];

/// One VPC.
pub(crate) struct Vpc;

#[async_trait]
impl DataSource<Cloud> for Vpc {
    fn name(&self) -> &'static str {
        "aws_vpc"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let vpc = filters::only("VPC", vpcs(&ec2, config).await.map_err(|r| vec![r.into()])?)?;
        let id = vpc.vpc_id().unwrap_or_default().to_owned();
        let switches = switches(&ec2, id.clone()).await.map_err(|p| vec![p.into()])?.unwrap_or_default();
        let table = main_route_tables(&ec2, std::slice::from_ref(&id)).await.map_err(|r| vec![r.into()])?.remove(&id);
        Ok(observe(&ec2, config, &vpc, &switches, table))
    }
}

async fn vpcs(ec2: &Ec2<'_>, config: &Value) -> Result<Vec<Answer>, Refusal> {
    let request = ec2.client.describe_vpcs().set_filters(filters::of(config, &ARGUMENTS));
    let request = request.set_vpc_ids(filters::id(config, "id"));
    let send = |token| request.clone().set_next_token(token).send();
    let found = ec2.pages("ec2:DescribeVpcs", "reading VPCs", send, |a| (a.vpcs, a.next_token)).await;
    Ok(unless(found, &["InvalidVpcID.NotFound"])?.unwrap_or_default())
}

fn observe(ec2: &Ec2<'_>, config: &Value, vpc: &Answer, switches: &Switches, table: Option<String>) -> Value {
    let mut reply = Reply::from(config);
    let (id, owner) = (vpc.vpc_id().unwrap_or_default(), vpc.owner_id().unwrap_or_default());
    let ipv6 = vpc.ipv6_cidr_block_association_set();
    reply
        .str("id", Some(id))
        .str("region", Some(&ec2.region))
        .str("arn", Some(ec2.arn(owner, &format!("vpc/{id}"))))
        .str("owner_id", Some(owner))
        .str("cidr_block", vpc.cidr_block())
        .bool("default", Some(vpc.is_default().unwrap_or(false)))
        .str("dhcp_options_id", vpc.dhcp_options_id())
        .str("instance_tenancy", vpc.instance_tenancy().map(Tenancy::as_str))
        .str("main_route_table_id", table)
        .str("state", vpc.state().map(VpcState::as_str))
        .str("ipv6_association_id", Some(ipv6.first().and_then(|a| a.association_id()).unwrap_or_default()))
        .str("ipv6_cidr_block", Some(ipv6.first().and_then(|a| a.ipv6_cidr_block()).unwrap_or_default()))
        .blocks("cidr_block_associations", vpc.cidr_block_association_set().iter().map(association))
        .blocks("ipv6_cidr_block_associations", ipv6.iter().map(ipv6_association));
    for (name, on) in switches {
        reply.bool(name, *on);
    }
    ec2.cloud.set_data_tags(&mut reply, from_sdk(vpc.tags()));
    reply.object()
}

fn association(association: &VpcCidrBlockAssociation) -> Reply {
    let mut reply = Reply::new();
    let state = association.cidr_block_state().and_then(|s| s.state()).map(|s| s.as_str());
    reply
        .str("association_id", association.association_id())
        .str("cidr_block", association.cidr_block())
        .str("state", Some(state.unwrap_or_default()));
    reply
}

fn ipv6_association(association: &VpcIpv6CidrBlockAssociation) -> Reply {
    let mut reply = Reply::new();
    let state = association.ipv6_cidr_block_state().and_then(|s| s.state()).map(|s| s.as_str());
    reply
        .str("association_id", association.association_id())
        .str("ip_source", Some(association.ip_source().map(|s| s.as_str()).unwrap_or_default()))
        .str(
            "ipv6_address_attribute",
            Some(association.ipv6_address_attribute().map(Ipv6AddressAttribute::as_str).unwrap_or_default()),
        )
        .str("ipv6_cidr_block", association.ipv6_cidr_block())
        .str("ipv6_pool", Some(association.ipv6_pool().unwrap_or_default()))
        .str("network_border_group", Some(association.network_border_group().unwrap_or_default()))
        .str("state", Some(state.unwrap_or_default()));
    reply
}
