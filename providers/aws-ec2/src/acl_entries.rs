//! The entries of network ACLs, as blocks write them and as AWS holds them.

use aws_sdk_ec2::types::{IcmpTypeCode, NetworkAclEntry as Answer, PortRange, RuleAction};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, filter, unless};
use crate::lost::Making;
use crate::settle::same_network;

/// Entries from here on are AWS's own and cannot be changed.
pub(crate) const RESERVED: i32 = 32767;

/// An entry in the form that AWS compares by: protocols are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub number: i32,
    pub allow: bool,
    protocol: String,
    cidr: String,
    ports: (i32, i32),
    icmp: (i32, i32),
}

/// The number of a protocol, for the names that ACLs take.
pub(crate) fn protocol(written: &str) -> String {
    let lower = written.to_lowercase();
    let number = match lower.as_str() {
        "all" => "-1",
        "icmp" => "1",
        "tcp" => "6",
        "udp" => "17",
        "gre" => "47",
        "esp" => "50",
        "ah" => "51",
        "icmpv6" | "ipv6-icmp" => "58",
        "ospf" | "ospfigp" => "89",
        "sctp" => "132",
        other => other,
    };
    number.to_owned()
}

/// The protocol of a number as it is mostly written.
pub(crate) fn spelled(number: &str) -> &str {
    match number {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        other => other,
    }
}

fn is_icmp(protocol: &str) -> bool {
    matches!(protocol, "1" | "58")
}

fn has_ports(protocol: &str) -> bool {
    matches!(protocol, "6" | "17")
}

impl Entry {
    /// The entry of a block.
    pub fn of_block(block: Args<'_>) -> Entry {
        let int = |name: &str| block.i32(name).unwrap_or(0);
        let protocol = protocol(block.text("protocol").unwrap_or("-1"));
        let cidr = block.text("cidr_block").or(block.text("ipv6_cidr_block")).unwrap_or_default();
        Entry {
            number: int("rule_no"),
            allow: block.text("action").is_some_and(|a| a.eq_ignore_ascii_case("allow")),
            ports: if has_ports(&protocol) { (int("from_port"), int("to_port")) } else { (0, 0) },
            icmp: if is_icmp(&protocol) { (int("icmp_type"), int("icmp_code")) } else { (0, 0) },
            protocol,
            cidr: cidr.to_owned(),
        }
    }

    /// The entry of a rule that is written on its own.
    pub fn of_rule(rule: Args<'_>) -> Entry {
        let entry = Entry::of_block(rule);
        let allow = rule.text("rule_action").is_some_and(|a| a.eq_ignore_ascii_case("allow"));
        Entry { number: rule.i32("rule_number").unwrap_or(0), allow, ..entry }
    }

    /// The entry that AWS answered.
    pub fn of_answer(entry: &Answer) -> Entry {
        let protocol = protocol(entry.protocol().unwrap_or("-1"));
        let ports = entry.port_range().map(|p| (p.from().unwrap_or(0), p.to().unwrap_or(0)));
        let icmp = entry.icmp_type_code().map(|c| (c.r#type().unwrap_or(0), c.code().unwrap_or(0)));
        Entry {
            number: entry.rule_number().unwrap_or(0),
            allow: entry.rule_action() == Some(&RuleAction::Allow),
            ports: ports.filter(|_| has_ports(&protocol)).unwrap_or((0, 0)),
            icmp: icmp.filter(|_| is_icmp(&protocol)).unwrap_or((0, 0)),
            protocol,
            cidr: entry.cidr_block().or(entry.ipv6_cidr_block()).unwrap_or_default().to_owned(),
        }
    }

    /// Whether both do the same.
    pub fn is(&self, other: &Entry) -> bool {
        let cidr = self.cidr == other.cidr || same_network(&self.cidr, &other.cidr);
        cidr && Entry { cidr: other.cidr.clone(), ..self.clone() } == *other
    }

    fn block(&self) -> Value {
        let mut reply = Reply::new();
        let v6 = self.cidr.contains(':');
        reply
            .i64("rule_no", Some(self.number))
            .str("action", Some(if self.allow { "allow" } else { "deny" }))
            .str("protocol", Some(&self.protocol))
            .i64("from_port", Some(self.ports.0))
            .i64("to_port", Some(self.ports.1))
            .i64("icmp_type", Some(self.icmp.0))
            .i64("icmp_code", Some(self.icmp.1))
            .str("cidr_block", Some(if v6 { "" } else { &self.cidr }))
            .str("ipv6_cidr_block", Some(if v6 { &self.cidr } else { "" }));
        reply.object()
    }
}

/// The entries of blocks.
pub(crate) fn of_blocks<'a>(blocks: impl IntoIterator<Item = Args<'a>>) -> Vec<Entry> {
    blocks.into_iter().map(Entry::of_block).collect()
}

/// The entries of one direction that users can change.
pub(crate) fn of_answer(entries: &[Answer], egress: bool) -> Vec<Entry> {
    let own = entries.iter().filter(|e| e.egress() == Some(egress) && e.rule_number().is_none_or(|n| n < RESERVED));
    own.map(Entry::of_answer).collect()
}

/// Whether two lists hold the same entries in any order.
pub(crate) fn same(a: &[Entry], b: &[Entry]) -> bool {
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| a.is(b)))
}

