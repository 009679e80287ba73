//! From the provider block to a configured instance.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileRegionProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::{Path, Value};

use crate::credentials::{Asked, assumed, profile_files, profiles, source, told};
use crate::pace::{Paces, Place};
use crate::profile::{device, max_retries};
use crate::rules::is_region;
use crate::settings::Settings;
use crate::{Cloud, http};

/// Arguments that no call depends on.
const HARMLESS: [&str; 3] = ["default_tags", "ignore_tags", "user_agent"];

/// How often STS is asked for credentials at most.
const STS_ATTEMPTS: u32 = 3;

impl Cloud {
    /// Opens an instance from a provider block and the environment.
    ///
    /// Where the block holds unknown parts the instance can plan, but not call: its calls fail and name those parts.
    /// Otherwise credentials are looked for at once and, unless `skip_credentials_validation` is set, shown to AWS.
    /// `modules` are what modules say of themselves, by [`module_schema`](crate::module_schema).
    pub async fn open(config: &Value, modules: &[Value]) -> Result<Cloud, Vec<Problem>> {
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let mut settings = Settings::read(config, &std::env::vars_os().filter_map(text).collect())?;
        settings.user_agent.extend(modules.iter().flat_map(|module| Args(module).strings("user_agent")));
        let hindrances: Vec<&str> =
            settings.unknown.iter().map(String::as_str).filter(|u| !HARMLESS.contains(u)).collect();
        match hindrances.is_empty() {
            true => ready(settings).await,
            false => Ok(offline(settings.clone(), &hindrances)),
        }
    }
}

/// An instance that plans without calls.
fn offline(settings: Settings, hindrances: &[&str]) -> Cloud {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let known = settings.region.clone().filter(|_| !settings.unknown.iter().any(|u| u == "region"));
    let list = hindrances.iter().map(|h| format!("`{h}`")).collect::<Vec<_>>().join(", ");
    let obstacle = format!(
        "AWS cannot be called yet: {list} of the provider block depends on what is known only after apply. \
         Apply what it depends on first, for example with -target, or write a value that is known"
    );
    let mut cloud = with(sdk, &settings);
    cloud.region = known.unwrap_or_default();
    cloud.obstacle = Some(obstacle);
    cloud
}

fn with(sdk: SdkConfig, settings: &Settings) -> Cloud {
    let mut cloud = Cloud::new(sdk);
    cloud.tags = settings.tags.clone();
    cloud.tags_unknown = settings.unknown.iter().any(|u| u == "default_tags");
    cloud.max_retries = settings.max_retries.unwrap_or(cloud.max_retries);
    cloud.s3_use_path_style = settings.s3_use_path_style;
    cloud.skip_account_id = settings.skip_account_id;
    cloud.sts_region = settings.sts_region.clone();
    cloud
}

async fn ready(settings: Settings) -> Result<Cloud, Vec<Problem>> {
    let region = region(&settings).await.map_err(|p| vec![p])?;
    let http = http::client(&settings.http).map_err(|p| vec![p])?;
    let provider = ProviderConfig::without_region()
        .with_http_client(http.clone())
        .with_region(Some(Region::new(region.clone())))
        .with_use_fips(settings.use_fips)
        .with_use_dual_stack(settings.use_dual_stack);
    let profiles = profiles(&settings).await;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region))
        .profile_files(profile_files(&settings))
        .no_credentials()
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts());
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(on) = settings.use_fips {
        loader = loader.use_fips(on);
    }
    if let Some(on) = settings.use_dual_stack {
        loader = loader.use_dual_stack(on);
    }
    for agent in agents(&settings) {
        loader = loader.framework_metadata(agent);
    }
    let sdk = named_endpoints(loader.load().await, &settings.endpoints);
    let wrong = wrong_endpoints(&sdk);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let source = source(&settings, &provider, profiles.as_ref(), &sts(&sdk, &settings));
    let asked = Asked::once(source).await;
    let source = asked.map_err(|e| vec![no_credentials(&settings, profiles.as_ref(), &told(&e))])?;
    let sdk = sdk.into_builder().credentials_provider(SharedCredentialsProvider::new(source)).build();
    let sdk = match assumed(&settings, &sts(&sdk, &settings)) {
        Some(role) => sdk.into_builder().credentials_provider(role).build(),
        None => sdk,
    };
    let mut cloud = with(sdk, &settings);
    let said = profiles.as_ref().and_then(max_retries).filter(|_| settings.max_retries.is_none());
    cloud.max_retries = said.unwrap_or(cloud.max_retries);
    admitted(&cloud, &settings).await.map_err(|p| vec![p])?;
    cloud.place = place(&cloud, &settings).await;
    cloud.paces = Paces::of(cloud.place.clone());
    Ok(cloud)
}

/// Whose calls count together: those of one account in one region. Where the account is not asked for, those with the
/// same key.
async fn place(cloud: &Cloud, settings: &Settings) -> Place {
    let account = match settings.skip_account_id || settings.skip_credentials_validation {
        true => None,
        false => cloud.caller().await.ok().map(|caller| caller.account.clone()),
    };
    let who = account
        .or_else(|| settings.keys.as_ref().map(|keys| keys.access.clone()))
        .or_else(|| settings.profile.clone())
        .unwrap_or_default();
    let endpoint = cloud.sdk.endpoint_url().unwrap_or_default().to_owned();
    (who, cloud.region.clone(), endpoint)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(120)).build()
}

