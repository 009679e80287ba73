//! Point-in-time recovery.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    PointInTimeRecoveryDescription, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus,
};
use terrane_aws_core::{Poll, is_code, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Table, built};

/// Reads it.
pub async fn read(table: &Table<'_>) -> Result<Option<PointInTimeRecoveryDescription>, Problem> {
    let request = table.client.describe_continuous_backups().table_name(&table.name);
    let absent = ["TableNotFoundException", "ResourceNotFoundException", "UnknownOperationException"];
    match Box::pin(table.cloud.call(("dynamodb:DescribeContinuousBackups", &*table.region), || request.clone().send()))
        .await
    {
        Ok(answer) => Ok(answer.continuous_backups_description.and_then(|b| b.point_in_time_recovery_description)),
        Err(e) if is_code(&e, &absent) => Ok(None),
        Err(e) => Err(problem(&table.what("reading the backups of"), &e)),
    }
}

/// Whether it is on.
pub fn is_on(recovery: &Option<PointInTimeRecoveryDescription>) -> bool {
    let status = recovery.as_ref().and_then(|r| r.point_in_time_recovery_status());
    status == Some(&PointInTimeRecoveryStatus::Enabled)
}

/// Shows it.
pub fn show(reply: &mut Reply, recovery: Option<PointInTimeRecoveryDescription>) {
    let mut block = Reply::new();
    let days = recovery.as_ref().and_then(|r| r.recovery_period_in_days()).filter(|_| is_on(&recovery));
    block.bool("enabled", Some(is_on(&recovery))).i64("recovery_period_in_days", Some(days.unwrap_or_default()));
    reply.blocks("point_in_time_recovery", [block]);
}

/// What is planned: whether it is on, and for how many days back.
pub fn planned(object: &Value) -> (bool, Option<i32>) {
    let block = Args(object).block("point_in_time_recovery");
    let days = block.and_then(|b| b.i32("recovery_period_in_days")).filter(|days| *days > 0);
    (block.and_then(|b| b.bool("enabled")) == Some(true), days)
}

/// Writes it for a table or a replica, in the region of either.
pub async fn write(table: &Table<'_>, on: bool, days: Option<i32>, timeout: Duration) -> Result<(), Problem> {
    let specification = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(on)
        .set_recovery_period_in_days(days.filter(|_| on));
    let request = table.client.update_continuous_backups().table_name(&table.name);
    let request = request.point_in_time_recovery_specification(built(specification.build())?);
    let step = "changing the point-in-time recovery of";
    table.insist("dynamodb:UpdateContinuousBackups", step, || request.clone().send()).await?;
    let poll = || async {
        let now = is_on(&read(table).await?);
        Ok(if now == on { Poll::Done(()) } else { Poll::pending("not yet changed") })
    };
    table.cloud.wait(format!("the point-in-time recovery of table \"{}\" to change", table.name), timeout, poll).await
}
