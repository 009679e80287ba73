//! Data source `aws_availability_zones`.

use async_trait::async_trait;
use aws_sdk_ec2::types::AvailabilityZone;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::client::{Ec2, filter};
use crate::filters::written;

/// The availability zones of a region.
pub(crate) struct AvailabilityZones;

#[async_trait]
impl DataSource<Cloud> for AvailabilityZones {
    fn name(&self) -> &'static str {
        "aws_availability_zones"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (ec2, args) = (Ec2::of(cloud, config), Args(config));
        let mut filters = written(config);
        filters.extend(args.text("state").map(|state| filter("state", state)));
        let request = ec2
            .client
            .describe_availability_zones()
            .set_all_availability_zones(args.bool("all_availability_zones"))
            .set_filters(Some(filters).filter(|f| !f.is_empty()));
        let what = "reading availability zones";
        let answer = ec2.call("ec2:DescribeAvailabilityZones", what, || request.clone().send()).await;
        let zones = answer.map_err(|r| vec![r.into()])?.availability_zones.unwrap_or_default();
        Ok(observe(&ec2.region, config, zones))
    }
}

fn observe(region: &str, config: &Value, mut zones: Vec<AvailabilityZone>) -> Value {
    let args = Args(config);
    let (names, ids) = (args.strings("exclude_names"), args.strings("exclude_zone_ids"));
    let is = |list: &[String], text: Option<&str>| text.is_some_and(|t| list.iter().any(|l| l == t));
    zones.retain(|z| !is(&names, z.zone_name()) && !is(&ids, z.zone_id()));
    zones.sort_by(|a, b| a.zone_name().cmp(&b.zone_name()));
    let mut reply = Reply::from(config);
    reply
        .str("id", Some(region))
        .str("region", Some(region))
        .set("group_names", zones.iter().filter_map(|z| z.group_name()))
        .list("names", zones.iter().filter_map(|z| z.zone_name()))
        .list("zone_ids", zones.iter().filter_map(|z| z.zone_id()));
    reply.object()
}

#[cfg(test)]
mod tests {
    use terrane_value::Type;

    use super::*;

    #[test]
    fn zones_are_sorted_and_excluded_by_name_and_id() {
        let zone = |name: &str, id: &str| AvailabilityZone::builder().zone_name(name).zone_id(id).build();
        let zones = vec![zone("c", "3"), zone("b", "2"), zone("a", "1"), zone("d", "4")];
        let texts = |v: &str| Value::set(Type::String, [Value::string(v)]);
        let config = Value::object([("exclude_names", texts("b")), ("exclude_zone_ids", texts("4"))]);
        let seen = observe("eu-west-1", &config, zones);
        assert_eq!(Args(&seen).strings("names"), ["a", "c"]);
        assert_eq!(Args(&seen).strings("zone_ids"), ["1", "3"]);
        assert_eq!(Args(&seen).text("id"), Some("eu-west-1"));
    }
}
