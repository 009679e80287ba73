//! Data source `aws_security_group`.

use async_trait::async_trait;
use aws_sdk_ec2::types::SecurityGroup as Answer;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::filters;
use crate::tags::from_sdk;

const ARGUMENTS: [(&str, &str); 2] = [("name", "group-name"), ("vpc_id", "vpc-id")];

/// One security group.
pub(crate) struct SecurityGroup;

#[async_trait]
impl DataSource<Cloud> for SecurityGroup {
    fn name(&self) -> &'static str {
        "aws_security_group"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::of(cloud, config);
        let group = filters::only("security group", groups(&ec2, config).await.map_err(|r| vec![r.into()])?)?;
        Ok(observe(&ec2, config, &group))
    }
}

async fn groups(ec2: &Ec2<'_>, config: &Value) -> Result<Vec<Answer>, Refusal> {
    let request = ec2.client.describe_security_groups().set_filters(filters::of(config, &ARGUMENTS));
    let request = request.set_group_ids(filters::id(config, "id"));
    let (operation, what) = ("ec2:DescribeSecurityGroups", "reading security groups");
    let send = |token| request.clone().set_next_token(token).send();
    let found = ec2.pages(operation, what, send, |a| (a.security_groups, a.next_token)).await;
    Ok(unless(found, &["InvalidGroup.NotFound"])?.unwrap_or_default())
}

fn observe(ec2: &Ec2<'_>, config: &Value, group: &Answer) -> Value {
    let mut reply = Reply::from(config);
    let (id, owner) = (group.group_id().unwrap_or_default(), group.owner_id().unwrap_or_default());
    reply
        .str("id", Some(id))
        .str("region", Some(&ec2.region))
        .str("arn", Some(ec2.arn(owner, &format!("security-group/{id}"))))
        .str("name", group.group_name())
        .str("description", group.description())
        .str("vpc_id", Some(group.vpc_id().unwrap_or_default()));
    ec2.cloud.set_data_tags(&mut reply, from_sdk(group.tags()));
    reply.object()
}
