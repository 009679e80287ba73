//! What configuration declares, with its names resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::{
    AbsResource, ConfigName, ConfigResource, Instance, Key, Module, ModuleInstance, ModuleSource, Provider,
    ProviderConfig, Resource, Target,
};
use terrane_source::{Diagnostic, Span};
use terrane_value::{Path, Type, Value};

use crate::ir::{CallId, ExprId, Exprs, LocalId, ModuleId, OutputId, Reference, ResourceId, VariableId};

/// The static tree of modules of a configuration.
#[derive(Debug)]
pub struct Program {
    /// All modules; the root first, every other after the module that calls it.
    pub modules: Vec<ModuleDecl>,
}

/// One module in the tree.
#[derive(Debug)]
pub struct ModuleDecl {
    /// Its own name.
    pub id: ModuleId,
    /// Its path.
    pub path: Module,
    /// The call that made it; `None` for the root.
    pub parent: Option<(ModuleId, CallId)>,
    /// The modules it calls, by [`CallId`]; `None` where one could not be loaded.
    pub children: Vec<Option<ModuleId>>,
    /// Where the modules that it calls come from, by [`CallId`]; `None` where that is wrong, which has been reported.
    pub sources: Vec<Option<CallSource>>,
    /// What its folder declares; shared by all modules of one folder.
    pub contents: Arc<Contents>,
    /// The configurations its provider names stand for, inherited and passed ones included.
    pub providers: BTreeMap<ConfigName, ProviderConfig>,
    /// The provider configuration of each resource, by [`ResourceId`]; without key.
    pub resource_providers: Vec<ProviderConfig>,
    /// Where the key of that configuration is written, if it has instances.
    pub(crate) provider_keys: Vec<Option<ProviderKey>>,
}

/// Where the key of a provider configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderKey {
    /// By the resource.
    Resource(ExprId),
    /// By the call of a module that the resource is in, be it through others.
    Call(ModuleId, ExprId),
}

/// The declarations of one folder.
#[derive(Debug)]
pub struct Contents {
    /// The folder, as `path.module` gives it.
    pub dir: Arc<str>,
    /// All expressions.
    pub exprs: Exprs,
    /// The `terraform` blocks.
    pub settings: Settings,
    /// Input variables, by [`VariableId`].
    pub variables: Vec<VariableDecl>,
    /// Local values, by [`LocalId`].
    pub locals: Vec<LocalDecl>,
    /// Output values, by [`OutputId`].
    pub outputs: Vec<OutputDecl>,
    /// Managed, data and ephemeral resources, by [`ResourceId`].
    pub resources: Vec<ResourceDecl>,
    /// Calls of child modules, by [`CallId`].
    pub calls: Vec<CallDecl>,
    /// `provider` blocks.
    pub providers: Vec<ProviderDecl>,
    /// `moved` blocks.
    pub moved: Vec<MovedDecl>,
    /// `import` blocks.
    pub imports: Vec<ImportDecl>,
    /// `removed` blocks.
    pub removed: Vec<RemovedDecl>,
    /// `check` blocks.
    pub checks: Vec<CheckDecl>,
    pub(crate) declared: Declared,
}

/// What the names of a module stand for.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub names: Names,
    /// How the instances of each resource are told apart.
    pub resource_keys: Vec<Keys>,
    /// How the instances of each module call are told apart.
    pub call_keys: Vec<Keys>,
}

/// How the instances of a resource or module call are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    None,
    Count,
    ForEach,
}

/// Finds declarations by name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub variables: FxHashMap<Arc<str>, VariableId>,
    pub locals: FxHashMap<Arc<str>, LocalId>,
    pub outputs: FxHashMap<Arc<str>, OutputId>,
    pub resources: FxHashMap<Resource, ResourceId>,
    pub calls: FxHashMap<Arc<str>, CallId>,
}

