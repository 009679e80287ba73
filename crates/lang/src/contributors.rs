//! Which attributes of which objects a value is made of, be it through variables, local values and outputs.

use std::collections::BTreeSet;
use std::sync::Arc;

use terrane_address::{Instance, Key, ModuleInstance};
use terrane_value::{Kind, Path, Step};

use crate::ir::{CallId, ExprId, LocalId, Node, Reference, ResourceId, VariableId};
use crate::program::{Body, Contents, ModuleDecl, Program, Repeat};

/// Something that is made of other values.
#[derive(Clone, Copy, Debug)]
pub enum Made<'a> {
    /// What is written for an instance of a resource.
    Instance(&'a Instance),
    /// An output of a module.
    Output(&'a ModuleInstance, &'a str),
}

impl Program {
    /// The attributes that contribute to some values, directly or through others: what an expression reads, and what
    /// that is made of. Keys and attributes that only evaluation tells are left out: then the whole is meant.
    pub fn contributors<'a>(&self, of: impl IntoIterator<Item = Made<'a>>) -> BTreeSet<(Instance, Path)> {
        let mut walk = Walk { program: self, seen: BTreeSet::new(), pending: Vec::new() };
        for made in of {
            walk.begin(made);
        }
        while let Some((module, mention)) = walk.pending.pop() {
            walk.follow(&module, &mention);
        }
        walk.seen.into_iter().filter_map(|(module, mention)| self.object(module, mention)).collect()
    }

    fn object(&self, module: ModuleInstance, mention: Mention) -> Option<(Instance, Path)> {
        let Subject::Resource(id, key) = mention.subject else { return None };
        let resource = self.find(&module.module())?.contents.resources.get(id.index())?.resource.clone();
        let resource = terrane_address::AbsResource::new(module, resource);
        Some((resource.instance(key), mention.steps))
    }
}

/// What an expression reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mention {
    subject: Subject,
    steps: Path,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Variable(VariableId),
    Local(LocalId),
    Resource(ResourceId, Key),
    /// `count.index`, `each.key` or `each.value` of a resource.
    Repetition(ResourceId),
    Call(CallId, Key),
    Output(CallId, Key, Arc<str>),
}

struct Walk<'p> {
    program: &'p Program,
    seen: BTreeSet<(ModuleInstance, Mention)>,
    pending: Vec<(ModuleInstance, Mention)>,
}

impl<'p> Walk<'p> {
    fn module(&self, module: &ModuleInstance) -> Option<&'p ModuleDecl> {
        self.program.find(&module.module())
    }

    fn begin(&mut self, made: Made<'_>) {
        match made {
            Made::Instance(instance) => {
                let module = &instance.resource.module;
                let Some(decl) = self.module(module) else { return };
                let place = decl.contents.resources.iter().position(|r| r.resource == instance.resource.resource);
                if let Some(place) = place {
                    self.resource(module, ResourceId(place as u32), &Path::root());
                }
            }
            Made::Output(module, name) => self.output(module, name),
        }
    }

    fn see(&mut self, module: &ModuleInstance, mention: Mention) {
        let found = (module.clone(), mention);
        if self.seen.insert(found.clone()) {
            self.pending.push(found);
        }
    }

    fn read(&mut self, module: &ModuleInstance, contents: &Contents, expr: ExprId, owner: Option<ResourceId>) {
        let mut found = Vec::new();
        contents.mentions(expr, owner, &mut found);
        found.into_iter().for_each(|mention| self.see(module, mention));
    }

    fn follow(&mut self, module: &ModuleInstance, mention: &Mention) {
        let Some(decl) = self.module(module) else { return };
        let contents = &decl.contents;
        match &mention.subject {
            Subject::Variable(id) => self.variable(module, &contents.variables[id.index()].name),
            Subject::Local(id) => self.read(module, contents, contents.locals[id.index()].expr, None),
            Subject::Resource(id, _) => self.resource(module, *id, &mention.steps),
            Subject::Repetition(id) => match contents.resources[id.index()].repeat {
                Repeat::Count(expr) | Repeat::ForEach(expr) => self.read(module, contents, expr, None),
                Repeat::Once | Repeat::Enabled(_) => {}
            },
            Subject::Output(id, key, name) => {
                self.output(&module.child(contents.calls[id.index()].name.clone(), key.clone()), name);
            }
            Subject::Call(id, key) => {
                let child = module.child(contents.calls[id.index()].name.clone(), key.clone());
                let outputs = self.module(&child).map(|child| child.contents.outputs.as_slice()).unwrap_or_default();
                outputs.iter().for_each(|output| self.output(&child, &output.name));
            }
        }
    }

    fn variable(&mut self, module: &ModuleInstance, name: &str) {
        let (Some(caller), Some((call, _))) = (module.parent(), module.0.last()) else { return };
        let Some(decl) = self.module(&caller) else { return };
        let call = decl.contents.calls.iter().find(|decl| decl.name == *call);
        let argument = call.and_then(|call| call.arguments.iter().find(|a| *a.name == *name));
        if let Some(argument) = argument {
            self.read(&caller, &decl.contents, argument.expr, None);
        }
    }

    fn output(&mut self, module: &ModuleInstance, name: &str) {
        let Some(decl) = self.module(module) else { return };
        let output = decl.contents.outputs.iter().find(|output| *output.name == *name);
        if let Some(value) = output.and_then(|output| output.value) {
            self.read(module, &decl.contents, value, None);
        }
    }

    /// What the first step of a path leads to in the configuration of a resource; all of it for the whole.
    fn resource(&mut self, module: &ModuleInstance, id: ResourceId, steps: &Path) {
        let Some(decl) = self.module(module) else { return };
        let Some(resource) = decl.contents.resources.get(id.index()) else { return };
        let only = match steps.0.first() {
            Some(Step::Attr(name)) => Some(&**name),
            Some(Step::Index(key)) => Some(key.as_str().unwrap_or_default()),
            None => None,
        };
        let mut expressions = Vec::new();
        within(&resource.body, only, &mut expressions);
        expressions.into_iter().for_each(|expr| self.read(module, &decl.contents, expr, Some(id)));
    }
}

