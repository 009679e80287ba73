//! `aws_iam_saml_provider`.

use async_trait::async_trait;
use aws_sdk_iam::operation::get_saml_provider::GetSamlProviderOutput;
use terrane_aws_core::{Arn, Cloud, made_since, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{OBJECTS, PROPAGATION, appeared, found, from_tags, iam, removed, retag, time, to_tags, too_new};

/// `aws_iam_saml_provider`.
#[derive(Debug)]
pub struct SamlProvider;

#[async_trait]
impl ResourceType<Cloud> for SamlProvider {
    fn name(&self) -> &'static str {
        "aws_iam_saml_provider"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        let arn = make(cloud, create.planned).await?;
        let mut half_made = Reply::from(create.planned);
        half_made.str("id", Some(&arn)).str("arn", Some(&arn));
        let half_made = Object::new(half_made.object());
        read_existing(cloud, &arn, &half_made.value).await.map_err(|p| Failed::from(p).with(half_made))
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(OBJECTS, prior, |known| read_provider(cloud, arn_of(known), known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        let arn = arn_of(update.prior);
        if update.changes("saml_metadata_document") {
            let document = Args(update.planned).string("saml_metadata_document");
            let request = iam(cloud).update_saml_provider().saml_provider_arn(arn);
            let request = request.set_saml_metadata_document(document);
            let answer = cloud.call("iam:UpdateSAMLProvider", || request.clone().send()).await;
            answer.map_err(|e| problem(&format!("updating {}", described(arn)), &e))?;
        }
        retag!(
            cloud, update, described(arn), saml_provider_arn = arn,
            untag_saml_provider "iam:UntagSAMLProvider", tag_saml_provider "iam:TagSAMLProvider"
        );
        Ok(read_existing(cloud, arn, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let arn = arn_of(&prior.value);
        let request = iam(cloud).delete_saml_provider().saml_provider_arn(arn);
        let answer = cloud.call("iam:DeleteSAMLProvider", || request.clone().send()).await;
        Ok(removed(&format!("deleting {}", described(arn)), answer)?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let request = iam(cloud).list_saml_providers();
        let answer = cloud.call("iam:ListSAMLProviders", || request.clone().send()).await;
        let answer = answer.map_err(|e| vec![problem("listing IAM SAML providers", &e)])?;
        Ok(answer.saml_provider_list.into_iter().flatten().filter_map(|p| p.arn).collect())
    }
}

fn arn_of(object: &Value) -> &str {
    Args(object).text("id").or(Args(object).text("arn")).unwrap_or_default()
}

fn described(arn: &str) -> String {
    format!("IAM SAML provider {arn}")
}

/// Makes the provider and returns its ARN.
async fn make(cloud: &Cloud, planned: &Value) -> Result<String, Problem> {
    let (args, start) = (Args(planned), cloud.begun());
    let name = args.text("name").unwrap_or_default();
    let request = iam(cloud)
        .create_saml_provider()
        .name(name)
        .set_saml_metadata_document(args.string("saml_metadata_document"))
        .set_tags(Some(to_tags(&cloud.tags_of(planned))));
    let (operation, exists) = ("iam:CreateSAMLProvider", ["EntityAlreadyExists"]);
    let answer = cloud.create_named(operation, PROPAGATION, too_new, &exists, || request.clone().send()).await;
    let what = format!("creating IAM SAML provider \"{name}\"");
    let made = answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?;
    if let Some(arn) = made.and_then(|m| m.saml_provider_arn) {
        return Ok(arn);
    }
    let arn = cloud.arn("iam", "", &format!("saml-provider/{name}")).await?;
    let made = get(cloud, &arn).await?.and_then(|p| p.create_date);
    if made.is_some_and(|date| made_since(start, &date)) { Ok(arn) } else { Err(crate::not_ours(&what)) }
}

async fn read_existing(cloud: &Cloud, arn: &str, known: &Value) -> Result<Object, Problem> {
    appeared(cloud, &described(arn), || read_provider(cloud, arn, known)).await
}

async fn get(cloud: &Cloud, arn: &str) -> Result<Option<GetSamlProviderOutput>, Problem> {
    let request = iam(cloud).get_saml_provider().saml_provider_arn(arn);
    let answer = cloud.call("iam:GetSAMLProvider", || request.clone().send()).await;
    found(&format!("reading {}", described(arn)), answer)
}

async fn read_provider(cloud: &Cloud, arn: &str, known: &Value) -> Result<Option<Value>, Problem> {
    let Some(provider) = get(cloud, arn).await? else { return Ok(None) };
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(arn))
        .str("arn", Some(arn))
        .str("name", Arn::parse(arn).and_then(|a| a.resource.strip_prefix("saml-provider/")))
        .str("saml_metadata_document", provider.saml_metadata_document())
        .str("saml_provider_uuid", provider.saml_provider_uuid())
        .str("valid_until", provider.valid_until().and_then(time));
    cloud.set_tags(&mut reply, known, from_tags(provider.tags()));
    Ok(Some(reply.object()))
}