/// What `terraform` blocks say.
#[derive(Debug, Default)]
pub struct Settings {
    /// Accepted versions of the tool.
    pub required_version: Vec<Constraint>,
    /// Providers by local name.
    pub required_providers: BTreeMap<Arc<str>, RequiredProvider>,
    /// Where state is kept.
    pub backend: Option<BackendDecl>,
    /// Where the `cloud` block begins.
    pub(crate) cloud: Option<Span>,
    /// How state and plans are encrypted.
    pub encryption: Option<EncryptionDecl>,
    /// What the module says to its providers.
    pub metas: Vec<MetaDecl>,
    /// Where the `required_providers` block begins.
    pub(crate) providers_span: Option<Span>,
}

/// A `provider_meta` block: what a module says of itself to a provider.
#[derive(Debug)]
pub struct MetaDecl {
    /// The local name of the provider.
    pub provider: Arc<str>,
    /// Where the block begins.
    pub span: Span,
    pub(crate) arguments: Vec<MetaArgument>,
}

/// An argument of a `provider_meta` block, which is a constant.
#[derive(Debug)]
pub(crate) struct MetaArgument {
    pub name: Arc<str>,
    pub name_span: Span,
    pub value: Value,
    pub span: Span,
}

/// A version constraint as written.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The text.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// One entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// The provider.
    pub provider: Provider,
    /// Accepted versions.
    pub version: Option<Constraint>,
    /// Configurations that the calling module must pass.
    pub configuration_aliases: Vec<ConfigName>,
    /// Where it stands.
    pub span: Span,
}

/// `encryption { … }`, with what overrides it.
#[derive(Debug, Default)]
pub struct EncryptionDecl {
    /// `key_provider "pbkdf2" "main" { … }`
    pub key_providers: Vec<EncryptionPart>,
    /// `method "aes_gcm" "main" { … }`
    pub methods: Vec<EncryptionPart>,
    /// The project's state.
    pub state: Option<EncryptedDecl>,
    /// Saved plans.
    pub plan: Option<EncryptedDecl>,
    /// States that are read from elsewhere, unless they are among `remotes`.
    pub remote_default: Option<EncryptedDecl>,
    /// States that data sources read, by their name.
    pub remotes: BTreeMap<Arc<str>, EncryptedDecl>,
    /// Where the block begins; `None` if all of it is from the environment.
    pub span: Option<Span>,
}

/// One key provider or method.
#[derive(Debug)]
pub struct EncryptionPart {
    /// The kind: `pbkdf2`.
    pub ty: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// The argument `encrypted_metadata_alias` of a key provider.
    pub alias: Option<Arc<str>>,
    /// The other arguments. Names of key providers are bound in it.
    pub body: Body,
    /// Where the block begins.
    pub span: Span,
}

/// How one kind of file is encrypted.
#[derive(Debug)]
pub struct EncryptedDecl {
    /// The types and names of its methods, and where they are named: the first writes, all read.
    pub methods: Vec<(Arc<str>, Arc<str>, Span)>,
    /// Where a block begins that names no method.
    pub missing: Option<Span>,
    /// Whether the file must be encrypted.
    pub enforced: bool,
    /// Where the block begins.
    pub span: Span,
}

/// `backend "s3" { … }`
#[derive(Debug)]
pub struct BackendDecl {
    /// The kind of store.
    pub ty: Arc<str>,
    /// Its arguments.
    pub body: Body,
    /// Where the block begins.
    pub span: Span,
}

/// `variable "x" { … }`
#[derive(Debug)]
pub struct VariableDecl {
    /// The name.
    pub name: Arc<str>,
    /// The type constraint; `Any` if none is given.
    pub ty: Type,
    /// Whether a type constraint is written, even if it is `any`.
    pub typed: bool,
    /// Defaults for optional attributes within the type.
    pub defaults: Defaults,
    /// The value if none is given; converted to the type.
    pub default: Option<Value>,
    /// Text for people.
    pub description: Option<Arc<str>>,
    /// Whether its value must not be shown.
    pub sensitive: bool,
    /// Whether its value must not be stored.
    pub ephemeral: bool,
    /// Whether null stays null rather than becoming the default.
    pub nullable: bool,
    /// Whether its value must be known before anything is planned; if false it is not used there, if not said it may be.
    pub constant: Option<bool>,
    /// Text for people who set it although it is deprecated.
    pub deprecated: Option<Arc<str>>,
    /// What its value must satisfy.
    pub validations: Vec<Condition>,
    /// Where the block begins.
    pub span: Span,
}

