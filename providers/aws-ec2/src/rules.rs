//! The rules of security groups, as blocks write them and as AWS groups them.
//!
//! A block may name many sources, and AWS gives them back grouped in its own way, so both are taken apart into rules
//! with one source each; these are compared, added and removed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Path, Value};

/// Every protocol.
pub(crate) const ALL: &str = "-1";

/// Traffic from or to one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub protocol: String,
    pub from: i32,
    pub to: i32,
    pub source: Source,
    pub description: String,
}

/// Where traffic comes from, or goes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    V4(String),
    V6(String),
    PrefixList(String),
    /// The security group that has the rule.
    Itself,
    /// `sg-1`, or `123456789012/sg-1` in another account.
    Group(String),
}

impl Rule {
    /// All of it but the description, which AWS changes in place.
    fn traffic(&self) -> (&str, i32, i32, &Source) {
        (&self.protocol, self.from, self.to, &self.source)
    }

    /// Whether both are the same but for the description.
    pub fn same_traffic(&self, other: &Rule) -> bool {
        self.traffic() == other.traffic()
    }
}

/// The name AWS has for a protocol: lower case, names for the numbers of TCP, UDP, ICMP and ICMPv6, `-1` for all.
pub(crate) fn protocol(written: &str) -> String {
    let lower = written.to_lowercase();
    let name = match lower.as_str() {
        "all" => ALL,
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => other,
    };
    name.to_owned()
}

/// The rules of some blocks.
pub(crate) fn of_blocks<'a>(blocks: impl IntoIterator<Item = Args<'a>>) -> BTreeSet<Rule> {
    blocks.into_iter().flat_map(of_block).collect()
}

fn of_block(block: Args<'_>) -> Vec<Rule> {
    let protocol = protocol(block.str("protocol").unwrap_or_default());
    let port = |name: &str| block.i32(name).filter(|_| protocol != ALL).unwrap_or(0);
    let rule = |source| Rule {
        protocol: protocol.clone(),
        from: port("from_port"),
        to: port("to_port"),
        source,
        description: block.str("description").unwrap_or_default().to_owned(),
    };
    let of = |name: &str, source: fn(String) -> Source| block.strings(name).into_iter().map(source);
    of("cidr_blocks", Source::V4)
        .chain(of("ipv6_cidr_blocks", v6))
        .chain(of("prefix_list_ids", Source::PrefixList))
        .chain(of("security_groups", Source::Group))
        .chain(block.bool("self").filter(|own| *own).map(|_| Source::Itself))
        .map(rule)
        .collect()
}

/// The source of an IPv6 network in any spelling.
pub(crate) fn v6(cidr: String) -> Source {
    let canonical = cidr.split_once('/').and_then(|(address, length)| {
        let address: std::net::Ipv6Addr = address.parse().ok()?;
        Some(format!("{address}/{length}"))
    });
    Source::V6(canonical.unwrap_or(cidr))
}

/// The rules that AWS holds for the group `id` of account `owner`.
pub(crate) fn of_permissions(permissions: &[IpPermission], id: &str, owner: &str) -> BTreeSet<Rule> {
    permissions.iter().flat_map(|p| of_permission(p, id, owner)).collect()
}

fn of_permission(permission: &IpPermission, id: &str, owner: &str) -> Vec<Rule> {
    let protocol = protocol(permission.ip_protocol().unwrap_or(ALL));
    let port = |port: Option<i32>| port.filter(|_| protocol != ALL).unwrap_or(0);
    let (from, to) = (port(permission.from_port()), port(permission.to_port()));
    let rule = |(source, description): (Source, Option<&str>)| Rule {
        protocol: protocol.clone(),
        from,
        to,
        source,
        description: description.unwrap_or_default().to_owned(),
    };
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let v4 = permission.ip_ranges().iter().map(|r| (Source::V4(text(r.cidr_ip())), r.description()));
    let ranges6 = permission.ipv6_ranges().iter().map(|r| (v6(text(r.cidr_ipv6())), r.description()));
    let lists = permission.prefix_list_ids().iter();
    let lists = lists.map(|l| (Source::PrefixList(text(l.prefix_list_id())), l.description()));
    let groups = permission.user_id_group_pairs().iter().map(|g| (group(g, id, owner), g.description()));
    v4.chain(ranges6).chain(lists).chain(groups).map(rule).collect()
}

fn group(pair: &UserIdGroupPair, id: &str, owner: &str) -> Source {
    let group = pair.group_id().unwrap_or_default();
    match pair.user_id() {
        _ if group == id => Source::Itself,
        Some(user) if !user.is_empty() && user != owner => Source::Group(format!("{user}/{group}")),
        _ => Source::Group(group.to_owned()),
    }
}

