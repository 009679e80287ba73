//! What an instance refers to outside of its own arguments.

use terrane_address::Key;

use super::frame::Run;
use super::memo::{At, Reads};
use crate::ir::{CallId, ExprId, OutputId, Reference, ResourceId};
use crate::lookup::{Dep, Stop};
use crate::program::{Body, Contents, Repeat};

impl<'p> Run<'_, 'p> {
    /// What conditions and create-time provisioners refer to, found without evaluating them.
    pub(super) fn beside(&mut self, at: At, id: ResourceId) -> Result<Reads, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let decl = &contents.resources[id.index()];
        let mut exprs = Vec::new();
        for condition in decl.lifecycle.preconditions.iter().chain(&decl.lifecycle.postconditions) {
            exprs.extend([condition.condition, condition.error_message]);
        }
        for provisioner in decl.provisioners.iter().filter(|p| !p.on_destroy) {
            [Some(&provisioner.body), provisioner.connection.as_ref(), decl.connection.as_ref()]
                .into_iter()
                .flatten()
                .for_each(|body| written(body, &mut exprs));
        }
        let mut reads = Reads::new();
        while let Some(expr) = exprs.pop() {
            let node = contents.exprs.node(expr);
            if let crate::ir::Node::Reference(reference) = node {
                self.refers(at, reference, contents.exprs.span(expr), &mut reads)?;
            }
            crate::eval::parts(node, &mut |part| exprs.push(part));
        }
        let own = self.ev.abs(at, id);
        let of_itself = self.ev.deps.list(&reads).into_iter().filter(|dep| *dep.resource() == own);
        let of_itself: Reads = of_itself.map(|dep| self.ev.deps.id(dep)).collect();
        Ok(reads.difference(&of_itself).copied().collect())
    }

    fn refers(
        &mut self,
        at: At,
        reference: &Reference,
        span: terrane_source::Span,
        reads: &mut Reads,
    ) -> Result<(), Stop> {
        match reference {
            Reference::Variable(id) => reads.extend(self.variable(at, *id, span)?.reads.iter()),
            Reference::Local(id) => reads.extend(self.local(at, *id, span)?.reads.iter()),
            Reference::Resource { resource, .. } => {
                let once = self.ev.state(at).contents.resources[resource.index()].repeat == Repeat::Once;
                let resource = self.ev.abs(at, *resource);
                let dep = if once { Dep::Instance(resource.instance(Key::None)) } else { Dep::Whole(resource) };
                reads.insert(self.ev.deps.id(dep));
            }
            Reference::Module { call, output, .. } => self.refers_to_module(at, *call, output.as_deref(), reads)?,
            _ => {}
        }
        Ok(())
    }

    fn refers_to_module(&mut self, at: At, call: CallId, output: Option<&str>, reads: &mut Reads) -> Result<(), Stop> {
        for child in self.children_read(at, call, reads)? {
            let contents: &'p Contents = self.ev.state(child).contents;
            let named = contents.outputs.iter().enumerate().filter(|(_, decl)| output.is_none_or(|n| *n == *decl.name));
            for (i, decl) in named {
                reads.extend(self.output(child, OutputId(i as u32), decl.span)?.reads.iter());
            }
        }
        Ok(())
    }
}

/// All expressions of a body.
fn written(body: &Body, exprs: &mut Vec<ExprId>) {
    exprs.extend(body.attributes.iter().map(|a| a.expr));
    for block in &body.blocks {
        exprs.extend(block.dynamic.iter().map(|d| d.for_each));
        written(&block.body, exprs);
    }
}
