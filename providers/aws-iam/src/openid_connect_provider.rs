//! `aws_iam_openid_connect_provider`.

use async_trait::async_trait;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use terrane_aws_core::{Cloud, made_since, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{OBJECTS, PROPAGATION, appeared, changed, found, from_tags, iam, removed, retag, to_tags, too_new};

/// `aws_iam_openid_connect_provider`.
#[derive(Debug)]
pub struct OpenIdConnectProvider;

#[async_trait]
impl ResourceType<Cloud> for OpenIdConnectProvider {
    fn name(&self) -> &'static str {
        "aws_iam_openid_connect_provider"
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
        update_thumbprints(cloud, arn, &update).await?;
        update_clients(cloud, arn, &update).await?;
        retag!(
            cloud, update, described(arn), open_id_connect_provider_arn = arn,
            untag_open_id_connect_provider "iam:UntagOpenIDConnectProvider",
            tag_open_id_connect_provider "iam:TagOpenIDConnectProvider"
        );
        Ok(read_existing(cloud, arn, update.planned).await?)
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let arn = arn_of(&prior.value);
        let request = iam(cloud).delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let answer = cloud.call("iam:DeleteOpenIDConnectProvider", || request.clone().send()).await;
        Ok(removed(&format!("deleting {}", described(arn)), answer)?)
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        arns(cloud).await.map_err(|p| vec![p])
    }
}

fn arn_of(object: &Value) -> &str {
    Args(object).text("id").or(Args(object).text("arn")).unwrap_or_default()
}

fn described(arn: &str) -> String {
    format!("IAM OpenID Connect provider {arn}")
}

/// Makes the provider and returns its ARN.
async fn make(cloud: &Cloud, planned: &Value) -> Result<String, Problem> {
    let (args, start) = (Args(planned), cloud.begun());
    let url = args.text("url").unwrap_or_default();
    let thumbprints = args.strings("thumbprint_list");
    let request = iam(cloud)
        .create_open_id_connect_provider()
        .url(url)
        .set_client_id_list(Some(args.strings("client_id_list")))
        .set_thumbprint_list((!thumbprints.is_empty()).then_some(thumbprints))
        .set_tags(Some(to_tags(&cloud.tags_of(planned))));
    let (operation, exists) = ("iam:CreateOpenIDConnectProvider", ["EntityAlreadyExists"]);
    let answer = cloud.create_named(operation, PROPAGATION, too_new, &exists, || request.clone().send()).await;
    let what = format!("creating the IAM OpenID Connect provider of {url}");
    let made = answer.map_err(|e| crate::unmade(problem(&what, &e), &e))?;
    if let Some(arn) = made.and_then(|m| m.open_id_connect_provider_arn) {
        return Ok(arn);
    }
    let arn = cloud.arn("iam", "", &format!("oidc-provider/{}", url.trim_start_matches("https://"))).await?;
    let made = get(cloud, &arn).await?.and_then(|p| p.create_date);
    if made.is_some_and(|date| made_since(start, &date)) { Ok(arn) } else { Err(crate::not_ours(&what)) }
}

async fn read_existing(cloud: &Cloud, arn: &str, known: &Value) -> Result<Object, Problem> {
    appeared(cloud, &described(arn), || read_provider(cloud, arn, known)).await
}

/// The ARNs of all providers.
pub async fn arns(cloud: &Cloud) -> Result<Vec<String>, Problem> {
    let request = iam(cloud).list_open_id_connect_providers();
    let answer = cloud.call("iam:ListOpenIDConnectProviders", || request.clone().send()).await;
    let answer = answer.map_err(|e| problem("listing IAM OpenID Connect providers", &e))?;
    Ok(answer.open_id_connect_provider_list.into_iter().flatten().filter_map(|p| p.arn).collect())
}

/// A provider.
pub async fn get(cloud: &Cloud, arn: &str) -> Result<Option<GetOpenIdConnectProviderOutput>, Problem> {
    let request = iam(cloud).get_open_id_connect_provider().open_id_connect_provider_arn(arn);
    let answer = cloud.call("iam:GetOpenIDConnectProvider", || request.clone().send()).await;
    found(&format!("reading {}", described(arn)), answer)
}

async fn read_provider(cloud: &Cloud, arn: &str, known: &Value) -> Result<Option<Value>, Problem> {
    let Some(provider) = get(cloud, arn).await? else { return Ok(None) };
    let mut reply = Reply::from(known);
    // AWS tells the URL without its scheme, with which configuration has it.
    let scheme = if Args(known).text("url").is_none() { "https://" } else { "" };
    let url = provider.url().map(|url| format!("{scheme}{url}"));
    reply
        .str("id", Some(arn))
        .str("arn", Some(arn))
        .set("client_id_list", provider.client_id_list())
        .list("thumbprint_list", provider.thumbprint_list())
        .str("url", url);
    cloud.set_tags(&mut reply, known, from_tags(provider.tags()));
    Ok(Some(reply.object()))
}

/// Sets the planned thumbprints; that there are none can be said only when a provider is made.
async fn update_thumbprints(cloud: &Cloud, arn: &str, update: &Update<'_>) -> Result<(), Problem> {
    let thumbprints = Args(update.planned).strings("thumbprint_list");
    if !update.changes("thumbprint_list") || thumbprints.is_empty() {
        return Ok(());
    }
    let request = iam(cloud).update_open_id_connect_provider_thumbprint().open_id_connect_provider_arn(arn);
    let request = request.set_thumbprint_list(Some(thumbprints));
    let answer = cloud.call("iam:UpdateOpenIDConnectProviderThumbprint", || request.clone().send()).await;
    answer.map(|_| ()).map_err(|e| problem(&format!("updating the thumbprints of {}", described(arn)), &e))
}

async fn update_clients(cloud: &Cloud, arn: &str, update: &Update<'_>) -> Result<(), Problem> {
    let (client, what) = (iam(cloud), format!("updating the client ids of {}", described(arn)));
    let (gone, new) = changed(update, "client_id_list");
    for id in new {
        let request = client.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let request = request.client_id(id);
        let answer = cloud.call("iam:AddClientIDToOpenIDConnectProvider", || request.clone().send()).await;
        answer.map_err(|e| problem(&what, &e))?;
    }
    for id in gone {
        let request = client.remove_client_id_from_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let request = request.client_id(id);
        removed(&what, cloud.call("iam:RemoveClientIDFromOpenIDConnectProvider", || request.clone().send()).await)?;
    }
    Ok(())
}
