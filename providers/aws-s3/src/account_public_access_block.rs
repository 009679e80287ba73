//! `aws_s3_account_public_access_block`: one for each account.

use async_trait::async_trait;
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use terrane_aws_core::{Cloud, Poll, is_code, problem, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::client::{BUCKETS, PROPAGATION};
use crate::control::s3control;

/// What S3 answers where nothing is blocked.
const ABSENT: [&str; 1] = ["NoSuchPublicAccessBlockConfiguration"];

/// `aws_s3_account_public_access_block`.
#[derive(Debug)]
pub struct AccountPublicAccessBlock;

#[async_trait]
impl ResourceType<Cloud> for AccountPublicAccessBlock {
    fn name(&self) -> &'static str {
        "aws_s3_account_public_access_block"
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        set(cloud, create.planned).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| async move { find(cloud, &account(cloud, known).await?, known).await }).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        set(cloud, update.planned).await
    }

    async fn delete(&self, cloud: &Cloud, prior: &Object) -> Result<(), Failed> {
        let account = account(cloud, &prior.value).await?;
        let request = s3control(cloud, cloud.default_region()).delete_public_access_block().account_id(&account);
        let answer = Box::pin(cloud.call("s3control:DeletePublicAccessBlock", || request.clone().send())).await;
        match answer {
            Ok(_) => Ok(()),
            Err(e) if is_code(&e, &ABSENT) => Ok(()),
            Err(e) => Err(problem(&format!("removing the public access block of account {account}"), &e).into()),
        }
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        let account = cloud.account_id().await.map_err(|p| vec![p])?;
        let found = find(cloud, &account, &Value::object::<&str>([])).await.map_err(|p| vec![p])?;
        Ok(found.map(|_| account).into_iter().collect())
    }
}

/// The account that an object belongs to: the one it names, or that of the credentials.
async fn account(cloud: &Cloud, object: &Value) -> Result<String, Problem> {
    match Args(object).string("account_id").or(Args(object).string("id")) {
        Some(account) => Ok(account),
        None => cloud.account_id().await,
    }
}

async fn set(cloud: &Cloud, planned: &Value) -> Result<Object, Failed> {
    let (args, account) = (Args(planned), account(cloud, planned).await?);
    let flag = |name| args.bool(name).unwrap_or_default();
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(flag("block_public_acls"))
        .block_public_policy(flag("block_public_policy"))
        .ignore_public_acls(flag("ignore_public_acls"))
        .restrict_public_buckets(flag("restrict_public_buckets"))
        .build();
    let request = s3control(cloud, cloud.default_region()).put_public_access_block().account_id(&account);
    let request = request.public_access_block_configuration(block.clone());
    let answer = Box::pin(cloud.call("s3control:PutPublicAccessBlock", || request.clone().send())).await;
    answer.map_err(|e| problem(&format!("setting the public access block of account {account}"), &e))?;
    // The account may take a while until all of S3 knows.
    let poll = || async {
        let found = get(cloud, &account).await?.filter(|found| *found == block);
        Ok(found.map_or(Poll::pending("not yet as set"), |f| Poll::Done(Object::new(value(&account, planned, &f)))))
    };
    let what = format!("the public access block of account {account} to be as set");
    let half_made = Object::new(value(&account, planned, &block));
    cloud.wait(what, PROPAGATION, poll).await.map_err(|p| Failed::from(p).with(half_made))
}

async fn get(cloud: &Cloud, account: &str) -> Result<Option<PublicAccessBlockConfiguration>, Problem> {
    let request = s3control(cloud, cloud.default_region()).get_public_access_block().account_id(account);
    let answer = Box::pin(cloud.call("s3control:GetPublicAccessBlock", || request.clone().send())).await;
    match answer {
        Ok(answer) => Ok(answer.public_access_block_configuration),
        Err(e) if is_code(&e, &ABSENT) => Ok(None),
        Err(e) => Err(problem(&format!("reading the public access block of account {account}"), &e)),
    }
}

async fn find(cloud: &Cloud, account: &str, known: &Value) -> Result<Option<Value>, Problem> {
    Ok(get(cloud, account).await?.map(|found| value(account, known, &found)))
}

fn value(account: &str, known: &Value, found: &PublicAccessBlockConfiguration) -> Value {
    let flag = |flag: Option<bool>| Some(flag.unwrap_or_default());
    let mut reply = Reply::from(known);
    reply
        .str("id", Some(account))
        .str("account_id", Some(account))
        .bool("block_public_acls", flag(found.block_public_acls()))
        .bool("block_public_policy", flag(found.block_public_policy()))
        .bool("ignore_public_acls", flag(found.ignore_public_acls()))
        .bool("restrict_public_buckets", flag(found.restrict_public_buckets()));
    reply.object()
}
