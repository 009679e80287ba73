//! The syntax tree: what was written, with spans, names unresolved.

use std::sync::Arc;

use terrane_source::Span;

use crate::json::Json;

/// A name in the source, NFC-normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The name.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// The content of a file or of a block, in source order.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its arguments and blocks. Items with syntax errors are left out; argument names are unique.
    pub items: Vec<Item>,
    /// The text between the braces, or the whole file.
    pub span: Span,
}

impl Body {
    /// The arguments, in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.items.iter().filter_map(|item| match item {
            Item::Attribute(attribute) => Some(attribute),
            Item::Block(_) => None,
        })
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(block) => Some(block),
            Item::Attribute(_) => None,
        })
    }

    /// The argument of a name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes().find(|attribute| &*attribute.name.text == name)
    }
}

/// One line of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `name = expression`
    Attribute(Attribute),
    /// `type "label" { … }`
    Block(Block),
}

/// `name = expression`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The name before the `=`.
    pub name: Ident,
    /// The expression after it.
    pub expr: Expr,
    /// From the name to the end of the expression.
    pub span: Span,
}

/// `type "label" { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The word it begins with.
    pub ty: Ident,
    /// The labels after it.
    pub labels: Vec<Label>,
    /// What is between the braces.
    pub body: Body,
    /// From the type to the last label, for example `resource "aws_vpc" "main"`.
    pub header: Span,
    /// From the type to the closing brace.
    pub span: Span,
}

impl Block {
    /// Its opening brace; what it begins with, where there is none.
    pub fn opening(&self) -> Span {
        match self.body.span.end < self.span.end && self.body.span.start > 0 {
            true => Span { start: self.body.span.start - 1, end: self.body.span.start, ..self.body.span },
            false => self.header,
        }
    }
}

/// One label of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The label, unescaped and NFC-normalised.
    pub text: Arc<str>,
    /// Where it stands, quotes included.
    pub span: Span,
    /// Whether it was written in quotes.
    pub quoted: bool,
}

/// An expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first to its last byte.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant. A quoted string without `${` and `%{` is [`Literal::String`].
    Literal(Literal),
    /// A quoted string or heredoc with at least one `${` or `%{`; always a string.
    Template(Vec<Part>),
    /// `"${x}"` and nothing else in the quotes: the value of `x` itself, of any type.
    TemplateWrap(Box<Expr>),
    /// The first name of a reference: `var` of `var.x`.
    Variable(Arc<str>),
    /// `base.name`
    GetAttr {
        /// What is read from.
        base: Box<Expr>,
        /// The attribute.
        name: Ident,
    },
    /// `base[key]`, or the old `base.0`.
    Index {
        /// What is read from.
        base: Box<Expr>,
        /// The key; a number literal if `legacy`.
        key: Box<Expr>,
        /// Whether it was written `base.0`.
        legacy: bool,
    },
    /// `base[*].x`, or the old `base.*.x`.
    Splat {
        /// What is iterated.
        base: Box<Expr>,
        /// Which of the two it is.
        kind: SplatKind,
        /// What is read from each element.
        each: Vec<Access>,
    },
    /// `[a, b]`
    Tuple(Vec<Expr>),
    /// `{ a = b }`; of equal keys the last wins.
    Object(Vec<ObjectItem>),
    /// `[for value in collection : result if cond]`
    ForTuple(Box<ForTuple>),
    /// `{for key, value in collection : key_result => value_result if cond}`
    ForObject(Box<ForObject>),
    /// `-x` or `!x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `lhs op rhs`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left of it.
        lhs: Box<Expr>,
        /// Right of it.
        rhs: Box<Expr>,
    },
    /// `cond ? then : else_`
    Conditional {
        /// Chooses.
        cond: Box<Expr>,
        /// The result if true.
        then: Box<Expr>,
        /// The result if false.
        else_: Box<Expr>,
    },
    /// `name(args)`
    Call {
        /// The function, with `::` between namespaces: `provider::aws::arn_parse`.
        name: Arc<str>,
        /// Where the name stands.
        name_span: Span,
        /// The arguments.
        args: Vec<Expr>,
        /// Whether the last argument is followed by `...` and stands for its elements.
        expand_last: bool,
    },
    /// `(inner)`
    Parens(Box<Expr>),
    /// A value of a JSON file whose reader decides whether it is an expression or the content of blocks; the parsers of
    /// this crate do not make it.
    Json(Box<Json>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number exactly as written: digits, at most one `.`, at most one exponent, no sign.
    Number(Arc<str>),
    /// A string, unescaped and NFC-normalised.
    String(Arc<str>),
}

/// One part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text, unescaped, trimmed and dedented.
    Literal(Arc<str>),
    /// `${expr}`
    Interpolation(Expr),
    /// `%{if cond}then%{else}else_%{endif}`
    If {
        /// Chooses.
        cond: Expr,
        /// The text if true.
        then: Vec<Part>,
        /// The text if false; empty without `%{else}`.
        else_: Vec<Part>,
        /// From the first directive to the last.
        span: Span,
    },
    /// `%{for key, value in collection}body%{endfor}`
    For {
        /// The name of the key, if given.
        key: Option<Ident>,
        /// The name of the value.
        value: Ident,
        /// What is iterated.
        collection: Expr,
        /// Repeated for each.
        body: Vec<Part>,
        /// From the first directive to the last.
        span: Span,
    },
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
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// `.name`
    Attr(Ident),
    /// `[key]`, or the old `.0`.
    Index {
        /// The key; a number literal if `legacy`.
        key: Expr,
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
        each: Vec<Access>,
        /// The whole step, with `each`.
        span: Span,
    },
}

/// One `key = value` of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    /// Before the `=`.
    pub key: ObjectKey,
    /// After it.
    pub value: Expr,
}

/// The key of an object item.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectKey {
    /// A bare name, `true`, `false` and `null` included: stands for itself.
    Name(Ident),
    /// Anything else, evaluated. A reference without parentheses (`a.b = 1`) comes here and has a meaning only in
    /// `providers` of a module; elsewhere it is an error to report.
    Expr(Expr),
}

impl ObjectKey {
    /// Where the key stands.
    pub fn span(&self) -> Span {
        match self {
            ObjectKey::Name(name) => name.span,
            ObjectKey::Expr(expr) => expr.span,
        }
    }
}

/// `[for key, value in collection : result if cond]`
#[derive(Clone, Debug, PartialEq)]
pub struct ForTuple {
    /// The name of the key, if given.
    pub key: Option<Ident>,
    /// The name of the value.
    pub value: Ident,
    /// What is iterated.
    pub collection: Expr,
    /// Each element.
    pub result: Expr,
    /// Which elements are taken.
    pub cond: Option<Expr>,
}

/// `{for key, value in collection : key_result => value_result... if cond}`
#[derive(Clone, Debug, PartialEq)]
pub struct ForObject {
    /// The name of the key, if given.
    pub key: Option<Ident>,
    /// The name of the value.
    pub value: Ident,
    /// What is iterated.
    pub collection: Expr,
    /// The key of each result.
    pub key_result: Expr,
    /// The value of each result.
    pub value_result: Expr,
    /// Whether `...` follows: values of equal keys are gathered in a tuple.
    pub grouping: bool,
    /// Which elements are taken.
    pub cond: Option<Expr>,
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
