//! The providers that are built in.

use std::sync::Arc;

use terrane_address::Provider;
use terrane_plan::Providers;

use crate::remote_states::RemoteStates;

/// All of them, by source address. States of other projects are read as they are stored.
pub fn all() -> Providers {
    reading(RemoteStates::default())
}

/// All of them, with a way to read the states of other projects.
pub fn reading(states: RemoteStates) -> Providers {
    let aws: Arc<dyn terrane_provider::Provider> = Arc::new(terrane_aws::AwsProvider::new());
    let builtin: Arc<dyn terrane_provider::Provider> = Arc::new(terrane_builtin::Builtin::new(Arc::new(states)));
    Providers::new([
        (Provider::new("hashicorp", "aws"), aws.clone()),
        (opentofu(&Provider::new("hashicorp", "aws")), aws),
        (Provider::implied("terraform"), builtin),
    ])
}

/// The same provider as OpenTofu's registry names it; state that OpenTofu wrote holds such addresses.
fn opentofu(provider: &Provider) -> Provider {
    Provider { host: "registry.opentofu.org".into(), ..provider.clone() }
}
