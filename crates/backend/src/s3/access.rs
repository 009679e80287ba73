//! Credentials, regions, endpoints: how the services are reached.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use terrane_value::{ConvertError, Value};

use super::config::{environment, set, switch, text, wrong};
use super::connect::Network;
use super::role::{Role, roles};

/// How to reach AWS.
#[derive(Clone)]
pub(super) struct Access {
    profile: Option<String>,
    credentials: Option<Credentials>,
    config_files: Vec<String>,
    credentials_files: Vec<String>,
    roles: Vec<Role>,
    network: Network,
    metadata: Metadata,
    endpoint_s3: Option<String>,
    endpoint_dynamodb: Option<String>,
    endpoint_sts: Option<String>,
    sts_region: Option<String>,
    path_style: bool,
    checksums: bool,
    fips: Option<bool>,
    dual_stack: Option<bool>,
    retries: RetryConfig,
    accounts: Accounts,
}

/// Which service of the machine gives credentials.
#[derive(Clone, Debug, Default)]
struct Metadata {
    skip: bool,
    endpoint: Option<String>,
    mode: Option<imds::client::EndpointMode>,
}

/// To which accounts the credentials may belong.
#[derive(Clone, Debug, Default)]
struct Accounts {
    allowed: Vec<String>,
    forbidden: Vec<String>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// How long a state may be under way until its answer begins.
pub(super) const LONGEST_TRANSFER: Duration = Duration::from_secs(600);

/// How long the answer to a call about a lock may take.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// An answer that never comes must not hold a lock whose heartbeat goes on.
fn patience(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(30)).read_timeout(answer).build()
}

impl Access {
    /// Reads what is written, with what the environment says where nothing is.
    pub fn read(value: &Value) -> Result<Access, ConvertError> {
        let endpoint = |name: &str, legacy: &str, variables: &[&str]| {
            let set = value.get("endpoints").and_then(|e| text(e, name)).or_else(|| text(value, legacy));
            set.or_else(|| environment(variables))
        };
        let credentials = text(value, "access_key").zip(text(value, "secret_key")).map(|(access, secret)| {
            Credentials::new(access, secret, text(value, "token"), None, "backend configuration")
        });
        let dynamodb = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_DYNAMODB_ENDPOINT"];
        Ok(Access {
            profile: text(value, "profile"),
            credentials,
            config_files: files(value, "shared_config_files", None, "AWS_SHARED_CONFIG_FILE")?,
            credentials_files: files(
                value,
                "shared_credentials_files",
                Some("shared_credentials_file"),
                "AWS_SHARED_CREDENTIALS_FILE",
            )?,
            roles: roles(value)?,
            network: Network::read(value),
            metadata: Metadata::read(value)?,
            endpoint_s3: endpoint("s3", "endpoint", &["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT"]),
            endpoint_dynamodb: endpoint("dynamodb", "dynamodb_endpoint", &dynamodb),
            endpoint_sts: endpoint("sts", "sts_endpoint", &["AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT"]),
            sts_region: text(value, "sts_region"),
            path_style: switch(value, "use_path_style") || switch(value, "force_path_style"),
            checksums: !switch(value, "skip_s3_checksum"),
            fips: value.get("use_fips_endpoint").and_then(Value::as_bool),
            dual_stack: value.get("use_dualstack_endpoint").and_then(Value::as_bool),
            retries: retries(value)?,
            accounts: Accounts::read(value)?,
        })
    }

