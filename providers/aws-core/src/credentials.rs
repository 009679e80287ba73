//! Where credentials come from.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};

use crate::problem::line;
use crate::profile::{Base, Chain};
use crate::settings::{Keys, Metadata, Role, Settings, Token, WebIdentity};

/// The name in the session of a role when none is written.
const SESSION: &str = "terrane";

/// The files that profiles are read from.
pub(crate) fn profile_files(settings: &Settings) -> EnvConfigFiles {
    let (configs, credentials) = (&settings.shared_config_files, &settings.shared_credentials_files);
    let mut files = EnvConfigFiles::builder();
    files = configs.iter().fold(files, |f, path| f.with_file(EnvConfigFileKind::Config, expanded(path)));
    files = credentials.iter().fold(files, |f, path| f.with_file(EnvConfigFileKind::Credentials, expanded(path)));
    files
        .include_default_config_file(configs.is_empty())
        .include_default_credentials_file(credentials.is_empty())
        .build()
}

/// A path with `~/` at its start meaning the home directory of the user.
pub fn expanded(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

/// The profiles that can be chosen from; `None` if the files cannot be read: the SDK says why.
pub(crate) async fn profiles(settings: &Settings) -> Option<ProfileSet> {
    let chosen = settings.profile.clone().map(Cow::Owned);
    profile::load(&Fs::real(), &Env::real(), &profile_files(settings), chosen).await.ok()
}

/// The credentials to begin with, before any role of the provider block is assumed. `sdk` is for calls to STS.
pub(crate) fn source(
    settings: &Settings,
    provider: &ProviderConfig,
    profiles: Option<&ProfileSet>,
    sdk: &SdkConfig,
) -> SharedCredentialsProvider {
    if let Some(keys) = &settings.keys {
        return fixed(keys, "provider block");
    }
    let profile = of_profile(settings, provider, profiles, sdk);
    if settings.profile.is_some() {
        return profile;
    }
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile);
    let chain = match &settings.ambient_identity {
        Some(web) => chain.or_else("WebIdentity", Assumed::new(sdk, How::WebIdentity(web.clone()))),
        None => chain,
    };
    let chain = chain.or_else("Container", container(provider));
    SharedCredentialsProvider::new(match settings.metadata.is_asked {
        true => chain.or_else("InstanceMetadata", instance(&settings.metadata, provider)),
        false => chain,
    })
}

/// A source that has been asked once: the first who needs credentials gets those, so that no role is assumed twice.
#[derive(Debug)]
pub(crate) struct Asked {
    first: Mutex<Option<Credentials>>,
    source: SharedCredentialsProvider,
}

impl Asked {
    /// Asks a source.
    ///
    /// # Errors
    /// Those of the source.
    pub async fn once(source: SharedCredentialsProvider) -> Result<Asked, CredentialsError> {
        let first = source.provide_credentials().await?;
        Ok(Asked { first: Mutex::new(Some(first)), source })
    }
}

impl ProvideCredentials for Asked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first.filter(|first| first.expiry().is_none_or(|end| end > SystemTime::now())) {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.source.provide_credentials(),
        }
    }
}

/// The credentials of the chosen profile.
fn of_profile(
    settings: &Settings,
    provider: &ProviderConfig,
    profiles: Option<&ProfileSet>,
    sdk: &SdkConfig,
) -> SharedCredentialsProvider {
    let as_it_is = |name| named(settings, provider, name);
    let Some(Chain { base, roles }) = profiles.and_then(crate::profile::chain) else {
        return as_it_is(settings.profile.as_deref());
    };
    let base = match base {
        Base::Keys(keys) => fixed(&keys, "profile"),
        Base::Token(web) => SharedCredentialsProvider::new(Assumed::new(sdk, How::WebIdentity(web))),
        Base::Profile(name) => as_it_is(Some(&name)),
        Base::Source(source) => match source.to_lowercase().as_str() {
            "environment" => SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()),
            "ecscontainer" => SharedCredentialsProvider::new(container(provider)),
            "ec2instancemetadata" if settings.metadata.is_asked => {
                SharedCredentialsProvider::new(instance(&settings.metadata, provider))
            }
            "ec2instancemetadata" => SharedCredentialsProvider::new(Unasked),
            _ => return as_it_is(settings.profile.as_deref()),
        },
    };
    through(Some(base.clone()), &roles, sdk).unwrap_or(base)
}

/// The credentials of a profile as the SDK finds them.
fn named(settings: &Settings, provider: &ProviderConfig, name: Option<&str>) -> SharedCredentialsProvider {
    let mut profile =
        ProfileFileCredentialsProvider::builder().configure(provider).profile_files(profile_files(settings));
    if let Some(name) = name {
        profile = profile.profile_name(name);
    }
    SharedCredentialsProvider::new(profile.build())
}

fn fixed(Keys { access, secret, token }: &Keys, place: &'static str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(access, secret, token.clone(), None, place))
}

fn container(provider: &ProviderConfig) -> EcsCredentialsProvider {
    EcsCredentialsProvider::builder().configure(provider).build()
}

