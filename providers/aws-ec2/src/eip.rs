//! `aws_eip`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::types::{Address, AddressAttributeName, DomainType, IpamPoolAllocationResourceType, ResourceType};
use terrane_aws_core::{Partition, chunks, timeout};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;
use crate::vpc::await_ipam_release;

const DELETION: Duration = Duration::from_secs(180);
const UPDATE: Duration = Duration::from_secs(300);
const IPAM_RELEASE: Duration = Duration::from_secs(600);
const GONE: &str = "InvalidAllocationID.NotFound";
const TARGET: [&str; 3] = ["instance", "network_interface", "associate_with_private_ip"];

/// Elastic IP addresses.
pub(crate) struct Eip;

/// An address with what else must be asked for.
pub(crate) struct Seen {
    address: Address,
    reverse_name: Option<String>,
    account: String,
}

#[async_trait::async_trait]
impl Kind for Eip {
    const NAME: &'static str = "aws_eip";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .allocate_address()
            .set_address(args.string("address"))
            .set_customer_owned_ipv4_pool(args.string("customer_owned_ipv4_pool"))
            .set_domain(args.text("domain").map(DomainType::from))
            .set_ipam_pool_id(args.string("ipam_pool_id"))
            .set_network_border_group(args.string("network_border_group"))
            .set_public_ipv4_pool(args.string("public_ipv4_pool"));
        let (operation, what) = ("ec2:AllocateAddress", "allocating elastic IP address");
        let making = Making { operation, what, look: "an elastic IP address that is not associated", passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let find = |mark: Vec<String>| async move {
            Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|a| a.allocation_id))
        };
        let id = making.marked((ec2, create), ResourceType::ElasticIp, send, |a| a.allocation_id, find).await?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let what = format!("elastic IP address {id} to be seen");
        ec2.until(what, PROPAGATION, || find(ec2, id), |_| Ok(true), |_| String::new()).await?;
        associate(ec2, id, create.planned, UPDATE).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let addresses = describe(ec2, "allocation-id", &keys(wanted)).await?;
        let ids: Vec<String> = addresses.iter().filter_map(|a| a.allocation_id.clone()).collect();
        let mut names = reverse_names(ec2, &ids).await?;
        let account = ec2.cloud.account_id().await?;
        let seen = |address: Address| {
            let id = address.allocation_id.clone()?;
            let reverse_name = names.remove(&id);
            Some((id, Seen { address, reverse_name, account: account.clone() }))
        };
        Ok(addresses.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (address, mut reply) = (&seen.address, Reply::new());
        let id = address.allocation_id().unwrap_or_default();
        let (private, public) = (address.private_ip_address(), address.public_ip());
        let pool = address.public_ipv4_pool().unwrap_or_default();
        reply
            .str("id", Some(id))
            .str("allocation_id", Some(id))
            .str("arn", Some(ec2.arn(&seen.account, &format!("elastic-ip/{id}"))))
            .str("association_id", Some(address.association_id().unwrap_or_default()))
            .str("carrier_ip", Some(address.carrier_ip().unwrap_or_default()))
            .str("customer_owned_ip", Some(address.customer_owned_ip().unwrap_or_default()))
            .str("customer_owned_ipv4_pool", Some(address.customer_owned_ipv4_pool().unwrap_or_default()))
            .str("domain", address.domain().map(DomainType::as_str))
            .str("instance", Some(address.instance_id().unwrap_or_default()))
            .str("network_border_group", address.network_border_group())
            .str("network_interface", Some(address.network_interface_id().unwrap_or_default()))
            .str("public_ipv4_pool", Some(pool))
            .str("private_ip", Some(private.unwrap_or_default()))
            .str("private_dns", private.map(|ip| private_name(&ec2.region, ip)))
            .str("public_ip", public)
            .str("public_dns", public.map(|ip| public_name(&ec2.region, ip)))
            .str("ptr_record", Some(seen.reverse_name.as_deref().unwrap_or_default()));
        if pool.starts_with("ipam-pool-") {
            reply.str("ipam_pool_id", Some(pool));
        }
        tags::observe(ec2, &mut reply, known, address.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        if TARGET.iter().any(|name| Args(update.planned).differs(update.prior, name)) {
            disassociate(ec2, id, update.prior).await?;
            associate(ec2, id, update.planned, timeout(update.planned, "update", UPDATE)).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let args = Args(prior);
        let id = args.text("id").unwrap_or_default();
        disassociate(ec2, id, prior).await?;
        let border = args.string("network_border_group");
        let request = ec2.client.release_address().allocation_id(id).set_network_border_group(border);
        let (what, time) = (format!("releasing elastic IP address {id}"), timeout(prior, "delete", DELETION));
        let in_use = |r: &Refusal| r.is(&["InvalidIPAddress.InUse"]);
        let released = ec2.insist("ec2:ReleaseAddress", &what, time, || request.clone().send(), in_use).await;
        unless(released, &[GONE])?;
        ec2.until_gone(format!("elastic IP address {id} to be released"), time, || find(ec2, id)).await?;
        match args.text("ipam_pool_id") {
            Some(pool) => {
                let ty = IpamPoolAllocationResourceType::Eip;
                await_ipam_release(ec2, pool, id, ty, IPAM_RELEASE).await
            }
            None => Ok(()),
        }
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        if draft.changes(&TARGET) {
            draft.unknown(&["association_id", "private_ip", "private_dns", "instance", "network_interface"]);
        }
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match id.starts_with("eipalloc-") {
            true => Ok(vec![("id", id.to_owned())]),
            false => Err(bad_import(id, "of an allocation id", "eipalloc-00a10e96")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let what = "listing elastic IP addresses";
        let answer = ec2.call("ec2:DescribeAddresses", what, || ec2.client.describe_addresses().send()).await?;
        Ok(answer.addresses.unwrap_or_default().into_iter().filter_map(|a| a.allocation_id).collect())
    }
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Address>, Refusal> {
    let send = |filter, _| ec2.client.describe_addresses().filters(filter).send();
    let take = |a: aws_sdk_ec2::operation::describe_addresses::DescribeAddressesOutput| (a.addresses, None);
    ec2.filtered("ec2:DescribeAddresses", "reading elastic IP addresses", (by, values), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Address>, Problem> {
    Ok(describe(ec2, "allocation-id", &[id.to_owned()]).await?.pop())
}

/// The names that addresses resolve back to, without the final dot.
pub(crate) async fn reverse_names(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, String>, Refusal> {
    let mut names = HashMap::new();
    for chunk in chunks(ids, 1000) {
        let request = ec2.client.describe_addresses_attribute().set_allocation_ids(Some(chunk));
        let request = request.attribute(AddressAttributeName::DomainName);
        let what = "reading the reverse names of elastic IP addresses";
        let answer = ec2.pages(
            "ec2:DescribeAddressesAttribute",
            what,
            |token| request.clone().set_next_token(token).send(),
            |a| (a.addresses, a.next_token),
        );
        // Some regions and stand-ins lack this call, and an address may just have been released.
        let all = unless(answer.await, &["InvalidAction", GONE])?.unwrap_or_default();
        let named = all.into_iter().filter_map(|a| Some((a.allocation_id?, a.ptr_record?)));
        names.extend(named.map(|(id, name)| (id, name.trim_end_matches('.').to_owned())));
    }
    Ok(names)
}

async fn associate(ec2: &Ec2<'_>, id: &str, planned: &Value, time: Duration) -> Result<(), Problem> {
    let args = Args(planned);
    let (instance, interface) = (args.string("instance"), args.string("network_interface"));
    if instance.is_none() && interface.is_none() {
        return Ok(());
    }
    let target = instance.clone().or(interface.clone()).unwrap_or_default();
    let what = format!("associating elastic IP address {id} with {target}");
    let request = ec2
        .client
        .associate_address()
        .allocation_id(id)
        .set_instance_id(instance)
        .set_network_interface_id(interface)
        .set_private_ip_address(args.string("associate_with_private_ip"));
    let passes = |r: &Refusal| r.is(&[GONE]) || r.says("InvalidInstanceID", "pending instance");
    ec2.insist("ec2:AssociateAddress", &what, time, || request.clone().send(), passes).await?;
    let what = format!("elastic IP address {id} to be associated with {target}");
    let ready = |a: &Address| Ok(a.association_id().is_some());
    ec2.until(what, PROPAGATION, || find(ec2, id), ready, |_| "not associated".to_owned()).await?;
    Ok(())
}

async fn disassociate(ec2: &Ec2<'_>, id: &str, prior: &Value) -> Result<(), Problem> {
    let Some(association) = Args(prior).text("association_id") else { return Ok(()) };
    let what = format!("disassociating elastic IP address {id}");
    let request = ec2.client.disassociate_address().association_id(association);
    let done = ec2.call("ec2:DisassociateAddress", &what, || request.clone().send()).await;
    unless(done, &["InvalidAssociationID.NotFound"])?;
    let find = || async { Ok(find(ec2, id).await?.filter(|a| a.association_id() == Some(association))) };
    ec2.until_gone(format!("elastic IP address {id} to be disassociated"), PROPAGATION, find).await
}

/// The name of a private address: `ip-10-0-0-1.ec2.internal`.
pub(crate) fn private_name(region: &str, ip: &str) -> String {
    let suffix = match region {
        "us-east-1" => "ec2.internal".to_owned(),
        _ => format!("{region}.compute.internal"),
    };
    format!("ip-{}.{suffix}", ip.replace('.', "-"))
}

/// The name of a public address: `ec2-1-2-3-4.eu-west-1.compute.amazonaws.com`.
pub(crate) fn public_name(region: &str, ip: &str) -> String {
    let place = match region {
        "us-east-1" => "compute-1".to_owned(),
        _ => format!("{region}.compute"),
    };
    format!("ec2-{}.{place}.{}", ip.replace('.', "-"), Partition::of_region(region).dns_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_region() {
        assert_eq!(private_name("us-east-1", "10.0.0.1"), "ip-10-0-0-1.ec2.internal");
        assert_eq!(private_name("eu-west-1", "10.0.0.1"), "ip-10-0-0-1.eu-west-1.compute.internal");
        assert_eq!(public_name("us-east-1", "1.2.3.4"), "ec2-1-2-3-4.compute-1.amazonaws.com");
        assert_eq!(public_name("cn-north-1", "1.2.3.4"), "ec2-1-2-3-4.cn-north-1.compute.amazonaws.com.cn");
    }
}
