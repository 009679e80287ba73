//! Configuration in Terraform's JSON: what is declared, with the references in place of expressions.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use terrane_address::{ConfigName, Mode, ModuleSource, ProviderConfig};
use terrane_lang::{
    Body, CallDecl, CallSource, Contents, DependsOn, DependsTarget, ExprId, ModuleDecl, Program, ProvisionerDecl,
    Repeat, ResourceDecl, Schemas,
};
use terrane_plan::Plan;
use terrane_value::json::type_to_json_value;
use terrane_value::{Block, Nesting, Type, Value};

use super::modules::mode;
use super::relevant::{Attribute, relevant};
use super::values::{self, Secrets};

/// What a program declares.
#[derive(Serialize)]
struct Configuration {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provider_config: BTreeMap<String, Json>,
    root_module: Json,
}

/// What a plan file keeps of the configuration, to be shown without it.
#[derive(Serialize)]
pub struct Kept {
    #[serde(flatten)]
    configuration: Configuration,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relevant_attributes: Vec<Attribute>,
}

/// What the file of a plan keeps of its configuration.
pub fn kept(program: &Program, schemas: &dyn Schemas, plan: &Plan) -> Kept {
    Kept { configuration: configuration(program, schemas), relevant_attributes: relevant(program, plan) }
}

/// Takes the attributes that matter out of what was kept.
pub fn take_relevant(kept: &mut Json) -> Option<Json> {
    kept.as_object_mut()?.remove("relevant_attributes")
}

fn configuration(program: &Program, schemas: &dyn Schemas) -> Configuration {
    View { program, schemas, alone: false }.whole()
}

/// What a program declares, as `show -config` tells it.
pub fn declared(program: &Program, schemas: &dyn Schemas, secrets: Secrets) -> Json {
    let whole = serde_json::to_value(configuration(program, schemas)).unwrap_or_default();
    shown(whole, secrets)
}

/// What one module declares, without the modules it calls and without what only schemas tell.
pub fn alone(program: &Program, schemas: &dyn Schemas, secrets: Secrets) -> Json {
    let whole = View { program, schemas, alone: true }.whole();
    shown(serde_json::to_value(whole).unwrap_or_default(), secrets)
}

/// A configuration as it may be shown. Without secrets, constants in expressions are left out too: which of them are
/// secret is not known.
pub fn shown(mut configuration: Json, secrets: Secrets) -> Json {
    if secrets == Secrets::Hidden {
        hide(&mut configuration);
    }
    configuration
}

fn hide(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            fields.remove("constant_value");
            if fields.get("sensitive") == Some(&Json::Bool(true)) && fields.contains_key("default") {
                fields.insert("default".into(), json!(values::HIDDEN));
            }
            fields.values_mut().for_each(hide);
        }
        Json::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}

struct View<'a> {
    program: &'a Program,
    schemas: &'a dyn Schemas,
    /// Whether a module is shown without those it calls.
    alone: bool,
}

