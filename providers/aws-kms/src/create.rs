//! Making a key exactly once.
//!
//! KMS has no token for a create. A key is made with a mark, a tag that names the operation: if the answer is lost, the
//! keys that are there are asked for their tags. The mark is removed when the journal has the key.

use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::operation::create_key::CreateKeyError;
use aws_sdk_kms::operation::create_key::builders::CreateKeyFluentBuilder;
use terrane_aws_core::{Tags, concurrently, is_code, problem, uncertain};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, policy_json};
use terrane_value::Value;
use tokio::time::{Instant, sleep};

use crate::calls::{KEYS, Kms, PROPAGATION, to_tags};
use crate::key::{self, ids};

/// The tag that names the operation a key was made by.
const MARK: &str = "terrane:operation";

/// Most tags of one key.
const MOST_TAGS: usize = 50;

/// How often a create is sent while nothing is found of it.
const ATTEMPTS: u32 = 4;

/// Makes a key and returns its id.
pub async fn make(kms: &Kms<'_>, create: &Create<'_>) -> Result<String, Problem> {
    let tags = kms.cloud.tags_of(create.planned);
    let marked = tags.len() < MOST_TAGS;
    let mut all = tags;
    if marked {
        all.insert(MARK.to_owned(), create.operation.to_owned());
    }
    let request = request(kms, create.planned, &all);
    if marked
        && kms.cloud.is_resuming()
        && let Some(id) = with_mark(kms, create.operation).await?
    {
        return Ok(id);
    }
    let (end, mut lost) = (Instant::now() + PROPAGATION, 0);
    loop {
        let answer = Box::pin(kms.cloud.call_once("kms:CreateKey", || request.clone().send())).await;
        let error = match answer {
            Ok(answer) => {
                let made = answer.key_metadata.map(|m| m.key_id);
                return made.ok_or_else(|| Problem::error(FAILED, "The answer of AWS has no key."));
            }
            Err(error) => error,
        };
        if too_new(&error) && Instant::now() < end {
            sleep(std::time::Duration::from_secs(1)).await;
            continue;
        }
        if !uncertain(&error) {
            return Err(problem(WHAT, &error));
        }
        lost += 1;
        match marked {
            true => match with_mark(kms, create.operation).await? {
                Some(id) => return Ok(id),
                None if lost < ATTEMPTS => {}
                None => return Err(unsure(&error)),
            },
            false => return Err(unsure(&error)),
        }
    }
}

const WHAT: &str = "creating KMS key";
const FAILED: &str = "Creating KMS key failed";

/// Whether a principal of the policy is not known to KMS yet.
fn too_new(error: &SdkError<CreateKeyError>) -> bool {
    is_code(error, &["MalformedPolicyDocumentException"])
}

fn unsure(error: &SdkError<CreateKeyError>) -> Problem {
    let mut problem = problem(WHAT, error);
    problem.detail.push_str("\nIt may have been made all the same: if so, import it before the next apply.");
    problem
}

fn request(kms: &Kms<'_>, planned: &Value, tags: &Tags) -> CreateKeyFluentBuilder {
    let args = Args(planned);
    let tags = to_tags(tags);
    kms.client
        .create_key()
        .bypass_policy_lockout_safety_check(args.bool("bypass_policy_lockout_safety_check").unwrap_or_default())
        .set_key_spec(args.text("customer_master_key_spec").map(Into::into))
        .set_key_usage(args.text("key_usage").map(Into::into))
        .set_custom_key_store_id(args.text("custom_key_store_id").map(str::to_owned))
        .set_origin(args.text("custom_key_store_id").map(|_| match args.text("xks_key_id") {
            Some(_) => "EXTERNAL_KEY_STORE".into(),
            None => "AWS_CLOUDHSM".into(),
        }))
        .set_xks_key_id(args.text("xks_key_id").map(str::to_owned))
        .set_description(args.text("description").map(str::to_owned))
        .set_multi_region(args.bool("multi_region"))
        .set_policy(args.text("policy").map(policy_json::compact))
        .set_tags(Some(tags).filter(|t| !t.is_empty()))
}

/// The key that carries the mark of an operation.
async fn with_mark(kms: &Kms<'_>, operation: &str) -> Result<Option<String>, Problem> {
    let marked = |id: String| async move {
        // A key whose tags may not be read is somebody else's.
        let tags = key::tags(kms, &id).await.ok().flatten().unwrap_or_default();
        (tags.get(MARK).map(String::as_str) == Some(operation)).then_some(id)
    };
    let found = concurrently(KEYS, ids(kms).await?, marked).await;
    Ok(found.into_iter().flatten().next())
}

/// Removes the mark of a key. One that stays does no harm, so a failure is none.
pub async fn unmark(kms: &Kms<'_>, id: &str) {
    let request = kms.client.untag_resource().key_id(id).tag_keys(MARK);
    let _ = Box::pin(kms.cloud.call("kms:UntagResource", || request.clone().send())).await;
}

/// The tags of a key but for the mark.
pub fn unmarked(mut tags: Tags) -> Tags {
    tags.remove(MARK);
    tags
}
