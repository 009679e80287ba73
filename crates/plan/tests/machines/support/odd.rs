//! A provider that breaks one promise at a time.

use std::sync::Arc;

use async_trait::async_trait;
use terrane_provider::{
    ApplyRequest, ApplyResponse, Change, Configured, DataOutcome, DataRequest, Former, ImportRequest, Object,
    OpenOutcome, OpenRequest, Opened, PlanRequest, PlanResponse, Problem, Provider, ReadOutcome, ReadRequest,
};
use terrane_value::{
    Attribute, Block, CallFault, FunctionParam, FunctionSchema, NestedBlock, Nesting, Path, Schema, Type, Value,
};

/// Knows the resource type, the data source, the ephemeral type and the function `odd`, and `odd_new`, which takes
/// over objects of the former.
#[derive(Clone, Copy)]
pub struct Odd {
    /// The promise it breaks; empty for none.
    pub fault: &'static str,
    pub native: bool,
}

fn attribute(ty: Type, optional: bool, computed: bool) -> Attribute {
    Attribute { optional, computed, ..Attribute::optional(ty) }
}

fn ty() -> Type {
    Odd { fault: "", native: false }.schema().block.implied_type()
}

fn with(value: &Value, name: &str, new: Value) -> Value {
    let fields = value.fields().unwrap().iter().map(|(n, v)| (n.clone(), v.clone()));
    Value::object(fields.filter(|(n, _)| **n != *name).chain([(name.into(), new)]))
}

fn without(value: &Value, name: &str) -> Value {
    Value::object(value.fields().unwrap().iter().map(|(n, v)| (n.clone(), v.clone())).filter(|(n, _)| **n != *name))
}

fn unknown() -> Value {
    Value::unknown(Type::String)
}

fn no_object() -> Value {
    Value::null(Type::Any)
}

fn big() -> Arc<[u8]> {
    vec![0; 5 << 20].into()
}

impl Odd {
    /// `id` is computed, `name` is written, `kind` is either, `part` is a block with `size`.
    fn schema(&self) -> Schema {
        let name = Attribute { required: self.fault == "schema", ..attribute(Type::String, true, false) };
        let parts = [("size".into(), attribute(Type::Number, true, false))];
        let part = NestedBlock {
            nesting: Nesting::List,
            min_items: 0,
            max_items: 0,
            block: Block { attributes: parts.into(), ..Block::default() },
        };
        let attributes = [
            ("id".into(), attribute(Type::String, false, true)),
            ("name".into(), name),
            ("kind".into(), attribute(Type::String, true, true)),
        ];
        let block = Block { attributes: attributes.into(), blocks: [("part".into(), part)].into(), deprecated: None };
        Schema { version: 1, block }
    }

    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    /// The number 1, unless the promise is broken that it stays.
    fn identity(&self, broken: bool) -> Option<Value> {
        let number = match self.fault {
            "identity type" => Value::from("first"),
            "identity unknown" => Value::unknown(Type::Number),
            _ => Value::from(if broken { 2 } else { 1 }),
        };
        Some(Value::object([("number", number)]))
    }

    fn made(&self, planned: &Value) -> Value {
        let id = with(planned, "id", "i-1".into());
        match id.get("kind").is_some_and(Value::is_known) {
            true => id,
            false => with(&id, "kind", "plain".into()),
        }
    }
}

#[async_trait]
impl Provider for Odd {
    fn is_native(&self) -> bool {
        self.native
    }

    fn config_schema(&self) -> Arc<Schema> {
        Arc::default()
    }

    fn resource_types(&self) -> Vec<&str> {
        vec!["odd", "odd_new"]
    }

    fn data_types(&self) -> Vec<&str> {
        vec!["odd"]
    }

    fn ephemeral_types(&self) -> Vec<&str> {
        vec!["odd"]
    }

    fn resource_schema(&self, _: &str) -> Option<Arc<Schema>> {
        Some(Arc::new(self.schema()))
    }

