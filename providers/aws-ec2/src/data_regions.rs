//! Data source `aws_regions`.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::client::Ec2;
use crate::filters;

/// The names of the regions an account can use, or of all of them.
pub(crate) struct Regions;

#[async_trait]
impl DataSource<Cloud> for Regions {
    fn name(&self) -> &'static str {
        "aws_regions"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let all = Args(config).bool("all_regions");
        let request = ec2.client.describe_regions().set_all_regions(all).set_filters(filters::of(config, &[]));
        let found = ec2.call("ec2:DescribeRegions", "reading regions", || request.clone().send()).await;
        let regions = found.map_err(|r| vec![r.into()])?.regions.unwrap_or_default();
        let mut reply = Reply::from(config);
        let names = regions.iter().filter_map(|r| r.region_name());
        reply.str("id", Some(cloud.partition().id)).set("names", names);
        Ok(reply.object())
    }
}
