//! Types that fight over the rules of one security group.
//!
//! A group with rules in its own blocks revokes every rule that is not among them, those of other resources included:
//! each apply undoes what the last one did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use terrane_provider::Problem;
use terrane_value::Path;

use crate::security_group::Direction;

/// What a planned object says about the rules of a group in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    ty: &'static str,
    group: String,
    direction: Direction,
    all: bool,
}

impl Claim {
    /// The claim to all rules of a group.
    pub fn all(ty: &'static str, group: &str, direction: Direction) -> Claim {
        Claim { ty, group: group.to_owned(), direction, all: true }
    }

    /// The claim to some rules of a group.
    pub fn rules(ty: &'static str, group: &str, direction: Direction) -> Claim {
        Claim { ty, group: group.to_owned(), direction, all: false }
    }
}

/// The claims of one region that were made so far.
#[derive(Default)]
pub(crate) struct Rivals(Mutex<BTreeMap<(String, &'static str), Claims>>);

#[derive(Default)]
struct Claims {
    all: Option<&'static str>,
    some: BTreeSet<&'static str>,
    told: bool,
}

impl Rivals {
    /// Takes a claim; the warning if it is the first to meet one that it fights with.
    pub fn claim(&self, claim: &Claim) -> Option<Problem> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = groups.entry((claim.group.clone(), claim.direction.name())).or_default();
        match claim.all {
            true => claims.all = Some(claim.ty),
            false => _ = claims.some.insert(claim.ty),
        }
        let all = claims.all.filter(|_| !claims.some.is_empty() && !claims.told)?;
        claims.told = true;
        let others: Vec<&str> = claims.some.iter().copied().collect();
        Some(warning(&claim.group, claim.direction, all, &others.join(" and ")).at(place(claim)))
    }
}

fn place(claim: &Claim) -> Path {
    Path::root().attr(if claim.all { claim.direction.name() } else { "security_group_id" })
}

fn warning(group: &str, direction: Direction, all: &str, others: &str) -> Problem {
    let direction = direction.name();
    Problem::warning(
        "Rules of a security group in two places",
        format!(
            "The {direction} rules of security group {group} are written in {direction} blocks of {all} and by {others}. \
             The blocks are all the rules the group is to have, so that each apply revokes those of the others. Write \
             the rules in one of the two places."
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RULE: &str = "aws_vpc_security_group_ingress_rule";

    #[test]
    fn blocks_and_single_rules_of_one_direction_are_told_once() {
        let rivals = Rivals::default();
        let all = |group, direction| Claim::all("aws_security_group", group, direction);
        assert!(rivals.claim(&all("sg-1", Direction::Ingress)).is_none());
        assert!(rivals.claim(&Claim::rules(RULE, "sg-2", Direction::Ingress)).is_none());
        assert!(rivals.claim(&Claim::rules(RULE, "sg-1", Direction::Egress)).is_none());
        let problem = rivals.claim(&Claim::rules(RULE, "sg-1", Direction::Ingress)).unwrap();
        assert!(!problem.is_error() && problem.detail.contains("sg-1") && problem.detail.contains(RULE), "{problem:?}");
        assert!(rivals.claim(&all("sg-1", Direction::Ingress)).is_none(), "told already");
        assert!(rivals.claim(&all("sg-2", Direction::Ingress)).is_some(), "in either order");
    }

    #[test]
    fn single_rules_of_two_types_may_share_a_group() {
        let rivals = Rivals::default();
        for ty in ["aws_security_group_rule", RULE] {
            assert!(rivals.claim(&Claim::rules(ty, "sg-1", Direction::Ingress)).is_none());
        }
    }
}
