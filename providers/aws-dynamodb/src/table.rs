//! `aws_dynamodb_table`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndexUpdate, TableDescription};
use terrane_aws_core::{Cloud, Poll, TagDiff, Tags, is_code, keep_empty, problem, read_each, timeout};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{TABLES, Table as Handle, dynamodb};
use crate::create::{self, Made};
use crate::request::{self, billing_mode};
use crate::{expiry, indexes, plan, recovery, replicas, reply, tagging, validate};

const CREATE: Duration = Duration::from_secs(1800);
const UPDATE: Duration = Duration::from_secs(3600);
const DELETE: Duration = Duration::from_secs(600);

/// `aws_dynamodb_table`.
#[derive(Debug)]
pub struct Table;

#[async_trait]
impl ResourceType<Cloud> for Table {
    fn name(&self) -> &'static str {
        "aws_dynamodb_table"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let name = Args(create.planned).text("name").unwrap_or_default();
        let table = Handle::in_region(cloud, &cloud.region(create.planned), name);
        let made = create::start(&table, create.planned, create.operation).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(name)).str("region", Some(&table.region));
        let half_made = Object::new(half_made.object());
        furnish(&table, create.planned, made).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(TABLES, prior, |known| async move { read_table(&Handle::of(cloud, known), known).await }).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let table = Handle::of(cloud, update.prior);
        let timeout = timeout(update.planned, "update", UPDATE);
        update_table(&table, &update, timeout).await?;
        update_encryption(&table, &update, timeout).await?;
        if update.changes("ttl") {
            expiry::write(&table, update.prior, update.planned, timeout).await?;
        }
        if update.changes("replica") {
            replicas::update(&table, update.prior, update.planned, timeout).await?;
        }
        if update.changes("point_in_time_recovery") {
            let (on, days) = recovery::planned(update.planned);
            recovery::write(&table, on, days, timeout).await?;
        }
        update_warmth(&table, &update, timeout).await?;
        update_tags(&table, &update).await?;
        Ok(read_existing(&table, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let table = Handle::of(cloud, &prior.value);
        let timeout = timeout(&prior.value, "delete", DELETE);
        replicas::delete(&table, &prior.value, timeout).await?;
        let request = table.client.delete_table().table_name(&table.name);
        let busy = crate::client::busy;
        match cloud.insist(("dynamodb:DeleteTable", &*table.region), timeout, busy, || request.clone().send()).await {
            Ok(_) => {}
            Err(e) if is_code(&e, &["ResourceNotFoundException"]) => return Ok(()),
            Err(e) => return Err(protected(problem(&table.what("deleting"), &e), &prior.value).into()),
        }
        let poll = || async {
            let status = table.describe().await?.and_then(|t| t.table_status);
            Ok(status.map_or(Poll::Done(()), |s| Poll::pending(s.to_string())))
        };
        Ok(cloud.wait(format!("DynamoDB table \"{}\" to be deleted", table.name), timeout, poll).await?)
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        Ok(Object::new(Value::object([("id", Value::string(id)), ("name", Value::string(id))])))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        names(cloud).await.map_err(|p| vec![p])
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, config: &Value, plan: PlanResponse) -> PlanResponse {
        plan::corrected(prior, config, plan)
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        validate::problems(config)
    }
}

/// The names of all tables in the provider's region.
pub async fn names(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let client = dynamodb(cloud, cloud.default_region());
    let list = |name| client.list_tables().set_exclusive_start_table_name(name).send();
    let take = |a: aws_sdk_dynamodb::operation::list_tables::ListTablesOutput| {
        (a.table_names.unwrap_or_default(), a.last_evaluated_table_name)
    };
    let tables = cloud.pages("dynamodb:ListTables", list, take).await;
    tables.map_err(|e| problem("listing DynamoDB tables", &e))
}

fn protected(mut problem: Problem, prior: &Value) -> Problem {
    if Args(prior).bool("deletion_protection_enabled") == Some(true) {
        let advice = "\nThe table is protected from deletion: set deletion_protection_enabled = false and apply first.";
        problem.detail.push_str(advice);
    }
    problem
}

/// Gives a new table what its create did not take, and reads it.
async fn furnish(table: &Handle<'_>, planned: &Value, made: Made) -> Result<Object, Problem> {
    let timeout = timeout(planned, "create", CREATE);
    if let Made::Importing(import) = &made {
        create::imported(table, import, timeout).await?;
    }
    let description = table.settled(timeout, |_| true).await?;
    let (arn, tags) = (description.table_arn().unwrap_or_default(), table.cloud.tags_of(planned));
    if made != Made::Whole {
        tagging::write(table, arn, &TagDiff::between(&Tags::new(), &tags)).await?;
        restored(table, planned, &description, timeout).await?;
    }
    if expiry::enabled(planned) {
        expiry::write(table, planned, planned, timeout).await?;
    }
    if let (true, days) = recovery::planned(planned) {
        recovery::write(table, true, days, timeout).await?;
    }
    replicas::create(table, planned, timeout).await?;
    replicas::tag(table, arn, planned, &tags).await?;
    read_existing(table, planned).await
}

