//! `aws_iam_user_ssh_key`.

use async_trait::async_trait;
use aws_sdk_iam::types::{EncodingType, SshPublicKey, StatusType};
use terrane_aws_core::{Cloud, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Kind as ValueKind, Path, Value};

use crate::client::{OBJECTS, SETTLING, appeared, found, iam, too_new};
use crate::holder::{self, Kind};
use crate::user_credentials::{delete_ssh_key, ssh_keys};

/// `aws_iam_user_ssh_key`.
#[derive(Debug)]
pub struct UserSshKey;

#[async_trait]
impl ResourceType<Cloud> for UserSshKey {
    fn name(&self) -> &'static str {
        "aws_iam_user_ssh_key"
    }

    /// Another comment behind the same key makes no difference.
    fn plan(&self, _: &Cloud, prior: Option<&Value>, _: &Value, mut plan: PlanResponse) -> PlanResponse {
        let Some((prior, planned)) = prior.zip(plan.planned.as_ref()) else { return plan };
        let (before, fields) = (prior.get("public_key"), planned.fields());
        let (Some(before), Some(fields), true) = (before, fields, same_key(prior, planned)) else { return plan };
        let key = Path::root().attr("public_key");
        plan.requires_replace.retain(|path| *path != key);
        plan.planned = Some(Value::from_kind(ValueKind::Object(fields.with("public_key", before.clone()))));
        plan
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let key = upload(cloud, create.planned).await?;
        let mut made = Reply::from(create.planned);
        made.str("id", Some(key.ssh_public_key_id())).str("ssh_public_key_id", Some(key.ssh_public_key_id()));
        let made = made.object();
        let finish = async {
            if Args(create.planned).text("status").is_some_and(|s| s != key.status().as_str()) {
                set_status(cloud, &made).await?;
            }
            appeared(cloud, &format!("SSH key {}", key.ssh_public_key_id()), || read_key(cloud, &made)).await
        };
        finish.await.map_err(|p: Problem| Failed::from(p).with(Object::new(made.clone())))
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
        Ok(delete_ssh_key(cloud, user, id).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let parts: Vec<&str> = id.splitn(3, ':').collect();
        let [user, key, encoding] = parts[..] else {
            return Err(vec![crate::wrong_id(id, "USER-NAME:KEY-ID:ENCODING", "anna:APKAJNCNNJICVN7CFKCA:SSH")]);
        };
        let object = [("id", key), ("ssh_public_key_id", key), ("username", user), ("encoding", encoding)];
        Ok(Object::new(Value::object(object.map(|(name, text)| (name, Value::string(text))))))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let read = |user: String| async move {
            let keys = ssh_keys(cloud, &user).await?.unwrap_or_default();
            Ok(keys.into_iter().map(|key| format!("{user}:{key}:SSH")).collect())
        };
        holder::each(cloud, Kind::User, read).await.map_err(|p| vec![p])
    }
}

fn parts(object: &Value) -> (&str, &str) {
    (Args(object).text("username").unwrap_or_default(), Args(object).text("id").unwrap_or_default())
}

/// A key without the comment behind it and the empty lines around.
fn bare(object: &Value) -> Option<String> {
    Some(stripped(Args(object).str("public_key")?, Args(object).str("encoding") == Some("SSH")))
}

fn stripped(key: &str, ssh: bool) -> String {
    let words: Vec<&str> = key.split(' ').take(if ssh { 2 } else { usize::MAX }).collect();
    words.join(" ").trim_matches('\n').to_owned()
}

fn same_key(a: &Value, b: &Value) -> bool {
    a.get("encoding") == b.get("encoding") && bare(a).is_some() && bare(a) == bare(b)
}

/// Uploads a key; the same key twice is one key, under the same id.
async fn upload(cloud: &Cloud, planned: &Value) -> Result<SshPublicKey, Problem> {
    let (user, args) = (parts(planned).0, Args(planned));
    let what = format!("uploading an SSH key of {}", Kind::User.named(user));
    let request = iam(cloud).upload_ssh_public_key().user_name(user);
    let request = request.ssh_public_key_body(args.str("public_key").unwrap_or_default());
    let answer = cloud.insist("iam:UploadSSHPublicKey", SETTLING, too_new, || request.clone().send()).await;
    let answer = answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?;
    answer.ssh_public_key.ok_or_else(|| Problem::error(format!("Failed {what}"), "AWS answered without the key."))
}

async fn set_status(cloud: &Cloud, object: &Value) -> Result<(), Problem> {
    let (user, id) = parts(object);
    let status = StatusType::from(Args(object).str("status").unwrap_or_default());
    let request = iam(cloud).update_ssh_public_key().user_name(user).ssh_public_key_id(id).status(status);
    let answer = cloud.call("iam:UpdateSSHPublicKey", || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&format!("updating SSH key {id} of {}", Kind::User.named(user)), &e))
}

async fn read_key(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let ((user, id), encoding) = (parts(known), Args(known).str("encoding").unwrap_or("SSH"));
    let request = iam(cloud).get_ssh_public_key().user_name(user).ssh_public_key_id(id);
    let request = request.encoding(EncodingType::from(encoding));
    let answer = cloud.call("iam:GetSSHPublicKey", || request.clone().send()).await;
    let answer = found(&format!("reading SSH key {id} of {}", Kind::User.named(user)), answer)?;
    let Some(key) = answer.and_then(|a| a.ssh_public_key) else { return Ok(None) };
    let body = stripped(key.ssh_public_key_body(), encoding == "SSH");
    let kept = Args(known).string("public_key").filter(|k| stripped(k, encoding == "SSH") == body);
    let mut reply = Reply::from(known);
    reply
        .str("fingerprint", Some(key.fingerprint()))
        .str("public_key", Some(kept.unwrap_or(body)))
        .str("ssh_public_key_id", Some(key.ssh_public_key_id()))
        .str("status", Some(key.status().as_str()));
    Ok(Some(reply.object()))
}
