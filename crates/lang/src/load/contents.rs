//! From the blocks of a folder to its declarations.

use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use terrane_address::{Mode, Resource};
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_syntax as syn;
use terrane_value::{Type, Value, convert};

use super::{blocks, language, settings};
use crate::ir::{CallId, ExprId, Exprs, LocalId, OutputId, ResourceId, VariableId};
use crate::lower::{Lowerer, Place};
use crate::program::{Contents, Declared, Keys, Names, Settings};
use crate::suggest::Suggest;

/// The types of blocks that stand at the top, each with the meaning of its labels.
const BLOCKS: &[(&str, &[&str])] = &[
    ("check", &["name"]),
    ("data", &["type", "name"]),
    ("ephemeral", &["type", "name"]),
    ("import", &[]),
    ("language", &[]),
    ("locals", &[]),
    ("module", &["name"]),
    ("moved", &[]),
    ("output", &["name"]),
    ("provider", &["name"]),
    ("removed", &[]),
    ("resource", &["type", "name"]),
    ("terraform", &[]),
    ("variable", &["name"]),
];

/// Decodes the blocks of one folder.
pub(super) struct Decoder<'a> {
    pub declared: &'a Declared,
    pub exprs: &'a mut Exprs,
    pub diags: &'a mut Diagnostics,
}

impl Decoder<'_> {
    /// Resolves the names in an expression.
    pub(super) fn lower(&mut self, expr: syn::Expr, place: Place) -> ExprId {
        let before = self.diags.len();
        let id = self.lower_early(expr, place);
        self.diags.defer(before);
        id
    }

    /// Resolves the names in an expression whose value must be there before anything is planned.
    pub(super) fn lower_early(&mut self, expr: syn::Expr, place: Place) -> ExprId {
        Lowerer::new(self.declared, self.exprs, self.diags, place).expr(expr)
    }

    /// The value of an expression without references; `None` if it is wrong, which has been reported.
    pub(super) fn constant(&mut self, expr: syn::Expr) -> Option<Value> {
        self.lowered_constant(expr).map(|(_, _, value)| value)
    }

    /// The same with the expression.
    pub(super) fn lowered_constant(&mut self, expr: syn::Expr) -> Option<(Exprs, ExprId, Value)> {
        let before = self.diags.len();
        let mut own = Exprs::default();
        let id = Lowerer::new(self.declared, &mut own, self.diags, Place::Constant).expr(expr);
        if self.diags.len() > before {
            return None;
        }
        match crate::eval::constant(&own, id) {
            Ok(value) => Some((own, id, value)),
            Err(errors) => {
                errors.into_iter().for_each(|e| self.diags.push(e));
                None
            }
        }
    }

    fn converted(&mut self, expr: syn::Expr, ty: &Type) -> Option<Value> {
        let value = self.constant(expr)?;
        match convert(&value, ty) {
            Ok(value) if value.is_null() => {
                let error = Diagnostic::error("Unsuitable value type", "Unsuitable value: it may not be null.");
                self.diags.error(error.at(expr.span()).hint("Leave the argument out instead."));
                None
            }
            Ok(value) => Some(value),
            Err(e) => {
                let detail = format!("Unsuitable value: {e}.");
                self.diags.error(Diagnostic::error("Unsuitable value type", detail).at(expr.span()));
                None
            }
        }
    }

    /// The constant text of an argument, if it is written.
    pub(super) fn text(&mut self, body: &syn::Body, name: &str) -> Option<Arc<str>> {
        let expr = &body.attribute(name)?.expr;
        self.converted(*expr, &Type::String)?.as_str().map(Into::into)
    }

    /// The constant bool of an argument, if it is written.
    pub(super) fn bool(&mut self, body: &syn::Body, name: &str) -> Option<bool> {
        let expr = &body.attribute(name)?.expr;
        self.converted(*expr, &Type::Bool)?.as_bool()
    }

    /// Reports arguments and blocks that do not belong in a body.
    pub(super) fn expect(&mut self, body: &syn::Body, attributes: &[&str], blocks: &[&str]) {
        for attribute in body.attributes().filter(|a| !attributes.contains(&a.name.text)) {
            self.diags.error(unsupported_argument(&attribute.name, attributes, blocks));
        }
        for block in body.blocks().filter(|b| !blocks.contains(&b.ty.text)) {
            self.diags.error(unsupported_block(&block.ty, attributes, blocks));
        }
    }

    /// Reports an argument that must be written and is not.
    pub(super) fn require(&mut self, block: &syn::Block, name: &str) -> bool {
        if block.body.attribute(name).is_some() {
            return true;
        }
        self.diags.error(missing_argument(name, block.opening()));
        false
    }
}

