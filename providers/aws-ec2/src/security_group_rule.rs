//! `aws_security_group_rule`: one range of ports with any number of sources, which AWS holds as a rule for each.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::types::SecurityGroupRule;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::checksum::crc32;
use crate::client::Ec2;
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::rivals::Claim;
use crate::rules::{self, ALL, Rule, Source, protocol};
use crate::security_group::{self, DIRECTIONS, Direction};

const CREATION: Duration = Duration::from_secs(300);
const EXAMPLE: &str = "sg-6e616f6d69_ingress_tcp_8000_8000_10.0.3.0/24";
const FORM: &str = "SECURITYGROUPID_TYPE_PROTOCOL_FROMPORT_TOPORT_SOURCE[_SOURCE]...";

/// Rules of one range of ports.
pub(crate) struct SecurityGroupRules;

/// A rule as it is written, or as an import names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spec {
    group: String,
    direction: Direction,
    protocol: String,
    ports: (i32, i32),
    v4: Vec<String>,
    v6: Vec<String>,
    lists: Vec<String>,
    own: bool,
    source: Option<String>,
    description: String,
}

impl Spec {
    fn of(object: &Value) -> Option<Spec> {
        if let Some(spec) = text(object, "id").as_deref().and_then(Spec::imported) {
            return Some(spec);
        }
        let args = Args(object);
        let direction = args.text("type").and_then(direction)?;
        Some(Spec {
            group: args.string("security_group_id")?,
            direction,
            protocol: protocol(args.str("protocol")?),
            ports: (args.i32("from_port").unwrap_or(0), args.i32("to_port").unwrap_or(0)),
            v4: args.strings("cidr_blocks"),
            v6: args.strings("ipv6_cidr_blocks"),
            lists: args.strings("prefix_list_ids"),
            own: args.bool("self").unwrap_or(false),
            source: args.string("source_security_group_id"),
            description: args.string("description").unwrap_or_default(),
        })
    }

    /// The rule of an import id, `sg-1_ingress_tcp_80_80_10.0.0.0/8`.
    fn imported(id: &str) -> Option<Spec> {
        let parts: Vec<&str> = id.split('_').collect();
        let [group, ty, written, from, to, sources @ ..] = parts.as_slice() else { return None };
        if !group.starts_with("sg-") || sources.is_empty() || sources.iter().any(|s| !is_source(s)) {
            return None;
        }
        let of = |holds: fn(&str) -> bool| sources.iter().filter(|s| holds(s)).map(|s| (*s).to_owned()).collect();
        Some(Spec {
            group: (*group).to_owned(),
            direction: direction(ty)?,
            protocol: known_protocol(written)?,
            ports: (from.parse().ok()?, to.parse().ok()?),
            v4: of(is_v4),
            v6: of(is_v6),
            lists: of(is_list),
            own: sources.contains(&"self"),
            source: sources.iter().find(|s| s.contains("sg-")).map(|s| (*s).to_owned()),
            description: String::new(),
        })
    }

    /// The single rules that AWS makes of it.
    fn rules(&self) -> BTreeSet<Rule> {
        let mut block = Reply::new();
        block
            .str("protocol", Some(&self.protocol))
            .i64("from_port", Some(self.ports.0))
            .i64("to_port", Some(self.ports.1))
            .list("cidr_blocks", &self.v4)
            .list("ipv6_cidr_blocks", &self.v6)
            .list("prefix_list_ids", &self.lists)
            .bool("self", Some(self.own || self.source.as_ref() == Some(&self.group)))
            .set("security_groups", self.source.iter().filter(|s| **s != self.group))
            .str("description", Some(&self.description));
        rules::of_blocks([Args(&block.object())])
    }

    /// What finds it among others: its import id.
    fn key(&self) -> String {
        let own = self.own.then_some("self".to_owned());
        let sources = self.v4.iter().chain(&self.v6).chain(&self.lists).chain(&own).chain(&self.source);
        let sources: Vec<&str> = sources.map(String::as_str).collect();
        let (ty, (from, to)) = (self.direction.name(), self.ports);
        format!("{}_{ty}_{}_{from}_{to}_{}", self.group, self.protocol, sources.join("_"))
    }

    /// The id that state holds for it.
    fn id(&self) -> String {
        let mut parts = vec![self.group.clone()];
        let ports = [self.ports.0, self.ports.1].into_iter().filter(|port| self.protocol != ALL && *port > 0);
        parts.extend(ports.map(|port| port.to_string()));
        parts.extend([self.protocol.clone(), self.direction.name().to_owned()]);
        for list in [&self.v4, &self.v6, &self.lists] {
            let mut list = list.clone();
            list.sort();
            parts.extend(list);
        }
        let group = self.source.as_deref().map(|s| s.rsplit('/').next().unwrap_or(s));
        let own = self.own.then_some(self.group.as_str());
        let mut groups: Vec<&str> = own.into_iter().chain(group.filter(|g| Some(*g) != own)).collect();
        groups.sort_unstable();
        let text: String = parts.iter().map(|part| format!("{part}-")).collect();
        let groups: String = groups.iter().map(|group| format!("{group}--")).collect();
        format!("sgrule-{}", crc32(format!("{text}{groups}").as_bytes()))
    }
}

