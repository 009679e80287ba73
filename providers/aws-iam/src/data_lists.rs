//! Data sources that list entities by path and name: `aws_iam_roles`, `aws_iam_users`.

use async_trait::async_trait;
use regex::Regex;
use terrane_aws_core::{Cloud, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

use crate::client::iam;

/// `aws_iam_roles`.
#[derive(Debug)]
pub struct Roles;

#[async_trait]
impl DataSource<Cloud> for Roles {
    fn name(&self) -> &'static str {
        "aws_iam_roles"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (client, path) = (iam(cloud), Args(config).string("path_prefix"));
        let list = |marker| client.list_roles().set_path_prefix(path.clone()).set_marker(marker).send();
        let roles = cloud.pages("iam:ListRoles", list, |a| (a.roles, a.marker)).await;
        let roles = roles.map_err(|e| vec![problem("listing IAM roles", &e)])?;
        listed(cloud, config, roles.into_iter().map(|r| (r.role_name, r.arn)))
    }
}

/// `aws_iam_users`.
#[derive(Debug)]
pub struct Users;

#[async_trait]
impl DataSource<Cloud> for Users {
    fn name(&self) -> &'static str {
        "aws_iam_users"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (client, path) = (iam(cloud), Args(config).string("path_prefix"));
        let list = |marker| client.list_users().set_path_prefix(path.clone()).set_marker(marker).send();
        let users = cloud.pages("iam:ListUsers", list, |a| (a.users, a.marker)).await;
        let users = users.map_err(|e| vec![problem("listing IAM users", &e)])?;
        listed(cloud, config, users.into_iter().map(|u| (u.user_name, u.arn)))
    }
}

/// Those entities whose name fits the pattern that is written, if one is.
fn listed(cloud: &Cloud, config: &Value, all: impl Iterator<Item = (String, String)>) -> Result<Value, Vec<Problem>> {
    let pattern = Args(config).text("name_regex").map(Regex::new).transpose().map_err(|e| {
        let problem = Problem::error("Invalid regular expression", format!("{e}."));
        vec![problem.at(Path::root().attr("name_regex"))]
    })?;
    let (names, arns): (Vec<_>, Vec<_>) =
        all.filter(|(name, _)| pattern.as_ref().is_none_or(|p| p.is_match(name))).unzip();
    let mut reply = Reply::from(config);
    reply.str("id", Some(cloud.default_region())).set("names", names).set("arns", arns);
    Ok(reply.object())
}
