//! What to say when nothing can go on.

use terrane_address::AbsResource;
use terrane_source::Diagnostic;

use super::Planner;
use super::left_out::LeftOut;
use super::queue::{Task, Wait};

impl Planner<'_> {
    /// Reports tasks that wait for each other.
    pub(super) fn report_stalled(&mut self) {
        let parked = self.queue.take_parked();
        let parked = self.without_left_out(parked);
        if parked.is_empty() || self.diags.has_errors() {
            return;
        }
        terrane_lang::cycles(self.program, &mut self.diags);
        if !self.diags.has_errors() {
            let tasks: Vec<String> =
                parked.iter().filter_map(|(_, task)| resource_of(task)).map(AbsResource::to_string).collect();
            let detail =
                format!("These cannot be decided: {}. This is a bug in Terrane; please report it.", tasks.join(", "));
            self.diags.error(Diagnostic::error("Planning came to a halt", detail));
        }
    }

    /// The tasks that do not wait for what `-exclude` leaves out, directly or through others.
    fn without_left_out(&self, parked: Vec<(Wait, Task)>) -> Vec<(Wait, Task)> {
        if self.options.excludes.is_empty() {
            return parked;
        }
        let mut out = LeftOut::new(self.program, &self.options);
        let mut rest = parked;
        loop {
            let (left, stays): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(wait, _)| out.has(wait));
            if left.is_empty() {
                return stays;
            }
            left.iter().for_each(|(_, task)| out.add(task));
            rest = stays;
        }
    }
}

fn resource_of(task: &Task) -> Option<&AbsResource> {
    match task {
        Task::Expand { resource, .. } | Task::Import { to: resource, .. } => Some(resource),
        Task::Instance(instance)
        | Task::Found(instance)
        | Task::Post(instance)
        | Task::Guard(instance)
        | Task::Protect(instance) => Some(&instance.resource),
        Task::End { key, .. } => Some(&key.0.resource),
        Task::Variables(_)
        | Task::Resource(..)
        | Task::Provider(_)
        | Task::Output(_)
        | Task::Outputs(_)
        | Task::Check(..) => None,
    }
}
