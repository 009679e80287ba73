//! The attributes of `backend "s3"`, and the clients they lead to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use terrane_value::{Attribute, Block, ConvertError, Kind, Path, Type, Value};

use super::access::Access;

const TEXTS: &[&str] = &[
    "access_key",
    "acl",
    "assume_role_policy",
    "bucket",
    "custom_ca_bundle",
    "dynamodb_endpoint",
    "dynamodb_table",
    "ec2_metadata_service_endpoint",
    "ec2_metadata_service_endpoint_mode",
    "endpoint",
    "external_id",
    "http_proxy",
    "https_proxy",
    "iam_endpoint",
    "key",
    "kms_key_id",
    "no_proxy",
    "profile",
    "region",
    "retry_mode",
    "role_arn",
    "secret_key",
    "session_name",
    "shared_credentials_file",
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

const SETS: &[&str] = &[
    "allowed_account_ids",
    "assume_role_policy_arns",
    "assume_role_transitive_tag_keys",
    "forbidden_account_ids",
    "shared_config_files",
    "shared_credentials_files",
];

const SENSITIVE: &[&str] = &["access_key", "secret_key", "token", "sse_customer_key"];

/// What a `backend "s3"` block may hold: Terraform's own attributes.
pub fn schema() -> Block {
    let mut block = Block::default();
    let mut add = |name: &str, ty: Type| {
        let required = matches!(name, "bucket" | "key");
        let sensitive = SENSITIVE.contains(&name);
        let attribute = Attribute { required, optional: !required, sensitive, ..Attribute::optional(ty) };
        block.attributes.insert(name.into(), attribute);
    };
    TEXTS.iter().for_each(|name| add(name, Type::String));
    SWITCHES.iter().for_each(|name| add(name, Type::Bool));
    add("max_retries", Type::Number);
    add("assume_role_duration_seconds", Type::Number);
    SETS.iter().for_each(|name| add(name, Type::set(Type::String)));
    for name in ["assume_role_tags", "lock_tags", "state_tags"] {
        add(name, Type::map(Type::String));
    }
    add("endpoints", object(&["dynamodb", "iam", "s3", "sso", "sts"], &[], &[]));
    let role = &["role_arn", "duration", "external_id", "policy", "session_name", "source_identity"];
    add("assume_role", object(role, &["policy_arns", "transitive_tag_keys"], &["tags"]));
    let identity = &["role_arn", "duration", "policy", "session_name", "web_identity_token", "web_identity_token_file"];
    add("assume_role_with_web_identity", object(identity, &["policy_arns"], &[]));
    block
}

/// An object of which every attribute may be left out.
fn object(texts: &[&str], sets: &[&str], maps: &[&str]) -> Type {
    let texts = texts.iter().map(|n| ((*n).into(), Type::String));
    let sets = sets.iter().map(|n| ((*n).into(), Type::set(Type::String)));
    let maps = maps.iter().map(|n| ((*n).into(), Type::map(Type::String)));
    let attributes: std::collections::BTreeMap<std::sync::Arc<str>, Type> = texts.chain(sets).chain(maps).collect();
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
    /// Tags of the state object, as a query string.
    pub state_tags: Option<String>,
    /// Tags of the lock object.
    pub lock_tags: Option<String>,
    access: Access,
}

pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned)
}

pub(super) fn switch(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The texts of a set.
pub(super) fn set(value: &Value, name: &str) -> Vec<String> {
    let elements = match value.get(name).map(Value::kind) {
        Some(Kind::Set(_, elements)) => elements.iter().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    elements.into_iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Tags as a query string.
fn tags(value: &Value, name: &str) -> Option<String> {
    let fields = value.get(name).and_then(Value::fields)?;
    let pair = |(key, value): (&std::sync::Arc<str>, &Value)| Some((key.to_string(), value.as_str()?.to_owned()));
    let mut query = reqwest::Url::parse("tags:").ok()?;
    query.query_pairs_mut().extend_pairs(fields.iter().filter_map(pair));
    query.query().filter(|query| !query.is_empty()).map(str::to_owned)
}

pub(super) fn environment(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
}

pub(super) fn wrong(name: &str, message: impl Into<String>) -> ConvertError {
    ConvertError::new(Path::root().attr(name), message)
}

/// The region, which the environment may name.
pub(super) fn region(value: &Value) -> Result<String, ConvertError> {
    let region = text(value, "region").or_else(|| environment(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
    region.ok_or_else(|| {
        wrong("region", "A region is needed here: set the attribute \"region\" or the environment variable AWS_REGION.")
    })
}

impl Config {
    /// Reads a value of the form of [`schema`].
    pub fn read(value: &Value) -> Result<Config, ConvertError> {
        let required = |name: &str| {
            text(value, name).ok_or_else(|| wrong(name, format!("The S3 backend needs the attribute {name:?}.")))
        };
        let key = required("key")?;
        if key.starts_with('/') || key.ends_with('/') {
            return Err(wrong("key", format!("The key {key:?} must not start or end with \"/\".")));
        }
        let region = region(value)?;
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
            state_tags: tags(value, "state_tags"),
            lock_tags: tags(value, "lock_tags"),
            access: Access::read(value)?,
        })
    }

    /// The clients of both services, sharing one connection pool and one set of credentials.
    pub async fn clients(&self) -> Result<(aws_sdk_s3::Client, aws_sdk_dynamodb::Client), ConvertError> {
        self.access.clients(&self.region).await
    }
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
    fn what_excludes_itself_is_refused() {
        let base = [("bucket", "b"), ("key", "k"), ("region", "r")];
        for (more, part) in [
            (vec![("retry_mode", "often")], "\"often\""),
            (vec![("role_arn", "ops")], "\"ops\" is not an ARN"),
            (vec![("ec2_metadata_service_endpoint_mode", "IPv5")], "\"IPv5\""),
        ] {
            let error = config(&[base.as_slice(), &more].concat()).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        }
        let ids = |name: &'static str| (name, Value::set(Type::String, [Value::from("1")]));
        let base = base.map(|(name, value)| (name, Value::from(value)));
        let both = [base.to_vec(), vec![ids("allowed_account_ids"), ids("forbidden_account_ids")]].concat();
        assert!(Config::read(&Value::object(both)).unwrap_err().message.contains("Only one"));
        let short =
            Value::object([("role_arn", "arn:aws:iam::1:role/r"), ("duration", "5m")].map(|(n, v)| (n, v.into())));
        let role = [base.to_vec(), vec![("assume_role", short)]].concat();
        assert!(Config::read(&Value::object(role)).unwrap_err().message.contains("15m"));
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
}
