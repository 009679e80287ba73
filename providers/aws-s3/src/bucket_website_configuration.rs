//! `aws_s3_bucket_website_configuration`.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    Condition, ErrorDocument, IndexDocument, Protocol, Redirect, RedirectAllRequestsTo, RoutingRule,
    WebsiteConfiguration as Configuration,
};
use terrane_provider::sdk::{Args, Reply};
use terrane_provider::{PlanResponse, Problem};
use terrane_value::{Kind, Value};

use crate::bucket_setting::Setting;
use crate::client::{Bucket, built};
use crate::regions;
use crate::settings::website;

/// The two ways in which the same rules are written.
const RULES: [&str; 2] = ["routing_rule", "routing_rules"];

/// `aws_s3_bucket_website_configuration`.
#[derive(Debug)]
pub struct WebsiteConfiguration;

#[async_trait]
impl Setting for WebsiteConfiguration {
    fn ty(&self) -> &'static str {
        "aws_s3_bucket_website_configuration"
    }

    fn what(&self) -> &'static str {
        "website configuration"
    }

    /// What changes in one way of writing the rules changes in the other.
    fn refine(&self, prior: Option<&Value>, _: &Value, mut plan: PlanResponse) -> PlanResponse {
        let [blocks, text] = RULES;
        for (name, other) in [(blocks, text), (text, blocks)] {
            let Some((prior, planned)) = prior.zip(plan.planned.as_ref()) else { return plan };
            let follows = Args(planned).differs(prior, name) && !Args(planned).differs(prior, other);
            if let (true, Some(fields), Some(value)) = (follows, planned.fields(), planned.get(other)) {
                let fields = fields.with(other, Value::unknown(value.ty()));
                plan.planned = Some(Value::from_kind(Kind::Object(fields)));
                return plan;
            }
        }
        plan
    }

    async fn put(&self, bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
        website::put(bucket, expand(Args(planned))?).await
    }

    async fn show(&self, bucket: &Bucket<'_>, known: &Value, reply: &mut Reply) -> Result<bool, Problem> {
        let Some(website) = website::read(bucket).await? else { return Ok(false) };
        let rules = website.routing_rules();
        let text = (!rules.is_empty()).then(|| website::rules_text(rules, Args(known).text("routing_rules")));
        let domain = regions::website_domain(&bucket.region);
        reply
            .blocks("error_document", website.error_document().map(|d| one("key", Some(d.key()))))
            .blocks("index_document", website.index_document().map(|d| one("suffix", Some(d.suffix()))))
            .blocks("redirect_all_requests_to", website.redirect_all_requests_to().map(show_redirect_all))
            .blocks("routing_rule", rules.iter().map(show_rule))
            .str("routing_rules", Some(text.unwrap_or_default()))
            .str("website_endpoint", Some(format!("{}.{domain}", bucket.name)))
            .str("website_domain", Some(domain));
        Ok(true)
    }

    async fn remove(&self, bucket: &Bucket<'_>, _: &Value) -> Result<(), Problem> {
        website::remove(bucket).await
    }
}

fn expand(args: Args<'_>) -> Result<Configuration, Problem> {
    let text = |block: Args<'_>, name: &str| block.str(name).unwrap_or_default().to_owned();
    let index = args.block("index_document").map(|b| built(IndexDocument::builder().suffix(text(b, "suffix")).build()));
    let error = args.block("error_document").map(|b| built(ErrorDocument::builder().key(text(b, "key")).build()));
    let redirect = args.block("redirect_all_requests_to").map(|b| {
        let to = RedirectAllRequestsTo::builder().host_name(text(b, "host_name"));
        built(to.set_protocol(b.text("protocol").map(Protocol::from)).build())
    });
    let rules: Vec<RoutingRule> = args.blocks("routing_rule").into_iter().map(expand_rule).collect();
    let rules = match args.text("routing_rules").filter(|_| rules.is_empty()) {
        Some(text) => website::expand_rules(text)?,
        None => rules,
    };
    Ok(Configuration::builder()
        .set_index_document(index.transpose()?)
        .set_error_document(error.transpose()?)
        .set_redirect_all_requests_to(redirect.transpose()?)
        .set_routing_rules(Some(rules).filter(|rules| !rules.is_empty()))
        .build())
}

fn expand_rule(block: Args<'_>) -> RoutingRule {
    let condition = block.block("condition").map(|c| {
        Condition::builder()
            .set_http_error_code_returned_equals(c.string("http_error_code_returned_equals"))
            .set_key_prefix_equals(c.string("key_prefix_equals"))
            .build()
    });
    let redirect = block.block("redirect").map(|r| {
        // An empty prefix or key takes something away; an absent one changes nothing.
        let written = |name: &str| r.str(name).map(str::to_owned);
        Redirect::builder()
            .set_host_name(r.string("host_name"))
            .set_http_redirect_code(r.string("http_redirect_code"))
            .set_protocol(r.text("protocol").map(Protocol::from))
            .set_replace_key_prefix_with(written("replace_key_prefix_with"))
            .set_replace_key_with(written("replace_key_with").filter(|key| !key.is_empty()))
            .build()
    });
    RoutingRule::builder().set_condition(condition).set_redirect(redirect).build()
}

fn one(name: &str, text: Option<&str>) -> Reply {
    let mut block = Reply::new();
    block.str(name, text);
    block
}

fn show_redirect_all(to: &RedirectAllRequestsTo) -> Reply {
    let mut block = one("host_name", Some(to.host_name()));
    block.str("protocol", to.protocol().map(Protocol::as_str));
    block
}

fn show_rule(rule: &RoutingRule) -> Reply {
    let condition = rule.condition().map(|c| {
        let mut block = one("http_error_code_returned_equals", c.http_error_code_returned_equals());
        block.str("key_prefix_equals", c.key_prefix_equals());
        block
    });
    let redirect = rule.redirect().map(|r| {
        let mut block = one("host_name", r.host_name());
        block
            .str("http_redirect_code", r.http_redirect_code())
            .str("protocol", r.protocol().map(Protocol::as_str))
            .str("replace_key_prefix_with", r.replace_key_prefix_with())
            .str("replace_key_with", r.replace_key_with());
        block
    });
    let mut block = Reply::new();
    block.blocks("condition", condition).blocks("redirect", redirect);
    block
}