impl View<'_> {
    /// Nothing where a module is shown alone.
    fn full(&self, json: Option<Json>) -> Option<Json> {
        json.filter(|_| !self.alone)
    }

    fn whole(&self) -> Configuration {
        let providers = self.program.modules.iter().flat_map(|module| self.providers(module));
        Configuration { provider_config: providers.collect(), root_module: self.module(self.program.root()) }
    }

    /// The provider configurations that a module has itself, written or implied.
    fn providers(&self, module: &ModuleDecl) -> Vec<(String, Json)> {
        let mut own: BTreeMap<ConfigName, &ProviderConfig> = BTreeMap::new();
        let named = module.providers.iter().map(|(name, config)| (name.clone(), config));
        let imported = module.contents.imports.iter().filter_map(|decl| self.program.provider_of(&decl.to));
        let used = module.resource_providers.iter().chain(imported).filter(|c| self.home(module, c).id == module.id);
        own.extend(used.map(|config| (local_name(module, config), config)));
        own.extend(named.filter(|(_, config)| config.module == module.path));
        own.into_iter().map(|(name, config)| (key(module, &name), self.provider(module, &name, config))).collect()
    }

    /// The module under which a provider configuration stands. One that nobody wrote stands under the outermost module of
    /// those that use it one in the other.
    fn home<'v>(&'v self, module: &'v ModuleDecl, config: &ProviderConfig) -> &'v ModuleDecl {
        if config.alias.is_some() || self.program.provider_decl(config).is_some() {
            return self.program.find(&config.module).unwrap_or(module);
        }
        let mut home = module;
        while let Some((parent, _)) = home.parent {
            let parent = self.program.module(parent);
            if !self.uses(parent, config) {
                break;
            }
            home = parent;
        }
        home
    }

    fn uses(&self, module: &ModuleDecl, config: &ProviderConfig) -> bool {
        let contents = &module.contents;
        let imported = || contents.imports.iter().any(|decl| self.program.provider_of(&decl.to) == Some(config));
        let required = || contents.settings.required_providers.values().any(|r| r.provider == config.provider);
        module.resource_providers.contains(config) || required() || imported()
    }

    fn provider(&self, module: &ModuleDecl, name: &ConfigName, config: &ProviderConfig) -> Json {
        let contents = &module.contents;
        let version = contents.settings.required_providers.get(&name.local).and_then(|r| r.version.as_ref());
        let written = contents.providers.iter().find(|decl| decl.name == *name);
        let expressions = written.zip(self.schemas.provider(&config.provider));
        let expressions = expressions.map(|(decl, schema)| expressions_of(contents, &decl.body, &schema.block));
        object([
            ("name", Some(json!(&*name.local))),
            ("full_name", Some(json!(config.provider.to_string()))),
            ("alias", name.alias.as_ref().map(|alias| json!(&**alias))),
            ("version_constraint", version.map(|v| json!(&*v.text))),
            ("module_address", (!module.path.is_root()).then(|| json!(module.path.to_string()))),
            ("expressions", self.full(expressions.filter(|e| !e.is_empty()).map(Json::Object))),
        ])
    }

    fn module(&self, module: &ModuleDecl) -> Json {
        let contents = &*module.contents;
        let outputs = contents.outputs.iter().map(|output| {
            let json = object([
                ("sensitive", flag(output.sensitive)),
                ("ephemeral", flag(output.ephemeral)),
                ("deprecated", output.deprecated.as_ref().map(|text| json!(&**text))),
                ("expression", self.full(output.value.map(|expr| expression(contents, expr)))),
                ("depends_on", depends_on(contents, &output.depends_on)),
                ("description", output.description.as_ref().map(|text| json!(&**text))),
            ]);
            (output.name.to_string(), json)
        });
        let variables = contents.variables.iter().map(|variable| {
            let json = object([
                ("type", (variable.ty != Type::Any).then(|| type_to_json_value(&variable.ty))),
                ("default", variable.default.as_ref().map(constant)),
                ("description", variable.description.as_ref().map(|text| json!(&**text))),
                ("required", flag(variable.default.is_none())),
                ("sensitive", flag(variable.sensitive)),
                ("ephemeral", flag(variable.ephemeral)),
                ("deprecated", variable.deprecated.as_ref().map(|text| json!(&**text))),
            ]);
            (variable.name.to_string(), json)
        });
        let mut resources: Vec<_> = contents
            .resources
            .iter()
            .zip(&module.resource_providers)
            .map(|(r, p)| self.resource(module, r, p))
            .collect();
        resources.sort_by(|a, b| a.0.cmp(&b.0));
        let resources: Vec<Json> = resources.into_iter().map(|(_, json)| json).collect();
        let places = module.sources.iter().zip(&module.children);
        let calls = contents.calls.iter().zip(places).filter_map(|(call, (source, child))| {
            let child = child.map(|child| self.program.module(child));
            (child.is_some() || self.alone)
                .then(|| (call.name.to_string(), self.call(contents, call, source.as_ref(), child)))
        });
        let some = |map: Map<String, Json>| (!map.is_empty()).then_some(Json::Object(map));
        object([
            ("outputs", some(outputs.collect())),
            ("resources", (!resources.is_empty()).then_some(Json::Array(resources))),
            ("module_calls", some(calls.collect())),
            ("variables", some(variables.collect())),
        ])
    }

    fn call(
        &self,
        contents: &Contents,
        call: &CallDecl,
        source: Option<&CallSource>,
        child: Option<&ModuleDecl>,
    ) -> Json {
        let arguments = call.arguments.iter().map(|a| (a.name.to_string(), expression(contents, a.expr)));
        let arguments: Map<String, Json> = arguments.collect();
        let shown = |source: &ModuleSource| {
            let text = source.to_string();
            text.strip_prefix("registry.opentofu.org/").map(str::to_owned).unwrap_or(text)
        };
        let version = source.and_then(|s| s.version.as_ref());
        let written = || call.source.and_then(|source| contents.constant(source)).as_ref().map(constant);
        object([
            ("source", source.map(|s| json!(shown(&s.source))).or_else(written)),
            ("expressions", self.full((!arguments.is_empty()).then_some(Json::Object(arguments)))),
            ("count_expression", self.full(count(contents, call.repeat))),
            ("for_each_expression", self.full(for_each(contents, call.repeat))),
            ("module", child.map(|child| self.module(child))),
            ("version_constraint", version.map(|v| json!(&*v.text))),
            ("depends_on", depends_on(contents, &call.depends_on)),
        ])
    }

    fn resource(&self, module: &ModuleDecl, decl: &ResourceDecl, config: &ProviderConfig) -> (String, Json) {
        let contents = &*module.contents;
        let resource = &decl.resource;
        let schema = self.schemas.resource(&config.provider, resource.mode, &resource.ty);
        let expressions = schema.as_ref().map(|schema| expressions_of(contents, &decl.body, &schema.block));
        let holder = self.home(module, config);
        let provisioners: Vec<Json> = decl.provisioners.iter().map(|p| self.provisioner(contents, p)).collect();
        let managed = resource.mode == Mode::Managed && !provisioners.is_empty();
        let json = object([
            ("address", Some(json!(resource.to_string()))),
            ("mode", Some(json!(mode(resource.mode)))),
            ("type", Some(json!(&*resource.ty))),
            ("name", Some(json!(&*resource.name))),
            ("provider_config_key", Some(json!(key(holder, &local_name(holder, config))))),
            ("provisioners", managed.then_some(Json::Array(provisioners))),
            ("expressions", self.full(expressions.filter(|e| !e.is_empty()).map(Json::Object))),
            ("schema_version", self.full(schema.map(|schema| json!(schema.version)))),
            ("count_expression", self.full(count(contents, decl.repeat))),
            ("for_each_expression", self.full(for_each(contents, decl.repeat))),
            ("depends_on", depends_on(contents, &decl.depends_on)),
        ]);
        (resource.to_string(), json)
    }

    fn provisioner(&self, contents: &Contents, decl: &ProvisionerDecl) -> Json {
        let arguments = decl.body.attributes.iter().map(|a| (a.name.to_string(), expression(contents, a.expr)));
        let arguments: Map<String, Json> = arguments.collect();
        object([
            ("type", Some(json!(&*decl.ty))),
            ("expressions", self.full((!arguments.is_empty()).then_some(Json::Object(arguments)))),
        ])
    }
}

