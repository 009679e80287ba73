//! The attributes of `backend "s3"`, and the clients they lead to.

use std::time::Duration;

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_types::retry::RetryConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use terrane_value::{Attribute, Block, ConvertError, Path, Type, Value};

const TEXTS: &[&str] = &[
    "access_key",
    "acl",
    "bucket",
    "custom_ca_bundle",
    "dynamodb_endpoint",
    "dynamodb_table",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "endpoint",
    "http_proxy",
    "https_proxy",
    "iam_endpoint",
    "key",
    "kms_key_id",
    "no_proxy",
    "profile",
    "region",
    "retry_mode",
    "secret_key",
    "sse_customer_key",
    "sts_endpoint",
    "sts_region",
    "token",
    "workspace_key_prefix",
];

const SWITCHES: &[&str] = &[
    "encrypt",
    "force_path_style",
    "insecure",
    "skip_credentials_validation",
    "skip_metadata_api_check",
    "skip_region_validation",
    "skip_requesting_account_id",
    "skip_s3_checksum",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "use_lockfile",
    "use_path_style",
];

const SENSITIVE: &[&str] = &["access_key", "secret_key", "token", "sse_customer_key"];

/// Attributes of Terraform's that this store does not know how to follow; they are refused rather than ignored.
const REFUSED: &[&str] = &[
    "allowed_account_ids",
    "assume_role_with_web_identity",
    "custom_ca_bundle",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "forbidden_account_ids",
    "http_proxy",
    "https_proxy",
    "insecure",
    "no_proxy",
    "shared_config_files",
    "shared_credentials_files",
    "sts_region",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
];

/// The same within `assume_role`.
const REFUSED_OF_ROLE: &[&str] = &["policy_arns", "source_identity", "transitive_tag_keys"];

/// What a `backend "s3"` block may hold: Terraform's own attributes.
pub fn schema() -> Block {
    let mut block = Block::default();
    let mut add = |name: &str, ty: Type| {
        let required = matches!(name, "bucket" | "key");
        let sensitive = SENSITIVE.contains(&name);
        let attribute = Attribute { required, optional: !required, sensitive, ..crate::optional(ty) };
        block.attributes.insert(name.into(), attribute);
    };
    TEXTS.iter().for_each(|name| add(name, Type::String));
    SWITCHES.iter().for_each(|name| add(name, Type::Bool));
    add("max_retries", Type::Number);
    for name in ["allowed_account_ids", "forbidden_account_ids", "shared_config_files", "shared_credentials_files"] {
        add(name, Type::set(Type::String));
    }
    add("endpoints", object(&["dynamodb", "iam", "s3", "sso", "sts"], &[]));
    let role = &["role_arn", "duration", "external_id", "policy", "session_name", "source_identity"];
    add("assume_role", object(role, &["policy_arns", "transitive_tag_keys"]));
    let identity = &["role_arn", "duration", "policy", "session_name", "web_identity_token", "web_identity_token_file"];
    add("assume_role_with_web_identity", object(identity, &["policy_arns"]));
    block
}

/// An object of which every attribute may be left out.
fn object(texts: &[&str], sets: &[&str]) -> Type {
    let texts = texts.iter().map(|n| ((*n).into(), Type::String));
    let attributes: std::collections::BTreeMap<std::sync::Arc<str>, Type> =
        texts.chain(sets.iter().map(|n| ((*n).into(), Type::set(Type::String)))).collect();
    let optional = attributes.keys().cloned().collect();
    Type::Object(std::sync::Arc::new(terrane_value::ObjectType { attributes, optional }))
}

/// A key for server-side encryption that the caller keeps.
#[derive(Clone)]
pub struct CustomerKey {
    pub base64: String,
    pub md5_base64: String,
}

impl std::fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomerKey(hidden)")
    }
}

/// The backend's configuration with environment and defaults filled in.
#[derive(Clone, Debug)]
pub struct Config {
    pub bucket: String,
    pub key: String,
    pub region: String,
    pub workspace_key_prefix: String,
    pub encrypt: bool,
    pub kms_key_id: Option<String>,
    pub customer_key: Option<CustomerKey>,
    pub acl: Option<String>,
    pub dynamodb_table: Option<String>,
    pub use_lockfile: bool,
    access: Access,
}

