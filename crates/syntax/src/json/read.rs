//! Values as expressions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use terrane_source::{Diagnostic, Diagnostics, Reported, Span};

use super::{Json, JsonKind, JsonString, Origin, Property};
use crate::arena::Arena;
use crate::parser::{normalised, parse_expression_from, parse_template_from};
use crate::tree::{Expr, Ident, Literal, MadeKind, ObjectItem, ObjectKey};

/// What the strings within a value stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strings {
    /// Templates: `"${var.x}"` is the value of `var.x`.
    Templates,
    /// Themselves.
    Texts,
    /// Expressions: `"aws_vpc.main"` is a reference, `"list(string)"` a call.
    Expressions,
}

impl<'t> Json<'t> {
    /// The value as an expression. All that is wrong with its strings is reported.
    pub fn expression(
        &self,
        strings: Strings,
        arena: &'t Arena,
        diags: &mut Diagnostics,
    ) -> Result<Expr<'t>, Reported> {
        let kind = match self.kind {
            JsonKind::Null => MadeKind::Literal(Literal::Null),
            JsonKind::Bool(value) => MadeKind::Literal(Literal::Bool(value)),
            JsonKind::Number(text) => number(text, self.span, arena),
            JsonKind::String(text) => return text.expression(strings, arena, diags),
            JsonKind::Array(items) => {
                let items = items.iter().map(|item| item.expression(strings, arena, diags));
                MadeKind::Tuple(arena.list(&all(items)?))
            }
            JsonKind::Object(properties) => {
                let items: Vec<_> = properties.iter().map(|p| p.item(strings, arena, diags)).collect();
                repeated(properties, diags)?;
                MadeKind::Object(arena.list(&all(items)?))
            }
        };
        Ok(Expr::made(kind, self.span, arena))
    }
}

/// All of the results, or the proof that one of them is an error; none is skipped.
fn all<T>(results: impl IntoIterator<Item = Result<T, Reported>>) -> Result<Vec<T>, Reported> {
    let results: Vec<_> = results.into_iter().collect();
    results.into_iter().collect()
}

fn number<'t>(text: &'t str, span: Span, arena: &'t Arena) -> MadeKind<'t> {
    let Some(positive) = text.strip_prefix('-') else { return MadeKind::Literal(Literal::Number(text)) };
    let kind = MadeKind::Literal(Literal::Number(positive));
    MadeKind::Negative(Expr::made(kind, Span { start: span.start + 1, ..span }, arena))
}

impl<'t> Property<'t> {
    fn item(&self, strings: Strings, arena: &'t Arena, diags: &mut Diagnostics) -> Result<ObjectItem<'t>, Reported> {
        let key = self.name.expression(strings, arena, diags).map(ObjectKey::Expr);
        let value = self.value.expression(strings, arena, diags)?;
        Ok(ObjectItem { key: key?, value })
    }
}

/// Reports properties of an object that have the name of another; the name `"//"` is no exception here.
fn repeated(properties: &[Property<'_>], diags: &mut Diagnostics) -> Result<(), Reported> {
    let mut result = Ok(());
    for (second, first) in Property::repeated(properties) {
        result = Err(diags.error(second.is_duplicate_of(first)));
    }
    result
}

impl<'t> Property<'t> {
    /// The error for an object that has both of two properties and is read as an expression.
    pub fn is_duplicate_of(&self, first: &Property<'_>) -> Diagnostic {
        let detail = format!("An attribute named \"{}\" is already defined in this object.", self.name.text);
        let error = Diagnostic::error("Duplicate object attribute", detail).at(self.name.span);
        error.note_at(first.name.span, "First defined here")
    }

    /// Properties with a name that an earlier one has, each with that.
    pub fn repeated<'p>(properties: &'p [Property<'t>]) -> Vec<(&'p Property<'t>, &'p Property<'t>)> {
        if let [] | [_] = properties {
            return Vec::new();
        }
        let mut first: HashMap<&str, &Property<'t>> = HashMap::with_capacity(properties.len());
        let mut again = Vec::new();
        for property in properties {
            match first.entry(property.name.text) {
                Entry::Vacant(entry) => {
                    entry.insert(property);
                }
                Entry::Occupied(entry) => again.push((property, *entry.get())),
            }
        }
        again
    }
}

impl<'t> JsonString<'t> {
    /// The text as a name.
    pub fn ident(&self, arena: &'t Arena) -> Ident<'t> {
        Ident { text: normalised(self.text, arena), span: self.span }
    }

    /// The string as an expression; spans within it point at what the file has, escape sequences included.
    pub fn expression(
        &self,
        strings: Strings,
        arena: &'t Arena,
        diags: &mut Diagnostics,
    ) -> Result<Expr<'t>, Reported> {
        let file = self.span.file;
        let kind = match strings {
            Strings::Templates if self.text.contains(['$', '%']) => {
                MadeKind::Placed(parse_template_from(file, self.text, self.origin(), arena, diags)?)
            }
            Strings::Expressions if self.text.starts_with("${") => return Err(diags.error(self.no_template())),
            Strings::Expressions => return parse_expression_from(file, self.text, self.origin(), arena, diags),
            Strings::Templates | Strings::Texts => MadeKind::Literal(Literal::String(normalised(self.text, arena))),
        };
        Ok(Expr::made(kind, self.span, arena))
    }

    fn no_template(&self) -> Diagnostic {
        let detail = "A name or reference is expected here, not a template.";
        let error = Diagnostic::error("Invalid expression", detail).at(self.span);
        match self.text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(inner) => error.hint(format!("Write \"{inner}\" without ${{ and }}.")),
            None => error,
        }
    }

    fn origin(&self) -> Origin<'t> {
        Origin { base: self.span.start + 1, escapes: self.escapes }
    }
}
