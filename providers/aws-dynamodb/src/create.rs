//! The four ways a table comes to be.

use std::time::Duration;

use aws_sdk_dynamodb::types::{CsvOptions, ImportStatus, InputFormatOptions, S3BucketSource, TableCreationParameters};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_aws_core::{Poll, is_code, made_since, problem, uncertain};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::{Path, Value};

use crate::client::{BUSY, Table, built, busy};
use crate::request::{self, billing_mode};

/// What is still to be done for a table after the call that made it.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// Nothing: the call took all.
    Whole,
    /// It has no tags yet.
    Untagged,
    /// It has no tags yet, and this import fills it.
    Importing(String),
}

/// Starts making a table, in the way that its plan names.
pub async fn start(table: &Table<'_>, planned: &Value, operation: &str) -> Result<Made, Problem> {
    let args = Args(planned);
    if args.text("restore_source_name").or(args.text("restore_source_table_arn")).is_some() {
        restore(table, args).await.map(|()| Made::Untagged)
    } else if args.text("restore_backup_arn").is_some() {
        restore_backup(table, args).await.map(|()| Made::Untagged)
    } else if let Some(source) = args.block("import_table") {
        import(table, args, source, operation).await.map(Made::Importing)
    } else {
        create(table, planned).await.map(|()| Made::Whole)
    }
}

async fn create(table: &Table<'_>, planned: &Value) -> Result<(), Problem> {
    let (args, start) = (Args(planned), table.cloud.begun());
    let (mode, encryption) = (billing_mode(args), args.block("server_side_encryption"));
    let stream = request::stream_view(args).map(|view| request::stream(Some(view))).transpose()?;
    let request = table
        .client
        .create_table()
        .table_name(&table.name)
        .set_key_schema(Some(request::key_schema(request::keys(args))?))
        .set_attribute_definitions(Some(request::attributes(args)?))
        .set_provisioned_throughput(request::capacity(args, &mode)?)
        .billing_mode(mode)
        .set_local_secondary_indexes(request::local_indexes(args)?)
        .set_global_secondary_indexes(request::global_indexes(args)?)
        .set_on_demand_throughput(request::on_demand(args))
        .set_warm_throughput(request::warm(args))
        .set_stream_specification(stream)
        .set_sse_specification(encryption.map(|block| request::encryption(Some(block))))
        .set_table_class(args.text("table_class").map(Into::into))
        .set_deletion_protection_enabled(args.bool("deletion_protection_enabled").filter(|on| *on))
        .set_tags(Some(request::to_tags(&table.cloud.tags_of(planned))));
    let exists = ["ResourceInUseException"];
    let again = |e: &_| terrane_aws_core::says(e, "LimitExceededException", "simultaneously");
    let answer = table
        .cloud
        .create_named(("dynamodb:CreateTable", &*table.region), BUSY, again, &exists, || request.clone().send());
    let made = answer.await.map_err(|e| {
        let mut problem = advised(problem(&table.what("creating"), &e), is_code(&e, &exists));
        if uncertain(&e) {
            problem.detail.push_str("\nIt may have been made all the same: if so, import it before the next apply.");
        }
        problem
    })?;
    if made.is_some() {
        return Ok(());
    }
    let found = table.describe().await?.and_then(|t| t.creation_date_time);
    if found.is_some_and(|date| made_since(start, &date)) {
        return Ok(());
    }
    let problem = Problem::error(format!("Failed {}", table.what("creating")), "The answer of AWS was lost.");
    Err(advised(problem, true))
}

fn advised(mut problem: Problem, taken: bool) -> Problem {
    if taken {
        let advice = "\nA table of this name exists. Choose another name, or import the table instead of creating it.";
        problem.detail.push_str(advice);
    }
    problem
}

async fn restore(table: &Table<'_>, args: Args<'_>) -> Result<(), Problem> {
    let mode = billing_mode(args);
    let date = args.text("restore_date_time").map(date).transpose()?;
    let capacity = args.i64("read_capacity").and(args.i64("write_capacity"));
    let capacity = if capacity.is_some() { request::capacity(args, &mode)? } else { None };
    let encryption = args.block("server_side_encryption").map(|block| request::encryption(Some(block)));
    let request = table
        .client
        .restore_table_to_point_in_time()
        .target_table_name(&table.name)
        .set_source_table_name(args.string("restore_source_name"))
        .set_source_table_arn(args.string("restore_source_table_arn"))
        .set_restore_date_time(date)
        .set_use_latest_restorable_time(args.bool("restore_to_latest_time"))
        .billing_mode_override(mode)
        .set_provisioned_throughput_override(capacity)
        .set_on_demand_throughput_override(request::on_demand(args))
        .set_local_secondary_index_override(request::local_indexes(args)?)
        .set_global_secondary_index_override(request::global_indexes(args)?)
        .set_sse_specification_override(encryption);
    let operation = "dynamodb:RestoreTableToPointInTime";
    table.insist(operation, "restoring", || request.clone().send()).await.map(|_| ())
}

