//! Objects between their stored form and values.

use std::collections::BTreeSet;
use std::sync::Arc;

use terrane_address::{Instance, Provider};
use terrane_provider::{Object, Problem};
use terrane_state::StoredObject;
use terrane_value::{Marks, Path, Type, Value, convert};

use crate::shapes::Shape;
use crate::{Providers, protocol};

/// Where marks are within a value.
pub(crate) type MarkedPaths = Vec<(Path, Marks)>;

/// A stored object as one of the present schema.
pub(crate) fn decode(
    providers: &Providers,
    address: &Provider,
    instance: &Instance,
    stored: &StoredObject,
    shape: &Shape,
) -> Result<Object, Vec<Problem>> {
    let ty = &instance.resource.resource.ty;
    if stored.schema_version > shape.schema.version {
        return Err(vec![Problem::error(
            "Object was stored by a newer version of its provider",
            format!(
                "The state holds an object of type {ty} with schema version {}, but this provider knows versions up to \
                 {}. Use the version of the provider that wrote it, or a later one.",
                stored.schema_version, shape.schema.version
            ),
        )]);
    }
    if let Some(object) = shape.object(stored) {
        return Ok(object);
    }
    let Some(provider) = providers.get(address) else { return Err(vec![missing(address)]) };
    let value = provider.upgrade(ty, stored.schema_version, &stored.attributes);
    let value = value.map_err(|found| protocol::with_reason(found, providers.whose(address)))?;
    let value = conform_known(value, &shape.ty)
        .map_err(|why| vec![protocol::bad_upgrade(ty, &why, providers.whose(address))])?;
    Ok(beside(stored, value, shape))
}

/// The object with these attributes, and what is stored beside them.
pub(crate) fn beside(stored: &StoredObject, value: Value, shape: &Shape) -> Object {
    let private = Arc::from(stored.private.as_slice());
    let identity = shape.naming.as_ref().and_then(|naming| naming.decode(stored));
    Object { value, private, identity }
}

/// The marks that go on with an object: what is ephemeral is not part of it.
pub(crate) fn lasting(marks: MarkedPaths) -> MarkedPaths {
    let lasting = marks.into_iter().map(|(path, marks)| (path, marks.without(Marks::EPHEMERAL)));
    lasting.filter(|(_, marks)| !marks.is_empty()).collect()
}

/// The marks that configuration put on a stored object.
pub(crate) fn stored_marks(stored: &StoredObject) -> MarkedPaths {
    stored.sensitive.iter().map(|path| (path.clone(), Marks::SENSITIVE)).collect()
}

/// The parts of a value that are sensitive.
pub(crate) fn sensitive(value: &Value) -> BTreeSet<Path> {
    let (_, marks) = value.clone().unmark_deep();
    marks.into_iter().filter(|(_, marks)| marks.contains(Marks::SENSITIVE)).map(|(path, _)| path).collect()
}

/// A value as one of `ty`, without marks, or a sentence that says why it is none.
pub(crate) fn conform(value: Value, ty: &Type) -> Result<Value, String> {
    if protocol::is_absent(&value) {
        return Err("There is no object, but null.".into());
    }
    convert(&value, ty).map_err(|e| match e.path.0.is_empty() {
        true => format!("The object is wrong: {e}."),
        false => format!("Attribute {} is wrong: {e}.", &e.path.to_string()[1..]),
    })
}

/// The same for an object that exists, no part of which may be unknown.
pub(crate) fn conform_known(value: Value, ty: &Type) -> Result<Value, String> {
    let value = conform(value, ty)?;
    match first_unknown(&value) {
        None => Ok(value),
        Some(path) => Err(format!("The value of {path} is still unknown, although the object exists.")),
    }
}

/// As much of a value as is known and fits `ty`, with nulls for the rest; `None` if it is no object at all.
pub(crate) fn salvaged(value: &Value, ty: &Type) -> Option<Value> {
    let (Type::Object(shape), Some(fields)) = (ty, value.fields()) else { return None };
    let known =
        |value: Value| value.transform(&mut |_, value| if value.is_known() { value } else { Value::null(value.ty()) });
    let part = |name: &str, ty: &Type| {
        let part = fields.get(name).and_then(|part| convert(part, ty).ok());
        known(part.unwrap_or_else(|| Value::null(ty.clone())))
    };
    Some(Value::object(shape.attributes.iter().map(|(name, ty)| (name.clone(), part(name, ty)))))
}

/// The path of the first part that is not known.
pub(crate) fn first_unknown(value: &Value) -> Option<String> {
    if value.is_wholly_known() {
        return None;
    }
    let mut found = None;
    let _ = value.clone().transform(&mut |path, value| {
        if !value.is_known() && found.is_none() {
            found = Some(path.to_string());
        }
        value
    });
    found.map(|path| path.strip_prefix('.').map_or_else(|| "the object".to_owned(), str::to_owned))
}

fn missing(provider: &Provider) -> Problem {
    Problem::error("Provider is not available", format!("There is no provider {provider} in this program."))
}

/// Adds an object with a value's attributes to a stored one, whose other facts stay; so does an identity, if the object
/// says none.
pub(crate) fn encode(
    object: &Object,
    marks: &MarkedPaths,
    shape: &Shape,
    facts: StoredObject,
) -> Result<StoredObject, String> {
    let value = shape.kept(object.value.clone()).mark_at(marks);
    let stored = StoredObject::encode(shape.schema.version, &value, &shape.ty).map_err(|e| e.to_string())?;
    let named = object.identity.as_ref().zip(shape.naming.as_ref());
    let identity = named.and_then(|(identity, naming)| naming.encode(identity));
    Ok(StoredObject {
        schema_version: stored.schema_version,
        attributes: stored.attributes,
        sensitive: stored.sensitive,
        private: object.private.to_vec(),
        identity: identity.or_else(|| facts.identity.clone()),
        ..facts
    })
}
