//! Data source `aws_subnets`.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

use crate::client::Ec2;
use crate::filters;

/// The ids of subnets.
pub(crate) struct Subnets;

#[async_trait]
impl DataSource<Cloud> for Subnets {
    fn name(&self) -> &'static str {
        "aws_subnets"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let request = ec2.client.describe_subnets().max_results(1000).set_filters(filters::of(config, &[]));
        let send = |token| request.clone().set_next_token(token).send();
        let found = ec2.pages("ec2:DescribeSubnets", "reading subnets", send, |a| (a.subnets, a.next_token)).await;
        let ids = found.map_err(|r| vec![r.into()])?.into_iter().filter_map(|s| s.subnet_id);
        let mut reply = Reply::from(config);
        reply.str("id", Some(&ec2.region)).str("region", Some(&ec2.region)).list("ids", ids);
        Ok(reply.object())
    }
}
