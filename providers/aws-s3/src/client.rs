//! Calls to S3 about one bucket.

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use terrane_aws_core::{Cloud, is_code, once, problem, status};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;
use terrane_value::Value;

/// How long a change to a bucket may take until all of S3 knows it.
pub const PROPAGATION: Duration = Duration::from_secs(120);

/// Buckets of a read that are worked on at once; each needs some calls.
pub const BUCKETS: usize = 16;

/// What partitions and services that lack a feature answer.
const UNSUPPORTED: [&str; 5] =
    ["MethodNotAllowed", "NotImplemented", "XNotImplemented", "UnsupportedOperation", "UnsupportedArgument"];

/// The client for a region.
pub fn s3(cloud: &Cloud, region: &str) -> Client {
    cloud.client(region, |config| {
        Client::from_conf(Builder::from(config).force_path_style(cloud.s3_use_path_style()).build())
    })
}

/// The client that makes, lists and deletes directory buckets. Only what is in them needs sessions.
pub fn express(cloud: &Cloud, region: &str) -> Client {
    let build = |config: &_| {
        let config = Builder::from(config).force_path_style(cloud.s3_use_path_style());
        Express(Client::from_conf(config.disable_s3_express_session_auth(true).build()))
    };
    cloud.client(region, build).0
}

/// Tells that client from the one for buckets of the usual kind.
#[derive(Clone)]
struct Express(Client);

/// One bucket, and how calls about it are made.
#[derive(Clone)]
pub struct Bucket<'a> {
    /// The provider instance.
    pub cloud: &'a Cloud,
    /// The client for the bucket's region.
    pub client: Client,
    /// The region.
    pub region: String,
    /// The name.
    pub name: String,
    /// The account that must own the bucket, if that is to be checked.
    pub owner: Option<String>,
}

impl<'a> Bucket<'a> {
    /// The bucket that an object is, or is a setting of. Import ids may name the owner behind a comma.
    pub fn of(cloud: &'a Cloud, object: &Value) -> Bucket<'a> {
        let args = Args(object);
        let id = args.text("id").unwrap_or_default();
        let (name, owner) = id.split_once(',').map_or((id, None), |(name, owner)| (name, Some(owner)));
        let region = cloud.region(object);
        Bucket {
            cloud,
            client: s3(cloud, &region),
            region,
            name: args.text("bucket").unwrap_or(name).to_owned(),
            owner: args.text("expected_bucket_owner").or(owner).map(str::to_owned),
        }
    }

    /// A bucket by name.
    pub fn named(cloud: &'a Cloud, region: &str, name: &str) -> Bucket<'a> {
        let client = s3(cloud, region);
        Bucket { cloud, client, region: region.to_owned(), name: name.to_owned(), owner: None }
    }

    /// The id of a setting of the bucket: its name, with the owner behind a comma if there is one.
    pub fn id(&self) -> String {
        self.owner.as_ref().map_or(self.name.clone(), |owner| format!("{},{owner}", self.name))
    }

    /// The keys of all its objects.
    pub async fn keys(&self) -> Result<Vec<String>, Problem> {
        let list = |token| self.client.list_objects_v2().bucket(&self.name).set_continuation_token(token).send();
        let take = |a: ListObjectsV2Output| (a.contents.unwrap_or_default(), a.next_continuation_token);
        let objects = Box::pin(self.cloud.pages(("s3:ListObjectsV2", &*self.region), list, take)).await;
        let objects =
            objects.map_err(|e| problem(&format!("listing the objects of S3 bucket \"{}\"", self.name), &e))?;
        Ok(objects.into_iter().filter_map(|o| o.key).collect())
    }

    /// Reads a setting: `None` if AWS answers one of the codes `absent`, or that there is no such bucket or feature.
    pub async fn read<T, E, F, Fut>(
        &self,
        operation: &'static str,
        setting: &str,
        absent: &[&str],
        send: F,
    ) -> Result<Option<T>, Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        match Box::pin(self.cloud.call((operation, &*self.region), send)).await {
            Ok(answer) => Ok(Some(answer)),
            Err(e) if is_code(&e, absent) || is_code(&e, &["NoSuchBucket"]) || is_code(&e, &UNSUPPORTED) => Ok(None),
            Err(e) => Err(problem(&format!("reading the {setting} of S3 bucket \"{}\"", self.name), &e)),
        }
    }

    /// Reads a setting as [`Bucket::read`] does, once in a bulk reading: the bucket and a type of its own both tell it. The
    /// request says nothing but the bucket.
    pub async fn read_once<T, E, F, Fut>(
        &self,
        operation: &'static str,
        setting: &str,
        absent: &[&str],
        send: F,
    ) -> Result<Option<T>, Problem>
    where
        T: Clone + Send + Sync + 'static,
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let about = [operation, &self.region, &self.name, self.owner.as_deref().unwrap_or_default()].join(" ");
        Box::pin(once(about, self.read(operation, setting, absent, send))).await
    }

    /// Changes a setting, again while the bucket is too new to be known or is being changed by another call.
    pub async fn write<T, E, F, Fut>(&self, operation: &'static str, setting: &str, send: F) -> Result<T, Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let answer = Box::pin(self.cloud.insist((operation, &*self.region), PROPAGATION, unsettled, send)).await;
        answer.map_err(|e| problem(&format!("changing the {setting} of S3 bucket \"{}\"", self.name), &e))
    }

    /// Removes a setting; it is no error if it, or the bucket, does not exist.
    pub async fn remove<T, E, F, Fut>(
        &self,
        operation: &'static str,
        setting: &str,
        absent: &[&str],
        send: F,
    ) -> Result<(), Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let conflict = |e: &SdkError<E>| is_code(e, &["OperationAborted"]);
        match Box::pin(self.cloud.insist((operation, &*self.region), PROPAGATION, conflict, send)).await {
            Ok(_) => Ok(()),
            Err(e) if is_code(&e, absent) || is_code(&e, &["NoSuchBucket"]) => Ok(()),
            Err(e) => Err(problem(&format!("removing the {setting} of S3 bucket \"{}\"", self.name), &e)),
        }
    }
}

/// Whether a call failed since the bucket is too new to be known everywhere, or is being changed.
fn unsettled<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    terrane_aws_core::says(error, "MalformedPolicy", "Invalid principal in policy")
        || terrane_aws_core::says(error, "InvalidRequest", "Versioning must be 'Enabled' on the bucket")
        || is_code(error, &["NoSuchBucket", "OperationAborted"])
}

/// Tells a failed HEAD call. S3 answers those without a body, so that nothing says why one is forbidden.
///
/// `what` is a phrase such as `reading S3 bucket "b"`, `missing` one of what may not be there either.
pub fn unseen<E>(what: &str, missing: &str, error: &SdkError<E>) -> Problem
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let mut problem = problem(what, error);
    if status(error) == Some(403) {
        let request = error.request_id().map(|id| format!(", request id {id}")).unwrap_or_default();
        problem.detail = format!(
            "S3 forbids it (HTTP 403{request}), and never tells more in an answer to such a call. Either the credentials lack \
             s3:ListBucket or, for objects, s3:GetObject, or a policy denies it, or {missing}."
        );
    }
    problem
}

/// A request part that the SDK built; what it misses is a problem of the configuration.
pub fn built<T>(part: Result<T, BuildError>) -> Result<T, Problem> {
    part.map_err(|e| Problem::error("Incomplete bucket configuration", format!("{e}.")))
}
