//! One rename: what it covers, where that goes, and which other rename has to be done first.

use std::fmt;
use std::sync::Arc;

use terrane_address::{AbsResource, Instance, Key, Module, ModuleInstance, Target};
use terrane_source::Span;

/// One rename that configuration states or implies.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The module that states it: it holds in all instances of that.
    pub module: Module,
    /// What is renamed, relative to the module.
    pub from: Endpoint,
    /// What it is called now; of the same kind.
    pub to: Endpoint,
    /// The `moved` block, or what implies the rename.
    pub span: Span,
    /// Whether no block says so.
    pub implied: bool,
}

/// What one side of a rename names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    /// All instances of a module call.
    Call(ModuleInstance, Arc<str>),
    /// One instance of a module.
    Module(ModuleInstance),
    /// All instances of a resource.
    Resource(AbsResource),
    /// One instance of a resource.
    Instance(Instance),
}

/// A path of modules; a step without key stands for every instance.
type Pattern = Vec<(Arc<str>, Option<Key>)>;

impl Statement {
    /// The rename that a block states; `None` if its sides are of different kinds.
    pub fn new(module: &Module, from: &Target, to: &Target, span: Span) -> Option<Statement> {
        let (from, to) = unified(from, to)?;
        Some(Statement { module: module.clone(), from, to, span, implied: false })
    }

    /// Where a module of the state goes; `None` if the statement is not about it.
    pub fn module_goes(&self, module: &ModuleInstance) -> Option<ModuleInstance> {
        let (base, rest) = self.split(module)?;
        let (to, left) = match (&self.from, &self.to) {
            (Endpoint::Module(from), Endpoint::Module(to)) => (to.0.clone(), rest.strip_prefix(from.0.as_slice())?),
            (Endpoint::Call(outer, name), Endpoint::Call(to_outer, to_name)) => {
                let (found, left) = rest.strip_prefix(outer.0.as_slice())?.split_first()?;
                let key = Some(found).filter(|(found, _)| found == name)?.1.clone();
                (to_outer.child(to_name.clone(), key).0, left)
            }
            _ => return None,
        };
        Some(joined(base, &to, left))
    }

    /// Where a resource of the state goes as a whole; `None` if the statement is not about it.
    pub fn resource_goes(&self, resource: &AbsResource) -> Option<AbsResource> {
        match (&self.from, &self.to) {
            (Endpoint::Resource(from), Endpoint::Resource(to)) => self.goes(resource, from, to),
            _ => None,
        }
    }

    /// Where one instance of the state goes; `None` if the statement is not about it alone.
    pub fn instance_goes(&self, instance: &Instance) -> Option<Instance> {
        match (&self.from, &self.to) {
            (Endpoint::Instance(from), Endpoint::Instance(to)) if from.key == instance.key => {
                let resource = self.goes(&instance.resource, &from.resource, &to.resource)?;
                Some(resource.instance(to.key.clone()))
            }
            _ => None,
        }
    }

    fn goes(&self, resource: &AbsResource, from: &AbsResource, to: &AbsResource) -> Option<AbsResource> {
        let (base, rest) = self.split(&resource.module)?;
        let covered = from.resource == resource.resource && rest == from.module.0;
        covered.then(|| AbsResource::new(joined(base, &to.module.0, &[]), to.resource.clone()))
    }

    /// A path within an instance of the stating module: that instance's, and the rest.
    fn split<'m>(&self, module: &'m ModuleInstance) -> Option<(&'m [Step], &'m [Step])> {
        let (base, rest) = module.0.split_at_checked(self.module.0.len())?;
        base.iter().zip(&self.module.0).all(|((name, _), stated)| name == stated).then_some((base, rest))
    }

    /// Whether another statement has to be done before this one: it leads here, or one is about a part of the other.
    pub fn follows(&self, other: &Statement) -> bool {
        let (from, to) = (Side::new(&self.module, &self.from), Side::new(&self.module, &self.to));
        let (other_from, other_to) = (Side::new(&other.module, &other.from), Side::new(&other.module, &other.to));
        if from.may_be(&other_to) {
            return true;
        }
        let nested = from.is_within(&other_to)
            || to.is_within(&other_to)
            || other_from.is_within(&from)
            || other_to.is_within(&from);
        // A module that only gets another key holds its parts before and after: what is inside of it goes second.
        nested && (self.module.0.len() >= other.module.0.len() || !self.only_changes_keys())
    }

    fn only_changes_keys(&self) -> bool {
        let names = |endpoint: &Endpoint| match endpoint {
            Endpoint::Module(module) => Some(module.module()),
            Endpoint::Call(outer, name) => Some(outer.module().child(name.clone())),
            _ => None,
        };
        let calls = matches!((&self.from, &self.to), (Endpoint::Call(..), Endpoint::Call(..)));
        !calls && names(&self.from).is_some() && names(&self.from) == names(&self.to)
    }

    /// Whether either side names a module.
    pub fn names_module(&self, module: &ModuleInstance) -> bool {
        let side = |endpoint| Side::new(&self.module, endpoint).selects(module);
        side(&self.from) || side(&self.to)
    }

    /// Whether either side names a resource or an instance of it.
    pub fn names_resource(&self, resource: &AbsResource) -> bool {
        let side = |endpoint: &Endpoint| {
            let named = match endpoint {
                Endpoint::Resource(r) | Endpoint::Instance(Instance { resource: r, .. }) => &r.resource,
                Endpoint::Call(..) | Endpoint::Module(_) => return false,
            };
            *named == resource.resource && Side::new(&self.module, endpoint).selects(&resource.module)
        };
        side(&self.from) || side(&self.to)
    }
}

