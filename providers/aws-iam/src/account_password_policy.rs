//! `aws_iam_account_password_policy`: one for each account.

use async_trait::async_trait;
use aws_sdk_iam::types::PasswordPolicy;
use terrane_aws_core::{Cloud, problem};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{appeared, found, iam, removed};

/// The id of every object.
const ID: &str = "iam-account-password-policy";

/// `aws_iam_account_password_policy`.
#[derive(Debug)]
pub struct AccountPasswordPolicy;

#[async_trait]
impl ResourceType<Cloud> for AccountPasswordPolicy {
    fn name(&self) -> &'static str {
        "aws_iam_account_password_policy"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        Ok(put(cloud, create.planned).await?)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        let policy = get(cloud).await;
        let outcome = |known: &Object| -> ReadOutcome {
            let policy = policy.clone().map_err(|p| vec![p])?;
            Ok(policy.map(|p| Object::new(value(&p, &known.value))))
        };
        prior.iter().map(outcome).collect()
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        Ok(put(cloud, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, _: &Object) -> Result<(), Failed> {
        let request = iam(cloud).delete_account_password_policy();
        let answer = cloud.call("iam:DeleteAccountPasswordPolicy", || request.clone().send()).await;
        Ok(removed("deleting the password policy of the account", answer)?)
    }

    fn import(&self, _: &Cloud, _: &str) -> Result<Object, Vec<Problem>> {
        Ok(Object::new(Value::object([("id", Value::string(ID))])))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let policy = get(cloud).await.map_err(|p| vec![p])?;
        Ok(policy.map(|_| ID.to_owned()).into_iter().collect())
    }
}

/// Sets the policy as a whole: what is not said gets AWS's default.
async fn put(cloud: &Cloud, planned: &Value) -> Result<Object, Problem> {
    let args = Args(planned);
    let number = |name| args.i32(name).filter(|n| *n != 0);
    let request = iam(cloud)
        .update_account_password_policy()
        .set_allow_users_to_change_password(args.bool("allow_users_to_change_password"))
        .set_hard_expiry(args.bool("hard_expiry"))
        .set_max_password_age(number("max_password_age"))
        .set_minimum_password_length(number("minimum_password_length"))
        .set_password_reuse_prevention(number("password_reuse_prevention"))
        .set_require_lowercase_characters(args.bool("require_lowercase_characters"))
        .set_require_numbers(args.bool("require_numbers"))
        .set_require_symbols(args.bool("require_symbols"))
        .set_require_uppercase_characters(args.bool("require_uppercase_characters"));
    let answer = cloud.call("iam:UpdateAccountPasswordPolicy", || request.clone().send()).await;
    answer.map_err(|e| problem("setting the password policy of the account", &e))?;
    let read = || async { Ok(get(cloud).await?.map(|p| value(&p, planned))) };
    appeared(cloud, "the password policy of the account", read).await
}

async fn get(cloud: &Cloud) -> Result<Option<PasswordPolicy>, Problem> {
    let request = iam(cloud).get_account_password_policy();
    let answer = cloud.call("iam:GetAccountPasswordPolicy", || request.clone().send()).await;
    Ok(found("reading the password policy of the account", answer)?.and_then(|a| a.password_policy))
}

fn value(policy: &PasswordPolicy, known: &Value) -> Value {
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(ID))
        .bool("allow_users_to_change_password", Some(policy.allow_users_to_change_password()))
        .bool("expire_passwords", Some(policy.expire_passwords()))
        .bool("hard_expiry", Some(policy.hard_expiry().unwrap_or_default()))
        .i64("max_password_age", Some(policy.max_password_age().unwrap_or_default()))
        .i64("minimum_password_length", policy.minimum_password_length())
        .i64("password_reuse_prevention", Some(policy.password_reuse_prevention().unwrap_or_default()))
        .bool("require_lowercase_characters", Some(policy.require_lowercase_characters()))
        .bool("require_numbers", Some(policy.require_numbers()))
        .bool("require_symbols", Some(policy.require_symbols()))
        .bool("require_uppercase_characters", Some(policy.require_uppercase_characters()));
    reply.object()
}
