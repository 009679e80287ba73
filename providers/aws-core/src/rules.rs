//! What AWS adds to the general rules of planning and validation: equivalences, forms, region and tags.

use std::collections::BTreeMap;
use std::net::IpAddr;

use terrane_provider::PlanResponse;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Args, Rules, plan};
use terrane_value::{Path, Type, Value};

use crate::{Arn, Cloud};

/// The equivalences and forms that need no configured instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsRules;

impl Rules for AwsRules {
    fn same(&self, rule: &str, a: &str, b: &str) -> bool {
        a == b || equivalent(rule, a, b)
    }

    fn form(&self, name: &str, text: &str) -> Result<(), String> {
        let (holds, what) = match name {
            "arn" => (text.is_empty() || Arn::parse(text).is_some(), "is no ARN"),
            "account_id" => (is_account(text), "is no account id of 12 digits"),
            "region" => (is_region(text), "is no region such as \"us-east-1\""),
            "launch_template_id" => (has_prefix(text, &["lt-"]), "is no id of a launch template"),
            "launch_template_name" => (is_template_name(text), "is no name of a launch template"),
            "service_principal" => (text.contains(".amazonaws."), "is no service principal"),
            "kms_key_id" => (!text.is_empty() && !text.contains(char::is_whitespace), "is no KMS key id, alias or ARN"),
            "amazon_side_asn" => (is_amazon_asn(text), "is no private autonomous system number"),
            _ => return Ok(()),
        };
        if holds { Ok(()) } else { Err(what.to_owned()) }
    }
}

fn equivalent(rule: &str, a: &str, b: &str) -> bool {
    match rule {
        "suppressEqualCIDRBlockDiffs" => matches!((network(a), network(b)), (Some(a), Some(b)) if a == b),
        "protocolStateFunc" | "ipProtocolType" => protocol(a) == protocol(b),
        "suppressEquivalentIDOrARN" | "suppressEquivalentKeyARNOrID" => names(a, b) || names(b, a),
        "suppressOpenIDURL" => a.trim_start_matches("https://") == b.trim_start_matches("https://"),
        "suppressNormalizeCertRemoval" => certificate(a) == certificate(b),
        _ => false,
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    Some((address.parse().ok()?, bits.parse().ok()?))
}

/// A protocol by the name AWS answers with.
fn protocol(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "all" | "-1" => "-1".into(),
        "1" => "icmp".into(),
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "58" => "icmpv6".into(),
        other => other.into(),
    }
}

/// Whether an ARN ends in an id.
fn names(arn: &str, id: &str) -> bool {
    let resource = Arn::parse(arn).map(|a| a.resource);
    resource.is_some_and(|r| r.rsplit('/').next() == Some(id))
}

fn certificate(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text looks like the name of a region.
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let plain = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [name @ .., number] if name.len() >= 2 => {
            name.iter().all(plain) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

/// Splits an import id that names its region: `vpc-1@eu-west-1`.
pub fn split_region(id: &str) -> (&str, Option<&str>) {
    match id.rsplit_once('@') {
        Some((id, region)) if !id.is_empty() && is_region(region) => (id, Some(region)),
        _ => (id, None),
    }
}

fn has_prefix(text: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|p| text.strip_prefix(p).is_some_and(|rest| !rest.is_empty()))
}

fn is_template_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"()./_-".contains(&b);
    (3..=128).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_amazon_asn(text: &str) -> bool {
    let private = |n: u64| (64_512..=65_534).contains(&n) || (4_200_000_000..=4_294_967_294).contains(&n);
    text.parse::<u64>().is_ok_and(|n| private(n) || [7224, 9059, 10124, 17493].contains(&n))
}

/// The rules of one configured instance.
struct Instance<'a>(&'a Cloud);

impl Rules for Instance<'_> {
    fn same(&self, rule: &str, a: &str, b: &str) -> bool {
        AwsRules.same(rule, a, b)
    }

    fn form(&self, name: &str, text: &str) -> Result<(), String> {
        AwsRules.form(name, text)
    }

    fn fill(&self, schema: &TypeSchema, _: Option<&Value>, config: &Value, planned: Value) -> Value {
        let mut planned = planned;
        if schema.regional && is_unset(config, "region") {
            planned = with(planned, "region", self.0.planned_region());
        }
        if schema.tagged {
            let all = self.0.planned_tags(config, planned.get("tags"));
            planned = with(planned, "tags_all", all);
        }
        planned
    }
}

fn is_unset(config: &Value, name: &str) -> bool {
    config.get(name).is_none_or(|v| v.is_null() || v.as_str() == Some(""))
}

fn with(object: Value, name: &str, value: Value) -> Value {
    match object.fields() {
        Some(fields) => Value::from_kind(terrane_value::Kind::Object(fields.with(name, value))),
        None => object,
    }
}

impl Cloud {
    /// Plans a change from the schema of the type, its region and its tags.
    pub fn plan(&self, schema: &TypeSchema, prior: Option<&Value>, config: &Value) -> PlanResponse {
        let mut response = plan(schema, &Instance(self), prior, config);
        let moved = |prior: &Value, planned: &Value| {
            let after = planned.get("region").filter(|r| !r.is_null());
            after.is_some_and(|r| r.as_str() != Some(&self.region(prior)))
        };
        if let (true, Some(prior), Some(planned)) = (schema.regional, prior, &response.planned)
            && moved(prior, planned)
        {
            response.requires_replace.push(Path::root().attr("region"));
        }
        response
    }

    fn planned_region(&self) -> Value {
        match self.region.as_str() {
            "" => Value::unknown(Type::String),
            region => Value::string(region),
        }
    }

    /// The tags that AWS shall hold, with what is unknown of them.
    fn planned_tags(&self, config: &Value, tags: Option<&Value>) -> Value {
        let unknown = || Value::unknown(Type::map(Type::String));
        let (rules, own) = (self.tag_rules(), tags.filter(|t| !t.is_null()));
        if own.is_some_and(|t| !t.is_known()) || self.tags_unknown {
            return unknown();
        }
        let defaults = rules.default.iter().filter(|_| !overrides_defaults(config));
        let defaults = defaults.map(|(k, v)| (k.clone(), Value::string(v.as_str())));
        let own = own.and_then(Value::fields).into_iter().flat_map(|f| f.iter());
        let own = own.filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.to_string(), v.clone()));
        let all: BTreeMap<String, Value> = defaults.chain(own).filter(|(k, _)| !rules.ignored(k)).collect();
        Value::map(Type::String, all)
    }
}

/// Whether an object switches the default tags of its provider off: `override_provider { default_tags { tags = {} } }`.
fn overrides_defaults(config: &Value) -> bool {
    let block = Args(config).block("override_provider").and_then(|o| o.block("default_tags"));
    block.is_some_and(|d| d.get("tags").is_some())
}
