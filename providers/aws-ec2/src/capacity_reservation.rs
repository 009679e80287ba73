//! `aws_ec2_capacity_reservation`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ec2::operation::describe_capacity_reservations::DescribeCapacityReservationsOutput;
use aws_sdk_ec2::types::{
    CapacityReservation as Answer, CapacityReservationInstancePlatform, CapacityReservationState,
    CapacityReservationTenancy, EndDateType, InstanceMatchCriteria, ResourceType,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::ebs_volume::seconds;
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::tags;

const TIME: Duration = Duration::from_secs(600);
const GONE: &str = "InvalidCapacityReservationId.NotFound";

/// Room for instances that is kept free.
pub(crate) struct CapacityReservation;

#[async_trait::async_trait]
impl Kind for CapacityReservation {
    const NAME: &'static str = "aws_ec2_capacity_reservation";
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let request = ec2
            .client
            .create_capacity_reservation()
            .client_token(create.operation)
            .set_availability_zone(args.string("availability_zone"))
            .set_ebs_optimized(args.bool("ebs_optimized"))
            .set_end_date(end_date(args))
            .set_end_date_type(args.text("end_date_type").map(EndDateType::from))
            .set_ephemeral_storage(args.bool("ephemeral_storage"))
            .set_instance_count(args.i32("instance_count"))
            .set_instance_match_criteria(args.text("instance_match_criteria").map(InstanceMatchCriteria::from))
            .set_instance_platform(args.text("instance_platform").map(CapacityReservationInstancePlatform::from))
            .set_instance_type(args.string("instance_type"))
            .set_outpost_arn(args.string("outpost_arn"))
            .set_placement_group_arn(args.string("placement_group_arn"))
            .set_tenancy(args.text("tenancy").map(CapacityReservationTenancy::from))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::CapacityReservation));
        let what = "creating capacity reservation";
        let answer = ec2.call("ec2:CreateCapacityReservation", what, || request.clone().send()).await?;
        let id = answer.capacity_reservation.and_then(|r| r.capacity_reservation_id);
        Ok(vec![("id", id.ok_or_else(|| Refusal::unread(what))?)])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        active(ec2, id, timeout(create.planned, "create", TIME)).await
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, &keys(wanted)).await?.into_iter().filter(lives);
        Ok(all.filter_map(|r| Some((r.capacity_reservation_id.clone()?, r))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        reply
            .str("id", seen.capacity_reservation_id())
            .str("arn", seen.capacity_reservation_arn())
            .str("availability_zone", seen.availability_zone())
            .bool("ebs_optimized", Some(seen.ebs_optimized().unwrap_or(false)))
            .str("end_date", Some(observed_end(known, seen)))
            .str("end_date_type", seen.end_date_type().map(EndDateType::as_str))
            .bool("ephemeral_storage", Some(seen.ephemeral_storage().unwrap_or(false)))
            .i64("instance_count", seen.total_instance_count())
            .str("instance_match_criteria", seen.instance_match_criteria().map(InstanceMatchCriteria::as_str))
            .str("instance_platform", seen.instance_platform().map(CapacityReservationInstancePlatform::as_str))
            .str("instance_type", seen.instance_type())
            .str("outpost_arn", Some(seen.outpost_arn().unwrap_or_default()))
            .str("owner_id", seen.owner_id())
            .str("placement_group_arn", Some(seen.placement_group_arn().unwrap_or_default()))
            .str("tenancy", seen.tenancy().map(CapacityReservationTenancy::as_str));
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let planned = Args(update.planned);
        if ["end_date", "end_date_type", "instance_count"].iter().any(|name| planned.differs(update.prior, name)) {
            let request = ec2
                .client
                .modify_capacity_reservation()
                .capacity_reservation_id(id)
                .set_end_date(end_date(planned))
                .set_end_date_type(planned.text("end_date_type").map(EndDateType::from))
                .set_instance_count(planned.i32("instance_count"));
            let what = format!("changing capacity reservation {id}");
            ec2.call("ec2:ModifyCapacityReservation", &what, || request.clone().send()).await?;
            active(ec2, id, timeout(update.planned, "update", TIME)).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        let request = ec2.client.cancel_capacity_reservation().capacity_reservation_id(id);
        let what = format!("cancelling capacity reservation {id}");
        let cancelled = ec2.call("ec2:CancelCapacityReservation", &what, || request.clone().send()).await;
        unless(cancelled, &[GONE])?;
        let time = timeout(prior, "delete", TIME);
        ec2.until_gone(format!("capacity reservation {id} to be cancelled"), time, || find(ec2, id)).await
    }

    /// The same moment in another spelling is no change.
    fn plan(&self, draft: &mut Draft<'_>) {
        let moment = |text: &str| DateTime::from_str(text, Format::DateTimeWithOffset).ok();
        let was = draft.prior.and_then(|p| Args(p).text("end_date")).and_then(moment);
        if was.is_some() && was == draft.text("end_date").and_then(moment) {
            draft.keep("end_date");
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_capacity_reservations().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeCapacityReservations", "listing capacity reservations");
        let all = ec2.pages(operation, what, send, |a| (a.capacity_reservations, a.next_token)).await?;
        Ok(all.into_iter().filter(lives).filter_map(|r| r.capacity_reservation_id).collect())
    }
}

/// The end of a reservation that has one.
fn end_date(args: Args<'_>) -> Option<DateTime> {
    args.text("end_date").and_then(|t| DateTime::from_str(t, Format::DateTimeWithOffset).ok())
}

fn observed_end(known: &Value, seen: &Answer) -> String {
    let known_end = Args(known).text("end_date").filter(|_| end_date(Args(known)).as_ref() == seen.end_date());
    known_end.map(str::to_owned).or(seen.end_date().and_then(seconds)).unwrap_or_default()
}

fn state(reservation: &Answer) -> &str {
    reservation.state().map(CapacityReservationState::as_str).unwrap_or_default()
}

fn lives(reservation: &Answer) -> bool {
    !matches!(state(reservation), "cancelled" | "expired")
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |ids| ec2.client.describe_capacity_reservations().set_capacity_reservation_ids(Some(ids)).send();
    let take = |a: DescribeCapacityReservationsOutput| a.capacity_reservations;
    let (operation, what) = ("ec2:DescribeCapacityReservations", "reading capacity reservations");
    ec2.existing(operation, what, (ids, GONE), send, take).await
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop().filter(lives))
}

async fn active(ec2: &Ec2<'_>, id: &str, time: Duration) -> Result<(), Problem> {
    let find = || async { Ok(describe(ec2, &[id.to_owned()]).await?.pop()) };
    let ready = |r: &Answer| match state(r) {
        state @ ("failed" | "cancelled" | "expired" | "unsupported") => Err(Problem::error(
            "Capacity reservation failed",
            format!(
                "Capacity reservation {id} is {state}: AWS has not the capacity now. Ask for another type or zone."
            ),
        )),
        state => Ok(matches!(state, "active" | "")),
    };
    let what = format!("capacity reservation {id} to be active");
    ec2.until(what, time, find, ready, |r| state(r).to_owned()).await?;
    Ok(())
}