    fn data_schema(&self, _: &str) -> Option<Arc<Schema>> {
        Some(Arc::new(self.schema()))
    }

    fn ephemeral_schema(&self, _: &str) -> Option<Arc<Schema>> {
        Some(Arc::new(self.schema()))
    }

    fn can_apply(&self, _: &str) -> bool {
        true
    }

    fn can_read(&self, _: &str) -> bool {
        true
    }

    fn validate_config(&self, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn validate_resource(&self, _: &str, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn validate_data(&self, _: &str, _: &Value) -> Vec<Problem> {
        Vec::new()
    }

    fn functions(&self) -> Vec<&str> {
        vec!["odd"]
    }

    fn function_schema(&self, _: &str) -> Option<Arc<FunctionSchema>> {
        let params = vec![FunctionParam::new("text", Type::String)];
        Some(Arc::new(FunctionSchema { summary: "".into(), params, variadic: None, result: Type::Number }))
    }

    fn call_function(&self, _: &str, _: &[Value]) -> Result<Value, CallFault> {
        Ok(match self.fault {
            "function type" => "many".into(),
            "function unknown" => Value::unknown(Type::Number),
            _ => 3.into(),
        })
    }

    fn upgrade(&self, _: &str, _: u64, _: &str) -> Result<Value, Vec<Problem>> {
        let value = Value::object([("id", "i-1".into()), ("name", "a".into()), ("kind", "plain".into())]);
        let value = with(&value, "part", Value::list(Type::object([("size", Type::Number)]), []));
        Ok(match self.fault {
            "upgrade silent" => return Err(Vec::new()),
            "upgrade null" => no_object(),
            "upgrade type" => without(&value, "name"),
            "upgrade unknown" => with(&value, "kind", unknown()),
            _ => value,
        })
    }

    /// Objects are named by their number.
    fn identity_schema(&self, ty: &str) -> Option<Arc<Schema>> {
        let attributes = [("number".into(), attribute(Type::Number, false, true))];
        let block = Block { attributes: attributes.into(), ..Block::default() };
        (ty == "odd").then(|| Arc::new(Schema { version: 0, block }))
    }

    fn take_over(&self, _: &str, former: &Former) -> Result<Object, Vec<Problem>> {
        let value = self.upgrade("odd", former.version, &former.json)?;
        Ok(Object::new(match self.fault {
            "move null" => no_object(),
            "move type" => without(&value, "id"),
            _ => value,
        }))
    }

    async fn configure(&self, _: Value, _: Vec<Value>) -> Result<Arc<dyn Configured>, Vec<Problem>> {
        if self.is("configure silent") {
            return Err(Vec::new());
        }
        Ok(Arc::new(*self))
    }
}

#[async_trait]
impl Configured for Odd {
    async fn read(&self, requests: Vec<ReadRequest>) -> Vec<ReadOutcome> {
        let read = |request: &ReadRequest| {
            let value = &request.prior.value;
            let value = match self.fault {
                "read null" => no_object(),
                "read type" => with(value, "part", "none".into()),
                "read unknown" => with(value, "kind", unknown()),
                _ => value.clone(),
            };
            let private = if self.is("read private") { big() } else { request.prior.private.clone() };
            let identity = self.identity(self.is("read identity"));
            Ok(Some(Object { value, private, identity }))
        };
        let mut answers: Vec<ReadOutcome> = requests.iter().map(read).collect();
        if self.is("read silent") {
            return requests.iter().map(|_| Err(Vec::new())).collect();
        }
        if self.is("read count") {
            answers.push(Ok(None));
        }
        answers
    }

    async fn plan(&self, request: PlanRequest) -> PlanResponse {
        let (config, prior) = (&request.config, request.prior.as_ref().map(|p| &p.value));
        let kept = |name: &str| prior.and_then(|p| p.get(name)).cloned().unwrap_or_else(unknown);
        let mut value = with(config, "id", kept("id"));
        if config.get("kind").is_none_or(Value::is_null) {
            value = with(&value, "kind", kept("kind"));
        }
        let parts = |n: i32| {
            let part = |i: i32| Value::object([("size", Value::from(i64::from(i)))]);
            Value::list(Type::object([("size", Type::Number)]), (0..n).map(part))
        };
        let planned = match self.fault {
            "plan nothing" => None,
            "plan null" => Some(no_object()),
            "plan type" => Some(without(&value, "id")),
            "plan other" => Some(with(&value, "name", "other".into())),
            "plan unknown" => Some(with(&value, "name", unknown())),
            "plan later" => {
                let kind = if config.is_wholly_known() { "second" } else { "first" };
                Some(with(&value, "kind", kind.into()))
            }
            "plan blocks" => Some(with(&value, "part", parts(2))),
            "plan no blocks" => Some(with(&value, "part", Value::unknown(parts(0).ty()))),
            _ => Some(value),
        };
        let requires_replace = match self.fault {
            "plan path" => vec![Path::root().attr("nmae")],
            _ => vec![Path::root().attr("name")],
        };
        let private = self.is("plan private").then(big);
        PlanResponse { planned, requires_replace, private, ..PlanResponse::default() }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let value = match &request.change {
            Change::Create { planned, .. } | Change::Update { planned, .. } => self.made(planned),
            Change::Delete { prior } => {
                let object = self.is("delete object").then(|| prior.clone());
                return ApplyResponse { object, ..ApplyResponse::default() };
            }
        };
        let value = match self.fault {
            "apply nothing" => return ApplyResponse::default(),
            "apply null" => no_object(),
            "apply type" => with(&value, "part", "none".into()),
            "apply missing" => without(&value, "kind"),
            "apply unknown" => with(&value, "kind", unknown()),
            "apply other" => with(&value, "name", "other".into()),
            "apply blocks" => with(&value, "part", Value::list(Type::object([("size", Type::Number)]), [])),
            _ => value,
        };
        let private = if self.is("apply private") { big() } else { Arc::from([]) };
        let identity = self.identity(self.is("apply identity"));
        ApplyResponse { object: Some(Object { value, private, identity }), ..ApplyResponse::default() }
    }

    async fn import(&self, _: ImportRequest) -> Result<Object, Vec<Problem>> {
        let value = Value::object([("id", "i-1".into()), ("name", Value::null(Type::String))]);
        let value = with(&with(&value, "kind", Value::null(Type::String)), "part", Value::list(ty(), []));
        if self.is("import silent") {
            return Err(Vec::new());
        }
        Ok(Object::new(match self.fault {
            "import null" => no_object(),
            "import type" => without(&value, "kind"),
            _ => with(&value, "part", Value::list(Type::object([("size", Type::Number)]), [])),
        }))
    }

    async fn read_data(&self, request: DataRequest) -> DataOutcome {
        let value = self.made(&with(&request.config, "kind", unknown()));
        if self.is("data silent") {
            return Err(Vec::new());
        }
        Ok(match self.fault {
            "data null" => no_object(),
            "data type" => without(&value, "kind"),
            "data unknown" => with(&value, "kind", unknown()),
            "data other" => with(&value, "name", "other".into()),
            _ => value,
        })
    }

    async fn open(&self, request: OpenRequest) -> OpenOutcome {
        let value = self.made(&with(&request.config, "kind", unknown()));
        let value = match self.fault {
            "open null" => no_object(),
            "open type" => without(&value, "kind"),
            "open unknown" => with(&value, "kind", unknown()),
            "open other" => with(&value, "name", "other".into()),
            _ => value,
        };
        Ok(Opened { value, private: Arc::from([]), renew_at: None, problems: Vec::new() })
    }

    async fn close(&self, _: terrane_provider::Lease) -> Vec<Problem> {
        Vec::new()
    }
}
