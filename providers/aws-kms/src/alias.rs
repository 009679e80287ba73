//! `aws_kms_alias`.

use async_trait::async_trait;
use aws_sdk_kms::operation::list_aliases::ListAliasesOutput;
use aws_sdk_kms::types::AliasListEntry;
use std::collections::{BTreeMap, HashMap};
use terrane_aws_core::{
    Arn, Cloud, Poll, Regional, is_code, made_since, name_after, prefix_of, problem, read_by_region, uncertain,
};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Kind, Path, Type, Value};

use crate::calls::{Kms, PROPAGATION, found, too_new};

/// What every name begins with.
const PREFIX: &str = "alias/";

/// `aws_kms_alias`.
#[derive(Debug)]
pub struct Alias;

#[async_trait]
impl ResourceType<Cloud> for Alias {
    fn name(&self) -> &'static str {
        "aws_kms_alias"
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        ["name", "name_prefix"].into_iter().filter_map(|attribute| misnamed(config, attribute)).collect()
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let kms = Kms::new(cloud, &cloud.region(create.planned));
        let name = name_after(create.planned, ("name", "name_prefix", PREFIX), create.operation);
        make(&kms, &name, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&name)).str("name", Some(&name)).str("region", Some(&kms.region));
        let half_made = half_made.object();
        let made = settled(&kms, &name, &half_made).await;
        Ok(made.map_err(|p| Failed::from(p).with(Object::new(half_made)))?)
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_by_region(cloud, prior, |region| in_region(cloud, region)).await
    }

    fn plan(&self, _: &Cloud, prior: Option<&Value>, _: &Value, plan: PlanResponse) -> PlanResponse {
        let key = |object: &Value| object.get("target_key_id").cloned();
        let planned = plan.planned.as_ref().and_then(Value::fields);
        match (prior, planned) {
            // The ARN follows the key.
            (Some(prior), Some(fields)) if plan.planned.as_ref().and_then(key) != key(prior) => {
                let fields = fields.with("target_key_arn", Value::unknown(Type::String));
                PlanResponse { planned: Some(Value::from_kind(Kind::Object(fields))), ..plan }
            }
            _ => plan,
        }
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let kms = Kms::new(cloud, &cloud.region(update.prior));
        let name = name(update.prior);
        let key = Args(update.planned).string("target_key_id");
        let request = kms.client.update_alias().alias_name(&name).set_target_key_id(key);
        let what = format!("changing the key of KMS alias \"{name}\"");
        kms.call("kms:UpdateAlias", &what, || request.clone().send()).await?;
        Ok(settled(&kms, &name, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let kms = Kms::new(cloud, &cloud.region(&prior.value));
        let name = name(&prior.value);
        let request = kms.client.delete_alias().alias_name(&name);
        let answer = Box::pin(cloud.call("kms:DeleteAlias", || request.clone().send())).await;
        found(&format!("deleting KMS alias \"{name}\""), answer)?;
        Ok(())
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let all = all(&Kms::new(cloud, cloud.default_region())).await.map_err(|p| vec![p])?;
        let mut names: Vec<String> = all.into_keys().filter(|name| !name.starts_with("alias/aws/")).collect();
        names.sort();
        Ok(names)
    }
}

async fn in_region(cloud: &Cloud, region: Regional<'_>) -> Result<BTreeMap<usize, Object>, Problem> {
    let kms = Kms::new(cloud, &region.region);
    let all = all(&kms).await?;
    let value = |known: &Object| Some(object(&kms, all.get(&name(&known.value))?, &known.value));
    let objects = region.objects.into_iter();
    Ok(objects.filter_map(|(at, known)| Some((at, Object::new(value(known)?)))).collect())
}

fn name(object: &Value) -> String {
    Args(object).string("id").or(Args(object).string("name")).unwrap_or_default()
}

fn misnamed(config: &Value, attribute: &str) -> Option<Problem> {
    let name = Args(config).text(attribute)?;
    let rest = name.strip_prefix(PREFIX).filter(|rest| !rest.starts_with("aws/"));
    let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-');
    let fits = rest.is_some_and(|rest| rest.chars().all(right) && (!rest.is_empty() || attribute == "name_prefix"));
    let detail = format!(
        "{attribute} is {name:?}: it has to begin with \"alias/\", but not with \"alias/aws/\", and to have only \
         letters, digits, \"/\", \"_\" and \"-\"."
    );
    (!fits).then(|| Problem::error("Invalid name of a KMS alias", detail).at(Path::root().attr(attribute)))
}

async fn make(kms: &Kms<'_>, name: &str, planned: &Value) -> Result<(), Problem> {
    let (start, key) = (kms.cloud.begun(), Args(planned).string("target_key_id"));
    let request = kms.client.create_alias().alias_name(name).set_target_key_id(key);
    let exists = ["AlreadyExistsException"];
    let answer = kms.cloud.create_named("kms:CreateAlias", PROPAGATION, too_new, &exists, || request.clone().send());
    let what = format!("creating KMS alias \"{name}\"");
    match Box::pin(answer).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            let made = all(kms).await?.remove(name).and_then(|a| a.creation_date);
            let detail = "The answer of AWS was lost, and an alias of this name existed before. \
                          Choose another name, or import the existing alias instead of creating it.";
            match made.is_some_and(|date| made_since(start, &date)) {
                true => Ok(()),
                false => Err(Problem::error(format!("Failed {what}"), detail)),
            }
        }
        Err(error) => {
            let mut problem = problem(&what, &error);
            if is_code(&error, &exists) {
                problem.detail.push_str("\nChoose another name, or import the existing alias instead of creating it.");
            } else if uncertain(&error) {
                problem
                    .detail
                    .push_str("\nIt may have been made all the same: if so, import it before the next apply.");
            }
            Err(problem)
        }
    }
}

