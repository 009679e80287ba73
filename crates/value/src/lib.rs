//! Types, values, paths, conversions, schemas and their codecs.
//!
//! Values follow the model of Terraform's language: every value has a type, may be null or unknown, and may carry
//! marks. Absent on purpose: syntax, files, addresses, anything about providers.

mod convert;
mod duration;
mod fields;
pub mod json;
mod marks;
pub mod msgpack;
mod number;
pub mod ops;
mod path;
mod quote;
mod refine;
mod render;
mod schema;
mod set;
mod types;
mod value;

pub use convert::{ConvertError, convert, convertible, mismatch, unify};
pub use duration::{duration_text, parse_duration};
pub use fields::Fields;
pub use marks::Marks;
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use quote::quoted;
pub use refine::{Bound, Bounds, Promise, Refinement};
pub use render::{Style, compact, to_hcl};
pub use schema::{Attribute, Block, CallFault, FunctionParam, FunctionSchema, NestedBlock, Nesting, Schema};
pub use types::{ObjectType, Type};
pub use value::{Kind, Value};
