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
    let utilities = terrane_builtin::Utility::all(|| jiff::Timestamp::now().as_second()).into_iter();
    let utilities = utilities.map(|(name, utility)| (name, Arc::new(utility) as Arc<dyn terrane_provider::Provider>));
    let hashicorp = utilities.chain([("aws", aws)]).flat_map(|(name, provider)| {
        let address = Provider::new("hashicorp", name);
        [(opentofu(&address), provider.clone()), (address, provider)]
    });
    Providers::new(hashicorp.chain([(Provider::implied("terraform"), builtin)]))
}

/// The same provider as OpenTofu's registry names it; state that OpenTofu wrote holds such addresses.
fn opentofu(provider: &Provider) -> Provider {
    Provider { host: "registry.opentofu.org".into(), ..provider.clone() }
}