fn agents(settings: &Settings) -> Vec<FrameworkMetadata> {
    let own = FrameworkMetadata::new("terrane", Some(env!("CARGO_PKG_VERSION")));
    let others = settings.user_agent.iter().flat_map(|text| text.split_whitespace()).map(|word| {
        let (name, version) = word.split_once('/').map_or((word, None), |(n, v)| (n, Some(v)));
        FrameworkMetadata::new(allowed(name), version.map(allowed))
    });
    std::iter::once(own).chain(others).flatten().collect()
}

/// A word with all that the header does not take replaced.
fn allowed(word: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    word.chars().map(|c| if taken(c) { c } else { '-' }).collect()
}

/// The configuration for calls to STS that give credentials. The SDK repeats them: they do not go through a [`Cloud`].
fn sts(sdk: &SdkConfig, settings: &Settings) -> SdkConfig {
    let sts = sdk.to_builder().retry_config(RetryConfig::standard().with_max_attempts(STS_ATTEMPTS));
    match &settings.sts_region {
        Some(region) => sts.region(Region::new(region.clone())).build(),
        None => sts.build(),
    }
}

async fn region(settings: &Settings) -> Result<String, Problem> {
    let mut profile = ProfileFileRegionProvider::builder().profile_files(profile_files(settings));
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    let found = match &settings.region {
        Some(region) => Some(region.clone()),
        None => profile.build().region().await.map(|r| r.as_ref().to_owned()),
    };
    match found {
        Some(region) if is_region(&region) => Ok(region),
        Some(region) => {
            let detail = format!("{region:?} is no region such as \"us-east-1\".");
            Err(Problem::error("Invalid AWS region", detail).at(Path::root().attr("region")))
        }
        None => Err(Problem::error(
            "No AWS region",
            "Nothing says in which region to work. Write `region` in the provider block, set AWS_REGION, or set the \
             region of the profile in the AWS configuration file.",
        )),
    }
}

fn no_credentials(settings: &Settings, profiles: Option<&ProfileSet>, told: &str) -> Problem {
    let looked = match &settings.profile {
        Some(profile) => format!("The profile {profile:?} gives no credentials"),
        None => "No credentials were found in the provider block, the environment, the AWS configuration files, a \
                 web identity, the container or the instance"
            .to_owned(),
    };
    let hint = match profiles.and_then(device) {
        Some((profile, device)) => format!(
            "The profile {profile:?} asks for a code of the MFA device {device}, which Terrane cannot ask you for: get \
             credentials with a tool that does, and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."
        ),
        None if told.to_lowercase().contains("sso") => "Log in with `aws sso login`.".to_owned(),
        None => "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with `profile` or AWS_PROFILE, or \
                 log in with `aws sso login`."
            .to_owned(),
    };
    Problem::error("No AWS credentials", format!("{looked}: {}.\n{hint}", told.trim_end_matches('.')))
}

/// Shows the credentials to AWS and holds the account against the lists of the provider block.
async fn admitted(cloud: &Cloud, settings: &Settings) -> Result<(), Problem> {
    let (allowed, forbidden) = (&settings.allowed_account_ids, &settings.forbidden_account_ids);
    let listed = !allowed.is_empty() || !forbidden.is_empty();
    if settings.skip_credentials_validation && !listed {
        return Ok(());
    }
    refused(&cloud.caller().await?.account, allowed, forbidden).map_or(Ok(()), Err)
}

fn refused(account: &str, allowed: &BTreeSet<String>, forbidden: &BTreeSet<String>) -> Option<Problem> {
    let list = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(", ");
    let detail = if !allowed.is_empty() && !allowed.contains(account) {
        format!("The credentials belong to account {account}; `allowed_account_ids` names {}.", list(allowed))
    } else if forbidden.contains(account) {
        format!("The credentials belong to account {account}, which `forbidden_account_ids` names.")
    } else {
        return None;
    };
    Some(Problem::error("Wrong AWS account", format!("{detail} Use other credentials.")))
}

/// Lets the endpoints of the provider block win over those of environment and profile.
fn named_endpoints(sdk: SdkConfig, endpoints: &BTreeMap<String, String>) -> SdkConfig {
    if endpoints.is_empty() {
        return sdk;
    }
    let named = Endpoints { named: endpoints.clone(), others: sdk.clone() };
    sdk.into_builder().service_config(named).build()
}

/// What is wrong with the endpoints of the services, wherever they come from.
fn wrong_endpoints(sdk: &SdkConfig) -> Vec<Problem> {
    let load = |service: &str| {
        let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        sdk.service_config()?.load_config(key.build().ok()?)
    };
    let of_service = |service: &&'static str| Some((format!(" of {service}"), load(service)?));
    let of_all = sdk.endpoint_url().map(|url| (String::new(), url.to_owned()));
    let all = of_all.into_iter().chain(SERVICES.iter().filter_map(of_service));
    let wrong = all.filter(|(_, url)| !is_endpoint(url)).map(|(of, url)| {
        let detail =
            format!("The endpoint {url:?}{of} is no URL such as \"https://example.com\" or \"http://127.0.0.1:4566\".");
        Problem::error("Invalid endpoint", detail)
    });
    wrong.collect()
}