/// All aliases of a region by name: KMS cannot be asked for one.
async fn all(kms: &Kms<'_>) -> Result<HashMap<String, AliasListEntry>, Problem> {
    let list = |marker| kms.client.list_aliases().set_marker(marker).send();
    let take = |a: ListAliasesOutput| (a.aliases.unwrap_or_default(), a.next_marker);
    let aliases = Box::pin(kms.cloud.pages("kms:ListAliases", list, take)).await;
    let aliases = aliases.map_err(|e| problem("listing KMS aliases", &e))?;
    Ok(aliases.into_iter().filter_map(|a| Some((a.alias_name.clone()?, a))).collect())
}

/// Waits until all of KMS knows the alias and its key.
async fn settled(kms: &Kms<'_>, name: &str, planned: &Value) -> Result<Object, Problem> {
    let wanted = Args(planned).text("target_key_id").unwrap_or_default();
    let poll = || async {
        let Some(alias) = all(kms).await?.remove(name) else { return Ok(Poll::pending("not found")) };
        Ok(match alias.target_key_id().is_some_and(|id| is_key(wanted, id)) {
            true => Poll::Done(Object::new(object(kms, &alias, planned))),
            false => Poll::pending("another key"),
        })
    };
    kms.cloud.wait(format!("KMS alias \"{name}\" to be as planned"), PROPAGATION, poll).await
}

/// Whether an id or ARN names the key of an id.
fn is_key(named: &str, id: &str) -> bool {
    named.rsplit('/').next() == Some(id)
}

fn object(kms: &Kms<'_>, alias: &AliasListEntry, known: &Value) -> Value {
    let (name, key) = (alias.alias_name().unwrap_or_default(), alias.target_key_id());
    let written = Args(known).text("target_key_id").filter(|written| key.is_some_and(|key| is_key(written, key)));
    let arn = alias.alias_arn().and_then(Arn::parse).zip(key);
    let arn = arn.map(|(arn, key)| Arn { resource: &format!("key/{key}"), ..arn }.to_string());
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(name))
        .str("arn", alias.alias_arn())
        .str("name", Some(name))
        .str("name_prefix", prefix_of(name))
        .str("region", Some(&kms.region))
        .str("target_key_arn", arn)
        .str("target_key_id", written.or(key));
    reply.object()
}
