//! Data source `aws_prefix_list`.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

use crate::client::{Ec2, unless};
use crate::filters;

/// The networks of one AWS service.
pub(crate) struct PrefixList;

#[async_trait]
impl DataSource<Cloud> for PrefixList {
    fn name(&self) -> &'static str {
        "aws_prefix_list"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let request = ec2.client.describe_prefix_lists().set_prefix_list_ids(filters::id(config, "prefix_list_id"));
        let request = request.set_filters(filters::of(config, &[("name", "prefix-list-name")]));
        let (operation, what) = ("ec2:DescribePrefixLists", "reading prefix lists");
        let send = |token| request.clone().set_next_token(token).send();
        let found = ec2.pages(operation, what, send, |a| (a.prefix_lists, a.next_token)).await;
        let found = unless(found, &["InvalidPrefixListId.NotFound"]).map_err(|r| vec![r.into()])?;
        let list = filters::only("prefix list", found.unwrap_or_default())?;
        let mut reply = Reply::from(config);
        reply
            .str("id", list.prefix_list_id())
            .str("region", Some(&ec2.region))
            .str("name", list.prefix_list_name())
            .list("cidr_blocks", list.cidrs());
        Ok(reply.object())
    }
}
