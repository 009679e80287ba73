//! The provider block and the environment as settings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::{Path, Value, parse_duration};

use crate::services::service_id;
use crate::tags::TagRules;

/// Variables of the environment.
pub(crate) type Variables = BTreeMap<String, String>;

/// Finds a variable of the environment; empty ones count as absent.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the names of variables with default tags begin with.
const DEFAULT_TAGS: &str = "TF_AWS_DEFAULT_TAGS_";

/// What the provider block and the environment say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub region: Option<String>,
    pub sts_region: Option<String>,
    /// Named in the provider block, so that it wins over keys in the environment.
    pub profile: Option<String>,
    pub keys: Option<Keys>,
    pub shared_config_files: Vec<String>,
    pub shared_credentials_files: Vec<String>,
    /// URLs by the SDK's id of the service.
    pub endpoints: BTreeMap<String, String>,
    pub tags: TagRules,
    pub roles: Vec<Role>,
    pub web_identity: Option<WebIdentity>,
    pub allowed_account_ids: BTreeSet<String>,
    pub forbidden_account_ids: BTreeSet<String>,
    pub max_retries: Option<u32>,
    /// A token that the environment names, for where nothing else gives credentials.
    pub ambient_identity: Option<WebIdentity>,
    pub metadata: Metadata,
    pub skip_credentials_validation: bool,
    pub skip_account_id: bool,
    pub s3_use_path_style: bool,
    pub use_fips: Option<bool>,
    pub use_dual_stack: Option<bool>,
    pub user_agent: Vec<String>,
    pub http: Http,
    /// The arguments that are not known yet, as paths.
    pub unknown: Vec<String>,
}

/// How HTTP goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Http {
    /// The proxy for HTTPS.
    pub proxy: Option<String>,
    /// Hosts that are called directly, separated by commas.
    pub no_proxy: Option<String>,
    /// A file of further certificates to trust.
    pub ca_bundle: Option<String>,
}

/// How the instance metadata service is asked for credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub is_asked: bool,
    /// Where it is, if elsewhere than usual.
    pub endpoint: Option<String>,
    /// `IPv4` or `IPv6`.
    pub mode: Option<String>,
}

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub access: String,
    pub secret: String,
    pub token: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// A role to assume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Role {
    pub arn: String,
    pub session_name: Option<String>,
    pub external_id: Option<String>,
    pub duration: Option<Duration>,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
    pub source_identity: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub transitive_tag_keys: Vec<String>,
}

/// A role to assume with a token of another identity provider.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WebIdentity {
    pub role: Role,
    pub token: Token,
}

impl std::fmt::Debug for WebIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebIdentity").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Where a token is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Text(String),
    File(String),
}

