//! `aws_cloudwatch_log_group`.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};
use terrane_aws_core::{
    Cloud, Poll, Regional, Tags, concurrently, is_code, name_of, prefix_of, problem, read_by_region, uncertain,
};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

/// How long a call may be refused while something else changes the group, and how long a change may take to be seen.
const PATIENCE: Duration = Duration::from_secs(120);

/// Groups up to which each is asked for by its name; more are found by going through all with their common prefix.
const SINGLY: usize = 8;

/// Calls about single groups that are under way at once.
const GROUPS: usize = 5;

const GONE: &[&str] = &["ResourceNotFoundException"];

/// `aws_cloudwatch_log_group`.
#[derive(Debug)]
pub struct Group;

/// CloudWatch Logs in one region.
struct Logs<'a> {
    cloud: &'a Cloud,
    client: Client,
    region: String,
}

impl<'a> Logs<'a> {
    fn new(cloud: &'a Cloud, region: &str) -> Logs<'a> {
        Logs { cloud, client: cloud.client(region, Client::new), region: region.to_owned() }
    }

    async fn call<T, E, F, Fut>(&self, operation: &'static str, what: &str, send: F) -> Result<T, Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let answer = Box::pin(self.cloud.insist(operation, PATIENCE, busy, send)).await;
        answer.map_err(|e| problem(what, &e))
    }
}

/// Whether a call was refused since another change of the group is under way.
fn busy<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_code(error, &["OperationAbortedException"])
}

#[async_trait]
impl ResourceType<Cloud> for Group {
    fn name(&self) -> &'static str {
        "aws_cloudwatch_log_group"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let logs = Logs::new(cloud, &cloud.region(create.planned));
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        make(&logs, &name, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&name)).str("name", Some(&name)).str("region", Some(&logs.region));
        let half_made = half_made.object();
        let made = async {
            if retention(create.planned) != 0 {
                retain(&logs, &name, retention(create.planned)).await?;
            }
            settled(&logs, &name, &half_made).await
        };
        Ok(made.await.map_err(|p| Failed::from(p).with(Object::new(half_made.clone())))?)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_by_region(cloud, prior, |region| in_region(cloud, region)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let logs = Logs::new(cloud, &cloud.region(update.prior));
        let name = name(update.prior);
        if update.changes("retention_in_days") {
            retain(&logs, &name, retention(update.planned)).await?;
        }
        if update.changes("deletion_protection_enabled") {
            protect(&logs, &name, Args(update.planned).bool("deletion_protection_enabled").unwrap_or_default()).await?;
        }
        if update.changes("kms_key_id") {
            encrypt(&logs, &name, Args(update.planned).text("kms_key_id")).await?;
        }
        set_tags(&logs, &update).await?;
        Ok(settled(&logs, &name, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        if Args(&prior.value).bool("skip_destroy") == Some(true) {
            return Ok(());
        }
        let logs = Logs::new(cloud, &cloud.region(&prior.value));
        let name = name(&prior.value);
        let request = logs.client.delete_log_group().log_group_name(&name);
        match Box::pin(cloud.insist("logs:DeleteLogGroup", PATIENCE, busy, || request.clone().send())).await {
            Ok(_) => Ok(()),
            Err(e) if is_code(&e, GONE) => Ok(()),
            Err(e) => Err(problem(&format!("deleting log group \"{name}\""), &e).into()),
        }
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let all = with_prefix(&Logs::new(cloud, cloud.default_region()), "").await.map_err(|p| vec![p])?;
        Ok(all.into_iter().filter_map(|group| group.log_group_name).collect())
    }
}

async fn in_region(cloud: &Cloud, region: Regional<'_>) -> Result<BTreeMap<usize, Object>, Problem> {
    let logs = &Logs::new(cloud, &region.region);
    let names: Vec<String> = region.objects.iter().map(|(_, known)| name(&known.value)).collect();
    let there = groups(logs, &names).await?;
    let objects = region.objects.iter();
    let present = objects.filter_map(|(at, known)| Some((*at, there.get(&name(&known.value))?, &known.value)));
    let read = |(at, group, known)| async move { Ok((at, Object::new(object(logs, group, known).await?))) };
    concurrently(GROUPS, present, read).await.into_iter().collect()
}

fn name(object: &Value) -> String {
    Args(object).string("id").or(Args(object).string("name")).unwrap_or_default()
}

/// Days after which events are deleted; 0 stands for never.
fn retention(planned: &Value) -> i64 {
    Args(planned).i64("retention_in_days").unwrap_or_default()
}

async fn make(logs: &Logs<'_>, name: &str, planned: &Value) -> Result<(), Problem> {
    let (start, args) = (logs.cloud.begun(), Args(planned));
    let tags = logs.cloud.tags_of(planned);
    let request = logs
        .client
        .create_log_group()
        .log_group_name(name)
        .set_kms_key_id(args.text("kms_key_id").map(str::to_owned))
        .set_log_group_class(args.text("log_group_class").map(Into::into))
        .set_deletion_protection_enabled(args.bool("deletion_protection_enabled"))
        .set_tags(Some(tags.into_iter().collect::<HashMap<_, _>>()).filter(|tags| !tags.is_empty()));
    let (what, exists) = (format!("creating log group \"{name}\""), ["ResourceAlreadyExistsException"]);
    let answer = logs.cloud.create_named("logs:CreateLogGroup", PATIENCE, busy, &exists, || request.clone().send());
    match Box::pin(answer).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => match find(logs, name).await?.is_some_and(|group| made_after(start, &group)) {
            true => Ok(()),
            false => Err(Problem::error(
                format!("Failed {what}"),
                "The answer of AWS was lost, and a group of this name existed before. Choose another name, or import \
                 the existing group instead of creating it.",
            )),
        },
        Err(error) => {
            let mut problem = problem(&what, &error);
            if is_code(&error, &exists) {
                problem.detail.push_str("\nChoose another name, or import the existing group instead of creating it.");
            } else if uncertain(&error) {
                problem
                    .detail
                    .push_str("\nIt may have been made all the same: if so, import it before the next apply.");
            }
            Err(problem)
        }
    }
}

