//! What refers to what, without instance keys.

use rustc_hash::FxHashMap;
use terrane_address::{Module, ProviderConfig};
use terrane_source::Span;

use crate::ir::{CallId, ExprId, LocalId, ModuleId, Node as Form, OutputId, Reference, ResourceId, VariableId};
use crate::program::{
    Argument, Body, Condition, Contents, DependsOn, DependsTarget, ImportDecl, ImportKey, ModuleDecl, Program,
    ProviderKey, Repeat,
};

/// Something that has a value or an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    Variable(ModuleId, VariableId),
    Local(ModuleId, LocalId),
    Output(ModuleId, OutputId),
    Resource(ModuleId, ResourceId),
    /// The expansion of a module call, and what its `depends_on` names.
    Call(ModuleId, CallId),
    /// A `provider` block, by its place in the module.
    Provider(ModuleId, u32),
    /// A `check` block, by its place in the module.
    Check(ModuleId, u32),
}

/// One thing needs another, because of what is written at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub to: u32,
    pub span: Span,
}

/// All things and what they need.
pub(super) struct Graph<'p> {
    program: &'p Program,
    pub things: Vec<Thing>,
    pub edges: Vec<Vec<Edge>>,
    ids: FxHashMap<Thing, u32>,
}

impl<'p> Graph<'p> {
    pub(super) fn of(program: &'p Program) -> Graph<'p> {
        let mut graph = Graph { program, things: Vec::new(), edges: Vec::new(), ids: FxHashMap::default() };
        for module in &program.modules {
            graph.module(module);
        }
        graph
    }

    /// The address of a thing.
    pub(super) fn name(&self, thing: Thing) -> String {
        let (module, name) = match thing {
            Thing::Variable(m, id) => (m, format!("var.{}", self.contents(m).variables[id.index()].name)),
            Thing::Local(m, id) => (m, format!("local.{}", self.contents(m).locals[id.index()].name)),
            Thing::Output(m, id) => (m, format!("output.{}", self.contents(m).outputs[id.index()].name)),
            Thing::Resource(m, id) => (m, self.contents(m).resources[id.index()].resource.to_string()),
            Thing::Call(m, id) => (m, format!("module.{}", self.contents(m).calls[id.index()].name)),
            Thing::Provider(m, i) => (m, format!("provider.{}", self.contents(m).providers[i as usize].name)),
            Thing::Check(m, i) => (m, format!("check.{}", self.contents(m).checks[i as usize].name)),
        };
        let path = &self.program.module(module).path;
        if path.is_root() { name } else { format!("{path}.{name}") }
    }

    fn contents(&self, module: ModuleId) -> &'p Contents {
        &self.program.module(module).contents
    }

    /// The place of a thing, which is added if it is not there.
    pub(super) fn id(&mut self, thing: Thing) -> u32 {
        let next = self.things.len() as u32;
        let id = *self.ids.entry(thing).or_insert(next);
        if id == next {
            self.things.push(thing);
            self.edges.push(Vec::new());
        }
        id
    }

    fn add(&mut self, from: Thing, to: Thing, span: Span) {
        let (from, to) = (self.id(from), self.id(to));
        self.edges[from as usize].push(Edge { to, span });
    }

    fn module(&mut self, module: &'p ModuleDecl) {
        let (m, contents) = (module.id, &*module.contents);
        for (i, decl) in contents.variables.iter().enumerate() {
            self.argument(module, VariableId(i as u32), &decl.name);
        }
        for (i, decl) in contents.locals.iter().enumerate() {
            self.expr(m, Thing::Local(m, LocalId(i as u32)), decl.expr);
        }
        for (i, decl) in contents.outputs.iter().enumerate() {
            let from = Thing::Output(m, OutputId(i as u32));
            decl.value.iter().for_each(|e| self.expr(m, from, *e));
            self.conditions(m, from, &decl.preconditions);
            self.depends_on(m, from, &decl.depends_on);
        }
        for (i, decl) in contents.calls.iter().enumerate() {
            let from = Thing::Call(m, CallId(i as u32));
            self.repeat(m, from, decl.repeat);
            self.depends_on(m, from, &decl.depends_on);
            self.inside(module, from, decl.span);
        }
        for (i, decl) in contents.providers.iter().enumerate() {
            self.body(m, Thing::Provider(m, i as u32), &decl.body);
            decl.for_each.iter().for_each(|e| self.expr(m, Thing::Provider(m, i as u32), *e));
        }
        for i in 0..contents.resources.len() {
            self.resource(module, ResourceId(i as u32));
        }
        contents.imports.iter().for_each(|import| self.import(module, import));
        for (i, decl) in contents.checks.iter().enumerate() {
            let from = Thing::Check(m, i as u32);
            decl.data.iter().for_each(|data| self.add(from, Thing::Resource(m, *data), decl.span));
            self.conditions(m, from, &decl.asserts);
            self.inside(module, from, decl.span);
        }
    }

