//! `aws_iam_role`.

use async_trait::async_trait;
use aws_sdk_iam::types::Role as RemoteRole;
use terrane_aws_core::{Arn, Cloud, Poll, keep_empty, made_since, name_of, prefix_of, problem};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::attachments;
use crate::census::{self, Entity, Entry};
use crate::client::{
    PROPAGATION, decoded, found, from_tags, iam, removed, retag, role_names, still_used, time, to_tags, too_new,
};
use crate::holder::Kind;
use crate::inline_policies::{self, InlinePolicies};

/// Calls that reading one role takes, at least.
const CALLS: usize = 3;

/// `aws_iam_role`.
#[derive(Debug)]
pub struct Role;

#[async_trait]
impl ResourceType<Cloud> for Role {
    fn name(&self) -> &'static str {
        "aws_iam_role"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        let arn = make(cloud, &name, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&name)).str("name", Some(&name)).str("arn", arn);
        let half_made = Object::new(half_made.object());
        furnish(cloud, &name, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        census::read_each_of(cloud, Kind::Role, CALLS * prior.len(), prior, |known, all| async move {
            let name = Args(known).text("id").or(Args(known).text("name")).unwrap_or_default();
            match all.get(name).and_then(|entry| counted(cloud, entry, known)) {
                Some(role) => Ok(Some(role)),
                None => read_role(cloud, name, known).await,
            }
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let name = Args(update.prior).text("id").unwrap_or_default();
        update_document(cloud, name, &update).await?;
        update_settings(cloud, name, &update).await?;
        update_boundary(cloud, name, &update).await?;
        update_policies(cloud, name, &update).await?;
        let what = Kind::Role.named(name);
        retag!(cloud, update, what, role_name = name, untag_role "iam:UntagRole", tag_role "iam:TagRole");
        Ok(read_existing(cloud, name, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let args = Args(&prior.value);
        let (name, force) = (args.text("id").unwrap_or_default(), args.bool("force_detach_policies") == Some(true));
        leave_instance_profiles(cloud, name).await?;
        if force || !args.strings("managed_policy_arns").is_empty() {
            let attached = attachments::of(cloud, Kind::Role.named(name)).await?.unwrap_or_default();
            attachments::detach(cloud, Kind::Role.named(name), attached).await?;
        }
        if force || !args.blocks("inline_policy").is_empty() {
            let names = inline_policies::names(cloud, Kind::Role.named(name)).await?.unwrap_or_default();
            inline_policies::delete(cloud, Kind::Role.named(name), names).await?;
        }
        let client = iam(cloud);
        let answer =
            cloud.insist("iam:DeleteRole", PROPAGATION, still_used, || client.delete_role().role_name(name).send());
        Ok(removed(&format!("deleting IAM role \"{name}\""), answer.await)?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let object = [("id", Value::string(id)), ("name", Value::string(id)), ("force_detach_policies", false.into())];
        Ok(Object::new(Value::object(object)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        role_names(cloud).await.map_err(|p| vec![p])
    }
}

/// Makes the role and returns its ARN, if the answer was not lost.
async fn make(cloud: &Cloud, name: &str, planned: &Value) -> Result<Option<String>, Problem> {
    let (client, args, start) = (iam(cloud), Args(planned), cloud.begun());
    let request = client
        .create_role()
        .role_name(name)
        .assume_role_policy_document(policy_json::compact(args.str("assume_role_policy").unwrap_or_default()))
        .set_path(args.string("path"))
        .set_description(args.string("description"))
        .set_max_session_duration(args.i32("max_session_duration"))
        .set_permissions_boundary(args.string("permissions_boundary"))
        .set_tags(Some(to_tags(&cloud.tags_of(planned))));
    let exists = ["EntityAlreadyExists"];
    let answer = cloud.create_named("iam:CreateRole", PROPAGATION, too_new, &exists, || request.clone().send());
    let what = format!("creating IAM role \"{name}\"");
    match answer.await.map_err(|e| crate::unmade(problem(&what, &e), &e))? {
        Some(made) => Ok(made.role.map(|r| r.arn)),
        None => match get(cloud, name).await? {
            Some(role) if made_since(start, &role.create_date) => Ok(Some(role.arn)),
            _ => Err(crate::not_ours(&what)),
        },
    }
}

/// Gives a new role its policies and reads it.
async fn furnish(cloud: &Cloud, name: &str, planned: &Value) -> Result<Object, Problem> {
    inline_policies::put(cloud, Kind::Role.named(name), &InlinePolicies::written(planned)).await?;
    attachments::attach(cloud, Kind::Role.named(name), Args(planned).strings("managed_policy_arns")).await?;
    read_existing(cloud, name, planned).await
}

async fn read_existing(cloud: &Cloud, name: &str, known: &Value) -> Result<Object, Problem> {
    let poll = || async {
        let role = read_role(cloud, name, known).await?;
        Ok(match role.filter(|r| Args(r).text("arn").and_then(Arn::parse).is_some()) {
            Some(role) => Poll::Done(Object::new(role)),
            None => Poll::pending("not found"),
        })
    };
    cloud.wait(format!("IAM role \"{name}\" to be found"), PROPAGATION, poll).await
}

/// A role.
pub async fn get(cloud: &Cloud, name: &str) -> Result<Option<RemoteRole>, Problem> {
    let client = iam(cloud);
    let answer = cloud.call("iam:GetRole", || client.get_role().role_name(name).send()).await;
    Ok(found(&format!("reading IAM role \"{name}\""), answer)?.and_then(|a| a.role))
}

async fn read_role(cloud: &Cloud, name: &str, known: &Value) -> Result<Option<Value>, Problem> {
    let (role, inline, attached) = tokio::join!(
        get(cloud, name),
        inline_policies::of(cloud, Kind::Role.named(name)),
        attachments::of(cloud, Kind::Role.named(name))
    );
    let (Some(role), Some(inline), Some(attached)) = (role?, inline?, attached?) else { return Ok(None) };
    Ok(Some(value(cloud, &role, &inline, &attached, known)))
}

/// A role as a census has it.
fn counted(cloud: &Cloud, entry: &Entry, known: &Value) -> Option<Value> {
    let Entity::Role(role) = &entry.entity else { return None };
    Some(value(cloud, role, &InlinePolicies::read(entry.inline.clone()), &entry.attached, known))
}

fn value(cloud: &Cloud, role: &RemoteRole, inline: &InlinePolicies, attached: &[String], known: &Value) -> Value {
    let mut reply = Reply::from(known);
    set_role(&mut reply, role, known);
    if !InlinePolicies::written(known).equivalent(inline) || Args(known).get("inline_policy").is_none() {
        reply.blocks("inline_policy", inline.blocks());
    }
    reply.set("managed_policy_arns", attached);
    cloud.set_tags(&mut reply, known, from_tags(role.tags()));
    keep_empty(known, reply.object())
}

fn set_role(reply: &mut Reply, role: &RemoteRole, known: &Value) {
    let document = decoded(role.assume_role_policy_document().unwrap_or_default());
    let document = policy_json::keep(Args(known).str("assume_role_policy"), &document);
    let boundary = role.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
    reply
        .str("id", Some(role.role_name()))
        .str("arn", Some(role.arn()))
        .str("assume_role_policy", Some(document))
        .str("create_date", time(role.create_date()))
        .str("description", role.description().filter(|d| !d.is_empty()))
        .i64("max_session_duration", Some(role.max_session_duration().unwrap_or(3600)))
        .str("name", Some(role.role_name()))
        .str("name_prefix", prefix_of(role.role_name()))
        .str("path", Some(role.path()))
        .str("permissions_boundary", boundary)
        .str("unique_id", Some(role.role_id()));
}

async fn update_document(cloud: &Cloud, name: &str, update: &Update<'_>) -> Result<(), Problem> {
    if !update.changes("assume_role_policy") {
        return Ok(());
    }
    let document = policy_json::compact(Args(update.planned).str("assume_role_policy").unwrap_or_default());
    let request = iam(cloud).update_assume_role_policy().role_name(name).policy_document(document);
    let answer = cloud.insist("iam:UpdateAssumeRolePolicy", PROPAGATION, too_new, || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&format!("updating the trust policy of IAM role \"{name}\""), &e))
}

async fn update_settings(cloud: &Cloud, name: &str, update: &Update<'_>) -> Result<(), Problem> {
    let (client, planned, what) = (iam(cloud), Args(update.planned), format!("updating IAM role \"{name}\""));
    if update.changes("description") {
        // Only this call takes a description away.
        let description = planned.str("description").unwrap_or_default();
        let request = client.update_role_description().role_name(name).description(description);
        let answer = cloud.call("iam:UpdateRoleDescription", || request.clone().send()).await;
        answer.map_err(|e| problem(&what, &e))?;
    }
    if update.changes("max_session_duration") {
        let duration = planned.i32("max_session_duration");
        let request = client.update_role().role_name(name).set_max_session_duration(duration);
        let answer = cloud.call("iam:UpdateRole", || request.clone().send()).await;
        answer.map_err(|e| problem(&what, &e))?;
    }
    Ok(())
}

async fn update_boundary(cloud: &Cloud, name: &str, update: &Update<'_>) -> Result<(), Problem> {
    if !update.changes("permissions_boundary") {
        return Ok(());
    }
    let (client, what) = (iam(cloud), format!("updating the permissions boundary of IAM role \"{name}\""));
    let Some(boundary) = Args(update.planned).text("permissions_boundary") else {
        let request = client.delete_role_permissions_boundary().role_name(name);
        return removed(&what, cloud.call("iam:DeleteRolePermissionsBoundary", || request.clone().send()).await);
    };
    let request = client.put_role_permissions_boundary().role_name(name).permissions_boundary(boundary);
    let answer = cloud.call("iam:PutRolePermissionsBoundary", || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&what, &e))
}

async fn update_policies(cloud: &Cloud, name: &str, update: &Update<'_>) -> Result<(), Problem> {
    if update.changes("inline_policy") {
        let (old, new) = (InlinePolicies::written(update.prior), InlinePolicies::written(update.planned));
        inline_policies::delete(cloud, Kind::Role.named(name), old.names_not_in(&new)).await?;
        inline_policies::put(cloud, Kind::Role.named(name), &new.changed_from(&old)).await?;
    }
    if update.changes("managed_policy_arns") {
        let [old, new] = [update.prior, update.planned].map(|v| Args(v).strings("managed_policy_arns"));
        attachments::detach(cloud, Kind::Role.named(name), old.iter().filter(|a| !new.contains(a)).cloned().collect())
            .await?;
        attachments::attach(cloud, Kind::Role.named(name), new.into_iter().filter(|a| !old.contains(a)).collect())
            .await?;
    }
    Ok(())
}

/// Takes the role out of all instance profiles, without which it cannot be deleted.
async fn leave_instance_profiles(cloud: &Cloud, name: &str) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("removing IAM role \"{name}\" from its instance profiles"));
    let list = |marker| client.list_instance_profiles_for_role().role_name(name).set_marker(marker).send();
    let profiles = cloud.pages("iam:ListInstanceProfilesForRole", list, |a| (a.instance_profiles, a.marker)).await;
    for profile in found(&what, profiles)?.unwrap_or_default() {
        let request = client.remove_role_from_instance_profile().role_name(name);
        let request = request.instance_profile_name(profile.instance_profile_name);
        removed(&what, cloud.call("iam:RemoveRoleFromInstanceProfile", || request.clone().send()).await)?;
    }
    Ok(())
}
