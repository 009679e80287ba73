//! The data source against a recording and an emulator.
#![allow(clippy::unwrap_used)]

use terrane_aws_core::testing;
use terrane_provider::sdk::Args;
use terrane_value::Value;

#[tokio::test]
async fn public_parameters_are_read_and_missing_ones_named() {
    let [source] = terrane_aws_ssm::data_sources().try_into().ok().unwrap();
    for stage in testing::stages(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"), "aws_ssm_parameter").await {
        let named = |name: &str| Value::object([("name", Value::string(name))]);
        let name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let found = testing::data(&stage.cloud, &*source, &named(name)).await.unwrap();
        assert!(Args(&found).text("value").unwrap().starts_with("ami-"), "{found:?}");
        assert_eq!(Args(&found).text("value"), Args(&found).text("insecure_value"));
        assert_eq!((Args(&found).text("id"), Args(&found).text("type")), (Some(name), Some("String")));
        let missing = testing::data(&stage.cloud, &*source, &named("/no/such")).await.unwrap_err();
        assert!(missing[0].detail.contains("\"/no/such\" in region eu-west-1"), "{missing:?}");
    }
}