/// The rules as a request takes them, for the group `id`: one permission for each protocol and range of ports.
pub(crate) fn to_permissions(rules: &BTreeSet<Rule>, id: &str) -> Vec<IpPermission> {
    let mut grouped: BTreeMap<(&str, i32, i32), Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        grouped.entry((&rule.protocol, rule.from, rule.to)).or_default().push(rule);
    }
    grouped.into_iter().map(|(traffic, rules)| to_permission(traffic, &rules, id)).collect()
}

fn to_permission((protocol, from, to): (&str, i32, i32), rules: &[&Rule], id: &str) -> IpPermission {
    let mut permission = IpPermission::builder().ip_protocol(protocol);
    if protocol != ALL {
        permission = permission.from_port(from).to_port(to);
    }
    for rule in rules {
        let description = Some(rule.description.clone()).filter(|d| !d.is_empty());
        permission = match &rule.source {
            Source::V4(cidr) => {
                permission.ip_ranges(IpRange::builder().cidr_ip(cidr).set_description(description).build())
            }
            Source::V6(cidr) => {
                permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr).set_description(description).build())
            }
            Source::PrefixList(list) => {
                let list = PrefixListId::builder().prefix_list_id(list).set_description(description);
                permission.prefix_list_ids(list.build())
            }
            Source::Itself => permission.user_id_group_pairs(pair(id, description)),
            Source::Group(group) => permission.user_id_group_pairs(pair(group, description)),
        };
    }
    permission.build()
}

fn pair(group: &str, description: Option<String>) -> UserIdGroupPair {
    let (user, group) = match group.split_once('/') {
        Some((user, group)) => (Some(user.to_owned()), group),
        None => (None, group),
    };
    UserIdGroupPair::builder().set_user_id(user).group_id(group).set_description(description).build()
}

/// What to do so that the rules of a group are the wanted ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// To be revoked.
    pub revoke: BTreeSet<Rule>,
    /// There already, with another description.
    pub describe: BTreeSet<Rule>,
    /// To be authorized.
    pub authorize: BTreeSet<Rule>,
}

impl Changes {
    /// The way from what is `there` to what is `wanted`, of which only what was `managed` is revoked.
    pub fn between(there: &BTreeSet<Rule>, managed: &BTreeSet<Rule>, wanted: &BTreeSet<Rule>) -> Changes {
        let has = |rules: &BTreeSet<Rule>, rule: &Rule| rules.iter().any(|r| r.traffic() == rule.traffic());
        let (describe, authorize) = wanted.difference(there).cloned().partition(|rule| has(there, rule));
        let extra = there.difference(wanted).filter(|rule| !has(wanted, rule) && has(managed, rule));
        Changes { revoke: extra.cloned().collect(), describe, authorize }
    }
}

/// The blocks of a group as AWS holds its rules: known blocks stay as they are written while all their rules are
/// there, and what remains is written anew.
pub(crate) fn observe(known: &[Value], mut there: BTreeSet<Rule>) -> Vec<Value> {
    let mut blocks = Vec::new();
    for block in known {
        let rules = of_blocks([Args(block)]);
        if !rules.is_empty() && rules.is_subset(&there) {
            there.retain(|rule| !rules.contains(rule));
            blocks.push(block.clone());
        }
    }
    blocks.extend(to_blocks(&there));
    blocks
}

fn to_blocks(rules: &BTreeSet<Rule>) -> Vec<Value> {
    let mut grouped: BTreeMap<(&str, i32, i32, &str), Vec<&Source>> = BTreeMap::new();
    for rule in rules {
        let traffic = (rule.protocol.as_str(), rule.from, rule.to, rule.description.as_str());
        grouped.entry(traffic).or_default().push(&rule.source);
    }
    grouped.into_iter().map(|(traffic, sources)| to_block(traffic, &sources)).collect()
}

fn to_block((protocol, from, to, description): (&str, i32, i32, &str), sources: &[&Source]) -> Value {
    let of = |pick: fn(&Source) -> Option<&str>| sources.iter().filter_map(move |s| pick(s)).collect::<Vec<_>>();
    let mut reply = Reply::new();
    reply
        .str("protocol", Some(protocol))
        .i64("from_port", Some(from))
        .i64("to_port", Some(to))
        .str("description", Some(description))
        .list("cidr_blocks", of(|s| if let Source::V4(cidr) = s { Some(cidr) } else { None }))
        .list("ipv6_cidr_blocks", of(|s| if let Source::V6(cidr) = s { Some(cidr) } else { None }))
        .list("prefix_list_ids", of(|s| if let Source::PrefixList(list) = s { Some(list) } else { None }))
        .set("security_groups", of(|s| if let Source::Group(group) = s { Some(group) } else { None }))
        .bool("self", Some(sources.contains(&&Source::Itself)));
    reply.object()
}