/// The error for an argument that has no place in a body of the given arguments and blocks.
pub(crate) fn unsupported_argument(name: &syn::Ident, attributes: &[&str], blocks: &[&str]) -> Diagnostic {
    let detail = format!("An argument named \"{}\" is not expected here.", name.text);
    let error = Diagnostic::error("Unsupported argument", detail).at(name.span);
    if blocks.contains(&name.text) {
        return error.hint(format!("Did you mean to define a block of type \"{}\"?", name.text));
    }
    error.suggest(name.text, attributes.iter().copied())
}

/// The error for a block that has no place in a body of the given arguments and blocks.
pub(crate) fn unsupported_block(ty: &syn::Ident, attributes: &[&str], blocks: &[&str]) -> Diagnostic {
    let detail = format!("Blocks of type \"{}\" are not expected here.", ty.text);
    let error = Diagnostic::error("Unsupported block type", detail).at(ty.span);
    if attributes.contains(&ty.text) {
        let name = &ty.text;
        return error.hint(format!(
            "Did you mean to define argument \"{name}\"? If so, use the equals sign to assign it a value."
        ));
    }
    error.suggest(ty.text, blocks.iter().copied())
}

/// The error for an argument that must be written.
pub(crate) fn missing_argument(name: &str, span: Span) -> Diagnostic {
    let detail = format!("The argument \"{name}\" is required, but no definition was found.");
    Diagnostic::error("Missing required argument", detail).at(span)
}

/// The declarations that the items of a folder make.
pub(super) fn decode(dir: &str, items: &[syn::Item], diags: &mut Diagnostics) -> Contents {
    let found = Found::collect(items, diags);
    let mut exprs = Exprs::default();
    let declared = found.declare(&mut exprs, diags);
    let mut decoder = Decoder { declared: &declared, exprs: &mut exprs, diags };
    let parts = found.decode(&mut decoder);
    Contents { dir: dir.into(), exprs, declared, ..parts }
}

/// The blocks of a folder by type.
#[derive(Default)]
struct Found<'s> {
    settings: Vec<&'s syn::Block<'s>>,
    languages: Vec<&'s syn::Block<'s>>,
    variables: Vec<&'s syn::Block<'s>>,
    locals: Vec<syn::Attribute<'s>>,
    outputs: Vec<&'s syn::Block<'s>>,
    /// With the `check` block around it, by its place.
    resources: Vec<(Mode, syn::Block<'s>, Option<usize>)>,
    calls: Vec<&'s syn::Block<'s>>,
    providers: Vec<&'s syn::Block<'s>>,
    checks: Vec<&'s syn::Block<'s>>,
    moved: Vec<&'s syn::Block<'s>>,
    imports: Vec<&'s syn::Block<'s>>,
    removed: Vec<&'s syn::Block<'s>>,
}