type Step = (Arc<str>, Key);

fn joined(base: &[Step], middle: &[Step], rest: &[Step]) -> ModuleInstance {
    ModuleInstance(base.iter().chain(middle).chain(rest).cloned().collect())
}

/// Both sides in the widest form that they share.
fn unified(from: &Target, to: &Target) -> Option<(Endpoint, Endpoint)> {
    let one = [from, to].into_iter().any(|target| match target {
        Target::Instance(_) => true,
        Target::Resource(_) => false,
        Target::Module(module) => module.0.last().is_some_and(|(_, key)| *key != Key::None),
    });
    let kinds = matches!(from, Target::Module(_)) == matches!(to, Target::Module(_));
    kinds.then(|| (endpoint(from, one), endpoint(to, one)))
}

fn endpoint(target: &Target, one: bool) -> Endpoint {
    match target {
        Target::Instance(instance) => Endpoint::Instance(instance.clone()),
        Target::Resource(resource) if one => Endpoint::Instance(resource.instance(Key::None)),
        Target::Resource(resource) => Endpoint::Resource(resource.clone()),
        Target::Module(module) => match module.0.split_last() {
            Some(((name, _), outer)) if !one => Endpoint::Call(ModuleInstance(outer.to_vec()), name.clone()),
            _ => Endpoint::Module(module.clone()),
        },
    }
}

impl Endpoint {
    /// What it names in one instance of the stating module.
    pub fn inside(&self, base: &ModuleInstance) -> Endpoint {
        let module = |inner: &ModuleInstance| joined(&base.0, &inner.0, &[]);
        let resource = |r: &AbsResource| AbsResource::new(module(&r.module), r.resource.clone());
        match self {
            Endpoint::Call(outer, name) => Endpoint::Call(module(outer), name.clone()),
            Endpoint::Module(inner) => Endpoint::Module(module(inner)),
            Endpoint::Resource(inner) => Endpoint::Resource(resource(inner)),
            Endpoint::Instance(i) => Endpoint::Instance(resource(&i.resource).instance(i.key.clone())),
        }
    }

    /// What it is, for people.
    pub fn noun(&self) -> &'static str {
        match self {
            Endpoint::Call(..) => "module call",
            Endpoint::Module(_) => "module instance",
            Endpoint::Resource(_) => "resource",
            Endpoint::Instance(_) => "resource instance",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Call(outer, name) => outer.child(name.clone(), Key::None).fmt(f),
            Endpoint::Module(module) => module.fmt(f),
            Endpoint::Resource(resource) => resource.fmt(f),
            Endpoint::Instance(instance) => instance.fmt(f),
        }
    }
}

/// One side of a statement with the whole path to it.
struct Side<'s> {
    path: Pattern,
    what: &'s Endpoint,
}

