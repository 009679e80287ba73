//! The inline policies of groups, roles and users.

use std::collections::BTreeMap;
use std::time::Instant;

use terrane_aws_core::{Cloud, concurrently, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply, policy_json};
use terrane_value::Value;

use crate::client::{OBJECTS, PROPAGATION, decoded, found, iam, removed, unsettled};
use crate::holder::{Holder, Kind};

/// Policy documents by the name of their policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InlinePolicies(BTreeMap<String, String>);

impl InlinePolicies {
    /// The policies in the `inline_policy` blocks of a role; an empty block stands for none.
    pub fn written(role: &Value) -> InlinePolicies {
        let blocks = Args(role).blocks("inline_policy").into_iter();
        InlinePolicies(blocks.filter_map(|b| Some((b.string("name")?, b.string("policy")?))).collect())
    }

    /// Policies that were read.
    pub fn read(documents: BTreeMap<String, String>) -> InlinePolicies {
        InlinePolicies(documents)
    }

    /// Whether both are the same policies with equivalent documents.
    pub fn equivalent(&self, other: &InlinePolicies) -> bool {
        self.0.len() == other.0.len() && self.changed_from(other).0.is_empty()
    }

    /// Those that `old` lacks or has with another document.
    pub fn changed_from(&self, old: &InlinePolicies) -> InlinePolicies {
        let same = |name: &String, text: &String| old.0.get(name).is_some_and(|o| policy_json::equivalent(o, text));
        InlinePolicies(self.0.iter().filter(|(n, t)| !same(n, t)).map(|(n, t)| (n.clone(), t.clone())).collect())
    }

    /// The names that `new` does not have.
    pub fn names_not_in(&self, new: &InlinePolicies) -> Vec<String> {
        self.0.keys().filter(|name| !new.0.contains_key(*name)).cloned().collect()
    }

    /// As `inline_policy` blocks.
    pub fn blocks(&self) -> impl Iterator<Item = Reply> {
        self.0.iter().map(|(name, policy)| {
            let mut block = Reply::new();
            block.str("name", Some(name)).str("policy", Some(policy));
            block
        })
    }
}

/// The names of the inline policies of a holder; `None` if there is no such holder.
pub async fn names(cloud: &Cloud, holder: Holder<'_>) -> Result<Option<Vec<String>>, Problem> {
    let (client, name) = (iam(cloud), holder.name);
    let what = format!("listing the inline policies of {holder}");
    match holder.kind {
        Kind::Group => {
            let list = |marker| client.list_group_policies().group_name(name).set_marker(marker).send();
            found(&what, cloud.pages("iam:ListGroupPolicies", list, |a| (a.policy_names, a.marker)).await)
        }
        Kind::Role => {
            let list = |marker| client.list_role_policies().role_name(name).set_marker(marker).send();
            found(&what, cloud.pages("iam:ListRolePolicies", list, |a| (a.policy_names, a.marker)).await)
        }
        Kind::User => {
            let list = |marker| client.list_user_policies().user_name(name).set_marker(marker).send();
            found(&what, cloud.pages("iam:ListUserPolicies", list, |a| (a.policy_names, a.marker)).await)
        }
    }
}

/// The inline policies of a holder; `None` if there is no such holder.
pub async fn of(cloud: &Cloud, holder: Holder<'_>) -> Result<Option<InlinePolicies>, Problem> {
    let Some(names) = names(cloud, holder).await? else { return Ok(None) };
    let read = |name: String| async move { get(cloud, holder, &name).await.map(|policy| policy.map(|p| (name, p))) };
    let policies = concurrently(OBJECTS, names, read).await;
    let policies = policies.into_iter().filter_map(Result::transpose).collect::<Result<_, Problem>>()?;
    Ok(Some(InlinePolicies(policies)))
}

/// The document of an inline policy of a holder, if there is one.
pub async fn get(cloud: &Cloud, holder: Holder<'_>, policy: &str) -> Result<Option<String>, Problem> {
    let (client, name) = (iam(cloud), holder.name);
    let what = format!("reading inline policy \"{policy}\" of {holder}");
    let document = match holder.kind {
        Kind::Group => {
            let send = || client.get_group_policy().group_name(name).policy_name(policy).send();
            found(&what, cloud.call("iam:GetGroupPolicy", send).await)?.map(|a| a.policy_document)
        }
        Kind::Role => {
            let send = || client.get_role_policy().role_name(name).policy_name(policy).send();
            found(&what, cloud.call("iam:GetRolePolicy", send).await)?.map(|a| a.policy_document)
        }
        Kind::User => {
            let send = || client.get_user_policy().user_name(name).policy_name(policy).send();
            found(&what, cloud.call("iam:GetUserPolicy", send).await)?.map(|a| a.policy_document)
        }
    };
    Ok(document.map(|d| decoded(&d)))
}

/// Sets inline policies of a holder.
pub async fn put(cloud: &Cloud, holder: Holder<'_>, policies: &InlinePolicies) -> Result<(), Problem> {
    for (name, policy) in &policies.0 {
        put_one(cloud, holder, name, policy).await?;
    }
    Ok(())
}

/// Sets one inline policy of a holder.
pub async fn put_one(cloud: &Cloud, holder: Holder<'_>, policy: &str, document: &str) -> Result<(), Problem> {
    let (client, name, document) = (iam(cloud), holder.name, policy_json::compact(document));
    let (what, begun) = (format!("putting inline policy \"{policy}\" of {holder}"), Instant::now());
    match holder.kind {
        Kind::Group => {
            let request = client.put_group_policy().group_name(name).policy_name(policy).policy_document(document);
            let answer =
                cloud.insist("iam:PutGroupPolicy", PROPAGATION, unsettled(begun), || request.clone().send()).await;
            answer.map(|_| ()).map_err(|e| problem(&what, &e))
        }
        Kind::Role => {
            let request = client.put_role_policy().role_name(name).policy_name(policy).policy_document(document);
            let answer =
                cloud.insist("iam:PutRolePolicy", PROPAGATION, unsettled(begun), || request.clone().send()).await;
            answer.map(|_| ()).map_err(|e| problem(&what, &e))
        }
        Kind::User => {
            let request = client.put_user_policy().user_name(name).policy_name(policy).policy_document(document);
            let answer =
                cloud.insist("iam:PutUserPolicy", PROPAGATION, unsettled(begun), || request.clone().send()).await;
            answer.map(|_| ()).map_err(|e| problem(&what, &e))
        }
    }
}

/// Deletes inline policies of a holder.
pub async fn delete(cloud: &Cloud, holder: Holder<'_>, policies: Vec<String>) -> Result<(), Problem> {
    for policy in policies {
        delete_one(cloud, holder, &policy).await?;
    }
    Ok(())
}

async fn delete_one(cloud: &Cloud, holder: Holder<'_>, policy: &str) -> Result<(), Problem> {
    let (client, name) = (iam(cloud), holder.name);
    let what = format!("deleting inline policy \"{policy}\" of {holder}");
    match holder.kind {
        Kind::Group => {
            let send = || client.delete_group_policy().group_name(name).policy_name(policy).send();
            removed(&what, cloud.call("iam:DeleteGroupPolicy", send).await)
        }
        Kind::Role => {
            let send = || client.delete_role_policy().role_name(name).policy_name(policy).send();
            removed(&what, cloud.call("iam:DeleteRolePolicy", send).await)
        }
        Kind::User => {
            let send = || client.delete_user_policy().user_name(name).policy_name(policy).send();
            removed(&what, cloud.call("iam:DeleteUserPolicy", send).await)
        }
    }
}
