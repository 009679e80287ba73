//! Creates whose answer may be lost: what was made all the same is found, and nothing is made twice.
//!
//! An object that takes tags is made with a mark, a tag that names the operation, and is found by it. The mark is
//! removed when the journal has the object. What takes no tags is found by its place.

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
    /// Codes of refusals that pass, beside those of what AWS does not know everywhere yet.
    pub passing: &'a [&'a str],
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
        send: F,
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
        self.found_within(ec2, send, take, find, &LOOKS).await
    }

    async fn found_within<T, I, E, F, Fut, G, GFut>(
        self,
        ec2: &Ec2<'_>,
        mut send: F,
        take: impl Fn(T) -> Option<I>,
        find: G,
        looks: &[Duration],
    ) -> Result<I, Refusal>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        G: Fn() -> GFut,
        GFut: Future<Output = Result<Option<I>, Refusal>>,
    {
        let (mut pauses, mut lost) = (Pauses::within(PATIENCE), 0);
        if ec2.cloud.is_resuming()
            && let Some(made) = looked(&find, looks).await?
        {
            return Ok(made);
        }
        loop {
            let refusal = match ec2.once(self.operation, self.what, &mut send).await.map(&take) {
                Ok(Some(made)) => return Ok(made),
                Ok(None) => Refusal::unread(self.what),
                Err(refusal) => refusal,
            };
            let passes = refusal.answered() && refusal.is(self.passing);
            if passes && pauses.pass().await {
                continue;
            }
            lost += u32::from(!refusal.answered());
            if lost == 0 {
                return Err(refusal);
            }
            // Refused after an attempt without answer: that attempt may be the reason.
            match looked(&find, looks).await {
                Ok(Some(made)) => return Ok(made),
                Ok(None) if !refusal.answered() && lost < ATTEMPTS => {}
                _ => return Err(ec2.ambiguous(refusal.unsure(), self.look)),
            }
        }
    }
}

