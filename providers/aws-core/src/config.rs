//! The shape and rules of the provider block.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use terrane_provider::Problem;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Args, validate};
use terrane_value::{Attribute, Block, Path, Schema, Type, Value, parse_duration};

use crate::rules::{AwsRules, is_region};
use crate::schemas::provider_schema;
use crate::services::endpoint_names;
use crate::tags::reserved_tags;

static SCHEMA: LazyLock<TypeSchema> = LazyLock::new(|| {
    let mut schema = provider_schema().map(|s| (*s).clone()).unwrap_or_default();
    let mut shape = (*schema.schema).clone();
    if let Some(endpoints) = shape.block.blocks.get_mut("endpoints") {
        endpoints
            .block
            .attributes
            .extend(endpoint_names().map(|name| (name.into(), Attribute::optional(Type::String))));
    }
    for name in ["access_key", "secret_key", "token"] {
        shape.block.attributes.entry(name.into()).and_modify(|a| a.sensitive = name != "access_key");
    }
    schema.schema = Arc::new(shape);
    schema
});

/// Arguments of which there are few values.
const CHOICES: [(&str, [&str; 2]); 2] =
    [("ec2_metadata_service_endpoint_mode", ["IPv4", "IPv6"]), ("retry_mode", ["standard", "adaptive"])];

/// The shape of the provider block.
pub fn config_schema() -> Arc<Schema> {
    SCHEMA.schema.clone()
}

/// The shape of what modules say of themselves in `provider_meta`.
pub fn module_schema() -> Arc<Schema> {
    let products = Attribute::optional(Type::List(Arc::new(Type::String)));
    let block = Block { attributes: [("user_agent".into(), products)].into(), ..Block::default() };
    Arc::new(Schema { version: 0, block })
}

/// What is wrong with a provider block; parts may be unknown.
pub fn validate_config(config: &Value) -> Vec<Problem> {
    let mut problems = validate(&SCHEMA, &AwsRules, config);
    let args = Args(config);
    if let Some(region) = args.text("region").filter(|r| !is_region(r)) {
        let detail = format!("{region:?} is no region such as \"us-east-1\".");
        problems.push(Problem::error("Invalid value for region", detail).at(Path::root().attr("region")));
    }
    if args.bool("insecure") == Some(true) {
        let detail = "TLS certificates are always verified. Use `custom_ca_bundle` to trust further ones.";
        problems.push(Problem::warning("insecure has no effect", detail).at(Path::root().attr("insecure")));
    }
    for (name, choices) in CHOICES {
        if let Some(text) = args.str(name).filter(|text| !choices.iter().any(|c| c.eq_ignore_ascii_case(text))) {
            let detail = format!("{text:?} is none of {}.", choices.map(|c| format!("{c:?}")).join(", "));
            problems.push(Problem::error(format!("Invalid value for {name}"), detail).at(Path::root().attr(name)));
        }
    }
    for (i, tags) in args.blocks("default_tags").into_iter().enumerate() {
        problems.extend(reserved_tags(tags.0, &Path::root().attr("default_tags").index(i)));
    }
    for block in ["assume_role", "assume_role_with_web_identity"] {
        for (i, role) in args.blocks(block).into_iter().enumerate() {
            let path = Path::root().attr(block).index(i);
            problems.extend(role.str("duration").and_then(duration).map(|p| p.at(path.attr("duration"))));
        }
    }
    problems
}

fn duration(text: &str) -> Option<Problem> {
    let limits = Duration::from_secs(15 * 60)..=Duration::from_secs(12 * 3600);
    let right = parse_duration(text).is_some_and(|d| limits.contains(&d));
    let detail = format!("{text:?} is no duration from 15m to 12h, such as \"1h30m\".");
    (!right).then(|| Problem::error("Invalid value for duration", detail))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::json::json_decode;

    use super::*;

    fn problems(config: &str) -> Vec<String> {
        let config = config_schema().block.coerce(&json_decode(config).unwrap()).unwrap();
        validate_config(&config).into_iter().map(|p| p.path.map(|p| p.to_string()).unwrap_or_default()).collect()
    }

    #[test]
    fn a_usual_block_is_right() {
        let config = r#"{"region": "us-east-1", "skip_metadata_api_check": "true", "max_retries": 3,
            "assume_role": [{"role_arn": "arn:aws:iam::123456789012:role/x", "duration": "1h"}],
            "default_tags": [{"tags": {"a": "b"}}], "endpoints": [{"s3": "http://localhost:1", "sqs": "x"}]}"#;
        assert_eq!(problems(config), Vec::<String>::new());
    }

    #[test]
    fn mistakes_are_found_with_their_place() {
        let config = r#"{"region": "Europe", "skip_metadata_api_check": "maybe", "retry_mode": "often",
            "assume_role": [{"role_arn": "x", "duration": "13h"}],
            "allowed_account_ids": ["1"], "forbidden_account_ids": ["2"]}"#;
        let expected = [
            ".allowed_account_ids",
            ".skip_metadata_api_check",
            ".assume_role[0].role_arn",
            ".region",
            ".retry_mode",
            ".assume_role[0].duration",
        ];
        assert_eq!(problems(config), expected);
    }
}
