//! Roles that are assumed before the state is reached.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use terrane_value::{ConvertError, Value, parse_duration};

use super::config::{environment, set, text, wrong};

/// A role and how it is assumed.
#[derive(Clone, Default)]
pub(super) struct Role {
    arn: String,
    session: String,
    external_id: Option<String>,
    policy: Option<String>,
    policy_arns: Vec<String>,
    duration: Option<i32>,
    source_identity: Option<String>,
    tags: Vec<(String, String)>,
    transitive_tag_keys: Vec<String>,
    /// The token, or the file that holds it, if the role is assumed with the identity of the web.
    token: Option<Token>,
}

#[derive(Clone)]
enum Token {
    Text(String),
    File(String),
}

/// The older form of `assume_role`: each attribute of the block's own, and what it is called there.
const FLAT: &[(&str, &str)] = &[
    ("role_arn", "role_arn"),
    ("session_name", "session_name"),
    ("external_id", "external_id"),
    ("assume_role_policy", "policy"),
    ("assume_role_policy_arns", "policy_arns"),
    ("assume_role_duration_seconds", "duration"),
    ("assume_role_tags", "tags"),
    ("assume_role_transitive_tag_keys", "transitive_tag_keys"),
];

/// The roles of a configuration, in the order in which they are assumed.
pub(super) fn roles(value: &Value) -> Result<Vec<Role>, ConvertError> {
    let there = |name: &str| value.get(name).filter(|v| !v.is_null());
    let mut roles = Vec::new();
    if let Some(web) = there("assume_role_with_web_identity") {
        roles.push(Role { token: Some(token(web)?), ..Role::read(web, "assume_role_with_web_identity")? });
    }
    let flat: Vec<_> = FLAT.iter().filter_map(|(name, new)| Some((*name, *new, there(name)?.clone()))).collect();
    match (there("assume_role"), flat.first()) {
        (Some(_), Some((name, new, _))) => {
            return Err(wrong(name, format!("Beside \"assume_role\", {name:?} is written as its {new:?}.")));
        }
        (Some(role), None) => roles.push(Role::read(role, "assume_role")?),
        (None, Some(_)) => {
            let fields = flat.into_iter().map(|(_, new, value)| (new, value));
            roles.push(Role::read(&Value::object(fields), "assume_role")?);
        }
        (None, None) => {}
    }
    Ok(roles)
}

fn token(web: &Value) -> Result<Token, ConvertError> {
    let file = || text(web, "web_identity_token_file").or_else(|| environment(&["AWS_WEB_IDENTITY_TOKEN_FILE"]));
    match (text(web, "web_identity_token"), text(web, "web_identity_token_file")) {
        (Some(_), Some(_)) => Err(wrong(
            "assume_role_with_web_identity",
            "Only one of \"web_identity_token\" and \"web_identity_token_file\" can be set.",
        )),
        (Some(token), None) => Ok(Token::Text(token)),
        (None, _) => file().map(Token::File).ok_or_else(|| {
            wrong(
                "assume_role_with_web_identity",
                "It needs \"web_identity_token\" or \"web_identity_token_file\", or AWS_WEB_IDENTITY_TOKEN_FILE.",
            )
        }),
    }
}

impl Role {
    fn read(value: &Value, name: &str) -> Result<Role, ConvertError> {
        let web = name == "assume_role_with_web_identity";
        let from_environment = |variable: &str| web.then(|| environment(&[variable])).flatten();
        let arn = text(value, "role_arn").or_else(|| from_environment("AWS_ROLE_ARN"));
        let arn = arn.ok_or_else(|| wrong(name, format!("The object {name:?} needs \"role_arn\".")))?;
        if !arn.starts_with("arn:") {
            return Err(wrong(name, format!("The \"role_arn\" {arn:?} is not an ARN, which begins with \"arn:\".")));
        }
        let session = text(value, "session_name").or_else(|| from_environment("AWS_ROLE_SESSION_NAME"));
        let tags = value.get("tags").and_then(Value::fields).into_iter().flat_map(|fields| fields.iter());
        Ok(Role {
            arn,
            session: session.unwrap_or_else(|| "terrane".into()),
            external_id: text(value, "external_id"),
            policy: text(value, "policy"),
            policy_arns: set(value, "policy_arns"),
            duration: duration(value, name)?,
            source_identity: text(value, "source_identity"),
            tags: tags.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect(),
            transitive_tag_keys: set(value, "transitive_tag_keys"),
            token: None,
        })
    }