/// Whether a group was made after `start`, a time of this machine, whose clock may be off by five minutes.
fn made_after(start: SystemTime, group: &LogGroup) -> bool {
    let made = group.creation_time().and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    made.is_some_and(|made| UNIX_EPOCH + made + Duration::from_secs(300) >= start)
}

/// The groups of these names that are there.
async fn groups(logs: &Logs<'_>, names: &[String]) -> Result<HashMap<String, LogGroup>, Problem> {
    let found: Vec<LogGroup> = match names.len() <= SINGLY {
        true => {
            let found = concurrently(GROUPS, names, |name| find(logs, name)).await;
            found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        false => with_prefix(logs, common_prefix(names)).await?,
    };
    Ok(found.into_iter().filter_map(|group| Some((group.log_group_name.clone()?, group))).collect())
}

/// What all of the names begin with.
fn common_prefix(names: &[String]) -> &str {
    let Some(first) = names.first() else { return "" };
    let shared = |name: &String| first.char_indices().zip(name.chars()).find(|((_, a), b)| a != b);
    let end = |name: &String| shared(name).map_or(first.len().min(name.len()), |((at, _), _)| at);
    let end = names.iter().map(end).min().unwrap_or_default();
    first.get(..end).unwrap_or_default()
}

async fn find(logs: &Logs<'_>, name: &str) -> Result<Option<LogGroup>, Problem> {
    let groups = with_prefix(logs, name).await?;
    Ok(groups.into_iter().find(|group| group.log_group_name() == Some(name)))
}

/// All groups whose names begin so.
async fn with_prefix(logs: &Logs<'_>, prefix: &str) -> Result<Vec<LogGroup>, Problem> {
    let request = logs.client.describe_log_groups();
    let request = request.set_log_group_name_prefix(Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty()));
    let list = |token| request.clone().set_next_token(token).send();
    let take = |a: DescribeLogGroupsOutput| (a.log_groups.unwrap_or_default(), a.next_token);
    let groups = Box::pin(logs.cloud.pages("logs:DescribeLogGroups", list, take)).await;
    groups.map_err(|e| problem("reading log groups", &e))
}

/// The ARN as attributes hold it, without the wildcard for streams behind it.
fn arn(group: &LogGroup) -> &str {
    let arn = group.arn().unwrap_or_default();
    arn.strip_suffix(":*").unwrap_or(arn)
}

