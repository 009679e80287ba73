//! `aws_security_group`, and what it shares with `aws_default_security_group`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_ec2::operation::authorize_security_group_egress::AuthorizeSecurityGroupEgressOutput as EgressOutput;
use aws_sdk_ec2::operation::authorize_security_group_ingress::AuthorizeSecurityGroupIngressOutput as IngressOutput;
use aws_sdk_ec2::types::{ResourceType, SecurityGroup as Answer, SecurityGroupRule as Numbered};
use terrane_aws_core::{name_of, prefix_of, timeout};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, filter, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::rivals::{Claim, Parts};
use crate::rules::{self, Changes, Rule, Source};
use crate::tags;

const CREATION: Duration = Duration::from_secs(600);
const DELETION: Duration = Duration::from_secs(900);
const GONE: &str = "InvalidGroup.NotFound";

/// Security groups.
pub(crate) struct SecurityGroup;

/// The two directions of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

pub(crate) const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

impl Direction {
    /// The attribute that holds its rules.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }

    /// Its rules, as several types may write them.
    pub fn parts(self) -> Parts {
        Parts { whole: "security group", name: "rules", block: self.name(), reference: "security_group_id" }
    }
}

#[async_trait::async_trait]
impl Kind for SecurityGroup {
    const NAME: &'static str = "aws_security_group";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        let request = ec2
            .client
            .create_security_group()
            .group_name(&name)
            .set_description(args.str("description").map(str::to_owned))
            .set_vpc_id(args.string("vpc_id"));
        let (what, look) = (format!("creating security group {name:?}"), format!("security group {name:?}"));
        let making = Making { operation: "ec2:CreateSecurityGroup", what: &what, look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let find =
            |mark: Vec<String>| async move { Ok(groups(ec2, BY_MARK, &mark).await?.pop().and_then(|g| g.group_id)) };
        let id = making.marked((ec2, create), ResourceType::SecurityGroup, send, |a| a.group_id, find).await?;
        Ok(vec![("id", id)])
    }

    /// AWS lets all traffic out of a new group; such a rule stands only where it is written.
    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let (what, time) = (format!("security group {id} to be seen"), timeout(create.planned, "create", CREATION));
        let group = ec2.until(what, time, || find(ec2, id), |_| Ok(true), |_| String::new()).await?;
        set_rules(ec2, &group, create.planned).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        by_id(ec2, &keys(wanted)).await
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        observe(ec2, known, seen)
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        change(ec2, update, id).await
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        if Args(prior).bool("revoke_rules_on_delete") == Some(true) {
            revoke_own(ec2, id).await?;
            revoke_references(ec2, id).await?;
        }
        let request = ec2.client.delete_security_group().group_id(id);
        let (what, time) = (format!("deleting security group {id}"), timeout(prior, "delete", DELETION));
        let in_use = |r: &Refusal| r.is(&["DependencyViolation", "InvalidGroup.InUse"]);
        let deleted = ec2.insist("ec2:DeleteSecurityGroup", &what, time, || request.clone().send(), in_use).await;
        unless(deleted, &[GONE])?;
        ec2.until_gone(format!("security group {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    fn plan(&self, draft: &mut Draft<'_>) {
        plan(draft);
    }

    fn claims(&self, draft: &mut Draft<'_>) -> Vec<Claim> {
        claims(Self::NAME, draft)
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        rules::validate(config)
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let own = all(ec2).await?.into_iter().filter(|g| g.group_name() != Some("default"));
        Ok(own.filter_map(|g| g.group_id).collect())
    }
}

type Page = aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;

fn take(page: Page) -> (Option<Vec<Answer>>, Option<String>) {
    (page.security_groups, page.next_token)
}

/// Every security group of a region.
pub(crate) async fn all(ec2: &Ec2<'_>) -> Result<Vec<Answer>, Refusal> {
    let send = |token| ec2.client.describe_security_groups().set_next_token(token).max_results(1000).send();
    ec2.pages("ec2:DescribeSecurityGroups", "listing security groups", send, take).await
}

/// Security groups by id.
pub(crate) async fn by_id(ec2: &Ec2<'_>, ids: &[String]) -> Result<HashMap<String, Answer>, Problem> {
    let groups = groups(ec2, "group-id", ids).await?;
    Ok(groups.into_iter().filter_map(|g| Some((g.group_id.clone()?, g))).collect())
}

async fn groups(ec2: &Ec2<'_>, filter: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_security_groups().filters(filter).set_next_token(token).max_results(1000).send()
    };
    ec2.filtered("ec2:DescribeSecurityGroups", "reading security groups", (filter, values), send, take).await
}

/// The security group with an id.
pub(crate) async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(by_id(ec2, &[id.to_owned()]).await?.remove(id))
}

