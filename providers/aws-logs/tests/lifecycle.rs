//! Every CloudWatch Logs type against recordings and an emulator.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{self, lifecycle, map, replaces};
use terrane_provider::Object;
use terrane_provider::sdk::{Args, Create, ResourceType};
use terrane_value::Value;

async fn cloud(test: &str) -> Option<Arc<Cloud>> {
    Some(testing::cloud(&testing::endpoint(test)?, "eu-west-1").await)
}

fn group() -> Box<dyn ResourceType<Cloud>> {
    terrane_aws_logs::resources().into_iter().find(|t| t.name() == "aws_cloudwatch_log_group").unwrap()
}

fn text(s: &str) -> Value {
    Value::string(s)
}

fn id(object: &Value) -> String {
    Args(object).string("id").unwrap()
}

#[tokio::test]
async fn groups() {
    for stage in testing::stages(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"), "groups").await {
        let name = stage.name("/terrane/group");
        let config = |days: i64, tags| {
            Value::object([("name", text(&name)), ("retention_in_days", days.into()), ("tags", tags)])
        };
        // One tag in a call: the SDK writes several in no fixed order, and a recording has one.
        let forever = Value::object([("name", text(&name))]);
        let configs = [config(14, map([("gone", "1")])), config(30, map([("Name", "b")])), forever];
        let last = lifecycle(&stage.cloud, &*group(), &configs, id).await;
        let arn = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{name}");
        assert_eq!(Args(&last).text("arn"), Some(&*arn));
        let other = Value::object([("name", text("/other")), ("log_group_class", text("INFREQUENT_ACCESS"))]);
        assert_eq!(replaces(&stage.cloud, &*group(), &last, &other), ["log_group_class", "name"]);
    }
}

#[tokio::test]
async fn many_groups_are_read_together() {
    let Some(cloud) = cloud("many log groups").await else { return };
    let (stem, ty) = (format!("/many/{:08x}", std::process::id()), group());
    let mut all = Vec::new();
    for n in 0..12 {
        let config = Value::object([("name", text(&format!("{stem}/{n}")))]);
        let create = Create { planned: &config, config: &config, operation: "0123456789" };
        all.push(ty.create(&cloud, create).await.unwrap());
    }
    all.push(Object::new(Value::object([("id", text(&format!("{stem}/gone")))])));
    let calls = |cloud: &Cloud| cloud.counts().get("logs:DescribeLogGroups").map_or(0, |count| count.calls);
    let before = calls(&cloud);
    let read = ty.read(&cloud, &all).await;
    assert_eq!(calls(&cloud) - before, 1);
    let gone = all.pop();
    assert!(gone.is_some() && read.last() == Some(&Ok(None)));
    for (made, read) in all.iter().zip(&read) {
        assert_eq!(id(&read.as_ref().unwrap().as_ref().unwrap().value), id(&made.value));
        ty.delete(&cloud, made).await.unwrap();
    }
}

#[tokio::test]
async fn a_group_may_stay_when_its_resource_goes() {
    let Some(cloud) = cloud("log groups that stay").await else { return };
    let config =
        Value::object([("name", text(&format!("/stays/{:08x}", std::process::id()))), ("skip_destroy", true.into())]);
    let create = Create { planned: &config, config: &config, operation: "0123456789" };
    let made = group().create(&cloud, create).await.unwrap();
    group().delete(&cloud, &made).await.unwrap();
    assert!(testing::read(&cloud, &*group(), &made).await.is_some());
}