/// Default values of the optional attributes within a type constraint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Values of the optional attributes of an object type that have one.
    pub values: BTreeMap<Arc<str>, Value>,
    /// Defaults within attributes of an object type, or under "" within the elements of a collection; by place for tuples.
    pub children: BTreeMap<Arc<str>, Defaults>,
}

/// One entry of `locals`.
#[derive(Debug)]
pub struct LocalDecl {
    /// The name.
    pub name: Arc<str>,
    /// Its expression.
    pub expr: ExprId,
    /// Where the name stands.
    pub span: Span,
}

/// `output "x" { … }`
#[derive(Debug)]
pub struct OutputDecl {
    /// The name.
    pub name: Arc<str>,
    /// Its expression; `None` if it is missing, which has been reported.
    pub value: Option<ExprId>,
    /// The type it is converted to, if one is given, with defaults for optional attributes.
    pub ty: Option<(Type, Defaults)>,
    /// Text for people.
    pub description: Option<Arc<str>>,
    /// Whether its value must not be shown.
    pub sensitive: bool,
    /// Whether its value must not be stored.
    pub ephemeral: bool,
    /// Text for people who read it although it is deprecated.
    pub deprecated: Option<Arc<str>>,
    /// What must hold before the value is used.
    pub preconditions: Vec<Condition>,
    /// What must be done before.
    pub depends_on: Vec<DependsOn>,
    /// Where the block begins.
    pub span: Span,
}

/// How often a resource or module is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Once, without key.
    Once,
    /// `count = …`
    Count(ExprId),
    /// `for_each = …`
    ForEach(ExprId),
    /// `lifecycle { enabled = … }`: once without key, or not at all.
    Enabled(ExprId),
}

impl Repeat {
    /// The argument that says how often, with its name.
    pub fn argument(&self) -> Option<(ExprId, &'static str)> {
        match self {
            Repeat::Once => None,
            Repeat::Count(expr) => Some((*expr, "count")),
            Repeat::ForEach(expr) => Some((*expr, "for_each")),
            Repeat::Enabled(expr) => Some((*expr, "enabled")),
        }
    }

    /// Whether the instances have keys.
    pub fn has_keys(&self) -> bool {
        matches!(self, Repeat::Count(_) | Repeat::ForEach(_))
    }
}

/// `resource "type" "name" { … }`, or the same with `data` or `ephemeral`.
#[derive(Debug)]
pub struct ResourceDecl {
    /// Its name.
    pub resource: Resource,
    /// The header of the block.
    pub span: Span,
    /// Its type as it is written.
    pub type_span: Span,
    /// How often it is expanded.
    pub repeat: Repeat,
    /// Its arguments and blocks, those that mean the same for every type left out.
    pub body: Body,
    /// The `provider` argument.
    pub provider: Option<ProviderRef>,
    /// What must be done before.
    pub depends_on: Vec<DependsOn>,
    /// The `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// The `connection` block of all its provisioners.
    pub connection: Option<Body>,
    /// `provisioner` blocks.
    pub provisioners: Vec<ProvisionerDecl>,
    /// The `check` block it stands in, as a place in [`Contents::checks`].
    pub in_check: Option<usize>,
}

/// The `lifecycle` block of a resource.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// Whether a replacement is made before the old object is deleted; evaluated by `Evaluator::create_before_destroy`.
    pub create_before_destroy: Option<ExprId>,
    /// Whether deleting is refused; evaluated by `Evaluator::prevent_destroy`.
    pub prevent_destroy: Option<ExprId>,
    /// Whether the object is deleted at its end rather than forgotten; evaluated by `Evaluator::destroy`.
    pub destroy: Option<ExprId>,
    /// What configuration does not decide after the object is made.
    pub ignore_changes: IgnoreChanges,
    /// References whose change replaces the object.
    pub replace_triggered_by: Vec<ExprId>,
    /// What must hold before the object is planned.
    pub preconditions: Vec<Condition>,
    /// What must hold of the object.
    pub postconditions: Vec<Condition>,
}

/// The `ignore_changes` argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum IgnoreChanges {
    /// Nothing.
    #[default]
    None,
    /// Everything.
    All,
    /// These parts.
    Paths(Vec<(Path, Span)>),
}