/// How to reach AWS.
#[derive(Clone)]
struct Access {
    profile: Option<String>,
    credentials: Option<Credentials>,
    endpoint_s3: Option<String>,
    endpoint_dynamodb: Option<String>,
    endpoint_sts: Option<String>,
    path_style: bool,
    checksums: bool,
    max_retries: u32,
    role: Option<Value>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("profile", &self.profile).finish_non_exhaustive()
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned)
}

fn switch(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Refuses what is set and cannot be followed. A switch that is off counts as not set.
fn refuse(value: &Value) -> Result<(), ConvertError> {
    let set = |of: &Value, name: &str| of.get(name).is_some_and(|v| !v.is_null() && v.as_bool() != Some(false));
    let role = value.get("assume_role").filter(|r| !r.is_null());
    let in_role = REFUSED_OF_ROLE.iter().find(|name| role.is_some_and(|role| set(role, name)));
    match REFUSED.iter().find(|name| set(value, name)).or(in_role) {
        Some(name) => Err(wrong(
            name,
            format!(
                "The S3 backend does not support {name:?} yet; take it out, or use the environment or a profile instead."
            ),
        )),
        None => Ok(()),
    }
}

fn environment(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
}

fn wrong(name: &str, message: impl Into<String>) -> ConvertError {
    ConvertError::new(Path::root().attr(name), message)
}

impl Config {
    /// Reads a value of the form of [`schema`].
    pub fn read(value: &Value) -> Result<Config, ConvertError> {
        refuse(value)?;
        let required = |name: &str| {
            text(value, name).ok_or_else(|| wrong(name, format!("The S3 backend needs the attribute {name:?}.")))
        };
        let key = required("key")?;
        if key.starts_with('/') || key.ends_with('/') {
            return Err(wrong("key", format!("The key {key:?} must not start or end with \"/\".")));
        }
        let region = text(value, "region").or_else(|| environment(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let region = region.ok_or_else(|| {
            wrong(
                "region",
                "The S3 backend needs a region: set the attribute \"region\" or the environment variable AWS_REGION.",
            )
        })?;
        let prefix = text(value, "workspace_key_prefix").unwrap_or_else(|| "env:".into());
        if prefix.starts_with('/') || prefix.ends_with('/') {
            return Err(wrong(
                "workspace_key_prefix",
                format!("The prefix {prefix:?} must not start or end with \"/\"."),
            ));
        }
        Ok(Config {
            bucket: required("bucket")?,
            key,
            region,
            workspace_key_prefix: prefix,
            encrypt: switch(value, "encrypt"),
            kms_key_id: text(value, "kms_key_id"),
            customer_key: customer_key(value)?,
            acl: text(value, "acl"),
            dynamodb_table: text(value, "dynamodb_table"),
            use_lockfile: switch(value, "use_lockfile"),
            access: Access::read(value),
        })
    }

    /// The clients of both services, sharing one connection pool and one set of credentials.
    pub async fn clients(&self) -> (aws_sdk_s3::Client, aws_sdk_dynamodb::Client) {
        let access = &self.access;
        let shared = access.load(&self.region).await;
        let mut s3 = aws_sdk_s3::config::Builder::from(&shared).force_path_style(access.path_style);
        if !access.checksums {
            s3 = s3
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        }
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&shared);
        s3.set_endpoint_url(access.endpoint_s3.clone().or_else(|| shared.endpoint_url().map(Into::into)));
        dynamodb.set_endpoint_url(access.endpoint_dynamodb.clone().or_else(|| shared.endpoint_url().map(Into::into)));
        (aws_sdk_s3::Client::from_conf(s3.build()), aws_sdk_dynamodb::Client::from_conf(dynamodb.build()))
    }
}

impl Access {
    fn read(value: &Value) -> Access {
        let endpoint = |name: &str, legacy: &str, variables: &[&str]| {
            let set = value.get("endpoints").and_then(|e| text(e, name)).or_else(|| text(value, legacy));
            set.or_else(|| environment(variables))
        };
        let credentials = text(value, "access_key").zip(text(value, "secret_key")).map(|(access, secret)| {
            Credentials::new(access, secret, text(value, "token"), None, "backend configuration")
        });
        Access {
            profile: text(value, "profile"),
            credentials,
            endpoint_s3: endpoint("s3", "endpoint", &["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT"]),
            endpoint_dynamodb: endpoint(
                "dynamodb",
                "dynamodb_endpoint",
                &["AWS_ENDPOINT_URL_DYNAMODB", "AWS_DYNAMODB_ENDPOINT"],
            ),
            endpoint_sts: endpoint("sts", "sts_endpoint", &["AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT"]),
            path_style: switch(value, "use_path_style") || switch(value, "force_path_style"),
            checksums: !switch(value, "skip_s3_checksum"),
            max_retries: value.get("max_retries").and_then(Value::as_i64).map_or(5, |n| n.clamp(0, 100) as u32),
            role: value.get("assume_role").filter(|r| !r.is_null()).cloned(),
        }
    }

    async fn load(&self, region: &str) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(self.max_retries + 1));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(credentials) = &self.credentials {
            loader = loader.credentials_provider(credentials.clone());
        }
        let base = loader.load().await;
        match &self.role {
            Some(role) => self.assume(role, base, region).await,
            None => base,
        }
    }

    async fn assume(&self, role: &Value, base: SdkConfig, region: &str) -> SdkConfig {
        let Some(arn) = text(role, "role_arn") else { return base };
        let mut sts = base.clone().into_builder();
        sts.set_endpoint_url(self.endpoint_sts.clone().or_else(|| base.endpoint_url().map(Into::into)));
        let mut provider = AssumeRoleProvider::builder(arn)
            .configure(&sts.build())
            .region(Region::new(region.to_owned()))
            .session_name(text(role, "session_name").unwrap_or_else(|| "terrane".into()));
        if let Some(id) = text(role, "external_id") {
            provider = provider.external_id(id);
        }
        if let Some(policy) = text(role, "policy") {
            provider = provider.policy(policy);
        }
        if let Some(seconds) = text(role, "duration").and_then(|d| seconds(&d)) {
            provider = provider.session_length(Duration::from_secs(seconds));
        }
        let provider = provider.build().await;
        base.into_builder()
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(provider))
            .build()
    }
}

