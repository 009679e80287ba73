//! `aws_caller_identity`: who the credentials belong to.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

pub(crate) struct CallerIdentity;

#[async_trait]
impl DataSource<Cloud> for CallerIdentity {
    fn name(&self) -> &'static str {
        "aws_caller_identity"
    }

    async fn read(&self, cloud: &Cloud, _: &Value) -> Result<Value, Vec<Problem>> {
        let caller = cloud.caller().await.map_err(|p| vec![p])?;
        let mut reply = Reply::new();
        reply.str("id", Some(&caller.account)).str("account_id", Some(&caller.account));
        reply.str("arn", Some(&caller.arn)).str("user_id", Some(&caller.user));
        Ok(reply.object())
    }
}
