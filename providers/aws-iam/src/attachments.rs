//! The managed policies attached to roles.

use std::time::Duration;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use terrane_aws_core::{Cloud, is_code, problem};
use terrane_provider::Problem;

use crate::client::{found, iam, removed};

/// How long a role or policy that was just made may not be known yet.
const SETTLING: Duration = Duration::from_secs(15);

/// The ARNs of the policies attached to a role; `None` if there is no such role.
pub async fn of_role(cloud: &Cloud, role: &str) -> Result<Option<Vec<String>>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_attached_role_policies().role_name(role).set_marker(marker).send();
    let take = |a: aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput| {
        (a.attached_policies.unwrap_or_default(), a.marker)
    };
    let policies = cloud.pages("iam:ListAttachedRolePolicies", list, take).await;
    let policies = found(&format!("listing the policies attached to IAM role \"{role}\""), policies)?;
    Ok(policies.map(|all| all.into_iter().filter_map(|p| p.policy_arn).collect()))
}

/// Attaches policies to a role.
pub async fn attach(cloud: &Cloud, role: &str, policies: Vec<String>) -> Result<(), Problem> {
    for policy in policies {
        let what = format!("attaching policy {policy} to IAM role \"{role}\"");
        let request = iam(cloud).attach_role_policy().role_name(role).policy_arn(policy);
        let answer = cloud.insist("iam:AttachRolePolicy", SETTLING, unsettled, || request.clone().send()).await;
        answer.map_err(|e| problem(&what, &e))?;
    }
    Ok(())
}

fn unsettled<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["NoSuchEntity", "ConcurrentModification"])
}

/// Detaches policies from a role.
pub async fn detach(cloud: &Cloud, role: &str, policies: Vec<String>) -> Result<(), Problem> {
    for policy in policies {
        let what = format!("detaching policy {policy} from IAM role \"{role}\"");
        let request = iam(cloud).detach_role_policy().role_name(role).policy_arn(policy);
        removed(&what, cloud.call("iam:DetachRolePolicy", || request.clone().send()).await)?;
    }
    Ok(())
}
