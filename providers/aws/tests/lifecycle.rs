//! Objects through the door that the engine uses, against an emulator.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use terrane_aws::AwsProvider;
use terrane_provider::{
    ApplyRequest, Change, Configured, DataRequest, ImportBy, ImportRequest, Object, PlanRequest, Provider, ReadRequest,
};
use terrane_value::Value;
use terrane_value::json::json_decode;

async fn open(more: &str) -> Option<(AwsProvider, Arc<dyn Configured>)> {
    let endpoint = terrane_aws_core::testing::endpoint("the life of objects behind the provider")?;
    let provider = AwsProvider::new();
    let config = format!(
        r#"{{"region": "eu-west-1", "access_key": "test", "secret_key": "test", "s3_use_path_style": true, {more}
            "endpoints": [{{"ec2": "{endpoint}", "iam": "{endpoint}", "s3": "{endpoint}", "sts": "{endpoint}",
            "dynamodb": "{endpoint}"}}]}}"#
    );
    let config = provider.config_schema().block.coerce(&json_decode(&config).unwrap()).unwrap();
    assert_eq!(provider.validate_config(&config), []);
    let configured = provider.configure(config, Vec::new()).await.unwrap_or_else(|p| panic!("{p:#?}"));
    Some((provider, configured))
}

fn object(provider: &AwsProvider, ty: &str, json: &str) -> Value {
    provider.resource_schema(ty).unwrap().block.coerce(&json_decode(json).unwrap()).unwrap()
}

/// Plans and applies a create or update, as the engine does, and returns the object.
async fn apply(aws: &Arc<dyn Configured>, ty: &str, prior: Option<Object>, config: Value, operation: &str) -> Object {
    let request = PlanRequest { ty: ty.into(), prior: prior.clone(), config: config.clone() };
    let plan = aws.plan(request).await;
    assert_eq!((plan.problems, plan.requires_replace), (vec![], vec![]));
    let planned = plan.planned.unwrap();
    let change = match prior {
        Some(prior) => Change::Update { prior, planned: planned.clone(), config },
        None => Change::Create { planned: planned.clone(), config },
    };
    let request = ApplyRequest { ty: ty.into(), change, private: None, operation: operation.into(), resumed: None };
    let response = aws.apply(request).await;
    assert_eq!(response.problems, [], "{ty}");
    let object = response.object.unwrap();
    keeps(ty, &planned, &object.value);
    object
}

/// What was planned and known is so afterwards.
fn keeps(ty: &str, planned: &Value, made: &Value) {
    assert!(made.is_wholly_known(), "{ty}");
    for (name, planned) in planned.fields().unwrap().iter().filter(|(_, v)| v.is_wholly_known()) {
        assert_eq!(made.get(name).unwrap(), planned, "{ty}.{name}");
    }
}

async fn read(aws: &Arc<dyn Configured>, ty: &str, prior: &Object) -> Option<Object> {
    aws.read(vec![ReadRequest { ty: ty.into(), prior: prior.clone() }]).await.remove(0).unwrap()
}

#[tokio::test]
async fn a_vpc_lives_and_dies() {
    let Some((provider, aws)) = open(r#""default_tags": [{"tags": {"Owner": "me"}}],"#).await else { return };
    let ty = "aws_vpc";
    let config = |tags: &str| object(&provider, ty, &format!(r#"{{"cidr_block": "10.9.0.0/16", "tags": {tags}}}"#));
    let made = apply(&aws, ty, None, config(r#"{"Name": "a"}"#), "lifecreate1").await;
    let id = made.value.get("id").unwrap().as_str().unwrap().to_owned();
    assert_eq!(read(&aws, ty, &made).await.unwrap(), made, "reading shows no drift");

    let request = PlanRequest { ty: ty.into(), prior: Some(made.clone()), config: config(r#"{"Name": "a"}"#) };
    assert_eq!(aws.plan(request).await.planned.unwrap(), made.value, "planning again changes nothing");

    let changed = apply(&aws, ty, Some(made), config(r#"{"Name": "b", "Owner": "me"}"#), "lifeupdate1").await;
    assert_eq!(changed.value.get("tags").unwrap().fields().unwrap().len(), 2);

    let import = ImportRequest { ty: ty.into(), by: ImportBy::Id(format!("{id}@eu-west-1")) };
    let imported = aws.import(import).await.unwrap();
    assert_eq!(imported.value.get("tags_all"), changed.value.get("tags_all"));
    assert_eq!(imported.value.get("cidr_block").unwrap().as_str(), Some("10.9.0.0/16"));

    let change = Change::Delete { prior: changed.clone() };
    let request = ApplyRequest { ty: ty.into(), change, private: None, operation: "lifedelete1".into(), resumed: None };
    let response = aws.apply(request).await;
    assert_eq!((response.object, response.problems), (None, vec![]));
    assert_eq!(read(&aws, ty, &changed).await, None);
    let missing = aws.import(ImportRequest { ty: ty.into(), by: ImportBy::Id(id) }).await.unwrap_err();
    assert!(missing[0].summary.contains("does not exist"), "{missing:?}");
}

#[tokio::test]
async fn one_provider_serves_other_regions() {
    let Some((provider, aws)) = open("").await else { return };
    let ty = "aws_vpc";
    let config = object(&provider, ty, r#"{"cidr_block": "10.8.0.0/16", "region": "us-west-2"}"#);
    let made = apply(&aws, ty, None, config, "liferegion1").await;
    assert!(made.value.get("arn").unwrap().as_str().unwrap().contains(":us-west-2:"));
    assert_eq!(read(&aws, ty, &made).await.unwrap(), made);
    let change = Change::Delete { prior: made };
    aws.apply(ApplyRequest { ty: ty.into(), change, private: None, operation: "liferegion2".into(), resumed: None })
        .await;
}

#[tokio::test]
async fn data_sources_answer() {
    let Some((provider, aws)) = open(r#""default_tags": [{"tags": {"Owner": "me"}}],"#).await else { return };
    let ask = async |ty: &str, json: &str| {
        let config = provider.data_schema(ty).unwrap().block.coerce(&json_decode(json).unwrap()).unwrap();
        aws.read_data(DataRequest { ty: ty.into(), name: "data".into(), config }).await
    };
    let text = |v: &Value, name: &str| v.get(name).unwrap().as_str().unwrap().to_owned();
    let caller = ask("aws_caller_identity", "{}").await.unwrap();
    assert_eq!(text(&caller, "account_id").len(), 12);
    let region = ask("aws_region", "{}").await.unwrap();
    assert_eq!(
        (text(&region, "region"), text(&region, "description")),
        ("eu-west-1".into(), "Europe (Ireland)".into())
    );
    let region = ask("aws_region", r#"{"endpoint": "ec2.us-east-2.amazonaws.com"}"#).await.unwrap();
    assert_eq!(text(&region, "name"), "us-east-2");
    let partition = ask("aws_partition", "{}").await.unwrap();
    assert_eq!(text(&partition, "dns_suffix"), "amazonaws.com");
    let tags = ask("aws_default_tags", "{}").await.unwrap();
    assert_eq!(text(tags.get("tags").unwrap(), "Owner"), "me");
    assert!(ask("aws_region", r#"{"endpoint": "x"}"#).await.is_err());
}
