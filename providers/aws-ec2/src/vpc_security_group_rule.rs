//! `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`.

use std::collections::HashMap;

use aws_sdk_ec2::operation::authorize_security_group_egress::AuthorizeSecurityGroupEgressOutput as EgressOutput;
use aws_sdk_ec2::operation::authorize_security_group_ingress::AuthorizeSecurityGroupIngressOutput as IngressOutput;
use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, ReferencedSecurityGroup, ResourceType, SecurityGroupRule as Answer,
    SecurityGroupRuleRequest, SecurityGroupRuleUpdate, UserIdGroupPair,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::{Type, Value};

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::lost::{BY_MARK, Making};
use crate::rivals::Claim;
use crate::rules::{ALL, protocol};
use crate::security_group::Direction;
use crate::tags;

const SOURCES: [&str; 4] = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];
const ARGUMENTS: [&str; 8] = [
    "cidr_ipv4",
    "cidr_ipv6",
    "description",
    "from_port",
    "ip_protocol",
    "prefix_list_id",
    "referenced_security_group_id",
    "to_port",
];
const GONE: [&str; 3] = ["InvalidGroup.NotFound", "InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound"];

/// Single rules of one direction.
pub(crate) struct Rule<const EGRESS: bool>;

/// Single rules for what comes in.
pub(crate) const INGRESS: Rule<false> = Rule;

/// Single rules for what goes out.
pub(crate) const EGRESS: Rule<true> = Rule;

impl<const EGRESS: bool> Rule<EGRESS> {
    const DIRECTION: Direction = if EGRESS { Direction::Egress } else { Direction::Ingress };
    const WORD: &'static str = if EGRESS { "egress" } else { "ingress" };
}

#[async_trait::async_trait]
impl<const EGRESS: bool> Kind for Rule<EGRESS> {
    const NAME: &'static str =
        if EGRESS { "aws_vpc_security_group_egress_rule" } else { "aws_vpc_security_group_ingress_rule" };
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let group = text(create.planned, "security_group_id").unwrap_or_default();
        let permission = permission(create.planned);
        let (what, look) = (format!("creating {} rule in security group {group}", Self::WORD), look(&group));
        let making = |operation| Making { operation, what: &what, look: &look, passing: &[] };
        let find = |mark: Vec<String>| async move { Ok(first_id(rules(ec2, BY_MARK, &mark).await?)) };
        let (ty, of) = (ResourceType::SecurityGroupRule, (ec2, create));
        let id = match Self::DIRECTION {
            Direction::Ingress => {
                let request = ec2.client.authorize_security_group_ingress().group_id(&group);
                let request = request.ip_permissions(permission);
                let send = |tags| request.clone().set_tag_specifications(tags).send();
                let take = |a: IngressOutput| first_id(a.security_group_rules?);
                making("ec2:AuthorizeSecurityGroupIngress").marked(of, ty, send, take, find).await?
            }
            Direction::Egress => {
                let request = ec2.client.authorize_security_group_egress().group_id(&group);
                let request = request.ip_permissions(permission);
                let send = |tags| request.clone().set_tag_specifications(tags).send();
                let take = |a: EgressOutput| first_id(a.security_group_rules?);
                making("ec2:AuthorizeSecurityGroupEgress").marked(of, ty, send, take, find).await?
            }
        };
        Ok(identity(id))
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        seen(ec2, Self::DIRECTION, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        observe(ec2, known, seen)
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        change(ec2, update, id).await
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let (id, group) = ends(prior);
        let what = format!("deleting {} rule {id}", Self::WORD);
        let done = match Self::DIRECTION {
            Direction::Ingress => {
                let request = ec2.client.revoke_security_group_ingress().group_id(group).security_group_rule_ids(&id);
                ec2.call("ec2:RevokeSecurityGroupIngress", &what, || request.clone().send()).await.map(drop)
            }
            Direction::Egress => {
                let request = ec2.client.revoke_security_group_egress().group_id(group).security_group_rule_ids(&id);
                ec2.call("ec2:RevokeSecurityGroupEgress", &what, || request.clone().send()).await.map(drop)
            }
        };
        unless(done, &GONE)?;
        gone(ec2, Self::DIRECTION, &id).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        Claim::one(Self::NAME, draft, Self::DIRECTION.parts()).into_iter().collect()
    }

    fn import(&self, id: &str) -> Result<Identity, Problem> {
        import(id)
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        list(ec2, Self::DIRECTION).await
    }
}

fn look(group: &str) -> String {
    format!("a new rule of security group {group}")
}

fn first_id(rules: Vec<Answer>) -> Option<String> {
    rules.into_iter().next()?.security_group_rule_id
}

fn identity(id: String) -> Identity {
    vec![("security_group_rule_id", id.clone()), ("id", id)]
}

fn ends(rule: &Value) -> (String, String) {
    (text(rule, "id").unwrap_or_default(), text(rule, "security_group_id").unwrap_or_default())
}

