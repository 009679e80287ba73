//! `check` blocks.

use terrane_address::Key;
use terrane_source::{Cause, Diagnostic};

use super::conditions::Verdict;
use super::frame::{About, Run, Scope};
use super::memo::{At, Reads};
use super::verdicts::{CheckStatus, Checkable, Rule};
use crate::ir::{ModuleId, ResourceId};
use crate::lookup::Stop;
use crate::program::{CheckDecl, Contents};

/// The summary of the warning about an assertion that does not hold.
pub const CHECK_FAILED: &str = "Check block assertion failed";
/// The summary of the warning about an assertion whose result is not known yet.
pub const CHECK_UNKNOWN: &str = "Check block assertion known after apply";

impl<'p> Run<'_, 'p> {
    /// Reports, as warnings, the assertions of a `check` block that do not hold or are not known.
    pub(super) fn check(&mut self, module: ModuleId, place: usize) -> Result<(), Stop> {
        let contents: &'p Contents = &self.ev.program.module(module).contents;
        let Some(check) = contents.checks.get(place) else { return Ok(()) };
        let mut failed = Ok(());
        for at in self.instances_of(module)? {
            match self.check_block(at, check) {
                Err(stop @ Stop::Failed(_)) => failed = Err(stop),
                other => other?,
            }
        }
        failed
    }

    fn check_block(&mut self, at: At, check: &'p CheckDecl) -> Result<(), Stop> {
        let what = Checkable::Check(self.ev.state(at).instance.clone(), check.name.clone());
        if let Some(data) = check.data {
            let instance = self.ev.abs(at, data).instance(Key::None);
            self.lookup.instance(&instance)?;
        }
        if self.ev.verdicts.is_bad(&what, Rule::Data) {
            return Ok(());
        }
        let contents: &'p Contents = self.ev.state(at).contents;
        let scope = Scope { about: (at != At::ROOT).then(|| About::Checkable(what.clone())), ..Scope::module(at) };
        let mut failed = Ok(());
        for (place, assert) in (0..).zip(&check.asserts) {
            let said = self.diags.len();
            let verdict = self.verdict(scope.clone(), assert, &mut Reads::new());
            self.note(&what, Rule::Before(place), &verdict, said);
            let (summary, cause, detail) = match verdict {
                Ok(Verdict::Holds) => continue,
                Ok(Verdict::Fails(message)) => (CHECK_FAILED, Cause::Value, message.shown()),
                Ok(Verdict::Unknown) => (
                    CHECK_UNKNOWN,
                    Cause::Unknown,
                    "The condition depends on what is known only after apply; it is checked then.".into(),
                ),
                Err(stop @ Stop::Failed(_)) => {
                    failed = Err(stop);
                    continue;
                }
                Err(blocked) => return Err(blocked),
            };
            let warning = Diagnostic::warning(summary, detail).because(cause);
            let warning = warning.at(contents.exprs.span(assert.condition));
            let warning = self.explained(scope.clone(), assert.condition, warning);
            self.diags.push(warning.about(what.to_string()));
        }
        failed
    }

    /// Notes what became of the data source of a `check` block.
    pub(super) fn check_data(&mut self, at: At, id: ResourceId, problem: Option<String>) {
        let contents: &'p Contents = self.ev.state(at).contents;
        let Some(check) = contents.resources[id.index()].in_check.and_then(|place| contents.checks.get(place)) else {
            return;
        };
        let what = Checkable::Check(self.ev.state(at).instance.clone(), check.name.clone());
        let status = if problem.is_some() { CheckStatus::Fail } else { CheckStatus::Pass };
        self.ev.verdicts.note(&what, Rule::Data, status, problem);
    }
}
