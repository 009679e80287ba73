//! From words to nodes.

use std::fmt;

use terrane_source::Span;

use super::list::{Element, Kept, List, Words};
use super::tape::{Name, NodeId, Tree, tag};
use super::{
    Access, Attribute, BinaryOp, Block, Body, Call, Conditional, Expr, ExprKind, ForObject, ForTuple, Ident, Item,
    Label, Literal, ObjectItem, ObjectKey, Part, PartFor, PartIf, Splat, SplatKind, UnaryOp,
};
use crate::arena::Arena;
use crate::json::Json;

/// Where an expression is.
#[derive(Clone, Copy)]
pub(super) enum Place<'t> {
    Read(&'t Tree<'t>, NodeId),
    Made(&'t Made<'t>),
}

/// An expression that no parser of native syntax has read.
#[derive(Clone, Copy)]
pub(crate) struct Made<'t> {
    pub(crate) kind: MadeKind<'t>,
    pub(crate) span: Span,
}

#[derive(Clone, Copy)]
pub(crate) enum MadeKind<'t> {
    Literal(Literal<'t>),
    Negative(Expr<'t>),
    Tuple(&'t [Expr<'t>]),
    Object(&'t [ObjectItem<'t>]),
    Json(&'t Json<'t>),
    /// Another one, at a place of its own.
    Placed(Expr<'t>),
}

impl<'t> Expr<'t> {
    pub(crate) fn read(tree: &'t Tree<'t>, id: NodeId) -> Expr<'t> {
        Expr(Place::Read(tree, id))
    }

    pub(crate) fn made(kind: MadeKind<'t>, span: Span, arena: &'t Arena) -> Expr<'t> {
        Expr(Place::Made(arena.node(Made { kind, span })))
    }

    /// A value whose reader decides whether it is an expression.
    pub fn json(value: &'t Json<'t>, arena: &'t Arena) -> Expr<'t> {
        Expr::made(MadeKind::Json(value), value.span, arena)
    }

    /// From its first to its last byte.
    pub fn span(&self) -> Span {
        match self.0 {
            Place::Read(tree, id) => tree.span(tree.place(id)),
            Place::Made(made) => made.span,
        }
    }

    /// What it is.
    pub fn kind(&self) -> ExprKind<'t> {
        match self.0 {
            Place::Read(tree, id) => kind(tree, id),
            Place::Made(made) => match made.kind {
                MadeKind::Literal(value) => ExprKind::Literal(value),
                MadeKind::Negative(operand) => ExprKind::Unary { op: UnaryOp::Neg, operand },
                MadeKind::Tuple(items) => ExprKind::Tuple(items.into()),
                MadeKind::Object(items) => ExprKind::Object(items.into()),
                MadeKind::Json(value) => ExprKind::Json(value),
                MadeKind::Placed(other) => other.kind(),
            },
        }
    }
}

impl fmt::Debug for Expr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::dump_expression(*self))
    }
}

fn kind<'t>(tree: &'t Tree<'t>, id: NodeId) -> ExprKind<'t> {
    let expr = |offset| Expr::read(tree, tree.part(id, offset));
    match tree.tag(id) {
        tag::NULL => ExprKind::Literal(Literal::Null),
        tag::TRUE => ExprKind::Literal(Literal::Bool(true)),
        tag::FALSE => ExprKind::Literal(Literal::Bool(false)),
        tag::NUMBER => ExprKind::Literal(Literal::Number(text(tree, tree.name(id, 0)))),
        tag::STRING => ExprKind::Literal(Literal::String(string(tree, tree.name(id, 0)))),
        tag::NAME => ExprKind::Variable(text(tree, tree.name(id, 0))),
        tag::GET_ATTR => {
            ExprKind::GetAttr { base: Expr::read(tree, tree.named_part(id)), name: ident(tree, tree.name(id, 1)) }
        }
        tag::INDEX => ExprKind::Index { base: expr(2), key: expr(3), legacy: tree.beside(id) != 0 },
        tag::SPLAT => {
            let each = List::read(tree, tree.list(id, 3));
            ExprKind::Splat(Splat { base: expr(2), kind: splat_kind(tree, id), each })
        }
        tag::TUPLE => ExprKind::Tuple(List::read(tree, tree.list(id, 3))),
        tag::OBJECT => ExprKind::Object(List::read(tree, tree.list(id, 3))),
        tag::FOR_TUPLE => ExprKind::ForTuple(ForTuple {
            key: for_key(tree, id),
            value: leaf(tree, tree.part(id, 4)),
            collection: expr(5),
            result: expr(6),
            cond: (tree.beside(id) & 2 != 0).then(|| expr(7)),
        }),
        tag::FOR_OBJECT => ExprKind::ForObject(ForObject {
            key: for_key(tree, id),
            value: leaf(tree, tree.part(id, 4)),
            collection: expr(5),
            key_result: expr(6),
            value_result: expr(7),
            grouping: tree.beside(id) & 4 != 0,
            cond: (tree.beside(id) & 2 != 0).then(|| expr(8)),
        }),
        tag::UNARY => ExprKind::Unary { op: unary_op(tree.beside(id)), operand: expr(2) },
        tag::BINARY => ExprKind::Binary { op: binary_op(tree.beside(id)), lhs: expr(1), rhs: expr(2) },
        tag::CONDITIONAL => ExprKind::Conditional(Conditional { cond: expr(1), then: expr(2), else_: expr(3) }),
        tag::CALL => {
            let Ident { text: name, span: name_span } = leaf(tree, tree.part(id, 2));
            let args = List::read(tree, tree.list(id, 3));
            ExprKind::Call(Call { name, name_span, args, expand_last: tree.beside(id) != 0 })
        }
        tag::PARENS => ExprKind::Parens(expr(3)),
        tag::TEMPLATE => ExprKind::Template(List::read(tree, tree.list(id, 3))),
        tag::WRAP => ExprKind::TemplateWrap(expr(3)),
        _ => ExprKind::Literal(Literal::Null),
    }
}