fn import(id: &str) -> Result<Identity, Problem> {
    match id.starts_with("sgr-") {
        true => Ok(vec![("id", id.to_owned())]),
        false => Err(bad_import(id, "of a security group rule id", "sgr-02108b27edd666983")),
    }
}

fn take(
    page: aws_sdk_ec2::operation::describe_security_group_rules::DescribeSecurityGroupRulesOutput,
) -> (Option<Vec<Answer>>, Option<String>) {
    (page.security_group_rules, page.next_token)
}

async fn rules(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_security_group_rules().filters(filter).set_next_token(token).max_results(1000).send()
    };
    let (operation, what) = ("ec2:DescribeSecurityGroupRules", "reading security group rules");
    ec2.filtered(operation, what, (by, values), send, take).await
}

async fn by_id(ec2: &Ec2<'_>, direction: Direction, ids: &[String]) -> Result<HashMap<String, Answer>, Problem> {
    let rules = rules(ec2, "security-group-rule-id", ids).await?;
    let rules = rules.into_iter().filter(|r| of_direction(r, direction));
    Ok(rules.filter_map(|r| Some((r.security_group_rule_id.clone()?, r))).collect())
}

fn of_direction(rule: &Answer, direction: Direction) -> bool {
    rule.is_egress().unwrap_or(false) == (direction == Direction::Egress)
}

async fn gone(ec2: &Ec2<'_>, direction: Direction, id: &str) -> Result<(), Problem> {
    let find = || async { Ok(by_id(ec2, direction, &[id.to_owned()]).await?.remove(id)) };
    ec2.until_gone(format!("security group rule {id} to be deleted"), PROPAGATION, find).await
}

async fn list(ec2: &Ec2<'_>, direction: Direction) -> Result<Vec<String>, Problem> {
    let send = |token| ec2.client.describe_security_group_rules().set_next_token(token).max_results(1000).send();
    let rules = ec2.pages("ec2:DescribeSecurityGroupRules", "listing security group rules", send, take).await?;
    let rules = rules.into_iter().filter(|r| of_direction(r, direction));
    Ok(rules.filter_map(|r| r.security_group_rule_id).collect())
}

/// A rule with the account of the caller.
pub(crate) struct Seen {
    rule: Answer,
    account: String,
}

async fn seen(ec2: &Ec2<'_>, direction: Direction, ids: &[String]) -> Result<HashMap<String, Seen>, Problem> {
    let account = ec2.cloud.account_id().await?;
    let rules = by_id(ec2, direction, ids).await?;
    Ok(rules.into_iter().map(|(id, rule)| (id, Seen { rule, account: account.clone() })).collect())
}

fn observe(ec2: &Ec2<'_>, known: &Value, Seen { rule: seen, account }: &Seen) -> Reply {
    let mut reply = Reply::new();
    let (id, owner) = (seen.security_group_rule_id().unwrap_or_default(), seen.group_owner_id().unwrap_or(account));
    let group = seen.referenced_group_info().map(|g| referenced(g, owner));
    reply
        .str("id", Some(id))
        .str("security_group_rule_id", Some(id))
        .str("arn", Some(ec2.arn(owner, &format!("security-group-rule/{id}"))))
        .str("security_group_id", seen.group_id())
        .str("cidr_ipv4", seen.cidr_ipv4())
        .str("cidr_ipv6", seen.cidr_ipv6())
        .str("prefix_list_id", seen.prefix_list_id())
        .str("referenced_security_group_id", group)
        .str("description", seen.description().filter(|d| !d.is_empty()));
    let protocol = seen.ip_protocol().unwrap_or(ALL);
    let written = Args(known).text("ip_protocol").filter(|w| same_protocol(w, protocol));
    reply.str("ip_protocol", Some(written.unwrap_or(protocol)));
    for (name, port) in [("from_port", seen.from_port()), ("to_port", seen.to_port())] {
        // With all protocols AWS drops the ports, whatever was written.
        let port = if protocol == ALL { Args(known).i32(name) } else { port };
        observe_port(&mut reply, known, name, port);
    }
    tags::observe(ec2, &mut reply, known, seen.tags());
    reply
}

/// AWS tells -1 where no port is set; a port that is written as 0 is not the same as none.
fn observe_port(reply: &mut Reply, known: &Value, name: &str, port: Option<i32>) {
    let written = Args(known).i32(name);
    match (written, port) {
        (None, Some(-1) | None) => reply.value(name, Value::null(Type::Number)),
        (_, port) => reply.i64(name, port),
    };
}

fn same_protocol(a: &str, b: &str) -> bool {
    protocol(a) == protocol(b)
}

fn referenced(group: &ReferencedSecurityGroup, owner: &str) -> String {
    let id = group.group_id().unwrap_or_default();
    match group.user_id().filter(|user| !user.is_empty() && *user != owner) {
        Some(user) => format!("{user}/{id}"),
        None => id.to_owned(),
    }
}

