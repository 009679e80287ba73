//! Many entities of the account with few calls.
//!
//! `GetAccountAuthorizationDetails` answers all groups, roles, users or managed policies of an account, with what they
//! hold. It cannot be asked for some of them only: whether that is cheaper than asking one by one follows from how many
//! there are. What it has no entry for is asked for alone, since it may lag behind, or be forbidden.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, EntityType, Group, GroupDetail, ManagedPolicyDetail, PolicyDetail, Role, RoleDetail,
    SummaryKeyType, User, UserDetail,
};
use terrane_aws_core::{Cloud, is_code, problem, read_each};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::{OBJECTS, decoded, iam};
use crate::holder::Kind;

/// Calls up to which nobody looks for something cheaper than asking for holders one by one, and for documents.
const FEW: usize = 30;
const FEW_DOCUMENTS: usize = 8;

/// The calls that an answer with many entities stands for: it tells much that is not asked for, and each waits for the one
/// before.
const WEIGHT: usize = 4;

/// What IAM answers those who may not ask about the account as a whole.
const FORBIDDEN: [&str; 2] = ["AccessDenied", "AccessDeniedException"];

/// Entities in an answer, as few as AWS may put into one.
const PAGE: usize = 100;

/// Entities that a list operation puts into an answer.
const LIST_PAGE: usize = 1000;

/// How long a census serves those who ask at about the same time.
const FRESH: Duration = Duration::from_secs(5);

/// A group, role or user with what it holds.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The entity as if it had been asked for alone; a group has none, as nothing is missing from its detail.
    pub entity: Entity,
    /// Documents of inline policies, by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of attached policies.
    pub attached: Vec<String>,
    /// Names of the groups that a user is in.
    pub groups: Vec<String>,
}

/// An entity as reading it alone answers it.
#[derive(Clone, Debug)]
pub enum Entity {
    /// A group.
    Group(Group),
    /// A role.
    Role(Box<Role>),
    /// A user.
    User(User),
}

/// All holders of a kind, by name.
pub type Entries = BTreeMap<String, Entry>;

/// Documents of the default versions of managed policies, by ARN and version.
pub type Documents = BTreeMap<(String, String), String>;

/// What was last asked for of one account.
#[derive(Default)]
pub struct Census {
    groups: Part<Entries>,
    roles: Part<Entries>,
    users: Part<Entries>,
    policies: Part<Documents>,
    summary: Part<BTreeMap<String, usize>>,
}

/// One part of a census. The first who wants it decides whether it is asked for; those who come meanwhile wait for that.
struct Part<T>(Mutex<Option<(Age, Arc<T>)>>);

impl<T> Default for Part<T> {
    fn default() -> Part<T> {
        Part(Mutex::default())
    }
}

/// When something was asked for, and how many changes had been made until then.
#[derive(Clone, Copy)]
struct Age {
    since: Instant,
    changes: u64,
}

impl Age {
    fn now(cloud: &Cloud) -> Age {
        let reads = |name: &str| name.starts_with("iam:Get") || name.starts_with("iam:List");
        let counts = cloud.counts().into_iter().filter(|(name, _)| name.starts_with("iam:") && !reads(name));
        Age { since: Instant::now(), changes: counts.map(|(_, count)| count.calls).sum() }
    }
}

impl<T> Part<T> {
    /// The part if it was just asked for, or is `worth` asking for.
    async fn get(
        &self,
        cloud: &Cloud,
        worth: impl AsyncFnOnce() -> Result<bool, Problem>,
        ask: impl AsyncFnOnce() -> Result<T, Problem>,
    ) -> Result<Option<Arc<T>>, Problem> {
        let mut last = self.0.lock().await;
        if let Some(found) = fresh(cloud, &last) {
            return Ok(Some(found));
        }
        if !worth().await? {
            return Ok(None);
        }
        let (age, found) = (Age::now(cloud), Arc::new(ask().await?));
        *last = Some((age, found.clone()));
        Ok(Some(found))
    }
}

fn fresh<T>(cloud: &Cloud, last: &Option<(Age, Arc<T>)>) -> Option<Arc<T>> {
    let now = Age::now(cloud);
    let (age, found) = last.as_ref()?;
    (age.changes == now.changes && now.since.duration_since(age.since) < FRESH).then(|| found.clone())
}

