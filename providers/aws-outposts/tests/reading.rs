//! The data source against a recording.
#![allow(clippy::unwrap_used)]

use terrane_aws_core::testing;
use terrane_provider::sdk::Args;
use terrane_value::Value;

#[tokio::test]
async fn outposts_are_found_by_what_they_are_called() {
    let [source] = terrane_aws_outposts::data_sources().try_into().ok().unwrap();
    // The emulator has no outposts.
    let stage = testing::scripted(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"), "aws_outposts_outpost").await;
    let by = |name: &str, text: &str| Value::object([(name, Value::string(text))]);
    let found = testing::data(&stage.cloud, &*source, &by("name", "hall-2")).await.unwrap();
    let texts = ["id", "owner_id", "site_id", "availability_zone", "supported_hardware_type", "lifecycle_status"];
    assert_eq!(
        texts.map(|name| Args(&found).text(name).unwrap()),
        ["op-0b000000000000000", "123456789012", "os-0a000000000000000", "eu-west-1b", "SERVER", "ACTIVE"]
    );
    assert_eq!(found.get("tags").unwrap().get("team"), Some(&Value::string("edge")));
    let [none, several] = [by("name", "hall-9"), by("owner_id", "123456789012")];
    let none = testing::data(&stage.cloud, &*source, &none).await.unwrap_err();
    assert_eq!(none[0].detail, "There is no outpost with name = \"hall-9\" in region eu-west-1.");
    let several = testing::data(&stage.cloud, &*source, &several).await.unwrap_err();
    assert_eq!(
        several[0].detail,
        "In region eu-west-1 there are several outposts with owner_id = \"123456789012\": op-0a000000000000000, \
         op-0b000000000000000. Name one by its id."
    );
}
