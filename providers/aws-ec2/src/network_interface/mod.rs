//! `aws_network_interface`.

mod addresses;
mod plan;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::create_network_interface::builders::CreateNetworkInterfaceFluentBuilder as Request;
use aws_sdk_ec2::operation::modify_network_interface_attribute::builders::ModifyNetworkInterfaceAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttachmentEnaSrdSpecification, AttributeBooleanValue, AttributeValue, EnaSrdSpecification, EnaSrdUdpSpecification,
    InstanceIpv6Address, Ipv4PrefixSpecificationRequest, Ipv6PrefixSpecificationRequest, NetworkInterface as Answer,
    NetworkInterfaceAttachment, NetworkInterfaceCreationType, NetworkInterfaceStatus, PrivateIpAddressSpecification,
    ResourceType,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::instance;
use crate::kind::{Identity, Kind, Wanted, keys, some};
use crate::tags;
use addresses::Range;

const CREATION: Duration = Duration::from_secs(600);
const GONE: &str = "InvalidNetworkInterfaceID.NotFound";

/// Network interfaces.
pub(crate) struct NetworkInterface;

#[async_trait::async_trait]
impl Kind for NetworkInterface {
    const NAME: &'static str = "aws_network_interface";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let subnet = args.text("subnet_id").unwrap_or_default();
        let tags = tags::specification(ec2, create.planned, ResourceType::NetworkInterface);
        let request = ec2
            .client
            .create_network_interface()
            .client_token(create.operation)
            .subnet_id(subnet)
            .set_description(args.string("description"))
            .set_enable_primary_ipv6(args.bool("enable_primary_ipv6"))
            .set_groups(some(args.strings("security_groups")))
            .set_interface_type(args.text("interface_type").map(NetworkInterfaceCreationType::from))
            .set_tag_specifications(tags.filter(|_| !has_prefixes(args)));
        let request = ranges(private(request, args), args);
        let what = format!("creating network interface in subnet {subnet}");
        let sent = ec2.call("ec2:CreateNetworkInterface", &what, || request.clone().send()).await?;
        let id = sent.network_interface.and_then(|n| n.network_interface_id).ok_or_else(|| Refusal::unread(&what))?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let args = Args(create.planned);
        let pending = |n: &Answer| n.status().is_some_and(|s| s.as_str() == "pending");
        let what = format!("network interface {id} to become available");
        ec2.until(what, CREATION, || find(ec2, id), |n| Ok(!pending(n)), |n| state(n).to_owned()).await?;
        if has_prefixes(args) {
            tags::adopt(ec2, id, &[], create.planned).await?;
        }
        addresses::complete(ec2, id, args).await?;
        if args.bool("source_dest_check") == Some(false) {
            let off = AttributeBooleanValue::builder().value(false).build();
            modify(ec2, id, "source_dest_check", |m| m.source_dest_check(off)).await?;
        }
        match args.block("attachment") {
            Some(block) => attach(ec2, id, block, ena_srd(args)).await,
            None => Ok(()),
        }
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, &keys(wanted)).await?;
        Ok(all.into_iter().filter_map(|n| Some((n.network_interface_id.clone()?, n))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let (id, owner) = (seen.network_interface_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(owner, &format!("network-interface/{id}"))))
            .str("description", Some(seen.description().unwrap_or_default()))
            .str("interface_type", seen.interface_type().map(|t| t.as_str()))
            .str("mac_address", seen.mac_address())
            .str("outpost_arn", Some(seen.outpost_arn().unwrap_or_default()))
            .str("owner_id", Some(owner))
            .str("private_dns_name", Some(seen.private_dns_name().unwrap_or_default()))
            .str("private_ip", Some(seen.private_ip_address().unwrap_or_default()))
            .set("security_groups", seen.groups().iter().filter_map(|g| g.group_id()))
            .bool("source_dest_check", seen.source_dest_check())
            .str("subnet_id", seen.subnet_id())
            .blocks("attachment", seen.attachment().map(attachment));
        for name in ["ipv6_address_list_enabled", "private_ip_list_enabled"] {
            reply.bool(name, Some(Args(known).bool(name).unwrap_or(false)));
        }
        if let Some(srd) = seen.attachment().and_then(|a| a.ena_srd_specification()) {
            reply.blocks("ena_srd_specification", observed_srd(known, srd));
        }
        addresses::observe(&mut reply, seen);
        tags::observe(ec2, &mut reply, known, seen.tag_set());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let planned = Args(update.planned);
        let differs = |name: &str| planned.differs(update.prior, name);
        if moved(update) {
            detach(ec2, id).await?;
            if let Some(block) = planned.block("attachment") {
                attach(ec2, id, block, ena_srd(planned)).await?;
            }
        } else if let Some(srd) = ena_srd(planned).filter(|_| differs("ena_srd_specification")) {
            modify(ec2, id, "ena_srd_specification", |m| m.ena_srd_specification(srd)).await?;
        }
        addresses::change(ec2, update, id).await?;
        attributes(ec2, update, id).await?;
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        detach(ec2, id).await?;
        let request = ec2.client.delete_network_interface().network_interface_id(id);
        let what = format!("deleting network interface {id}");
        let in_use =
            |r: &Refusal| r.is(&["InvalidNetworkInterface.InUse"]) || r.says("InvalidParameterValue", "in use");
        let sent =
            ec2.insist("ec2:DeleteNetworkInterface", &what, PROPAGATION, || request.clone().send(), in_use).await;
        unless(sent, &[GONE])?;
        ec2.until_gone(format!("network interface {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan::plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_network_interfaces().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeNetworkInterfaces", "listing network interfaces");
        let all = ec2.pages(operation, what, send, |a| (a.network_interfaces, a.next_token)).await?;
        // What AWS makes for its own services is nobody's to manage, and what goes with its instance is a part of that.
        let ends_with = |n: &Answer| n.attachment().is_some_and(|a| a.delete_on_termination() == Some(true));
        let own = all.into_iter().filter(|n| n.requester_managed() != Some(true) && !ends_with(n));
        Ok(own.filter_map(|n| n.network_interface_id).collect())
    }
}

