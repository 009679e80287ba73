//! Data source `aws_eip`.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Address, DomainType};
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::eip::{private_name, public_name, reverse_names};
use crate::filters;
use crate::tags::from_sdk;

/// One elastic IP address.
pub(crate) struct Eip;

#[async_trait]
impl DataSource<Cloud> for Eip {
    fn name(&self) -> &'static str {
        "aws_eip"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let found = addresses(&ec2, config).await.map_err(|r| vec![r.into()])?;
        let address = filters::only("elastic IP address", found)?;
        let id = address.allocation_id().unwrap_or_default().to_owned();
        let reverse = reverse_names(&ec2, std::slice::from_ref(&id)).await.map_err(|r| vec![r.into()])?.remove(&id);
        let account = cloud.account_id().await.map_err(|p| vec![p])?;
        let arn = ec2.arn(&account, &format!("elastic-ip/{id}"));
        let mut reply = observe(&ec2, config, &address);
        reply.str("arn", Some(arn)).str("ptr_record", Some(reverse.unwrap_or_default()));
        Ok(reply.object())
    }
}

async fn addresses(ec2: &Ec2<'_>, config: &Value) -> Result<Vec<Address>, Refusal> {
    let request = ec2
        .client
        .describe_addresses()
        .set_allocation_ids(filters::id(config, "id"))
        .set_public_ips(filters::id(config, "public_ip"))
        .set_filters(filters::of(config, &[]));
    let what = "reading elastic IP addresses";
    let found = ec2.call("ec2:DescribeAddresses", what, || request.clone().send()).await;
    let found = unless(found, &["InvalidAllocationID.NotFound", "InvalidAddress.NotFound"])?;
    Ok(found.and_then(|a| a.addresses).unwrap_or_default())
}

fn observe(ec2: &Ec2<'_>, config: &Value, address: &Address) -> Reply {
    let mut reply = Reply::from(config);
    let text = |text: Option<&str>| Some(text.unwrap_or_default().to_owned());
    let (private, public) = (address.private_ip_address(), address.public_ip());
    let pool = address.public_ipv4_pool().filter(|pool| pool.starts_with("ipam-pool-"));
    reply
        .str("id", address.allocation_id().or(public))
        .str("region", Some(&ec2.region))
        .str("association_id", text(address.association_id()))
        .str("carrier_ip", text(address.carrier_ip()))
        .str("customer_owned_ip", text(address.customer_owned_ip()))
        .str("customer_owned_ipv4_pool", text(address.customer_owned_ipv4_pool()))
        .str("domain", address.domain().map(DomainType::as_str))
        .str("instance_id", text(address.instance_id()))
        .str("ipam_pool_id", pool)
        .str("network_interface_id", text(address.network_interface_id()))
        .str("network_interface_owner_id", text(address.network_interface_owner_id()))
        .str("private_dns", private.map(|ip| private_name(&ec2.region, ip)))
        .str("private_ip", text(private))
        .str("public_dns", public.map(|ip| public_name(&ec2.region, ip)))
        .str("public_ip", text(public))
        .str("public_ipv4_pool", text(address.public_ipv4_pool()));
    ec2.cloud.set_data_tags(&mut reply, from_sdk(address.tags()));
    reply
}
