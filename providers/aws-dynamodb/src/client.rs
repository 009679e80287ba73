//! Calls to DynamoDB about one table.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{IndexStatus, ReplicaStatus, SseStatus, TableDescription, TableStatus};
use terrane_aws_core::{Cloud, Poll, is_code, problem, says};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::Value;

/// How long a call may be refused while other tables, or this one, are being changed.
pub const BUSY: Duration = Duration::from_secs(1800);

/// Tables of a read that are worked on at once; each needs some calls.
pub const TABLES: usize = 16;

/// The client for a region.
pub fn dynamodb(cloud: &Cloud, region: &str) -> Client {
    cloud.client(region, Client::new)
}

/// One table, and how calls about it are made.
#[derive(Clone)]
pub struct Table<'a> {
    /// The provider instance.
    pub cloud: &'a Cloud,
    /// The client for the table's region.
    pub client: Client,
    /// The region.
    pub region: String,
    /// The name.
    pub name: String,
}

impl<'a> Table<'a> {
    /// The table that an object is.
    pub fn of(cloud: &'a Cloud, object: &Value) -> Table<'a> {
        let name = Args(object).text("id").or(Args(object).text("name")).unwrap_or_default();
        Table::in_region(cloud, &cloud.region(object), name)
    }

    /// A table, or a replica of one, in a region.
    pub fn in_region(cloud: &'a Cloud, region: &str, name: &str) -> Table<'a> {
        Table { cloud, client: dynamodb(cloud, region), region: region.to_owned(), name: name.to_owned() }
    }

    /// The replica of this table in another region.
    pub fn replica(&self, region: &str) -> Table<'a> {
        Table::in_region(self.cloud, region, &self.name)
    }

    /// A phrase for a step: `creating DynamoDB table "a"`.
    pub fn what(&self, step: &str) -> String {
        format!("{step} DynamoDB table \"{}\" in {}", self.name, self.region)
    }

    /// Describes it; `None` if there is no such table.
    pub async fn describe(&self) -> Result<Option<TableDescription>, Problem> {
        let request = self.client.describe_table().table_name(&self.name);
        match Box::pin(self.cloud.call(("dynamodb:DescribeTable", &*self.region), || request.clone().send())).await {
            Ok(answer) => Ok(answer.table),
            Err(e) if is_code(&e, &["ResourceNotFoundException"]) => Ok(None),
            Err(e) => Err(problem(&self.what("reading"), &e)),
        }
    }

    /// Changes it, again while it or too many other tables are being changed.
    pub async fn update(
        &self,
        step: &str,
        fill: impl FnOnce(UpdateTableFluentBuilder) -> UpdateTableFluentBuilder,
    ) -> Result<(), Problem> {
        let request = fill(self.client.update_table().table_name(&self.name));
        let answer = self.cloud.insist(("dynamodb:UpdateTable", &*self.region), BUSY, busy, || request.clone().send());
        Box::pin(answer).await.map(|_| ()).map_err(|e| problem(&self.what(step), &e))
    }

    /// Makes another call about it in the same way.
    pub async fn insist<T, E, F, Fut>(&self, operation: &'static str, step: &str, send: F) -> Result<T, Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let answer = Box::pin(self.cloud.insist((operation, &*self.region), BUSY, busy, send)).await;
        answer.map_err(|e| problem(&self.what(step), &e))
    }

    /// Waits until the table and all in it are active and `done` holds.
    pub async fn settled(
        &self,
        timeout: Duration,
        done: impl Fn(&TableDescription) -> bool,
    ) -> Result<TableDescription, Problem> {
        let poll = || async {
            let Some(table) = self.describe().await? else { return Ok(Poll::pending("not found")) };
            Ok(match unsettled(&table) {
                Some(state) => Poll::pending(state),
                None if done(&table) => Poll::Done(table),
                None => Poll::pending("not yet changed"),
            })
        };
        self.cloud
            .wait(format!("DynamoDB table \"{}\" in {} to be active", self.name, self.region), timeout, poll)
            .await
    }
}

/// Whether a call was refused since the table, or too many others, are being changed.
pub fn busy<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["ResourceInUseException", "ContinuousBackupsUnavailableException"])
        || says(error, "LimitExceededException", "simultaneously")
        || says(error, "ValidationException", "Replica Update or Replica Delete action of the request was not found")
}

/// What of a table is still being changed.
fn unsettled(table: &TableDescription) -> Option<String> {
    let passing = |what: &str, name: &str, status: &str| {
        matches!(status, "CREATING" | "UPDATING" | "DELETING" | "ENABLING" | "DISABLING")
            .then(|| format!("{what}{name} {status}"))
    };
    let warm = table.warm_throughput().and_then(|w| w.status()).map(|s| ("warm throughput", "", s.as_str()));
    let whole = [
        table.table_status().map(|s: &TableStatus| ("", "", s.as_str())),
        table.sse_description().and_then(|s| s.status()).map(|s: &SseStatus| ("encryption", "", s.as_str())),
        warm,
    ];
    let indexes = table.global_secondary_indexes().iter().flat_map(|index| {
        let name = index.index_name().unwrap_or_default();
        let warm = index.warm_throughput().and_then(|w| w.status());
        let statuses = [index.index_status(), warm].into_iter().flatten();
        statuses.map(move |s: &IndexStatus| ("index ", name, s.as_str()))
    });
    let replicas = table.replicas().iter().filter_map(|replica| {
        let status: &ReplicaStatus = replica.replica_status()?;
        Some(("replica ", replica.region_name().unwrap_or_default(), status.as_str()))
    });
    let witnesses = table.global_table_witnesses().iter().filter_map(|witness| {
        Some(("witness ", witness.region_name().unwrap_or_default(), witness.witness_status()?.as_str()))
    });
    let parts = whole.into_iter().flatten().chain(indexes).chain(replicas).chain(witnesses);
    parts.into_iter().find_map(|(what, name, status)| passing(what, name, status))
}

/// A request part that the SDK built; what it misses is a problem of the configuration.
pub fn built<T>(part: Result<T, BuildError>) -> Result<T, Problem> {
    part.map_err(|e| Problem::error("Incomplete table configuration", format!("{e}.")))
}