fn has_prefixes(args: Args<'_>) -> bool {
    !args.strings("ipv4_prefixes").is_empty() || !args.strings("ipv6_prefixes").is_empty()
}

/// The first address is the primary one, unless another is written to be.
fn private(request: Request, args: Args<'_>) -> Request {
    let by_list = args.bool("private_ip_list_enabled") == Some(true);
    let mut ips = args.strings(if by_list { "private_ip_list" } else { "private_ips" });
    let primary = args.string("private_ip");
    if let Some(count) = args.i32("private_ips_count").filter(|n| *n > 0 && !by_list) {
        if ips.is_empty() {
            return request.set_private_ip_address(primary).secondary_private_ip_address_count(count);
        }
        ips.truncate(usize::try_from(count).unwrap_or_default() + 1);
    }
    if ips.is_empty() {
        return request.set_private_ip_address(primary);
    }
    let primary = primary.filter(|p| ips.contains(p)).or(ips.first().cloned());
    let address = |ip: String| {
        let is_primary = primary.as_ref() == Some(&ip);
        PrivateIpAddressSpecification::builder().set_primary(is_primary.then_some(true)).private_ip_address(ip).build()
    };
    request.set_private_ip_addresses(some(ips.into_iter().map(address).collect()))
}

fn ranges(request: Request, args: Args<'_>) -> Request {
    let by_list = args.bool("ipv6_address_list_enabled") == Some(true);
    let ipv6 = args.strings(if by_list { "ipv6_address_list" } else { "ipv6_addresses" });
    let ipv6 = ipv6.into_iter().map(|ip| InstanceIpv6Address::builder().ipv6_address(ip).build()).collect();
    let (v4, v6) = (args.strings("ipv4_prefixes").into_iter(), args.strings("ipv6_prefixes").into_iter());
    let v4 = v4.map(|p| Ipv4PrefixSpecificationRequest::builder().ipv4_prefix(p).build()).collect();
    let v6 = v6.map(|p| Ipv6PrefixSpecificationRequest::builder().ipv6_prefix(p).build()).collect();
    let count = |name: &str, written: bool| args.i32(name).filter(|n| *n > 0 && !written);
    let (has_ipv6, has_v4, has_v6) = (some(ipv6), some(v4), some(v6));
    request
        .set_ipv6_address_count(count("ipv6_address_count", has_ipv6.is_some()))
        .set_ipv6_addresses(has_ipv6)
        .set_ipv4_prefix_count(count("ipv4_prefix_count", has_v4.is_some()))
        .set_ipv4_prefixes(has_v4)
        .set_ipv6_prefix_count(count("ipv6_prefix_count", has_v6.is_some()))
        .set_ipv6_prefixes(has_v6)
}

