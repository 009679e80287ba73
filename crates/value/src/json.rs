//! Values and types as JSON, in the forms Terraform stores and exchanges them.

mod decode;
mod encode;
mod path;
mod types;

pub use decode::{from_json, from_json_value, json_decode};
pub use encode::{json_encode, quote, to_json};
pub use path::{path_from_json, path_to_json};
pub use types::{type_from_json, type_from_json_value, type_to_json, type_to_json_value};

#[cfg(test)]
mod tests;
