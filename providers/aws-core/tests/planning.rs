//! Planning of AWS types from their schemas, without any call.

#![allow(clippy::unwrap_used)]

use terrane_aws_core::{AwsRules, Cloud, resource_schema, resource_types};
use terrane_provider::PlanResponse;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{complete, validate};
use terrane_value::json::json_decode;
use terrane_value::{Block, NestedBlock, Type, Value};

const BLOCK: &str = r#"{"region": "eu-west-1", "access_key": "AKIA", "secret_key": "s",
    "skip_credentials_validation": true, "skip_requesting_account_id": true}"#;

async fn cloud(more: &str) -> Cloud {
    let merged = format!("{}, {more}}}", BLOCK.trim_end_matches('}'));
    let config = json_decode(if more.is_empty() { BLOCK } else { &merged }).unwrap();
    Cloud::open(&with_unknown(config), &[]).await.unwrap()
}

/// The text `?` stands for what is unknown.
fn with_unknown(value: Value) -> Value {
    value.transform(&mut |_, v| if v.as_str() == Some("?") { Value::unknown(Type::Any) } else { v })
}

fn object(schema: &TypeSchema, json: &str) -> Value {
    schema.schema.block.coerce(&with_unknown(json_decode(json).unwrap())).unwrap()
}

async fn create(ty: &str, config: &str) -> Value {
    let schema = resource_schema(ty).unwrap();
    cloud("").await.plan(&schema, None, &object(&schema, config)).planned.unwrap()
}

async fn update(cloud: &Cloud, ty: &str, prior: &str, config: &str) -> PlanResponse {
    let schema = resource_schema(ty).unwrap();
    cloud.plan(&schema, Some(&object(&schema, prior)), &object(&schema, config))
}

