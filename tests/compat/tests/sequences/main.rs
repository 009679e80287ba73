//! Runs the sequences of `cases/*.md` with OpenTofu and with Terrane, and compares plans and states.
//!
//! Each heading `##` is a case, its blocks are done in order, in a folder of its own for each program:
//!
//! - `hcl [file]` writes a file, `main.tf` unless another is named; `state` writes a state in the short form of
//!   [`fixture`]
//! - `run` holds commands, a line each: `plan` and `apply` with flags make a plan that is compared; `apply` carries it out
//!   and has the state compared; `rm FILE` removes a file; anything else is run as it is, and the state compared
//! - `differs` holds what is known to differ; the words above it say why. `UPDATE=1` writes what comes
//!
//! Each state that a program has written is then stored by the other, byte for byte, and the last is planned with by both: in
//! some of the cases, in all with `TRIPS=1`.
//!
//! Needs `tofu` on PATH. `CASE=words` limits it to cases with these words in their file's name or heading, and with
//! `SHOW=1` prints what differs in any case.
#![allow(clippy::unwrap_used)]

mod case;
mod differ;
mod fixture;
mod normal;
mod report;
mod tool;
mod trips;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::{Case, Document};

/// Of how many cases one has its states tried with the other program, unless `TRIPS` is set.
const SAMPLE: usize = 8;

/// How many cases run at a time.
const WORKERS: usize = 2;

#[test]
fn plans_and_states_are_those_of_opentofu() {
    if Command::new("tofu").arg("version").env("TF_CLI_CONFIG_FILE", "/dev/null").output().is_err() {
        eprintln!("SKIPPED the comparison with OpenTofu: there is no tofu on PATH");
        return;
    }
    let wanted = std::env::var("CASE").unwrap_or_default();
    let documents = documents();
    let cases: Vec<&Case> = documents.iter().flat_map(|d| &d.cases).filter(|c| c.title().contains(&wanted)).collect();
    let found = compare(&cases);
    let mut wrong = String::new();
    for (case, Found { differences: actual, trips }) in cases.iter().zip(&found) {
        trips.iter().for_each(|trip| wrong += &format!("{}: {trip}\n", case.title()));
        if *actual != case.differs || std::env::var_os("SHOW").is_some() {
            wrong += &format!("{}:\n{}", case.title(), differ::sides(&case.differs, actual));
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        for document in &documents {
            let of =
                |case: &Case| cases.iter().position(|c| std::ptr::eq(*c, case)).map(|at| found[at].differences.clone());
            std::fs::write(&document.path, document.updated(of)).unwrap();
        }
        return;
    }
    assert!(wrong.is_empty(), "{wrong}UPDATE=1 takes these over; then say why above each.");
}

/// What was found in a case.
#[derive(Clone, Default)]
struct Found {
    /// What differs between the programs.
    differences: Vec<String>,
    /// What goes wrong with the states of one in the hands of the other.
    trips: Vec<String>,
}

fn compare(cases: &[&Case]) -> Vec<Found> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(vec![Found::default(); cases.len()]));
    let all = cases.len() < SAMPLE || std::env::var_os("TRIPS").is_some();
    let work = || {
        while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < cases.len()) {
            let (theirs, ours) = (tool::run("tofu", cases[at]), tool::run("terrane", cases[at]));
            let differences = differ::differences(&theirs.came, &ours.came);
            let trips = match all || at % SAMPLE == 0 {
                true => [trips::trips(&theirs, "terrane"), trips::trips(&ours, "tofu")].concat(),
                false => Vec::new(),
            };
            found.lock().unwrap()[at] = Found { differences, trips };
        }
    };
    std::thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    found.into_inner().unwrap()
}

#[test]
fn the_manual_has_the_report() {
    let report = report::report(&documents());
    let path = root().join("docs/compatibility.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let updated = report::place(&text, &report);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, updated).unwrap();
    } else {
        assert_eq!(text, updated, "UPDATE=1 writes the report into the manual");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn documents() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(Document::read).collect()
}
