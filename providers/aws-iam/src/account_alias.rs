//! `aws_iam_account_alias`.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, problem};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{SETTLING, appeared, iam, removed, too_new};

/// `aws_iam_account_alias`.
#[derive(Debug)]
pub struct AccountAlias;

#[async_trait]
impl ResourceType<Cloud> for AccountAlias {
    fn name(&self) -> &'static str {
        "aws_iam_account_alias"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let alias = Args(create.planned).text("account_alias").unwrap_or_default();
        let request = iam(cloud).create_account_alias().account_alias(alias);
        let answer = cloud.insist("iam:CreateAccountAlias", SETTLING, too_new, || request.clone().send()).await;
        let what = format!("creating the account alias \"{alias}\"");
        answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?;
        let read = || async { Ok(aliases(cloud).await?.iter().find(|a| *a == alias).map(|a| value(a))) };
        let read = appeared(cloud, &format!("the account alias \"{alias}\""), read).await;
        read.map_err(|p| Failed::from(p).with(Object::new(value(alias))))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        let aliases = aliases(cloud).await;
        let outcome = |known: &Object| -> ReadOutcome {
            let aliases = aliases.clone().map_err(|p| vec![p])?;
            let alias = Args(&known.value).text("id").unwrap_or_default();
            Ok(aliases.iter().find(|a| *a == alias).map(|a| Object::new(value(a))))
        };
        prior.iter().map(outcome).collect()
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let alias = Args(&prior.value).text("id").unwrap_or_default();
        let request = iam(cloud).delete_account_alias().account_alias(alias);
        let answer = cloud.call("iam:DeleteAccountAlias", || request.clone().send()).await;
        Ok(removed(&format!("deleting the account alias \"{alias}\""), answer)?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        aliases(cloud).await.map_err(|p| vec![p])
    }
}

/// The aliases of the account: none or one.
pub async fn aliases(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let client = iam(cloud);
    let list = |marker| client.list_account_aliases().set_marker(marker).send();
    let aliases = cloud.pages("iam:ListAccountAliases", list, |a| (a.account_aliases, a.marker)).await;
    aliases.map_err(|e| problem("listing the aliases of the account", &e))
}

fn value(alias: &str) -> Value {
    let mut reply = Reply::new();
    reply.str("id", Some(alias)).str("account_alias", Some(alias));
    reply.object()
}
