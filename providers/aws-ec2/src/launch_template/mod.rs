//! `aws_launch_template`.

mod interfaces;
mod observe;
mod request;
mod requirements;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ec2::operation::describe_launch_templates::DescribeLaunchTemplatesOutput;
use aws_sdk_ec2::types::{LaunchTemplate as Answer, LaunchTemplateVersion as Version, ResourceType};
use terrane_aws_core::{chunks, concurrently, name_of, prefix_of};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::tags;

const GONE: [&str; 3] = [
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.VersionNotFound",
    "InvalidLaunchTemplateName.NotFoundException",
];

/// Most templates of one answer.
const PAGE: usize = 200;

/// From how many templates on the latest versions of all of the region are read together.
const TOGETHER: usize = 5;

/// What a template is and what is none of its versions.
const OUTSIDE: [&str; 10] = [
    "arn",
    "default_version",
    "id",
    "latest_version",
    "name",
    "name_prefix",
    "region",
    "tags",
    "tags_all",
    "update_default_version",
];

/// Templates that instances are launched from.
pub(crate) struct LaunchTemplate;

/// A template with its latest version.
pub(crate) struct Seen {
    template: Answer,
    version: Version,
    account: String,
}

#[async_trait::async_trait]
impl Kind for LaunchTemplate {
    const NAME: &'static str = "aws_launch_template";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let name = name_of(create.planned, "name", "name_prefix", create.operation);
        let request = ec2
            .client
            .create_launch_template()
            .client_token(create.operation)
            .launch_template_name(&name)
            .launch_template_data(request::data(args))
            .set_version_description(args.string("description"))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::LaunchTemplate));
        let what = format!("creating launch template {name:?}");
        let answer = ec2.call("ec2:CreateLaunchTemplate", &what, || request.clone().send()).await?;
        let id = answer.launch_template.and_then(|t| t.launch_template_id).ok_or_else(|| Refusal::unread(&what))?;
        Ok(vec![("id", id), ("name", name)])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let templates = describe(ec2, &keys(wanted)).await?;
        let mut versions = latest(ec2, &templates).await?;
        let account = ec2.cloud.account_id().await?;
        let seen = |template: Answer| {
            let id = template.launch_template_id.clone()?;
            let version = versions.remove(&id)?;
            Some((id, Seen { template, version, account: account.clone() }))
        };
        Ok(templates.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (template, mut reply) = (&seen.template, Reply::new());
        let (id, name) =
            (template.launch_template_id().unwrap_or_default(), template.launch_template_name().unwrap_or_default());
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(&seen.account, &format!("launch-template/{id}"))))
            .str("name", Some(name))
            .str("name_prefix", Some(prefix_of(name).unwrap_or_default()))
            .str("description", Some(seen.version.version_description().unwrap_or_default()))
            .i64("default_version", template.default_version_number())
            .i64("latest_version", template.latest_version_number());
        if let Some(data) = seen.version.launch_template_data() {
            for (name, value) in observe::data(data).iter() {
                reply.value(name, value.clone());
            }
        }
        tags::observe(ec2, &mut reply, known, template.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let planned = Args(update.planned);
        let mut default = planned.i64("default_version").filter(|_| planned.differs(update.prior, "default_version"));
        let mut latest = Args(update.prior).i64("latest_version");
        if has_other_version(update) {
            latest = Some(add_version(ec2, update, id).await?);
        }
        if planned.bool("update_default_version") == Some(true) {
            default = latest.filter(|latest| Args(update.prior).i64("default_version") != Some(*latest));
        }
        if let Some(version) = default {
            set_default(ec2, id, version).await?;
        }
        tags::update(ec2, id, update).await?;
        settled(ec2, id, latest, default).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let request = ec2.client.delete_launch_template().launch_template_id(id);
        let what = format!("deleting launch template {id}");
        unless(ec2.call("ec2:DeleteLaunchTemplate", &what, || request.clone().send()).await, &GONE)?;
        ec2.until_gone(format!("launch template {id} to be deleted"), PROPAGATION, || find(ec2, id)).await
    }

    /// Another version has a number that only AWS tells.
    fn plan(&self, draft: &mut Draft<'_>) {
        let Some(prior) = draft.prior else { return };
        let names: Vec<String> =
            prior.fields().into_iter().flat_map(|f| f.names().iter()).map(|n| n.to_string()).collect();
        let of_version: Vec<&str> = names.iter().map(String::as_str).filter(|n| !OUTSIDE.contains(n)).collect();
        let follows = draft.planned("update_default_version").and_then(Value::as_bool) == Some(true);
        let number = |name: &str| prior.get(name).and_then(Value::as_i64);
        let behind = follows && number("default_version") != number("latest_version");
        let other = draft.changes(&of_version);
        if other {
            draft.unknown(&["latest_version"]);
        }
        if follows && (other || behind) {
            draft.unknown(&["default_version"]);
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_launch_templates().set_next_token(token).max_results(200).send();
        let (operation, what) = ("ec2:DescribeLaunchTemplates", "listing launch templates");
        let all = ec2.pages(operation, what, send, |a| (a.launch_templates, a.next_token)).await?;
        Ok(all.into_iter().filter_map(|t| t.launch_template_id).collect())
    }
}

