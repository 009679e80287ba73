//! Data sources that read one entity: `aws_iam_group`, `aws_iam_instance_profile`, `aws_iam_openid_connect_provider`,
//! `aws_iam_policy`, `aws_iam_role`, `aws_iam_user`.

use async_trait::async_trait;
use aws_sdk_iam::operation::list_policies::ListPoliciesOutput;
use terrane_aws_core::{Cloud, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::client::{decoded, found, from_tags, iam, time};
use crate::holder::Kind;
use crate::{instance_profile, openid_connect_provider, policy, role, user};

/// Says that there is nothing of that name.
fn missing(what: impl std::fmt::Display) -> Vec<Problem> {
    let detail = format!("There is no {what} in this account. Check the configuration of the data source.");
    vec![Problem::error("Data source found nothing", detail)]
}

/// `aws_iam_group`.
#[derive(Debug)]
pub struct Group;

#[async_trait]
impl DataSource<Cloud> for Group {
    fn name(&self) -> &'static str {
        "aws_iam_group"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let name = Args(config).text("group_name").unwrap_or_default();
        let (client, what, mut group) = (iam(cloud), Kind::Group.named(name), None);
        let list = |marker| client.get_group().group_name(name).set_marker(marker).send();
        let users = cloud.pages("iam:GetGroup", list, |a| {
            group = a.group;
            (a.users, a.marker)
        });
        let users = found(&format!("reading {what}"), users.await).map_err(|p| vec![p])?;
        let (Some(users), Some(group)) = (users, group) else { return Err(missing(what)) };
        let users = users.iter().map(|u| {
            let mut user = Reply::new();
            user.str("arn", Some(u.arn())).str("path", Some(u.path())).str("user_id", Some(u.user_id()));
            user.str("user_name", Some(u.user_name()));
            user
        });
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(group.group_id()))
            .str("arn", Some(group.arn()))
            .str("path", Some(group.path()))
            .str("group_id", Some(group.group_id()))
            .blocks("users", users);
        Ok(reply.object())
    }
}

/// `aws_iam_instance_profile`.
#[derive(Debug)]
pub struct InstanceProfile;

#[async_trait]
impl DataSource<Cloud> for InstanceProfile {
    fn name(&self) -> &'static str {
        "aws_iam_instance_profile"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let name = Args(config).text("name").unwrap_or_default();
        let profile = instance_profile::get(cloud, name).await.map_err(|p| vec![p])?;
        let profile = profile.ok_or_else(|| missing(format!("IAM instance profile \"{name}\"")))?;
        let role = profile.roles().first();
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(profile.instance_profile_id()))
            .str("arn", Some(profile.arn()))
            .str("create_date", time(profile.create_date()))
            .str("path", Some(profile.path()))
            .str("role_arn", role.map(|r| r.arn()))
            .str("role_id", role.map(|r| r.role_id()))
            .str("role_name", role.map(|r| r.role_name()));
        Ok(reply.object())
    }
}

/// `aws_iam_openid_connect_provider`.
#[derive(Debug)]
pub struct OpenIdConnectProvider;

#[async_trait]
impl DataSource<Cloud> for OpenIdConnectProvider {
    fn name(&self) -> &'static str {
        "aws_iam_openid_connect_provider"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (arn, url) = (Args(config).string("arn"), Args(config).text("url").unwrap_or_default());
        let arn = match arn {
            Some(arn) => Some(arn),
            None => provider_of(cloud, url).await.map_err(|p| vec![p])?,
        };
        let arn = arn.ok_or_else(|| missing(format!("IAM OpenID Connect provider of {url}")))?;
        let provider = openid_connect_provider::get(cloud, &arn).await.map_err(|p| vec![p])?;
        let provider = provider.ok_or_else(|| missing(format!("IAM OpenID Connect provider {arn}")))?;
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(&arn))
            .str("arn", Some(&arn))
            .list("client_id_list", provider.client_id_list())
            .list("thumbprint_list", provider.thumbprint_list())
            .str("url", Args(config).text("url").or(provider.url()));
        cloud.set_data_tags(&mut reply, from_tags(provider.tags()));
        Ok(reply.object())
    }
}

/// The ARN of the provider of a URL.
async fn provider_of(cloud: &Cloud, url: &str) -> Result<Option<String>, Problem> {
    let url = url.trim_start_matches("https://");
    let arns = openid_connect_provider::arns(cloud).await?;
    Ok(arns.into_iter().find(|arn| arn.split_once('/').is_some_and(|(_, own)| own == url)))
}

