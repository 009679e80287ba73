//! hashicorp/time.

mod shifted;

use std::time::Duration;

use async_trait::async_trait;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned, civil::Time};
use terrane_provider::Problem;
use terrane_value::{Path, Type, Value, parse_duration};

use self::shifted::{OFFSET, ROTATING};
use super::{Field, Kind, Surroundings, text};

pub(super) static KINDS: &[&dyn Kind] = &[&OFFSET, &ROTATING, &Sleep, &Static];

const PARTS: [&str; 7] = ["day", "hour", "minute", "month", "second", "unix", "year"];

fn triggers() -> Field {
    Field::optional("triggers", Type::map(Type::String))
}

fn now(around: &Surroundings) -> Zoned {
    Timestamp::from_second((around.clock)()).unwrap_or_default().to_zoned(TimeZone::UTC)
}

struct Static;

/// What is told of a time, in its own zone.
fn parts(at: &Zoned) -> Vec<(&'static str, Value)> {
    let number = |n: i64| Value::from(n);
    vec![
        ("year", number(at.year().into())),
        ("month", number(at.month().into())),
        ("day", number(at.day().into())),
        ("hour", number(at.hour().into())),
        ("minute", number(at.minute().into())),
        ("second", number(at.second().into())),
        ("unix", number(at.timestamp().as_second())),
    ]
}

/// A time as RFC 3339 writes it, in whole seconds.
fn rfc3339(at: &Zoned) -> String {
    match at.offset() {
        Offset::UTC => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}

/// What is told of a fixed time: its parts and its text, which is its id.
fn fixed(at: &Zoned, written: &str) -> Vec<(&'static str, Value)> {
    let texts = ["id", "rfc3339"].map(|name| (name, Value::string(written)));
    parts(at).into_iter().chain(texts).collect()
}

fn parse(text: &str) -> Result<Zoned, Problem> {
    let wrong = |why: &dyn std::fmt::Display| {
        let detail = format!("{text:?} is not a time in RFC 3339 form, such as 2026-02-13T12:30:00Z: {why}.");
        Problem::error("Wrong time", detail)
    };
    let pieces = Pieces::parse(text).map_err(|e| wrong(&e))?;
    let offset = pieces.to_numeric_offset().ok_or_else(|| wrong(&"it tells no offset from UTC"))?;
    let at = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    TimeZone::fixed(offset).to_zoned(at).map_err(|e| wrong(&e))
}

#[async_trait]
impl Kind for Static {
    fn name(&self) -> &'static str {
        "time_static"
    }

    fn fields(&self) -> Vec<Field> {
        let mut all: Vec<Field> = PARTS.into_iter().map(|name| Field::computed(name, Type::Number)).collect();
        all.extend([Field::computed("id", Type::String), Field::either("rfc3339", Type::String), triggers()]);
        all
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let written = config.get("rfc3339").and_then(Value::as_str);
        let wrong = written.and_then(|text| parse(text).err());
        wrong.map(|problem| problem.at(Path::root().attr("rfc3339"))).into_iter().collect()
    }

    /// A time that is written is known before it is applied.
    fn plan(&self, config: &Value, planned: &mut Vec<(&'static str, Value)>) {
        let written = config.get("rfc3339").and_then(Value::as_str);
        if let Some((text, at)) = written.and_then(|text| Some((text, parse(text).ok()?))) {
            set(planned, fixed(&at, text));
        }
    }

    async fn create(&self, planned: &Value, around: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        match text(planned, "rfc3339") {
            "" => {
                let time = now(around);
                Ok(fixed(&time, &rfc3339(&time)))
            }
            written => Ok(fixed(&parse(written)?, written)),
        }
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        Ok(fixed(&parse(id)?, id))
    }
}

/// Overwrites attributes that are planned.
fn set(planned: &mut [(&'static str, Value)], known: Vec<(&'static str, Value)>) {
    for (name, value) in known {
        planned.iter_mut().filter(|(own, _)| *own == name).for_each(|(_, old)| *old = value.clone());
    }
}

struct Sleep;

/// A duration as Go writes it; an empty text is none.
fn duration(text: &str) -> Result<Duration, Problem> {
    let wrong = || Problem::error("Wrong duration", format!("{text:?} is not a duration such as 30s, 5m or 1h30m."));
    if text.is_empty() { Ok(Duration::ZERO) } else { parse_duration(text).ok_or_else(wrong) }
}

async fn wait(object: &Value, name: &str) -> Result<(), Problem> {
    let duration = duration(text(object, name)).map_err(|problem| problem.at(Path::root().attr(name)))?;
    tokio::time::sleep(duration).await;
    Ok(())
}

#[async_trait]
impl Kind for Sleep {
    fn name(&self) -> &'static str {
        "time_sleep"
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::optional("create_duration", Type::String).in_place(),
            Field::optional("destroy_duration", Type::String).in_place(),
            Field::computed("id", Type::String),
            triggers(),
        ]
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let names = ["create_duration", "destroy_duration"];
        let missing = names.iter().all(|name| config.get(name).is_none_or(Value::is_null));
        let nothing = missing.then(|| {
            Problem::error("Missing duration", "At least one of create_duration and destroy_duration has to be set.")
        });
        let wrong = names.into_iter().filter_map(|name| {
            let text = config.get(name).and_then(Value::as_str)?;
            duration(text).err().map(|problem| problem.at(Path::root().attr(name)))
        });
        nothing.into_iter().chain(wrong).collect()
    }

    async fn create(&self, planned: &Value, around: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        wait(planned, "create_duration").await?;
        Ok(vec![("id", Value::string(rfc3339(&now(around))))])
    }

    async fn delete(&self, prior: &Value) -> Result<(), Problem> {
        wait(prior, "destroy_duration").await
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let Some((create, destroy)) = id.split_once(',') else {
            return Err(Problem::error(
                "Wrong id",
                format!("{id:?} is not of the form CREATE_DURATION,DESTROY_DURATION."),
            ));
        };
        let some = |text: &str| match text {
            "" => Ok(Value::null(Type::String)),
            text => duration(text).map(|_| Value::string(text)),
        };
        Ok(vec![("create_duration", some(create)?), ("destroy_duration", some(destroy)?), ("id", Value::string(id))])
    }
}
