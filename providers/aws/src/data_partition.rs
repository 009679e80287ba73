//! `aws_partition`: the partition of the provider's region.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

pub(crate) struct ThisPartition;

#[async_trait]
impl DataSource<Cloud> for ThisPartition {
    fn name(&self) -> &'static str {
        "aws_partition"
    }

    async fn read(&self, cloud: &Cloud, _: &Value) -> Result<Value, Vec<Problem>> {
        cloud.ready().map_err(|why| vec![Problem::error("Partition is not known yet", why)])?;
        let partition = cloud.partition();
        let mut reply = Reply::new();
        reply.str("id", Some(partition.id)).str("partition", Some(partition.id));
        reply.str("dns_suffix", Some(partition.dns_suffix));
        reply.str("reverse_dns_prefix", Some(partition.reverse_dns_prefix));
        Ok(reply.object())
    }
}