/// `aws_iam_policy`.
#[derive(Debug)]
pub struct Policy;

#[async_trait]
impl DataSource<Cloud> for Policy {
    fn name(&self) -> &'static str {
        "aws_iam_policy"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let arn = match Args(config).string("arn") {
            Some(arn) => arn,
            None => policy_named(cloud, Args(config)).await?,
        };
        let policy = policy::get(cloud, &arn).await.map_err(|p| vec![p])?;
        let policy = policy.ok_or_else(|| missing(format!("IAM policy {arn}")))?;
        let version = policy.default_version_id().unwrap_or("v1");
        let document = policy::document(cloud, &arn, version).await.map_err(|p| vec![p])?;
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(&arn))
            .str("arn", Some(&arn))
            .i64("attachment_count", policy.attachment_count())
            .str("description", Some(policy.description().unwrap_or_default()))
            .str("name", policy.policy_name())
            .str("path", policy.path())
            .str("policy", document)
            .str("policy_id", policy.policy_id());
        cloud.set_data_tags(&mut reply, from_tags(policy.tags()));
        Ok(reply.object())
    }
}

/// The ARN of the only policy with a name, under a path.
async fn policy_named(cloud: &Cloud, config: Args<'_>) -> Result<String, Vec<Problem>> {
    let (client, name, path) = (iam(cloud), config.text("name"), config.string("path_prefix"));
    let list = |marker| client.list_policies().set_path_prefix(path.clone()).set_marker(marker).send();
    let take = |a: ListPoliciesOutput| (a.policies.unwrap_or_default(), a.marker);
    let policies = cloud.pages("iam:ListPolicies", list, take).await;
    let policies = policies.map_err(|e| vec![problem("listing IAM policies", &e)])?;
    let fitting = policies.into_iter().filter(|p| name.is_none() || p.policy_name() == name);
    let mut arns: Vec<String> = fitting.filter_map(|p| p.arn).collect();
    let wanted = format!("IAM policy named \"{}\"", name.unwrap_or("*"));
    match (arns.pop(), arns.len()) {
        (Some(arn), 0) => Ok(arn),
        (Some(_), others) => {
            let detail = format!("There are {} for an {wanted}. Write the arn, or a longer path_prefix.", others + 1);
            Err(vec![Problem::error("Data source found several", detail)])
        }
        (None, _) => Err(missing(wanted)),
    }
}

/// `aws_iam_role`.
#[derive(Debug)]
pub struct Role;

#[async_trait]
impl DataSource<Cloud> for Role {
    fn name(&self) -> &'static str {
        "aws_iam_role"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let name = Args(config).text("name").unwrap_or_default();
        let role = role::get(cloud, name).await.map_err(|p| vec![p])?;
        let role = role.ok_or_else(|| missing(Kind::Role.named(name)))?;
        let boundary = role.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
        let last_used = role.role_last_used().map(|used| {
            let mut block = Reply::new();
            block.str("last_used_date", used.last_used_date().and_then(time)).str("region", used.region());
            block
        });
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(role.role_name()))
            .str("arn", Some(role.arn()))
            .str("assume_role_policy", role.assume_role_policy_document().map(decoded))
            .str("create_date", time(role.create_date()))
            .str("description", Some(role.description().unwrap_or_default()))
            .i64("max_session_duration", Some(role.max_session_duration().unwrap_or(3600)))
            .str("path", Some(role.path()))
            .str("permissions_boundary", Some(boundary.unwrap_or_default()))
            .blocks("role_last_used", last_used)
            .str("unique_id", Some(role.role_id()));
        cloud.set_data_tags(&mut reply, from_tags(role.tags()));
        Ok(reply.object())
    }
}

/// `aws_iam_user`.
#[derive(Debug)]
pub struct User;

#[async_trait]
impl DataSource<Cloud> for User {
    fn name(&self) -> &'static str {
        "aws_iam_user"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let name = Args(config).text("user_name").unwrap_or_default();
        let user = user::get(cloud, name).await.map_err(|p| vec![p])?;
        let user = user.ok_or_else(|| missing(Kind::User.named(name)))?;
        let boundary = user.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(user.user_id()))
            .str("arn", Some(user.arn()))
            .str("path", Some(user.path()))
            .str("permissions_boundary", Some(boundary.unwrap_or_default()))
            .str("user_id", Some(user.user_id()));
        cloud.set_data_tags(&mut reply, from_tags(user.tags()));
        Ok(reply.object())
    }
}
