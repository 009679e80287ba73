//! Uses of what authors of modules and providers have marked as deprecated.
//!
//! One warning for each variable of a call and each output or attribute that is read in a module, where it is read first.

use std::collections::BTreeSet;
use std::sync::Arc;

use terrane_address::ModuleSource;
use terrane_source::{Deprecation, Diagnostic, Diagnostics, Span};

use crate::Schemas;
use crate::ir::{CallId, ExprId, Node, Reference, ResourceId};
use crate::program::{CallDecl, ModuleDecl, OutputDecl, Program};

/// Warns of uses of what is deprecated.
pub(super) fn check(program: &Program, schemas: &dyn Schemas, diags: &mut Diagnostics) {
    for module in &program.modules {
        for (call, child) in module.contents.calls.iter().zip(&module.children) {
            if let Some(child) = child {
                check_call(program, module, call, program.module(*child), diags);
            }
        }
        types(module, schemas, diags);
        Uses { program, schemas, module, seen: BTreeSet::new(), diags }.all();
    }
}

/// Warns of arguments for variables that should not be set any more.
fn check_call(program: &Program, module: &ModuleDecl, call: &CallDecl, child: &ModuleDecl, diags: &mut Diagnostics) {
    for argument in &call.arguments {
        let Some(variable) = child.contents.variable(&argument.name) else { continue };
        if let Some(text) = &variable.deprecated {
            let warning = variable_warning(&variable.name, text).of_deprecation(home(program, child));
            let warning = warning.at(module.contents.exprs.span(argument.expr));
            diags.push(warning.note_at(variable.span, "The variable is declared here"));
        }
    }
}

/// Whether a module, or one around it, comes from elsewhere.
fn home(program: &Program, module: &ModuleDecl) -> Deprecation {
    let Some((parent, call)) = module.parent else { return Deprecation::Local };
    let parent = program.module(parent);
    match &parent.sources[call.index()] {
        Some(source) if !matches!(source.source, ModuleSource::Local(_)) => Deprecation::Remote,
        _ => home(program, parent),
    }
}

fn variable_warning(name: &str, text: &str) -> Diagnostic {
    let detail = format!("The variable \"{name}\" should not be set any more: {text}");
    Diagnostic::warning("Variable marked as deprecated by the module author", detail)
}

/// Warns of resource types that their provider has deprecated.
fn types(module: &ModuleDecl, schemas: &dyn Schemas, diags: &mut Diagnostics) {
    for (decl, config) in module.contents.resources.iter().zip(&module.resource_providers) {
        let schema = schemas.resource(&config.provider, decl.resource.mode, &decl.resource.ty);
        if let Some(text) = schema.and_then(|s| s.block.deprecated.clone()) {
            let detail = format!("The type {} is deprecated: {text}", decl.resource.ty);
            diags.push(Diagnostic::warning("Deprecated resource type", detail).at(decl.span));
        }
    }
}

/// Looks through the expressions of a module.
struct Uses<'a> {
    program: &'a Program,
    schemas: &'a dyn Schemas,
    module: &'a ModuleDecl,
    /// What has been warned of, as it is written.
    seen: BTreeSet<String>,
    diags: &'a mut Diagnostics,
}

impl<'a> Uses<'a> {
    fn all(&mut self) {
        let exprs = &self.module.contents.exprs;
        // Parts are added before what they are parts of, so that those that read on are met after their base.
        let ids: Vec<ExprId> = exprs.ids().collect();
        let mut read_on = BTreeSet::new();
        for id in &ids {
            match exprs.node(*id) {
                Node::GetAttr { base, name, name_span } => self.attribute(*base, name, *name_span, &mut read_on),
                Node::Splat { source, slot, each } => self.splat(*source, *slot, *each, exprs.span(*id), &mut read_on),
                // What becomes of the modules in these cannot be told without values.
                Node::Index { base, .. } => read_on.extend([*base]),
                Node::For(f) => read_on.extend([f.collection]),
                Node::Call(call) => read_on.extend(call.args.iter().copied()),
                _ => {}
            }
        }
        for id in ids {
            if let Node::Reference(Reference::Module { call, output, .. }) = exprs.node(id) {
                match output {
                    Some(output) => self.output(*call, output, exprs.span(id)),
                    None if !read_on.contains(&id) => self.every_output(*call, exprs.span(id)),
                    None => {}
                }
            }
        }
    }