/// `condition` and `error_message`.
#[derive(Debug)]
pub struct Condition {
    /// Must be true.
    pub condition: ExprId,
    /// What is said if it is not.
    pub error_message: ExprId,
    /// Where the block begins.
    pub span: Span,
}

/// One entry of `depends_on`.
#[derive(Clone, Debug)]
pub struct DependsOn {
    /// What is named.
    pub target: DependsTarget,
    /// Where it stands.
    pub span: Span,
}

/// What `depends_on` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependsTarget {
    /// All instances of a resource.
    Resource(ResourceId),
    /// All that the instances of a module hold.
    Module(CallId),
    /// A variable, and so all its value is made of.
    Variable(VariableId),
    /// A local value, and so all it is made of.
    Local(LocalId),
}

/// `provisioner "local-exec" { … }`
#[derive(Debug)]
pub struct ProvisionerDecl {
    /// The kind.
    pub ty: Arc<str>,
    /// Whether it runs before the object is deleted rather than after it is made.
    pub on_destroy: bool,
    /// Whether a failure is no error.
    pub continue_on_failure: bool,
    /// Its arguments.
    pub body: Body,
    /// Its `connection` block.
    pub connection: Option<Body>,
    /// Where the block begins.
    pub span: Span,
}

/// `module "m" { … }`
#[derive(Debug)]
pub struct CallDecl {
    /// The name.
    pub name: Arc<str>,
    /// Where the module is; `None` if that is missing, which has been reported.
    pub source: Option<ExprId>,
    /// Where the source is written.
    pub source_span: Span,
    /// Accepted versions.
    pub version: Option<ExprId>,
    /// How often it is expanded.
    pub repeat: Repeat,
    /// Values for its variables.
    pub arguments: Vec<Argument>,
    /// Configurations passed: name in the child, name here.
    pub providers: Option<Vec<PassedProvider>>,
    /// What must be done before.
    pub depends_on: Vec<DependsOn>,
    /// Where the block begins.
    pub span: Span,
}

/// Where the module of a call comes from.
#[derive(Clone, Debug)]
pub struct CallSource {
    /// The source.
    pub source: ModuleSource,
    /// Accepted versions.
    pub version: Option<Constraint>,
}

/// A reference to a provider configuration: `aws`, `aws.west`, `aws.by_region[each.key]`.
#[derive(Clone, Debug)]
pub struct ProviderRef {
    /// The name.
    pub name: ConfigName,
    /// The key in brackets.
    pub key: Option<ExprId>,
    /// Where it stands.
    pub span: Span,
}

/// One entry of `providers` of a module call.
#[derive(Clone, Debug)]
pub struct PassedProvider {
    /// The name in the called module.
    pub child: ConfigName,
    /// What it stands for in the calling module.
    pub here: ProviderRef,
    /// Where it stands.
    pub span: Span,
}

/// `provider "aws" { … }`
#[derive(Debug)]
pub struct ProviderDecl {
    /// Its name within the module.
    pub name: ConfigName,
    /// One instance for each.
    pub for_each: Option<ExprId>,
    /// Its arguments, `alias`, `version` and `for_each` left out.
    pub body: Body,
    /// Where the block begins.
    pub span: Span,
}

/// `moved { … }`: addresses are relative to the module.
#[derive(Clone, Debug)]
pub struct MovedDecl {
    /// The old address.
    pub from: Target,
    /// The new address.
    pub to: Target,
    /// Where the block begins.
    pub span: Span,
}

/// `import { … }`
#[derive(Debug)]
pub struct ImportDecl {
    /// The resource, relative to the module.
    pub to: ConfigResource,
    /// Which instances of the modules on the way to it, from the outside.
    pub module_keys: Vec<ImportKey>,
    /// Which instance of the resource.
    pub key: ImportKey,
    /// The id of the object.
    pub id: Option<ExprId>,
    /// The identity of the object.
    pub identity: Option<ExprId>,
    /// One import for each.
    pub for_each: Option<ExprId>,
    /// The `provider` argument.
    pub provider: Option<(ConfigName, Span)>,
    /// Where the block begins.
    pub span: Span,
}

