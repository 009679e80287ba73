//! `aws_arn`: the parts of an ARN.

use async_trait::async_trait;
use terrane_aws_core::{Arn, Cloud};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

pub(crate) struct TheArn;

#[async_trait]
impl DataSource<Cloud> for TheArn {
    fn name(&self) -> &'static str {
        "aws_arn"
    }

    async fn read(&self, _: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let text = Args(config).str("arn").unwrap_or_default();
        let arn = Arn::parse(text).ok_or_else(|| {
            let problem = Problem::error("Invalid ARN", format!("{text:?} is no ARN such as \"arn:aws:s3:::logs\"."));
            vec![problem.at(Path::root().attr("arn"))]
        })?;
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(text))
            .str("partition", Some(arn.partition))
            .str("service", Some(arn.service))
            .str("region", Some(arn.region))
            .str("account", Some(arn.account))
            .str("resource", Some(arn.resource));
        Ok(reply.object())
    }
}