/// The blocks of one direction as AWS holds them: known ones stay as they are written.
pub(crate) fn observe(known: &[Value], there: &[Entry]) -> Vec<Value> {
    let block = |entry: &Entry| {
        let written = known.iter().find(|block| Entry::of_block(Args(block)).is(entry));
        written.cloned().unwrap_or_else(|| entry.block())
    };
    there.iter().map(block).collect()
}

/// Brings the entries of one direction from some to others: what goes first, then what comes.
pub(crate) async fn update(
    ec2: &Ec2<'_>,
    acl: &str,
    egress: bool,
    (there, wanted): (&[Entry], &[Entry]),
) -> Result<(), Problem> {
    for entry in there.iter().filter(|t| !wanted.iter().any(|w| w.is(t))) {
        delete(ec2, acl, egress, entry.number).await?;
    }
    for entry in wanted.iter().filter(|w| !there.iter().any(|t| t.is(w))) {
        create(ec2, acl, egress, entry).await?;
    }
    Ok(())
}

/// Deletes an entry, if it is there.
pub(crate) async fn delete(ec2: &Ec2<'_>, acl: &str, egress: bool, number: i32) -> Result<(), Refusal> {
    let what = format!("deleting entry {number} of network ACL {acl}");
    let request = ec2.client.delete_network_acl_entry().network_acl_id(acl).egress(egress).rule_number(number);
    let done = ec2.call("ec2:DeleteNetworkAclEntry", &what, || request.clone().send()).await;
    unless(done, &["InvalidNetworkAclEntry.NotFound", "InvalidNetworkAclID.NotFound"])?;
    Ok(())
}

/// Creates an entry; one that is there and does the same is taken for it.
pub(crate) async fn create(ec2: &Ec2<'_>, acl: &str, egress: bool, entry: &Entry) -> Result<(), Refusal> {
    let (what, v6) = (format!("creating entry {} of network ACL {acl}", entry.number), entry.cidr.contains(':'));
    let cidr = Some(entry.cidr.clone()).filter(|c| !c.is_empty());
    let (v4, v6) = if v6 { (None, cidr) } else { (cidr, None) };
    let ports = PortRange::builder().from(entry.ports.0).to(entry.ports.1).build();
    let icmp = IcmpTypeCode::builder().r#type(entry.icmp.0).code(entry.icmp.1).build();
    let request = ec2
        .client
        .create_network_acl_entry()
        .network_acl_id(acl)
        .egress(egress)
        .rule_number(entry.number)
        .rule_action(if entry.allow { RuleAction::Allow } else { RuleAction::Deny })
        .protocol(&entry.protocol)
        .set_cidr_block(v4)
        .set_ipv6_cidr_block(v6)
        .set_port_range(has_ports(&entry.protocol).then_some(ports))
        .set_icmp_type_code(is_icmp(&entry.protocol).then_some(icmp));
    let look = format!("entry {} of network ACL {acl}", entry.number);
    let making = Making { operation: "ec2:CreateNetworkAclEntry", what: &what, look: &look, passing: &[] };
    let find = || async {
        let there = ec2.client.describe_network_acls().filters(filter("network-acl-id", acl));
        let what = format!("reading network ACL {acl}");
        let answer = ec2.call("ec2:DescribeNetworkAcls", &what, || there.clone().send()).await?;
        let entries = answer.network_acls.unwrap_or_default().into_iter().flat_map(|a| a.entries.unwrap_or_default());
        let there = of_answer(&entries.collect::<Vec<_>>(), egress);
        Ok(there.iter().any(|e| e.number == entry.number && e.is(entry)).then_some(()))
    };
    making.found(ec2, || request.clone().send(), |_| Some(()), find).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn block(number: i64, protocol: &str, action: &str) -> Value {
        Value::object([
            ("rule_no", Value::from(number)),
            ("protocol", Value::string(protocol)),
            ("action", Value::string(action)),
            ("from_port", Value::from(80)),
            ("to_port", Value::from(80)),
            ("cidr_block", Value::string("10.0.0.0/8")),
        ])
    }

    fn answer(number: i32, protocol: &str) -> Answer {
        Answer::builder()
            .rule_number(number)
            .protocol(protocol)
            .egress(false)
            .rule_action(RuleAction::Allow)
            .port_range(PortRange::builder().from(80).to(80).build())
            .cidr_block("10.0.0.0/8")
            .build()
    }

    #[test]
    fn names_and_numbers_of_protocols_are_one() {
        let entry = Entry::of_answer(&answer(1, "6"));
        assert!(Entry::of_block(Args(&block(1, "TCP", "ALLOW"))).is(&entry));
        assert!(!Entry::of_block(Args(&block(1, "udp", "allow"))).is(&entry));
        assert!(!Entry::of_block(Args(&block(1, "tcp", "deny"))).is(&entry));
        assert!(Entry::of_block(Args(&entry.block())).is(&entry));
    }

    #[test]
    fn known_blocks_keep_their_form_and_reserved_entries_stay_out() {
        let known = [block(1, "tcp", "allow")];
        let there = of_answer(&[answer(1, "6"), answer(2, "6"), answer(RESERVED, "-1")], false);
        let seen = observe(&known, &there);
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0], known[0]);
        assert!(same(&of_blocks(seen.iter().map(Args)), &there));
    }
}