    /// Credentials of the role, asked of `sts`.
    pub fn provider(self, sts: aws_sdk_sts::Client) -> Assumed {
        Assumed { role: self, sts }
    }
}

/// Between a quarter of an hour and half a day: `1h30m`, or a number of seconds in the older form.
fn duration(value: &Value, name: &str) -> Result<Option<i32>, ConvertError> {
    let number = value.get("duration").and_then(Value::as_i64).and_then(|n| u64::try_from(n).ok());
    let written = text(value, "duration");
    let found = number.or_else(|| Some(parse_duration(written.as_deref()?)?.as_secs()));
    match (found, written.is_some() || number.is_some()) {
        (None, false) => Ok(None),
        (Some(seconds @ 900..=43200), _) => Ok(Some(seconds as i32)),
        _ => {
            let what = "The \"duration\" must be between 15m and 12h, written for example as \"1h30m\".";
            Err(wrong(name, what))
        }
    }
}

impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Role").field("arn", &self.arn).finish_non_exhaustive()
    }
}

/// Credentials of an assumed role.
#[derive(Debug)]
pub(super) struct Assumed {
    role: Role,
    sts: aws_sdk_sts::Client,
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let given = match &self.role.token {
                None => self.assume().await,
                Some(token) => self.identify(token).await,
            };
            given.and_then(|given| self.credentials(given))
        })
    }
}

type Given = Option<aws_sdk_sts::types::Credentials>;

impl Assumed {
    async fn assume(&self) -> Result<Given, CredentialsError> {
        let role = &self.role;
        let mut call = self
            .sts
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(&role.session)
            .set_external_id(role.external_id.clone())
            .set_policy(role.policy.clone())
            .set_duration_seconds(role.duration)
            .set_source_identity(role.source_identity.clone());
        for arn in &role.policy_arns {
            call = call.policy_arns(PolicyDescriptorType::builder().arn(arn).build());
        }
        for (key, value) in &role.tags {
            call = call.tags(Tag::builder().key(key).value(value).build().map_err(CredentialsError::provider_error)?);
        }
        for key in &role.transitive_tag_keys {
            call = call.transitive_tag_keys(key);
        }
        call.send().await.map(|answer| answer.credentials).map_err(|e| self.refused(&e, &DisplayErrorContext(&e)))
    }

    async fn identify(&self, token: &Token) -> Result<Given, CredentialsError> {
        let role = &self.role;
        let token = match token {
            Token::Text(token) => token.clone(),
            Token::File(path) => tokio::fs::read_to_string(path).await.map_err(|e| {
                CredentialsError::provider_error(format!("the web identity token in {path} cannot be read: {e}"))
            })?,
        };
        let mut call = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&role.arn)
            .role_session_name(&role.session)
            .web_identity_token(token.trim())
            .set_policy(role.policy.clone())
            .set_duration_seconds(role.duration);
        for arn in &role.policy_arns {
            call = call.policy_arns(PolicyDescriptorType::builder().arn(arn).build());
        }
        call.send().await.map(|answer| answer.credentials).map_err(|e| self.refused(&e, &DisplayErrorContext(&e)))
    }

    fn refused(&self, error: &impl ProvideErrorMetadata, otherwise: &dyn std::fmt::Display) -> CredentialsError {
        let why = match (error.code(), error.message()) {
            (Some(code), message) => format!("{code}: {}", message.unwrap_or("no message")),
            _ => otherwise.to_string(),
        };
        CredentialsError::provider_error(format!("the role {} cannot be assumed: {why}", self.role.arn))
    }

    fn credentials(&self, given: Given) -> Result<Credentials, CredentialsError> {
        let given = given.ok_or_else(|| CredentialsError::provider_error("the answer holds no credentials"))?;
        let seconds = u64::try_from(given.expiration.secs()).unwrap_or_default();
        let until = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let (key, secret, token) = (given.access_key_id, given.secret_access_key, given.session_token);
        Ok(Credentials::new(key, secret, Some(token), Some(until), "assumed role of the S3 backend"))
    }
}