    /// What is imported needs what its import block refers to.
    fn import(&mut self, module: &ModuleDecl, import: &ImportDecl) {
        let path = module.path.0.iter().chain(&import.to.module.0).cloned().collect();
        let Some(target) = self.program.find(&Module(path)) else { return };
        let Some(id) = target.contents.declared.names.resources.get(&import.to.resource) else { return };
        let from = Thing::Resource(target.id, *id);
        let keys = import.module_keys.iter().chain([&import.key]);
        let computed = keys.filter_map(|key| if let ImportKey::Computed(expr) = key { Some(*expr) } else { None });
        let others = self.edges_of(from);
        for expr in computed.chain(import.id).chain(import.identity).chain(import.for_each) {
            self.expr(module.id, from, expr);
        }
        // One instance may be found by what another one is.
        self.forget_self(from, others);
    }

    /// What is in a module needs the call to be expanded.
    fn inside(&mut self, module: &ModuleDecl, from: Thing, span: Span) {
        if let Some((parent, call)) = module.parent {
            self.add(from, Thing::Call(parent, call), span);
        }
    }

    fn argument(&mut self, module: &'p ModuleDecl, id: VariableId, name: &str) {
        let Some((parent, call)) = module.parent else { return };
        let decl = &self.contents(parent).calls[call.index()];
        let from = Thing::Variable(module.id, id);
        let argument: Option<&'p Argument> = decl.arguments.iter().find(|a| *a.name == *name);
        if let Some(argument) = argument {
            self.expr(parent, from, argument.expr);
            self.add(from, Thing::Call(parent, call), argument.name_span);
        }
    }

    fn resource(&mut self, module: &'p ModuleDecl, id: ResourceId) {
        let (m, decl) = (module.id, &module.contents.resources[id.index()]);
        let from = Thing::Resource(m, id);
        self.repeat(m, from, decl.repeat);
        self.body(m, from, &decl.body);
        self.depends_on(m, from, &decl.depends_on);
        let others = self.edges_of(from);
        self.conditions(m, from, &decl.lifecycle.preconditions);
        self.conditions(m, from, &decl.lifecycle.postconditions);
        // That is reported where conditions are read.
        self.forget_self(from, others);
        decl.lifecycle.replace_triggered_by.iter().for_each(|e| self.expr(m, from, *e));
        decl.lifecycle.create_before_destroy.iter().for_each(|e| self.expr(m, from, *e));
        // Provisioners run once it is made.
        let others = self.edges_of(from);
        for provisioner in decl.provisioners.iter().filter(|p| !p.on_destroy) {
            self.body(m, from, &provisioner.body);
        }
        self.forget_self(from, others);
        self.inside(module, from, decl.span);
        match module.provider_keys.get(id.index()) {
            Some(Some(ProviderKey::Resource(expr))) => self.expr(m, from, *expr),
            Some(Some(ProviderKey::Call(called, expr))) => {
                if let Some((parent, _)) = self.program.module(*called).parent {
                    self.expr(parent, from, *expr);
                }
            }
            _ => {}
        }
        if let Some(provider) = self.provider(&module.resource_providers[id.index()]) {
            self.add(from, provider, decl.span);
        }
    }

    fn edges_of(&mut self, thing: Thing) -> usize {
        let id = self.id(thing);
        self.edges[id as usize].len()
    }

    /// Drops what a thing needs of itself, from the `first` of its edges on.
    fn forget_self(&mut self, thing: Thing, first: usize) {
        let id = self.id(thing);
        let edges = &mut self.edges[id as usize];
        let late: Vec<Edge> = edges.drain(first..).filter(|edge| edge.to != id).collect();
        edges.extend(late);
    }