    /// `base.name`, where the base may be a module or a resource.
    fn attribute(&mut self, base: ExprId, name: &Arc<str>, span: Span, read_on: &mut BTreeSet<ExprId>) {
        let exprs = &self.module.contents.exprs;
        let mut root = base;
        while let Node::Index { base, .. } | Node::Wrapped(base) = exprs.node(root) {
            root = *base;
        }
        match exprs.node(root) {
            Node::Reference(Reference::Module { call, output: None, .. }) => {
                read_on.insert(root);
                self.output(*call, name, span);
            }
            Node::Reference(Reference::Resource { resource, .. }) => self.resource(*resource, name, span),
            _ => {}
        }
    }

    /// `source[*].name…`
    fn splat(&mut self, source: ExprId, slot: u32, each: ExprId, span: Span, read_on: &mut BTreeSet<ExprId>) {
        let exprs = &self.module.contents.exprs;
        let mut first = None;
        let mut at = each;
        loop {
            match exprs.node(at) {
                Node::GetAttr { base, name, .. } => (first, at) = (Some(name), *base),
                Node::Index { base, .. } => (first, at) = (None, *base),
                Node::Reference(Reference::Bound { slot: bound, .. }) if *bound == slot => break,
                _ => return read_on.extend([source]),
            }
        }
        let Some(name) = first else { return };
        match exprs.node(source) {
            Node::Reference(Reference::Module { call, output: None, .. }) => {
                read_on.insert(source);
                self.output(*call, name, span);
            }
            Node::Reference(Reference::Resource { resource, .. }) => self.resource(*resource, name, span),
            _ => {}
        }
    }

    fn child(&self, call: CallId) -> Option<&'a ModuleDecl> {
        self.module.child(call).map(|child| self.program.module(child))
    }

    fn output(&mut self, call: CallId, name: &str, span: Span) {
        let Some(child) = self.child(call) else { return };
        if let Some(decl) = child.contents.output(name) {
            self.warn_output(child, call, decl, span);
        }
    }

    fn every_output(&mut self, call: CallId, span: Span) {
        let Some(child) = self.child(call) else { return };
        child.contents.outputs.iter().for_each(|decl| self.warn_output(child, call, decl, span));
    }

    fn warn_output(&mut self, child: &ModuleDecl, call: CallId, decl: &OutputDecl, span: Span) {
        let Some(text) = &decl.deprecated else { return };
        let name = format!("module.{}.{}", self.module.contents.calls[call.index()].name, decl.name);
        if let Some(warning) = self.warning(name, text) {
            let warning = warning.of_deprecation(home(self.program, child)).at(span);
            self.diags.push(warning.note_at(decl.span, "The output is declared here"));
        }
    }

    fn resource(&mut self, id: ResourceId, name: &str, span: Span) {
        let resource = &self.module.contents.resources[id.index()].resource;
        let provider = &self.module.resource_providers[id.index()].provider;
        let schema = self.schemas.resource(provider, resource.mode, &resource.ty);
        let text = schema.and_then(|s| s.block.attributes.get(name).and_then(|a| a.deprecated.clone()));
        if let Some(text) = text
            && let Some(warning) = self.warning(format!("{resource}.{name}"), &text)
        {
            self.diags.push(warning.at(span));
        }
    }

    /// The warning of something that is read, unless there is one already.
    fn warning(&mut self, name: String, text: &str) -> Option<Diagnostic> {
        let detail = format!("{name} is deprecated: {text}");
        let new = self.seen.insert(name);
        new.then(|| Diagnostic::warning("Value derived from a deprecated source", detail))
    }
}