/// A key in the address of an `import` block.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportKey {
    /// It is written out, or there is none.
    Fixed(Key),
    /// It is the value of an expression.
    Computed(ExprId),
}

impl ImportDecl {
    /// The instance, if all keys are written out.
    pub fn fixed(&self) -> Option<Instance> {
        let fixed = |key: &ImportKey| match key {
            ImportKey::Fixed(key) => Some(key.clone()),
            ImportKey::Computed(_) => None,
        };
        let steps = self.to.module.0.iter().zip(&self.module_keys);
        let module = steps.map(|(name, key)| Some((name.clone(), fixed(key)?))).collect::<Option<Vec<_>>>()?;
        let resource = AbsResource::new(ModuleInstance(module), self.to.resource.clone());
        Some(resource.instance(fixed(&self.key)?))
    }
}

/// `removed { … }`: the address is relative to the module and has no keys.
#[derive(Debug)]
pub struct RemovedDecl {
    /// What is no longer declared.
    pub from: Target,
    /// Whether its objects are deleted rather than forgotten.
    pub destroy: bool,
    /// What runs before they are deleted.
    pub provisioners: Vec<ProvisionerDecl>,
    /// Where the block begins.
    pub span: Span,
}

/// `check "x" { … }`
#[derive(Debug)]
pub struct CheckDecl {
    /// The name.
    pub name: Arc<str>,
    /// The data source inside of it.
    pub data: Option<ResourceId>,
    /// What must hold.
    pub asserts: Vec<Condition>,
    /// Where the block begins.
    pub span: Span,
}

/// The content of a block that a schema describes.
#[derive(Debug, Default)]
pub struct Body {
    /// Where it begins: its opening brace.
    pub(crate) open: Option<Span>,
    /// `name = expression`, in order.
    pub attributes: Vec<Argument>,
    /// Blocks, in order.
    pub blocks: Vec<Block>,
    /// Properties of a JSON object, in order: the schema says whether they are arguments or blocks.
    pub properties: Vec<Property>,
    /// What is wrong with it if it is the body of a block.
    pub(crate) wrong: Vec<Diagnostic>,
}

impl Body {
    /// The argument of a name.
    pub fn attribute(&self, name: &str) -> Option<&Argument> {
        let properties = self.properties.iter().map(|p| &p.argument);
        self.attributes.iter().chain(properties).find(|a| &*a.name == name)
    }
}

/// A property of a JSON object that is an argument or stands for blocks.
#[derive(Debug)]
pub struct Property {
    /// The property as an argument.
    pub argument: Argument,
    /// The property as blocks without labels.
    pub blocks: Vec<Block>,
    /// Values in it that cannot be blocks.
    pub not_blocks: Vec<Span>,
}

/// `name = expression`
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// The expression.
    pub expr: ExprId,
}

/// A block within a body, or a `dynamic` block that stands for several.
#[derive(Debug)]
pub struct Block {
    /// The type.
    pub ty: Arc<str>,
    /// Where the type stands.
    pub ty_span: Span,
    /// From the type to the last label.
    pub header: Span,
    /// Constant labels; empty for `dynamic`.
    pub labels: Vec<(Arc<str>, Span)>,
    /// The content.
    pub body: Body,
    /// How it is repeated.
    pub dynamic: Option<Dynamic>,
}

/// The rest of a `dynamic` block.
#[derive(Debug)]
pub struct Dynamic {
    /// One block for each.
    pub for_each: ExprId,
    /// Labels of each block.
    pub labels: Vec<ExprId>,
    /// The number of the bound name of its iterator.
    pub slot: u32,
    /// The name of the iterator.
    pub iterator: Arc<str>,
}

impl Program {
    /// The root module.
    pub fn root(&self) -> &ModuleDecl {
        &self.modules[0]
    }

    /// A module.
    pub fn module(&self, id: ModuleId) -> &ModuleDecl {
        &self.modules[id.index()]
    }

    /// The module of a path.
    pub fn find(&self, path: &Module) -> Option<&ModuleDecl> {
        let mut module = self.root();
        for name in &path.0 {
            let call = module.contents.declared.names.calls.get(name)?;
            module = self.module((*module.children.get(call.index())?)?);
        }
        Some(module)
    }