impl<'s> Found<'s> {
    fn collect(items: &'s [syn::Item<'s>], diags: &mut Diagnostics) -> Found<'s> {
        let mut found = Found::default();
        for item in items {
            match item {
                syn::Item::Attribute(attribute) => {
                    let types: Vec<&str> = BLOCKS.iter().map(|(ty, _)| *ty).collect();
                    diags.error(unsupported_argument(&attribute.name, &[], &types));
                }
                syn::Item::Block(block) => found.block(block, diags),
            }
        }
        found
    }

    fn block(&mut self, block: &'s syn::Block<'s>, diags: &mut Diagnostics) {
        if !check_labels(block, diags) {
            return;
        }
        match block.ty.text {
            "terraform" => self.settings.push(block),
            "variable" => self.variables.push(block),
            "locals" => {
                self.locals.extend(block.body.attributes().filter(|a| check_local_name(&a.name, diags)));
                for nested in block.body.blocks() {
                    diags.error(unsupported_block(&nested.ty, &[nested.ty.text], &[]));
                }
            }
            "output" => self.outputs.push(block),
            "resource" => self.resources.push((Mode::Managed, *block, None)),
            "data" => self.resources.push((Mode::Data, *block, None)),
            "ephemeral" => self.resources.push((Mode::Ephemeral, *block, None)),
            "module" => self.calls.push(block),
            "provider" => self.providers.push(block),
            "moved" => self.moved.push(block),
            "import" => self.imports.push(block),
            "removed" => self.removed.push(block),
            "language" => self.languages.push(block),
            _ => {
                let place = self.checks.len();
                self.checks.push(block);
                let data = block.body.blocks().filter(|b| b.ty.text == "data" && b.labels.len() == 2);
                self.resources.extend(data.map(|b| (Mode::Data, b, Some(place))));
            }
        }
    }

    /// Gives every declaration its id; the first of a name counts, others are reported and dropped.
    fn declare(&self, exprs: &mut Exprs, diags: &mut Diagnostics) -> Declared {
        let mut label = |b: &syn::Block, at: usize| exprs.name(b.labels.get(at).map_or("", |l| l.text));
        let mut names = Names::default();
        for (i, block) in self.variables.iter().enumerate() {
            let name = label(block, 0);
            add(
                &mut names.variables,
                name.clone(),
                VariableId(i as u32),
                |first| {
                    let first = self.variables[first.index()].header;
                    duplicate("variable", "declaration", &name, "Variable names", block.header, first)
                },
                diags,
            );
        }
        for (i, local) in self.locals.iter().enumerate() {
            let name: Arc<str> = local.name.text.into();
            add(
                &mut names.locals,
                name.clone(),
                LocalId(i as u32),
                |first| {
                    let first = self.locals[first.index()].name.span;
                    duplicate("local value", "definition", &name, "Local value names", local.span, first)
                },
                diags,
            );
        }
        for (i, block) in self.outputs.iter().enumerate() {
            let name = label(block, 0);
            add(
                &mut names.outputs,
                name.clone(),
                OutputId(i as u32),
                |first| {
                    let first = self.outputs[first.index()].header;
                    duplicate("output", "definition", &name, "Output names", block.header, first)
                },
                diags,
            );
        }
        for (i, block) in self.calls.iter().enumerate() {
            let name = label(block, 0);
            add(
                &mut names.calls,
                name.clone(),
                CallId(i as u32),
                |first| {
                    let first = self.calls[first.index()].header;
                    duplicate("module call", "", &name, "Module calls", block.header, first)
                },
                diags,
            );
        }
        let mut checks = FxHashMap::default();
        for block in &self.checks {
            let name = label(block, 0);
            add(
                &mut checks,
                name.clone(),
                block.header,
                |first| duplicate("check", "block", &name, "Check block names", block.header, first),
                diags,
            );
        }
        for (i, (mode, block, _)) in self.resources.iter().enumerate() {
            let resource = Resource { mode: *mode, ty: label(block, 0), name: label(block, 1) };
            add(
                &mut names.resources,
                resource.clone(),
                ResourceId(i as u32),
                |first| duplicate_resource(&resource, block.header, self.resources[first.index()].1.header),
                diags,
            );
        }
        Declared {
            names,
            resource_keys: self.resources.iter().map(|(_, block, _)| keys_of(block)).collect(),
            call_keys: self.calls.iter().map(|block| keys_of(block)).collect(),
        }
    }

    /// Everything but what [`decode`] fills in.
    fn decode(&self, decoder: &mut Decoder<'_>) -> Contents {
        self.languages.iter().for_each(|block| language::check(decoder, block));
        Contents {
            dir: "".into(),
            exprs: Exprs::default(),
            declared: Declared::default(),
            settings: self.settings.iter().fold(Settings::default(), |s, block| settings::add(decoder, s, block)),
            variables: self.variables.iter().map(|b| blocks::variable(decoder, b)).collect(),
            locals: self.locals.iter().map(|a| blocks::local(decoder, a)).collect(),
            outputs: self.outputs.iter().map(|b| blocks::output(decoder, b)).collect(),
            resources: self.resources.iter().map(|(m, b, check)| blocks::resource(decoder, *m, b, *check)).collect(),
            calls: self.calls.iter().map(|b| blocks::call(decoder, b)).collect(),
            providers: blocks::providers(decoder, &self.providers),
            checks: self.checks.iter().map(|b| blocks::check(decoder, b)).collect(),
            moved: self.moved.iter().filter_map(|b| blocks::moved(decoder, b)).collect(),
            imports: blocks::imports(decoder, &self.imports),
            removed: self.removed.iter().filter_map(|b| blocks::removed(decoder, b)).collect(),
        }
    }
}

fn add<K: Hash + Eq, I: Copy>(
    names: &mut FxHashMap<K, I>,
    name: K,
    id: I,
    duplicate: impl FnOnce(I) -> Diagnostic,
    diags: &mut Diagnostics,
) {
    match names.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(id);
        }
        Entry::Occupied(first) => {
            diags.error(duplicate(*first.get()));
        }
    }
}

