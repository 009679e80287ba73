//! hashicorp/time.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use terrane_provider::Problem;
use terrane_value::{Path, Type, Value, parse_duration};

use super::{Field, Kind, Surroundings, text};

pub(super) static KINDS: &[&dyn Kind] = &[&Sleep, &Static];

fn triggers() -> Field {
    Field::optional("triggers", Type::map(Type::String))
}

fn now(around: &Surroundings) -> Timestamp {
    Timestamp::from_second((around.clock)()).unwrap_or_default()
}

struct Static;

/// What is told of a time.
fn parts(time: Timestamp, rfc3339: &str) -> Vec<(&'static str, Value)> {
    let at: DateTime = TimeZone::UTC.to_datetime(time);
    let number = |n: i64| Value::from(n);
    vec![
        ("id", Value::string(rfc3339)),
        ("rfc3339", Value::string(rfc3339)),
        ("year", number(at.year().into())),
        ("month", number(at.month().into())),
        ("day", number(at.day().into())),
        ("hour", number(at.hour().into())),
        ("minute", number(at.minute().into())),
        ("second", number(at.second().into())),
        ("unix", number(time.as_second())),
    ]
}

fn parse(text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|e| {
        let detail = format!("{text:?} is not a time in RFC 3339 form, such as 2026-02-13T12:30:00Z: {e}.");
        Problem::error("Wrong time", detail).at(Path::root().attr("rfc3339"))
    })
}

#[async_trait]
impl Kind for Static {
    fn name(&self) -> &'static str {
        "time_static"
    }

    fn fields(&self) -> Vec<Field> {
        let numbers = ["day", "hour", "minute", "month", "second", "unix", "year"];
        let mut all: Vec<Field> = numbers.into_iter().map(|name| Field::computed(name, Type::Number)).collect();
        all.extend([Field::computed("id", Type::String), Field::either("rfc3339", Type::String), triggers()]);
        all
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let written = config.get("rfc3339").and_then(Value::as_str);
        written.and_then(|text| parse(text).err()).into_iter().collect()
    }

    async fn create(&self, planned: &Value, around: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        match text(planned, "rfc3339") {
            "" => {
                let time = now(around);
                Ok(parts(time, &time.to_string()))
            }
            written => Ok(parts(parse(written)?, written)),
        }
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        Ok(parts(parse(id)?, id))
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
        Ok(vec![("id", Value::string(now(around).to_string()))])
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