/// What is wrong with blocks: every protocol has every port.
pub(crate) fn validate(config: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for direction in ["ingress", "egress"] {
        for block in Args(config).blocks(direction) {
            let (from, to) = (block.i64("from_port").unwrap_or(0), block.i64("to_port").unwrap_or(0));
            let all = block.str("protocol").is_some_and(|p| protocol(p) == ALL);
            if all && (from, to) != (0, 0) {
                let detail = format!(
                    "With protocol \"-1\" AWS takes no ports: from_port ({from}) and to_port ({to}) must both be 0."
                );
                problems.push(Problem::error("Ports without protocol", detail).at(Path::root().attr(direction)));
            }
        }
    }
    problems
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::Type;

    use super::*;

    fn block(protocol: &str, ports: (i64, i64), cidrs: &[&str], description: Option<&str>) -> Value {
        Value::object([
            ("protocol", Value::string(protocol)),
            ("from_port", Value::from(ports.0)),
            ("to_port", Value::from(ports.1)),
            ("cidr_blocks", Value::list(Type::String, cidrs.iter().map(|c| Value::string(*c)))),
            ("description", description.map_or(Value::null(Type::String), Value::string)),
        ])
    }

    fn rules(blocks: &[Value]) -> BTreeSet<Rule> {
        of_blocks(blocks.iter().map(Args))
    }

    #[test]
    fn blocks_survive_the_way_to_aws_and_back() {
        let mut own = Reply::from(&block("6", (80, 90), &["10.0.0.0/8", "10.1.0.0/16"], Some("web")));
        own.bool("self", Some(true)).set("security_groups", ["sg-2", "7/sg-3"]).list("ipv6_cidr_blocks", ["::0/0"]);
        let all = block("all", (0, 0), &["0.0.0.0/0"], None);
        let written = rules(&[own.object(), all]);
        assert_eq!(written.len(), 7);
        let permissions = to_permissions(&written, "sg-1");
        assert_eq!(permissions.len(), 2);
        assert_eq!(of_permissions(&permissions, "sg-1", "1"), written);
    }

    #[test]
    fn known_blocks_keep_their_form_and_the_rest_is_written_anew() {
        let known = [
            block("TCP", (80, 80), &["10.0.0.0/8", "10.1.0.0/16"], None),
            block("tcp", (443, 443), &["10.0.0.0/8"], None),
        ];
        let there = rules(&[
            block("tcp", (80, 80), &["10.1.0.0/16", "10.0.0.0/8", "10.2.0.0/16"], None),
            block("tcp", (443, 443), &["10.0.0.0/8"], Some("other")),
        ]);
        let seen = observe(&known, there.clone());
        assert_eq!(seen[0], known[0]);
        assert_eq!(seen.len(), 3);
        assert_eq!(rules(&seen), there);
    }

    #[test]
    fn only_what_differs_is_changed() {
        let there = rules(&[
            block("tcp", (1, 1), &["10.0.0.0/8"], None),
            block("tcp", (2, 2), &["10.0.0.0/8"], None),
            block("tcp", (3, 3), &["10.0.0.0/8"], None),
            block("tcp", (9, 9), &["10.0.0.0/8"], None),
        ]);
        let managed = rules(&[
            block("tcp", (1, 1), &["10.0.0.0/8"], None),
            block("tcp", (2, 2), &["10.0.0.0/8"], None),
            block("tcp", (3, 3), &["10.0.0.0/8"], None),
        ]);
        let wanted = rules(&[
            block("tcp", (1, 1), &["10.0.0.0/8"], None),
            block("tcp", (2, 2), &["10.0.0.0/8"], Some("new")),
            block("tcp", (4, 4), &["10.0.0.0/8"], None),
        ]);
        let changes = Changes::between(&there, &managed, &wanted);
        let ports = |rules: &BTreeSet<Rule>| rules.iter().map(|r| r.from).collect::<Vec<_>>();
        assert_eq!(ports(&changes.revoke), [3]);
        assert_eq!(ports(&changes.describe), [2]);
        assert_eq!(ports(&changes.authorize), [4]);
    }

    #[test]
    fn every_protocol_has_no_ports() {
        let config = |b: Value| Value::object([("ingress", Value::tuple([b]))]);
        assert_eq!(validate(&config(block("-1", (0, 65535), &[], None))).len(), 1);
        assert!(validate(&config(block("-1", (0, 0), &[], None))).is_empty());
        assert!(validate(&config(block("tcp", (0, 65535), &[], None))).is_empty());
    }
}
