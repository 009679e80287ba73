//! `aws_network_acl_rule`.

use std::collections::HashMap;

use aws_sdk_ec2::types::{NetworkAclEntry as Answer, RuleAction};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::acl_entries::{self, Entry};
use crate::checksum::crc32;
use crate::client::{Ec2, PROPAGATION};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::network_acl::{self, entries};
use crate::rivals::Claim;

/// Single rules of network ACLs.
pub(crate) struct NetworkAclRule;

/// What finds a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    acl: String,
    number: i32,
    egress: bool,
}

impl Place {
    /// The place of a rule, be its id that of an import.
    fn of(rule: &Value) -> Option<Place> {
        if let Some((place, _)) = text(rule, "id").as_deref().and_then(imported) {
            return Some(place);
        }
        let args = Args(rule);
        let egress = args.bool("egress").unwrap_or(false);
        Some(Place { acl: args.string("network_acl_id")?, number: args.i32("rule_number")?, egress })
    }

    fn parse(key: &str) -> Option<Place> {
        let mut parts = key.split(':');
        let (acl, number, egress) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()? == "true");
        Some(Place { acl, number, egress })
    }

    fn key(&self) -> String {
        format!("{}:{}:{}", self.acl, self.number, self.egress)
    }

    fn id(&self, protocol: &str) -> String {
        let Place { acl, number, egress } = self;
        format!("nacl-{}", crc32(format!("{acl}-{number}-{egress}-{protocol}-").as_bytes()))
    }
}

/// The parts of an import id `ACL:NUMBER:PROTOCOL:EGRESS`: the place and the protocol.
fn imported(id: &str) -> Option<(Place, &str)> {
    let parts: Vec<&str> = id.split(':').collect();
    let [acl, number, protocol, egress] = parts.as_slice() else { return None };
    let egress = match *egress {
        "true" => true,
        "false" => false,
        _ => return None,
    };
    let place = Place { acl: (*acl).to_owned(), number: number.parse().ok()?, egress };
    (!acl.is_empty() && !protocol.is_empty()).then_some((place, *protocol))
}

