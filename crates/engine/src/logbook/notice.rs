//! What people are told of an earlier run that was killed.

use std::collections::BTreeSet;
use std::path::Path;

use terrane_plan::{Change, Plan};
use terrane_source::Diagnostic;
use terrane_state::{Lost, Recovered};

/// How many addresses are named.
const NAMED: usize = 10;

fn names<T>(list: &[T], name: impl Fn(&T) -> String) -> String {
    let mut names: Vec<String> = list.iter().take(NAMED).map(|item| format!("  {}", name(item))).collect();
    if list.len() > NAMED {
        names.push(format!("  and {} more", list.len() - NAMED));
    }
    names.join("\n")
}

/// Tells people what was recovered from a journal.
pub(crate) fn notice(recovered: &Recovered, journal: &Path) -> Diagnostic {
    let run = &recovered.run;
    let operation = run.operation.trim_start_matches("OperationType").to_lowercase();
    let given = match recovered.restored.len() {
        0 => String::new(),
        n => {
            let s = if n == 1 { "" } else { "s" };
            format!(" Its journal has given the state what was missing: {n} object{s} recovered.")
        }
    };
    let mut warning = Diagnostic::warning(
        "An earlier run was cut short",
        format!(
            "The {operation} of {}, begun {}, ended without writing all of its results.{given}",
            run.who, run.created
        ),
    );
    if !recovered.restored.is_empty() {
        warning = warning.note(format!("Recovered:\n{}", names(&recovered.restored, ToString::to_string)));
    }
    if !recovered.in_doubt.is_empty() {
        let list = names(&recovered.in_doubt, |(instance, verb)| format!("{instance} ({verb})"));
        warning = warning.note(format!("Begun, with an end that is not known:\n{list}"));
    }
    if !recovered.conflicts.is_empty() {
        let list = names(&recovered.conflicts, ToString::to_string);
        warning = warning.note(format!("Changed by others since, so left as they are in the state:\n{list}"));
    }
    if !recovered.lost.is_empty() {
        let list = names(&recovered.lost, named);
        warning =
            warning.note(format!("Made, but not in the state, since the key of the journal is not there:\n{list}"));
        return warning.hint(way_out(&recovered.lost, journal));
    }
    let creates_only = recovered.in_doubt.len() == recovered.creates.len();
    match recovered.conflicts.is_empty() {
        true if recovered.in_doubt.is_empty() => warning,
        true if creates_only => warning.hint(
            "The next apply asks for these creates as that run did: an object that AWS has made all the same is found, \
             and not made twice.",
        ),
        _ => warning.hint(
            "Look whether objects exist that the state does not have: import them, or delete them. The plan shows what \
             became of those it has.",
        ),
    }
}

fn named(lost: &Lost) -> String {
    match &lost.id {
        Some(id) => format!("{} with the id {id:?}", lost.instance),
        None => lost.instance.clone(),
    }
}

/// What to do about objects that are lost to the state.
fn way_out(lost: &[Lost], journal: &Path) -> String {
    let command = |lost: &Lost| {
        let id = lost.id.as_deref().unwrap_or("ID");
        format!("  terrane import '{}' '{id}'", lost.instance)
    };
    format!(
        "If the lock of that run is still there, remove it from this folder, with \"terrane lock steal\" or \
         \"terrane force-unlock\": these keep the key. Otherwise take the objects in:\n{}\nor see that they are gone. Once \
         none is left that matters, delete {}.",
        names(lost, command),
        journal.display()
    )
}

/// Refuses to make what an earlier run has made, and the state does not know.
pub(crate) fn made_already(plan: &Plan, lost: &[Lost], journal: &Path) -> Option<Diagnostic> {
    let made = plan.steps.iter().filter(|step| matches!(step.change, Change::Create { .. }) && step.deposed.is_none());
    let made: BTreeSet<String> = made.map(|step| step.instance.to_string()).collect();
    let twice: Vec<Lost> = lost.iter().filter(|lost| made.contains(&lost.instance)).cloned().collect();
    let detail = format!(
        "A run that was killed has made what this plan would make once more, and the key to what its journal tells of \
         it is not there:\n{}",
        names(&twice, named)
    );
    let error = || Diagnostic::error("Objects would be made twice", detail).hint(way_out(&twice, journal));
    (!twice.is_empty()).then(error)
}
