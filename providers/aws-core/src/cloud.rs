//! The context of all AWS types: one configured provider instance.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_types::SdkConfig;
use aws_types::region::Region;
use terrane_provider::sdk::Args;
use terrane_provider::{Problem, Resumed};
use terrane_value::Value;
use tokio::sync::OnceCell;

use crate::arn::{Arn, Partition};
use crate::call::Calls;
use crate::pace::{Paces, Place};
use crate::problem::problem;
use crate::reading::Readings;
use crate::tags::TagRules;

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account id.
    pub account: String,
    /// The ARN of the user or role session.
    pub arn: String,
    /// The unique id of the user or role session.
    pub user: String,
}

/// One configured instance of the AWS provider: what all its types share.
///
/// One HTTP connection pool and one set of credentials serve all regions and services.
pub struct Cloud {
    pub(crate) sdk: SdkConfig,
    pub(crate) region: String,
    pub(crate) tags: TagRules,
    /// Whether parts of the default tags are not known yet.
    pub(crate) tags_unknown: bool,
    pub(crate) max_retries: u32,
    pub(crate) s3_use_path_style: bool,
    pub(crate) skip_account_id: bool,
    /// Where STS is asked, if not in the provider's region.
    pub(crate) sts_region: Option<String>,
    /// What is known of it, if a run that was killed has begun what is made now.
    pub(crate) resumed: Option<Arc<Resumed>>,
    /// Why no call can be made, if none can.
    pub(crate) obstacle: Option<String>,
    pub(crate) calls: Arc<Calls>,
    /// Whose calls are counted together with ours.
    pub(crate) place: Place,
    /// How fast the services of this account and region are asked.
    pub(crate) paces: Paces,
    /// The bulk reading that is under way.
    pub(crate) readings: Readings,
    clients: Mutex<HashMap<(TypeId, String), Arc<dyn Any + Send + Sync>>>,
    caller: OnceCell<Caller>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud").field("region", &self.region).field("obstacle", &self.obstacle).finish_non_exhaustive()
    }
}

impl Cloud {
    /// An instance over an SDK configuration, without tag rules. Retries of the SDK must be switched off in it.
    pub fn new(sdk: SdkConfig) -> Cloud {
        let region = sdk.region().map(|r| r.as_ref().to_owned()).unwrap_or_default();
        Cloud {
            sdk,
            region,
            tags: TagRules::default(),
            tags_unknown: false,
            max_retries: 25,
            s3_use_path_style: false,
            skip_account_id: false,
            sts_region: None,
            resumed: None,
            obstacle: None,
            calls: Arc::default(),
            place: Place::default(),
            paces: Paces::default(),
            readings: Readings::default(),
            clients: Mutex::default(),
            caller: OnceCell::new(),
        }
    }

    /// The region an object lives in: its `region` attribute if that is known, else the provider's.
    pub fn region(&self, object: &Value) -> String {
        Args(object).text("region").unwrap_or(&self.region).to_owned()
    }

    /// The region of the provider.
    pub fn default_region(&self) -> &str {
        &self.region
    }

    /// The same for a create that a run that was killed has begun: what that has made is looked for first.
    pub fn to_resume(&self, resumed: Arc<Resumed>) -> Cloud {
        Cloud { resumed: Some(resumed), ..self.elsewhere(&self.region) }
    }

    /// What is known of the run that may have made already what is made now.
    pub fn resumed(&self) -> Option<&Resumed> {
        self.resumed.as_deref()
    }

    /// Whether what is made may be there already, made by a run that was killed.
    pub fn is_resuming(&self) -> bool {
        self.resumed.is_some()
    }

    /// When what is made now may have been begun first: now, or when the run began that was killed.
    pub fn begun(&self) -> SystemTime {
        let since = self.resumed().and_then(|resumed| DateTime::from_str(&resumed.since, Format::DateTime).ok());
        since.and_then(|since| SystemTime::try_from(since).ok()).unwrap_or_else(SystemTime::now)
    }

