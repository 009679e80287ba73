//! `aws_subnet`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, HostnameType, ResourceType, Subnet as Answer, SubnetCidrBlockStateCode,
    SubnetIpv6CidrBlockAssociation,
};
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const CREATION: Duration = Duration::from_secs(600);
const DELETION: Duration = Duration::from_secs(1200);
const IPV6_ASSOCIATION: Duration = Duration::from_secs(3 * 60);

/// Subnets of VPCs.
pub(crate) struct Subnet;

#[async_trait::async_trait]
impl Kind for Subnet {
    const NAME: &'static str = "aws_subnet";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .create_subnet()
            .set_vpc_id(args.string("vpc_id"))
            .set_availability_zone(args.string("availability_zone"))
            .set_availability_zone_id(args.string("availability_zone_id"))
            .set_cidr_block(args.string("cidr_block"))
            .set_ipv4_ipam_pool_id(args.string("ipv4_ipam_pool_id"))
            .set_ipv4_netmask_length(args.i32("ipv4_netmask_length"))
            .set_ipv6_cidr_block(args.string("ipv6_cidr_block"))
            .set_ipv6_ipam_pool_id(args.string("ipv6_ipam_pool_id"))
            .set_ipv6_native(args.bool("ipv6_native").filter(|on| *on))
            .set_ipv6_netmask_length(args.i32("ipv6_netmask_length"))
            .set_outpost_arn(args.string("outpost_arn"));
        let range = args.text("cidr_block").or(args.text("ipv6_cidr_block")).unwrap_or("from the IPAM pool");
        let vpc = args.text("vpc_id").unwrap_or_default();
        let (what, look) = (format!("creating subnet {range} in VPC {vpc}"), format!("subnet {range} of VPC {vpc}"));
        let making = Making { operation: "ec2:CreateSubnet", what: &what, look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let find =
            |mark: Vec<String>| async move { Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|s| s.subnet_id)) };
        let id = making.marked((ec2, create), ResourceType::Subnet, send, |a| a.subnet?.subnet_id, find).await?;
        Ok(vec![("id", id)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let ready = |s: &Answer| Ok(available(s) && !s.ipv6_cidr_block_association_set().iter().any(associating));
        let (what, time) = (format!("subnet {id} to become available"), timeout(create.planned, "create", CREATION));
        let subnet = ec2.until(what, time, || find(ec2, id), ready, state).await?;
        let planned = create.planned;
        let ipv6 = Args(planned).text("ipv6_cidr_block");
        if ipv6.is_some() && association(&subnet).is_none() {
            associate(ec2, id, ipv6.unwrap_or_default()).await?;
        }
        for setting in settings() {
            if setting.wants(planned, &subnet) {
                setting.write(ec2, id, planned).await?;
            }
        }
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let subnets = describe(ec2, "subnet-id", &keys(wanted)).await?;
        Ok(subnets.into_iter().filter_map(|s| Some((s.subnet_id.clone()?, s))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = attributes(seen);
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let changed = |s: &Setting| s.names().iter().any(|n| Args(update.planned).differs(update.prior, n));
        let off = |s: &&Setting| s.first(update.planned);
        let changes: Vec<Setting> = settings().into_iter().filter(changed).collect();
        // What depends on an IPv6 block is switched off before the block changes, and on after it.
        for setting in changes.iter().filter(off) {
            setting.write(ec2, id, update.planned).await?;
        }
        if Args(update.planned).differs(update.prior, "ipv6_cidr_block") {
            replace_ipv6(ec2, id, update).await?;
        }
        for setting in changes.iter().filter(|s| !off(s)) {
            setting.write(ec2, id, update.planned).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let (request, what) = (ec2.client.delete_subnet().subnet_id(id), format!("deleting subnet {id}"));
        let time = timeout(prior, "delete", DELETION);
        let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
        let deleted = ec2.insist("ec2:DeleteSubnet", &what, time, || request.clone().send(), in_use).await;
        unless(deleted, &["InvalidSubnetID.NotFound"])?;
        ec2.until_gone(format!("subnet {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_subnets().set_next_token(token).max_results(1000).send();
        let all = ec2.pages("ec2:DescribeSubnets", "listing subnets", send, |a| (a.subnets, a.next_token)).await?;
        Ok(all.into_iter().filter_map(|s| s.subnet_id).collect())
    }
}

/// The IPv6 block of a subnet whose interfaces have addresses from it cannot change.
fn plan(draft: &mut Draft<'_>) {
    if draft.changes(&["ipv6_cidr_block"]) {
        draft.unknown(&["ipv6_cidr_block_association_id"]);
        let assigned = draft.prior.and_then(|p| Args(p).bool("assign_ipv6_address_on_creation"));
        match assigned {
            Some(true) => draft.replace("ipv6_cidr_block"),
            _ => draft.in_place("ipv6_cidr_block"),
        }
    }
}

/// The attributes of a subnet, tags aside.
pub(crate) fn attributes(seen: &Answer) -> Reply {
    let mut reply = Reply::new();
    let ipv6 = association(seen);
    reply
        .str("id", seen.subnet_id())
        .str("arn", seen.subnet_arn())
        .str("vpc_id", seen.vpc_id())
        .str("owner_id", seen.owner_id())
        .str("availability_zone", seen.availability_zone())
        .str("availability_zone_id", seen.availability_zone_id())
        .str("cidr_block", Some(seen.cidr_block().unwrap_or_default()))
        .str("customer_owned_ipv4_pool", Some(seen.customer_owned_ipv4_pool().unwrap_or_default()))
        .str("outpost_arn", Some(seen.outpost_arn().unwrap_or_default()))
        .str("ipv6_cidr_block_association_id", Some(ipv6.and_then(|a| a.association_id()).unwrap_or_default()))
        .str("ipv6_cidr_block", Some(ipv6.and_then(|a| a.ipv6_cidr_block()).unwrap_or_default()))
        .bool("ipv6_native", Some(seen.ipv6_native().unwrap_or(false)))
        .i64("enable_lni_at_device_index", Some(seen.enable_lni_at_device_index().unwrap_or(0)))
        .bool("map_customer_owned_ip_on_launch", Some(seen.map_customer_owned_ip_on_launch().unwrap_or(false)));
    for setting in settings() {
        if let Setting::Switch(name, read, _) = setting {
            reply.bool(name, Some(read(seen).unwrap_or(false)));
        }
    }
    reply.str("private_dns_hostname_type_on_launch", hostname_type(seen));
    reply
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_subnets().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput| (a.subnets, a.next_token);
    ec2.filtered("ec2:DescribeSubnets", "reading subnets", (by, values), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, "subnet-id", &[id.to_owned()]).await?.pop())
}

fn available(subnet: &Answer) -> bool {
    subnet.state().is_none_or(|s| s.as_str() == "available")
}

fn state(subnet: &Answer) -> String {
    subnet.state().map(|s| s.as_str().to_owned()).unwrap_or_default()
}

fn hostname_type(subnet: &Answer) -> Option<&str> {
    subnet.private_dns_name_options_on_launch().and_then(|o| o.hostname_type()).map(HostnameType::as_str)
}

fn block_state(association: &SubnetIpv6CidrBlockAssociation) -> Option<&SubnetCidrBlockStateCode> {
    association.ipv6_cidr_block_state().and_then(|s| s.state())
}

fn associating(association: &SubnetIpv6CidrBlockAssociation) -> bool {
    block_state(association) == Some(&SubnetCidrBlockStateCode::Associating)
}

/// The IPv6 block of a subnet: it has at most one.
fn association(subnet: &Answer) -> Option<&SubnetIpv6CidrBlockAssociation> {
    let holds = |a: &&SubnetIpv6CidrBlockAssociation| block_state(a) == Some(&SubnetCidrBlockStateCode::Associated);
    subnet.ipv6_cidr_block_association_set().iter().find(holds)
}

async fn replace_ipv6(ec2: &Ec2<'_>, id: &str, update: &Update<'_>) -> Result<(), Problem> {
    if let Some(old) = Args(update.prior).text("ipv6_cidr_block_association_id") {
        let what = format!("disassociating IPv6 CIDR block {old} from subnet {id}");
        let request = ec2.client.disassociate_subnet_cidr_block().association_id(old);
        let done = ec2.call("ec2:DisassociateSubnetCidrBlock", &what, || request.clone().send()).await;
        unless(done, &["InvalidSubnetCidrBlockAssociationID.NotFound"])?;
        let holds = |a: &SubnetIpv6CidrBlockAssociation| {
            a.association_id() == Some(old) && block_state(a) != Some(&SubnetCidrBlockStateCode::Disassociated)
        };
        let ready = |s: &Answer| Ok(!s.ipv6_cidr_block_association_set().iter().any(holds));
        let what = format!("IPv6 CIDR block {old} of subnet {id} to be disassociated");
        ec2.until(what, IPV6_ASSOCIATION, || find(ec2, id), ready, state).await?;
    }
    match Args(update.planned).text("ipv6_cidr_block") {
        Some(cidr) => associate(ec2, id, cidr).await,
        None => Ok(()),
    }
}

async fn associate(ec2: &Ec2<'_>, id: &str, cidr: &str) -> Result<(), Problem> {
    let what = format!("associating IPv6 CIDR block {cidr} with subnet {id}");
    let request = ec2.client.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(cidr);
    ec2.call("ec2:AssociateSubnetCidrBlock", &what, || request.clone().send()).await?;
    let what = format!("IPv6 CIDR block {cidr} of subnet {id} to be associated");
    let ready = |s: &Answer| Ok(association(s).is_some());
    ec2.until(what, IPV6_ASSOCIATION, || find(ec2, id), ready, state).await?;
    Ok(())
}

type Read = fn(&Answer) -> Option<bool>;
type Write = fn(Modify, AttributeBooleanValue) -> Modify;

/// What AWS sets only after the subnet is made, one in a call.
enum Setting {
    Switch(&'static str, Read, Write),
    LocalInterfaceIndex,
    CustomerOwnedPool,
    HostnameType,
}

fn settings() -> Vec<Setting> {
    use Setting::Switch;
    vec![
        Switch("assign_ipv6_address_on_creation", Answer::assign_ipv6_address_on_creation, |m, v| {
            m.assign_ipv6_address_on_creation(v)
        }),
        Setting::CustomerOwnedPool,
        Switch("enable_dns64", Answer::enable_dns64, |m, v| m.enable_dns64(v)),
        Setting::LocalInterfaceIndex,
        Switch("enable_resource_name_dns_aaaa_record_on_launch", aaaa_record, |m, v| {
            m.enable_resource_name_dns_aaaa_record_on_launch(v)
        }),
        Switch("enable_resource_name_dns_a_record_on_launch", a_record, |m, v| {
            m.enable_resource_name_dns_a_record_on_launch(v)
        }),
        Switch("map_public_ip_on_launch", Answer::map_public_ip_on_launch, |m, v| m.map_public_ip_on_launch(v)),
        Setting::HostnameType,
    ]
}

fn a_record(subnet: &Answer) -> Option<bool> {
    subnet.private_dns_name_options_on_launch().and_then(|o| o.enable_resource_name_dns_a_record())
}

fn aaaa_record(subnet: &Answer) -> Option<bool> {
    subnet.private_dns_name_options_on_launch().and_then(|o| o.enable_resource_name_dns_aaaa_record())
}

impl Setting {
    fn names(&self) -> &[&'static str] {
        match self {
            Setting::Switch(name, ..) => std::slice::from_ref(name),
            Setting::LocalInterfaceIndex => &["enable_lni_at_device_index"],
            Setting::CustomerOwnedPool => &["customer_owned_ipv4_pool", "map_customer_owned_ip_on_launch"],
            Setting::HostnameType => &["private_dns_hostname_type_on_launch"],
        }
    }

    /// Whether it must be written before the IPv6 block changes: it is switched off.
    fn first(&self, planned: &Value) -> bool {
        let depends = self.names() == ["assign_ipv6_address_on_creation"] || self.names() == ["enable_dns64"];
        depends && Args(planned).bool(self.names()[0]) != Some(true)
    }

    /// Whether a subnet differs from what is planned.
    fn wants(&self, planned: &Value, subnet: &Answer) -> bool {
        let args = Args(planned);
        match self {
            Setting::Switch(name, read, _) => args.bool(name).is_some_and(|on| on != read(subnet).unwrap_or(false)),
            Setting::LocalInterfaceIndex => {
                let planned = args.i32("enable_lni_at_device_index").filter(|i| *i != 0);
                planned.is_some() && planned != subnet.enable_lni_at_device_index()
            }
            Setting::CustomerOwnedPool => {
                let maps = args.bool("map_customer_owned_ip_on_launch").unwrap_or(false);
                args.text("customer_owned_ipv4_pool") != subnet.customer_owned_ipv4_pool()
                    || maps != subnet.map_customer_owned_ip_on_launch().unwrap_or(false)
            }
            Setting::HostnameType => {
                let planned = args.text("private_dns_hostname_type_on_launch");
                planned.is_some() && planned != hostname_type(subnet)
            }
        }
    }

    /// Sets it and waits until that is seen.
    async fn write(&self, ec2: &Ec2<'_>, id: &str, planned: &Value) -> Result<(), Problem> {
        let args = Args(planned);
        let value = |on: bool| AttributeBooleanValue::builder().value(on).build();
        let request = ec2.client.modify_subnet_attribute().subnet_id(id);
        let request = match self {
            Setting::Switch(name, _, write) => write(request, value(args.bool(name).unwrap_or(false))),
            Setting::LocalInterfaceIndex => match args.i32("enable_lni_at_device_index").filter(|i| *i != 0) {
                Some(index) => request.enable_lni_at_device_index(index),
                None => request.disable_lni_at_device_index(value(true)),
            },
            Setting::CustomerOwnedPool => request
                .map_customer_owned_ip_on_launch(value(args.bool("map_customer_owned_ip_on_launch").unwrap_or(false)))
                .set_customer_owned_ipv4_pool(args.string("customer_owned_ipv4_pool")),
            Setting::HostnameType => request.set_private_dns_hostname_type_on_launch(
                args.text("private_dns_hostname_type_on_launch").map(HostnameType::from),
            ),
        };
        let what = format!("setting {} of subnet {id}", self.names().join(" and "));
        let unseen = |r: &Refusal| r.is(&["InvalidSubnetID.NotFound"]);
        ec2.insist("ec2:ModifySubnetAttribute", &what, PROPAGATION, || request.clone().send(), unseen).await?;
        let what = format!("{} of subnet {id} to be set", self.names().join(" and "));
        ec2.until(what, PROPAGATION, || find(ec2, id), |s| Ok(!self.wants(planned, s)), state).await?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;
    use terrane_value::Path;

    use super::*;

    fn object(assigned: bool, cidr: &str) -> Value {
        Value::object([
            ("assign_ipv6_address_on_creation", Value::from(assigned)),
            ("ipv6_cidr_block", Value::string(cidr)),
            ("ipv6_cidr_block_association_id", Value::string("subnet-cidr-assoc-1")),
        ])
    }

    fn planned(prior: &Value, config: &Value) -> PlanResponse {
        let response = PlanResponse { planned: Some(config.clone()), ..PlanResponse::default() };
        let nothing = Value::object::<&str>([]);
        let mut draft = Draft::new(Some(prior), &nothing, response);
        plan(&mut draft);
        draft.done()
    }

    #[test]
    fn another_ipv6_block_replaces_only_where_addresses_are_assigned() {
        let (one, other) = ("2001:db8:1::/64", "2001:db8:2::/64");
        let moved = planned(&object(false, one), &object(false, other));
        assert!(moved.requires_replace.is_empty());
        assert!(!moved.planned.unwrap().get("ipv6_cidr_block_association_id").unwrap().is_known());
        let moved = planned(&object(true, one), &object(true, other));
        assert_eq!(moved.requires_replace, [Path::root().attr("ipv6_cidr_block")]);
        assert!(planned(&object(true, one), &object(false, one)).requires_replace.is_empty());
    }

    #[test]
    fn settings_are_written_only_where_they_differ() {
        let subnet = Answer::builder().map_public_ip_on_launch(false).enable_dns64(true).build();
        let planned =
            Value::object([("map_public_ip_on_launch", Value::from(true)), ("enable_dns64", Value::from(true))]);
        let wants: Vec<String> =
            settings().iter().filter(|s| s.wants(&planned, &subnet)).map(|s| s.names().join(" ")).collect();
        assert_eq!(wants, ["map_public_ip_on_launch"]);
    }
}