impl Side<'_> {
    fn new<'s>(module: &Module, what: &'s Endpoint) -> Side<'s> {
        let fixed = |inner: &ModuleInstance| inner.0.iter().map(|(n, k)| (n.clone(), Some(k.clone()))).collect();
        let inner: Pattern = match what {
            Endpoint::Call(outer, name) => [fixed(outer), vec![(name.clone(), None)]].concat(),
            Endpoint::Module(inner) => fixed(inner),
            Endpoint::Resource(resource) | Endpoint::Instance(Instance { resource, .. }) => fixed(&resource.module),
        };
        Side { path: module.0.iter().map(|name| (name.clone(), None)).chain(inner).collect(), what }
    }

    fn is_module(&self) -> bool {
        matches!(self.what, Endpoint::Call(..) | Endpoint::Module(_))
    }

    fn selects(&self, module: &ModuleInstance) -> bool {
        let fits = |((name, key), (found, of)): (&(Arc<str>, Option<Key>), &Step)| {
            name == found && key.as_ref().is_none_or(|key| key == of)
        };
        self.path.len() == module.0.len() && self.path.iter().zip(&module.0).all(fits)
    }

    /// Whether both may name the same thing.
    fn may_be(&self, other: &Side<'_>) -> bool {
        let same = match (self.what, other.what) {
            (Endpoint::Resource(a), Endpoint::Resource(b)) => a.resource == b.resource,
            (Endpoint::Instance(a), Endpoint::Instance(b)) => {
                a.resource.resource == b.resource.resource && a.key == b.key
            }
            _ => self.is_module() && other.is_module(),
        };
        same && self.path.len() == other.path.len() && begins(&self.path, &other.path)
    }

    /// Whether this may name a part of the other.
    fn is_within(&self, other: &Side<'_>) -> bool {
        if !begins(&self.path, &other.path) {
            return false;
        }
        match (self.what, other.what) {
            (Endpoint::Instance(part), Endpoint::Resource(whole)) => {
                self.path.len() == other.path.len() && part.resource.resource == whole.resource
            }
            (_, Endpoint::Resource(_) | Endpoint::Instance(_)) => false,
            // The one instance of a call and the call: neither is a part by itself.
            (Endpoint::Module(_), Endpoint::Call(..)) => true,
            (Endpoint::Call(..) | Endpoint::Module(_), _) => self.path.len() > other.path.len(),
            _ => true,
        }
    }
}

/// Whether a path may begin with another.
fn begins(path: &Pattern, with: &Pattern) -> bool {
    let fits = |((a, a_key), (b, b_key)): (&(Arc<str>, Option<Key>), &(Arc<str>, Option<Key>))| {
        a == b && (a_key.is_none() || b_key.is_none() || a_key == b_key)
    };
    path.len() >= with.len() && path.iter().zip(with).all(fits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::{parse_instance, parse_target};
    use terrane_source::FileId;

    use super::*;

    fn statement(module: &str, from: &str, to: &str) -> Statement {
        let module = Module(module.split('.').filter(|s| !s.is_empty()).map(Into::into).collect());
        let span = Span::new(FileId(0), 0, 0);
        Statement::new(&module, &parse_target(from).unwrap(), &parse_target(to).unwrap(), span).unwrap()
    }

    #[test]
    fn addresses_go_where_the_statement_says() {
        for (module, from, to, instance, expect) in [
            ("", "t.a", "t.b", "t.a[0]", Some("t.b[0]")),
            ("", "t.a", "t.b[\"k\"]", "t.a", Some("t.b[\"k\"]")),
            ("", "t.a", "t.b[\"k\"]", "t.a[1]", None),
            ("", "t.a[1]", "t.b", "t.a[1]", Some("t.b")),
            ("", "t.a[1]", "t.b", "t.a[2]", None),
            ("", "t.a", "module.m.t.a", "t.a", Some("module.m.t.a")),
            ("m", "t.a", "t.b", "module.m[1].t.a", Some("module.m[1].t.b")),
            ("m", "t.a", "t.b", "t.a", None),
            ("", "module.m", "module.n", "module.m[\"x\"].t.a", Some("module.n[\"x\"].t.a")),
            ("", "module.m", "module.n[0]", "module.m.t.a", Some("module.n[0].t.a")),
            ("", "module.m[1]", "module.n", "module.m[1].module.o.t.a", Some("module.n.module.o.t.a")),
            ("", "module.m", "module.n", "module.o.t.a", None),
        ] {
            let (statement, instance) = (statement(module, from, to), parse_instance(instance).unwrap());
            let whole = statement.resource_goes(&instance.resource).map(|r| r.instance(instance.key.clone()));
            let module = statement.module_goes(&instance.resource.module).map(|module| Instance {
                resource: AbsResource::new(module, instance.resource.resource.clone()),
                key: instance.key.clone(),
            });
            let goes = module.or(whole).or_else(|| statement.instance_goes(&instance)).map(|i| i.to_string());
            assert_eq!(goes.as_deref(), expect, "{instance}");
        }
    }

    #[test]
    fn chains_and_parts_have_an_order() {
        for (a, b, follows, followed) in [
            (("", "t.b", "t.c"), ("", "t.a", "t.b"), true, false),
            (("", "t.b", "t.a"), ("", "t.a", "t.b"), true, true),
            (("", "t.x", "t.y"), ("", "t.a", "t.b"), false, false),
            (("", "module.m", "module.n"), ("m", "t.a", "t.b"), true, false),
            (("n", "t.a", "t.b"), ("", "module.m", "module.n"), true, false),
            (("m", "t.a", "t.b"), ("", "module.m", "module.m[0]"), true, false),
            (("", "t.b", "t.b[0]"), ("", "t.a", "t.b"), true, false),
        ] {
            let (a, b) = (statement(a.0, a.1, a.2), statement(b.0, b.1, b.2));
            assert_eq!((a.follows(&b), b.follows(&a)), (follows, followed), "{} → {}", a.from, a.to);
        }
    }
}
