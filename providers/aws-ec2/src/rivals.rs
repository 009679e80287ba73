//! Types that fight over the parts of one object: rules of a security group or a network ACL, routes of a table.
//!
//! An object whose parts are its own blocks removes every part that is not among them, those of other resources
//! included: each apply undoes what the last one did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use terrane_provider::Problem;
use terrane_value::{Path, Promise, Refinement, Type, Value};

use crate::draft::Draft;

/// Parts that are written in blocks of an object, or are resources of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// What has them: `security group`.
    pub whole: &'static str,
    /// What they are called: `rules`.
    pub name: &'static str,
    /// The block that is one of them.
    pub block: &'static str,
    /// The attribute that names the whole, where one is a resource of its own.
    pub reference: &'static str,
}

/// What a planned object says about the parts of another, or of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    ty: &'static str,
    whole: Whole,
    parts: Parts,
    /// What the whole is called, of who claims all its parts.
    all: Option<String>,
}

/// What tells an object from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whole {
    /// Its id.
    Id(Arc<str>),
    /// The promise of its id.
    Promised(Arc<str>),
}

impl Whole {
    /// The object whose id an attribute has, be it one that is still to come.
    fn of(id: &Value) -> Option<Whole> {
        match id.promised() {
            Some(promise) => Some(Whole::Promised(promise.into())),
            None => id.as_str().filter(|id| !id.is_empty()).map(|id| Whole::Id(id.into())),
        }
    }
}

impl Claim {
    /// The claim of a planned object to all its parts. An id that is still to come becomes a promise, by which others
    /// are known to speak of the same object.
    pub fn all(ty: &'static str, draft: &mut Draft<'_>, parts: Parts) -> Option<Claim> {
        promise(draft, "id", || Some(another(parts.whole)));
        let (of, whole) = (parts.whole, Whole::of(draft.planned("id")?)?);
        let named = || draft.text("name").or_else(|| draft.planned("tags")?.get("Name")?.as_str());
        let called = match &whole {
            Whole::Id(id) => format!("{of} {id}"),
            Whole::Promised(_) => match named() {
                Some(name) => format!("{of} {name:?}"),
                None => format!("a {of} that is still to be made"),
            },
        };
        Some(Claim { ty, whole, parts, all: Some(called) })
    }

    /// The claim of a planned object to be one of the parts.
    pub fn one(ty: &'static str, draft: &Draft<'_>, parts: Parts) -> Option<Claim> {
        Some(Claim { ty, whole: Whole::of(draft.planned(parts.reference)?)?, parts, all: None })
    }

    fn place(&self) -> Path {
        Path::root().attr(if self.all.is_some() { self.parts.block } else { self.parts.reference })
    }
}

/// Lets an attribute that is still to come promise what `name` says, if it says anything, unless it has a promise.
pub(crate) fn promise(draft: &mut Draft<'_>, attribute: &str, name: impl FnOnce() -> Option<String>) {
    if draft.planned(attribute).is_some_and(|value| !value.is_known() && value.promised().is_none())
        && let Some(name) = name()
    {
        draft.set(attribute, Value::unknown(Type::String).refine(Refinement::promise(Promise::new(name))));
    }
}

/// The name of what an attribute promises.
pub(crate) fn promised(draft: &Draft<'_>, attribute: &str) -> Option<String> {
    draft.planned(attribute)?.promised().map(str::to_owned)
}

/// A name that nothing else in this process has.
pub(crate) fn another(what: &str) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("{what} {}", MADE.fetch_add(1, Ordering::Relaxed))
}