    fn provider(&self, config: &ProviderConfig) -> Option<Thing> {
        let (module, decl) = self.program.provider_decl(config)?;
        let place = module.contents.providers.iter().position(|d| std::ptr::eq(d, decl))?;
        Some(Thing::Provider(module.id, place as u32))
    }

    fn repeat(&mut self, m: ModuleId, from: Thing, repeat: Repeat) {
        match repeat {
            Repeat::Once => {}
            Repeat::Count(expr) | Repeat::ForEach(expr) | Repeat::Enabled(expr) => self.expr(m, from, expr),
        }
    }

    fn conditions(&mut self, m: ModuleId, from: Thing, conditions: &[Condition]) {
        for condition in conditions {
            self.expr(m, from, condition.condition);
            self.expr(m, from, condition.error_message);
        }
    }

    fn body(&mut self, m: ModuleId, from: Thing, body: &Body) {
        body.attributes.iter().for_each(|a| self.expr(m, from, a.expr));
        for block in &body.blocks {
            if let Some(dynamic) = &block.dynamic {
                self.expr(m, from, dynamic.for_each);
                dynamic.labels.iter().for_each(|e| self.expr(m, from, *e));
            }
            self.body(m, from, &block.body);
        }
        for property in &body.properties {
            self.expr(m, from, property.argument.expr);
            property.blocks.iter().for_each(|block| self.dynamic_blocks(m, from, &block.body));
        }
    }

    /// The dynamic blocks within a JSON object: as an expression it has other references.
    fn dynamic_blocks(&mut self, m: ModuleId, from: Thing, body: &Body) {
        for property in &body.properties {
            property.blocks.iter().for_each(|block| self.dynamic_blocks(m, from, &block.body));
        }
        for block in &body.blocks {
            let dynamic = block.dynamic.iter();
            dynamic.flat_map(|d| d.labels.iter().chain([&d.for_each])).for_each(|e| self.expr(m, from, *e));
            self.body(m, from, &block.body);
        }
    }

    fn depends_on(&mut self, m: ModuleId, from: Thing, entries: &[DependsOn]) {
        for entry in entries {
            match entry.target {
                DependsTarget::Resource(id) => self.add(from, Thing::Resource(m, id), entry.span),
                DependsTarget::Variable(id) => self.add(from, Thing::Variable(m, id), entry.span),
                DependsTarget::Local(id) => self.add(from, Thing::Local(m, id), entry.span),
                DependsTarget::Module(call) => {
                    self.add(from, Thing::Call(m, call), entry.span);
                    self.everything_in(m, call, from, entry.span);
                }
            }
        }
    }

    fn everything_in(&mut self, m: ModuleId, call: CallId, from: Thing, span: Span) {
        let Some(child) = self.program.module(m).child(call) else { return };
        let contents = self.contents(child);
        for i in 0..contents.resources.len() {
            self.add(from, Thing::Resource(child, ResourceId(i as u32)), span);
        }
        for i in 0..contents.calls.len() {
            self.everything_in(child, CallId(i as u32), from, span);
        }
    }

    /// Adds what an expression of a module refers to.
    fn expr(&mut self, m: ModuleId, from: Thing, expr: ExprId) {
        let exprs = &self.contents(m).exprs;
        let mut rest = vec![expr];
        while let Some(id) = rest.pop() {
            let node = exprs.node(id);
            if let Form::Reference(reference) = node {
                self.reference(m, from, reference, exprs.span(id));
            }
            crate::eval::parts(node, &mut |part| rest.push(part));
        }
    }

    fn reference(&mut self, m: ModuleId, from: Thing, reference: &Reference, span: Span) {
        match reference {
            Reference::Variable(id) => self.add(from, Thing::Variable(m, *id), span),
            Reference::Local(id) => self.add(from, Thing::Local(m, *id), span),
            Reference::Resource { resource, .. } => self.add(from, Thing::Resource(m, *resource), span),
            Reference::Module { call, output, .. } => {
                self.add(from, Thing::Call(m, *call), span);
                let Some(child) = self.program.module(m).child(*call) else { return };
                for (i, decl) in self.contents(child).outputs.iter().enumerate() {
                    if output.as_ref().is_none_or(|name| *name == decl.name) {
                        self.add(from, Thing::Output(child, OutputId(i as u32)), span);
                    }
                }
            }
            _ => {}
        }
    }
}
