//! The schemas of one operation, looked up once.

use std::collections::HashMap;
use std::sync::Arc;

use terrane_address::{Mode, Provider, Resource};
use terrane_lang::Schemas;
use terrane_value::{Block, Marks, Nesting, Path, Schema, Step, Type, Value};

use crate::Providers;

/// A schema with what is derived from it.
#[derive(Debug)]
pub(crate) struct Shape {
    pub schema: Arc<Schema>,
    /// The type of its values.
    pub ty: Type,
    /// Whether any attribute is sensitive.
    sensitive: bool,
}

/// The shapes of all types that an operation can meet.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    by_provider: HashMap<Provider, HashMap<(Mode, Arc<str>), Arc<Shape>>>,
}

impl Shapes {
    /// The shapes of some resources, those left out that their provider does not have.
    pub fn of<'a>(providers: &Providers, resources: impl Iterator<Item = (&'a Provider, &'a Resource)>) -> Shapes {
        let mut shapes = Shapes::default();
        for (provider, resource) in resources {
            let key = (resource.mode, resource.ty.clone());
            if shapes.get(provider, resource).is_some() {
                continue;
            }
            if let Some(schema) = providers.resource(provider, resource.mode, &resource.ty) {
                shapes.by_provider.entry(provider.clone()).or_default().insert(key, Arc::new(Shape::new(schema)));
            }
        }
        shapes
    }

    pub fn get(&self, provider: &Provider, resource: &Resource) -> Option<&Arc<Shape>> {
        self.by_provider.get(provider)?.get(&(resource.mode, resource.ty.clone()))
    }
}

impl Shape {
    pub fn new(schema: Arc<Schema>) -> Shape {
        let ty = schema.block.implied_type();
        let sensitive = any_sensitive(&schema.block);
        Shape { schema, ty, sensitive }
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

fn any_sensitive(block: &Block) -> bool {
    block.attributes.values().any(|a| a.sensitive) || block.blocks.values().any(|b| any_sensitive(&b.block))
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
