//! JSON files as the blocks and arguments that native files are made of.

mod property;
mod shapes;

use std::collections::HashMap;

use terrane_source::{Diagnostic, Diagnostics, FileId, Span};
use terrane_syntax as syn;
use terrane_syntax::{Json, JsonKind, Property, Strings};

pub(super) use property::property;
use shapes::{Rest, Shape};

/// The items of a JSON file.
pub(super) fn items<'t>(
    file: FileId,
    text: &'t str,
    arena: &'t syn::Arena,
    diags: &mut Diagnostics,
) -> Vec<syn::Item<'t>> {
    let Ok(root) = syn::parse_json(file, text, arena, diags) else { return Vec::new() };
    if matches!(root.kind, JsonKind::Object(_) | JsonKind::Array(_)) {
        return body(root, &shapes::FILE, arena, diags);
    }
    let detail = "A configuration file in JSON holds an object, or an array of objects.";
    diags.error(Diagnostic::error("Root value must be object", detail).at(root.span));
    Vec::new()
}

/// The items of an `encryption` block that is a JSON text of its own.
pub(super) fn encryption<'t>(
    file: FileId,
    text: &'t str,
    arena: &'t syn::Arena,
    diags: &mut Diagnostics,
) -> Vec<syn::Item<'t>> {
    match syn::parse_json(file, text, arena, diags) {
        Ok(root) => body(root, &shapes::ENCRYPTION, arena, diags),
        Err(_) => Vec::new(),
    }
}

/// The `dynamic` blocks that a property stands for.
fn dynamic<'t>(property: Property<'t>, arena: &'t syn::Arena, diags: &mut Diagnostics) -> Vec<syn::Block<'t>> {
    let mut items = Vec::new();
    Reader { arena, diags, items: &mut items }.block(property, 1, &shapes::DYNAMIC);
    let blocks = items.into_iter().filter_map(|item| match item {
        syn::Item::Block(block) => Some(block),
        syn::Item::Attribute(_) => None,
    });
    blocks.collect()
}

/// The items of the body that a value stands for.
fn body<'t>(
    value: Json<'t>,
    shape: &'static Shape,
    arena: &'t syn::Arena,
    diags: &mut Diagnostics,
) -> Vec<syn::Item<'t>> {
    let mut items = Vec::new();
    let what = "for the arguments and blocks";
    if shape.one_object && !matches!(value.kind, JsonKind::Object(_)) {
        diags.error(no_object(value.span, what));
        return items;
    }
    let properties = properties(value, what, diags);
    let mut reader = Reader { arena, diags, items: &mut items };
    let mut seen: HashMap<&'t str, Span> = HashMap::new();
    // Comments.
    for property in properties.into_iter().filter(|p| p.name.text != "//") {
        match shape.block(property.name.text) {
            Some((labels, shape)) => reader.block(property, labels, shape),
            None => reader.argument(property, shape, &mut seen),
        }
    }
    items
}

/// The properties of an object, or of all objects of an array; `what` says what they are.
fn properties<'t>(value: Json<'t>, what: &str, diags: &mut Diagnostics) -> Vec<Property<'t>> {
    match value.kind {
        JsonKind::Null => Vec::new(),
        JsonKind::Object(properties) => properties.to_vec(),
        JsonKind::Array(items) => {
            let objects = items.iter().map(|item| match item.kind {
                JsonKind::Object(properties) => properties,
                _ => {
                    diags.error(no_object(item.span, what));
                    &[]
                }
            });
            objects.flatten().copied().collect()
        }
        _ => {
            diags.error(no_object(value.span, what));
            Vec::new()
        }
    }
}

fn no_object(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("Incorrect JSON value type", format!("An object is required here, {what}.")).at(span)
}

/// The error for a value that cannot be blocks of a type.
pub(crate) fn no_block(ty: &str, span: Span) -> Diagnostic {
    let detail = format!("An object is required here, with what a \"{ty}\" block holds, or an array of such objects.");
    Diagnostic::error("Incorrect JSON value type", detail).at(span)
}

/// The error for a place without the labels of a block.
pub(crate) fn no_label(ty: &str, span: Span) -> Diagnostic {
    let detail = format!("The name of a property is a label of a \"{ty}\" block; at least one is required.");
    Diagnostic::error("Missing block label", detail).at(span)
}

