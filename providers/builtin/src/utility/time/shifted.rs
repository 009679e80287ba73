//! `time_offset` and `time_rotating`: a time at some distance from another one.

use async_trait::async_trait;
use jiff::{SignedDuration, Span, Zoned};
use terrane_provider::Problem;
use terrane_value::{Path, Type, Value};

use super::super::{Field, Kind, Surroundings, text};
use super::{PARTS, now, parse, parts, rfc3339, set, triggers};

/// A type of times at a distance.
pub(super) struct Shifted {
    name: &'static str,
    /// The argument with the time that the distance is counted from.
    base: &'static str,
    /// The attribute with the time that results.
    result: &'static str,
    /// The arguments of the distance in the order in which they are added, and what they count.
    distances: &'static [(&'static str, Unit)],
    /// The arguments in the order that ids have them.
    id: &'static [&'static str],
    /// Whether it is made anew once its time has passed; then the last distance counts alone, and its time may be written.
    rotates: bool,
}

/// What a distance counts.
#[derive(Clone, Copy)]
enum Unit {
    Seconds(i64),
    Days,
    Months(i64),
    /// A time that is written.
    Time,
}

pub(super) static OFFSET: Shifted = Shifted {
    name: "time_offset",
    base: "base_rfc3339",
    result: "rfc3339",
    distances: &[
        ("offset_days", Unit::Days),
        ("offset_hours", Unit::Seconds(3600)),
        ("offset_minutes", Unit::Seconds(60)),
        ("offset_months", Unit::Months(1)),
        ("offset_seconds", Unit::Seconds(1)),
        ("offset_years", Unit::Months(12)),
    ],
    id: &["offset_years", "offset_months", "offset_days", "offset_hours", "offset_minutes", "offset_seconds"],
    rotates: false,
};

pub(super) static ROTATING: Shifted = Shifted {
    name: "time_rotating",
    base: "rfc3339",
    result: "rotation_rfc3339",
    distances: &[
        ("rotation_days", Unit::Days),
        ("rotation_hours", Unit::Seconds(3600)),
        ("rotation_minutes", Unit::Seconds(60)),
        ("rotation_months", Unit::Months(1)),
        ("rotation_rfc3339", Unit::Time),
        ("rotation_years", Unit::Months(12)),
    ],
    id: &["rotation_years", "rotation_months", "rotation_days", "rotation_hours", "rotation_minutes"],
    rotates: true,
};

/// A time some months later; a day that the month does not have is one of the next month.
fn months_later(at: &Zoned, months: i64) -> Result<Zoned, jiff::Error> {
    let (first, day) = (at.date().first_of_month(), i64::from(at.day()) - 1);
    let date = first.checked_add(Span::new().try_months(months)?)?.checked_add(Span::new().try_days(day)?)?;
    at.with().date(date).build()
}

fn later(at: &Zoned, unit: Unit, count: &Value) -> Result<Zoned, Problem> {
    let number = count.as_i64().unwrap_or_default();
    let reached = match unit {
        Unit::Time => return parse(count.as_str().unwrap_or_default()),
        Unit::Seconds(one) => at.checked_add(SignedDuration::from_secs(number.saturating_mul(one))),
        Unit::Days => Span::new().try_days(number).and_then(|days| at.checked_add(days)),
        Unit::Months(one) => months_later(at, number.saturating_mul(one)),
    };
    reached.map_err(|e| Problem::error("Wrong distance", format!("{number} cannot be added to the time: {e}.")))
}

impl Shifted {
    /// The time that results for a base and the distances of a configuration or object.
    fn reached(&self, base: &Zoned, distances: &Value) -> Result<Zoned, Problem> {
        let mut reached = base.clone();
        for (name, unit) in self.distances {
            let Some(count) = distances.get(name).filter(|count| count.is_known() && !count.is_null()) else {
                continue;
            };
            if count.as_i64() == Some(0) || count.as_str() == Some("") {
                continue;
            }
            let start = if self.rotates { base } else { &reached };
            reached = later(start, *unit, count).map_err(|problem| problem.at(Path::root().attr(*name)))?;
        }
        Ok(reached)
    }

    /// All that is computed, for a base and some distances.
    fn made(&self, base: &Zoned, distances: &Value) -> Result<Vec<(&'static str, Value)>, Problem> {
        let reached = self.reached(base, distances)?;
        let mut all = parts(&reached);
        all.push((self.result, Value::string(rfc3339(&reached))));
        all.extend(["id", self.base].map(|name| (name, Value::string(rfc3339(base)))));
        Ok(all)
    }

