//! `aws_default_tags`: the default tags of the provider.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, Reply};
use terrane_value::Value;

pub(crate) struct DefaultTags;

#[async_trait]
impl DataSource<Cloud> for DefaultTags {
    fn name(&self) -> &'static str {
        "aws_default_tags"
    }

    async fn read(&self, cloud: &Cloud, _: &Value) -> Result<Value, Vec<Problem>> {
        if cloud.tags_unknown() {
            let detail = "The default tags of the provider depend on what is known only after apply.";
            return Err(vec![Problem::error("Default tags are not known yet", detail)]);
        }
        let mut reply = Reply::new();
        reply.str("id", Some(cloud.partition().id)).map("tags", &cloud.tag_rules().default);
        Ok(reply.object())
    }
}
