//! KMS resource types.

mod alias;
mod calls;
mod create;
mod key;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::ResourceType;

/// The resource types, sorted by name.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![Box::new(alias::Alias), Box::new(key::Key)]
}
