//! Values and types as JSON, in the forms Terraform stores and exchanges them.

mod decode;
mod encode;
mod path;
mod read;
mod types;
mod why;

pub use decode::from_json_value;
pub use encode::{about_length, append_json, check_plain, json_encode, quote, to_json};
pub use path::{path_from_json, path_to_json};
pub use read::{Decoder, from_json, json_decode};
pub use types::{type_from_json, type_from_json_value, type_to_json, type_to_json_value};
pub use why::why;

#[cfg(test)]
mod tests;
