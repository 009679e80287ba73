//! Functions of dates and times.

mod duration;
mod pattern;
pub mod rfc3339;

use std::time::SystemTime;

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::tz::Offset;
use terrane_value::Value;

use super::call::Call;
use super::signature::{a_number, a_string};
use super::{ArgError, Function, Param};
use rfc3339::Moment;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("formatdate", &[Param::string("format"), Param::string("time")], a_string, formatdate),
    Function::new("plantimestamp", &[], a_string, plantimestamp).nullable(),
    Function::new("timeadd", &[Param::string("timestamp"), Param::string("duration")], a_string, timeadd).nullable(),
    Function::new("timecmp", &[Param::string("timestamp_a"), Param::string("timestamp_b")], a_number, timecmp),
    Function::new("timestamp", &[], a_string, timestamp).impure(),
];

fn moment(call: &Call<'_>, at: usize) -> Result<Moment, ArgError> {
    let text = call.text(at);
    Moment::parse(text).map_err(|why| {
        ArgError::at(at, format!("{text:?} is no timestamp like 2006-01-02T15:04:05Z: {why}")).revealing()
    })
}

fn timestamp(call: &Call<'_>) -> Result<Value, ArgError> {
    shown(call.world.now())
}

fn plantimestamp(call: &Call<'_>) -> Result<Value, ArgError> {
    shown(call.world.planned_at())
}

fn shown(time: SystemTime) -> Result<Value, ArgError> {
    let now = Timestamp::try_from(time).map_err(|e| ArgError::call(format!("the time is unknown: {e}")))?;
    Ok(Moment { local: Offset::UTC.to_datetime(now), offset: 0 }.to_string().into())
}

fn timeadd(call: &Call<'_>) -> Result<Value, ArgError> {
    let moment = moment(call, 0)?;
    let text = call.text(1);
    let duration = duration::parse(text)
        .ok_or_else(|| ArgError::at(1, format!("{} is no duration like 1h30m or -10s", call.shown(text))))?;
    // Years before 0 and after 9999 have no place in a timestamp.
    let local = moment.local.checked_add(duration).ok().filter(|local| local.year() >= 0);
    let local = local.ok_or_else(|| ArgError::at(1, "the sum is not within the years 0 to 9999"))?;
    Ok(Moment { local, ..moment }.to_string().into())
}

fn timecmp(call: &Call<'_>) -> Result<Value, ArgError> {
    let order = moment(call, 0)?.since_1970().cmp(&moment(call, 1)?.since_1970());
    Ok(Value::from(match order {
        Ordering::Less => -1i64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

fn formatdate(call: &Call<'_>) -> Result<Value, ArgError> {
    let moment = moment(call, 1)?;
    pattern::write(call.text(0), &moment).map(Value::from).map_err(|why| ArgError::at(0, why).revealing())
}
