//! Which users are in which groups.

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use terrane_aws_core::{Cloud, is_code, problem};
use terrane_provider::Problem;

use crate::client::{SETTLING, found, iam, removed};
use crate::holder::Kind;

/// The names of the users in a group; `None` if there is no such group.
pub async fn users_in(cloud: &Cloud, group: &str) -> Result<Option<Vec<String>>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.get_group().group_name(group).set_marker(marker).send();
    let users = cloud.pages("iam:GetGroup", list, |a| (a.users, a.marker)).await;
    let users = found(&format!("reading the users in {}", Kind::Group.named(group)), users)?;
    Ok(users.map(|all| all.into_iter().map(|u| u.user_name).collect()))
}

/// The names of the groups that a user is in; `None` if there is no such user.
pub async fn groups_of(cloud: &Cloud, user: &str) -> Result<Option<Vec<String>>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_groups_for_user().user_name(user).set_marker(marker).send();
    let groups = cloud.pages("iam:ListGroupsForUser", list, |a| (a.groups, a.marker)).await;
    let groups = found(&format!("listing the groups of {}", Kind::User.named(user)), groups)?;
    Ok(groups.map(|all| all.into_iter().map(|g| g.group_name).collect()))
}

/// Puts a user into a group.
pub async fn add(cloud: &Cloud, user: &str, group: &str) -> Result<(), Problem> {
    let request = iam(cloud).add_user_to_group().user_name(user).group_name(group);
    let answer = cloud.insist("iam:AddUserToGroup", SETTLING, too_new, || request.clone().send()).await;
    let what = format!("adding {} to {}", Kind::User.named(user), Kind::Group.named(group));
    answer.map(|_| ()).map_err(|e| problem(&what, &e))
}

fn too_new<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["NoSuchEntity", "ConcurrentModification"])
}

/// Takes a user out of a group.
pub async fn remove(cloud: &Cloud, user: &str, group: &str) -> Result<(), Problem> {
    let request = iam(cloud).remove_user_from_group().user_name(user).group_name(group);
    let what = format!("removing {} from {}", Kind::User.named(user), Kind::Group.named(group));
    removed(&what, cloud.call("iam:RemoveUserFromGroup", || request.clone().send()).await)
}
