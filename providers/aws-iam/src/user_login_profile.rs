//! `aws_iam_user_login_profile`.

use async_trait::async_trait;
use aws_sdk_iam::types::LoginProfile;
use rand::RngCore;
use rand::rngs::OsRng;
use terrane_aws_core::{Cloud, made_since, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{OBJECTS, PROPAGATION, appeared, found, iam, too_new};
use crate::holder::{self, Kind};
use crate::pgp::{self, Secret};
use crate::user_credentials::delete_login_profile;

/// `aws_iam_user_login_profile`.
#[derive(Debug)]
pub struct UserLoginProfile;

#[async_trait]
impl ResourceType<Cloud> for UserLoginProfile {
    fn name(&self) -> &'static str {
        "aws_iam_user_login_profile"
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        pgp::validate(config)
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let recipient = pgp::recipient(cloud, create.config).await?;
        let args = Args(create.planned);
        let user = args.text("user").unwrap_or_default();
        let password = password(args.i64("password_length").unwrap_or(20))?;
        let reset = args.bool("password_reset_required").unwrap_or_default();
        make(cloud, user, &password, reset).await?;
        let mut made = Reply::from(create.planned);
        made.str("id", Some(user)).bool("password_reset_required", Some(reset));
        let secret = Secret { plain: "password", encrypted: "encrypted_password", text: &password };
        let kept = secret.keep(&recipient, &mut made);
        let made = made.object();
        let what = format!("the login profile of {}", Kind::User.named(user));
        let read = match kept {
            Ok(()) => appeared(cloud, &what, || read_profile(cloud, &made)).await,
            Err(problem) => Err(problem),
        };
        read.map_err(|p| Failed::from(p).with(Object::new(made.clone())))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| read_profile(cloud, known)).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        Ok(delete_login_profile(cloud, Args(&prior.value).text("id").unwrap_or_default()).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let unknown = ["encrypted_password", "key_fingerprint"].map(|name| (name, Value::string("")));
        let own = [("id", Value::string(id)), ("password_length", Value::from(20))];
        Ok(Object::new(Value::object(own.into_iter().chain(unknown))))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let read =
            |user: String| async move { Ok(get(cloud, &user).await?.map(|p| p.user_name).into_iter().collect()) };
        holder::each(cloud, Kind::User, read).await.map_err(|p| vec![p])
    }
}

async fn make(cloud: &Cloud, user: &str, password: &str, reset: bool) -> Result<(), Problem> {
    let start = cloud.begun();
    let request = iam(cloud).create_login_profile().user_name(user).password(password).password_reset_required(reset);
    let (operation, exists) = ("iam:CreateLoginProfile", ["EntityAlreadyExists"]);
    let answer = cloud.create_named(operation, PROPAGATION, too_new, &exists, || request.clone().send()).await;
    let what = format!("creating the login profile of {}", Kind::User.named(user));
    if answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?.is_some() {
        return Ok(());
    }
    if !get(cloud, user).await?.is_some_and(|p| made_since(start, &p.create_date)) {
        return Err(crate::not_ours(&what));
    }
    // A run that was killed has set a password that nobody knows.
    let request = iam(cloud).update_login_profile().user_name(user).password(password).password_reset_required(reset);
    let answer = cloud.insist("iam:UpdateLoginProfile", PROPAGATION, too_new, || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&what, &e))
}

async fn get(cloud: &Cloud, user: &str) -> Result<Option<LoginProfile>, Problem> {
    let request = iam(cloud).get_login_profile().user_name(user);
    let answer = cloud.call("iam:GetLoginProfile", || request.clone().send()).await;
    Ok(found(&format!("reading the login profile of {}", Kind::User.named(user)), answer)?
        .and_then(|a| a.login_profile))
}

async fn read_profile(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let Some(profile) = get(cloud, Args(known).text("id").unwrap_or_default()).await? else { return Ok(None) };
    let mut reply = Reply::from(known);
    reply.str("user", Some(profile.user_name()));
    // A user who has set a new password, as asked to, has not drifted.
    let asked = Args(known).bool("password_reset_required");
    reply.bool("password_reset_required", asked.or(Some(profile.password_reset_required())));
    Ok(Some(reply.object()))
}

/// The characters of passwords, by the classes that a password policy can require.
const CLASSES: [&[u8]; 4] =
    [b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789", b"!@#$%^&*()_+-=[]{}|'"];

/// A random password with characters of all classes.
fn password(length: i64) -> Result<String, Problem> {
    let (all, length) = (CLASSES.concat(), usize::try_from(length).unwrap_or_default().max(CLASSES.len()));
    loop {
        let mut chosen = Vec::with_capacity(length);
        while chosen.len() < length {
            chosen.extend(random()?.into_iter().filter_map(|byte| all.get(usize::from(byte & 0x7f))));
        }
        chosen.truncate(length);
        if CLASSES.iter().all(|class| chosen.iter().any(|c| class.contains(c))) {
            return Ok(chosen.into_iter().map(char::from).collect());
        }
    }
}

fn random() -> Result<[u8; 32], Problem> {
    let mut bytes = [0; 32];
    let failed =
        |e: rand::Error| Problem::error("No random numbers", format!("The operating system has none to give: {e}."));
    OsRng.try_fill_bytes(&mut bytes).map(|()| bytes).map_err(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_all_classes_and_the_length_asked_for() {
        for length in [5, 20, 128] {
            let password = password(length).unwrap();
            assert_eq!(password.len() as i64, length);
            assert!(CLASSES.iter().all(|class| password.bytes().any(|c| class.contains(&c))), "{password}");
        }
        assert_ne!(password(20).unwrap(), password(20).unwrap());
    }
}
