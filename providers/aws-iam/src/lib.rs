//! IAM resource types.

mod attached_policy;
mod attachments;
mod client;
mod data_policy_document;
mod group;
mod holder;
mod inline_policies;
mod inline_policy;
mod instance_profile;
mod policy;
mod policy_document;
mod role;
mod user;
mod user_credentials;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use terrane_aws_core::{Cloud, is_code, uncertain};
use terrane_provider::Problem;
use terrane_provider::sdk::{DataSource, ResourceType};

use attached_policy::AttachedPolicy;
use holder::Kind;
use inline_policy::InlinePolicy;

/// The resource types, sorted by name.
pub fn resources() -> Vec<Box<dyn ResourceType<Cloud>>> {
    vec![
        Box::new(group::Group),
        Box::new(InlinePolicy(Kind::Group)),
        Box::new(AttachedPolicy(Kind::Group)),
        Box::new(instance_profile::InstanceProfile),
        Box::new(policy::Policy),
        Box::new(role::Role),
        Box::new(InlinePolicy(Kind::Role)),
        Box::new(AttachedPolicy(Kind::Role)),
        Box::new(user::User),
        Box::new(InlinePolicy(Kind::User)),
        Box::new(AttachedPolicy(Kind::User)),
    ]
}

/// The data sources, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![Box::new(data_policy_document::PolicyDocument)]
}

/// The problem of a create, with advice if the name is taken or nobody knows what came of the call.
fn unmade<E: ProvideErrorMetadata>(mut problem: Problem, error: &SdkError<E>) -> Problem {
    if is_code(error, &["EntityAlreadyExists"]) {
        problem.detail.push_str("\nChoose another name, or import the existing object instead of creating it.");
    } else if uncertain(error) {
        problem.detail.push_str("\nIt may have been made all the same: if so, import it before the next apply.");
    }
    problem
}

/// Says that the answer to a create was lost and the object of that name is an older one.
fn not_ours(what: &str) -> Problem {
    let detail = "The answer of AWS was lost, and an object of this name existed before. \
                  Choose another name, or import the existing object instead of creating it.";
    Problem::error(format!("Failed {what}"), detail)
}

fn wrong_id(id: &str, form: &str, example: &str) -> Problem {
    Problem::error("Invalid import id", format!("\"{id}\" is not of the form {form}, for example \"{example}\"."))
}