fn direction(ty: &str) -> Option<Direction> {
    DIRECTIONS.into_iter().find(|d| d.name() == ty)
}

fn known_protocol(written: &str) -> Option<String> {
    let protocol = protocol(written);
    let named = ["tcp", "udp", "icmp", "icmpv6", ALL].contains(&protocol.as_str());
    (named || protocol.parse::<u8>().is_ok()).then_some(protocol)
}

fn is_v6(source: &str) -> bool {
    source.contains(':') && !source.contains("sg-")
}

fn is_list(source: &str) -> bool {
    source.starts_with("pl-")
}

fn is_v4(source: &str) -> bool {
    source.contains('.') && !source.contains(':')
}

fn is_source(source: &str) -> bool {
    source == "self" || source.contains("sg-") || is_v6(source) || is_list(source) || is_v4(source)
}

#[async_trait::async_trait]
impl Kind for SecurityGroupRules {
    const NAME: &'static str = "aws_security_group_rule";
    /// The rules that are there, whatever their description.
    type Seen = BTreeSet<Rule>;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let Some(spec) = Spec::of(create.planned) else { return Ok(Vec::new()) };
        let made = security_group::authorize(ec2, &spec.group, spec.direction, &spec.rules()).await?;
        let rule = match made.as_slice() {
            [SecurityGroupRule { security_group_rule_id: Some(rule), .. }] => Some(rule.clone()),
            _ => None,
        };
        let rule = rule.map(|rule| ("security_group_rule_id", rule));
        Ok([("id", spec.id())].into_iter().chain(rule).collect())
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, _: &str) -> Result<(), Problem> {
        let Some(spec) = Spec::of(create.planned) else { return Ok(()) };
        let (what, time) =
            (format!("the rules {} to be seen", spec.key()), timeout(create.planned, "create", CREATION));
        let all = |seen: &BTreeSet<Rule>| Ok(seen.len() >= spec.rules().len());
        let find = || async { Ok(found(ec2, std::slice::from_ref(&spec)).await?.remove(&spec.key())) };
        ec2.until(what, time, find, all, |_| "some are missing".to_owned()).await?;
        Ok(())
    }

    fn key(&self, known: &Value) -> Option<String> {
        Spec::of(known).map(|spec| spec.key())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, BTreeSet<Rule>>, Problem> {
        let specs: Vec<Spec> = keys(wanted).iter().filter_map(|key| Spec::imported(key)).collect();
        found(ec2, &specs).await
    }

    /// A source that is gone is missing; AWS tells neither how sources were grouped nor in which order.
    fn observe(&self, _: &Ec2<'_>, known: &Value, seen: &BTreeSet<Rule>) -> Reply {
        let mut reply = Reply::new();
        let Some(spec) = Spec::of(known) else { return reply };
        let id = text(known, "id").filter(|id| Spec::imported(id).is_none()).unwrap_or_else(|| spec.id());
        let there = |source: Source| seen.iter().any(|rule| rule.source == source);
        let of = |list: &[String], source: fn(String) -> Source| -> Vec<String> {
            list.iter().filter(|text| there(source((*text).clone()))).cloned().collect()
        };
        let description = seen.iter().map(|rule| rule.description.as_str()).find(|d| !d.is_empty());
        let source = spec.source.as_ref().filter(|s| **s == spec.group || there(Source::Group((*s).clone())));
        let written = Args(known).str("protocol").filter(|w| protocol(w) == spec.protocol);
        reply
            .str("id", Some(id))
            .str("security_group_id", Some(&spec.group))
            .str("type", Some(spec.direction.name()))
            .str("protocol", Some(written.unwrap_or(&spec.protocol)))
            .i64("from_port", Some(spec.ports.0))
            .i64("to_port", Some(spec.ports.1))
            .list("cidr_blocks", of(&spec.v4, Source::V4))
            .list("ipv6_cidr_blocks", of(&spec.v6, rules::v6))
            .list("prefix_list_ids", of(&spec.lists, Source::PrefixList))
            .bool("self", Some(spec.own && there(Source::Itself)))
            .str("source_security_group_id", source)
            .str("description", Some(description.unwrap_or_default()));
        reply
    }

    /// Only the description changes in place.
    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        if let Some(spec) = Spec::of(update.planned).filter(|_| update.changes("description")) {
            security_group::describe(ec2, &spec.group, spec.direction, &spec.rules()).await?;
        }
        Ok(text(update.prior, "id").map(|id| ("id", id)).into_iter().collect())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let Some(spec) = Spec::of(prior) else { return Ok(()) };
        security_group::revoke(ec2, &spec.group, spec.direction, &spec.rules()).await?;
        let find = || async { Ok(found(ec2, std::slice::from_ref(&spec)).await?.remove(&spec.key())) };
        ec2.until_gone(format!("the rules {} to be gone", spec.key()), CREATION, find).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let direction = draft.text("type").and_then(direction);
        direction.and_then(|d| Claim::one(Self::NAME, draft, d.parts())).into_iter().collect()
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match Spec::imported(id) {
            Some(_) => Ok(vec![("id", id.to_owned())]),
            None => Err(bad_import(id, FORM, EXAMPLE)),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let groups = security_group::all(ec2).await?;
        let of = |group: &aws_sdk_ec2::types::SecurityGroup, direction: Direction| {
            let id = group.group_id().unwrap_or_default().to_owned();
            let rules = security_group::rules_of(group, direction);
            rules.into_iter().map(move |rule| key_of(&id, direction, &rule)).collect::<Vec<_>>()
        };
        Ok(groups.iter().flat_map(|g| DIRECTIONS.into_iter().flat_map(move |d| of(g, d))).collect())
    }
}