    /// The same account in another region.
    pub fn elsewhere(&self, region: &str) -> Cloud {
        let (account, _, endpoint) = self.place.clone();
        Cloud {
            sdk: self.config(region),
            region: region.to_owned(),
            tags: self.tags.clone(),
            resumed: self.resumed.clone(),
            obstacle: self.obstacle.clone(),
            calls: self.calls.clone(),
            place: (account, region.to_owned(), endpoint),
            paces: self.paces(Some(region)),
            sts_region: self.sts_region.clone().or_else(|| Some(self.region.clone())),
            readings: Readings::default(),
            clients: Mutex::default(),
            caller: self.caller.clone(),
            ..*self
        }
    }

    /// The partition of the provider's region.
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.region)
    }

    /// The end of host names in the provider's partition: `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        self.partition().dns_suffix
    }

    /// Whether S3 buckets are addressed in the path rather than the host name.
    pub fn s3_use_path_style(&self) -> bool {
        self.s3_use_path_style
    }

    /// The default and ignored tags.
    pub fn tag_rules(&self) -> &TagRules {
        &self.tags
    }

    /// Whether parts of the default tags are not known yet.
    pub fn tags_unknown(&self) -> bool {
        self.tags_unknown
    }

    /// The client for a service in a region; built on first use, then shared.
    ///
    /// `build` gets the configuration for that region: `|c| aws_sdk_ec2::Client::new(c)`.
    pub fn client<T>(&self, region: &str, build: impl FnOnce(&SdkConfig) -> T) -> T
    where
        T: Clone + Send + Sync + 'static,
    {
        let key = (TypeId::of::<T>(), region.to_owned());
        let mut clients = self.clients.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(client) = clients.get(&key).and_then(|c| c.downcast_ref::<T>()) {
            return client.clone();
        }
        let client = build(&self.config(region));
        clients.insert(key, Arc::new(client.clone()));
        client
    }

    /// What the types of a service keep for each other in a region; empty on first use.
    pub fn shared<T>(&self, region: &str) -> Arc<T>
    where
        T: Default + Send + Sync + 'static,
    {
        self.client::<Arc<T>>(region, |_| Arc::default())
    }

    /// The SDK configuration for a region.
    pub fn config(&self, region: &str) -> SdkConfig {
        self.sdk.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// Whether calls can be made; the text says why not.
    pub fn ready(&self) -> Result<(), String> {
        self.obstacle.clone().map_or(Ok(()), Err)
    }

    /// The account id; empty when the provider is told not to ask for it.
    pub async fn account_id(&self) -> Result<String, Problem> {
        if self.skip_account_id {
            return Ok(String::new());
        }
        Ok(self.caller().await?.account.clone())
    }

    /// Who the credentials belong to; asked once.
    pub async fn caller(&self) -> Result<&Caller, Problem> {
        self.caller.get_or_try_init(|| self.ask_caller()).await
    }

    async fn ask_caller(&self) -> Result<Caller, Problem> {
        let sts = self.client(self.sts_region.as_ref().unwrap_or(&self.region), aws_sdk_sts::Client::new);
        let answer = self.call("sts:GetCallerIdentity", || sts.get_caller_identity().send()).await;
        let answer = answer.map_err(|e| problem("asking AWS who the credentials belong to", &e))?;
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Ok(Caller { account: text(answer.account()), arn: text(answer.arn()), user: text(answer.user_id()) })
    }

    /// How fast the services of a region are asked; without one those of the provider's.
    pub(crate) fn paces(&self, region: Option<&str>) -> Paces {
        match region.filter(|region| *region != self.region) {
            None => self.paces.clone(),
            Some(region) => {
                let (account, _, endpoint) = &self.place;
                Paces::of((account.clone(), region.to_owned(), endpoint.clone()))
            }
        }
    }

    /// The ARN of an object of this account: `cloud.arn("ec2", &region, "vpc/vpc-1")`. Global services have no region.
    pub async fn arn(&self, service: &str, region: &str, resource: &str) -> Result<String, Problem> {
        let account = self.account_id().await?;
        let place = if region.is_empty() { &self.region } else { region };
        let partition = Partition::of_region(place).id;
        Ok(Arn { partition, service, region, account: &account, resource }.to_string())
    }
}
