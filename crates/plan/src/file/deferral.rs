//! What is deferred, in plan files.

use terrane_address::{AbsCall, Beyond, Place, ProviderConfig, parse_module};
use terrane_state::DeposedKey;

use super::decode::{instance, named};
use super::{value, wire};
use crate::{DeferReason, Deferred, Provisional};

pub(super) fn encode(deferred: &Deferred) -> Result<wire::Deferred, String> {
    Ok(wire::Deferred {
        place: encode_place(&deferred.place),
        deposed: deferred.deposed.as_ref().map(ToString::to_string),
        provider: deferred.provider.to_string(),
        reason: reason(deferred.reason).to_owned(),
        because: deferred.because.iter().map(ToString::to_string).collect(),
        change: match &deferred.change {
            Provisional::Create(after) => wire::Provisional::Create(value::encode(after)?),
            Provisional::Update { before, after } => {
                wire::Provisional::Update { before: value::encode(before)?, after: value::encode(after)? }
            }
            Provisional::Delete(before) => wire::Provisional::Delete(value::encode(before)?),
            Provisional::Read(after) => wire::Provisional::Read(value::encode(after)?),
        },
    })
}

pub(super) fn decode(deferred: wire::Deferred) -> Result<Deferred, String> {
    const REASONS: [DeferReason; 4] =
        [DeferReason::KeysUnknown, DeferReason::ConfigUnknown, DeferReason::ProviderUnknown, DeferReason::Prerequisite];
    Ok(Deferred {
        place: decode_place(deferred.place)?,
        deposed: deferred.deposed.map(|key| DeposedKey(key.into())),
        provider: ProviderConfig::parse(&deferred.provider).map_err(|e| e.to_string())?,
        reason: named(&REASONS, reason, &deferred.reason)?,
        because: deferred.because.into_iter().map(Into::into).collect(),
        change: match deferred.change {
            wire::Provisional::Create(after) => Provisional::Create(value::decode(after)?),
            wire::Provisional::Update { before, after } => {
                Provisional::Update { before: value::decode(before)?, after: value::decode(after)? }
            }
            wire::Provisional::Delete(before) => Provisional::Delete(value::decode(before)?),
            wire::Provisional::Read(after) => Provisional::Read(value::decode(after)?),
        },
    })
}

fn reason(reason: DeferReason) -> &'static str {
    match reason {
        DeferReason::KeysUnknown => "keys-unknown",
        DeferReason::ConfigUnknown => "config-unknown",
        DeferReason::ProviderUnknown => "provider-unknown",
        DeferReason::Prerequisite => "prerequisite",
    }
}

fn encode_place(place: &Place) -> wire::Place {
    match place {
        Place::Instance(instance) => wire::Place::Instance(instance.to_string()),
        Place::Resource(resource) => wire::Place::Resource(resource.to_string()),
        Place::Beyond { module: Beyond { call, inner }, resource, keyed } => wire::Place::Beyond {
            module: call.module.to_string(),
            call: call.name.to_string(),
            inner: inner.iter().map(|(name, keyed)| (name.to_string(), *keyed)).collect(),
            resource: resource.to_string(),
            keyed: *keyed,
        },
    }
}

fn decode_place(place: wire::Place) -> Result<Place, String> {
    Ok(match place {
        wire::Place::Instance(text) => Place::Instance(instance(&text)?),
        wire::Place::Resource(text) => Place::Resource(instance(&text)?.resource),
        wire::Place::Beyond { module, call, inner, resource, keyed } => {
            let module = match module.as_str() {
                "" => terrane_address::ModuleInstance::root(),
                text => parse_module(text).map_err(|e| e.to_string())?,
            };
            let inner = inner.into_iter().map(|(name, keyed)| (name.into(), keyed)).collect();
            let module = Beyond { call: AbsCall { module, name: call.into() }, inner };
            Place::Beyond { module, resource: instance(&resource)?.resource.resource.clone(), keyed }
        }
    })
}
