//! CloudWatch Logs resource types.

mod group;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::ResourceType;

/// The resource types, sorted by name.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![Box::new(group::Group)]
}
