//! A provider named `test`.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{Mode, Provider};
use terrane_lang::Schemas;
use terrane_value::{
    Attribute, Block, CallFault, FunctionParam, FunctionSchema, NestedBlock, Nesting, Schema, Type, Value,
};

pub struct TestSchemas;

fn attributes(list: Vec<(&str, Attribute)>) -> BTreeMap<Arc<str>, Attribute> {
    list.into_iter().map(|(n, a)| (n.into(), a)).collect()
}

fn nested(nesting: Nesting, min_items: u64, max_items: u64, block: Block) -> NestedBlock {
    NestedBlock { nesting, min_items, max_items, block }
}

fn schema(attributes: BTreeMap<Arc<str>, Attribute>, blocks: Vec<(&str, NestedBlock)>) -> Option<Arc<Schema>> {
    let blocks = blocks.into_iter().map(|(n, b)| (n.into(), b)).collect();
    Some(Arc::new(Schema { version: 0, block: Block { attributes, blocks, deprecated: None } }))
}

/// `test_thing`: every kind of attribute.
fn thing() -> Option<Arc<Schema>> {
    let computed = Attribute { optional: false, computed: true, ..Attribute::optional(Type::String) };
    schema(
        attributes(vec![
            ("id", computed.clone()),
            ("secret", Attribute { sensitive: true, ..computed }),
            ("name", Attribute::optional(Type::String)),
            ("size", Attribute::optional(Type::Number)),
            ("on", Attribute::optional(Type::Bool)),
            ("tags", Attribute::optional(Type::map(Type::String))),
            ("names", Attribute::optional(Type::set(Type::String))),
            ("any", Attribute::optional(Type::Any)),
            ("only", Attribute { write_only: true, ..Attribute::optional(Type::String) }),
            ("old", Attribute { deprecated: Some("Use name instead.".into()), ..Attribute::optional(Type::String) }),
        ]),
        vec![],
    )
}

/// `test_token`, an ephemeral type.
fn token() -> Option<Arc<Schema>> {
    let computed = Attribute { optional: false, computed: true, ..Attribute::optional(Type::String) };
    let secret = Attribute { sensitive: true, ..computed.clone() };
    schema(attributes(vec![("id", computed), ("name", Attribute::optional(Type::String)), ("secret", secret)]), vec![])
}

/// `test_blocks`: every kind of block.
fn blocks() -> Option<Arc<Schema>> {
    let port = || Block {
        attributes: attributes(vec![
            ("port", Attribute { required: true, optional: false, ..Attribute::optional(Type::Number) }),
            ("note", Attribute::optional(Type::String)),
        ]),
        ..Block::default()
    };
    let element = Type::object([("cidr", Type::String), ("port", Type::Number)]);
    let ingress = Attribute { computed: true, as_blocks: true, ..Attribute::optional(Type::set(element)) };
    schema(
        attributes(vec![("ingress", ingress)]),
        vec![
            ("single", nested(Nesting::Single, 0, 1, port())),
            ("list", nested(Nesting::List, 0, 2, port())),
            ("set", nested(Nesting::Set, 0, 0, port())),
            ("map", nested(Nesting::Map, 0, 0, port())),
        ],
    )
}

/// `test_strict`: what must be there.
fn strict() -> Option<Arc<Schema>> {
    let block = Block::default();
    schema(
        attributes(vec![("name", Attribute { required: true, optional: false, ..Attribute::optional(Type::String) })]),
        vec![("must", nested(Nesting::List, 1, 1, block))],
    )
}

/// `test_made`: blocks with what only the provider decides.
fn made() -> Option<Arc<Schema>> {
    let made = Attribute { optional: false, computed: true, ..Attribute::optional(Type::String) };
    let block = Block { attributes: attributes(vec![("made", made)]), ..Block::default() };
    schema(BTreeMap::new(), vec![("part", nested(Nesting::List, 0, 0, block))])
}

impl Schemas for TestSchemas {
    fn provider(&self, provider: &Provider) -> Option<Arc<Schema>> {
        match &*provider.ty {
            "test" => schema(attributes(vec![("region", Attribute::optional(Type::String))]), vec![]),
            "terraform" if &*provider.host == "terraform.io" => schema(attributes(vec![]), vec![]),
            _ => None,
        }
    }

    fn module(&self, provider: &Provider) -> Option<Arc<Schema>> {
        let names = attributes(vec![("names", Attribute::optional(Type::list(Type::String)))]);
        (&*provider.ty == "test").then(|| schema(names, vec![])).flatten()
    }

    fn providers(&self) -> Vec<Provider> {
        vec![Provider::new("hashicorp", "test")]
    }

    fn resource(&self, provider: &Provider, mode: Mode, ty: &str) -> Option<Arc<Schema>> {
        self.provider(provider)?;
        match (mode, ty) {
            (Mode::Managed, "test_thing") | (Mode::Data, "test_lookup") => thing(),
            (Mode::Ephemeral, "test_token") => token(),
            (Mode::Managed, "test_blocks") => blocks(),
            (Mode::Managed, "test_made") => made(),
            (Mode::Managed, "test_strict") => strict(),
            _ => None,
        }
    }

    fn identity(&self, _: &Provider, ty: &str) -> Option<Arc<Schema>> {
        let attributes = attributes(vec![
            ("name", Attribute { required: true, optional: false, ..Attribute::optional(Type::String) }),
            ("zone", Attribute::optional(Type::String)),
        ]);
        (ty == "test_thing").then(|| schema(attributes, vec![])).flatten()
    }

    fn functions(&self, provider: &Provider) -> Vec<String> {
        let names: &[&str] = if &*provider.ty == "test" { &["refuse", "shout"] } else { &[] };
        names.iter().map(|name| (*name).into()).collect()
    }

    fn function(&self, provider: &Provider, name: &str) -> Option<Arc<FunctionSchema>> {
        if !self.functions(provider).iter().any(|n| n == name) {
            return None;
        }
        Some(Arc::new(FunctionSchema {
            summary: "Says it louder.".into(),
            params: vec![FunctionParam::new("text", Type::String)],
            variadic: Some(FunctionParam { null: true, ..FunctionParam::new("more", Type::String) }),
            result: Type::String,
        }))
    }

    fn call(&self, _: &Provider, name: &str, args: &[Value]) -> Result<Value, CallFault> {
        let texts: Vec<&str> = args.iter().map(|arg| arg.as_str().unwrap_or("nothing")).collect();
        match name {
            "shout" => Ok(Value::from(texts.join(" ").to_uppercase())),
            _ => Err(CallFault::at(0, format!("{} is refused", texts[0]))),
        }
    }

    fn types(&self, _: &Provider, mode: Mode) -> Vec<String> {
        match mode {
            Mode::Managed => vec!["test_blocks".into(), "test_made".into(), "test_strict".into(), "test_thing".into()],
            Mode::Data => vec!["test_lookup".into()],
            Mode::Ephemeral => vec!["test_token".into()],
        }
    }
}