fn attachment(seen: &NetworkInterfaceAttachment) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("attachment_id", seen.attachment_id())
        .i64("device_index", Some(seen.device_index().unwrap_or(0)))
        .str("instance", Some(seen.instance_id().unwrap_or_default()))
        .i64("network_card_index", Some(seen.network_card_index().unwrap_or(0)));
    reply
}

/// AWS tells it of every attachment, and it counts where it is written or on.
fn observed_srd(known: &Value, seen: &AttachmentEnaSrdSpecification) -> Option<Reply> {
    if Args(known).block("ena_srd_specification").is_none() && seen.ena_srd_enabled() != Some(true) {
        return None;
    }
    let udp = seen.ena_srd_udp_specification().map(|udp| {
        let mut reply = Reply::new();
        reply.bool("ena_srd_udp_enabled", Some(udp.ena_srd_udp_enabled().unwrap_or(false)));
        reply
    });
    let mut reply = Reply::new();
    reply
        .bool("ena_srd_enabled", Some(seen.ena_srd_enabled().unwrap_or(false)))
        .blocks("ena_srd_udp_specification", udp);
    Some(reply)
}

fn ena_srd(args: Args<'_>) -> Option<EnaSrdSpecification> {
    let block = args.block("ena_srd_specification")?;
    let udp = block
        .block("ena_srd_udp_specification")
        .map(|udp| EnaSrdUdpSpecification::builder().set_ena_srd_udp_enabled(udp.bool("ena_srd_udp_enabled")).build());
    let builder = EnaSrdSpecification::builder().set_ena_srd_enabled(block.bool("ena_srd_enabled"));
    Some(builder.set_ena_srd_udp_specification(udp).build())
}

