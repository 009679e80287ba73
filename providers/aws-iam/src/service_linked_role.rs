//! `aws_iam_service_linked_role`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_iam::types::{DeletionTaskFailureReasonType, DeletionTaskStatusType};
use terrane_aws_core::{Arn, Cloud, Poll, keep_empty, problem, read_each, uncertain};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Kind as ValueKind, Path, Value};

use crate::client::{OBJECTS, appeared, found, from_tags, iam, retag, time, to_tags};
use crate::holder::Kind;
use crate::role;

/// How long the service may take to let go of its role.
const DELETION: Duration = Duration::from_secs(300);

/// The path of all roles that belong to services.
const PATH: &str = "/aws-service-role/";

/// `aws_iam_service_linked_role`.
#[derive(Debug)]
pub struct ServiceLinkedRole;

#[async_trait]
impl ResourceType<Cloud> for ServiceLinkedRole {
    fn name(&self) -> &'static str {
        "aws_iam_service_linked_role"
    }

    /// Application Auto Scaling adds a suffix of its own.
    fn plan(&self, _: &Cloud, prior: Option<&Value>, config: &Value, mut plan: PlanResponse) -> PlanResponse {
        let own = Args(config).text("aws_service_name").is_some_and(|s| s.contains(".application-autoscaling."));
        let suffix = prior.and_then(|p| p.get("custom_suffix")).filter(|_| own);
        let unwritten = config.get("custom_suffix").is_some_and(Value::is_null);
        let fields = plan.planned.as_ref().and_then(Value::fields);
        let (Some(suffix), Some(fields), true) = (suffix, fields, unwritten) else { return plan };
        plan.requires_replace.retain(|path| *path != Path::root().attr("custom_suffix"));
        plan.planned = Some(Value::from_kind(ValueKind::Object(fields.with("custom_suffix", suffix.clone()))));
        plan
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let arn = make(cloud, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&arn)).str("arn", Some(&arn));
        let half_made = Object::new(half_made.object());
        let finish = async {
            let tags = cloud.tags_of(create.planned);
            if !tags.is_empty() {
                let request = iam(cloud).tag_role().role_name(name_of(&arn)).set_tags(Some(to_tags(&tags)));
                let answer = cloud.call("iam:TagRole", || request.clone().send()).await;
                answer.map_err(|e| problem(&format!("tagging {}", described(&arn)), &e))?;
            }
            read_existing(cloud, &arn, &half_made.value).await
        };
        finish.await.map_err(|p: Problem| Failed::from(p).with(half_made.clone()))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| read_role(cloud, arn_of(known), known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let arn = arn_of(update.prior);
        if update.changes("description") {
            let description = Args(update.planned).str("description").unwrap_or_default();
            let request = iam(cloud).update_role().role_name(name_of(arn)).description(description);
            let answer = cloud.call("iam:UpdateRole", || request.clone().send()).await;
            answer.map_err(|e| problem(&format!("updating {}", described(arn)), &e))?;
        }
        let what = described(arn);
        retag!(cloud, update, what, role_name = name_of(arn), untag_role "iam:UntagRole", tag_role "iam:TagRole");
        Ok(read_existing(cloud, arn, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let arn = arn_of(&prior.value);
        let request = iam(cloud).delete_service_linked_role().role_name(name_of(arn));
        let answer = cloud.call("iam:DeleteServiceLinkedRole", || request.clone().send()).await;
        match found(&format!("deleting {}", described(arn)), answer)? {
            Some(task) => Ok(deleted(cloud, arn, &task.deletion_task_id).await?),
            None => Ok(()),
        }
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let client = iam(cloud);
        let list = |marker| client.list_roles().path_prefix(PATH).set_marker(marker).send();
        let roles = cloud.pages("iam:ListRoles", list, |a| (a.roles, a.marker)).await;
        let roles = roles.map_err(|e| vec![problem("listing the roles of services", &e)])?;
        Ok(roles.into_iter().map(|r| r.arn).collect())
    }
}

fn arn_of(object: &Value) -> &str {
    Args(object).text("id").or(Args(object).text("arn")).unwrap_or_default()
}

fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn described(arn: &str) -> String {
    format!("service-linked {}", Kind::Role.named(name_of(arn)))
}

/// Makes the role and returns its ARN.
async fn make(cloud: &Cloud, planned: &Value) -> Result<String, Problem> {
    let args = Args(planned);
    let service = args.text("aws_service_name").unwrap_or_default();
    let request = iam(cloud)
        .create_service_linked_role()
        .aws_service_name(service)
        .set_custom_suffix(args.string("custom_suffix"))
        .set_description(args.string("description"));
    let answer = cloud.call_once("iam:CreateServiceLinkedRole", || request.clone().send()).await;
    let what = format!("creating the service-linked IAM role of {service}");
    let made = answer.map_err(|e| {
        let mut problem = problem(&what, &e);
        if uncertain(&e) {
            problem.detail.push_str("\nIt may have been made all the same: if so, import it before the next apply.");
        } else if problem.detail.contains("has been taken") {
            problem.detail.push_str("\nThe role exists already: import it instead of creating it.");
        }
        problem
    })?;
    let arn = made.role.map(|r| r.arn);
    arn.ok_or_else(|| Problem::error(format!("Failed {what}"), "AWS answered without the role."))
}

async fn read_existing(cloud: &Cloud, arn: &str, known: &Value) -> Result<Object, Problem> {
    appeared(cloud, &described(arn), || read_role(cloud, arn, known)).await
}

async fn read_role(cloud: &Cloud, arn: &str, known: &Value) -> Result<Option<Value>, Problem> {
    let parts: Vec<&str> = Arn::parse(arn).map(|a| a.resource.split('/').collect()).unwrap_or_default();
    let [_, _, service, name] = parts[..] else { return Err(no_role(arn)) };
    let Some(role) = role::get(cloud, name).await? else { return Ok(None) };
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(arn))
        .str("arn", Some(role.arn()))
        .str("aws_service_name", Some(service))
        .str("create_date", time(role.create_date()))
        .str("custom_suffix", suffix_of(name))
        .str("description", role.description().filter(|d| !d.is_empty()))
        .str("name", Some(name))
        .str("path", Some(role.path()))
        .str("unique_id", Some(role.role_id()));
    cloud.set_tags(&mut reply, known, from_tags(role.tags()));
    Ok(Some(keep_empty(known, reply.object())))
}

