//! The syntax tree: what was written, with spans, names unresolved.
//!
//! Trees live in an [`Arena`](crate::Arena) as words; what is here is read from them when it is asked for, and borrows its
//! texts from the source where that has them as they are.

mod list;
mod read;
pub(crate) mod tape;

use terrane_source::Span;

use crate::json::Json;

pub use list::{Iter, List};
pub(crate) use read::{MadeKind, file};

/// A name in the source, NFC-normalised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ident<'t> {
    /// The name.
    pub text: &'t str,
    /// Where it stands.
    pub span: Span,
}

/// The content of a file or of a block, in source order.
#[derive(Clone, Copy, Debug)]
pub struct Body<'t> {
    /// Its arguments and blocks. Items with syntax errors are left out; argument names are unique.
    pub items: List<'t, Item<'t>>,
    /// The text between the braces, or the whole file.
    pub span: Span,
}

/// One line of a body.
#[derive(Clone, Copy, Debug)]
pub enum Item<'t> {
    /// `name = expression`
    Attribute(Attribute<'t>),
    /// `type "label" { … }`
    Block(Block<'t>),
}

/// `name = expression`
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'t> {
    /// The name before the `=`.
    pub name: Ident<'t>,
    /// The expression after it.
    pub expr: Expr<'t>,
    /// From the name to the end of the expression.
    pub span: Span,
}

/// `type "label" { … }`
#[derive(Clone, Copy, Debug)]
pub struct Block<'t> {
    /// The word it begins with.
    pub ty: Ident<'t>,
    /// The labels after it.
    pub labels: List<'t, Label<'t>>,
    /// What is between the braces.
    pub body: Body<'t>,
    /// From the type to the last label, for example `resource "aws_vpc" "main"`.
    pub header: Span,
    /// From the type to the closing brace.
    pub span: Span,
}

impl Block<'_> {
    /// Its opening brace; what it begins with, where there is none.
    pub fn opening(&self) -> Span {
        match self.body.span.end < self.span.end && self.body.span.start > 0 {
            true => Span { start: self.body.span.start - 1, end: self.body.span.start, ..self.body.span },
            false => self.header,
        }
    }
}

/// One label of a block.
#[derive(Clone, Copy, Debug)]
pub struct Label<'t> {
    /// The label, unescaped and NFC-normalised.
    pub text: &'t str,
    /// Where it stands, quotes included.
    pub span: Span,
    /// Whether it was written in quotes.
    pub quoted: bool,
}

/// An expression and its place.
#[derive(Clone, Copy)]
pub struct Expr<'t>(read::Place<'t>);