    /// The fields of the distances; a time that is written is among the others.
    fn numbers(&self) -> impl Iterator<Item = &'static str> {
        self.distances.iter().filter(|(_, unit)| !matches!(unit, Unit::Time)).map(|(name, _)| *name)
    }

    fn wrong_id(&self, id: &str) -> Problem {
        let units = self.id.iter().map(|name| name.rsplit('_').next().unwrap_or_default().to_uppercase());
        let (form, or) = (units.collect::<Vec<_>>().join(","), if self.rotates { " or BASE,ROTATION" } else { "" });
        Problem::error("Wrong id", format!("{id:?} is not of the form BASE,{form}{or}, with at least one distance."))
    }
}

#[async_trait]
impl Kind for Shifted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fields(&self) -> Vec<Field> {
        let mut all: Vec<Field> =
            PARTS.into_iter().map(|name| Field::computed(name, Type::Number).in_place()).collect();
        all.extend(self.numbers().map(|name| Field::optional(name, Type::Number).in_place()));
        let base = Field::either(self.base, Type::String);
        let result = Field::computed(self.result, Type::String).in_place();
        all.extend(match self.rotates {
            true => [base, Field::either(self.result, Type::String).in_place()],
            false => [base.in_place(), result],
        });
        all.extend([Field::computed("id", Type::String).in_place(), triggers()]);
        all
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let names: Vec<&str> = self.distances.iter().map(|(name, _)| *name).collect();
        let missing = names.iter().all(|name| config.get(name).is_none_or(Value::is_null));
        let nothing = missing.then(|| {
            Problem::error("Missing distance", format!("At least one of {} has to be set.", names.join(", ")))
        });
        let times = [self.base, self.result].into_iter().filter_map(|name| {
            let written = config.get(name).and_then(Value::as_str)?;
            parse(written).err().map(|problem| problem.at(Path::root().attr(name)))
        });
        let small = self.numbers().filter(|_| self.rotates).filter_map(|name| {
            let number = config.get(name).and_then(Value::as_i64).filter(|number| *number < 1)?;
            let detail = format!("{name} has to be at least 1, not {number}.");
            Some(Problem::error("Wrong distance", detail).at(Path::root().attr(name)))
        });
        nothing.into_iter().chain(times).chain(small).collect()
    }

    /// An object keeps its base, and what another distance leads to is known at once.
    fn plan(&self, config: &Value, planned: &mut Vec<(&'static str, Value)>) {
        let of = |name: &str| planned.iter().find(|(own, _)| *own == name).map(|(_, value)| value);
        if of("id").is_none_or(|id| !id.is_known()) {
            return;
        }
        let written = self.distances.iter().all(|(name, _)| config.get(name).is_none_or(Value::is_known));
        let base = of(self.base).and_then(Value::as_str).filter(|_| written);
        let made = base.and_then(|base| self.made(&parse(base).ok()?, config).ok());
        let unknown = |name: &&'static str| (*name, Value::unknown(Type::Number));
        let mut known = made.unwrap_or_else(|| {
            let texts = ["id", self.result].map(|name| (name, Value::unknown(Type::String)));
            PARTS.iter().map(unknown).chain(texts).collect()
        });
        // A text that is written stays as it is.
        known.retain(|(name, _)| *name != self.base && config.get(name).is_none_or(Value::is_null));
        set(planned, known);
    }

    async fn create(&self, planned: &Value, around: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let written = Some(text(planned, self.base)).filter(|written| !written.is_empty());
        let base = written.map_or_else(|| Ok(now(around)), parse)?;
        let mut made = self.made(&base, planned)?;
        let is_open = |name: &str| planned.get(name).is_none_or(|value| value.is_null() || !value.is_known());
        made.retain(|(name, _)| is_open(name));
        Ok(made)
    }

    /// A rotating time is gone once it has passed.
    fn exists(&self, prior: &Value, around: &Surroundings) -> bool {
        let end = parse(text(prior, self.result));
        !self.rotates || end.map_or(true, |end| now(around) <= end)
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let all: Vec<&str> = id.split(',').collect();
        let (base, rest) = all.split_first().ok_or_else(|| self.wrong_id(id))?;
        let given: Vec<(&'static str, Value)> = match rest {
            [end] if self.rotates => vec![(self.result, Value::string(*end))],
            _ if rest.len() == self.id.len() && rest.iter().any(|count| !count.is_empty()) => {
                let number = |count: &&str| match *count {
                    "" => Ok(Value::null(Type::Number)),
                    count => count.parse::<i64>().map(Value::from).map_err(|_| self.wrong_id(id)),
                };
                let numbers: Result<Vec<Value>, Problem> = rest.iter().map(number).collect();
                self.id.iter().copied().zip(numbers?).collect()
            }
            _ => return Err(self.wrong_id(id)),
        };
        let mut found = self.made(&parse(base)?, &Value::object(given.clone()))?;
        found.extend(given);
        Ok(found)
    }
}