fn text<'t>(tree: &Tree<'t>, name: Name<'t>) -> &'t str {
    name.text.unwrap_or_else(|| tree.slice(name.start, name.end))
}

/// The text between the quotes.
fn string<'t>(tree: &Tree<'t>, name: Name<'t>) -> &'t str {
    name.text.unwrap_or_else(|| tree.slice(name.start + 1, name.end.saturating_sub(1)))
}

fn ident<'t>(tree: &Tree<'t>, name: Name<'t>) -> Ident<'t> {
    Ident { text: text(tree, name), span: tree.span((name.start, name.end)) }
}

fn leaf<'t>(tree: &Tree<'t>, id: NodeId) -> Ident<'t> {
    ident(tree, tree.name(id, 0))
}

fn for_key<'t>(tree: &Tree<'t>, id: NodeId) -> Option<Ident<'t>> {
    (tree.beside(id) & 1 != 0).then(|| leaf(tree, tree.part(id, 3)))
}

fn splat_kind(tree: &Tree<'_>, id: NodeId) -> SplatKind {
    if tree.beside(id) != 0 { SplatKind::Full } else { SplatKind::Attribute }
}

fn unary_op(number: u32) -> UnaryOp {
    if number == UnaryOp::Neg as u32 { UnaryOp::Neg } else { UnaryOp::Not }
}

fn binary_op(number: u32) -> BinaryOp {
    use BinaryOp::*;
    const ALL: [BinaryOp; 13] = [Or, And, Eq, NotEq, Less, LessEq, Greater, GreaterEq, Add, Sub, Mul, Div, Mod];
    ALL.get(number as usize).copied().unwrap_or(Or)
}

impl<'t> Element<'t> for Expr<'t> {
    const WORDS: usize = 1;

    fn read(Words(tree): Words<'t>, words: &[u32]) -> Expr<'t> {
        Expr::read(tree, first(words))
    }
}

fn first(words: &[u32]) -> NodeId {
    NodeId(words.first().copied().unwrap_or(0))
}

impl<'t> Element<'t> for ObjectItem<'t> {
    const WORDS: usize = 2;

    fn read(Words(tree): Words<'t>, words: &[u32]) -> ObjectItem<'t> {
        let (key, value) = (first(words), NodeId(words.get(1).copied().unwrap_or(0)));
        let key = match tree.tag(key) {
            tag::NAME | tag::NULL | tag::TRUE | tag::FALSE => ObjectKey::Name(leaf(tree, key)),
            _ => ObjectKey::Expr(Expr::read(tree, key)),
        };
        ObjectItem { key, value: Expr::read(tree, value) }
    }
}

impl<'t> Element<'t> for Access<'t> {
    const WORDS: usize = 1;

    fn read(Words(tree): Words<'t>, words: &[u32]) -> Access<'t> {
        let id = first(words);
        let span = || tree.span(tree.place(id));
        match tree.tag(id) {
            tag::STEP_INDEX => {
                let key = Expr::read(tree, tree.part(id, 3));
                Access::Index { key, legacy: tree.beside(id) != 0, span: span() }
            }
            tag::STEP_SPLAT => {
                let each = List::read(tree, tree.list(id, 3));
                Access::Splat { kind: splat_kind(tree, id), each, span: span() }
            }
            _ => Access::Attr(leaf(tree, id)),
        }
    }
}

