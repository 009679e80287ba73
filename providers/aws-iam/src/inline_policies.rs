//! The inline policies of roles.

use std::collections::BTreeMap;

use terrane_aws_core::{Cloud, concurrently, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply, policy_json};
use terrane_value::Value;

use crate::client::{CONCURRENCY, PROPAGATION, decoded, found, iam, removed, too_new};

/// Policy documents by the name of their policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InlinePolicies(BTreeMap<String, String>);

impl InlinePolicies {
    /// The policies in the `inline_policy` blocks of a role; an empty block stands for none.
    pub fn written(role: &Value) -> InlinePolicies {
        let blocks = Args(role).blocks("inline_policy").into_iter();
        InlinePolicies(blocks.filter_map(|b| Some((b.string("name")?, b.string("policy")?))).collect())
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

/// The names of the inline policies of a role; `None` if there is no such role.
pub async fn names(cloud: &Cloud, role: &str) -> Result<Option<Vec<String>>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_role_policies().role_name(role).set_marker(marker).send();
    let names = cloud.pages("iam:ListRolePolicies", list, |a| (a.policy_names, a.marker)).await;
    found(&format!("listing the inline policies of IAM role \"{role}\""), names)
}

/// The inline policies of a role; `None` if there is no such role.
pub async fn of_role(cloud: &Cloud, role: &str) -> Result<Option<InlinePolicies>, Problem> {
    let Some(names) = names(cloud, role).await? else { return Ok(None) };
    let read = |name: String| async move { get(cloud, role, &name).await.map(|policy| policy.map(|p| (name, p))) };
    let policies = concurrently(CONCURRENCY, names, read).await;
    let policies = policies.into_iter().filter_map(Result::transpose).collect::<Result<_, Problem>>()?;
    Ok(Some(InlinePolicies(policies)))
}

/// The document of an inline policy of a role, if there is one.
pub async fn get(cloud: &Cloud, role: &str, name: &str) -> Result<Option<String>, Problem> {
    let client = iam(cloud);
    let request = client.get_role_policy().role_name(role).policy_name(name);
    let answer = cloud.call("iam:GetRolePolicy", || request.clone().send()).await;
    let answer = found(&format!("reading inline policy \"{name}\" of IAM role \"{role}\""), answer)?;
    Ok(answer.map(|a| decoded(&a.policy_document)))
}

/// Sets inline policies of a role.
pub async fn put(cloud: &Cloud, role: &str, policies: &InlinePolicies) -> Result<(), Problem> {
    for (name, policy) in &policies.0 {
        put_one(cloud, role, name, policy).await?;
    }
    Ok(())
}

/// Sets one inline policy of a role.
pub async fn put_one(cloud: &Cloud, role: &str, name: &str, policy: &str) -> Result<(), Problem> {
    let request = iam(cloud).put_role_policy().role_name(role).policy_name(name);
    let request = request.policy_document(policy_json::compact(policy));
    let answer = cloud.insist("iam:PutRolePolicy", PROPAGATION, too_new, || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&format!("putting inline policy \"{name}\" of IAM role \"{role}\""), &e))
}

/// Deletes inline policies of a role.
pub async fn delete(cloud: &Cloud, role: &str, names: Vec<String>) -> Result<(), Problem> {
    for name in names {
        let what = format!("deleting inline policy \"{name}\" of IAM role \"{role}\"");
        let request = iam(cloud).delete_role_policy().role_name(role).policy_name(name);
        removed(&what, cloud.call("iam:DeleteRolePolicy", || request.clone().send()).await)?;
    }
    Ok(())
}