    /// The declaration of a resource.
    pub fn resource(&self, resource: &ConfigResource) -> Option<&ResourceDecl> {
        let module = self.find(&resource.module)?;
        let id = module.contents.declared.names.resources.get(&resource.resource)?;
        module.contents.resources.get(id.index())
    }

    /// The provider configuration of a resource.
    pub fn provider_of(&self, resource: &ConfigResource) -> Option<&ProviderConfig> {
        let module = self.find(&resource.module)?;
        let id = module.contents.declared.names.resources.get(&resource.resource)?;
        module.resource_providers.get(id.index())
    }

    /// Whether the instances of a resource name the key of their provider configuration.
    pub fn has_provider_key(&self, resource: &ConfigResource) -> bool {
        let Some(module) = self.find(&resource.module) else { return false };
        let id = module.contents.declared.names.resources.get(&resource.resource);
        id.and_then(|id| module.provider_keys.get(id.index())).is_some_and(Option::is_some)
    }

    /// All declared resources, module by module.
    pub fn resources(&self) -> impl Iterator<Item = (ConfigResource, &ModuleDecl, &ResourceDecl)> {
        self.modules.iter().flat_map(|module| {
            module.contents.resources.iter().map(move |decl| {
                let name = ConfigResource { module: module.path.clone(), resource: decl.resource.clone() };
                (name, module, decl)
            })
        })
    }

    /// The block of a provider configuration, whatever its key; `None` if it is not written and so empty.
    pub fn provider_decl(&self, config: &ProviderConfig) -> Option<(&ModuleDecl, &ProviderDecl)> {
        let module = self.find(&config.module)?;
        let decl =
            module.contents.providers.iter().find(|decl| {
                decl.name.alias == config.alias && module.provider_of(&decl.name.local) == config.provider
            })?;
        Some((module, decl))
    }
}

impl ModuleDecl {
    /// The provider a local name stands for in this module.
    pub fn provider_of(&self, local: &str) -> Provider {
        self.contents.provider_of(local)
    }

    /// The module called by `call`.
    pub fn child(&self, call: CallId) -> Option<ModuleId> {
        self.children.get(call.index()).copied().flatten()
    }
}

impl Contents {
    /// A reference as it is written.
    pub(crate) fn name_of(&self, reference: &Reference) -> String {
        match reference {
            Reference::Variable(id) => format!("var.{}", self.variables[id.index()].name),
            Reference::Local(id) => format!("local.{}", self.locals[id.index()].name),
            Reference::Resource { resource, .. } => self.resources[resource.index()].resource.to_string(),
            Reference::Module { call, .. } => format!("module.{}", self.calls[call.index()].name),
            Reference::EachKey => "each.key".into(),
            Reference::EachValue => "each.value".into(),
            Reference::CountIndex => "count.index".into(),
            Reference::SelfObject => "self".into(),
            Reference::PathModule => "path.module".into(),
            Reference::PathRoot => "path.root".into(),
            Reference::PathCwd => "path.cwd".into(),
            Reference::Workspace => "terraform.workspace".into(),
            Reference::Applying => "terraform.applying".into(),
            Reference::Bound { name, .. } => name.to_string(),
        }
    }

    /// The provider a local name stands for.
    pub fn provider_of(&self, local: &str) -> Provider {
        match self.settings.required_providers.get(local) {
            Some(required) => required.provider.clone(),
            None => Provider::implied(local),
        }
    }

    /// Whether callers must pass a provider configuration under a name.
    pub fn requires(&self, name: &ConfigName) -> bool {
        let required = self.settings.required_providers.get(&name.local);
        required.is_some_and(|r| r.configuration_aliases.contains(name))
    }

    /// A variable by name.
    pub fn variable(&self, name: &str) -> Option<&VariableDecl> {
        self.declared.names.variables.get(name).and_then(|id| self.variables.get(id.index()))
    }

    /// An output by name.
    pub fn output(&self, name: &str) -> Option<&OutputDecl> {
        self.declared.names.outputs.get(name).and_then(|id| self.outputs.get(id.index()))
    }
}
