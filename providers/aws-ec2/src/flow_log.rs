//! `aws_flow_log`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::describe_flow_logs::DescribeFlowLogsOutput as Page;
use aws_sdk_ec2::types::{
    DestinationFileFormat, DestinationOptionsRequest, DestinationOptionsResponse, FlowLog as Answer,
    FlowLogsResourceType as Source, LogDestinationType, ResourceType, TagFieldSpecificationRequest,
    TagFieldSpecificationResponse, TaggableResourceType, TrafficType,
};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::tags;
use crate::vpc_endpoint::check;

/// How long a new role may be unknown to the service that shall assume it.
const ROLES: Duration = Duration::from_secs(120);
const GONE: [&str; 1] = ["InvalidFlowLogId.NotFound"];

/// What can be logged: the argument, how its ids begin, and its kind.
const SOURCES: [(&str, &str, Source); 6] = [
    ("vpc_id", "vpc-", Source::Vpc),
    ("transit_gateway_attachment_id", "tgw-attach-", Source::TransitGatewayAttachment),
    ("transit_gateway_id", "tgw-", Source::TransitGateway),
    ("subnet_id", "subnet-", Source::Subnet),
    ("eni_id", "eni-", Source::NetworkInterface),
    ("regional_nat_gateway_id", "nat-", Source::RegionalNatGateway),
];

/// Logs of traffic.
pub(crate) struct FlowLog;

/// A log with the account of the caller.
pub(crate) struct Seen {
    log: Answer,
    account: String,
}

#[async_trait::async_trait]
impl Kind for FlowLog {
    const NAME: &'static str = "aws_flow_log";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let source = SOURCES.iter().find_map(|(name, _, kind)| Some((args.string(name)?, kind.clone())));
        let (id, kind) = source.unwrap_or((String::new(), Source::Vpc));
        let of_gateways = matches!(kind, Source::TransitGateway | Source::TransitGatewayAttachment);
        let fields: Vec<_> = args.blocks("tag_field_specification").into_iter().map(tag_field).collect();
        let request = ec2
            .client
            .create_flow_logs()
            .client_token(create.operation)
            .resource_ids(&id)
            .resource_type(kind)
            .set_deliver_cross_account_role(args.string("deliver_cross_account_role"))
            .set_deliver_logs_permission_arn(args.string("iam_role_arn"))
            .set_destination_options(args.block("destination_options").map(destination))
            .set_log_destination(args.text("log_destination").map(without_streams))
            .set_log_destination_type(args.text("log_destination_type").map(LogDestinationType::from))
            .set_log_format(args.string("log_format"))
            .set_max_aggregation_interval(args.i32("max_aggregation_interval"))
            .set_tag_field_specifications(Some(fields).filter(|f| !f.is_empty()))
            .set_traffic_type(args.text("traffic_type").filter(|_| !of_gateways).map(TrafficType::from))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::VpcFlowLog));
        let what = format!("creating flow log of {id}");
        let new_role = |r: &Refusal| r.says("InvalidParameter", "Unable to assume given IAM role");
        let answer = ec2.insist("ec2:CreateFlowLogs", &what, ROLES, || request.clone().send(), new_role).await?;
        check(&what, answer.unsuccessful.unwrap_or_default(), &[])?;
        let made = answer.flow_log_ids.unwrap_or_default().into_iter().next();
        Ok(vec![("id", made.ok_or_else(|| Refusal::unread(&what))?)])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let (account, logs) = (ec2.cloud.account_id().await?, describe(ec2, &keys(wanted)).await?);
        let seen = |log: Answer| Some((log.flow_log_id.clone()?, Seen { log, account: account.clone() }));
        Ok(logs.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, Seen { log, account }: &Seen) -> Reply {
        let mut reply = Reply::new();
        let (id, destination) = (log.flow_log_id().unwrap_or_default(), log.log_destination());
        let written = Args(known).str("log_destination").filter(|w| Some(&*without_streams(w)) == destination);
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(account, &format!("vpc-flow-log/{id}"))))
            .str("deliver_cross_account_role", Some(log.deliver_cross_account_role().unwrap_or_default()))
            .str("iam_role_arn", Some(log.deliver_logs_permission_arn().unwrap_or_default()))
            .str("log_destination", written.or(destination))
            .str("log_destination_type", log.log_destination_type().map(LogDestinationType::as_str))
            .str("log_format", log.log_format())
            .i64("max_aggregation_interval", log.max_aggregation_interval())
            .blocks("destination_options", log.destination_options().map(observe_destination))
            .blocks("tag_field_specification", log.tag_field_specifications().iter().map(observe_tag_field));
        let source = log.resource_id().unwrap_or_default();
        if let Some((name, ..)) = SOURCES.iter().find(|(_, prefix, _)| source.starts_with(prefix)) {
            reply.str(name, Some(source));
        }
        if !source.starts_with("tgw-") {
            reply.str("traffic_type", log.traffic_type().map(TrafficType::as_str));
        }
        tags::observe(ec2, &mut reply, known, log.tags());
        reply
    }

    /// Only tags change in place.
    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = text(prior, "id").unwrap_or_default();
        let (request, what) = (ec2.client.delete_flow_logs().flow_log_ids(&id), format!("deleting flow log {id}"));
        let answer = ec2.call("ec2:DeleteFlowLogs", &what, || request.clone().send()).await;
        if let Some(answer) = unless(answer, &GONE)? {
            check(&what, answer.unsuccessful.unwrap_or_default(), &GONE)?;
        }
        let find = || async { Ok(describe(ec2, std::slice::from_ref(&id)).await?.pop()) };
        ec2.until_gone(format!("flow log {id} to be deleted"), PROPAGATION, find).await
    }

    /// AWS fills in options that are not written, and a log group's ARN may end in `:*`.
    fn plan(&self, draft: &mut Draft<'_>) {
        let Some(prior) = draft.prior else { return };
        if !draft.written("destination_options") {
            draft.keep("destination_options");
        }
        let (was, is) = (Args(prior).text("log_destination"), draft.text("log_destination"));
        if was.map(without_streams).zip(is.map(without_streams)).is_some_and(|(was, is)| was == is) {
            draft.keep("log_destination");
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_flow_logs().max_results(1000).set_next_token(token).send();
        let all = ec2.pages("ec2:DescribeFlowLogs", "listing flow logs", send, take).await?;
        Ok(all.into_iter().filter_map(|l| l.flow_log_id).collect())
    }
}