/// Looks several times, until something is found.
async fn looked<I, GFut>(find: &impl Fn() -> GFut, looks: &[Duration]) -> Result<Option<I>, Refusal>
where
    GFut: Future<Output = Result<Option<I>, Refusal>>,
{
    for pause in looks {
        sleep(*pause).await;
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

/// Removes the mark of an object. One that stays does no harm, so a failure is none.
pub(crate) async fn unmark(ec2: &Ec2<'_>, id: &str) {
    let request = ec2.client.delete_tags().resources(id).tags(Tag::builder().key(MARK).build());
    let what = format!("removing tag {MARK} of {id}");
    let _ = ec2.call("ec2:DeleteTags", &what, || request.clone().send()).await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::{Cell, RefCell};

    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;
    use terrane_aws_core::testing;
    use terrane_value::{Type, Value};

    use super::*;

    type Answer = Result<Option<String>, SdkError<ErrorMetadata, HttpResponse>>;

    const MAKING: Making<'_> =
        Making { operation: "ec2:CreateThing", what: "making", look: "a thing", passing: &["RateExceeded"] };

    fn made(id: &str) -> Answer {
        Ok(Some(id.to_owned()))
    }

    fn lost() -> Answer {
        Err(SdkError::timeout_error("no answer"))
    }

    fn refused(code: &str) -> Answer {
        let raw = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
        Err(SdkError::service_error(ErrorMetadata::builder().code(code).build(), raw))
    }

    /// What comes of a create with these answers when it is seen from the look `seen_at` on, and how often it was sent
    /// and looked for.
    async fn run(answers: Vec<Answer>, seen_at: u32) -> (Result<String, Problem>, u32, u32) {
        let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
        let ec2 = Ec2::at(&cloud, "eu-west-1".to_owned()).patient();
        let (answers, sent, looks) = (RefCell::new(answers.into_iter()), Cell::new(0), Cell::new(0));
        let send = || {
            sent.set(sent.get() + 1);
            std::future::ready(answers.borrow_mut().next().unwrap_or_else(lost))
        };
        let find = || {
            looks.set(looks.get() + 1);
            std::future::ready(Ok((looks.get() >= seen_at).then(|| "found".to_owned())))
        };
        let outcome = MAKING.found_within(&ec2, send, |a| a, find, &[Duration::ZERO; 3]).await;
        (outcome.map_err(Problem::from), sent.get(), looks.get())
    }

    async fn id(answers: Vec<Answer>, seen_at: u32) -> (String, u32, u32) {
        let (outcome, sent, looks) = run(answers, seen_at).await;
        (outcome.unwrap(), sent, looks)
    }

    #[tokio::test]
    async fn what_was_answered_is_not_looked_for() {
        assert_eq!(id(vec![made("a")], 1).await, ("a".to_owned(), 1, 0));
        assert_eq!(id(vec![refused("InvalidVpcID.NotFound"), made("a")], 1).await, ("a".to_owned(), 2, 0));
        let (outcome, sent, looks) = run(vec![refused("InvalidParameterValue")], 1).await;
        let problem = outcome.unwrap_err();
        assert!(!problem.detail.contains("a thing"), "{problem:?}");
        assert_eq!((sent, looks), (1, 0));
    }

    #[tokio::test]
    async fn what_a_killed_run_has_begun_is_looked_for_first() {
        let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await.to_resume(Default::default());
        let ec2 = Ec2::at(&cloud, "eu-west-1".to_owned()).patient();
        for (there, expect) in [(Some("found"), "found"), (None, "made")] {
            let send = || std::future::ready(made("made"));
            let find = || std::future::ready(Ok(there.map(str::to_owned)));
            let outcome = MAKING.found_within(&ec2, send, |a| a, find, &[Duration::ZERO; 2]).await;
            assert_eq!(outcome.map_err(Problem::from).unwrap(), expect);
        }
    }

    #[tokio::test]
    async fn what_was_made_without_answer_is_found_even_if_it_shows_late() {
        assert_eq!(id(vec![lost()], 1).await, ("found".to_owned(), 1, 1));
        assert_eq!(id(vec![lost()], 3).await, ("found".to_owned(), 1, 3));
        assert_eq!(id(vec![Ok(None)], 1).await, ("found".to_owned(), 1, 1));
    }

    #[tokio::test]
    async fn what_is_not_found_is_made_again() {
        assert_eq!(id(vec![lost(), made("a")], u32::MAX).await, ("a".to_owned(), 2, 3));
        assert_eq!(id(vec![lost(), refused("Duplicate")], 4).await, ("found".to_owned(), 2, 4));
    }

    #[tokio::test]
    async fn what_stays_uncertain_says_what_to_look_for() {
        for (answers, sends) in [(vec![], ATTEMPTS), (vec![lost(), refused("Duplicate")], 2)] {
            let (outcome, sent, looks) = run(answers, u32::MAX).await;
            let problem = outcome.unwrap_err();
            assert!(problem.detail.contains("look for a thing in region eu-west-1"), "{problem:?}");
            assert_eq!((sent, looks), (sends, sends * 3));
        }
    }

    /// The tags that each attempt carried.
    async fn marked_tags(tags: usize, answers: Vec<Answer>) -> Vec<Vec<String>> {
        let cloud = testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
        let ec2 = Ec2::at(&cloud, "eu-west-1".to_owned()).patient();
        let tags = (0..tags).map(|n| (format!("k{n}"), Value::string("v")));
        let planned = Value::object([("tags_all", Value::map(Type::String, tags))]);
        let create = Create { planned: &planned, config: &planned, operation: "op" };
        let (mut answers, mut sent) = (answers.into_iter(), Vec::new());
        let send = |specifications: Option<Vec<TagSpecification>>| {
            let tags = specifications.unwrap_or_default().into_iter().flat_map(|s| s.tags.unwrap_or_default());
            sent.push(tags.filter_map(|t| t.key).collect());
            std::future::ready(answers.next().unwrap_or_else(lost))
        };
        let find = |_| std::future::ready(Ok(None));
        let made = MAKING.marked((&ec2, &create), ResourceType::Vpc, send, |a| a, find).await;
        assert_eq!(made.unwrap(), "a");
        sent
    }

    #[tokio::test]
    async fn objects_carry_a_mark_where_there_is_room_and_permission_for_it() {
        assert_eq!(marked_tags(1, vec![made("a")]).await, [["k0", MARK]]);
        assert_eq!(marked_tags(0, vec![refused("UnauthorizedOperation"), made("a")]).await, [vec![MARK], vec![]]);
        let full = marked_tags(MOST_TAGS, vec![made("a")]).await;
        assert_eq!(full[0].len(), MOST_TAGS);
        assert!(!full[0].iter().any(|key| key == MARK));
    }
}
