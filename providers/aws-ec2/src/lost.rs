//! Creates whose answer may be lost: what was made all the same is found, and nothing is made twice.
//!
//! An object that takes tags is made with a mark, a tag that names the operation, and is found by it. The mark is
//! removed when the object is finished. What takes no tags is found by its place.

use std::future::Future;
use std::time::Duration;

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use terrane_aws_core::Tags;
use terrane_provider::Problem;
use terrane_provider::sdk::Create;
use tokio::time::sleep;

use crate::client::{Ec2, PATIENCE, Pauses, Refusal};
use crate::tags::specification_of;

/// The tag that names the operation an object was made by.
const MARK: &str = "terrane:operation";

/// The filter that finds an object by its mark.
pub(crate) const BY_MARK: &str = "tag:terrane:operation";

/// Most tags of one object.
const MOST_TAGS: usize = 50;

/// How often a create is sent while nothing is found of it.
const ATTEMPTS: u32 = 4;

/// How long to wait before each look for an object whose create got no answer: AWS may show it only after seconds.
const LOOKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The refusals that a mark may cause: tags need a permission of their own, and policies may restrict their keys.
const UNMARKABLE: [&str; 3] = ["AccessDenied", "TagPolicyViolation", "UnauthorizedOperation"];

/// A create, as it is counted and told.
#[derive(Clone, Copy)]
pub(crate) struct Making<'a> {
    /// The operation: `ec2:CreateVpc`.
    pub operation: &'static str,
    /// A phrase such as `creating VPC`.
    pub what: &'a str,
    /// What a person would have to look for if nothing can be found out.
    pub look: &'a str,
    /// Codes of refusals that pass, since AWS does not know everywhere yet what the object is made in.
    pub unseen: &'a [&'a str],
}

impl Making<'_> {
    /// Makes an object that carries a mark. `send` takes its tags, `take` the id from an answer, and `find` looks for
    /// the ids of marked objects, with [`BY_MARK`] and the operation as value.
    pub async fn marked<T, E, F, Fut, G, GFut>(
        self,
        (ec2, create): (&Ec2<'_>, &Create<'_>),
        ty: ResourceType,
        mut send: F,
        take: impl Fn(T) -> Option<String>,
        find: G,
    ) -> Result<String, Problem>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut(Option<Vec<TagSpecification>>) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        G: Fn(Vec<String>) -> GFut,
        GFut: Future<Output = Result<Option<String>, Refusal>>,
    {
        let tags = ec2.cloud.tags_of(create.planned);
        let specification = |tags: &Tags| specification_of(tags, ty.clone()).map(|s| vec![s]);
        if tags.len() < MOST_TAGS {
            let with_mark = specification(&marked(&tags, create.operation));
            let look = || find(vec![create.operation.to_owned()]);
            match self.found(ec2, || send(with_mark.clone()), &take, look).await {
                Err(refusal) if refusal.answered() && refusal.is(&UNMARKABLE) => {}
                made => return Ok(made?),
            }
        }
        let plain = specification(&tags);
        let answer = ec2.call_once(self.operation, self.what, self.look, || send(plain.clone())).await?;
        take(answer).ok_or_else(|| ec2.ambiguous(Refusal::unread(self.what), self.look).into())
    }

    /// Makes what `find` finds once it is there. It is sent again only if nothing is found of an attempt that got no
    /// answer. `take` gives `None` for an answer that does not tell what was made.
    pub async fn found<T, I, E, F, Fut, G, GFut>(
        self,
        ec2: &Ec2<'_>,
        mut send: F,
        take: impl Fn(T) -> Option<I>,
        find: G,
    ) -> Result<I, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        G: Fn() -> GFut,
        GFut: Future<Output = Result<Option<I>, Refusal>>,
    {
        let (mut pauses, mut lost) = (Pauses::within(PATIENCE), 0);
        loop {
            let refusal = match ec2.once(self.operation, self.what, &mut send).await.map(&take) {
                Ok(Some(made)) => return Ok(made),
                Ok(None) => Refusal::unread(self.what),
                Err(refusal) => refusal,
            };
            let passes = refusal.answered() && refusal.is(self.unseen);
            if passes && pauses.pass().await {
                continue;
            }
            lost += u32::from(!refusal.answered());
            if lost == 0 {
                return Err(refusal);
            }
            // Refused after an attempt without answer: that attempt may be the reason.
            match looked(&find).await {
                Ok(Some(made)) => return Ok(made),
                Ok(None) if !refusal.answered() && lost < ATTEMPTS => {}
                _ => return Err(ec2.ambiguous(refusal.unsure(), self.look)),
            }
        }
    }
}

/// Looks several times, until something is found.
async fn looked<I, GFut>(find: &impl Fn() -> GFut) -> Result<Option<I>, Refusal>
where
    GFut: Future<Output = Result<Option<I>, Refusal>>,
{
    for pause in LOOKS {
        sleep(pause).await;
        if let Some(found) = find().await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn marked(tags: &Tags, operation: &str) -> Tags {
    let mark = (MARK.to_owned(), operation.to_owned());
    tags.iter().map(|(k, v)| (k.clone(), v.clone())).chain([mark]).collect()
}

/// Removes the mark of a finished object. One that stays does no harm, so a failure is none.
pub(crate) async fn unmark(ec2: &Ec2<'_>, id: &str) {
    let request = ec2.client.delete_tags().resources(id).tags(Tag::builder().key(MARK).build());
    let what = format!("removing tag {MARK} of {id}");
    let _ = ec2.call("ec2:DeleteTags", &what, || request.clone().send()).await;
}
