//! `aws_iam_user`.

use async_trait::async_trait;
use aws_sdk_iam::types::User as RemoteUser;
use terrane_aws_core::{Cloud, keep_empty, made_since, problem};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::Value;

use crate::census::{self, Entity};
use crate::client::{
    PROPAGATION, SETTLING, appeared, found, from_tags, iam, removed, renamed, retag, still_used, to_tags, too_new,
};
use crate::holder::{Kind, user_names};
use crate::user_credentials;

/// `aws_iam_user`.
#[derive(Debug)]
pub struct User;

#[async_trait]
impl ResourceType<Cloud> for User {
    fn name(&self) -> &'static str {
        "aws_iam_user"
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, _: &Value, plan: PlanResponse) -> PlanResponse {
        renamed(prior, plan)
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = Args(create.planned).text("name").unwrap_or_default();
        make(cloud, name, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(name));
        let half_made = Object::new(half_made.object());
        read_existing(cloud, name, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        census::read_each_of(cloud, Kind::User, prior.len(), prior, |known, all| async move {
            let name = Args(known).text("id").or(Args(known).text("name")).unwrap_or_default();
            match all.get(name).map(|entry| &entry.entity) {
                Some(Entity::User(user)) => Ok(Some(value(cloud, user, known))),
                _ => Ok(get(cloud, name).await?.map(|u| value(cloud, &u, known))),
            }
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let before = Args(update.prior).text("id").unwrap_or_default();
        let name = rename(cloud, before, &update).await?;
        // Whatever fails now, the user is known by its new name.
        let renamed = || {
            let mut user = Reply::from(update.prior);
            user.str("id", Some(name)).str("name", Some(name));
            Object::new(user.object())
        };
        furnish(cloud, name, &update).await.map_err(|p| Failed::from(p).with(renamed()))
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let name = Args(&prior.value).text("id").unwrap_or_default();
        leave_groups(cloud, name).await?;
        let forced = Args(&prior.value).bool("force_destroy") == Some(true);
        let request = iam(cloud).delete_user().user_name(name);
        let mut answer = cloud.call("iam:DeleteUser", || request.clone().send()).await;
        if answer.as_ref().is_err_and(still_used) {
            if forced {
                user_credentials::delete_all(cloud, name).await?;
            }
            answer = cloud.insist("iam:DeleteUser", SETTLING, still_used, || request.clone().send()).await;
        }
        Ok(removed(&format!("deleting {}", Kind::User.named(name)), answer).map_err(|p| in_use(p, name))?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        Ok(Object::new(Value::object([("id", Value::string(id)), ("force_destroy", false.into())])))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        user_names(cloud).await.map_err(|p| vec![p])
    }
}

/// Says what to do about a user that still has something.
fn in_use(mut problem: Problem, name: &str) -> Problem {
    if problem.detail.contains("DeleteConflict") {
        problem.detail.push_str(&format!(
            "\nUser {name:?} has policies or credentials that are not managed here. Remove them; credentials go with \
             the user if force_destroy = true is applied first."
        ));
    }
    problem
}

async fn make(cloud: &Cloud, name: &str, planned: &Value) -> Result<(), Problem> {
    let (args, start) = (Args(planned), cloud.begun());
    let request = iam(cloud)
        .create_user()
        .user_name(name)
        .set_path(args.string("path"))
        .set_permissions_boundary(args.string("permissions_boundary"))
        .set_tags(Some(to_tags(&cloud.tags_of(planned))));
    let exists = ["EntityAlreadyExists"];
    let answer = cloud.create_named("iam:CreateUser", PROPAGATION, too_new, &exists, || request.clone().send()).await;
    let what = format!("creating {}", Kind::User.named(name));
    if answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?.is_some() {
        return Ok(());
    }
    let made = get(cloud, name).await?.is_some_and(|u| made_since(start, &u.create_date));
    if made { Ok(()) } else { Err(crate::not_ours(&what)) }
}

async fn read_existing(cloud: &Cloud, name: &str, known: &Value) -> Result<Object, Problem> {
    let read = || async { Ok(get(cloud, name).await?.map(|u| value(cloud, &u, known))) };
    appeared(cloud, &Kind::User.named(name).to_string(), read).await
}

/// A user.
pub async fn get(cloud: &Cloud, name: &str) -> Result<Option<RemoteUser>, Problem> {
    let request = iam(cloud).get_user().user_name(name);
    let answer = cloud.call("iam:GetUser", || request.clone().send()).await;
    Ok(found(&format!("reading {}", Kind::User.named(name)), answer)?.and_then(|a| a.user))
}

fn value(cloud: &Cloud, user: &RemoteUser, known: &Value) -> Value {
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(user.user_name()))
        .str("arn", Some(user.arn()))
        .str("name", Some(user.user_name()))
        .str("path", Some(user.path()))
        .str("permissions_boundary", user.permissions_boundary().and_then(|b| b.permissions_boundary_arn()))
        .str("unique_id", Some(user.user_id()));
    cloud.set_tags(&mut reply, known, from_tags(user.tags()));
    keep_empty(known, reply.object())
}

/// Changes what is left to change of a user that has its new name, and reads it.
async fn furnish(cloud: &Cloud, name: &str, update: &Update<'_>) -> Result<Object, Problem> {
    update_boundary(cloud, name, update).await?;
    let what = Kind::User.named(name);
    retag!(cloud, update, what, user_name = name, untag_user "iam:UntagUser", tag_user "iam:TagUser");
    read_existing(cloud, name, update.planned).await
}

/// Gives a user its planned name and path, and returns the name.
async fn rename<'a>(cloud: &Cloud, before: &'a str, update: &Update<'a>) -> Result<&'a str, Problem> {
    let after = Args(update.planned);
    let name = after.text("name").unwrap_or(before);
    if name == before && !update.changes("path") {
        return Ok(name);
    }
    let request = iam(cloud).update_user().user_name(before).set_new_path(after.string("path"));
    let request = request.set_new_user_name((name != before).then(|| name.to_owned()));
    let answer = cloud.call("iam:UpdateUser", || request.clone().send()).await;
    answer.map(|_| name).map_err(|e| problem(&format!("updating {}", Kind::User.named(before)), &e))
}

async fn update_boundary(cloud: &Cloud, name: &str, update: &Update<'_>) -> Result<(), Problem> {
    if !update.changes("permissions_boundary") {
        return Ok(());
    }
    let (client, what) = (iam(cloud), format!("updating the permissions boundary of {}", Kind::User.named(name)));
    let Some(boundary) = Args(update.planned).text("permissions_boundary") else {
        let request = client.delete_user_permissions_boundary().user_name(name);
        return removed(&what, cloud.call("iam:DeleteUserPermissionsBoundary", || request.clone().send()).await);
    };
    let request = client.put_user_permissions_boundary().user_name(name).permissions_boundary(boundary);
    let answer = cloud.call("iam:PutUserPermissionsBoundary", || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&what, &e))
}

/// Takes the user out of all groups, without which it cannot be deleted.
async fn leave_groups(cloud: &Cloud, name: &str) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("removing {} from its groups", Kind::User.named(name)));
    let list = |marker| client.list_groups_for_user().user_name(name).set_marker(marker).send();
    let groups = cloud.pages("iam:ListGroupsForUser", list, |a| (a.groups, a.marker)).await;
    for group in found(&what, groups)?.unwrap_or_default() {
        let request = client.remove_user_from_group().user_name(name).group_name(group.group_name);
        removed(&what, cloud.call("iam:RemoveUserFromGroup", || request.clone().send()).await)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_with_credentials_of_others_come_with_advice() {
        let conflict =
            Problem::error("Deleting IAM user \"a\" failed", "DeleteConflict: must delete access keys first.");
        assert!(in_use(conflict, "a").detail.contains("force_destroy = true"));
        let other = Problem::error("Deleting IAM user \"a\" failed", "AccessDenied: no.");
        assert_eq!(in_use(other.clone(), "a"), other);
    }
}
