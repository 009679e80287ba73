//! The `filter` blocks of data sources.

use aws_sdk_ec2::types::Filter;
use terrane_provider::sdk::Args;
use terrane_value::Value;

/// The filters that are written in `filter` blocks.
pub(crate) fn written(config: &Value) -> Vec<Filter> {
    let filter = |block: Args<'_>| {
        let values = block.strings("values");
        Filter::builder().set_name(block.string("name")).set_values(Some(values)).build()
    };
    Args(config).blocks("filter").into_iter().map(filter).collect()
}
