//! Types that fight over the rules of one security group.
//!
//! A group with rules in its own blocks revokes every rule that is not among them, those of other resources included:
//! each apply undoes what the last one did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use terrane_provider::Problem;
use terrane_value::{Path, Promise, Refinement, Type, Value};

use crate::draft::Draft;
use crate::security_group::Direction;

/// What a planned object says about the rules of a group in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    ty: &'static str,
    group: Group,
    direction: Direction,
    /// What the group is called, of who claims all its rules.
    all: Option<String>,
}

/// What tells a group from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Its id.
    Id(Arc<str>),
    /// The promise of its id.
    Promised(Arc<str>),
}

impl Group {
    /// The group whose id an attribute has, be it one that is still to come.
    fn of(id: &Value) -> Option<Group> {
        match id.promised() {
            Some(promise) => Some(Group::Promised(promise.into())),
            None => id.as_str().filter(|id| !id.is_empty()).map(|id| Group::Id(id.into())),
        }
    }
}

impl Claim {
    /// The claim of a planned group to all its rules. An id that is still to come becomes a promise, by which others are
    /// known to speak of the same group.
    pub fn all(ty: &'static str, draft: &mut Draft<'_>, direction: Direction) -> Option<Claim> {
        if draft.planned("id").is_some_and(|id| !id.is_known() && id.promised().is_none()) {
            draft.set("id", promise());
        }
        let group = Group::of(draft.planned("id")?)?;
        let named = || match draft.text("name") {
            Some(name) => format!("security group {name:?}"),
            None => "a security group that is still to be made".to_owned(),
        };
        let called = if let Group::Id(id) = &group { format!("security group {id}") } else { named() };
        Some(Claim { ty, group, direction, all: Some(called) })
    }

    /// The claim to some rules of the group whose id an attribute has.
    pub fn rules(ty: &'static str, group: &Value, direction: Direction) -> Option<Claim> {
        Some(Claim { ty, group: Group::of(group)?, direction, all: None })
    }
}

/// An id that is still to come, told from all others of this process.
fn promise() -> Value {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let name = format!("security group {}", MADE.fetch_add(1, Ordering::Relaxed));
    Value::unknown(Type::String).refine(Refinement::promise(Promise::new(name)))
}

/// The claims of one region that were made so far.
#[derive(Default)]
pub(crate) struct Rivals(Mutex<BTreeMap<(Group, &'static str), Claims>>);

#[derive(Default)]
struct Claims {
    /// Who claims all rules, and what the group is called.
    all: Option<(&'static str, String)>,
    some: BTreeSet<&'static str>,
    told: bool,
}

impl Rivals {
    /// Takes a claim; the warning if it is the first to meet one that it fights with.
    pub fn claim(&self, claim: &Claim) -> Option<Problem> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = groups.entry((claim.group.clone(), claim.direction.name())).or_default();
        match &claim.all {
            Some(called) => claims.all = Some((claim.ty, called.clone())),
            None => _ = claims.some.insert(claim.ty),
        }
        let (all, called) = claims.all.as_ref().filter(|_| !claims.some.is_empty() && !claims.told)?;
        claims.told = true;
        let others: Vec<&str> = claims.some.iter().copied().collect();
        Some(warning(called, claim.direction, all, &others.join(" and ")).at(place(claim)))
    }
}

fn place(claim: &Claim) -> Path {
    Path::root().attr(if claim.all.is_some() { claim.direction.name() } else { "security_group_id" })
}

fn warning(group: &str, direction: Direction, all: &str, others: &str) -> Problem {
    let direction = direction.name();
    Problem::warning(
        "Rules of a security group in two places",
        format!(
            "The {direction} rules of {group} are written in {direction} blocks of {all} and by {others}. The blocks are \
             all the rules the group is to have, so that each apply revokes those of the others. Write the rules in one \
             of the two places."
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;

    use super::*;

    const RULE: &str = "aws_vpc_security_group_ingress_rule";

    /// The claim of a group whose id and name these are, and its planned id.
    fn all(id: Value, name: &str, direction: Direction) -> (Claim, Value) {
        let planned = Value::object([("id", id), ("name", Value::string(name))]);
        let response = PlanResponse { planned: Some(planned), ..PlanResponse::default() };
        let config = Value::object::<&str>([]);
        let mut draft = Draft::new(None, &config, response);
        let claim = Claim::all("aws_security_group", &mut draft, direction).unwrap();
        (claim, draft.planned("id").unwrap().clone())
    }

    fn rules(ty: &'static str, group: &str, direction: Direction) -> Claim {
        Claim::rules(ty, &Value::string(group), direction).unwrap()
    }

    #[test]
    fn blocks_and_single_rules_of_one_direction_are_told_once() {
        let rivals = Rivals::default();
        let all = |group, direction| all(Value::string(group), "web", direction).0;
        assert!(rivals.claim(&all("sg-1", Direction::Ingress)).is_none());
        assert!(rivals.claim(&rules(RULE, "sg-2", Direction::Ingress)).is_none());
        assert!(rivals.claim(&rules(RULE, "sg-1", Direction::Egress)).is_none());
        let problem = rivals.claim(&rules(RULE, "sg-1", Direction::Ingress)).unwrap();
        assert!(!problem.is_error() && problem.detail.contains("sg-1") && problem.detail.contains(RULE), "{problem:?}");
        assert!(rivals.claim(&all("sg-1", Direction::Ingress)).is_none(), "told already");
        assert!(rivals.claim(&all("sg-2", Direction::Ingress)).is_some(), "in either order");
    }

    #[test]
    fn a_group_that_is_still_to_be_made_is_known_by_its_promise() {
        let rivals = Rivals::default();
        let (web, id) = all(Value::unknown(Type::String), "web", Direction::Ingress);
        let (other, _) = all(Value::unknown(Type::String), "other", Direction::Ingress);
        assert!(rivals.claim(&web).is_none() && rivals.claim(&other).is_none());
        assert_eq!(Claim::rules(RULE, &Value::unknown(Type::String), Direction::Ingress), None);
        let problem = rivals.claim(&Claim::rules(RULE, &id, Direction::Ingress).unwrap()).unwrap();
        assert!(problem.detail.contains("security group \"web\""), "{problem:?}");
    }

    #[test]
    fn single_rules_of_two_types_may_share_a_group() {
        let rivals = Rivals::default();
        for ty in ["aws_security_group_rule", RULE] {
            assert!(rivals.claim(&rules(ty, "sg-1", Direction::Ingress)).is_none());
        }
    }
}