/// Whether a change needs another version of the template.
fn has_other_version(update: &Update<'_>) -> bool {
    let fields = update.planned.fields();
    let names = fields.into_iter().flat_map(|f| f.names().iter());
    names.filter(|n| !OUTSIDE.contains(&&***n)).any(|n| Args(update.planned).differs(update.prior, n))
}

async fn add_version(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<i64, Problem> {
    let planned = Args(update.planned);
    let request = ec2
        .client
        .create_launch_template_version()
        .client_token(update.operation)
        .launch_template_id(id)
        .launch_template_data(request::data(planned))
        .set_version_description(planned.string("description"));
    let what = format!("creating a version of launch template {id}");
    let answer = ec2.call("ec2:CreateLaunchTemplateVersion", &what, || request.clone().send()).await?;
    let number = answer.launch_template_version.and_then(|v| v.version_number);
    Ok(number.ok_or_else(|| Refusal::unread(&what))?)
}

async fn set_default(ec2: &Ec2<'_>, id: &str, version: i64) -> Result<(), Problem> {
    let request = ec2.client.modify_launch_template().launch_template_id(id).default_version(version.to_string());
    let what = format!("making version {version} the default of launch template {id}");
    let unseen = |r: &Refusal| r.is(&["InvalidLaunchTemplateId.VersionNotFound"]);
    ec2.insist("ec2:ModifyLaunchTemplate", &what, PROPAGATION, || request.clone().send(), unseen).await?;
    Ok(())
}

/// Waits until the template is read with the numbers it was given.
async fn settled(ec2: &Ec2<'_>, id: &str, latest: Option<i64>, default: Option<i64>) -> Result<(), Problem> {
    let reached = |is: Option<i64>, wanted: Option<i64>| wanted.is_none() || is.is_none() || is >= wanted;
    let ready = |t: &Answer| {
        let default = default.is_none() || t.default_version_number() == default;
        Ok(reached(t.latest_version_number(), latest) && default)
    };
    let what = format!("the versions of launch template {id} to be seen");
    ec2.until(what, PROPAGATION, || find(ec2, id), ready, |_| "another version".to_owned()).await?;
    Ok(())
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let mut all = Vec::new();
    for some in chunks(ids, PAGE) {
        let send = |ids| ec2.client.describe_launch_templates().set_launch_template_ids(Some(ids)).send();
        let take = |a: DescribeLaunchTemplatesOutput| a.launch_templates;
        let (operation, what) = ("ec2:DescribeLaunchTemplates", "reading launch templates");
        all.extend(ec2.existing(operation, what, (&some, GONE[0]), send, take).await?);
    }
    Ok(all)
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

/// The latest versions by template: one call for each, or with many templates those of all the region by the page.
async fn latest(ec2: &Ec2<'_>, templates: &[Answer]) -> Result<HashMap<String, Version>, Problem> {
    let mut due: BTreeMap<String, Option<i64>> = BTreeMap::new();
    for template in templates {
        due.extend(template.launch_template_id.clone().map(|id| (id, template.latest_version_number())));
    }
    let mut found = HashMap::new();
    if due.len() >= TOGETHER {
        let send = |token| {
            let request = ec2.client.describe_launch_template_versions().versions("$Latest").max_results(200);
            request.set_next_token(token).send()
        };
        let what = "reading the latest versions of launch templates";
        let all =
            ec2.pages("ec2:DescribeLaunchTemplateVersions", what, send, |a| (a.launch_template_versions, a.next_token));
        // Whoever may not read them all may yet read each.
        for version in all.await.unwrap_or_default() {
            let Some(id) = version.launch_template_id.clone() else { continue };
            if due.get(&id).is_some_and(|number| *number == version.version_number()) {
                found.insert(id, version);
            }
        }
    }
    let left: Vec<String> = due.into_keys().filter(|id| !found.contains_key(id)).collect();
    for version in concurrently(16, left, |id| latest_of(ec2, id)).await {
        found.extend(version?);
    }
    Ok(found)
}

async fn latest_of(ec2: &Ec2<'_>, id: String) -> Result<Option<(String, Version)>, Problem> {
    let request = ec2.client.describe_launch_template_versions().launch_template_id(&id).versions("$Latest");
    let what = format!("reading the latest version of launch template {id}");
    let answer = ec2.call("ec2:DescribeLaunchTemplateVersions", &what, || request.clone().send()).await;
    let versions = unless(answer, &GONE)?.and_then(|a| a.launch_template_versions).unwrap_or_default();
    Ok(versions.into_iter().next().map(|version| (id, version)))
}