fn state(interface: &Answer) -> &str {
    interface.status().map(NetworkInterfaceStatus::as_str).unwrap_or_default()
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_network_interfaces().filters(filter).set_next_token(token).max_results(1000).send()
    };
    let take = |a: aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput| {
        (a.network_interfaces, a.next_token)
    };
    let (operation, what) = ("ec2:DescribeNetworkInterfaces", "reading network interfaces");
    ec2.filtered(operation, what, ("network-interface-id", ids), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

/// Whether the interface is to be at another place.
fn moved(update: &Update<'_>) -> bool {
    let place = |object| {
        let block = Args(object).block("attachment")?;
        Some((block.string("instance"), block.i64("device_index"), block.i64("network_card_index").unwrap_or(0)))
    };
    place(update.prior) != place(update.planned)
}

async fn attach(ec2: &Ec2<'_>, id: &str, block: Args<'_>, srd: Option<EnaSrdSpecification>) -> Result<(), Problem> {
    let instance = block.text("instance").unwrap_or_default();
    let request = ec2
        .client
        .attach_network_interface()
        .network_interface_id(id)
        .instance_id(instance)
        .set_device_index(block.i32("device_index"))
        .set_network_card_index(block.i32("network_card_index"))
        .set_ena_srd_specification(srd);
    let what = format!("attaching network interface {id} to instance {instance}");
    let pending = |r: &Refusal| r.is(&["IncorrectState", "IncorrectInstanceState"]);
    ec2.insist("ec2:AttachNetworkInterface", &what, PROPAGATION, || request.clone().send(), pending).await?;
    let status = |n: &Answer| n.attachment().and_then(|a| a.status()).map(|s| s.as_str().to_owned());
    let ready = |n: &Answer| Ok(n.attachment().is_some() && status(n).is_none_or(|s| s == "attached"));
    let what = format!("network interface {id} to be attached to instance {instance}");
    ec2.until(what, PROPAGATION, || find(ec2, id), ready, |n| status(n).unwrap_or_default()).await?;
    Ok(())
}

/// Detaches an interface from wherever it is.
async fn detach(ec2: &Ec2<'_>, id: &str) -> Result<(), Problem> {
    let Some(attached) = find(ec2, id).await?.and_then(|n| n.attachment) else { return Ok(()) };
    let (instance, attachment) = (attached.instance_id, attached.attachment_id);
    let Some(attachment) = attachment.filter(|a| !a.is_empty()) else { return Ok(()) };
    let request = ec2.client.detach_network_interface().attachment_id(attachment).force(true);
    let what = format!("detaching network interface {id}");
    match ec2.call("ec2:DetachNetworkInterface", &what, || request.clone().send()).await {
        Err(refusal) if refusal.is(&["InvalidAttachmentID.NotFound"]) => {}
        // The first interface of an instance cannot be detached. AWS does that when the instance ends, a while after.
        Err(refusal) if refusal.is(&["OperationNotPermitted"]) && ends(ec2, instance).await? => {}
        sent => drop(sent?),
    }
    let find = || async { Ok(find(ec2, id).await?.filter(|n| n.attachment().is_some())) };
    ec2.until_gone(format!("network interface {id} to be detached"), PROPAGATION * 2, find).await
}

/// Whether an instance is terminated, or about to be.
async fn ends(ec2: &Ec2<'_>, instance: Option<String>) -> Result<bool, Problem> {
    match instance {
        Some(instance) => instance::ends(ec2, &instance).await,
        None => Ok(false),
    }
}

/// Sets one attribute: AWS takes no more in a call.
async fn modify(ec2: &Ec2<'_>, id: &str, name: &str, set: impl FnOnce(Modify) -> Modify) -> Result<(), Problem> {
    let request = set(ec2.client.modify_network_interface_attribute().network_interface_id(id));
    let what = format!("setting {name} of network interface {id}");
    ec2.call("ec2:ModifyNetworkInterfaceAttribute", &what, || request.clone().send()).await?;
    Ok(())
}

async fn attributes(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    let planned = Args(update.planned);
    let changed = |name: &str| planned.differs(update.prior, name);
    if let Some(on) = planned.bool("enable_primary_ipv6").filter(|_| changed("enable_primary_ipv6")) {
        modify(ec2, id, "enable_primary_ipv6", |m| m.enable_primary_ipv6(on)).await?;
    }
    if let Some(on) = planned.bool("source_dest_check").filter(|_| changed("source_dest_check")) {
        let value = AttributeBooleanValue::builder().value(on).build();
        modify(ec2, id, "source_dest_check", |m| m.source_dest_check(value)).await?;
    }
    if let Some(groups) = some(planned.strings("security_groups")).filter(|_| changed("security_groups")) {
        modify(ec2, id, "security_groups", |m| m.set_groups(Some(groups))).await?;
    }
    if changed("description") {
        let text = planned.str("description").unwrap_or_default();
        let value = AttributeValue::builder().value(text).build();
        modify(ec2, id, "description", |m| m.description(value)).await?;
    }
    Ok(())
}