/// The instance metadata service, asked once and briefly: on other machines nobody answers.
fn instance(metadata: &Metadata, provider: &ProviderConfig) -> ImdsCredentialsProvider {
    let brief = Duration::from_secs(1);
    let builder = || imds::Client::builder().configure(provider);
    let at = |url: &String| builder().endpoint(url).ok();
    let mut client = metadata.endpoint.as_ref().and_then(at).unwrap_or_else(builder);
    if let Some(mode) = metadata.mode.as_ref().and_then(|mode| mode.parse().ok()) {
        client = client.endpoint_mode(mode);
    }
    let client = client.max_attempts(1).connect_timeout(brief).read_timeout(brief).build();
    ImdsCredentialsProvider::builder().configure(provider).imds_client(client).build()
}

/// The instance metadata service where it may not be asked.
#[derive(Debug)]
struct Unasked;

impl ProvideCredentials for Unasked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let why = "the profile takes its credentials from the instance metadata service, which is switched off by \
                   `skip_metadata_api_check` or AWS_EC2_METADATA_DISABLED";
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error(why)))
    }
}

/// Credentials of the roles that the provider block assumes.
pub(crate) fn assumed(settings: &Settings, sdk: &SdkConfig) -> Option<SharedCredentialsProvider> {
    let token = settings.web_identity.clone().map(|web| Assumed::new(sdk, How::WebIdentity(web)));
    through(token.map(SharedCredentialsProvider::new), &settings.roles, sdk)
}

/// Credentials of the last of some roles, each assumed with those of the one before; the first with these, or else with
/// those of `sdk`.
fn through(
    mut current: Option<SharedCredentialsProvider>,
    roles: &[Role],
    sdk: &SdkConfig,
) -> Option<SharedCredentialsProvider> {
    for role in roles {
        let mut config = sdk.to_builder();
        if let Some(credentials) = &current {
            config.set_credentials_provider(Some(credentials.clone()));
        }
        // Each link needs a cache of its own: the shared one is for the credentials at the end of the chain.
        config.set_identity_cache(Some(aws_config::identity::IdentityCache::lazy().build()));
        current = Some(SharedCredentialsProvider::new(Assumed::new(&config.build(), How::Role(role.clone()))));
    }
    current
}

/// A role that is assumed when its credentials are asked for.
#[derive(Debug)]
struct Assumed {
    sts: aws_sdk_sts::Client,
    how: How,
}

#[derive(Debug)]
enum How {
    Role(Role),
    WebIdentity(WebIdentity),
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            match &self.how {
                How::Role(role) => self.role(role).await,
                How::WebIdentity(web) => self.web(web).await,
            }
        })
    }
}

impl Assumed {
    fn new(sdk: &SdkConfig, how: How) -> Assumed {
        Assumed { sts: aws_sdk_sts::Client::new(sdk), how }
    }

    async fn role(&self, role: &Role) -> Result<Credentials, CredentialsError> {
        let tag = |(k, v): (&String, &String)| Tag::builder().key(k).value(v).build().ok();
        let tags: Vec<Tag> = role.tags.iter().filter_map(tag).collect();
        let answer = self
            .sts
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration.and_then(seconds))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role))
            .set_source_identity(role.source_identity.clone())
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_transitive_tag_keys((!role.transitive_tag_keys.is_empty()).then(|| role.transitive_tag_keys.clone()))
            .send()
            .await;
        let answer = answer.map_err(|e| refused(&role.arn, &line(&e)))?;
        credentials(&role.arn, answer.credentials)
    }

    async fn web(&self, web: &WebIdentity) -> Result<Credentials, CredentialsError> {
        let role = &web.role;
        let answer = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&role.arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .web_identity_token(token(&web.token).await?)
            .set_duration_seconds(role.duration.and_then(seconds))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role))
            .send()
            .await;
        let answer = answer.map_err(|e| refused(&role.arn, &line(&e)))?;
        credentials(&role.arn, answer.credentials)
    }
}

async fn token(token: &Token) -> Result<String, CredentialsError> {
    match token {
        Token::Text(text) => Ok(text.clone()),
        Token::File(path) => {
            let text = tokio::fs::read_to_string(path).await;
            text.map_err(|e| CredentialsError::invalid_configuration(format!("web_identity_token_file {path}: {e}")))
        }
    }
}

fn seconds(duration: Duration) -> Option<i32> {
    i32::try_from(duration.as_secs()).ok()
}

fn policies(role: &Role) -> Option<Vec<PolicyDescriptorType>> {
    let all: Vec<_> = role.policy_arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
    (!all.is_empty()).then_some(all)
}

fn refused(arn: &str, error: &dyn std::fmt::Display) -> CredentialsError {
    CredentialsError::provider_error(format!("role {arn} cannot be assumed: {error}"))
}

fn credentials(arn: &str, answer: Option<aws_sdk_sts::types::Credentials>) -> Result<Credentials, CredentialsError> {
    let answer = answer.ok_or_else(|| refused(arn, &"STS answered without credentials"))?;
    let expires = SystemTime::try_from(answer.expiration).ok();
    let (access, secret, token) = (answer.access_key_id, answer.secret_access_key, answer.session_token);
    Ok(Credentials::new(access, secret, Some(token), expires, "assumed role"))
}

/// What an error of a credentials provider says, with its causes.
pub(crate) fn told(error: &CredentialsError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |e| e.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}
