//! The provider without any call.

#![allow(clippy::unwrap_used)]

use terrane_aws::AwsProvider;
use terrane_provider::{ApplyRequest, Change, DataOutcome, DataRequest, Object, Provider, ReadRequest};
use terrane_value::json::json_decode;
use terrane_value::{Type, Value};

fn offline() -> Value {
    let config = json_decode(
        r#"{"region": "eu-west-1", "access_key": "a", "secret_key": "s", "skip_credentials_validation": true}"#,
    );
    AwsProvider::new().config_schema().block.coerce(&config.unwrap()).unwrap()
}

#[test]
fn all_types_are_declared_and_the_first_ones_implemented() {
    let provider = AwsProvider::new();
    assert_eq!((provider.resource_types().len(), provider.data_types().len()), (277, 157));
    for ty in ["aws_vpc", "aws_subnet", "aws_iam_role", "aws_s3_bucket"] {
        assert!(provider.can_apply(ty), "{ty}");
    }
    assert!(!provider.can_apply("aws_vpn_connection"));
    assert!(provider.resource_schema("aws_vpn_connection").is_some());
    assert!(provider.can_read("aws_region") && !provider.can_read("aws_ip_ranges"));
}

#[test]
fn no_id_is_a_secret() {
    // Journals have ids in the clear.
    let provider = AwsProvider::new();
    for ty in provider.resource_types() {
        let schema = provider.resource_schema(ty).unwrap();
        assert!(!schema.block.attributes.get("id").is_some_and(|id| id.sensitive), "{ty}");
    }
}

#[tokio::test]
async fn a_type_without_implementation_says_so_and_keeps_its_object() {
    let aws = AwsProvider::new().configure(offline(), Vec::new()).await.unwrap();
    let prior = Object::new(Value::object([("id", Value::string("vpn-1"))]));
    let change = Change::Delete { prior: prior.clone() };
    let request =
        ApplyRequest { ty: "aws_vpn_connection".into(), change, private: None, operation: "x".into(), resumed: None };
    let response = aws.apply(request).await;
    assert_eq!(response.object, Some(prior.clone()));
    assert!(response.problems[0].detail.contains("aws_vpn_connection"));
    let outcome = aws.read(vec![ReadRequest { ty: "aws_vpn_connection".into(), prior }]).await;
    assert!(outcome[0].is_err());
}

#[test]
fn older_state_takes_the_present_shape() {
    let provider = AwsProvider::new();
    let stored = r#"{"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_classiclink": false, "tags": {"a": "b"}}"#;
    let object = provider.upgrade("aws_vpc", 1, stored).unwrap();
    assert_eq!(object.ty(), provider.resource_schema("aws_vpc").unwrap().block.implied_type());
    assert_eq!(object.get("tags").unwrap().get("a").unwrap().as_str(), Some("b"));
    let newer = provider.upgrade("aws_vpc", 9, "{}").unwrap_err();
    assert!(newer[0].detail.contains("version 9"), "{newer:?}");
    assert!(provider.upgrade("aws_vpc", 1, "{").is_err());
}

#[tokio::test]
async fn unknown_configuration_plans_but_reads_nothing() {
    let provider = AwsProvider::new();
    let config = offline().fields().unwrap().with("region", Value::unknown(Type::String));
    let aws = provider.configure(Value::from_kind(terrane_value::Kind::Object(config)), Vec::new()).await.unwrap();
    let prior = Object::new(provider.upgrade("aws_vpc", 1, r#"{"id": "vpc-1", "region": "eu-west-1"}"#).unwrap());
    let outcome = aws.read(vec![ReadRequest { ty: "aws_vpc".into(), prior }]).await.remove(0).unwrap_err();
    assert!(outcome[0].detail.contains("`region`"), "{outcome:?}");
}

/// The answer of a data source that makes no call.
async fn ask(ty: &str, json: &str) -> DataOutcome {
    let provider = AwsProvider::new();
    let aws = provider.configure(offline(), Vec::new()).await.unwrap();
    let config = provider.data_schema(ty).unwrap().block.coerce(&json_decode(json).unwrap()).unwrap();
    aws.read_data(DataRequest { ty: ty.into(), name: "data.it".into(), config }).await
}

fn text(object: &Value, name: &str) -> String {
    object.get(name).unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_region_is_one_that_exists() {
    for (said, region) in [
        ("{}", "eu-west-1"),
        (r#"{"region": "us-gov-west-1"}"#, "us-gov-west-1"),
        (r#"{"name": "cn-north-1", "endpoint": "ec2.cn-north-1.amazonaws.com.cn"}"#, "cn-north-1"),
    ] {
        assert_eq!(text(&ask("aws_region", said).await.unwrap(), "id"), region);
    }
    for (said, word) in [
        (r#"{"region": "eu-west-9"}"#, "eu-west-2"),
        (r#"{"name": "does-not-exist"}"#, "does-not-exist"),
        (r#"{"name": ""}"#, "named \"\""),
        (r#"{"name": "eu-west-1", "region": "eu-west-2"}"#, "as well as"),
        (r#"{"name": "eu-west-1", "endpoint": "ec2.eu-west-2.amazonaws.com"}"#, "as well as"),
        (r#"{"endpoint": "eu-west-1"}"#, "No region has"),
    ] {
        let problems = ask("aws_region", said).await.unwrap_err();
        assert!(problems.len() == 1 && problems[0].detail.contains(word), "{said}: {problems:?}");
    }
}

#[tokio::test]
async fn arns_and_principals_need_no_call() {
    let arn = ask("aws_arn", r#"{"arn": "arn:aws:rds:eu-west-1:123456789012:db:mysql-db"}"#).await.unwrap();
    let parts = ["partition", "service", "region", "account", "resource"].map(|name| text(&arn, name));
    assert_eq!(parts, ["aws", "rds", "eu-west-1", "123456789012", "db:mysql-db"]);
    assert!(ask("aws_arn", r#"{"arn": "mysql"}"#).await.is_err());
    let principal = ask("aws_service_principal", r#"{"service_name": "s3"}"#).await.unwrap();
    assert_eq!(text(&principal, "id"), "s3.eu-west-1.amazonaws.com");
    assert!(ask("aws_service_principal", r#"{"service_name": "s3", "region": "eu-west-9"}"#).await.is_err());
    let principal = ask("aws_service_principal", r#"{"service_name": "logs", "region": "cn-north-1"}"#).await.unwrap();
    let said = ["name", "suffix", "region"].map(|name| text(&principal, name));
    assert_eq!(said, ["logs.amazonaws.com.cn", "amazonaws.com.cn", "cn-north-1"]);
}
