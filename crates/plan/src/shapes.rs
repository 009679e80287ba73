//! The schemas of one operation, looked up once.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use terrane_address::{Mode, Provider, Resource};
use terrane_lang::Schemas;
use terrane_provider::Object;
use terrane_state::StoredObject;
use terrane_value::json::Decoder;
use terrane_value::{Attribute, Block, Kind, Marks, Nesting, Path, Schema, Step, Type, Value};

use crate::Providers;
use crate::identity::Naming;
use crate::object;
use crate::protocol::{self, Breach};

/// A schema with what is derived from it.
#[derive(Debug)]
pub(crate) struct Shape {
    pub schema: Arc<Schema>,
    /// The type of its values.
    pub ty: Type,
    /// What its objects are named by, apart from their ids.
    pub naming: Option<Naming>,
    /// Whether any attribute is sensitive.
    sensitive: bool,
    /// Whether any attribute is write-only.
    write_only: bool,
    decoder: Mutex<Decoder>,
}

/// The shapes of all types that an operation can meet.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    by_provider: FxHashMap<Provider, FxHashMap<(Mode, Arc<str>), Arc<Shape>>>,
    /// Types whose schema makes no sense, with what is wrong.
    pub faults: Vec<(Provider, Resource, Vec<Breach>)>,
}

impl Shapes {
    /// The shapes of some resources, those left out that their provider does not have.
    pub fn of<'a>(providers: &Providers, resources: impl Iterator<Item = (&'a Provider, &'a Resource)>) -> Shapes {
        let mut shapes = Shapes::default();
        resources.for_each(|(provider, resource)| shapes.add(providers, provider, resource));
        shapes
    }

    /// Adds the shape of a resource, if its provider has the type.
    pub fn add(&mut self, providers: &Providers, provider: &Provider, resource: &Resource) {
        if self.get(provider, resource).is_some() {
            return;
        }
        if let Some(schema) = providers.resource(provider, resource.mode, &resource.ty) {
            let key = (resource.mode, resource.ty.clone());
            let faults = protocol::schema_faults(resource.mode, &schema);
            if !faults.is_empty() {
                self.faults.push((provider.clone(), resource.clone(), faults));
            }
            let named = providers.get(provider).filter(|_| resource.mode == Mode::Managed);
            let naming = named.and_then(|provider| Naming::of(provider.as_ref(), &resource.ty));
            let shape = Shape { naming, ..Shape::new(schema) };
            self.by_provider.entry(provider.clone()).or_default().insert(key, Arc::new(shape));
        }
    }

    pub fn get(&self, provider: &Provider, resource: &Resource) -> Option<&Arc<Shape>> {
        self.by_provider.get(provider)?.get(&(resource.mode, resource.ty.clone()))
    }
}

impl Shape {
    pub fn new(schema: Arc<Schema>) -> Shape {
        let ty = schema.block.implied_type();
        let sensitive = any(&schema.block, &|a| a.sensitive);
        let write_only = any(&schema.block, &|a| a.write_only);
        Shape { schema, ty, naming: None, sensitive, write_only, decoder: Mutex::default() }
    }

    /// A stored object, without marks; `None` if it is not of the schema's version, or its attributes are not of the type.
    pub fn object(&self, stored: &StoredObject) -> Option<Object> {
        let mut decoder = self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        self.object_by(&mut decoder, stored)
    }

    /// The same with a decoder of one's own.
    pub fn object_by(&self, decoder: &mut Decoder, stored: &StoredObject) -> Option<Object> {
        if stored.schema_version != self.schema.version {
            return None;
        }
        let value = stored.decode_unmarked(decoder, &self.ty).ok()?;
        Some(object::beside(stored, value, self))
    }

    /// The value as it may be kept, in which write-only attributes are null whatever a provider says.
    pub fn kept(&self, value: Value) -> Value {
        if self.write_only { without_write_only(&self.schema.block, &value) } else { value }
    }

    /// The value with marks on what the schema calls sensitive.
    pub fn mark(&self, value: Value) -> Value {
        if !self.sensitive {
            return value;
        }
        let mut found = Vec::new();
        sensitive_paths(&self.schema.block, &value, &Path::root(), &mut found);
        value.mark_at(&found)
    }
}

fn any(block: &Block, is: &dyn Fn(&Attribute) -> bool) -> bool {
    block.attributes.values().any(is) || block.blocks.values().any(|b| any(&b.block, is))
}

fn any_sensitive(block: &Block) -> bool {
    any(block, &|a| a.sensitive)
}

fn without_write_only(block: &Block, value: &Value) -> Value {
    let Kind::Object(fields) = value.kind() else { return value.clone() };
    let fields = fields.map(|name, value| match (block.attributes.get(name), block.blocks.get(name)) {
        (Some(attribute), _) if attribute.write_only => Value::null(attribute.ty.without_optional()),
        (_, Some(nested)) => each_block(value, &|v| without_write_only(&nested.block, v)),
        _ => value.clone(),
    });
    Value::from_kind(Kind::Object(fields)).mark(value.marks())
}

/// The value of nested blocks with each of them changed.
fn each_block(value: &Value, change: &dyn Fn(&Value) -> Value) -> Value {
    let changed = match value.kind() {
        Kind::Object(_) => return change(value),
        Kind::List(ty, values) => Value::list(ty.clone(), values.iter().map(change)),
        Kind::Set(ty, values) => Value::set(ty.clone(), values.iter().map(change)),
        Kind::Tuple(values) => Value::tuple(values.iter().map(change)),
        Kind::Map(ty, fields) => Value::from_kind(Kind::Map(ty.clone(), fields.map(|_, v| change(v)))),
        _ => return value.clone(),
    };
    changed.mark(value.marks())
}

fn sensitive_paths(block: &Block, value: &Value, path: &Path, found: &mut Vec<(Path, Marks)>) {
    for (name, attribute) in &block.attributes {
        if attribute.sensitive && value.get(name).is_some_and(|v| !v.is_null()) {
            found.push((path.attr(name.clone()), Marks::SENSITIVE));
        }
    }
    for (name, nested) in &block.blocks {
        let Some(child) = value.get(name).filter(|_| any_sensitive(&nested.block)) else { continue };
        let path = path.attr(name.clone());
        match nested.nesting {
            Nesting::Single | Nesting::Group => sensitive_paths(&nested.block, child, &path, found),
            // Elements of sets cannot carry marks of their own.
            Nesting::Set => found.push((path, Marks::SENSITIVE)),
            Nesting::List | Nesting::Map => {
                for (i, element) in child.elements().unwrap_or_default().iter().enumerate() {
                    sensitive_paths(&nested.block, element, &path.index(i), found);
                }
                for (key, element) in child.fields().into_iter().flat_map(|f| f.iter()) {
                    let path = path.with(Step::Index(Value::string(key.clone())));
                    sensitive_paths(&nested.block, element, &path, found);
                }
            }
        }
    }
}