/// Answers a batch read object by object: `read` gets all holders of a kind if asking for them is cheaper than `calls`
/// calls, else none, and asks alone for what it does not find.
pub async fn read_each_of<'a, F, Fut>(
    cloud: &Cloud,
    kind: Kind,
    calls: usize,
    prior: &'a [Object],
    read: F,
) -> Vec<ReadOutcome>
where
    F: Fn(&'a Value, Arc<Entries>) -> Fut,
    Fut: Future<Output = Result<Option<Value>, Problem>>,
{
    match holders(cloud, kind, calls).await {
        Ok(all) => read_each(OBJECTS, prior, |known| read(known, all.clone().unwrap_or_default())).await,
        Err(problem) => failed(prior, &problem),
    }
}

/// The outcomes of a batch read that failed as a whole.
pub fn failed(prior: &[Object], problem: &Problem) -> Vec<ReadOutcome> {
    prior.iter().map(|_| Err(vec![problem.clone()])).collect()
}

/// All holders of a kind, if asking for them is cheaper than `calls` calls.
pub async fn holders(cloud: &Cloud, kind: Kind, calls: usize) -> Result<Option<Arc<Entries>>, Problem> {
    let census = cloud.shared::<Census>(cloud.default_region());
    let (part, key) = match kind {
        Kind::Group => (&census.groups, SummaryKeyType::Groups),
        Kind::Role => (&census.roles, SummaryKeyType::Roles),
        Kind::User => (&census.users, SummaryKeyType::Users),
    };
    let lists = usize::from(kind == Kind::Role);
    let cost = |count: usize| count.div_ceil(PAGE) + lists * count.div_ceil(LIST_PAGE);
    let worth = async || Ok(calls > FEW && worth(cloud, &census, key, calls, cost).await?);
    let ask = async || match kind {
        Kind::Group => groups(cloud).await,
        Kind::Role => roles(cloud).await,
        Kind::User => users(cloud).await,
    };
    part.get(cloud, worth, ask).await
}

/// The documents of the default versions of the account's policies, if asking for them is cheaper than `calls` calls.
pub async fn documents(cloud: &Cloud, calls: usize) -> Result<Option<Arc<Documents>>, Problem> {
    let census = cloud.shared::<Census>(cloud.default_region());
    let cost = |count: usize| count.div_ceil(PAGE);
    let worth =
        async || Ok(calls > FEW_DOCUMENTS && worth(cloud, &census, SummaryKeyType::Policies, calls, cost).await?);
    census.policies.get(cloud, worth, async || policies(cloud).await).await
}

/// Whether asking for all entities of a kind, which takes `cost` of their number, is cheaper than so many calls.
async fn worth(
    cloud: &Cloud,
    census: &Census,
    key: SummaryKeyType,
    calls: usize,
    cost: impl Fn(usize) -> usize,
) -> Result<bool, Problem> {
    let summary = census.summary.get(cloud, async || Ok(true), async || summary(cloud).await).await?;
    let count = summary.as_ref().and_then(|summary| summary.get(key.as_str()));
    Ok(count.is_some_and(|count| cost(*count) * WEIGHT <= calls))
}

/// How many entities of each kind there are; nothing if that may not be asked for.
async fn summary(cloud: &Cloud) -> Result<BTreeMap<String, usize>, Problem> {
    let client = iam(cloud);
    let answer = cloud.call("iam:GetAccountSummary", || client.get_account_summary().send()).await;
    let answer = allowed(answer).map_err(|e| problem("counting what the account has in IAM", &e))?;
    let pairs = answer.and_then(|a| a.summary_map).into_iter().flatten();
    Ok(pairs.map(|(key, count)| (key.as_str().to_owned(), usize::try_from(count).unwrap_or_default())).collect())
}

/// An answer, `None` if the question is forbidden.
fn allowed<T, E: ProvideErrorMetadata>(answer: Result<T, SdkError<E>>) -> Result<Option<T>, SdkError<E>> {
    match answer {
        Err(error) if is_code(&error, &FORBIDDEN) => Ok(None),
        answer => answer.map(Some),
    }
}

/// All entities of a kind; none if that may not be asked for.
async fn details<T>(
    cloud: &Cloud,
    filter: EntityType,
    take: impl Fn(GetAccountAuthorizationDetailsOutput) -> Option<Vec<T>>,
) -> Result<Vec<T>, Problem> {
    let client = iam(cloud);
    let send = |marker| {
        let request = client.get_account_authorization_details().filter(filter.clone()).max_items(LIST_PAGE as i32);
        request.set_marker(marker).send()
    };
    let take = |mut answer: GetAccountAuthorizationDetailsOutput| {
        let marker = answer.marker.take();
        (take(answer).unwrap_or_default(), marker)
    };
    let all = cloud.pages("iam:GetAccountAuthorizationDetails", send, take).await;
    let all = allowed(all).map_err(|e| problem("reading what the account has in IAM", &e))?;
    Ok(all.unwrap_or_default())
}

async fn groups(cloud: &Cloud) -> Result<Entries, Problem> {
    let all = details(cloud, EntityType::Group, |a| a.group_detail_list).await?;
    Ok(all.into_iter().filter_map(group).collect())
}

fn group(detail: GroupDetail) -> Option<(String, Entry)> {
    let (inline, attached) = (inline(detail.group_policy_list()), attached(&detail.attached_managed_policies));
    let group = Group::builder()
        .set_group_name(detail.group_name)
        .set_group_id(detail.group_id)
        .set_path(detail.path)
        .set_arn(detail.arn)
        .set_create_date(detail.create_date)
        .build()
        .ok()?;
    Some((group.group_name.clone(), Entry { entity: Entity::Group(group), inline, attached, groups: Vec::new() }))
}

async fn users(cloud: &Cloud) -> Result<Entries, Problem> {
    let all = details(cloud, EntityType::User, |a| a.user_detail_list).await?;
    Ok(all.into_iter().filter_map(user).collect())
}

fn user(detail: UserDetail) -> Option<(String, Entry)> {
    let (inline, attached) = (inline(detail.user_policy_list()), attached(&detail.attached_managed_policies));
    let groups = detail.group_list.unwrap_or_default();
    let user = User::builder()
        .set_user_name(detail.user_name)
        .set_user_id(detail.user_id)
        .set_path(detail.path)
        .set_arn(detail.arn)
        .set_create_date(detail.create_date)
        .set_permissions_boundary(detail.permissions_boundary)
        .set_tags(detail.tags)
        .build()
        .ok()?;
    Some((user.user_name.clone(), Entry { entity: Entity::User(user), inline, attached, groups }))
}

/// The roles: what the details of a role lack is in the list of roles.
async fn roles(cloud: &Cloud) -> Result<Entries, Problem> {
    let client = iam(cloud);
    let send = |marker| client.list_roles().max_items(LIST_PAGE as i32).set_marker(marker).send();
    let list = async {
        let list = cloud.pages("iam:ListRoles", send, |a| (a.roles, a.marker)).await;
        let list = allowed(list).map_err(|e| problem("listing IAM roles", &e))?;
        Ok(list.unwrap_or_default())
    };
    let details = details(cloud, EntityType::Role, |a| a.role_detail_list);
    let (details, list) = tokio::try_join!(details, list)?;
    let mut listed: BTreeMap<String, Role> = list.into_iter().map(|r| (r.role_name.clone(), r)).collect();
    let with_list = |detail: RoleDetail| {
        let role = listed.remove(detail.role_name.as_ref()?)?;
        Some((role.role_name.clone(), entry_of(role, detail)))
    };
    Ok(details.into_iter().filter_map(with_list).collect())
}

fn entry_of(mut role: Role, detail: RoleDetail) -> Entry {
    let (inline, attached) = (inline(detail.role_policy_list()), attached(&detail.attached_managed_policies));
    let boundary: Option<AttachedPermissionsBoundary> = detail.permissions_boundary;
    role.permissions_boundary = boundary.or(role.permissions_boundary);
    role.tags = detail.tags.or(role.tags);
    role.assume_role_policy_document = detail.assume_role_policy_document.or(role.assume_role_policy_document);
    Entry { entity: Entity::Role(Box::new(role)), inline, attached, groups: Vec::new() }
}

async fn policies(cloud: &Cloud) -> Result<Documents, Problem> {
    let all = details(cloud, EntityType::LocalManagedPolicy, |a| a.policies).await?;
    Ok(all.into_iter().flat_map(default_version).collect())
}

fn default_version(detail: ManagedPolicyDetail) -> Option<((String, String), String)> {
    let versions = detail.policy_version_list.unwrap_or_default();
    let default = versions.into_iter().find(|v| v.is_default_version)?;
    Some(((detail.arn?, default.version_id?), decoded(&default.document?)))
}

fn inline(policies: &[PolicyDetail]) -> BTreeMap<String, String> {
    let pair = |p: &PolicyDetail| Some((p.policy_name()?.to_owned(), decoded(p.policy_document()?)));
    policies.iter().filter_map(pair).collect()
}

fn attached(policies: &Option<Vec<aws_sdk_iam::types::AttachedPolicy>>) -> Vec<String> {
    policies.iter().flatten().filter_map(|p| p.policy_arn.clone()).collect()
}