/// Sets what neither a restore nor an import takes: stream, class and protection.
async fn restored(
    table: &Handle<'_>,
    planned: &Value,
    now: &TableDescription,
    timeout: Duration,
) -> Result<(), Problem> {
    let args = Args(planned);
    let class = args.text("table_class").filter(|class| *class != "STANDARD");
    if let Some(class) = class {
        table.update("changing the class of", |r| r.table_class(class.into())).await?;
        table.settled(timeout, |_| true).await?;
    }
    let view = request::stream_view(args).filter(|_| now.stream_specification().is_none());
    let stream = view.map(|view| request::stream(Some(view))).transpose()?;
    let protect = args.bool("deletion_protection_enabled").filter(|on| *on);
    if stream.is_some() || protect.is_some() {
        let fill =
            |r: UpdateTableFluentBuilder| r.set_stream_specification(stream).set_deletion_protection_enabled(protect);
        table.update("changing", fill).await?;
        table.settled(timeout, |_| true).await?;
    }
    Ok(())
}

/// Changes keys and throughput in the order that DynamoDB demands: indexes go, the class alone, then the table with the
/// throughput of its indexes, then new indexes come one by one.
async fn update_table(table: &Handle<'_>, update: &Update<'_>, timeout: Duration) -> Result<(), Problem> {
    let (old, new) = (Args(update.prior), Args(update.planned));
    let changes =
        if update.changes("global_secondary_index") { indexes::changes(old, new) } else { indexes::Changes::default() };
    for name in &changes.delete {
        let delete = indexes::delete(name)?;
        table.update(&format!("deleting index {name} of"), |r| r.global_secondary_index_updates(delete)).await?;
        table.settled(timeout, |t| !has_index(t, name)).await?;
    }
    if update.changes("table_class") {
        let class = new.text("table_class").unwrap_or("STANDARD");
        table.update("changing the class of", |r| r.table_class(class.into())).await?;
        table.settled(timeout, |_| true).await?;
    }
    update_throughput(table, update, &changes.throughput, timeout).await?;
    for name in &changes.warm {
        let Some(index) = index_of(new, name) else { continue };
        let warm = indexes::warm(index)?;
        table.update(&format!("warming index {name} of"), |r| r.global_secondary_index_updates(warm)).await?;
        table.settled(timeout, |_| true).await?;
    }
    for name in &changes.create {
        let Some(index) = index_of(new, name) else { continue };
        let (create, attributes) = (indexes::create(new, index)?, request::attributes(new)?);
        let fill = |r: UpdateTableFluentBuilder| {
            r.global_secondary_index_updates(create).set_attribute_definitions(Some(attributes))
        };
        table.update(&format!("creating index {name} of"), fill).await?;
        table.settled(timeout, |t| has_index(t, name)).await?;
    }
    Ok(())
}

fn index_of<'a>(table: Args<'a>, name: &str) -> Option<Args<'a>> {
    indexes::find(&table.blocks("global_secondary_index"), name)
}

fn has_index(table: &TableDescription, name: &str) -> bool {
    table.global_secondary_indexes().iter().any(|i| i.index_name() == Some(name))
}

async fn update_throughput(
    table: &Handle<'_>,
    update: &Update<'_>,
    changed: &[&str],
    timeout: Duration,
) -> Result<(), Problem> {
    cycle_stream(table, update, timeout).await?;
    let new = Args(update.planned);
    let mode = billing_mode(new);
    let paid = ["billing_mode", "read_capacity", "write_capacity"].iter().any(|name| update.changes(name));
    let paid = paid && (mode != BillingMode::PayPerRequest || update.changes("billing_mode"));
    let capacity = if paid { request::capacity(new, &mode)? } else { None };
    let maximum = update.changes("on_demand_throughput") && mode == BillingMode::PayPerRequest;
    let maximum = maximum.then(|| request::on_demand(new).unwrap_or_else(indexes::unlimited));
    let protect = update.changes("deletion_protection_enabled");
    let protect = protect.then(|| new.bool("deletion_protection_enabled").unwrap_or_default());
    let stream = update.changes("stream_enabled").then(|| request::stream(request::stream_view(new))).transpose()?;
    let throughput = |name: &&str| Some(indexes::throughput(new, index_of(new, name)?));
    let indexes: Vec<GlobalSecondaryIndexUpdate> = changed.iter().filter_map(throughput).collect::<Result<_, _>>()?;
    if !paid && maximum.is_none() && protect.is_none() && stream.is_none() && indexes.is_empty() {
        return Ok(());
    }
    let fill = |r: UpdateTableFluentBuilder| {
        r.set_billing_mode(paid.then_some(mode))
            .set_provisioned_throughput(capacity)
            .set_on_demand_throughput(maximum)
            .set_deletion_protection_enabled(protect)
            .set_stream_specification(stream)
            .set_global_secondary_index_updates(Some(indexes).filter(|i| !i.is_empty()))
    };
    table.update("updating", fill).await?;
    table.settled(timeout, |_| true).await.map(|_| ())
}