    /// The clients of both services, sharing one connection pool and one set of credentials.
    pub async fn clients(&self, region: &str) -> Result<(aws_sdk_s3::Client, aws_sdk_dynamodb::Client), ConvertError> {
        let shared = self.load(region).await?;
        self.check_account(&shared).await?;
        let mut s3 = aws_sdk_s3::config::Builder::from(&shared).force_path_style(self.path_style);
        if !self.checksums {
            s3 = s3
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        }
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&shared);
        s3.set_endpoint_url(self.endpoint_s3.clone().or_else(|| shared.endpoint_url().map(Into::into)));
        dynamodb.set_timeout_config(Some(patience(LONGEST_ANSWER)));
        dynamodb.set_endpoint_url(self.endpoint_dynamodb.clone().or_else(|| shared.endpoint_url().map(Into::into)));
        Ok((aws_sdk_s3::Client::from_conf(s3.build()), aws_sdk_dynamodb::Client::from_conf(dynamodb.build())))
    }

    pub async fn load(&self, region: &str) -> Result<SdkConfig, ConvertError> {
        let region = Region::new(region.to_owned());
        let files = self.profile_files();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .retry_config(self.retries.clone())
            .timeout_config(patience(LONGEST_TRANSFER))
            .profile_files(files.clone());
        let mut places = ProviderConfig::default().with_region(Some(region));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(client) = self.network.client()? {
            loader = loader.http_client(client.clone());
            places = places.with_http_client(client);
        }
        if let Some(fips) = self.fips {
            loader = loader.use_fips(fips);
        }
        if let Some(dual_stack) = self.dual_stack {
            loader = loader.use_dual_stack(dual_stack);
        }
        if let Some(credentials) = &self.credentials {
            loader = loader.credentials_provider(credentials.clone());
        } else if self.metadata.is_set() {
            loader = loader.credentials_provider(self.places(&places, files)?);
        }
        let mut shared = loader.load().await;
        for role in &self.roles {
            let provider = role.clone().provider(self.sts(&shared));
            shared = shared.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build();
        }
        Ok(shared)
    }

    /// The places where credentials may be, in the usual order; the loader cannot be told of the last one.
    fn places(&self, places: &ProviderConfig, files: EnvConfigFiles) -> Result<CredentialsProviderChain, ConvertError> {
        let mut profile = ProfileFileCredentialsProvider::builder().configure(places).profile_files(files);
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        let web = WebIdentityTokenCredentialsProvider::builder().configure(places).build();
        let container = EcsCredentialsProvider::builder().configure(places).build();
        let chain = CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("profile", profile.build())
            .or_else("web identity", web)
            .or_else("container", container);
        Ok(match self.metadata.client(places)? {
            Some(client) => {
                let machine = imds::credentials::ImdsCredentialsProvider::builder().imds_client(client);
                chain.or_else("metadata of the machine", machine.build())
            }
            None => chain,
        })
    }

    fn sts(&self, shared: &SdkConfig) -> aws_sdk_sts::Client {
        let mut sts = aws_sdk_sts::config::Builder::from(shared);
        sts.set_endpoint_url(self.endpoint_sts.clone().or_else(|| shared.endpoint_url().map(Into::into)));
        if let Some(region) = &self.sts_region {
            sts = sts.region(Region::new(region.clone()));
        }
        aws_sdk_sts::Client::from_conf(sts.build())
    }

    fn profile_files(&self) -> EnvConfigFiles {
        let files = EnvConfigFiles::builder()
            .include_default_config_file(self.config_files.is_empty())
            .include_default_credentials_file(self.credentials_files.is_empty());
        let files = self.config_files.iter().fold(files, |f, path| f.with_file(EnvConfigFileKind::Config, path));
        let credentials = self.credentials_files.iter();
        let files = credentials.fold(files, |f, path| f.with_file(EnvConfigFileKind::Credentials, path));
        files.build()
    }

    /// Asks to which account the credentials belong, if that matters.
    async fn check_account(&self, shared: &SdkConfig) -> Result<(), ConvertError> {
        let Accounts { allowed, forbidden } = &self.accounts;
        let name = match (allowed.is_empty(), forbidden.is_empty()) {
            (true, true) => return Ok(()),
            (false, _) => "allowed_account_ids",
            (true, false) => "forbidden_account_ids",
        };
        let answer = self.sts(shared).get_caller_identity().send().await;
        let account = answer.map(|answer| answer.account.unwrap_or_default()).map_err(|e| {
            let why = aws_sdk_sts::error::DisplayErrorContext(e);
            wrong(name, format!("The account of the credentials could not be found out, which {name:?} needs: {why}."))
        })?;
        let refused = forbidden.contains(&account) || !allowed.is_empty() && !allowed.contains(&account);
        match refused {
            true => {
                Err(wrong(name, format!("The credentials belong to the account {account}, which {name:?} excludes.")))
            }
            false => Ok(()),
        }
    }
}

