//! hashicorp/random.

mod bytes;
mod number;
mod pet;
mod text;
mod words;

use terrane_value::Type;

use super::{Field, Kind};

pub(super) static KINDS: &[&dyn Kind] = &[
    &number::Integer,
    &bytes::Id,
    &text::Text { secret: true },
    &pet::Pet,
    &number::Shuffle,
    &text::Text { secret: false },
    &bytes::Uuid,
];

/// What has an object made anew when it changes.
fn keepers() -> Field {
    Field::optional("keepers", Type::map(Type::String))
}