/// The default security group of a VPC, or of the default VPC.
pub(crate) async fn find_default(ec2: &Ec2<'_>, vpc: Option<&str>) -> Result<Option<Answer>, Refusal> {
    let by_place = match vpc {
        Some(vpc) => filter("vpc-id", vpc),
        None => filter("description", "default group"),
    };
    let request = ec2.client.describe_security_groups().filters(filter("group-name", "default")).filters(by_place);
    let what = "reading the default security group";
    let answer = ec2.call("ec2:DescribeSecurityGroups", what, || request.clone().send()).await?;
    Ok(answer.security_groups.unwrap_or_default().pop())
}

/// The attributes of a security group.
pub(crate) fn observe(ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
    let mut reply = Reply::new();
    let (id, owner) = (seen.group_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
    let name = seen.group_name().unwrap_or_default();
    reply
        .str("id", Some(id))
        .str("arn", Some(ec2.arn(owner, &format!("security-group/{id}"))))
        .str("owner_id", Some(owner))
        .str("name", Some(name))
        .str("name_prefix", Some(prefix_of(name).unwrap_or_default()))
        .str("description", Some(seen.description().unwrap_or_default()))
        .str("vpc_id", Some(seen.vpc_id().unwrap_or_default()))
        .bool("revoke_rules_on_delete", Some(Args(known).bool("revoke_rules_on_delete").unwrap_or(false)));
    for direction in DIRECTIONS {
        let blocks = known.get(direction.name()).and_then(Value::elements).unwrap_or_default();
        let there = rules_of(seen, direction);
        reply.value(direction.name(), Value::tuple(rules::observe(blocks, there)));
    }
    tags::observe(ec2, &mut reply, known, seen.tags());
    reply
}

/// The rules of a group in one direction.
pub(crate) fn rules_of(group: &Answer, direction: Direction) -> BTreeSet<Rule> {
    let permissions = match direction {
        Direction::Ingress => group.ip_permissions(),
        Direction::Egress => group.ip_permissions_egress(),
    };
    rules::of_permissions(permissions, group.group_id().unwrap_or_default(), group.owner_id().unwrap_or_default())
}

fn rules_in(object: &Value, direction: Direction) -> BTreeSet<Rule> {
    rules::of_blocks(Args(object).blocks(direction.name()))
}

/// The claims of written blocks to all rules of their direction.
pub(crate) fn claims(ty: &'static str, draft: &mut Draft<'_>) -> Vec<Claim> {
    let written: Vec<Direction> = DIRECTIONS.into_iter().filter(|d| draft.written(d.name())).collect();
    written.into_iter().filter_map(|direction| Claim::all(ty, draft, direction.parts())).collect()
}

/// Keeps rules as they are when they only are written in another form.
pub(crate) fn plan(draft: &mut Draft<'_>) {
    let Some(prior) = draft.prior else { return };
    for direction in DIRECTIONS {
        let name = direction.name();
        let planned = draft.planned(name).filter(|r| r.is_wholly_known() && !r.is_null());
        let planned = planned.map(|r| rules::of_blocks(r.elements().unwrap_or_default().iter().map(Args)));
        if planned.is_some_and(|planned| planned == rules_in(prior, direction)) {
            draft.keep(name);
        }
    }
}

/// Gives a group exactly the planned rules; those of a direction that is not written are all revoked.
pub(crate) async fn set_rules(ec2: &Ec2<'_>, group: &Answer, planned: &Value) -> Result<(), Problem> {
    for direction in DIRECTIONS {
        let (there, wanted) = (rules_of(group, direction), rules_in(planned, direction));
        let changes = Changes::between(&there, &there, &wanted);
        write_rules(ec2, group.group_id().unwrap_or_default(), direction, changes).await?;
    }
    Ok(())
}

/// Changes rules and tags of a group.
pub(crate) async fn change(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
    let changed = |d: &Direction| Args(update.planned).differs(update.prior, d.name());
    let directions: Vec<Direction> = DIRECTIONS.into_iter().filter(changed).collect();
    if !directions.is_empty() {
        let group = find(ec2, id).await?.ok_or_else(|| missing(ec2, id))?;
        for direction in directions {
            let (prior, planned) = (rules_in(update.prior, direction), rules_in(update.planned, direction));
            let changes = Changes::between(&rules_of(&group, direction), &prior, &planned);
            write_rules(ec2, id, direction, changes).await?;
        }
    }
    tags::update(ec2, id, update).await?;
    Ok(Vec::new())
}

fn missing(ec2: &Ec2<'_>, id: &str) -> Problem {
    Problem::error("Security group not found", format!("There is no security group {id} in region {}.", ec2.region))
}

/// Revokes first: a rule that is to be authorized may overlap with one that is there.
async fn write_rules(ec2: &Ec2<'_>, id: &str, direction: Direction, changes: Changes) -> Result<(), Problem> {
    if !changes.revoke.is_empty() {
        revoke(ec2, id, direction, &changes.revoke).await?;
    }
    if !changes.describe.is_empty() {
        describe(ec2, id, direction, &changes.describe).await?;
    }
    if !changes.authorize.is_empty() {
        authorize(ec2, id, direction, &changes.authorize).await?;
    }
    Ok(())
}

/// Revokes rules of a group, if they are there.
pub(crate) async fn revoke(
    ec2: &Ec2<'_>,
    id: &str,
    direction: Direction,
    rules: &BTreeSet<Rule>,
) -> Result<(), Problem> {
    let permissions = Some(rules::to_permissions(rules, id));
    let what = format!("revoking {} rules of security group {id}", direction.name());
    let gone = ["InvalidPermission.NotFound", GONE];
    match direction {
        Direction::Ingress => {
            let request = ec2.client.revoke_security_group_ingress().group_id(id).set_ip_permissions(permissions);
            unless(ec2.call("ec2:RevokeSecurityGroupIngress", &what, || request.clone().send()).await, &gone)?;
        }
        Direction::Egress => {
            let request = ec2.client.revoke_security_group_egress().group_id(id).set_ip_permissions(permissions);
            unless(ec2.call("ec2:RevokeSecurityGroupEgress", &what, || request.clone().send()).await, &gone)?;
        }
    }
    Ok(())
}

/// Authorizes rules of a group, and returns them as AWS numbers them if it tells.
pub(crate) async fn authorize(
    ec2: &Ec2<'_>,
    id: &str,
    direction: Direction,
    rules: &BTreeSet<Rule>,
) -> Result<Vec<Numbered>, Problem> {
    let permissions = Some(rules::to_permissions(rules, id));
    let what = format!("authorizing {} rules of security group {id}", direction.name());
    let look = format!("new {} rules of security group {id}", direction.name());
    let making = |operation| Making { operation, what: &what, look: &look, passing: &[] };
    let find = || async move {
        let all = groups(ec2, "group-id", &[id.to_owned()]).await?;
        Ok(all.iter().any(|group| rules.is_subset(&rules_of(group, direction))).then(Vec::new))
    };
    let made = match direction {
        Direction::Ingress => {
            let request = ec2.client.authorize_security_group_ingress().group_id(id).set_ip_permissions(permissions);
            let take = |a: IngressOutput| Some(a.security_group_rules.unwrap_or_default());
            making("ec2:AuthorizeSecurityGroupIngress").found(ec2, || request.clone().send(), take, find).await?
        }
        Direction::Egress => {
            let request = ec2.client.authorize_security_group_egress().group_id(id).set_ip_permissions(permissions);
            let take = |a: EgressOutput| Some(a.security_group_rules.unwrap_or_default());
            making("ec2:AuthorizeSecurityGroupEgress").found(ec2, || request.clone().send(), take, find).await?
        }
    };
    Ok(made)
}

/// Gives rules of a group their descriptions.
pub(crate) async fn describe(
    ec2: &Ec2<'_>,
    id: &str,
    direction: Direction,
    rules: &BTreeSet<Rule>,
) -> Result<(), Problem> {
    let permissions = Some(rules::to_permissions(rules, id));
    let what = format!("describing {} rules of security group {id}", direction.name());
    let client = &ec2.client;
    match direction {
        Direction::Ingress => {
            let request = client.update_security_group_rule_descriptions_ingress().group_id(id);
            let request = request.set_ip_permissions(permissions);
            let operation = "ec2:UpdateSecurityGroupRuleDescriptionsIngress";
            ec2.call(operation, &what, || request.clone().send()).await?;
        }
        Direction::Egress => {
            let request = client.update_security_group_rule_descriptions_egress().group_id(id);
            let request = request.set_ip_permissions(permissions);
            let operation = "ec2:UpdateSecurityGroupRuleDescriptionsEgress";
            ec2.call(operation, &what, || request.clone().send()).await?;
        }
    }
    Ok(())
}

/// Revokes all rules of a group.
async fn revoke_own(ec2: &Ec2<'_>, id: &str) -> Result<(), Problem> {
    match find(ec2, id).await? {
        Some(group) => set_rules(ec2, &group, &Value::object::<&str>([])).await,
        None => Ok(()),
    }
}

/// Revokes the rules of other groups that name this one: it cannot be deleted while they stand.
async fn revoke_references(ec2: &Ec2<'_>, id: &str) -> Result<(), Problem> {
    let by = [("ip-permission.group-id", Direction::Ingress), ("egress.ip-permission.group-id", Direction::Egress)];
    for (filter, direction) in by {
        for group in groups(ec2, filter, &[id.to_owned()]).await?.iter().filter(|g| g.group_id() != Some(id)) {
            let names = |rule: &Rule| matches!(&rule.source, Source::Group(g) if g.rsplit('/').next() == Some(id));
            let rules: BTreeSet<Rule> = rules_of(group, direction).into_iter().filter(names).collect();
            if !rules.is_empty() {
                revoke(ec2, group.group_id().unwrap_or_default(), direction, &rules).await?;
            }
        }
    }
    Ok(())
}
