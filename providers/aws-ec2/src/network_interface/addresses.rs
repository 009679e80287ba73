//! The addresses and prefixes of a network interface.

use aws_sdk_ec2::types::NetworkInterface as Answer;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply, Update};
use terrane_value::Value;

use crate::client::Ec2;
use crate::kind::some;

/// What an interface may have several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Ipv4,
    Ipv4Prefix,
    Ipv6,
    Ipv6Prefix,
}

/// What an interface is to get.
enum More {
    These(Vec<String>),
    Count(i32),
}

impl Range {
    const ALL: [Range; 4] = [Range::Ipv4, Range::Ipv4Prefix, Range::Ipv6, Range::Ipv6Prefix];

    /// The attribute that names them.
    pub(super) fn set(self) -> &'static str {
        match self {
            Range::Ipv4 => "private_ips",
            Range::Ipv4Prefix => "ipv4_prefixes",
            Range::Ipv6 => "ipv6_addresses",
            Range::Ipv6Prefix => "ipv6_prefixes",
        }
    }

    /// The attribute that counts them.
    pub(super) fn count(self) -> &'static str {
        match self {
            Range::Ipv4 => "private_ips_count",
            Range::Ipv4Prefix => "ipv4_prefix_count",
            Range::Ipv6 => "ipv6_address_count",
            Range::Ipv6Prefix => "ipv6_prefix_count",
        }
    }

    /// The attribute that lists them in order, and the one that makes the list count.
    fn list(self) -> Option<(&'static str, &'static str)> {
        match self {
            Range::Ipv4 => Some(("private_ip_list", "private_ip_list_enabled")),
            Range::Ipv6 => Some(("ipv6_address_list", "ipv6_address_list_enabled")),
            Range::Ipv4Prefix | Range::Ipv6Prefix => None,
        }
    }

    async fn assign(self, ec2: &Ec2<'_>, id: &str, more: More) -> Result<(), Problem> {
        let (these, count) = match more {
            More::These(these) => (some(these), None),
            More::Count(count) => (None, Some(count).filter(|n| *n > 0)),
        };
        if these.is_none() && count.is_none() {
            return Ok(());
        }
        let (v4, v6) = (
            ec2.client.assign_private_ip_addresses().network_interface_id(id),
            ec2.client.assign_ipv6_addresses().network_interface_id(id),
        );
        let (v4, v6) = match self {
            Range::Ipv4 => {
                (Some(v4.set_private_ip_addresses(these).set_secondary_private_ip_address_count(count)), None)
            }
            Range::Ipv4Prefix => (Some(v4.set_ipv4_prefixes(these).set_ipv4_prefix_count(count)), None),
            Range::Ipv6 => (None, Some(v6.set_ipv6_addresses(these).set_ipv6_address_count(count))),
            Range::Ipv6Prefix => (None, Some(v6.set_ipv6_prefixes(these).set_ipv6_prefix_count(count))),
        };
        let what = format!("assigning {} to network interface {id}", self.set());
        let look = format!("the addresses of network interface {id}");
        // A number that is asked for twice is given twice.
        if let Some(request) = v4 {
            ec2.call_once("ec2:AssignPrivateIpAddresses", &what, &look, || request.clone().send()).await?;
        }
        if let Some(request) = v6 {
            ec2.call_once("ec2:AssignIpv6Addresses", &what, &look, || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn unassign(self, ec2: &Ec2<'_>, id: &str, these: Vec<String>) -> Result<(), Problem> {
        let Some(these) = some(these) else { return Ok(()) };
        let what = format!("unassigning {} from network interface {id}", self.set());
        if matches!(self, Range::Ipv4 | Range::Ipv4Prefix) {
            let request = ec2.client.unassign_private_ip_addresses().network_interface_id(id);
            let request = match self {
                Range::Ipv4 => request.set_private_ip_addresses(Some(these)),
                _ => request.set_ipv4_prefixes(Some(these)),
            };
            ec2.call("ec2:UnassignPrivateIpAddresses", &what, || request.clone().send()).await?;
        } else {
            let request = ec2.client.unassign_ipv6_addresses().network_interface_id(id);
            let request = match self {
                Range::Ipv6 => request.set_ipv6_addresses(Some(these)),
                _ => request.set_ipv6_prefixes(Some(these)),
            };
            ec2.call("ec2:UnassignIpv6Addresses", &what, || request.clone().send()).await?;
        }
        Ok(())
    }
}

/// Adds to a new interface what its number of addresses has beyond those that are named.
pub(super) async fn complete(ec2: &Ec2<'_>, id: &str, args: Args<'_>) -> Result<(), Problem> {
    let named = i32::try_from(args.strings("private_ips").len()).unwrap_or(i32::MAX);
    let listed = args.bool("private_ip_list_enabled") == Some(true);
    match args.i32("private_ips_count") {
        Some(count) if named > 0 && !listed => {
            Range::Ipv4.assign(ec2, id, More::Count(count.saturating_add(1).saturating_sub(named))).await
        }
        _ => Ok(()),
    }
}

/// Makes all planned changes of addresses and prefixes.
pub(super) async fn change(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    for range in Range::ALL {
        let listed = range.list().filter(|(_, enabled)| Args(update.planned).bool(enabled) == Some(true));
        match listed {
            Some((list, _)) => reorder(ec2, update, id, range, list).await?,
            None => exchange(ec2, update, id, range).await?,
        }
    }
    Ok(())
}

/// Assigns again in order what is listed. The primary address comes first and stays.
async fn reorder(ec2: &Ec2<'_>, update: &Update<'_>, id: &str, range: Range, list: &str) -> Result<(), Problem> {
    if !Args(update.planned).differs(update.prior, list) {
        return Ok(());
    }
    let first = usize::from(range == Range::Ipv4);
    let of = |object| Args(object).strings(list).into_iter().skip(first).collect::<Vec<_>>();
    range.unassign(ec2, id, of(update.prior)).await?;
    for address in of(update.planned) {
        range.assign(ec2, id, More::These(vec![address])).await?;
    }
    Ok(())
}

/// Brings named addresses to those that are planned, and their number to the planned one.
async fn exchange(ec2: &Ec2<'_>, update: &Update<'_>, id: &str, range: Range) -> Result<(), Problem> {
    let work = difference(update, range);
    range.unassign(ec2, id, work.remove).await?;
    range.assign(ec2, id, More::These(work.add)).await?;
    range.assign(ec2, id, More::Count(work.more)).await
}

#[derive(Debug, PartialEq, Eq)]
struct Difference {
    remove: Vec<String>,
    add: Vec<String>,
    more: i32,
}

fn difference(update: &Update<'_>, range: Range) -> Difference {
    let (prior, planned) = (Args(update.prior), Args(update.planned));
    let was = prior.strings(range.set());
    let known = update.planned.get(range.set()).is_some_and(Value::is_wholly_known);
    let is = if known { planned.strings(range.set()) } else { was.clone() };
    let mut remove: Vec<String> = was.iter().filter(|ip| !is.contains(ip)).cloned().collect();
    let add: Vec<String> = is.iter().filter(|ip| !was.contains(ip)).cloned().collect();
    let mut more = 0;
    if planned.differs(update.prior, range.count())
        && let Some(count) = planned.i32(range.count())
    {
        let primary = prior.text("private_ip").filter(|_| range == Range::Ipv4);
        let own: Vec<&String> = is.iter().filter(|ip| Some(ip.as_str()) != primary).collect();
        let have = i32::try_from(own.len()).unwrap_or(i32::MAX);
        more = count.saturating_sub(have).max(0);
        let spare = usize::try_from(have.saturating_sub(count)).unwrap_or_default();
        let written = update.config.get(range.set()).is_some_and(|v| !v.is_null());
        remove.extend(own.into_iter().rev().take(if written { 0 } else { spare }).cloned());
    }
    Difference { remove, add, more }
}

/// Sets all addresses and prefixes.
pub(super) fn observe(reply: &mut Reply, seen: &Answer) {
    let ips: Vec<&str> = seen.private_ip_addresses().iter().filter_map(|a| a.private_ip_address()).collect();
    let ipv6: Vec<&str> = seen.ipv6_addresses().iter().filter_map(|a| a.ipv6_address()).collect();
    let primary_ipv6 = seen.ipv6_addresses().iter().any(|a| a.is_primary_ipv6() == Some(true));
    let length = |n: usize| Some(i64::try_from(n).unwrap_or(i64::MAX));
    reply
        .i64("private_ips_count", length(ips.len().saturating_sub(1)))
        .list("private_ip_list", &ips)
        .set("private_ips", ips)
        .bool("enable_primary_ipv6", Some(primary_ipv6))
        .i64("ipv6_address_count", length(ipv6.len()))
        .list("ipv6_address_list", &ipv6)
        .set("ipv6_addresses", ipv6)
        .i64("ipv4_prefix_count", length(seen.ipv4_prefixes().len()))
        .set("ipv4_prefixes", seen.ipv4_prefixes().iter().filter_map(|p| p.ipv4_prefix()))
        .i64("ipv6_prefix_count", length(seen.ipv6_prefixes().len()))
        .set("ipv6_prefixes", seen.ipv6_prefixes().iter().filter_map(|p| p.ipv6_prefix()));
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    fn object(ips: Value, count: i64) -> Value {
        Value::object([("private_ip", Value::string("p")), ("private_ips", ips), ("private_ips_count", count.into())])
    }

    fn set(ips: &[&str]) -> Value {
        Value::set(Type::String, ips.iter().map(|ip| Value::string(*ip)))
    }

    fn work(config: Value, planned: Value) -> Difference {
        let prior = object(set(&["p", "a", "b"]), 2);
        difference(&Update { prior: &prior, planned: &planned, config: &config, operation: "1" }, Range::Ipv4)
    }

    #[test]
    fn named_addresses_are_exchanged() {
        let config = Value::object([("private_ips", set(&["p", "a", "c"]))]);
        let work = work(config, object(set(&["p", "a", "c"]), 2));
        assert_eq!(work, Difference { remove: vec!["b".to_owned()], add: vec!["c".to_owned()], more: 0 });
    }

    #[test]
    fn the_primary_address_is_never_given_up_for_a_number() {
        let unknown = || Value::unknown(Type::set(Type::String));
        let none = || Value::object::<&str>([]);
        assert_eq!(work(none(), object(unknown(), 5)), Difference { remove: vec![], add: vec![], more: 3 });
        let less = work(none(), object(unknown(), 0));
        assert_eq!((less.remove.len(), less.remove.contains(&"p".to_owned())), (2, false));
    }
}
