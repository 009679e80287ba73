//! `aws_iam_access_key`.

use async_trait::async_trait;
use aws_lc_rs::hmac;
use aws_sdk_iam::types::{AccessKey as RemoteKey, AccessKeyMetadata, StatusType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use terrane_aws_core::{Cloud, made_since, problem, read_each, uncertain};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{OBJECTS, appeared, found, iam, time};
use crate::holder::{self, Kind};
use crate::pgp::{self, Secret};
use crate::user_credentials::{access_keys, delete_access_key};

/// `aws_iam_access_key`.
#[derive(Debug)]
pub struct AccessKey;

#[async_trait]
impl ResourceType<Cloud> for AccessKey {
    fn name(&self) -> &'static str {
        "aws_iam_access_key"
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        pgp::validate(config)
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let recipient = pgp::recipient(cloud, create.config).await?;
        let key = make(cloud, Args(create.planned).text("user").unwrap_or_default()).await?;
        let mut made = Reply::from(create.planned);
        made.str("id", Some(key.access_key_id())).str("create_date", key.create_date().and_then(time));
        let secret = key.secret_access_key();
        let kept = Secret { plain: "secret", encrypted: "encrypted_secret", text: secret }.keep(&recipient, &mut made);
        let text = &smtp_password(secret, cloud.default_region());
        let smtp = Secret { plain: "ses_smtp_password_v4", encrypted: "encrypted_ses_smtp_password_v4", text };
        let kept = kept.and(smtp.keep(&recipient, &mut made));
        let made = Object::new(made.object());
        let finish = async {
            kept?;
            if Args(create.planned).str("status") == Some(StatusType::Inactive.as_str()) {
                set_status(cloud, &made.value).await?;
            }
            read_existing(cloud, &made.value).await
        };
        finish.await.map_err(|p: Problem| Failed::from(p).with(made.clone()))
    }

    /// The secret of a key that a killed run has made is lost with it: it is told which key that may be.
    async fn left_behind(&self, cloud: &Cloud, create: Create<'_>) -> Vec<Problem> {
        let user = Args(create.planned).text("user").unwrap_or_default();
        match unmanaged(cloud, user).await {
            Ok(keys) => keys.iter().map(|key| lost(user, key)).collect(),
            Err(problem) => vec![Problem::warning(problem.summary, problem.detail)],
        }
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| read_key(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        if update.changes("status") {
            set_status(cloud, update.planned).await?;
        }
        Ok(Object::new(update.planned.clone()))
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let (user, id) = parts(&prior.value);
        Ok(delete_access_key(cloud, user, id).await?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let read = |user: String| async move {
            let keys = access_keys(cloud, &user).await?.unwrap_or_default();
            Ok(keys.into_iter().filter_map(|k| k.access_key_id).collect())
        };
        holder::each(cloud, Kind::User, read).await.map_err(|p| vec![p])
    }
}

fn parts(object: &Value) -> (&str, &str) {
    (Args(object).text("user").unwrap_or_default(), Args(object).text("id").unwrap_or_default())
}

/// The keys of a user that were made since a create was begun, and that nobody manages.
async fn unmanaged(cloud: &Cloud, user: &str) -> Result<Vec<AccessKeyMetadata>, Problem> {
    let (begun, managed) = (cloud.begun(), cloud.resumed().map(|r| r.managed.as_slice()).unwrap_or_default());
    let mut keys = access_keys(cloud, user).await?.unwrap_or_default();
    keys.retain(|key| {
        let new = key.create_date().is_none_or(|date| made_since(begun, date));
        new && !managed.iter().any(|id| Some(id.as_str()) == key.access_key_id())
    });
    Ok(keys)
}

fn lost(user: &str, key: &AccessKeyMetadata) -> Problem {
    let (id, made) = (key.access_key_id().unwrap_or_default(), key.create_date().and_then(time));
    Problem::warning(
        "Access key of a run that was killed",
        format!(
            "{} has the access key {id}, made {}, which this configuration does not manage. A run that was killed has \
             begun to make one: unless you know this key, that run has made it, and its secret is lost. Delete it with:\n  \
             aws iam delete-access-key --user-name {user} --access-key-id {id}",
            Kind::User.named(user),
            made.unwrap_or_else(|| "at a time that AWS does not tell".to_owned())
        ),
    )
}

/// Makes a key. Whether a call without an answer has made one cannot be told from the keys that are there.
async fn make(cloud: &Cloud, user: &str) -> Result<RemoteKey, Problem> {
    let what = format!("creating an access key of {}", Kind::User.named(user));
    let request = iam(cloud).create_access_key().user_name(user);
    let answer = cloud.call_once("iam:CreateAccessKey", || request.clone().send()).await;
    let answer = answer.map_err(|e| {
        let mut problem = problem(&what, &e);
        if uncertain(&e) {
            problem.detail.push_str("\nA key may have been made all the same: look at the keys of the user.");
        }
        problem
    })?;
    answer.access_key.ok_or_else(|| Problem::error(format!("Failed {what}"), "AWS answered without the key."))
}

async fn set_status(cloud: &Cloud, object: &Value) -> Result<(), Problem> {
    let (user, id) = parts(object);
    let status = StatusType::from(Args(object).str("status").unwrap_or_default());
    let request = iam(cloud).update_access_key().user_name(user).access_key_id(id).status(status);
    let answer = cloud.call("iam:UpdateAccessKey", || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&format!("updating access key {id} of {}", Kind::User.named(user)), &e))
}

async fn read_existing(cloud: &Cloud, known: &Value) -> Result<Object, Problem> {
    appeared(cloud, &format!("access key {}", parts(known).1), || read_key(cloud, known)).await
}

async fn read_key(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let (user, id) = parts(known);
    let user = if user.is_empty() { owner(cloud, id).await? } else { Some(user.to_owned()) };
    let Some(user) = user else { return Ok(None) };
    let keys = access_keys(cloud, &user).await?.unwrap_or_default();
    let Some(key) = keys.into_iter().find(|k| k.access_key_id() == Some(id)) else { return Ok(None) };
    let mut reply = Reply::from(known);
    reply
        .str("user", Some(user))
        .str("status", key.status().map(StatusType::as_str))
        .str("create_date", key.create_date().and_then(time));
    Ok(Some(reply.object()))
}

/// The user that a key belongs to.
async fn owner(cloud: &Cloud, id: &str) -> Result<Option<String>, Problem> {
    let request = iam(cloud).get_access_key_last_used().access_key_id(id);
    let answer = cloud.call("iam:GetAccessKeyLastUsed", || request.clone().send()).await;
    Ok(found(&format!("finding the user of access key {id}"), answer)?.and_then(|a| a.user_name))
}

/// The password for SMTP to Amazon SES that follows from a secret key, as AWS documents it: the date, the service and
/// the message are constants, and the first byte is a version.
fn smtp_password(secret: &str, region: &str) -> String {
    let sign = |key: Vec<u8>, text: &str| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes()).as_ref().to_vec()
    };
    let start = format!("AWS4{secret}").into_bytes();
    let signature = ["11111111", region, "ses", "aws4_request", "SendRawEmail"].into_iter().fold(start, sign);
    STANDARD.encode([&[4], signature.as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smtp_passwords_follow_from_secret_and_region() {
        let password = |region| smtp_password("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region);
        assert_eq!(STANDARD.decode(password("eu-west-1")).map(|b| (b.len(), b[0])), Ok((33, 4)));
        assert_ne!(password("eu-west-1"), password("us-east-1"));
    }
}