fn paths(response: &PlanResponse) -> Vec<String> {
    response.requires_replace.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_type_plans_and_then_stays() {
    let cloud = cloud(r#""default_tags": [{"tags": {"Owner": "me"}}]"#).await;
    for ty in resource_types() {
        let schema = resource_schema(ty).unwrap();
        for filled in [false, true] {
            let config = sample(&schema.schema.block, filled);
            let planned = cloud.plan(&schema, None, &config).planned.unwrap();
            assert_eq!(planned.ty(), schema.schema.block.implied_type(), "{ty}");
            let (made, problems) = complete(&schema, &AwsRules, Some(&planned), &answered(planned.clone()));
            assert_eq!(problems, [], "{ty}");
            assert!(made.is_wholly_known(), "{ty}");
            let again = cloud.plan(&schema, Some(&made), &config);
            assert_eq!(again.planned.unwrap(), made, "{ty}");
            assert_eq!(again.requires_replace, [], "{ty}");
            let _ = validate(&schema, &AwsRules, &config);
        }
    }
}

/// A configuration with nothing written, or with one of everything.
fn sample(block: &Block, filled: bool) -> Value {
    let attributes = block.attributes.iter().map(|(name, a)| {
        let writable = a.required || a.optional;
        (name.clone(), if filled && writable && !a.write_only { value(&a.ty) } else { Value::null(a.ty.clone()) })
    });
    let blocks = block.blocks.iter().map(|(name, n)| {
        let element = NestedBlock { min_items: 0, ..n.clone() };
        let one = if filled { Value::tuple([sample(&n.block, true)]) } else { element.empty() };
        let single = n.nesting == terrane_value::Nesting::Single && filled;
        (name.clone(), if single { sample(&n.block, true) } else { one })
    });
    let object = Value::object(attributes.chain(blocks));
    terrane_value::convert(&object, &block.implied_type()).unwrap()
}

fn value(ty: &Type) -> Value {
    match ty {
        Type::String => Value::string("eu-west-1"),
        Type::Number => Value::from(1),
        Type::Bool => Value::from(true),
        Type::List(t) => Value::list((**t).clone(), [value(t)]),
        Type::Set(t) => Value::set((**t).clone(), [value(t)]),
        Type::Map(t) => Value::map((**t).clone(), [("k", value(t))]),
        Type::Object(o) => Value::object(o.attributes.iter().map(|(n, t)| (n.clone(), value(t)))),
        other => Value::null(other.clone()),
    }
}

/// What a service might answer: the planned object with everything unknown filled in.
fn answered(planned: Value) -> Value {
    planned.transform(&mut |_, v| if v.is_known() { v } else { value(&v.ty()) })
}

#[tokio::test]
async fn a_vpc_is_planned_with_defaults_region_and_tags() {
    let planned = create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16", "tags": {"Name": "?"}}"#).await;
    assert_eq!(planned.get("region").unwrap().as_str(), Some("eu-west-1"));
    assert_eq!(planned.get("enable_dns_support").unwrap().as_bool(), Some(true));
    assert_eq!(planned.get("instance_tenancy").unwrap().as_str(), Some("default"));
    assert!(!planned.get("arn").unwrap().is_known());
    assert!(!planned.get("tags_all").unwrap().get("Name").unwrap().is_known());
}

#[tokio::test]
async fn default_tags_and_ignored_tags_shape_tags_all() {
    let more = r#""default_tags": [{"tags": {"Owner": "me", "Stage": "dev"}}], "ignore_tags": [{"keys": ["Skip"]}]"#;
    let cloud = cloud(more).await;
    let schema = resource_schema("aws_vpc").unwrap();
    let config =
        object(&schema, r#"{"cidr_block": "10.0.0.0/16", "tags": {"Stage": "prod", "Skip": "x", "No": null}}"#);
    let planned = cloud.plan(&schema, None, &config).planned.unwrap();
    let tags = cloud.tags_of(&planned);
    assert_eq!(tags, [("Owner", "me"), ("Stage", "prod")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let config = object(&schema, r#"{"cidr_block": "10.0.0.0/16", "tags": "?"}"#);
    assert!(!cloud.plan(&schema, None, &config).planned.unwrap().get("tags_all").unwrap().is_known());
}

#[tokio::test]
async fn unknown_default_tags_make_tags_all_unknown() {
    let cloud = cloud(r#""default_tags": [{"tags": {"Run": "?"}}]"#).await;
    let schema = resource_schema("aws_vpc").unwrap();
    let planned = cloud.plan(&schema, None, &object(&schema, "{}")).planned.unwrap();
    assert!(!planned.get("tags_all").unwrap().is_known());
}

const VPC: &str = r#"{"id": "vpc-1", "arn": "a", "cidr_block": "10.0.0.0/16", "region": "eu-west-1",
    "enable_dns_support": true, "instance_tenancy": "default", "tags_all": {}}"#;

#[tokio::test]
async fn only_a_change_of_the_effective_region_replaces() {
    let cloud = cloud("").await;
    let same = update(&cloud, "aws_vpc", VPC, r#"{"cidr_block": "10.0.0.0/16", "region": "eu-west-1"}"#).await;
    assert_eq!(paths(&same), Vec::<String>::new());
    let other = update(&cloud, "aws_vpc", VPC, r#"{"cidr_block": "10.0.0.0/16", "region": "eu-west-2"}"#).await;
    assert_eq!(paths(&other), [".region"]);
    let older = VPC.replace(r#""region": "eu-west-1","#, "");
    let filled = update(&cloud, "aws_vpc", &older, r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    assert_eq!(paths(&filled), Vec::<String>::new());
}

#[tokio::test]
async fn a_tag_changes_in_place_and_a_cidr_block_replaces() {
    let cloud = cloud("").await;
    let tagged = update(&cloud, "aws_vpc", VPC, r#"{"cidr_block": "10.0.0.0/16", "tags": {"a": "b"}}"#).await;
    assert_eq!(paths(&tagged), Vec::<String>::new());
    let planned = tagged.planned.unwrap();
    assert_eq!(planned.get("arn").unwrap().as_str(), Some("a"));
    assert_eq!(cloud.tags_of(&planned).len(), 1);
    let moved = update(&cloud, "aws_vpc", VPC, r#"{"cidr_block": "10.1.0.0/16"}"#).await;
    assert_eq!(paths(&moved), [".cidr_block"]);
}

#[tokio::test]
async fn equivalent_policies_and_protocols_make_no_difference() {
    let cloud = cloud("").await;
    let role = r#"{"id": "r", "name": "r", "path": "/", "max_session_duration": 3600, "tags_all": {},
        "assume_role_policy": "{\"Statement\":[{\"Action\":\"sts:AssumeRole\",\"Effect\":\"Allow\"}]}"}"#;
    let config = r#"{"name": "r",
        "assume_role_policy": "{ \"Statement\": { \"Effect\": \"Allow\", \"Action\": [\"sts:AssumeRole\"] } }"}"#;
    let schema = resource_schema("aws_iam_role").unwrap();
    assert_eq!(update(&cloud, "aws_iam_role", role, config).await.planned.unwrap(), object(&schema, role));
    let rule = |protocol: &str, more: &str| {
        let peers = r#""cidr_blocks": ["10.0.0.0/8"], "ipv6_cidr_blocks": null, "prefix_list_ids": null"#;
        let rest = format!(r#""from_port": 1, "to_port": 2, "security_groups": null, {more}"#);
        format!(r#"{{"name": "g", "ingress": [{{"protocol": "{protocol}", {peers}, {rest}}}]"#)
    };
    let state = r#""description": "", "self": false"#;
    let prior = format!(
        r#"{}, "id": "sg-1", "description": "Managed by Terraform", "region": "eu-west-1", "tags_all": {{}}}}"#,
        rule("tcp", state)
    );
    let config = format!("{}}}", rule("6", r#""description": null, "self": null"#));
    let schema = resource_schema("aws_security_group").unwrap();
    let planned = update(&cloud, "aws_security_group", &prior, &config).await.planned.unwrap();
    assert_eq!(planned, object(&schema, &prior));
}

#[tokio::test]
async fn mistakes_are_told_with_values() {
    let schema = resource_schema("aws_vpc").unwrap();
    let config =
        object(&schema, r#"{"cidr_block": "10.0.0.1/8", "instance_tenancy": "dedicatd", "ipv4_netmask_length": 16}"#);
    let problems = validate(&schema, &AwsRules, &config);
    let details: Vec<&str> = problems.iter().map(|p| p.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "`cidr_block` and `ipv4_netmask_length` exclude each other; write one of them.",
            "\"10.0.0.1/8\" has address bits behind its prefix; did you mean \"10.0.0.0/8\"?",
            "\"dedicatd\" is none of \"default\", \"dedicated\"; did you mean \"dedicated\"?",
            "`ipv4_netmask_length` is written, so `ipv4_ipam_pool_id` must be written too.",
        ]
    );
}