impl Settings {
    /// Reads the provider block, then what the environment adds.
    pub fn read(config: &Value, variables: &Variables) -> Result<Settings, Vec<Problem>> {
        let env: Environment<'_> = &|name| variables.get(name).filter(|text| !text.is_empty()).cloned();
        let args = Args(config);
        let mut problems = Vec::new();
        let endpoints = endpoints(args, env);
        if args.string("retry_mode").is_none() {
            problems.extend(env("AWS_RETRY_MODE").filter(|mode| !is_retry_mode(mode)).map(|mode| no_retry_mode(&mode)));
        }
        let first =
            |name: &str, variables: &[&str]| args.string(name).or_else(|| variables.iter().find_map(|v| env(v)));
        let settings = Settings {
            region: first("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
            sts_region: args.string("sts_region"),
            profile: args.string("profile"),
            keys: keys(args, &mut problems),
            shared_config_files: args.strings("shared_config_files"),
            shared_credentials_files: args.strings("shared_credentials_files"),
            endpoints,
            tags: tags(args, env, variables),
            roles: args.blocks("assume_role").into_iter().filter_map(role).collect(),
            web_identity: args.block("assume_role_with_web_identity").and_then(|b| web_identity(b, env)),
            allowed_account_ids: args.strings("allowed_account_ids").into_iter().collect(),
            forbidden_account_ids: args.strings("forbidden_account_ids").into_iter().collect(),
            max_retries: max_retries(args, env),
            ambient_identity: ambient_identity(env),
            metadata: metadata(args, env),
            skip_credentials_validation: args.bool("skip_credentials_validation").unwrap_or(false),
            skip_account_id: args.bool("skip_requesting_account_id").unwrap_or(false),
            s3_use_path_style: args.bool("s3_use_path_style").unwrap_or(false),
            use_fips: switch(args.bool("use_fips_endpoint"), env("AWS_USE_FIPS_ENDPOINT")),
            use_dual_stack: switch(args.bool("use_dualstack_endpoint"), env("AWS_USE_DUALSTACK_ENDPOINT")),
            user_agent: args.strings("user_agent").into_iter().chain(env("TF_APPEND_USER_AGENT")).collect(),
            http: http(args, env),
            unknown: unknown(config),
        };
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

fn keys(args: Args<'_>, problems: &mut Vec<Problem>) -> Option<Keys> {
    let (access, secret) = (args.string("access_key"), args.string("secret_key"));
    let is_unknown = |name: &str| args.0.get(name).is_some_and(|v| !v.is_known());
    match (access, secret) {
        (Some(access), Some(secret)) => Some(Keys { access, secret, token: args.string("token") }),
        (Some(_), None) if !is_unknown("secret_key") => {
            problems.push(lonely("access_key", "secret_key"));
            None
        }
        (None, Some(_)) if !is_unknown("access_key") => {
            problems.push(lonely("secret_key", "access_key"));
            None
        }
        _ => None,
    }
}

fn lonely(set: &str, missing: &str) -> Problem {
    let detail = format!("`{set}` is written without `{missing}`; write both, or neither and use another source.");
    Problem::error("Incomplete AWS credentials", detail).at(Path::root().attr(set))
}

fn endpoints(args: Args<'_>, env: Environment<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (service, variables) in [
        ("DynamoDB", ["TF_AWS_DYNAMODB_ENDPOINT", "AWS_DYNAMODB_ENDPOINT"]),
        ("IAM", ["TF_AWS_IAM_ENDPOINT", "AWS_IAM_ENDPOINT"]),
        ("S3", ["TF_AWS_S3_ENDPOINT", "AWS_S3_ENDPOINT"]),
        ("STS", ["TF_AWS_STS_ENDPOINT", "AWS_STS_ENDPOINT"]),
    ] {
        all.extend(variables.iter().find_map(|v| env(v)).map(|url| (service.to_owned(), url)));
    }
    for block in args.blocks("endpoints") {
        let set = block.0.fields().into_iter().flat_map(|f| f.iter());
        let urls = set.filter_map(|(name, url)| Some((service_id(name)?, url.as_str().filter(|u| !u.is_empty())?)));
        all.extend(urls.map(|(service, url)| (service.to_owned(), url.to_owned())));
    }
    all
}

fn tags(args: Args<'_>, env: Environment<'_>, variables: &Variables) -> TagRules {
    let named = |(name, value): (&String, &String)| Some((name.strip_prefix(DEFAULT_TAGS)?.to_owned(), value.clone()));
    let mut default: BTreeMap<String, String> = variables.iter().filter_map(named).collect();
    default.extend(args.block("default_tags").map(|b| b.map("tags")).unwrap_or_default());
    let ignore = args.block("ignore_tags");
    let strings = |name: &str, variable: &str| -> BTreeSet<String> {
        let written = ignore.map(|b| b.strings(name)).unwrap_or_default();
        let listed = env(variable).unwrap_or_default();
        let listed = listed.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty());
        written.into_iter().chain(listed).collect()
    };
    TagRules {
        default,
        ignore_keys: strings("keys", "TF_AWS_IGNORE_TAGS_KEYS"),
        ignore_prefixes: strings("key_prefixes", "TF_AWS_IGNORE_TAGS_KEY_PREFIXES"),
    }
}

fn role(block: Args<'_>) -> Option<Role> {
    Some(Role {
        arn: block.string("role_arn")?,
        session_name: block.string("session_name"),
        external_id: block.string("external_id"),
        duration: block.str("duration").and_then(parse_duration),
        policy: block.string("policy"),
        policy_arns: block.strings("policy_arns"),
        source_identity: block.string("source_identity"),
        tags: block.map("tags"),
        transitive_tag_keys: block.strings("transitive_tag_keys"),
    })
}

fn web_identity(block: Args<'_>, env: Environment<'_>) -> Option<WebIdentity> {
    let arn = block.string("role_arn").or_else(|| env("AWS_ROLE_ARN"))?;
    let session_name = block.string("session_name").or_else(|| env("AWS_ROLE_SESSION_NAME"));
    let file = || block.string("web_identity_token_file").or_else(|| env("AWS_WEB_IDENTITY_TOKEN_FILE"));
    let token = block.string("web_identity_token").map(Token::Text).or_else(|| file().map(Token::File))?;
    let duration = block.str("duration").and_then(parse_duration);
    let (policy, policy_arns) = (block.string("policy"), block.strings("policy_arns"));
    Some(WebIdentity { role: Role { arn, session_name, duration, policy, policy_arns, ..Role::default() }, token })
}

/// What a web identity in a pod is told by.
fn ambient_identity(env: Environment<'_>) -> Option<WebIdentity> {
    let token = Token::File(env("AWS_WEB_IDENTITY_TOKEN_FILE")?);
    let (arn, session_name) = (env("AWS_ROLE_ARN")?, env("AWS_ROLE_SESSION_NAME"));
    Some(WebIdentity { role: Role { arn, session_name, ..Role::default() }, token })
}

fn http(args: Args<'_>, env: Environment<'_>) -> Http {
    let either = |names: [&str; 2]| names.iter().find_map(|n| env(n));
    let written = args.string("https_proxy").or_else(|| args.string("http_proxy"));
    let all = || either(["ALL_PROXY", "all_proxy"]);
    Http {
        proxy: written.or_else(|| either(["HTTPS_PROXY", "https_proxy"])).or_else(all),
        no_proxy: args.string("no_proxy").or_else(|| either(["NO_PROXY", "no_proxy"])),
        ca_bundle: args.string("custom_ca_bundle").or_else(|| env("AWS_CA_BUNDLE")),
    }
}

fn max_retries(args: Args<'_>, env: Environment<'_>) -> Option<u32> {
    let attempts = || env("AWS_MAX_ATTEMPTS").and_then(|n| n.parse::<u32>().ok()).map(|n| n.saturating_sub(1));
    args.i64("max_retries").and_then(|n| u32::try_from(n).ok()).or_else(attempts)
}

/// Calls are paced by what AWS answers, whichever it is. Other tools know `legacy`, so that it may stand in the environment.
fn is_retry_mode(mode: &str) -> bool {
    ["standard", "adaptive", "legacy"].iter().any(|known| mode.eq_ignore_ascii_case(known))
}

fn no_retry_mode(mode: &str) -> Problem {
    let detail = format!("AWS_RETRY_MODE is {mode:?}. Set it to \"standard\" or \"adaptive\", or unset it.");
    Problem::error("Invalid retry mode", detail)
}

fn metadata(args: Args<'_>, env: Environment<'_>) -> Metadata {
    let skip = args.string("skip_metadata_api_check").map(|s| s == "true" || s == "1");
    let disabled = || env("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    Metadata {
        is_asked: !skip.unwrap_or_else(disabled),
        endpoint: args.string("ec2_metadata_service_endpoint"),
        mode: args.string("ec2_metadata_service_endpoint_mode"),
    }
}

fn switch(written: Option<bool>, variable: Option<String>) -> Option<bool> {
    written.or_else(|| variable.map(|v| v.eq_ignore_ascii_case("true")))
}

/// The arguments of the block that are not wholly known.
fn unknown(config: &Value) -> Vec<String> {
    let arguments = config.fields().into_iter().flat_map(|f| f.iter());
    arguments.filter(|(_, v)| !v.is_wholly_known()).map(|(name, _)| name.to_string()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::Type;
    use terrane_value::json::json_decode;

    use super::*;

    fn read(config: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
        let value = json_decode(config).unwrap();
        Settings::read(&value, &env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    #[test]
    fn the_block_wins_over_the_environment() {
        let env = [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2"), ("AWS_MAX_ATTEMPTS", "4")];
        assert_eq!(read("{}", &env).unwrap().region.unwrap(), "eu-west-1");
        assert_eq!(read("{}", &env).unwrap().max_retries, Some(3));
        let settings = read(r#"{"region": "us-east-1", "max_retries": 7}"#, &env).unwrap();
        assert_eq!((settings.region.as_deref(), settings.max_retries), (Some("us-east-1"), Some(7)));
    }

    #[test]
    fn half_a_key_is_refused() {
        let problems = read(r#"{"access_key": "AKIA"}"#, &[]).unwrap_err();
        assert_eq!(problems[0].path, Some(Path::root().attr("access_key")));
        let keys = read(r#"{"access_key": "AKIA", "secret_key": "s"}"#, &[]).unwrap().keys.unwrap();
        assert_eq!((keys.access.as_str(), keys.token.as_deref()), ("AKIA", None));
        assert!(!format!("{keys:?}").contains("AKIA"));
    }

    #[test]
    fn endpoints_come_from_blocks_and_variables() {
        let env = [("AWS_S3_ENDPOINT", "http://a"), ("AWS_IAM_ENDPOINT", "http://b")];
        let settings = read(r#"{"endpoints": [{"s3": "http://c", "sqs": "http://d", "ec2": null}]}"#, &env).unwrap();
        let wanted = [("IAM", "http://b"), ("S3", "http://c")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(settings.endpoints, wanted.into());
    }

    #[test]
    fn roles_and_tags_are_read() {
        let settings = read(
            r#"{"assume_role": [{"role_arn": "r1", "duration": "1h", "tags": {"a": "b"}}, {"role_arn": "r2"}],
                "default_tags": [{"tags": {"Owner": "me"}}], "ignore_tags": [{"keys": ["k"], "key_prefixes": ["p/"]}]}"#,
            &[("TF_AWS_IGNORE_TAGS_KEYS", "x, y"), ("TF_AWS_DEFAULT_TAGS_Owner", "you"), ("TF_AWS_DEFAULT_TAGS_Cost", "1")],
        )
        .unwrap();
        assert_eq!(settings.roles.iter().map(|r| r.arn.as_str()).collect::<Vec<_>>(), ["r1", "r2"]);
        assert_eq!(settings.roles[0].duration, Some(Duration::from_secs(3600)));
        assert_eq!(settings.tags.default["Owner"], "me", "the block wins");
        assert_eq!(settings.tags.default["Cost"], "1");
        assert!(settings.tags.ignores("k") && settings.tags.ignores("x") && settings.tags.ignores("p/1"));
    }

    #[test]
    fn metadata_is_asked_unless_somebody_forbids_it() {
        let disabled = [("AWS_EC2_METADATA_DISABLED", "true")];
        assert!(read("{}", &[]).unwrap().metadata.is_asked);
        assert!(!read("{}", &disabled).unwrap().metadata.is_asked);
        assert!(!read(r#"{"skip_metadata_api_check": "true"}"#, &[]).unwrap().metadata.is_asked);
        assert!(read(r#"{"skip_metadata_api_check": "false"}"#, &disabled).unwrap().metadata.is_asked);
    }

    #[test]
    fn the_proxy_of_the_block_wins() {
        let env = [("HTTPS_PROXY", "http://a"), ("no_proxy", "b")];
        assert_eq!(read("{}", &env).unwrap().http.proxy.as_deref(), Some("http://a"));
        let http = read(r#"{"http_proxy": "http://c"}"#, &env).unwrap().http;
        assert_eq!((http.proxy.as_deref(), http.no_proxy.as_deref()), (Some("http://c"), Some("b")));
    }

    #[test]
    fn unknown_arguments_are_named() {
        let config = Value::object([("region", Value::string("us-east-1")), ("token", Value::unknown(Type::String))]);
        assert_eq!(Settings::read(&config, &Variables::new()).unwrap().unknown, ["token"]);
    }
}
