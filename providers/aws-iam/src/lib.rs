//! IAM resource types.

mod access_key;
mod account_alias;
mod account_password_policy;
mod attached_policy;
mod attachments;
mod census;
mod client;
mod data_entities;
mod data_identity;
mod data_lists;
mod data_policy_document;
mod group;
mod group_membership;
mod holder;
mod inline_policies;
mod inline_policy;
mod instance_profile;
mod memberships;
mod openid_connect_provider;
mod pgp;
mod policy;
mod policy_attachment;
mod policy_document;
mod role;
mod saml_provider;
mod service_linked_role;
mod user;
mod user_credentials;
mod user_group_membership;
mod user_login_profile;
mod user_ssh_key;

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
        Box::new(access_key::AccessKey),
        Box::new(account_alias::AccountAlias),
        Box::new(account_password_policy::AccountPasswordPolicy),
        Box::new(group::Group),
        Box::new(group_membership::GroupMembership),
        Box::new(InlinePolicy(Kind::Group)),
        Box::new(AttachedPolicy(Kind::Group)),
        Box::new(instance_profile::InstanceProfile),
        Box::new(openid_connect_provider::OpenIdConnectProvider),
        Box::new(policy::Policy),
        Box::new(policy_attachment::PolicyAttachment),
        Box::new(role::Role),
        Box::new(InlinePolicy(Kind::Role)),
        Box::new(AttachedPolicy(Kind::Role)),
        Box::new(saml_provider::SamlProvider),
        Box::new(service_linked_role::ServiceLinkedRole),
        Box::new(user::User),
        Box::new(user_group_membership::UserGroupMembership),
        Box::new(user_login_profile::UserLoginProfile),
        Box::new(InlinePolicy(Kind::User)),
        Box::new(AttachedPolicy(Kind::User)),
        Box::new(user_ssh_key::UserSshKey),
    ]
}

/// The data sources, sorted by name.
pub fn data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![
        Box::new(data_identity::AccountAlias),
        Box::new(data_entities::Group),
        Box::new(data_entities::InstanceProfile),
        Box::new(data_entities::OpenIdConnectProvider),
        Box::new(data_entities::Policy),
        Box::new(data_policy_document::PolicyDocument),
        Box::new(data_entities::Role),
        Box::new(data_lists::Roles),
        Box::new(data_identity::SessionContext),
        Box::new(data_entities::User),
        Box::new(data_lists::Users),
    ]
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

/// Says that objects of a type cannot be imported, and what to use instead.
fn not_importable(ty: &str, instead: &str) -> Problem {
    let detail = format!(
        "{ty} owns a whole set, and objects of it cannot be imported. Write it and apply: what is there already is \
         taken over. Where several configurations share the set, use {instead}."
    );
    Problem::error("Objects of this type cannot be imported", detail)
}
