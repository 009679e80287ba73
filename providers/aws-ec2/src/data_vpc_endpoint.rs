//! Data source `aws_vpc_endpoint`.

use async_trait::async_trait;
use aws_sdk_ec2::types::VpcEndpoint as Answer;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::DataSource;
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::tags::from_sdk;
use crate::{filters, vpc_endpoint};

const ARGUMENTS: [(&str, &str); 5] = [
    ("service_name", "service-name"),
    ("service_region", "service-region"),
    ("state", "vpc-endpoint-state"),
    ("vpc_endpoint_type", "vpc-endpoint-type"),
    ("vpc_id", "vpc-id"),
];

/// One VPC endpoint.
pub(crate) struct Endpoint;

#[async_trait]
impl DataSource<Cloud> for Endpoint {
    fn name(&self) -> &'static str {
        "aws_vpc_endpoint"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let found = endpoints(&ec2, config).await.map_err(|r| vec![r.into()])?;
        let endpoint = filters::only("VPC endpoint", found)?;
        let tags = from_sdk(endpoint.tags());
        let seen = vpc_endpoint::fetch(&ec2, vec![endpoint]).await.map_err(|p| vec![p])?;
        let seen = seen.into_values().next().ok_or_else(|| vec![filters::none("VPC endpoint")])?;
        let mut reply = vpc_endpoint::attributes(&ec2, &seen, None);
        reply.str("region", Some(&ec2.region));
        filters::keep(&mut reply, config);
        cloud.set_data_tags(&mut reply, tags);
        Ok(reply.object())
    }
}

async fn endpoints(ec2: &Ec2<'_>, config: &Value) -> Result<Vec<Answer>, Refusal> {
    let request = ec2.client.describe_vpc_endpoints().set_filters(filters::of(config, &ARGUMENTS));
    let request = request.set_vpc_endpoint_ids(filters::id(config, "id"));
    let (operation, what) = ("ec2:DescribeVpcEndpoints", "reading VPC endpoints");
    let send = |token| request.clone().set_next_token(token).send();
    let found = ec2.pages(operation, what, send, |a| (a.vpc_endpoints, a.next_token)).await;
    let found = unless(found, &vpc_endpoint::GONE)?.unwrap_or_default();
    Ok(found.into_iter().filter(|e| e.state().is_none_or(|s| !s.as_str().eq_ignore_ascii_case("deleted"))).collect())
}