async fn tags(logs: &Logs<'_>, arn: &str) -> Result<Tags, Problem> {
    let request = logs.client.list_tags_for_resource().resource_arn(arn);
    let what = format!("reading the tags of {arn}");
    let answer = logs.call("logs:ListTagsForResource", &what, || request.clone().send()).await?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

async fn object(logs: &Logs<'_>, group: &LogGroup, known: &Value) -> Result<Value, Problem> {
    let (name, arn) = (group.log_group_name().unwrap_or_default(), arn(group));
    let tags = tags(logs, arn).await?;
    let class = group.log_group_class().map_or(LogGroupClass::Standard.as_str(), |class| class.as_str());
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(name))
        .str("arn", Some(arn))
        .bool("deletion_protection_enabled", Some(group.deletion_protection_enabled().unwrap_or_default()))
        .str("kms_key_id", group.kms_key_id())
        .str("log_group_class", Some(class))
        .str("name", Some(name))
        .str("name_prefix", prefix_of(name))
        .str("region", Some(&logs.region))
        .i64("retention_in_days", Some(group.retention_in_days().unwrap_or_default()));
    logs.cloud.set_tags(&mut reply, known, tags);
    Ok(reply.object())
}

/// Waits until the group is read as it is planned.
async fn settled(logs: &Logs<'_>, name: &str, planned: &Value) -> Result<Object, Problem> {
    let poll = || async {
        let Some(group) = find(logs, name).await? else { return Ok(Poll::pending("not found")) };
        let days = group.retention_in_days().map_or(0, i64::from);
        let delivery = group.log_group_class() == Some(&LogGroupClass::Delivery);
        Ok(match delivery || days == retention(planned) {
            true => Poll::Done(Object::new(object(logs, &group, planned).await?)),
            false => Poll::pending(format!("a retention of {days} days")),
        })
    };
    logs.cloud.wait(format!("log group \"{name}\" to be as planned"), PATIENCE, poll).await
}

async fn retain(logs: &Logs<'_>, name: &str, days: i64) -> Result<(), Problem> {
    let what = format!("changing the retention of log group \"{name}\"");
    if days == 0 {
        let request = logs.client.delete_retention_policy().log_group_name(name);
        return logs.call("logs:DeleteRetentionPolicy", &what, || request.clone().send()).await.map(|_| ());
    }
    let request = logs.client.put_retention_policy().log_group_name(name);
    let request = request.retention_in_days(days.try_into().unwrap_or(i32::MAX));
    logs.call("logs:PutRetentionPolicy", &what, || request.clone().send()).await.map(|_| ())
}

async fn protect(logs: &Logs<'_>, name: &str, on: bool) -> Result<(), Problem> {
    let request = logs.client.put_log_group_deletion_protection().log_group_identifier(name);
    let request = request.deletion_protection_enabled(on);
    let what = format!("changing the deletion protection of log group \"{name}\"");
    logs.call("logs:PutLogGroupDeletionProtection", &what, || request.clone().send()).await.map(|_| ())
}

async fn encrypt(logs: &Logs<'_>, name: &str, key: Option<&str>) -> Result<(), Problem> {
    let what = format!("changing the key of log group \"{name}\"");
    if let Some(key) = key {
        let request = logs.client.associate_kms_key().log_group_name(name).kms_key_id(key);
        return logs.call("logs:AssociateKmsKey", &what, || request.clone().send()).await.map(|_| ());
    }
    let request = logs.client.disassociate_kms_key().log_group_name(name);
    logs.call("logs:DisassociateKmsKey", &what, || request.clone().send()).await.map(|_| ())
}

async fn set_tags(logs: &Logs<'_>, update: &Update<'_>) -> Result<(), Problem> {
    let diff = logs.cloud.tag_diff(update.prior, update.planned);
    let arn = Args(update.prior).text("arn").unwrap_or_default();
    let what = format!("changing the tags of {arn}");
    if !diff.remove.is_empty() {
        let request = logs.client.untag_resource().resource_arn(arn).set_tag_keys(Some(diff.remove));
        logs.call("logs:UntagResource", &what, || request.clone().send()).await?;
    }
    if !diff.set.is_empty() {
        let request = logs.client.tag_resource().resource_arn(arn).set_tags(Some(diff.set.into_iter().collect()));
        logs.call("logs:TagResource", &what, || request.clone().send()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_share_a_prefix() {
        let shared =
            |names: &[&str]| common_prefix(&names.iter().map(ToString::to_string).collect::<Vec<_>>()).to_owned();
        assert_eq!(shared(&["/aws/a", "/aws/b"]), "/aws/");
        assert_eq!(shared(&["/aws", "/aws/b"]), "/aws");
        assert_eq!(shared(&["é", "è"]), "");
        assert_eq!(shared(&["a", "b"]), "");
    }
}