/// The seconds of a duration as Go writes it: `1h30m`, `900s`.
fn seconds(text: &str) -> Option<u64> {
    let mut total = 0;
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total += std::mem::take(&mut digits).parse::<u64>().ok()? * unit;
    }
    digits.is_empty().then_some(total)
}

fn customer_key(value: &Value) -> Result<Option<CustomerKey>, ConvertError> {
    let Some(base64) = text(value, "sse_customer_key").or_else(|| environment(&["AWS_SSE_CUSTOMER_KEY"])) else {
        return Ok(None);
    };
    let bytes = BASE64.decode(&base64).ok().filter(|bytes| bytes.len() == 32).ok_or_else(|| {
        wrong("sse_customer_key", "The customer key must be 32 bytes in base64, which are 44 characters.")
    })?;
    if text(value, "kms_key_id").is_some() {
        return Err(wrong("sse_customer_key", "Only one of \"kms_key_id\" and \"sse_customer_key\" can be set."));
    }
    Ok(Some(CustomerKey { base64, md5_base64: BASE64.encode(Md5::digest(bytes)) }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, ConvertError> {
        Config::read(&Value::object(pairs.iter().map(|(n, v)| (*n, Value::string(*v)))))
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let base = [("bucket", "b"), ("key", "k"), ("region", "eu-west-1")];
        assert!(config(&base).is_ok());
        assert!(config(&base[1..]).unwrap_err().message.contains("\"bucket\""));
        assert!(config(&[("bucket", "b"), ("key", "/k"), ("region", "r")]).unwrap_err().message.contains("\"/k\""));
        let short = [base.as_slice(), &[("sse_customer_key", "AAAA")]].concat();
        assert!(config(&short).unwrap_err().message.contains("32 bytes"));
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let base = [("bucket", "b"), ("key", "k"), ("region", "r"), ("https_proxy", "http://proxy:3128")];
        assert!(config(&base).unwrap_err().message.contains("\"https_proxy\" yet"));
        let off =
            [("bucket", "b".into()), ("key", "k".into()), ("region", "r".into()), ("insecure", Value::from(false))];
        assert!(Config::read(&Value::object(off)).is_ok());
    }

    #[test]
    fn secrets_are_not_in_debug_output() {
        let secret = BASE64.encode([7; 32]);
        let all = [
            ("bucket", "b"),
            ("key", "k"),
            ("region", "r"),
            ("sse_customer_key", secret.as_str()),
            ("access_key", "AKIA"),
            ("secret_key", "hush"),
        ];
        let text = format!("{:?}", config(&all).unwrap());
        assert!(!text.contains(&secret) && !text.contains("hush") && !text.contains("AKIA"), "{text}");
    }

    #[test]
    fn durations_are_go_s() {
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("900s"), Some(900));
        assert_eq!(seconds("9x"), None);
    }
}
