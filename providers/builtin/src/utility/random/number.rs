//! `random_integer` and `random_shuffle`.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use terrane_provider::Problem;
use terrane_value::{Path, Type, Value};

use super::super::{Field, Kind, Surroundings, below, number, text};
use super::keepers;

/// Numbers that are random, or the same for the same seed.
struct Numbers {
    seed: Option<String>,
    drawn: u64,
}

impl Numbers {
    fn of(object: &Value) -> Numbers {
        let seed = Some(text(object, "seed")).filter(|seed| !seed.is_empty());
        Numbers { seed: seed.map(str::to_owned), drawn: 0 }
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> Result<u64, Problem> {
        let Some(seed) = &self.seed else { return below(limit) };
        self.drawn += 1;
        let digest = Sha256::digest(format!("{seed}\n{}", self.drawn));
        let bytes = digest.first_chunk::<8>().copied().unwrap_or_default();
        Ok(u64::from_le_bytes(bytes) % limit.max(1))
    }
}

pub(super) struct Integer;

#[async_trait]
impl Kind for Integer {
    fn name(&self) -> &'static str {
        "random_integer"
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::computed("id", Type::String),
            keepers(),
            Field::required("max", Type::Number),
            Field::required("min", Type::Number),
            Field::computed("result", Type::Number),
            Field::optional("seed", Type::String),
        ]
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let part = |name: &str| config.get(name).and_then(Value::as_i64);
        match (part("min"), part("max")) {
            (Some(min), Some(max)) if max < min => {
                let detail = format!("max, {max}, is less than min, {min}.");
                vec![Problem::error("Wrong range", detail).at(Path::root().attr("max"))]
            }
            _ => Vec::new(),
        }
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let (min, max) = (number(planned, "min"), number(planned, "max"));
        let span = u64::try_from(i128::from(max) - i128::from(min) + 1).unwrap_or(u64::MAX);
        let result = i128::from(min) + i128::from(Numbers::of(planned).below(span)?);
        let result = i64::try_from(result).unwrap_or(max);
        Ok(vec![("id", Value::string(result.to_string())), ("result", Value::from(result))])
    }

    fn import(&self, id: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
        let wrong =
            || Problem::error("Wrong id", format!("{id:?} is not of the form RESULT,MIN,MAX or RESULT,MIN,MAX,SEED."));
        let parts: Vec<&str> = id.split(',').collect();
        let number = |at: usize| parts.get(at).and_then(|text| text.parse::<i64>().ok()).ok_or_else(wrong);
        if parts.len() > 4 {
            return Err(wrong());
        }
        Ok(vec![
            ("id", Value::string(number(0)?.to_string())),
            ("result", Value::from(number(0)?)),
            ("min", Value::from(number(1)?)),
            ("max", Value::from(number(2)?)),
            ("seed", parts.get(3).map_or(Value::null(Type::String), |seed| Value::string(*seed))),
        ])
    }
}

pub(super) struct Shuffle;

#[async_trait]
impl Kind for Shuffle {
    fn name(&self) -> &'static str {
        "random_shuffle"
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::computed("id", Type::String),
            Field::required("input", Type::list(Type::String)),
            keepers(),
            Field::computed("result", Type::list(Type::String)),
            Field::optional("result_count", Type::Number),
            Field::optional("seed", Type::String),
        ]
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let input = planned.get("input").and_then(Value::elements).unwrap_or_default();
        let count = match number(planned, "result_count") {
            n if n > 0 => usize::try_from(n).unwrap_or(usize::MAX),
            _ => input.len(),
        };
        let mut numbers = Numbers::of(planned);
        let mut result: Vec<Value> = Vec::new();
        while result.len() < count && !input.is_empty() {
            let mut round = input.to_vec();
            for at in (1..round.len()).rev() {
                let other = numbers.below(at as u64 + 1)?;
                round.swap(at, usize::try_from(other).unwrap_or_default());
            }
            result.extend(round);
        }
        result.truncate(count);
        Ok(vec![("id", Value::string("-")), ("result", Value::list(Type::String, result))])
    }
}