/// The expressions of a body, or of one argument or kind of block in it.
fn within(body: &Body, only: Option<&str>, found: &mut Vec<ExprId>) {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let properties = body.properties.iter().map(|property| &property.argument);
    found.extend(body.attributes.iter().chain(properties).filter(|a| wanted(&a.name)).map(|a| a.expr));
    for block in body.blocks.iter().filter(|block| wanted(&block.ty)) {
        if let Some(dynamic) = &block.dynamic {
            found.push(dynamic.for_each);
            found.extend(&dynamic.labels);
        }
        within(&block.body, None, found);
    }
}

impl Contents {
    fn mentions(&self, expr: ExprId, owner: Option<ResourceId>, found: &mut Vec<Mention>) {
        if let Some(mention) = self.mention(expr, owner) {
            return found.push(mention);
        }
        match self.exprs.node(expr) {
            Node::Reference(Reference::Resource { resource, .. }) => {
                found.push(Mention { subject: Subject::Resource(*resource, Key::None), steps: Path::root() });
            }
            Node::Reference(Reference::Module { call, .. }) => {
                found.push(Mention { subject: Subject::Call(*call, Key::None), steps: Path::root() });
            }
            _ => {}
        }
        self.parts(expr).into_iter().for_each(|part| self.mentions(part, owner, found));
    }

    /// A reference with what follows it, if all of that is constant.
    fn mention(&self, expr: ExprId, owner: Option<ResourceId>) -> Option<Mention> {
        match self.exprs.node(expr) {
            Node::Reference(reference) => {
                let subject = self.mentioned(reference, owner)?;
                Some(Mention { subject, steps: Path::root() })
            }
            Node::GetAttr { base, name, .. } => {
                let Mention { subject, steps } = self.mention(*base, owner)?;
                Some(Mention { subject, steps: steps.attr(name.clone()) })
            }
            Node::Index { base, key } => {
                let Node::Literal(value) = self.exprs.node(*key) else { return None };
                let Mention { subject, steps } = self.mention(*base, owner)?;
                Some(Mention { subject, steps: steps.with(Step::Index(value.clone())) })
            }
            _ => None,
        }
    }

    fn mentioned(&self, reference: &Reference, owner: Option<ResourceId>) -> Option<Subject> {
        Some(match reference {
            Reference::Variable(id) => Subject::Variable(*id),
            Reference::Local(id) => Subject::Local(*id),
            Reference::Resource { resource, key } => Subject::Resource(*resource, self.literal(*key)?),
            Reference::Module { call, key, output: Some(output) } => {
                Subject::Output(*call, self.literal(*key)?, output.clone())
            }
            Reference::Module { call, key, output: None } => Subject::Call(*call, self.literal(*key)?),
            Reference::EachKey | Reference::EachValue | Reference::CountIndex => Subject::Repetition(owner?),
            _ => return None,
        })
    }

    /// The key that is written; `None` if only evaluation tells it.
    fn literal(&self, key: Option<ExprId>) -> Option<Key> {
        let Some(key) = key else { return Some(Key::None) };
        let Node::Literal(value) = self.exprs.node(key) else { return None };
        match value.kind() {
            Kind::Number(n) => n.to_string().parse().ok().map(Key::Int),
            Kind::String(text) => Some(Key::String(text.clone())),
            _ => None,
        }
    }
}
