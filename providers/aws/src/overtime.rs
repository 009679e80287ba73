//! What is said when an operation takes longer than it may.

use std::time::Duration;

use terrane_aws_core::TIMED_OUT;
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_value::{Value, duration_text, parse_duration};

/// Adds to the problem of a wait that came to its end where its time comes from, and how to allow more.
pub(crate) fn explained(schema: &TypeSchema, ty: &str, operation: &str, object: &Value, problem: Problem) -> Problem {
    if !problem.summary.starts_with(TIMED_OUT) {
        return problem;
    }
    let more = match (settable(schema, operation), written(object, operation)) {
        (true, Some(written)) => {
            format!(
                "The time comes from the argument {operation:?} of its timeouts, {written:?}; {}",
                allow(&written, operation)
            )
        }
        (true, None) => {
            format!("The time is what {ty} has for {operation} where nothing is written; {}", allow("", operation))
        }
        (false, _) => format!("{ty} has no timeouts for {operation} that could be written."),
    };
    Problem { detail: format!("{} {more} Run again to go on.", problem.detail), ..problem }
}

/// The time that an object's `timeouts` say for an operation, as it is written.
pub(crate) fn written(object: &Value, operation: &str) -> Option<String> {
    Args(object).block("timeouts").and_then(|block| block.str(operation).map(str::to_owned))
}

/// Reads within the time that `timeouts { read = … }` says, or the one that the type has; where neither is, a read takes as
/// long as it takes.
pub(crate) async fn within<T>(
    schema: &TypeSchema,
    ty: &str,
    object: &Value,
    read: impl Future<Output = T>,
) -> Result<T, Problem> {
    let own = || schema.timeouts.get("read").copied().map(Duration::from_secs);
    let Some(time) = written(object, "read").and_then(|text| parse_duration(&text)).or_else(own) else {
        return Ok(read.await);
    };
    tokio::time::timeout(time, read).await.map_err(|_| {
        let detail = format!("It had not happened after {}.", duration_text(time));
        let problem = Problem::error(format!("{TIMED_OUT} {ty} to be read"), detail);
        explained(schema, ty, "read", object, problem)
    })
}

/// Whether the type lets the time of an operation be written.
fn settable(schema: &TypeSchema, operation: &str) -> bool {
    let (attributes, blocks) = (&schema.schema.block.attributes, &schema.schema.block.blocks);
    let in_block = blocks.get("timeouts").is_some_and(|b| b.block.attributes.contains_key(operation));
    in_block || attributes.contains_key("timeouts")
}

fn allow(written: &str, operation: &str) -> String {
    let longer = parse_duration(written).map(|time| duration_text(time * 2)).unwrap_or_else(|| "1h".into());
    format!("to allow more, write timeouts {{ {operation} = {longer:?} }}.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_aws_core::resource_schema;

    use super::*;

    fn said(ty: &str, operation: &str, object: &Value) -> String {
        let problem = Problem::error(format!("{TIMED_OUT} it"), "It had not happened after 5s.");
        explained(&resource_schema(ty).unwrap(), ty, operation, object, problem).detail
    }

    #[test]
    fn a_wait_that_ends_says_where_its_time_comes_from() {
        let block = Value::object([("create", Value::string("5s"))]);
        let object = Value::object([("timeouts", block)]);
        assert_eq!(
            said("aws_nat_gateway", "create", &object),
            "It had not happened after 5s. The time comes from the argument \"create\" of its timeouts, \"5s\"; to allow \
             more, write timeouts { create = \"10s\" }. Run again to go on."
        );
        assert_eq!(
            said("aws_nat_gateway", "delete", &object),
            "It had not happened after 5s. The time is what aws_nat_gateway has for delete where nothing is written; to \
             allow more, write timeouts { delete = \"1h\" }. Run again to go on."
        );
        let none = said("aws_vpc", "create", &object);
        assert!(none.contains("aws_vpc has no timeouts for create that could be written."), "{none}");
    }

    #[test]
    fn other_problems_stay_as_they_are() {
        let problem = Problem::error("No such VPC", "There is no vpc-1.");
        let schema = resource_schema("aws_vpc").unwrap();
        assert_eq!(explained(&schema, "aws_vpc", "create", &Value::dynamic(), problem.clone()), problem);
    }

    #[tokio::test]
    async fn reads_end_when_their_time_is_over() {
        let schema = terrane_aws_core::data_schema("aws_ami").unwrap();
        let forever = std::future::pending::<()>;
        let block = Value::object([("read", Value::string("30ms"))]);
        let object = Value::object([("timeouts", block)]);
        let problem = within(&schema, "aws_ami", &object, forever()).await.unwrap_err();
        assert!(problem.summary.starts_with(TIMED_OUT) && problem.detail.contains("\"30ms\""), "{problem:?}");
        assert_eq!(schema.timeouts.get("read"), Some(&1200), "without one it is the type's own");
        assert_eq!(within(&schema, "aws_ami", &object, async { 1 }).await.unwrap(), 1);
    }
}