fn duplicate(what: &str, kind: &str, name: &str, names: &str, span: Span, first: Span) -> Diagnostic {
    let summary = format!("Duplicate {what} {kind}");
    let detail =
        format!("The name \"{name}\" is already taken by another {what}. {names} must be unique within a module.");
    Diagnostic::error(summary.trim_end(), detail).at(span).note_at(first, "First declared here")
}

fn duplicate_resource(resource: &Resource, span: Span, first: Span) -> Diagnostic {
    let what = match resource.mode {
        Mode::Managed => "resource",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    let summary = format!("Duplicate {what} \"{}\" configuration", resource.ty);
    let detail = format!(
        "There is another {} {what} named \"{}\". Resource names must be unique per type in each module.",
        resource.ty, resource.name
    );
    Diagnostic::error(summary, detail).at(span).note_at(first, "First declared here")
}

pub(super) fn keys_of(block: &syn::Block) -> Keys {
    match (block.body.attribute("count"), block.body.attribute("for_each")) {
        (_, Some(_)) => Keys::ForEach,
        (Some(_), None) => Keys::Count,
        (None, None) => Keys::None,
    }
}

/// Whether a top-level block is of a known type and has the labels of its type; reports it if not.
fn check_labels(block: &syn::Block, diags: &mut Diagnostics) -> bool {
    let Some((ty, labels)) = BLOCKS.iter().find(|(ty, _)| *ty == block.ty.text) else {
        diags.error(unknown_block(block));
        return false;
    };
    if let Some(missing) = labels.get(block.labels.len()) {
        let detail = format!("All {ty} blocks must have {} label(s): {}.", labels.len(), labels.join(", "));
        diags.error(Diagnostic::error(format!("Missing {missing} for {ty}"), detail).at(block.opening()));
        return false;
    }
    if let Some(extra) = block.labels.get(labels.len()) {
        let detail = match labels.len() {
            0 => format!("No labels are expected for {ty} blocks."),
            n => format!("Only {n} label(s) ({}) are expected for {ty} blocks.", labels.join(", ")),
        };
        diags.error(Diagnostic::error(format!("Extraneous label for {ty}"), detail).at(extra.span));
        return false;
    }
    block.labels.iter().all(|label| check_name(ty, &label, diags))
}

fn unknown_block(block: &syn::Block) -> Diagnostic {
    let ty = &block.ty;
    match ty.text {
        "action" => not_yet(block, "tells a provider to do something that is no change of an object")
            .hint("Remove the block and what refers to it, or do the same with a provisioner."),
        "list" => not_yet(block, "asks a provider which objects there are; it belongs into a .tfquery.hcl file")
            .hint("Remove the block; existing objects are taken over by import blocks."),
        "run" | "mock_provider" | "override_resource" | "override_data" | "override_module" => {
            not_yet(block, "is part of a test; it belongs into a .tftest.hcl file").hint("Remove the block.")
        }
        "required_providers" | "provider_meta" | "backend" | "cloud" | "encryption" => {
            let detail = format!("A \"{}\" block must be nested inside a \"terraform\" block.", ty.text);
            Diagnostic::error(format!("Invalid {} block", ty.text), detail).at(block.header)
        }
        _ => unsupported_block(ty, &[], &BLOCKS.iter().map(|(ty, _)| *ty).collect::<Vec<_>>()),
    }
}

/// What a name must be.
pub(super) const BAD_NAME: &str =
    "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.";

fn not_yet(block: &syn::Block, what: &str) -> Diagnostic {
    let ty = block.ty.text;
    let detail = format!("A block of type \"{ty}\" {what}. Terrane does not support it yet.");
    Diagnostic::error("Unsupported block type", detail).at(block.header)
}

fn check_name(ty: &str, label: &syn::Label, diags: &mut Diagnostics) -> bool {
    if syn::is_identifier(label.text) {
        return true;
    }
    diags.error(Diagnostic::error(format!("Invalid {ty} name"), BAD_NAME).at(label.span));
    false
}

/// Whether a local value has a name that can be referred to; in JSON any text could stand there.
fn check_local_name(name: &syn::Ident, diags: &mut Diagnostics) -> bool {
    if syn::is_identifier(name.text) {
        return true;
    }
    diags.error(Diagnostic::error("Invalid local value name", BAD_NAME).at(name.span));
    false
}
