//! The managed policies attached to groups, roles and users.

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::list_attached_group_policies::ListAttachedGroupPoliciesOutput;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::operation::list_attached_user_policies::ListAttachedUserPoliciesOutput;
use aws_sdk_iam::types::AttachedPolicy;
use terrane_aws_core::{Cloud, is_code, problem};
use terrane_provider::Problem;

use crate::client::{SETTLING, found, iam, removed};
use crate::holder::{Holder, Kind};

/// The ARNs of the policies attached to a holder; `None` if there is no such holder.
pub async fn of(cloud: &Cloud, holder: Holder<'_>) -> Result<Option<Vec<String>>, Problem> {
    let (client, name) = (iam(cloud), holder.name);
    let what = format!("listing the policies attached to {holder}");
    let policies: Option<Vec<AttachedPolicy>> = match holder.kind {
        Kind::Group => {
            let list = |marker| client.list_attached_group_policies().group_name(name).set_marker(marker).send();
            let take = |a: ListAttachedGroupPoliciesOutput| (a.attached_policies.unwrap_or_default(), a.marker);
            found(&what, cloud.pages("iam:ListAttachedGroupPolicies", list, take).await)?
        }
        Kind::Role => {
            let list = |marker| client.list_attached_role_policies().role_name(name).set_marker(marker).send();
            let take = |a: ListAttachedRolePoliciesOutput| (a.attached_policies.unwrap_or_default(), a.marker);
            found(&what, cloud.pages("iam:ListAttachedRolePolicies", list, take).await)?
        }
        Kind::User => {
            let list = |marker| client.list_attached_user_policies().user_name(name).set_marker(marker).send();
            let take = |a: ListAttachedUserPoliciesOutput| (a.attached_policies.unwrap_or_default(), a.marker);
            found(&what, cloud.pages("iam:ListAttachedUserPolicies", list, take).await)?
        }
    };
    Ok(policies.map(|all| all.into_iter().filter_map(|p| p.policy_arn).collect()))
}

/// Attaches policies to a holder.
pub async fn attach(cloud: &Cloud, holder: Holder<'_>, policies: Vec<String>) -> Result<(), Problem> {
    for policy in policies {
        attach_one(cloud, holder, &policy).await?;
    }
    Ok(())
}

async fn attach_one(cloud: &Cloud, holder: Holder<'_>, policy: &str) -> Result<(), Problem> {
    let (client, name) = (iam(cloud), holder.name);
    let what = format!("attaching policy {policy} to {holder}");
    match holder.kind {
        Kind::Group => {
            let send = || client.attach_group_policy().group_name(name).policy_arn(policy).send();
            let answer = cloud.insist("iam:AttachGroupPolicy", SETTLING, unsettled, send).await;
            answer.map(|_| ()).map_err(|e| problem(&what, &e))
        }
        Kind::Role => {
            let send = || client.attach_role_policy().role_name(name).policy_arn(policy).send();
            let answer = cloud.insist("iam:AttachRolePolicy", SETTLING, unsettled, send).await;
            answer.map(|_| ()).map_err(|e| problem(&what, &e))
        }
        Kind::User => {
            let send = || client.attach_user_policy().user_name(name).policy_arn(policy).send();
            let answer = cloud.insist("iam:AttachUserPolicy", SETTLING, unsettled, send).await;
            answer.map(|_| ()).map_err(|e| problem(&what, &e))
        }
    }
}

fn unsettled<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["NoSuchEntity", "ConcurrentModification"])
}

/// Detaches policies from a holder.
pub async fn detach(cloud: &Cloud, holder: Holder<'_>, policies: Vec<String>) -> Result<(), Problem> {
    for policy in policies {
        detach_one(cloud, holder, &policy).await?;
    }
    Ok(())
}

async fn detach_one(cloud: &Cloud, holder: Holder<'_>, policy: &str) -> Result<(), Problem> {
    let (client, name) = (iam(cloud), holder.name);
    let what = format!("detaching policy {policy} from {holder}");
    match holder.kind {
        Kind::Group => {
            let send = || client.detach_group_policy().group_name(name).policy_arn(policy).send();
            removed(&what, cloud.call("iam:DetachGroupPolicy", send).await)
        }
        Kind::Role => {
            let send = || client.detach_role_policy().role_name(name).policy_arn(policy).send();
            removed(&what, cloud.call("iam:DetachRolePolicy", send).await)
        }
        Kind::User => {
            let send = || client.detach_user_policy().user_name(name).policy_arn(policy).send();
            removed(&what, cloud.call("iam:DetachUserPolicy", send).await)
        }
    }
}