/// The ARN of a log group without the `:*` that stands for its streams.
fn without_streams(arn: &str) -> String {
    arn.trim_end_matches(":*").to_owned()
}

fn destination(block: Args<'_>) -> DestinationOptionsRequest {
    DestinationOptionsRequest::builder()
        .set_file_format(block.text("file_format").map(DestinationFileFormat::from))
        .set_hive_compatible_partitions(block.bool("hive_compatible_partitions"))
        .set_per_hour_partition(block.bool("per_hour_partition"))
        .build()
}

fn observe_destination(options: &DestinationOptionsResponse) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("file_format", options.file_format().map(DestinationFileFormat::as_str))
        .bool("hive_compatible_partitions", Some(options.hive_compatible_partitions().unwrap_or(false)))
        .bool("per_hour_partition", Some(options.per_hour_partition().unwrap_or(false)));
    reply
}

fn tag_field(block: Args<'_>) -> TagFieldSpecificationRequest {
    TagFieldSpecificationRequest::builder()
        .set_resource_type(block.text("resource_type").map(TaggableResourceType::from))
        .set_tag_keys(Some(block.strings("tag_keys")))
        .build()
}

fn observe_tag_field(field: &TagFieldSpecificationResponse) -> Reply {
    let mut reply = Reply::new();
    reply
        .str("resource_type", field.resource_type().map(TaggableResourceType::as_str))
        .list("tag_keys", field.tag_keys());
    reply
}

fn take(page: Page) -> (Option<Vec<Answer>>, Option<String>) {
    (page.flow_logs, page.next_token)
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_flow_logs().filter(filter).max_results(1000).set_next_token(token).send();
    ec2.filtered("ec2:DescribeFlowLogs", "reading flow logs", ("flow-log-id", ids), send, take).await
}