async fn restore_backup(table: &Table<'_>, args: Args<'_>) -> Result<(), Problem> {
    let mode = billing_mode(args);
    let capacity = args.i64("read_capacity").and(args.i64("write_capacity"));
    let capacity = if capacity.is_some() { request::capacity(args, &mode)? } else { None };
    let encryption = args.block("server_side_encryption").map(|block| request::encryption(Some(block)));
    let request = table
        .client
        .restore_table_from_backup()
        .target_table_name(&table.name)
        .set_backup_arn(args.string("restore_backup_arn"))
        .billing_mode_override(mode)
        .set_provisioned_throughput_override(capacity)
        .set_on_demand_throughput_override(request::on_demand(args))
        .set_local_secondary_index_override(request::local_indexes(args)?)
        .set_global_secondary_index_override(request::global_indexes(args)?)
        .set_sse_specification_override(encryption);
    table.insist("dynamodb:RestoreTableFromBackup", "restoring", || request.clone().send()).await.map(|_| ())
}

async fn import(table: &Table<'_>, args: Args<'_>, from: Args<'_>, operation: &str) -> Result<String, Problem> {
    let mode = billing_mode(args);
    let encryption = args.block("server_side_encryption").map(|block| request::encryption(Some(block)));
    let parameters = TableCreationParameters::builder()
        .table_name(&table.name)
        .set_key_schema(Some(request::key_schema(request::keys(args))?))
        .set_attribute_definitions(Some(request::attributes(args)?))
        .set_provisioned_throughput(request::capacity(args, &mode)?)
        .billing_mode(mode)
        .set_global_secondary_indexes(request::global_indexes(args)?)
        .set_on_demand_throughput(request::on_demand(args))
        .set_sse_specification(encryption);
    let request = table
        .client
        .import_table()
        .client_token(operation)
        .set_input_compression_type(from.text("input_compression_type").map(Into::into))
        .input_format(from.text("input_format").unwrap_or_default().into())
        .set_input_format_options(format_options(from))
        .s3_bucket_source(bucket(from)?)
        .table_creation_parameters(built(parameters.build())?);
    let limited = |e: &_| busy(e) && !is_code(e, &["ResourceInUseException"]);
    let answer =
        table.cloud.insist(("dynamodb:ImportTable", &*table.region), BUSY, limited, || request.clone().send()).await;
    let answer = answer.map_err(|e| {
        let taken = is_code(&e, &["ResourceInUseException"]);
        advised(problem(&table.what("importing"), &e), taken)
    })?;
    Ok(answer.import_table_description.and_then(|d| d.import_arn).unwrap_or_default())
}

fn format_options(from: Args<'_>) -> Option<InputFormatOptions> {
    let csv = from.block("input_format_options")?.block("csv")?;
    let headers = Some(csv.strings("header_list")).filter(|h| !h.is_empty());
    let options = CsvOptions::builder().set_delimiter(csv.string("delimiter")).set_header_list(headers).build();
    Some(InputFormatOptions::builder().csv(options).build())
}

fn bucket(from: Args<'_>) -> Result<S3BucketSource, Problem> {
    let source = from.block("s3_bucket_source");
    let text = |name| source.and_then(|s| s.string(name));
    let source = S3BucketSource::builder()
        .set_s3_bucket(text("bucket"))
        .set_s3_bucket_owner(text("bucket_owner"))
        .set_s3_key_prefix(text("key_prefix"));
    built(source.build())
}

/// Waits until an import has filled its table.
pub async fn imported(table: &Table<'_>, import: &str, timeout: Duration) -> Result<(), Problem> {
    let poll = || async {
        let request = table.client.describe_import().import_arn(import);
        let answer = table.insist("dynamodb:DescribeImport", "importing", || request.clone().send()).await?;
        let Some(description) = answer.import_table_description else { return Ok(Poll::pending("unknown")) };
        match description.import_status() {
            Some(ImportStatus::Completed) => Ok(Poll::Done(())),
            Some(ImportStatus::InProgress) | None => Ok(Poll::pending("IN_PROGRESS")),
            Some(status) => {
                let why = description.failure_message().unwrap_or("no message");
                let code = description.failure_code().unwrap_or("no code");
                let detail = format!("The import is {status}: {code}: {why}.");
                Err(Problem::error(format!("Failed {}", table.what("importing")), detail))
            }
        }
    };
    table.cloud.wait(format!("import {import} to complete"), timeout, poll).await
}

fn date(text: &str) -> Result<DateTime, Problem> {
    DateTime::from_str(text, Format::DateTime).map_err(|_| {
        let detail = format!("\"{text}\" is not a time such as 2024-05-01T12:00:00Z.");
        Problem::error("Invalid time", detail).at(Path::root().attr("restore_date_time"))
    })
}
