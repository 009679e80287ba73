//! `aws_s3_bucket_notification`.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, LambdaFunctionConfiguration,
    NotificationConfiguration, NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::bucket_setting::Setting;
use crate::client::{Bucket, built};

/// Where events go: the block, and its attribute that names the target.
const LAMBDA: (&str, &str) = ("lambda_function", "lambda_function_arn");
const QUEUE: (&str, &str) = ("queue", "queue_arn");
const TOPIC: (&str, &str) = ("topic", "topic_arn");

/// `aws_s3_bucket_notification`.
#[derive(Debug)]
pub struct Notification;

#[async_trait]
impl Setting for Notification {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_notification"
    }

    fn what(&self) -> &'static str {
        "notifications"
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        write(bucket, expand(Args(planned))?).await
    }

    async fn show(&self, bucket: &Bucket<'_>, known: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let request = bucket.client.get_bucket_notification_configuration().bucket(&bucket.name);
        let operation = "s3:GetBucketNotificationConfiguration";
        let Some(found) = bucket.read(operation, self.what(), &[], || request.clone().send()).await? else {
            return Ok(false);
        };
        let bridge = found.event_bridge_configuration().is_some();
        let lambdas: Vec<Notice> = found.lambda_function_configurations().iter().map(Notice::from).collect();
        let queues: Vec<Notice> = found.queue_configurations().iter().map(Notice::from).collect();
        let topics: Vec<Notice> = found.topic_configurations().iter().map(Notice::from).collect();
        reply.bool("eventbridge", Some(bridge));
        let any = bridge || !(lambdas.is_empty() && queues.is_empty() && topics.is_empty());
        for ((block, arn), notices) in [(LAMBDA, lambdas), (QUEUE, queues), (TOPIC, topics)] {
            reply.blocks(block, sorted(notices, &Args(known).blocks(block), arn).iter().map(|n| n.show(arn)));
        }
        // Every bucket has a configuration; one that says nothing is an object only if it is known as one.
        Ok(any || ["id", "bucket"].iter().any(|name| Args(known).text(name).is_some()))
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        let none = NotificationConfiguration::builder().build();
        let request = bucket.client.put_bucket_notification_configuration().bucket(&bucket.name);
        let request = request.notification_configuration(none);
        let operation = "s3:PutBucketNotificationConfiguration";
        bucket.remove(operation, self.what(), &[], || request.clone().send()).await
    }
}

async fn write(bucket: &Bucket<'_>, configuration: NotificationConfiguration) -> Result<(), Problem> {
    let request = bucket.client.put_bucket_notification_configuration().bucket(&bucket.name);
    let request = request.notification_configuration(configuration);
    let operation = "s3:PutBucketNotificationConfiguration";
    bucket.write(operation, "notifications", || request.clone().send()).await.map(|_| ())
}

/// What is to be told to one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Notice {
    id: Option<String>,
    arn: String,
    events: Vec<String>,
    prefix: Option<String>,
    suffix: Option<String>,
}

/// A notice has the same parts for each kind of target.
macro_rules! notice {
    ($ty:ident, $arn:ident) => {
        impl From<&$ty> for Notice {
            fn from(found: &$ty) -> Notice {
                let mut notice = Notice { id: found.id.clone(), arn: found.$arn.clone(), ..Notice::default() };
                notice.events = found.events().iter().map(|e| e.as_str().to_owned()).collect();
                notice.filtered(found.filter())
            }
        }

        impl Notice {
            fn $arn(self) -> Result<$ty, Problem> {
                let events = self.events.iter().map(|e| Event::from(e.as_str())).collect();
                let made = $ty::builder().set_events(Some(events)).set_filter(self.filter()).set_id(self.id);
                built(made.$arn(self.arn).build())
            }
        }
    };
}

notice!(LambdaFunctionConfiguration, lambda_function_arn);
notice!(QueueConfiguration, queue_arn);
notice!(TopicConfiguration, topic_arn);

impl Notice {
    /// What a block says. S3 gives an id to one that has none.
    fn of(block: Args<'_>, arn: &str) -> Notice {
        Notice {
            id: block.string("id"),
            arn: block.string(arn).unwrap_or_default(),
            events: block.strings("events"),
            prefix: block.string("filter_prefix"),
            suffix: block.string("filter_suffix"),
        }
    }