/// Whether a text is a URL that calls can be made to.
fn is_endpoint(url: &str) -> bool {
    let host =
        url.split_once("://").filter(|(scheme, _)| ["http", "https"].iter().any(|s| s.eq_ignore_ascii_case(scheme)));
    host.is_some_and(|(_, host)| !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace))
}

/// The services that are called.
const SERVICES: [&str; 12] = [
    "CloudWatch Logs",
    "DynamoDB",
    "EC2",
    "IAM",
    "KMS",
    "Outposts",
    "S3",
    "S3 Control",
    "SSM",
    "SSO",
    "SSO OIDC",
    "STS",
];

#[derive(Debug)]
struct Endpoints {
    named: BTreeMap<String, String>,
    others: SdkConfig,
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let named = self.named.get(key.service_id()).filter(|_| key.profile() == "endpoint_url");
        named.cloned().or_else(|| self.others.service_config()?.load_config(key))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::Type;

    use super::*;

    fn config(pairs: &[(&'static str, Value)]) -> Value {
        let keys = [("access_key", "AKIA"), ("secret_key", "s")].map(|(k, v)| (k, Value::string(v)));
        let skips = ["skip_credentials_validation", "skip_requesting_account_id"].map(|k| (k, Value::from(true)));
        Value::object(keys.into_iter().chain(skips).chain(pairs.iter().cloned()))
    }

    #[tokio::test]
    async fn an_instance_without_calls_opens() {
        let cloud = Cloud::open(&config(&[("region", Value::string("eu-west-1"))]), &[]).await.unwrap();
        assert_eq!(cloud.default_region(), "eu-west-1");
        assert_eq!(cloud.account_id().await.unwrap(), "");
        assert!(cloud.ready().is_ok());
    }

    #[tokio::test]
    async fn unknown_arguments_let_plan_but_not_call() {
        let cloud = Cloud::open(&config(&[("region", Value::unknown(Type::String))]), &[]).await.unwrap();
        assert_eq!(cloud.default_region(), "");
        let problem = cloud.caller().await.unwrap_err();
        assert!(problem.detail.contains("`region`"), "{problem:?}");
        let tags = Value::unknown(Type::Any);
        let region = Value::string("eu-west-1");
        let cloud = Cloud::open(&config(&[("region", region), ("default_tags", tags)]), &[]).await.unwrap();
        assert!(cloud.ready().is_ok() && cloud.tags_unknown);
    }

    #[tokio::test]
    async fn a_region_must_look_like_one() {
        let problems = Cloud::open(&config(&[("region", Value::string("Europe"))]), &[]).await.unwrap_err();
        assert!(problems[0].detail.contains("Europe"));
    }

    #[test]
    fn retry_modes_of_the_environment_are_looked_at() {
        let read = |mode: &str| {
            let variables = [("AWS_RETRY_MODE".to_owned(), mode.to_owned())].into();
            Settings::read(&config(&[]), &variables).map(drop).map_err(|problems| problems[0].detail.clone())
        };
        assert_eq!(["adaptive", "Standard", "legacy", ""].map(read), [const { Ok(()) }; 4]);
        assert!(read("often").unwrap_err().contains("\"often\""));
    }

    #[test]
    fn accounts_are_held_against_the_lists() {
        let set = |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|i| i.to_string()).collect() };
        assert!(refused("1", &set(&[]), &set(&[])).is_none());
        assert!(refused("1", &set(&["1", "2"]), &set(&[])).is_none());
        assert!(refused("3", &set(&["1", "2"]), &set(&[])).unwrap().detail.contains("names 1, 2"));
        assert!(refused("1", &set(&[]), &set(&["1"])).is_some());
    }

    #[test]
    fn endpoints_are_urls() {
        for right in ["http://127.0.0.1:4566", "https://example.com", "HTTPS://example.com/path"] {
            assert!(is_endpoint(right), "{right}");
        }
        for wrong in ["127.0.0.1:4566", "localhost", "ftp://example.com", "http://", "https:///x", "http://a b"] {
            assert!(!is_endpoint(wrong), "{wrong}");
        }
    }

    #[test]
    fn endpoints_of_the_block_win() {
        let sdk = SdkConfig::builder().build();
        let sdk = named_endpoints(sdk, &[("S3".to_owned(), "http://x".to_owned())].into());
        let load = |service: &str, name: &str| {
            let key = ServiceConfigKey::builder().service_id(service).env("E").profile(name).build().unwrap();
            sdk.service_config().unwrap().load_config(key)
        };
        assert_eq!(load("S3", "endpoint_url").as_deref(), Some("http://x"));
        assert_eq!(load("S3", "other"), None);
        assert_eq!(load("EC2", "endpoint_url"), None);
    }
}
