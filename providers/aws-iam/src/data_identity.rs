//! Data sources about who acts: `aws_iam_account_alias`, `aws_iam_session_context`.

use async_trait::async_trait;
use terrane_aws_core::{Arn, Cloud};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::account_alias::aliases;
use crate::client::appeared;
use crate::holder::Kind;
use crate::role;

/// `aws_iam_account_alias`.
#[derive(Debug)]
pub struct AccountAlias;

#[async_trait]
impl DataSource<Cloud> for AccountAlias {
    fn name(&self) -> &'static str {
        "aws_iam_account_alias"
    }

    async fn read(&self, cloud: &Cloud, _: &Value) -> Result<Value, Vec<Problem>> {
        let aliases = aliases(cloud).await.map_err(|p| vec![p])?;
        let Some(alias) = aliases.first() else {
            let detail = "The account has no alias. Give it one with aws_iam_account_alias, or do without.";
            return Err(vec![Problem::error("Data source found nothing", detail)]);
        };
        let mut reply = Reply::new();
        reply.str("id", Some(alias)).str("account_alias", Some(alias));
        Ok(reply.object())
    }
}

/// `aws_iam_session_context`: the role behind the ARN of a session.
#[derive(Debug)]
pub struct SessionContext;

#[async_trait]
impl DataSource<Cloud> for SessionContext {
    fn name(&self) -> &'static str {
        "aws_iam_session_context"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let arn = Args(config).text("arn").unwrap_or_default();
        let Some((name, session)) = session(arn) else { return Ok(context(config, arn, ["", "", ""])) };
        let read = || async {
            let role = role::get(cloud, name).await?;
            Ok(role.map(|r| context(config, r.arn(), [r.role_id(), name, session])))
        };
        let read = appeared(cloud, &Kind::Role.named(name).to_string(), read).await;
        read.map(|object| object.value).map_err(|p| vec![p])
    }
}

fn context(config: &Value, issuer: &str, [id, name, session]: [&str; 3]) -> Value {
    let mut reply = Reply::from(config);
    reply
        .str("id", Args(config).text("arn"))
        .str("issuer_arn", Some(issuer))
        .str("issuer_id", Some(id))
        .str("issuer_name", Some(name))
        .str("session_name", Some(session));
    reply.object()
}

/// The role and the session in the ARN of an assumed role: `arn:aws:sts::1:assumed-role/ROLE/SESSION`.
fn session(arn: &str) -> Option<(&str, &str)> {
    let parsed = Arn::parse(arn).filter(|a| a.service == "sts")?;
    let (role, session) = parsed.resource.strip_prefix("assumed-role/")?.rsplit_once('/')?;
    let role = role.rsplit('/').next().unwrap_or(role);
    (!role.is_empty() && session.chars().count() >= 2).then_some((role, session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_roles_are_told_from_other_identities() {
        assert_eq!(session("arn:aws:sts::123456789012:assumed-role/app/session"), Some(("app", "session")));
        assert_eq!(session("arn:aws:sts::123456789012:assumed-role/a/b/app/session"), Some(("app", "session")));
        for other in [
            "arn:aws:iam::123456789012:user/anna",
            "arn:aws:iam::123456789012:role/assumed-role/a/bc",
            "arn:aws:sts::123456789012:federated-user/anna",
            "arn:aws:sts::123456789012:assumed-role/app",
        ] {
            assert_eq!(session(other), None, "{other}");
        }
    }
}