/// The suffix in a name such as `AWSServiceRoleForAutoScaling_blue`.
fn suffix_of(name: &str) -> Option<&str> {
    name.split_once('_').map(|(_, suffix)| suffix).filter(|s| !s.is_empty() && !s.contains('_'))
}

fn no_role(arn: &str) -> Problem {
    let form = "arn:PARTITION:iam::ACCOUNT:role/aws-service-role/SERVICE/NAME";
    Problem::error("Not a service-linked role", format!("{arn:?} is not of the form {form}."))
}

/// Waits until a deletion has succeeded.
async fn deleted(cloud: &Cloud, arn: &str, task: &str) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("deleting {}", described(arn)));
    let poll = || async {
        let send = || client.get_service_linked_role_deletion_status().deletion_task_id(task).send();
        let answer = cloud.call("iam:GetServiceLinkedRoleDeletionStatus", send).await;
        let Some(answer) = found(&what, answer)? else { return Ok(Poll::Done(())) };
        match answer.status() {
            DeletionTaskStatusType::Succeeded => Ok(Poll::Done(())),
            DeletionTaskStatusType::Failed => Err(kept(&what, answer.reason())),
            status => Ok(Poll::pending(status.as_str())),
        }
    };
    cloud.wait(format!("{} to be deleted", described(arn)), DELETION, poll).await
}

/// Says why a service keeps its role.
fn kept(what: &str, reason: Option<&DeletionTaskFailureReasonType>) -> Problem {
    let why = reason.and_then(|r| r.reason()).unwrap_or("AWS gave no reason.");
    let usages = reason.map(|r| r.role_usage_list()).unwrap_or_default();
    let usages = usages.iter().map(|u| {
        let resources = u.resources().join(", ");
        format!("\nIn region {}: {resources}", u.region().unwrap_or("unknown"))
    });
    Problem::error(format!("Failed {what}"), format!("{why}{}", usages.collect::<String>()))
}
