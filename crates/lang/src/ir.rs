//! Expressions with their names resolved.

use std::sync::Arc;

use terrane_source::{Diagnostic, Span};
use terrane_syntax::{BinaryOp, UnaryOp};
use terrane_value::Value;

use crate::functions::Function;
use crate::names::Names;

/// Names one expression of an [`Exprs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(u32);

/// Holds all expressions of a module, each with its place.
#[derive(Debug, Default)]
pub struct Exprs {
    nodes: Vec<Node>,
    spans: Vec<Span>,
    names: Names,
}

impl Exprs {
    /// Adds an expression whose parts have been added before.
    pub(crate) fn add(&mut self, node: Node, span: Span) -> ExprId {
        self.nodes.push(node);
        self.spans.push(span);
        ExprId(self.nodes.len() as u32 - 1)
    }

    /// A name that may have been written before.
    pub(crate) fn name(&mut self, name: &str) -> Arc<str> {
        self.names.get(name)
    }

    /// All of them; each after its parts.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..self.nodes.len() as u32).map(ExprId)
    }

    /// The expression.
    pub fn node(&self, id: ExprId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Where it stands.
    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id.0 as usize]
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in the list it belongs to.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// Names a module of a program; 0 is the root.
    ModuleId;
    /// Names a variable of a module.
    VariableId;
    /// Names a local value of a module.
    LocalId;
    /// Names an output of a module.
    OutputId;
    /// Names a resource of a module.
    ResourceId;
    /// Names a module call of a module.
    CallId;
}

/// What the names in an expression refer to.
#[derive(Clone, Debug)]
pub enum Reference {
    /// `var.x`
    Variable(VariableId),
    /// `local.x`
    Local(LocalId),
    /// `aws_vpc.main` or `aws_vpc.main[key]`
    Resource {
        /// The resource.
        resource: ResourceId,
        /// The key in brackets that directly follows.
        key: Option<ExprId>,
    },
    /// `module.m`, `module.m[key]`, `module.m.output`
    Module {
        /// The call.
        call: CallId,
        /// The key in brackets that directly follows.
        key: Option<ExprId>,
        /// The output that directly follows.
        output: Option<Arc<str>>,
    },
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `count.index`
    CountIndex,
    /// `self`
    SelfObject,
    /// `path.module`
    PathModule,
    /// `path.root`
    PathRoot,
    /// `path.cwd`
    PathCwd,
    /// `terraform.workspace`
    Workspace,
    /// `terraform.applying`
    Applying,
    /// A name bound around the expression: by `for`, by `dynamic`, by the caller of a template.
    Bound {
        /// How many names are bound outside of it.
        slot: u32,
        /// The name; empty for the element of a splat.
        name: Arc<str>,
    },
}

/// The forms of a resolved expression.
#[derive(Debug)]
pub enum Node {
    /// A constant.
    Literal(Value),
    /// Text made of parts; always a string.
    Template(Box<[Part]>),
    /// A name.
    Reference(Reference),
    /// `base.name`
    GetAttr {
        /// What is read from.
        base: ExprId,
        /// The attribute.
        name: Arc<str>,
        /// Where the name stands.
        name_span: Span,
    },
    /// `base[key]`
    Index {
        /// What is read from.
        base: ExprId,
        /// The key.
        key: ExprId,
    },
    /// `source[*]` with what follows: `each` reads the element from the bound name `slot`.
    Splat {
        /// What is iterated.
        source: ExprId,
        /// The number of the bound name.
        slot: u32,
        /// What becomes of an element.
        each: ExprId,
    },
    /// `[a, b]`
    Tuple(Box<[ExprId]>),
    /// `{ a = b }`
    Object(Box<[(ExprId, ExprId)]>),
    /// `[for …]` or `{for …}`
    For(Box<For>),
    /// `-x` or `!x`
    Unary(UnaryOp, ExprId),
    /// `a op b`
    Binary(BinaryOp, ExprId, ExprId),
    /// `cond ? then : else_`
    Conditional {
        /// Chooses.
        cond: ExprId,
        /// The result if true.
        then: ExprId,
        /// The result if false.
        else_: ExprId,
    },
    /// `name(args)`
    Call(Box<Call>),
    /// `(inner)`, or `"${inner}"`.
    Wrapped(ExprId),
    /// Something that has been reported as wrong.
    Invalid,
    /// Something that is wrong if it is used.
    Wrong(Box<[Diagnostic]>),
}

/// One part of a template.
#[derive(Debug)]
pub enum Part {
    /// Text.
    Text(Arc<str>),
    /// `${…}`
    Value(ExprId),
    /// `%{if cond}…%{else}…%{endif}`: both are templates.
    If {
        /// Chooses.
        cond: ExprId,
        /// The text if true.
        then: ExprId,
        /// The text if false.
        else_: ExprId,
    },
    /// `%{for …}…%{endfor}`: a `for` that gives a tuple of texts, to be joined.
    For(ExprId),
}

/// `[for key, value in collection : result if cond]` or `{for … : key_result => result... if cond}`
#[derive(Debug)]
pub struct For {
    /// What is iterated.
    pub collection: ExprId,
    /// The number of the bound name of the key; the value has the next. `key` is bound even if it has no name.
    pub slot: u32,
    /// The key of each result; with it, the result is an object.
    pub key_result: Option<ExprId>,
    /// Each result.
    pub result: ExprId,
    /// Which elements are taken.
    pub cond: Option<ExprId>,
    /// Whether results of equal keys are gathered in a tuple.
    pub grouping: bool,
}

/// `name(args)`
#[derive(Debug)]
pub struct Call {
    /// The name as written.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// What is called.
    pub callee: Callee,
    /// The arguments.
    pub args: Box<[ExprId]>,
    /// Whether the last argument stands for its elements.
    pub expand_last: bool,
}

/// What a call calls.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    /// A function of values.
    Function(&'static Function),
    /// `try`: the first argument without errors.
    Try,
    /// `can`: whether the argument is without errors.
    Can,
    /// `templatefile`
    TemplateFile,
    /// `templatestring`
    TemplateString,
    /// A function that a provider offers: `provider::local::name`, `provider::local::alias::name`.
    Provided,
    /// `type` of the console
    TypeOf,
}
