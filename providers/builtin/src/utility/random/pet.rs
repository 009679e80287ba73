//! `random_pet`.

use async_trait::async_trait;
use terrane_provider::Problem;
use terrane_value::{Type, Value};

use super::super::{Field, Kind, Surroundings, below, number, text};
use super::keepers;
use super::words::{ADJECTIVES, ADVERBS, ANIMALS};

pub(super) struct Pet;

fn one(words: &'static str) -> Result<&'static str, Problem> {
    let all: Vec<&str> = words.split_whitespace().collect();
    let at = usize::try_from(below(all.len() as u64)?).unwrap_or_default();
    Ok(all.get(at).copied().unwrap_or_default())
}

#[async_trait]
impl Kind for Pet {
    fn name(&self) -> &'static str {
        "random_pet"
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::computed("id", Type::String),
            keepers(),
            Field::default("length", Value::from(2)),
            Field::optional("prefix", Type::String),
            Field::default("separator", Value::string("-")),
        ]
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let length = number(planned, "length").max(1);
        let mut words = Vec::new();
        for left in (1..=length).rev() {
            words.push(match left {
                1 => one(ANIMALS)?,
                2 => one(ADJECTIVES)?,
                _ => one(ADVERBS)?,
            });
        }
        let prefix = text(planned, "prefix");
        words.splice(0..0, Some(prefix).filter(|prefix| !prefix.is_empty()));
        Ok(vec![("id", Value::string(words.join(text(planned, "separator"))))])
    }
}