/// The name by which a module knows a provider configuration.
fn local_name(module: &ModuleDecl, config: &ProviderConfig) -> ConfigName {
    let known = module.providers.iter().find(|(_, known)| *known == config).map(|(name, _)| name.clone());
    known.unwrap_or_else(|| ConfigName { local: config.provider.ty.clone(), alias: config.alias.clone() })
}

/// The key of a provider configuration: `aws.west`, `module.m:aws`.
fn key(module: &ModuleDecl, name: &ConfigName) -> String {
    if module.path.is_root() { name.to_string() } else { format!("{}:{name}", module.path) }
}

/// A JSON object of what there is.
fn object<const N: usize>(fields: [(&str, Option<Json>); N]) -> Json {
    Json::Object(fields.into_iter().filter_map(|(name, json)| Some((name.to_owned(), json?))).collect())
}

fn flag(set: bool) -> Option<Json> {
    set.then_some(Json::Bool(true))
}

fn constant(value: &Value) -> Json {
    let text = values::known(&value.clone().unmark_deep().0, Secrets::Shown);
    text.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default()
}

fn expression(contents: &Contents, expr: ExprId) -> Json {
    let references = contents.references(expr);
    object([
        ("constant_value", contents.constant(expr).as_ref().map(constant)),
        ("references", (!references.is_empty()).then(|| json!(references))),
    ])
}

fn count(contents: &Contents, repeat: Repeat) -> Option<Json> {
    match repeat {
        Repeat::Count(expr) => Some(expression(contents, expr)),
        _ => None,
    }
}

fn for_each(contents: &Contents, repeat: Repeat) -> Option<Json> {
    match repeat {
        Repeat::ForEach(expr) => Some(expression(contents, expr)).filter(|json| *json != json!({})),
        _ => None,
    }
}

fn depends_on(contents: &Contents, targets: &[DependsOn]) -> Option<Json> {
    let name = |target: &DependsOn| match target.target {
        DependsTarget::Resource(id) => contents.resources[id.index()].resource.to_string(),
        DependsTarget::Module(id) => format!("module.{}", contents.calls[id.index()].name),
        DependsTarget::Variable(id) => format!("var.{}", contents.variables[id.index()].name),
        DependsTarget::Local(id) => format!("local.{}", contents.locals[id.index()].name),
    };
    (!targets.is_empty()).then(|| targets.iter().map(name).collect())
}

/// The expressions of a body, those of `dynamic` blocks left out as Terraform does.
fn expressions_of(contents: &Contents, body: &Body, schema: &Block) -> Map<String, Json> {
    let properties = body.properties.iter().filter(|property| schema.attributes.contains_key(&property.argument.name));
    let arguments = body.attributes.iter().chain(properties.map(|property| &property.argument));
    let mut found: Map<String, Json> = arguments.map(|a| (a.name.to_string(), expression(contents, a.expr))).collect();
    let blocks = body.blocks.iter().chain(body.properties.iter().flat_map(|property| &property.blocks));
    for block in blocks.filter(|block| block.dynamic.is_none()) {
        let Some(nested) = schema.blocks.get(&block.ty) else { continue };
        let inner = Json::Object(expressions_of(contents, &block.body, &nested.block));
        match nested.nesting {
            Nesting::Single | Nesting::Group => {
                found.insert(block.ty.to_string(), inner);
            }
            Nesting::List | Nesting::Set => {
                let all = found.entry(block.ty.to_string()).or_insert_with(|| json!([]));
                all.as_array_mut().into_iter().for_each(|all| all.push(inner.clone()));
            }
            Nesting::Map => {
                let label = block.labels.first().map(|(label, _)| label.to_string()).unwrap_or_default();
                let all = found.entry(block.ty.to_string()).or_insert_with(|| json!({}));
                all.as_object_mut().into_iter().for_each(|all| drop(all.insert(label.clone(), inner.clone())));
            }
        }
    }
    found
}