/// Ends a stream whose view changes, and begins it anew.
async fn cycle_stream(table: &Handle<'_>, update: &Update<'_>, timeout: Duration) -> Result<(), Problem> {
    let view = request::stream_view(Args(update.planned)).filter(|_| update.changes("stream_view_type"));
    if update.changes("stream_enabled") || view.is_none() {
        return Ok(());
    }
    for stream in [request::stream(None)?, request::stream(view)?] {
        table.update("changing the stream of", |r| r.stream_specification(stream)).await?;
        table.settled(timeout, |_| true).await?;
    }
    Ok(())
}

async fn update_encryption(table: &Handle<'_>, update: &Update<'_>, timeout: Duration) -> Result<(), Problem> {
    if !update.changes("server_side_encryption") {
        return Ok(());
    }
    let planned = Args(update.planned);
    let encryption = request::encryption(planned.block("server_side_encryption"));
    let replicated = !planned.blocks("replica").is_empty();
    let step = "changing the encryption of";
    match encryption.kms_master_key_id().filter(|_| replicated) {
        Some(key) => {
            let keys = replicas::keys(table, update.planned, key)?;
            table.update(step, |r| r.set_replica_updates(Some(keys))).await?;
        }
        None => table.update(step, |r| r.sse_specification(encryption)).await?,
    }
    table.settled(timeout, |_| true).await.map(|_| ())
}

async fn update_warmth(table: &Handle<'_>, update: &Update<'_>, timeout: Duration) -> Result<(), Problem> {
    let warm = request::warm(Args(update.planned)).filter(|_| update.changes("warm_throughput"));
    let Some(warm) = warm else { return Ok(()) };
    table.update("warming", |r| r.warm_throughput(warm)).await?;
    table.settled(timeout, |_| true).await.map(|_| ())
}

async fn update_tags(table: &Handle<'_>, update: &Update<'_>) -> Result<(), Problem> {
    let arn = Args(update.prior).text("arn").unwrap_or_default();
    let diff = table.cloud.tag_diff(update.prior, update.planned);
    tagging::write(table, arn, &diff).await?;
    if !diff.is_empty() || update.changes("replica") {
        replicas::tag(table, arn, update.planned, &table.cloud.tags_of(update.planned)).await?;
    }
    Ok(())
}

async fn read_existing(table: &Handle<'_>, known: &Value) -> Result<Object, Problem> {
    let gone = || {
        let detail = "Something deleted it while it was changed.";
        Problem::error(format!("DynamoDB table \"{}\" is gone", table.name), detail)
    };
    read_table(table, known).await?.map(Object::new).ok_or_else(gone)
}

async fn read_table(table: &Handle<'_>, known: &Value) -> Result<Option<Value>, Problem> {
    let (found, backups, ttl) = tokio::join!(describe(table, known), recovery::read(table), expiry::read(table));
    let Some((description, tags, replicas)) = found? else { return Ok(None) };
    let mut reply = Reply::from(known);
    reply::show(&mut reply, &description, known);
    reply.str("region", Some(&table.region));
    recovery::show(&mut reply, backups?);
    expiry::show(&mut reply, known, ttl?);
    reply.blocks("replica", replicas);
    table.cloud.set_tags(&mut reply, known, tags);
    Ok(Some(keep_empty(known, reply.object())))
}

/// What a table is, with what can only be asked for by its ARN or its replicas.
async fn describe(table: &Handle<'_>, known: &Value) -> Result<Option<(TableDescription, Tags, Vec<Reply>)>, Problem> {
    let Some(description) = table.describe().await? else { return Ok(None) };
    let arn = description.table_arn().unwrap_or_default();
    let (tags, replicas) = tokio::try_join!(tagging::read(table, arn), replicas::read(table, &description, known))?;
    Ok(Some((description, tags, replicas)))
}
