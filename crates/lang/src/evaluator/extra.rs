//! What stands beside resources: checks, provisioners.

use terrane_address::Key;
use terrane_source::Diagnostic;
use terrane_value::{Schema, Value};

use super::body;
use super::conditions::Verdict;
use super::frame::{Run, Scope};
use super::memo::{At, Reads};
use crate::ir::{ModuleId, ResourceId};
use crate::lookup::Stop;
use crate::program::{CheckDecl, Contents};

impl<'p> Run<'_, 'p> {
    /// Reports, as warnings, the assertions of a module's `check` blocks that do not hold.
    pub(super) fn checks(&mut self, module: ModuleId) -> Result<(), Stop> {
        let contents: &'p Contents = &self.ev.program.module(module).contents;
        if contents.checks.is_empty() {
            return Ok(());
        }
        for at in self.instances_of(module)? {
            contents.checks.iter().try_for_each(|check| self.check_block(at, check))?;
        }
        Ok(())
    }

    fn check_block(&mut self, at: At, check: &'p CheckDecl) -> Result<(), Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        for assert in &check.asserts {
            match self.verdict(Scope::module(at), assert, &mut Reads::new()) {
                Ok(Verdict::Fails(message)) => {
                    let warning = Diagnostic::warning("Check block assertion failed", message);
                    let warning = warning.at(contents.exprs.span(assert.condition));
                    let warning = self.explained(Scope::module(at), assert.condition, warning);
                    self.diags.push(warning);
                }
                Ok(Verdict::Holds | Verdict::Unknown) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// The arguments of a provisioner as a value of its schema.
    pub(super) fn provisioner(
        &mut self,
        (at, id): (At, ResourceId),
        key: &Key,
        index: usize,
        self_value: Value,
        schema: &Schema,
    ) -> Result<Option<Value>, Stop> {
        let contents: &'p Contents = self.ev.state(at).contents;
        let Some(decl) = contents.resources[id.index()].provisioners.get(index) else { return Ok(None) };
        let (mut scope, _) = self.scope_of(at, id, key)?;
        scope.self_value = Some(self_value);
        let (value, _) =
            self.within(scope, &contents.exprs, |eval| body::value(eval, &decl.body, decl.span, &schema.block))?;
        Ok(Some(value))
    }
}
