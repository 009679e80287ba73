//! What all AWS services share: configuration, clients, retries, tags, schemas.
//!
//! [`Cloud`] is the context that every AWS resource type and data source gets. Calls go through [`Cloud::call`], which
//! repeats and counts them; the SDK's own retries are off.

mod arn;
mod bulk;
mod call;
mod cloud;
mod config;
mod credentials;
mod empty;
mod http;
pub mod identity;
mod insist;
mod name;
mod open;
mod pace;
mod problem;
mod profile;
mod quota;
mod reading;
mod rules;
mod schemas;
mod services;
mod settings;
mod tags;
pub mod testing;
mod wait;
mod whole;
mod window;

pub use arn::{Arn, Partition};
pub use bulk::{Regional, by_region, chunks, concurrently, read_by_region, read_each};
pub use call::Called;
pub use cloud::{Caller, Cloud};
pub use config::{config_schema, module_schema, validate_config};
pub use credentials::expanded;
pub use empty::keep_empty;
pub use insist::{made_since, uncertain};
pub use name::{name_after, name_of, prefix_of};
pub use problem::{code, is_code, message, problem, says, status};
pub use reading::once;
pub use rules::{AwsRules, is_region, split_region};
pub use schemas::{data_schema, data_types, resource_schema, resource_types};
pub use tags::{TagDiff, TagRules, Tags, reserved_tags};
pub use wait::{Poll, TIMED_OUT, timeout};