/// The import id of one rule of a group.
fn key_of(group: &str, direction: Direction, rule: &Rule) -> String {
    let source = match &rule.source {
        Source::V4(text) | Source::V6(text) | Source::PrefixList(text) | Source::Group(text) => text,
        Source::Itself => "self",
    };
    format!("{group}_{}_{}_{}_{}_{source}", direction.name(), rule.protocol, rule.from, rule.to)
}

/// The rules that are there, by key; what has none of its rules is not there.
async fn found(ec2: &Ec2<'_>, specs: &[Spec]) -> Result<HashMap<String, BTreeSet<Rule>>, Problem> {
    let groups: BTreeSet<String> = specs.iter().map(|s| s.group.clone()).collect();
    let groups = security_group::by_id(ec2, &groups.into_iter().collect::<Vec<_>>()).await?;
    let there = |spec: &Spec| {
        let (wanted, all) = (spec.rules(), security_group::rules_of(groups.get(&spec.group)?, spec.direction));
        let there: BTreeSet<Rule> = all.into_iter().filter(|r| wanted.iter().any(|w| w.same_traffic(r))).collect();
        (!there.is_empty()).then_some((spec.key(), there))
    };
    Ok(specs.iter().filter_map(there).collect())
}

/// One protocol has many names, one network many spellings, and every protocol has no ports.
fn plan(draft: &mut Draft<'_>) {
    let Some(prior) = draft.prior else { return };
    let (was, is) = (Args(prior).text("protocol"), draft.text("protocol").map(protocol));
    if was.map(protocol).zip(is.clone()).is_some_and(|(was, is)| was == is) {
        draft.keep("protocol");
    }
    for name in ["from_port", "to_port"] {
        if is.as_deref() == Some(ALL) && Args(prior).i32(name) == Some(0) {
            draft.keep(name);
        }
    }
    if !draft.changes(&["ipv6_cidr_blocks"]) {
        draft.keep("ipv6_cidr_blocks");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn import_ids_name_every_part() {
        let id = "sg-1_ingress_tcp_100_121_10.1.0.0/16_2001:db8::/48_pl-3_self";
        let spec = Spec::imported(id).unwrap();
        assert_eq!(spec.key(), id);
        assert_eq!(spec.rules().len(), 4);
        assert_eq!((spec.ports, spec.own, spec.source.as_ref()), ((100, 121), true, None));
        let other = Spec::imported("sg-1_egress_all_0_0_123456789012/sg-2").unwrap();
        assert_eq!((other.protocol.as_str(), other.source.as_deref()), ("-1", Some("123456789012/sg-2")));
        for wrong in
            ["sg-1", "sg-1_in_tcp_1_2_self", "sg-1_ingress_x_1_2_self", "sg-1_ingress_tcp_1_2_what", "sgrule-1"]
        {
            assert_eq!(Spec::imported(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_are_those_of_terraform_state() {
        let id = |id: &str| Spec::imported(id).unwrap().id();
        // The text under the checksum has every part with a dash behind it.
        let expect = |text: &str| format!("sgrule-{}", crc32(text.as_bytes()));
        assert_eq!(
            id("sg-1_ingress_tcp_80_443_10.1.0.0/16_10.0.0.0/8"),
            expect("sg-1-80-443-tcp-ingress-10.0.0.0/8-10.1.0.0/16-")
        );
        assert_eq!(id("sg-1_egress_-1_0_0_self"), expect("sg-1--1-egress-sg-1--"));
        assert_eq!(id("sg-1_egress_-1_0_65535_7/sg-2"), expect("sg-1--1-egress-sg-2--"));
    }
}
