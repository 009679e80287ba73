//! `aws_dynamodb_resource_policy`: who may do what with a table or a stream.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::get_resource_policy::GetResourcePolicyOutput;
use terrane_aws_core::{Arn, Cloud, Poll, concurrently, is_code, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update, policy_json};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUSY, TABLES, busy, dynamodb};

/// How long a policy may take to be found.
const PROPAGATION: Duration = Duration::from_secs(120);

/// What DynamoDB answers where there is no policy, or nothing to have one.
const ABSENT: [&str; 2] = ["PolicyNotFoundException", "ResourceNotFoundException"];

/// `aws_dynamodb_resource_policy`.
#[derive(Debug)]
pub struct ResourcePolicy;

#[async_trait]
impl ResourceType<Cloud> for ResourcePolicy {
    fn name(&self) -> &'static str {
        "aws_dynamodb_resource_policy"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let place = Place::of(cloud, create.planned);
        let made = Object::new(put(&place, create.planned).await?);
        let poll = || async {
            let found = get(&place).await?;
            Ok(found.map_or(Poll::pending("not found"), |_| Poll::Done(())))
        };
        let what = format!("the policy of {} to be found", place.arn);
        match cloud.wait(what, PROPAGATION, poll).await {
            Ok(()) => Ok(made),
            Err(problem) => Err(Failed::from(problem).with(made)),
        }
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(TABLES, prior, |known| async move {
            let place = Place::of(cloud, known);
            Ok(get(&place).await?.map(|found| shown(&place, known, &found)))
        })
        .await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        Ok(Object::new(put(&Place::of(cloud, update.prior), update.planned).await?))
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let place = Place::of(cloud, &prior.value);
        let request = dynamodb(cloud, &place.region).delete_resource_policy().resource_arn(&place.arn);
        let answer = cloud.insist(place.called("dynamodb:DeleteResourcePolicy"), BUSY, busy, || request.clone().send());
        match Box::pin(answer).await {
            Ok(_) => Ok(()),
            Err(e) if is_code(&e, &ABSENT) => Ok(()),
            Err(e) => Err(problem(&format!("deleting the policy of {}", place.arn), &e).into()),
        }
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let Some(arn) = Arn::parse(id).filter(|arn| arn.service == "dynamodb") else {
            let detail = format!("\"{id}\" is not the ARN of a DynamoDB table or stream.");
            return Err(vec![Problem::error("Invalid import id of a DynamoDB resource policy", detail)]);
        };
        let known = [
            ("id", Value::string(id)),
            ("resource_arn", Value::string(id)),
            ("region", Value::string(arn.region)),
            ("confirm_remove_self_resource_access", false.into()),
        ];
        Ok(Object::new(Value::object(known)))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let region = cloud.default_region();
        let names = crate::table::names(cloud).await.map_err(|p| vec![p])?;
        let found = concurrently(TABLES, &names, |name| async move {
            let arn = cloud.arn("dynamodb", region, &format!("table/{name}")).await?;
            let place = Place { cloud, region: region.to_owned(), arn };
            Ok(get(&place).await?.map(|_| place.arn))
        });
        let found: Vec<Result<Option<String>, Problem>> = found.await;
        let found = found.into_iter().collect::<Result<Vec<_>, _>>().map_err(|p| vec![p])?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// What has a policy, and where.
struct Place<'a> {
    cloud: &'a Cloud,
    region: String,
    arn: String,
}

impl<'a> Place<'a> {
    fn of(cloud: &'a Cloud, object: &Value) -> Place<'a> {
        let arn = Args(object).string("resource_arn").or(Args(object).string("id")).unwrap_or_default();
        Place { cloud, region: cloud.region(object), arn }
    }

    fn called(&self, operation: &'static str) -> (&'static str, &str) {
        (operation, &self.region)
    }
}

/// Sets the policy, and returns the object as it then is.
async fn put(place: &Place<'_>, planned: &Value) -> Result<Value, Problem> {
    let args = Args(planned);
    let request = dynamodb(place.cloud, &place.region)
        .put_resource_policy()
        .resource_arn(&place.arn)
        .policy(args.str("policy").unwrap_or_default())
        .set_confirm_remove_self_resource_access(args.bool("confirm_remove_self_resource_access").filter(|on| *on));
    let called = place.called("dynamodb:PutResourcePolicy");
    let answer = Box::pin(place.cloud.insist(called, BUSY, busy, || request.clone().send())).await;
    let answer = answer.map_err(|e| problem(&format!("setting the policy of {}", place.arn), &e))?;
    let mut reply = named(place, planned);
    reply.str("revision_id", answer.revision_id());
    Ok(reply.object())
}

async fn get(place: &Place<'_>) -> Result<Option<GetResourcePolicyOutput>, Problem> {
    let request = dynamodb(place.cloud, &place.region).get_resource_policy().resource_arn(&place.arn);
    let called = place.called("dynamodb:GetResourcePolicy");
    match Box::pin(place.cloud.call(called, || request.clone().send())).await {
        Ok(answer) => Ok(Some(answer).filter(|a| a.policy().is_some())),
        Err(e) if is_code(&e, &ABSENT) => Ok(None),
        Err(e) => Err(problem(&format!("reading the policy of {}", place.arn), &e)),
    }
}

fn named(place: &Place<'_>, known: &Value) -> Reply {
    let mut reply = Reply::from(known);
    reply.str("id", Some(&place.arn)).str("resource_arn", Some(&place.arn)).str("region", Some(&place.region));
    reply
}

fn shown(place: &Place<'_>, known: &Value, found: &GetResourcePolicyOutput) -> Value {
    let policy = policy_json::keep(Args(known).str("policy"), found.policy().unwrap_or_default());
    let mut reply = named(place, known);
    reply.str("policy", Some(policy)).str("revision_id", found.revision_id());
    reply.object()
}