/// The forms of an expression; those of more than two parts have a type of their own.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'t> {
    /// A constant. A quoted string without `${` and `%{` is [`Literal::String`].
    Literal(Literal<'t>),
    /// A quoted string or heredoc with at least one `${` or `%{`; always a string.
    Template(List<'t, Part<'t>>),
    /// `"${x}"` and nothing else in the quotes: the value of `x` itself, of any type.
    TemplateWrap(Expr<'t>),
    /// The first name of a reference: `var` of `var.x`.
    Variable(&'t str),
    /// `base.name`
    GetAttr {
        /// What is read from.
        base: Expr<'t>,
        /// The attribute.
        name: Ident<'t>,
    },
    /// `base[key]`, or the old `base.0`.
    Index {
        /// What is read from.
        base: Expr<'t>,
        /// The key; a number literal if `legacy`.
        key: Expr<'t>,
        /// Whether it was written `base.0`.
        legacy: bool,
    },
    /// `base[*].x`, or the old `base.*.x`.
    Splat(Splat<'t>),
    /// `[a, b]`
    Tuple(List<'t, Expr<'t>>),
    /// `{ a = b }`; of equal keys the last wins.
    Object(List<'t, ObjectItem<'t>>),
    /// `[for value in collection : result if cond]`
    ForTuple(ForTuple<'t>),
    /// `{for key, value in collection : key_result => value_result if cond}`
    ForObject(ForObject<'t>),
    /// `-x` or `!x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Expr<'t>,
    },
    /// `lhs op rhs`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left of it.
        lhs: Expr<'t>,
        /// Right of it.
        rhs: Expr<'t>,
    },
    /// `cond ? then : else_`
    Conditional(Conditional<'t>),
    /// `name(args)`
    Call(Call<'t>),
    /// `(inner)`
    Parens(Expr<'t>),
    /// A value of a JSON file whose reader decides whether it is an expression or the content of blocks; the parsers of
    /// this crate do not make it.
    Json(&'t Json<'t>),
}

/// `base[*].x`, or the old `base.*.x`.
#[derive(Clone, Copy, Debug)]
pub struct Splat<'t> {
    /// What is iterated.
    pub base: Expr<'t>,
    /// Which of the two it is.
    pub kind: SplatKind,
    /// What is read from each element.
    pub each: List<'t, Access<'t>>,
}

/// `cond ? then : else_`
#[derive(Clone, Copy, Debug)]
pub struct Conditional<'t> {
    /// Chooses.
    pub cond: Expr<'t>,
    /// The result if true.
    pub then: Expr<'t>,
    /// The result if false.
    pub else_: Expr<'t>,
}

/// `name(args)`
#[derive(Clone, Copy, Debug)]
pub struct Call<'t> {
    /// The function, with `::` between namespaces: `provider::aws::arn_parse`.
    pub name: &'t str,
    /// Where the name stands.
    pub name_span: Span,
    /// The arguments.
    pub args: List<'t, Expr<'t>>,
    /// Whether the last argument is followed by `...` and stands for its elements.
    pub expand_last: bool,
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number exactly as written: digits, at most one `.`, at most one exponent, no sign.
    Number(&'t str),
    /// A string, unescaped and NFC-normalised.
    String(&'t str),
}

/// One part of a template.
#[derive(Clone, Copy, Debug)]
pub enum Part<'t> {
    /// Text, unescaped, trimmed and dedented.
    Literal(&'t str),
    /// `${expr}`
    Interpolation(Expr<'t>),
    /// `%{if cond}then%{else}else_%{endif}`
    If(PartIf<'t>),
    /// `%{for key, value in collection}body%{endfor}`
    For(PartFor<'t>),
}

/// `%{if cond}then%{else}else_%{endif}`
#[derive(Clone, Copy, Debug)]
pub struct PartIf<'t> {
    /// Chooses.
    pub cond: Expr<'t>,
    /// The text if true.
    pub then: List<'t, Part<'t>>,
    /// The text if false; empty without `%{else}`.
    pub else_: List<'t, Part<'t>>,
    /// From the first directive to the last.
    pub span: Span,
}

/// `%{for key, value in collection}body%{endfor}`
#[derive(Clone, Copy, Debug)]
pub struct PartFor<'t> {
    /// The name of the key, if given.
    pub key: Option<Ident<'t>>,
    /// The name of the value.
    pub value: Ident<'t>,
    /// What is iterated.
    pub collection: Expr<'t>,
    /// Repeated for each.
    pub body: List<'t, Part<'t>>,
    /// From the first directive to the last.
    pub span: Span,
}

/// The two splat operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplatKind {
    /// `.*`: only attributes and `.0` belong to it; `[0]` after it indexes its result.
    Attribute,
    /// `[*]`: everything after it applies to each element.
    Full,
}

/// One step after a splat operator.
#[derive(Clone, Copy, Debug)]
pub enum Access<'t> {
    /// `.name`
    Attr(Ident<'t>),
    /// `[key]`, or the old `.0`.
    Index {
        /// The key; a number literal if `legacy`.
        key: Expr<'t>,
        /// Whether it was written `.0`.
        legacy: bool,
        /// The whole step.
        span: Span,
    },
    /// A splat inside of a full splat.
    Splat {
        /// Which of the two it is.
        kind: SplatKind,
        /// What is read from each element.
        each: List<'t, Access<'t>>,
        /// The whole step, with `each`.
        span: Span,
    },
}

/// One `key = value` of an object.
#[derive(Clone, Copy, Debug)]
pub struct ObjectItem<'t> {
    /// Before the `=`.
    pub key: ObjectKey<'t>,
    /// After it.
    pub value: Expr<'t>,
}

/// The key of an object item.
#[derive(Clone, Copy, Debug)]
pub enum ObjectKey<'t> {
    /// A bare name, `true`, `false` and `null` included: stands for itself.
    Name(Ident<'t>),
    /// Anything else, evaluated. A reference without parentheses (`a.b = 1`) comes here and has a meaning only in
    /// `providers` of a module; elsewhere it is an error to report.
    Expr(Expr<'t>),
}

impl ObjectKey<'_> {
    /// Where the key stands.
    pub fn span(&self) -> Span {
        match self {
            ObjectKey::Name(name) => name.span,
            ObjectKey::Expr(expr) => expr.span(),
        }
    }
}

/// `[for key, value in collection : result if cond]`
#[derive(Clone, Copy, Debug)]
pub struct ForTuple<'t> {
    /// The name of the key, if given.
    pub key: Option<Ident<'t>>,
    /// The name of the value.
    pub value: Ident<'t>,
    /// What is iterated.
    pub collection: Expr<'t>,
    /// Each element.
    pub result: Expr<'t>,
    /// Which elements are taken.
    pub cond: Option<Expr<'t>>,
}

/// `{for key, value in collection : key_result => value_result... if cond}`
#[derive(Clone, Copy, Debug)]
pub struct ForObject<'t> {
    /// The name of the key, if given.
    pub key: Option<Ident<'t>>,
    /// The name of the value.
    pub value: Ident<'t>,
    /// What is iterated.
    pub collection: Expr<'t>,
    /// The key of each result.
    pub key_result: Expr<'t>,
    /// The value of each result.
    pub value_result: Expr<'t>,
    /// Whether `...` follows: values of equal keys are gathered in a tuple.
    pub grouping: bool,
    /// Which elements are taken.
    pub cond: Option<Expr<'t>>,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
}

impl BinaryOp {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Or => "||",
            BinaryOp::And => "&&",
            BinaryOp::Eq => "==",
            BinaryOp::NotEq => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEq => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEq => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
        }
    }
}