/// The error for an argument that is written a second time.
pub(crate) fn written_twice(name: &str, second: Span, first: Span) -> Diagnostic {
    let detail = format!("The argument \"{name}\" is already set in this object.");
    Diagnostic::error("Duplicate argument", detail).at(second).note_at(first, "First set here")
}

struct Reader<'a, 't> {
    arena: &'t syn::Arena,
    diags: &'a mut Diagnostics,
    items: &'a mut Vec<syn::Item<'t>>,
}

impl<'t> Reader<'_, 't> {
    fn argument(&mut self, property: Property<'t>, shape: &Shape, seen: &mut HashMap<&'t str, Span>) {
        let name = property.name.ident(self.arena);
        let strings = shape.strings(name.text);
        // What the schema decides may as well be blocks, of which there may be several.
        if strings.is_some()
            && let Some(first) = seen.insert(name.text, name.span)
        {
            self.diags.error(written_twice(name.text, name.span, first));
            return;
        }
        let span = name.span.to(property.value.span);
        let expr = match strings {
            Some(strings) => property.value.expression(strings, self.arena, self.diags),
            None => Ok(syn::Expr::json(self.arena.node(property.value), self.arena)),
        };
        if let Ok(expr) = expr {
            self.items.push(syn::Item::Attribute(syn::Attribute { name, expr, span }));
        }
    }

    fn block(&mut self, property: Property<'t>, labels: usize, shape: &'static Shape) {
        let ty = property.name.ident(self.arena);
        self.labelled(ty, &mut Vec::new(), property.value, labels, shape);
    }

    /// Takes the labels that are still missing from the names of properties.
    fn labelled(
        &mut self,
        ty: syn::Ident<'t>,
        labels: &mut Vec<syn::Label<'t>>,
        value: Json<'t>,
        missing: usize,
        shape: &'static Shape,
    ) {
        let Some(missing) = missing.checked_sub(1) else { return self.content(ty, labels, value, shape) };
        let span = value.span;
        let before = self.diags.len();
        let properties = properties(value, "whose property names are labels of this block", self.diags);
        if properties.is_empty() && self.diags.len() == before {
            self.diags.error(no_label(ty.text, span));
        }
        for property in properties {
            let name = property.name.ident(self.arena);
            labels.push(syn::Label { text: name.text, span: name.span, quoted: true });
            self.labelled(ty, labels, property.value, missing, shape);
            labels.pop();
        }
    }

    fn content(&mut self, ty: syn::Ident<'t>, labels: &[syn::Label<'t>], value: Json<'t>, shape: &'static Shape) {
        let header = labels.last().map_or(ty.span, |label| label.span);
        match value.kind {
            JsonKind::Null => {}
            JsonKind::Object(_) => self.push(ty, labels, header, value, shape),
            JsonKind::Array(items) => {
                for item in items {
                    self.push(ty, labels, item.span.at_first_byte(), *item, shape);
                }
            }
            _ => {
                self.diags.error(no_block(ty.text, value.span));
            }
        }
    }

    fn push(
        &mut self,
        ty: syn::Ident<'t>,
        labels: &[syn::Label<'t>],
        header: Span,
        value: Json<'t>,
        shape: &'static Shape,
    ) {
        let (arena, span) = (self.arena, value.span);
        let body = syn::Body { items: arena.list(&body(value, shape, arena, self.diags)).into(), span };
        let block = syn::Block { ty, labels: arena.list(labels).into(), body, header, span };
        self.items.push(syn::Item::Block(block));
    }
}

impl Shape {
    /// How many labels blocks of a type have here, and their shape.
    fn block(&self, ty: &str) -> Option<(usize, &'static Shape)> {
        let (_, labels, shape) = self.blocks.iter().find(|(name, _, _)| *name == ty)?;
        Some((*labels, shape))
    }

    /// What strings of an argument stand for; `None` if the schema decides whether it is one.
    fn strings(&self, name: &str) -> Option<Strings> {
        match self.rest {
            _ if self.texts.contains(&name) => Some(Strings::Texts),
            _ if self.expressions.contains(&name) => Some(Strings::Expressions),
            _ if self.values.contains(&name) => Some(Strings::Templates),
            Rest::Arguments(strings) => Some(strings),
            Rest::Schema => None,
        }
    }
}