    fn filtered(mut self, filter: Option<&NotificationConfigurationFilter>) -> Notice {
        for rule in filter.and_then(|f| f.key()).map(|k| k.filter_rules()).unwrap_or_default() {
            // S3 capitalises the names of filters.
            match rule.name().map(|name| name.as_str().to_lowercase()).as_deref() {
                Some("prefix") => self.prefix = rule.value.clone(),
                Some("suffix") => self.suffix = rule.value.clone(),
                _ => {}
            }
        }
        self
    }

    fn filter(&self) -> Option<NotificationConfigurationFilter> {
        let rule = |name, value: &Option<String>| Some(FilterRule::builder().name(name).value(value.clone()?).build());
        let rules = [rule(FilterRuleName::Prefix, &self.prefix), rule(FilterRuleName::Suffix, &self.suffix)];
        let rules: Vec<FilterRule> = rules.into_iter().flatten().collect();
        let key = (!rules.is_empty()).then(|| S3KeyFilter::builder().set_filter_rules(Some(rules)).build());
        key.map(|key| NotificationConfigurationFilter::builder().key(key).build())
    }

    fn show(&self, arn: &str) -> Reply {
        let mut block = Reply::new();
        block
            .str("id", Some(self.id.as_deref().unwrap_or_default()))
            .str(arn, Some(&self.arn))
            .set("events", &self.events)
            .str("filter_prefix", self.prefix.as_ref())
            .str("filter_suffix", self.suffix.as_ref());
        block
    }

    /// Whether this is what a block stands for: by id, or where that is not known yet, by all else.
    fn is(&self, known: &Notice) -> bool {
        let sorted = |events: &[String]| {
            let mut events = events.to_vec();
            events.sort();
            events
        };
        match &known.id {
            Some(_) => self.id == known.id,
            None => {
                (&self.arn, &self.prefix, &self.suffix) == (&known.arn, &known.prefix, &known.suffix)
                    && sorted(&self.events) == sorted(&known.events)
            }
        }
    }
}

/// Notices in the order in which they are known.
fn sorted(mut notices: Vec<Notice>, known: &[Args<'_>], arn: &str) -> Vec<Notice> {
    let known: Vec<Notice> = known.iter().map(|block| Notice::of(*block, arn)).collect();
    notices.sort_by_key(|notice| known.iter().position(|k| notice.is(k)).unwrap_or(usize::MAX));
    notices
}

fn expand(args: Args<'_>) -> Result<NotificationConfiguration, Problem> {
    let notices = |(block, arn): (&str, &str)| args.blocks(block).into_iter().map(|b| Notice::of(b, arn)).collect();
    let (lambdas, queues, topics): (Vec<_>, Vec<_>, Vec<_>) = (notices(LAMBDA), notices(QUEUE), notices(TOPIC));
    let bridge = args.bool("eventbridge").filter(|enabled| *enabled);
    let lambdas = lambdas.into_iter().map(Notice::lambda_function_arn).collect::<Result<Vec<_>, _>>()?;
    let queues = queues.into_iter().map(Notice::queue_arn).collect::<Result<Vec<_>, _>>()?;
    let topics = topics.into_iter().map(Notice::topic_arn).collect::<Result<Vec<_>, _>>()?;
    Ok(NotificationConfiguration::builder()
        .set_event_bridge_configuration(bridge.map(|_| EventBridgeConfiguration::builder().build()))
        .set_lambda_function_configurations(Some(lambdas).filter(|l| !l.is_empty()))
        .set_queue_configurations(Some(queues).filter(|q| !q.is_empty()))
        .set_topic_configurations(Some(topics).filter(|t| !t.is_empty()))
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_stay_in_the_order_that_is_known() {
        let notice = |id: &str, arn: &str| Notice { id: Some(id.into()), arn: arn.into(), ..Notice::default() };
        let block = |id: Value, arn: &str| Value::object([("id", id), ("queue_arn", arn.into())]);
        let known = [block("two".into(), "b"), block(Value::null(terrane_value::Type::String), "c")];
        let known: Vec<Args<'_>> = known.iter().map(Args).collect();
        let found = vec![notice("new", "x"), notice("given", "c"), notice("two", "b")];
        let ids: Vec<_> = sorted(found, &known, "queue_arn").into_iter().filter_map(|n| n.id).collect();
        assert_eq!(ids, ["two", "given", "new"]);
    }

    #[test]
    fn filters_are_read_whatever_their_case() {
        let rule = FilterRule::builder().name("Prefix".into()).value("a/").build();
        let key = S3KeyFilter::builder().filter_rules(rule).build();
        let filter = NotificationConfigurationFilter::builder().key(key).build();
        assert_eq!(Notice::default().filtered(Some(&filter)).prefix.as_deref(), Some("a/"));
    }
}
