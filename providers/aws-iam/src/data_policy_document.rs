//! `aws_iam_policy_document`.

use async_trait::async_trait;
use terrane_aws_core::Cloud;
use terrane_provider::Problem;
use terrane_provider::sdk::DataSource;
use terrane_value::Value;

use crate::policy_document;

/// `aws_iam_policy_document`: computed from its configuration alone.
#[derive(Debug)]
pub struct PolicyDocument;

#[async_trait]
impl DataSource<Cloud> for PolicyDocument {
    fn name(&self) -> &'static str {
        "aws_iam_policy_document"
    }

    async fn read(&self, _: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        policy_document::read(config)
    }
}