impl<'t> Element<'t> for Part<'t> {
    const WORDS: usize = 1;

    fn read(Words(tree): Words<'t>, words: &[u32]) -> Part<'t> {
        let id = first(words);
        let span = || tree.span(tree.place(id));
        match tree.tag(id) {
            tag::PART_TEXT => Part::Literal(tree.texts.get(tree.word(id, 1) as usize).copied().unwrap_or("")),
            tag::PART_IF => {
                let (then, else_) = (tree.word(id, 4), tree.word(id, 5));
                Part::If(PartIf {
                    cond: Expr::read(tree, tree.part(id, 3)),
                    then: List::read(tree, tree.run(id, 6, then)),
                    else_: List::read(tree, tree.run(id, 6 + then, else_)),
                    span: span(),
                })
            }
            tag::PART_FOR => Part::For(PartFor {
                key: for_key(tree, id),
                value: leaf(tree, tree.part(id, 4)),
                collection: Expr::read(tree, tree.part(id, 5)),
                body: List::read(tree, tree.list(id, 6)),
                span: span(),
            }),
            _ => Part::Interpolation(Expr::read(tree, id)),
        }
    }
}

// Bodies.

impl<'t> Element<'t> for Label<'t> {
    const WORDS: usize = 1;

    fn read(Words(tree): Words<'t>, words: &[u32]) -> Label<'t> {
        let id = first(words);
        let name = tree.name(id, 0);
        let quoted = tree.tag(id) == tag::STRING;
        let text = if quoted { string(tree, name) } else { text(tree, name) };
        Label { text, span: tree.span((name.start, name.end)), quoted }
    }
}

impl<'t> Element<'t> for Item<'t> {
    const WORDS: usize = 1;

    fn read(Words(tree): Words<'t>, words: &[u32]) -> Item<'t> {
        let id = first(words);
        match tree.tag(id) {
            tag::ATTRIBUTE => Item::Attribute(attribute(tree, id)),
            _ => Item::Block(block(tree, id)),
        }
    }
}

fn attribute<'t>(tree: &'t Tree<'t>, id: NodeId) -> Attribute<'t> {
    let (name, expr) = (ident(tree, tree.name(id, 1)), Expr::read(tree, tree.named_part(id)));
    Attribute { name, expr, span: name.span.to(expr.span()) }
}

fn block<'t>(tree: &'t Tree<'t>, id: NodeId) -> Block<'t> {
    let ty = leaf(tree, tree.part(id, 3));
    let (labels, items) = (tree.word(id, 4), tree.word(id, 5));
    let (start, end) = tree.place(id);
    let items = List::read(tree, tree.run(id, 6 + labels, items));
    let labels: List<'t, Label<'t>> = List::read(tree, tree.run(id, 6, labels));
    let header = labels.last().map_or(ty.span, |label| ty.span.to(label.span));
    let body = Body { items, span: tree.span((start, end)) };
    Block { ty, labels, body, header, span: Span { end: body.span.end + 1, ..ty.span } }
}

/// The content of a file.
pub(crate) fn file<'t>(tree: &'t Tree<'t>, id: NodeId) -> Body<'t> {
    Body { items: List::read(tree, tree.list(id, 3)), span: tree.span(tree.place(id)) }
}

impl<'t> Body<'t> {
    /// The arguments, in order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'t>> + use<'t> {
        let items = self.items;
        (0..items.len()).filter_map(move |index| match items.0 {
            Kept::Read(tree, words) => {
                let id = NodeId(*words.get(index)?);
                (tree.tag(id) == tag::ATTRIBUTE).then(|| attribute(tree, id))
            }
            Kept::Made(items) => match items.get(index)? {
                Item::Attribute(attribute) => Some(*attribute),
                Item::Block(_) => None,
            },
        })
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'t>> + use<'t> {
        let items = self.items;
        (0..items.len()).filter_map(move |index| match items.0 {
            Kept::Read(tree, words) => {
                let id = NodeId(*words.get(index)?);
                (tree.tag(id) == tag::BLOCK).then(|| block(tree, id))
            }
            Kept::Made(items) => match items.get(index)? {
                Item::Block(block) => Some(*block),
                Item::Attribute(_) => None,
            },
        })
    }

    /// The argument of a name.
    pub fn attribute(&self, name: &str) -> Option<Attribute<'t>> {
        match self.items.0 {
            Kept::Read(tree, words) => {
                let is_it = |id: &NodeId| tree.tag(*id) == tag::ATTRIBUTE && text(tree, tree.name(*id, 1)) == name;
                words.iter().map(|word| NodeId(*word)).find(is_it).map(|id| attribute(tree, id))
            }
            Kept::Made(_) => self.attributes().find(|attribute| attribute.name.text == name),
        }
    }
}
