//! What data sources select by.

use aws_sdk_ec2::types::Filter;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::filter;

/// The filters that are written in `filter` blocks.
pub(crate) fn written(config: &Value) -> Vec<Filter> {
    let filter = |block: Args<'_>| {
        let values = block.strings("values");
        Filter::builder().set_name(block.string("name")).set_values(Some(values)).build()
    };
    Args(config).blocks("filter").into_iter().map(filter).collect()
}

/// The filters of a configuration: `arguments` pairs each argument that is one with its filter, and tags and `filter`
/// blocks add theirs. `None` if there are none, since AWS takes no empty list.
pub(crate) fn of(config: &Value, arguments: &[(&str, &str)]) -> Option<Vec<Filter>> {
    let args = Args(config);
    let text = |name: &str| args.string(name).or_else(|| args.bool(name).filter(|on| *on).map(|on| on.to_string()));
    let own = arguments.iter().filter_map(|(argument, name)| Some(filter(name, &text(argument)?)));
    let tags = args.map("tags").into_iter().map(|(key, value)| filter(&format!("tag:{key}"), &value));
    let all: Vec<Filter> = own.chain(tags).chain(written(config)).collect();
    Some(all).filter(|all| !all.is_empty())
}

/// The id that is asked for, as calls take it.
pub(crate) fn id(config: &Value, argument: &str) -> Option<Vec<String>> {
    Args(config).string(argument).map(|id| vec![id])
}

/// Leaves the `filter` and `timeouts` blocks as they are written.
pub(crate) fn keep(reply: &mut Reply, config: &Value) {
    for name in ["filter", "timeouts"] {
        if let Some(blocks) = config.get(name) {
            reply.value(name, blocks.clone());
        }
    }
}

/// The one thing that was found.
pub(crate) fn only<T>(what: &str, found: Vec<T>) -> Result<T, Vec<Problem>> {
    let several = found.len();
    match found.into_iter().next() {
        Some(one) if several == 1 => Ok(one),
        Some(_) => Err(vec![Problem::error(
            format!("Several {what}s found"),
            format!("{several} {what}s match. Add arguments or filters until one of them is left."),
        )]),
        None => Err(vec![none(what)]),
    }
}

/// Nothing was found.
pub(crate) fn none(what: &str) -> Problem {
    Problem::error(
        format!("No {what} found"),
        format!("No {what} matches. Change the arguments or filters, or look in another region."),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_value::Type;

    use super::*;

    #[test]
    fn arguments_tags_and_blocks_are_all_filters() {
        let block = Value::object([
            ("name", Value::string("x")),
            ("values", Value::set(Type::String, [Value::string("1"), Value::string("2")])),
        ]);
        let config = Value::object([
            ("state", Value::string("available")),
            ("default", Value::from(true)),
            ("vpc_id", Value::string("")),
            ("tags", Value::map(Type::String, [("Name", Value::string("a"))])),
            ("filter", Value::tuple([block])),
        ]);
        let all = of(&config, &[("state", "state"), ("default", "is-default"), ("vpc_id", "vpc-id")]).unwrap();
        let told: Vec<String> = all.iter().map(|f| format!("{} {}", f.name().unwrap(), f.values().join(","))).collect();
        assert_eq!(told, ["state available", "is-default true", "tag:Name a", "x 1,2"]);
        assert!(of(&Value::object([("default", Value::from(false))]), &[("default", "is-default")]).is_none());
    }

    #[test]
    fn one_match_is_wanted() {
        assert_eq!(only("VPC", vec![7]).unwrap(), 7);
        assert_eq!(only("VPC", vec![7, 8]).unwrap_err()[0].summary, "Several VPCs found");
        assert_eq!(only::<u8>("VPC", vec![]).unwrap_err()[0].summary, "No VPC found");
    }
}