/// A rule cannot change the kind of its source.
fn plan(draft: &mut Draft<'_>) {
    let Some(prior) = draft.prior else { return };
    let was = SOURCES.iter().find(|name| Args(prior).text(name).is_some());
    let is = SOURCES.iter().find(|name| draft.written(name));
    if let (Some(was), Some(is)) = (was, is)
        && was != is
    {
        draft.replace(was);
        draft.replace(is);
    }
    let (was, is) = (Args(prior).text("ip_protocol"), draft.text("ip_protocol"));
    if was.zip(is).is_some_and(|(was, is)| same_protocol(was, is)) {
        draft.keep("ip_protocol");
    }
}

async fn change(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
    if ARGUMENTS.iter().any(|name| Args(update.planned).differs(update.prior, name)) {
        let group = text(update.prior, "security_group_id");
        let rule = SecurityGroupRuleUpdate::builder().security_group_rule_id(id).security_group_rule(rule(update));
        let request = ec2.client.modify_security_group_rules().set_group_id(group).security_group_rules(rule.build());
        let what = format!("changing security group rule {id}");
        ec2.call("ec2:ModifySecurityGroupRules", &what, || request.clone().send()).await?;
    }
    tags::update(ec2, id, update).await?;
    Ok(Vec::new())
}

fn rule(update: &Update<'_>) -> SecurityGroupRuleRequest {
    let args = Args(update.planned);
    SecurityGroupRuleRequest::builder()
        .set_cidr_ipv4(args.string("cidr_ipv4"))
        .set_cidr_ipv6(args.string("cidr_ipv6"))
        .set_description(args.string("description"))
        .set_from_port(args.i32("from_port"))
        .set_ip_protocol(args.text("ip_protocol").map(protocol))
        .set_prefix_list_id(args.string("prefix_list_id"))
        .set_referenced_group_id(args.string("referenced_security_group_id"))
        .set_to_port(args.i32("to_port"))
        .build()
}

fn permission(rule: &Value) -> IpPermission {
    let args = Args(rule);
    let description = || args.string("description");
    let v4 = args.string("cidr_ipv4");
    let v4 = v4.map(|c| vec![IpRange::builder().cidr_ip(c).set_description(description()).build()]);
    let v6 = args.string("cidr_ipv6");
    let v6 = v6.map(|c| vec![Ipv6Range::builder().cidr_ipv6(c).set_description(description()).build()]);
    let lists = args.string("prefix_list_id");
    let lists = lists.map(|l| vec![PrefixListId::builder().prefix_list_id(l).set_description(description()).build()]);
    let groups = args.text("referenced_security_group_id").map(|g| vec![pair(g, description())]);
    IpPermission::builder()
        .set_ip_protocol(args.text("ip_protocol").map(protocol))
        .set_from_port(args.i32("from_port"))
        .set_to_port(args.i32("to_port"))
        .set_ip_ranges(v4)
        .set_ipv6_ranges(v6)
        .set_prefix_list_ids(lists)
        .set_user_id_group_pairs(groups)
        .build()
}

fn pair(group: &str, description: Option<String>) -> UserIdGroupPair {
    let pair = UserIdGroupPair::builder().set_description(description);
    match group.split_once('/') {
        Some((user, group)) => pair.user_id(user).group_id(group).build(),
        None => pair.group_id(group).build(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;

    use super::*;

    fn object(pairs: &[(&str, &str)]) -> Value {
        Value::object(pairs.iter().map(|(n, v)| (*n, Value::string(*v))))
    }

    fn planned(prior: &Value, config: &Value) -> PlanResponse {
        let response = PlanResponse { planned: Some(config.clone()), ..PlanResponse::default() };
        let mut draft = Draft::new(Some(prior), config, response);
        plan(&mut draft);
        draft.done()
    }

    #[test]
    fn another_kind_of_source_replaces_and_another_value_does_not() {
        let v4 = object(&[("cidr_ipv4", "10.0.0.0/8")]);
        let other = object(&[("cidr_ipv4", "10.0.0.0/16")]);
        let v6 = object(&[("cidr_ipv6", "::/0")]);
        assert!(planned(&v4, &other).requires_replace.is_empty());
        assert_eq!(planned(&v4, &v6).requires_replace.len(), 2);
    }

    #[test]
    fn one_protocol_has_many_names() {
        let (number, name) = (object(&[("ip_protocol", "6")]), object(&[("ip_protocol", "TCP")]));
        let plan = planned(&number, &name).planned.unwrap();
        assert_eq!(plan.get("ip_protocol").unwrap().as_str(), Some("6"));
    }

    #[test]
    fn ports_of_all_protocols_stay_unset() {
        let mut reply = Reply::new();
        observe_port(&mut reply, &object(&[]), "from_port", Some(-1));
        observe_port(&mut reply, &object(&[]), "to_port", Some(0));
        let seen = reply.object();
        assert!(seen.get("from_port").unwrap().is_null());
        assert_eq!(seen.get("to_port").unwrap().as_i64(), Some(0));
    }
}
