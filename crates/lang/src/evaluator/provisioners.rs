//! `provisioner` and `connection` blocks.

use terrane_address::{Instance, Key};
use terrane_source::Diagnostic;
use terrane_value::Value;

use super::body;
use super::frame::{About, Repetition, Run, Scope};
use super::memo::At;
use super::verdicts::Checkable;
use crate::ir::ResourceId;
use crate::lookup::Stop;
use crate::program::{Contents, ProvisionerDecl, ResourceDecl};
use crate::provisioners;

impl<'p> Run<'_, 'p> {
    /// The arguments of a provisioner as a value of its schema.
    pub(super) fn provisioner(
        &mut self,
        (at, id): (At, ResourceId),
        key: &Key,
        place: usize,
        self_value: Value,
    ) -> Result<Option<Value>, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let Some(decl) = contents.resources[id.index()].provisioners.get(place) else { return Ok(None) };
        let scope = match decl.on_destroy {
            // The instance may no longer be among those of the resource.
            true => self.scope_of_destroyed(at, id, key),
            false => self.scope_of(at, id, key)?.0,
        };
        let scope = Scope { self_value: Some(self_value), ..scope };
        self.provisioner_value(scope, decl).map(Some)
    }

    fn scope_of_destroyed(&self, at: At, id: ResourceId, key: &Key) -> Scope {
        let about = About::Checkable(Checkable::Resource(self.ev.abs(at, id).instance(key.clone())));
        Scope { at, repetition: Repetition::of(key, None), self_value: None, about: Some(about) }
    }

    /// The same for one of a `removed` block.
    pub(super) fn removed_provisioner(
        &mut self,
        at: At,
        decl: &'p ProvisionerDecl,
        instance: &Instance,
        self_value: Value,
    ) -> Result<Value, Stop> {
        let repetition = Repetition::of(&instance.key, None);
        let about = Some(About::Checkable(Checkable::Resource(instance.clone())));
        self.provisioner_value(Scope { at, repetition, self_value: Some(self_value), about }, decl)
    }

    fn provisioner_value(&mut self, scope: Scope, decl: &'p ProvisionerDecl) -> Result<Value, Stop> {
        let Some(schema) = provisioners::schema(&decl.ty) else { return Ok(Value::dynamic()) };
        let contents: &'p Contents = self.ev.state(scope.at).contents;
        let value = self.within(scope, &contents.exprs, |eval| body::value(eval, &decl.body, decl.span, &schema.block));
        value.map(|(value, _)| value)
    }

    /// Looks for mistakes in the provisioners of a resource and in how they connect.
    pub(super) fn validate_provisioners(&mut self, scope: &Scope, decl: &'p ResourceDecl) {
        for provisioner in &decl.provisioners {
            let schema = provisioners::schema(&provisioner.ty);
            let shape = schema.as_ref().map(|s| &s.block);
            let value = self.validate_body(scope, &provisioner.body, provisioner.span, shape);
            self.validate_connection(scope, decl, provisioner);
            let Some(wrong) = value.and_then(|value| provisioners::wrong(&provisioner.ty, &value.unmark_deep().0))
            else {
                continue;
            };
            let summary = format!("Invalid {} provisioner configuration", provisioner.ty);
            self.diags.error(Diagnostic::error(summary, wrong).at(provisioner.span));
        }
    }

    /// The arguments of both `connection` blocks count, those of the provisioner before those of the resource.
    fn validate_connection(&mut self, scope: &Scope, decl: &'p ResourceDecl, provisioner: &'p ProvisionerDecl) {
        let schema = provisioners::connection_schema();
        let bodies = [&provisioner.connection, &decl.connection];
        for body in bodies.into_iter().flatten() {
            self.validate_body(scope, body, provisioner.span, Some(&schema.block));
        }
        let mut written = bodies.into_iter().flatten().peekable();
        if written.peek().is_some() && !written.any(|body| body.attribute("host").is_some()) {
            self.diags.error(crate::load::missing_argument("host", provisioner.span));
        }
    }
}