#[async_trait::async_trait]
impl Kind for NetworkAclRule {
    const NAME: &'static str = "aws_network_acl_rule";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let Some(place) = Place::of(create.planned) else { return Ok(Vec::new()) };
        acl_entries::create(ec2, &place.acl, place.egress, &Entry::of_rule(Args(create.planned))).await?;
        Ok(vec![("id", place.id(Args(create.planned).str("protocol").unwrap_or_default()))])
    }

    fn key(&self, known: &Value) -> Option<String> {
        Place::of(known).map(|place| place.key())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let places: Vec<Place> = keys(wanted).iter().filter_map(|key| Place::parse(key)).collect();
        let mut acls: Vec<String> = places.iter().map(|p| p.acl.clone()).collect();
        acls.sort();
        acls.dedup();
        let acls = network_acl::by_id(ec2, &acls).await?;
        let entry = |place: &Place| {
            let mut entries = acls.get(&place.acl)?.entries().iter();
            entries.find(|e| e.rule_number() == Some(place.number) && e.egress() == Some(place.egress)).cloned()
        };
        Ok(places.iter().filter_map(|place| Some((place.key(), entry(place)?))).collect())
    }

    fn observe(&self, _: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let Some(place) = Place::of(known) else { return reply };
        let id = text(known, "id").unwrap_or_default();
        if let Some((place, protocol)) = imported(&id) {
            reply.str("id", Some(place.id(protocol)));
        }
        let args = Args(known);
        let protocol = acl_entries::protocol(seen.protocol().unwrap_or("-1"));
        let written = args.str("protocol").filter(|w| acl_entries::protocol(w) == protocol);
        let action = seen.rule_action().map(RuleAction::as_str);
        let same = |w: &&str| action.is_some_and(|a| a.eq_ignore_ascii_case(w));
        reply
            .str("network_acl_id", Some(&place.acl))
            .i64("rule_number", Some(place.number))
            .bool("egress", Some(place.egress))
            .str("cidr_block", Some(seen.cidr_block().unwrap_or_default()))
            .str("ipv6_cidr_block", Some(seen.ipv6_cidr_block().unwrap_or_default()))
            .str("protocol", Some(written.unwrap_or(&protocol)))
            .str("rule_action", args.str("rule_action").filter(same).or(action));
        // Where AWS holds no ports or codes, what is written says nothing, and stays.
        if let Some(ports) = seen.port_range() {
            reply.i64("from_port", ports.from()).i64("to_port", ports.to());
        }
        if let Some(icmp) = seen.icmp_type_code() {
            reply.i64("icmp_type", icmp.r#type()).i64("icmp_code", icmp.code());
        }
        reply
    }

    /// Every change of a rule replaces it.
    async fn change(&self, _: &Ec2<'_>, _: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let Some(place) = Place::of(prior) else { return Ok(()) };
        acl_entries::delete(ec2, &place.acl, place.egress, place.number).await?;
        let find =
            || async { Ok(self.fetch(ec2, &[Wanted { key: &place.key(), known: prior }]).await?.into_values().next()) };
        ec2.until_gone(format!("entry {} of network ACL {} to be deleted", place.number, place.acl), PROPAGATION, find)
            .await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        let egress = draft.planned("egress").map_or(Some(false), Value::as_bool);
        egress.and_then(|egress| Claim::one(Self::NAME, draft, entries(egress))).into_iter().collect()
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        match imported(id) {
            Some(_) => Ok(vec![("id", id.to_owned())]),
            None => Err(bad_import(id, "NETWORKACLID:RULENUMBER:PROTOCOL:EGRESS", "acl-7aaabd18:100:tcp:false")),
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_network_acls().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeNetworkAcls", "listing network ACLs");
        let acls = ec2.pages(operation, what, send, |a| (a.network_acls, a.next_token)).await?;
        let own = |e: &&Answer| e.rule_number().is_some_and(|n| n < acl_entries::RESERVED);
        let id = |acl: &str, e: &Answer| {
            Some(format!("{acl}:{}:{}:{}", e.rule_number()?, acl_entries::spelled(e.protocol()?), e.egress()?))
        };
        let of = |acl: &aws_sdk_ec2::types::NetworkAcl| {
            let ids = acl.entries().iter().filter(own).filter_map(|e| id(acl.network_acl_id()?, e));
            ids.collect::<Vec<_>>()
        };
        Ok(acls.iter().flat_map(of).collect())
    }
}

/// One protocol has many names, one action two spellings, and rules of other protocols than TCP and UDP no ports.
fn plan(draft: &mut Draft<'_>) {
    let Some(prior) = draft.prior else { return };
    let (was, is) = (Args(prior).text("protocol"), draft.text("protocol"));
    if was.zip(is).is_some_and(|(was, is)| acl_entries::protocol(was) == acl_entries::protocol(is)) {
        draft.keep("protocol");
    }
    let (was, is) = (Args(prior).text("rule_action"), draft.text("rule_action"));
    if was.zip(is).is_some_and(|(was, is)| was.eq_ignore_ascii_case(is)) {
        draft.keep("rule_action");
    }
    let (was, is) = (Args(prior).text("ipv6_cidr_block"), draft.text("ipv6_cidr_block"));
    if was.zip(is).is_some_and(|(was, is)| crate::settle::same_network(was, is)) {
        draft.keep("ipv6_cidr_block");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn import_ids_have_four_parts() {
        let (place, protocol) = imported("acl-1:100:tcp:false").unwrap();
        assert_eq!((place.key().as_str(), protocol), ("acl-1:100:false", "tcp"));
        assert_eq!(Place::parse(&place.key()), Some(place));
        for wrong in ["acl-1:100:tcp", "acl-1:x:tcp:true", "acl-1:1:tcp:maybe", "acl-1:1::true", "nacl-123"] {
            assert_eq!(imported(wrong), None, "{wrong}");
        }
    }
}
