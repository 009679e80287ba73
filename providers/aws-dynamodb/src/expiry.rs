//! Time to live: the attribute that says when an item expires.

use std::time::Duration;

use aws_sdk_dynamodb::types::{TimeToLiveDescription, TimeToLiveSpecification, TimeToLiveStatus};
use terrane_aws_core::{Poll, is_code, problem, says};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Table, built};

/// Reads it.
pub async fn read(table: &Table<'_>) -> Result<Option<TimeToLiveDescription>, Problem> {
    let request = table.client.describe_time_to_live().table_name(&table.name);
    match Box::pin(table.cloud.call(("dynamodb:DescribeTimeToLive", &*table.region), || request.clone().send())).await {
        Ok(answer) => Ok(answer.time_to_live_description),
        Err(e) if is_code(&e, &["ResourceNotFoundException", "UnknownOperationException"]) => Ok(None),
        Err(e) => Err(problem(&table.what("reading the time to live of"), &e)),
    }
}

/// Shows it. One that is off has no attribute for AWS: what is known of it stays.
pub fn show(reply: &mut Reply, known: &Value, ttl: Option<TimeToLiveDescription>) {
    let enabled = ttl.as_ref().and_then(|t| t.time_to_live_status()) == Some(&TimeToLiveStatus::Enabled);
    let written = Args(known).block("ttl").and_then(|b| b.text("attribute_name"));
    let attribute = if enabled { ttl.as_ref().and_then(|t| t.attribute_name()) } else { written };
    let mut block = Reply::new();
    block.bool("enabled", Some(enabled)).str("attribute_name", Some(attribute.unwrap_or_default()));
    reply.blocks("ttl", [block]);
}

/// Whether it is planned to be on.
pub fn enabled(planned: &Value) -> bool {
    Args(planned).block("ttl").and_then(|b| b.bool("enabled")) == Some(true)
}

/// Writes it. Switching it off needs the attribute, which `prior` knows if it is not written.
pub async fn write(table: &Table<'_>, prior: &Value, planned: &Value, timeout: Duration) -> Result<(), Problem> {
    let attribute = |object| Args(object).block("ttl").and_then(|b| b.text("attribute_name"));
    let wanted = enabled(planned);
    let Some(attribute) = attribute(planned).or(attribute(prior)) else { return Ok(()) };
    let specification = built(TimeToLiveSpecification::builder().enabled(wanted).attribute_name(attribute).build())?;
    let request = table.client.update_time_to_live().table_name(&table.name);
    let request = request.time_to_live_specification(specification);
    let step = "changing the time to live of";
    match Box::pin(table.cloud.call(("dynamodb:UpdateTimeToLive", &*table.region), || request.clone().send())).await {
        Ok(_) => {}
        Err(e) if says(&e, "ValidationException", "TimeToLive is already") => {}
        Err(e) => return Err(problem(&table.what(step), &e)),
    }
    let poll = || async {
        let status = read(table).await?.and_then(|t| t.time_to_live_status);
        let target = if wanted { TimeToLiveStatus::Enabled } else { TimeToLiveStatus::Disabled };
        Ok(match status {
            Some(status) if status == target => Poll::Done(()),
            None if !wanted => Poll::Done(()),
            other => Poll::pending(other.map_or("unknown".to_owned(), |s| s.to_string())),
        })
    };
    table.cloud.wait(format!("the time to live of table \"{}\" to change", table.name), timeout, poll).await
}