impl Accounts {
    fn read(value: &Value) -> Result<Accounts, ConvertError> {
        let accounts =
            Accounts { allowed: set(value, "allowed_account_ids"), forbidden: set(value, "forbidden_account_ids") };
        match accounts.allowed.is_empty() || accounts.forbidden.is_empty() {
            true => Ok(accounts),
            false => Err(wrong(
                "allowed_account_ids",
                "Only one of \"allowed_account_ids\" and \"forbidden_account_ids\" can be set.",
            )),
        }
    }
}

impl Metadata {
    fn read(value: &Value) -> Result<Metadata, ConvertError> {
        let name = "ec2_metadata_service_endpoint_mode";
        let mode = text(value, name).or_else(|| environment(&["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]));
        let mode = mode.map(|mode| {
            mode.parse().map_err(|_| wrong(name, format!("The mode {mode:?} is neither \"IPv4\" nor \"IPv6\".")))
        });
        let name = "ec2_metadata_service_endpoint";
        Ok(Metadata {
            skip: switch(value, "skip_metadata_api_check"),
            endpoint: text(value, name).or_else(|| environment(&["AWS_EC2_METADATA_SERVICE_ENDPOINT"])),
            mode: mode.transpose()?,
        })
    }

    fn is_set(&self) -> bool {
        self.skip || self.endpoint.is_some() || self.mode.is_some()
    }

    /// A client of the service, unless it is not to be asked.
    fn client(&self, places: &ProviderConfig) -> Result<Option<imds::Client>, ConvertError> {
        if self.skip {
            return Ok(None);
        }
        let mut client = imds::Client::builder().configure(places);
        if let Some(endpoint) = &self.endpoint {
            let name = "ec2_metadata_service_endpoint";
            let not = || wrong(name, format!("The value {endpoint:?} of {name:?} is not an address."));
            client = client.endpoint(endpoint).map_err(|_| not())?;
        }
        if let Some(mode) = &self.mode {
            client = client.endpoint_mode(mode.clone());
        }
        Ok(Some(client.build()))
    }
}

fn files(value: &Value, name: &str, older: Option<&str>, variable: &str) -> Result<Vec<String>, ConvertError> {
    let listed = set(value, name);
    match (older.and_then(|older| Some((older, text(value, older)?))), listed.is_empty()) {
        (Some((older, _)), false) => Err(wrong(name, format!("Only one of {older:?} and {name:?} can be set."))),
        (Some((_, file)), true) => Ok(vec![file]),
        (None, false) => Ok(listed),
        (None, true) => Ok(environment(&[variable]).into_iter().collect()),
    }
}

fn retries(value: &Value) -> Result<RetryConfig, ConvertError> {
    let mode = text(value, "retry_mode").or_else(|| environment(&["AWS_RETRY_MODE"]));
    let config = match mode.as_deref() {
        None | Some("standard" | "legacy") => RetryConfig::standard(),
        Some("adaptive") => RetryConfig::adaptive(),
        Some(other) => {
            let what = format!("The retry mode {other:?} is neither \"standard\" nor \"adaptive\".");
            return Err(wrong("retry_mode", what));
        }
    };
    let retries = value.get("max_retries").and_then(Value::as_i64).map_or(5, |n| n.clamp(0, 100) as u32);
    Ok(config.with_max_attempts(retries + 1))
}
