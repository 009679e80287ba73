//! What policies belong to: groups, roles and users.

use std::fmt;

use terrane_aws_core::{Cloud, concurrently, problem};
use terrane_provider::Problem;

use crate::client::{OBJECTS, iam, role_names};

/// A kind of holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IAM groups.
    Group,
    /// IAM roles.
    Role,
    /// IAM users.
    User,
}

impl Kind {
    /// The attribute that names a holder of this kind: `role`.
    pub fn attribute(self) -> &'static str {
        match self {
            Kind::Group => "group",
            Kind::Role => "role",
            Kind::User => "user",
        }
    }

    /// The holder of a name.
    pub fn named(self, name: &str) -> Holder<'_> {
        Holder { kind: self, name }
    }
}

/// A group, role or user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder<'a> {
    /// Which of them.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IAM {} \"{}\"", self.kind.attribute(), self.name)
    }
}

/// The names of all holders of a kind, but the roles that belong to services.
pub async fn names(cloud: &Cloud, kind: Kind) -> Result<Vec<String>, Problem> {
    match kind {
        Kind::Group => group_names(cloud).await,
        Kind::Role => role_names(cloud).await,
        Kind::User => user_names(cloud).await,
    }
}

/// The names of all groups.
pub async fn group_names(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let client = iam(cloud);
    let groups = cloud.pages("iam:ListGroups", |m| client.list_groups().set_marker(m).send(), |a| (a.groups, a.marker));
    let groups = groups.await.map_err(|e| problem("listing IAM groups", &e))?;
    Ok(groups.into_iter().map(|g| g.group_name).collect())
}

/// The names of all users.
pub async fn user_names(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let client = iam(cloud);
    let users = cloud.pages("iam:ListUsers", |m| client.list_users().set_marker(m).send(), |a| (a.users, a.marker));
    let users = users.await.map_err(|e| problem("listing IAM users", &e))?;
    Ok(users.into_iter().map(|u| u.user_name).collect())
}

/// What all holders of a kind have, asked one by one: `read` gets a name, and answers `None` if it has gone.
pub async fn each<F, Fut, T>(cloud: &Cloud, kind: Kind, read: F) -> Result<Vec<T>, Problem>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Result<Vec<T>, Problem>>,
{
    let names = names(cloud, kind).await?;
    let all = concurrently(OBJECTS, names, read).await.into_iter().collect::<Result<Vec<_>, Problem>>()?;
    Ok(all.into_iter().flatten().collect())
}
