//! `prevent_destroy`: as configuration has it now, or as the state remembers it.

use terrane_address::Instance;
use terrane_source::Diagnostic;

use super::{Halt, Planner};
use crate::Change;

impl Planner<'_> {
    /// Whether deleting the object in use of an instance has to be asked about.
    ///
    /// The block decides, as long as there is one; without it the state remembers what the last one said, unless a
    /// `removed` block says that the object is to be deleted.
    pub(super) fn is_guarded(&self, instance: &Instance) -> bool {
        match self.decl(instance) {
            Some(decl) => decl.lifecycle.prevent_destroy.is_some(),
            None => self.remembers_guard(instance) && !self.is_removed(instance),
        }
    }

    fn remembers_guard(&self, instance: &Instance) -> bool {
        self.refreshed.object(instance).is_some_and(|object| object.prevent_destroy)
    }

    /// Notes for the state whether an instance is protected.
    pub(super) fn protect(&mut self, instance: &Instance) -> Result<(), Halt> {
        let protected = self.attempt(|e, lookup, diags| e.prevent_destroy(instance, lookup, diags))?;
        self.protected.insert(instance.clone(), protected);
        Ok(())
    }

    /// Refuses to delete what `prevent_destroy` protects.
    pub(super) fn guard(&mut self, instance: &Instance) -> Result<(), Halt> {
        let declared = self.decl(instance);
        if declared.is_some() && !self.attempt(|e, lookup, diags| e.prevent_destroy(instance, lookup, diags))? {
            return Ok(());
        }
        if self.options.allows_destroy(instance) {
            return Ok(());
        }
        let diagnostic = match declared {
            Some(decl) => self.protected_now(instance).at(decl.span),
            None => remembered(instance),
        };
        Err(Halt::Failed(self.diags.error(diagnostic.about(instance.to_string()))))
    }

    fn protected_now(&self, instance: &Instance) -> Diagnostic {
        let why = match self.drafts.of(instance).map(|d| &d.step.change) {
            Some(Change::Replace { reasons, .. }) => format!("it would be replaced: {}", reasons_text(reasons)),
            _ => "it would be deleted".to_owned(),
        };
        let detail = format!("{instance} has lifecycle.prevent_destroy set, but {why}.");
        Diagnostic::error("Instance cannot be destroyed", detail).hint(format!(
            "Remove prevent_destroy if it may be deleted, allow it for one run with -allow-destroy='{instance}', or leave the object out with -exclude='{instance}'."
        ))
    }
}

fn remembered(instance: &Instance) -> Diagnostic {
    let detail = format!(
        "{instance} would be deleted. It has no block any more, but was last applied with lifecycle.prevent_destroy, which the state remembers: deleting the block, or the module it is in, does not lift that."
    );
    let from = instance.resource.config();
    Diagnostic::error("Instance cannot be destroyed", detail).hint(format!(
        "To delete it, say so in a block: removed {{ from = {from} … lifecycle {{ destroy = true }} }}; with destroy = false it is kept, but no longer managed. Or allow it for one run with -allow-destroy='{instance}', or bring the block back with prevent_destroy = false and apply that first."
    ))
}

fn reasons_text(reasons: &[crate::ReplaceReason]) -> String {
    use crate::ReplaceReason;
    let texts = reasons.iter().map(|reason| match reason {
        ReplaceReason::CannotUpdate(paths) => {
            let paths: Vec<String> = paths.iter().map(|p| p.to_string().trim_start_matches('.').to_owned()).collect();
            format!("{} cannot be changed in place", paths.join(", "))
        }
        ReplaceReason::Tainted => "it is tainted".into(),
        ReplaceReason::Requested => "-replace asks for it".into(),
        ReplaceReason::Triggered(by) => format!("{} changes", by.join(", ")),
    });
    texts.collect::<Vec<_>>().join("; ")
}