/// The claims of one region that were made so far.
#[derive(Default)]
pub(crate) struct Rivals(Mutex<BTreeMap<(Whole, &'static str), Claims>>);

#[derive(Default)]
struct Claims {
    /// Who claims all parts, and what the whole is called.
    all: Option<(&'static str, String)>,
    some: BTreeSet<&'static str>,
    told: bool,
}

impl Rivals {
    /// Takes a claim; the warning if it is the first to meet one that it fights with.
    pub fn claim(&self, claim: &Claim) -> Option<Problem> {
        let mut wholes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = wholes.entry((claim.whole.clone(), claim.parts.block)).or_default();
        match &claim.all {
            Some(called) => claims.all = Some((claim.ty, called.clone())),
            None => _ = claims.some.insert(claim.ty),
        }
        let (all, called) = claims.all.as_ref().filter(|_| !claims.some.is_empty() && !claims.told)?;
        claims.told = true;
        let others: Vec<&str> = claims.some.iter().copied().collect();
        Some(warning(called, claim.parts, all, &others.join(" and ")).at(claim.place()))
    }
}

fn warning(called: &str, parts: Parts, all: &str, others: &str) -> Problem {
    let Parts { whole, name, block, .. } = parts;
    Problem::warning(
        format!("{name} of a {whole} in two places", name = title(name)),
        format!(
            "The {name} of {called} are written by {others}, and {all} removes all that are not among its own {block} \
             blocks: each apply undoes what the last one did. Write the {name} in one of the two places."
        ),
    )
}

/// A word as a title begins.
fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;

    use super::*;

    const RULE: &str = "aws_vpc_security_group_ingress_rule";
    const INGRESS: Parts =
        Parts { whole: "security group", name: "rules", block: "ingress", reference: "security_group_id" };
    const EGRESS: Parts = Parts { block: "egress", ..INGRESS };

    /// What `claim` finds in an object that is planned so, and the object.
    fn planned<T>(object: Value, claim: impl FnOnce(&mut Draft<'_>) -> T) -> (T, Value) {
        let response = PlanResponse { planned: Some(object), ..PlanResponse::default() };
        let config = Value::object::<&str>([]);
        let mut draft = Draft::new(None, &config, response);
        (claim(&mut draft), draft.done().planned.unwrap())
    }

    /// The claim of a group whose id and name these are, and its planned id.
    fn all(id: Value, name: &str, parts: Parts) -> (Claim, Value) {
        let group = Value::object([("id", id), ("name", Value::string(name))]);
        let (claim, group) = planned(group, |draft| Claim::all("aws_security_group", draft, parts).unwrap());
        (claim, group.get("id").unwrap().clone())
    }

    fn one(ty: &'static str, group: Value, parts: Parts) -> Option<Claim> {
        planned(Value::object([("security_group_id", group)]), |draft| Claim::one(ty, draft, parts)).0
    }

    #[test]
    fn blocks_and_single_rules_of_one_direction_are_told_once() {
        let rivals = Rivals::default();
        let all = |group, parts| all(Value::string(group), "web", parts).0;
        let rule = |group, parts| one(RULE, Value::string(group), parts).unwrap();
        assert!(rivals.claim(&all("sg-1", INGRESS)).is_none());
        assert!(rivals.claim(&rule("sg-2", INGRESS)).is_none());
        assert!(rivals.claim(&rule("sg-1", EGRESS)).is_none());
        let problem = rivals.claim(&rule("sg-1", INGRESS)).unwrap();
        assert_eq!(problem.summary, "Rules of a security group in two places");
        assert!(!problem.is_error() && problem.detail.contains("sg-1") && problem.detail.contains(RULE), "{problem:?}");
        assert!(rivals.claim(&all("sg-1", INGRESS)).is_none(), "told already");
        assert!(rivals.claim(&all("sg-2", INGRESS)).is_some(), "in either order");
    }

    #[test]
    fn a_group_that_is_still_to_be_made_is_known_by_its_promise() {
        let rivals = Rivals::default();
        let (web, id) = all(Value::unknown(Type::String), "web", INGRESS);
        let (other, _) = all(Value::unknown(Type::String), "other", INGRESS);
        assert!(rivals.claim(&web).is_none() && rivals.claim(&other).is_none());
        assert_eq!(one(RULE, Value::unknown(Type::String), INGRESS), None);
        let problem = rivals.claim(&one(RULE, id, INGRESS).unwrap()).unwrap();
        assert!(problem.detail.contains("security group \"web\""), "{problem:?}");
    }

    #[test]
    fn single_rules_of_two_types_may_share_a_group() {
        let rivals = Rivals::default();
        for ty in ["aws_security_group_rule", RULE] {
            assert!(rivals.claim(&one(ty, Value::string("sg-1"), INGRESS).unwrap()).is_none());
        }
    }
}
