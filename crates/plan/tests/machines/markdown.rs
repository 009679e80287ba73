//! Runs `tests/plan/*.md`: each heading is a test, its blocks are done in order.
//!
//! `hcl [path]` writes a file of the configuration. `outside` changes the world or the state behind the engine's back.
//! `plan [flags] [stop=N]`, `apply [stop=N]`, `state`, `checks` and `world` hold what is expected; `UPDATE=1` writes
//! what comes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A test reads its documents.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::support::run::{self, Came, Journal, Until};
use crate::support::things::{Fault, Things};
use crate::support::{Config, load, providers, shown};
use terrane_address::{parse_instance, parse_target};
use terrane_plan::{
    Applied, ApplyOptions, Change, Deferred, DeleteReason, Kept, Outcome, Plan, PlanMode, PlanOptions, Provisional,
    ReadReason, ReplaceOrder, ReplaceReason, Step, file,
};
use terrane_state::Snapshot;
use terrane_value::{Path as ValuePath, Value, compact};

/// What has happened so far under one heading.
#[derive(Default)]
struct Scene {
    things: Arc<Things>,
    sources: BTreeMap<String, String>,
    state: Snapshot,
    planned: Option<Plan>,
}

#[test]
fn what_the_documents_say_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/plan");
    let mut documents: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    documents.retain(|path| path.extension().is_some_and(|e| e == "md"));
    documents.sort();
    assert!(!documents.is_empty());
    let mut wrong = String::new();
    for path in documents {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let actual = document(&text, &name, &mut wrong);
        if std::env::var_os("UPDATE").is_some() && actual != text {
            std::fs::write(&path, actual).unwrap();
        }
    }
    assert!(wrong.is_empty() || std::env::var_os("UPDATE").is_some(), "{wrong}UPDATE=1 takes these over.");
}

/// Runs a document; returns it with what came in place of what was expected, and says what differs.
fn document(text: &str, name: &str, wrong: &mut String) -> String {
    let (mut out, mut scene, mut heading) = (String::new(), Scene::default(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line.starts_with("## ") {
            (scene, heading) = (Scene::default(), line.to_owned());
        }
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: String = lines.by_ref().take_while(|l| *l != "```").fold(String::new(), |all, l| all + l + "\n");
        let actual = scene.block(info, &block).unwrap_or_else(|| block.clone());
        if actual != block {
            let _ = writeln!(wrong, "{name}, {heading}, {info}: expected\n{block}but it is\n{actual}");
        }
        let _ = writeln!(out, "{actual}```");
    }
    out
}

impl Scene {
    /// Does a block; returns what belongs into it, if it says what is expected.
    fn block(&mut self, info: &str, text: &str) -> Option<String> {
        let mut words = info.split_whitespace();
        match words.next()? {
            "hcl" => {
                self.sources.insert(words.next().unwrap_or("main.tf").to_owned(), text.to_owned());
                None
            }
            "outside" => {
                text.lines().for_each(|line| self.outside(line));
                None
            }
            "plan" => Some(self.plan(words.collect())),
            "apply" => Some(self.apply(words.collect())),
            "state" => Some(state(&self.state)),
            "checks" => Some(checks(&self.state)),
            "world" => Some(self.things.described().iter().map(|l| format!("{l}\n")).collect()),
            other => panic!("what is a block of {other:?}?"),
        }
    }

    fn config(&self) -> Config {
        let files: Vec<(&str, &str)> = self.sources.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
        load(&files)
    }

    fn outside(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["vanish", name] => self.things.vanish(name),
            ["refuse", verb, name] => self.things.fail(verb, name, Fault::Refused),
            ["half", verb, name] => self.things.fail(verb, name, Fault::HalfMade),
            ["set", name, changes @ ..] => {
                self.things.outside(name, |thing| {
                    for (key, value) in changes.iter().filter_map(|c| c.split_once('=')) {
                        match key {
                            "size" => thing.size = value.parse().ok(),
                            "color" => thing.color = Some(value.into()),
                            "note" => thing.note = Some(value.into()),
                            other => panic!("a thing has no {other}"),
                        }
                    }
                });
            }
            ["taint", address] => self.stored(address, |object| object.tainted = true),
            ["stored", address, version, json] => self.stored(address, |object| {
                object.schema_version = version.parse().unwrap();
                object.attributes = (*json).into();
            }),
            other => panic!("what is {other:?}?"),
        }
    }

    fn stored(&mut self, address: &str, change: impl FnOnce(&mut terrane_state::StoredObject)) {
        let instance = parse_instance(address).unwrap();
        let provider = self.state.resources[&instance.resource].provider.clone();
        let mut object = self.state.object(&instance).unwrap().clone();
        change(&mut object);
        self.state.set(&instance, &provider, Some(object));
    }

    fn plan(&mut self, flags: Vec<&str>) -> String {
        let config = self.config();
        let providers = providers(&self.things);
        self.things.take_log();
        let (plan, diags) = run::plan(&config, &providers, &self.state, options(&flags), &mut run::in_order);
        let mut out = described(&plan);
        out += &shown(&diags, &config.files);
        // What is applied has gone through a file.
        let bytes = file::write(&plan, &file::Origin::default()).unwrap();
        let (read, _) = file::read(&bytes).unwrap();
        assert_eq!(described(&read) + &shown(&diags, &config.files), out);
        self.planned = Some(read);
        self.things.take_log().iter().map(|line| format!("{line}\n")).collect::<String>() + &out
    }

    fn apply(&mut self, flags: Vec<&str>) -> String {
        let (config, providers) = (self.config(), providers(&self.things));
        let plan = self.planned.take().expect("a plan block comes first");
        let until = flags.iter().find_map(|f| f.strip_prefix("stop="));
        let until = until.map_or(Until::Done, |n| Until::Stop(n.parse().unwrap()));
        self.things.take_log();
        let rollback = flags.contains(&"-rollback-on-failure");
        let apply = ApplyOptions { seed: run::seed(&plan), rollback, ..ApplyOptions::default() };
        let mut journal = Journal { things: Some(self.things.clone()), ..Journal::default() };
        let came = run::apply(&config, &providers, &plan, apply, &mut journal, &mut run::in_order, until);
        let applied = match came {
            Err(diags) => return shown(&diags, &config.files),
            Ok((Came::Crash, _)) => panic!("nothing was to crash"),
            Ok((Came::To(applied), _)) => applied,
        };
        let mut out: String = self.things.take_log().iter().map(|line| format!("{line}\n")).collect();
        for (step, outcome) in plan.steps.iter().zip(&applied.outcomes) {
            let _ = match outcome {
                Outcome::Done => Ok(()),
                Outcome::Failed(_) => writeln!(out, "failed: {}", step.address()),
                Outcome::NotStarted => writeln!(out, "not started: {}", step.address()),
                Outcome::Skipped(by) => {
                    writeln!(out, "skipped: {}, because of {}", step.address(), plan.steps[*by as usize].address())
                }
            };
        }
        out += &undone(&plan, &applied);
        let s = &applied.summary;
        let _ = writeln!(out, "{} added, {} changed, {} destroyed", s.add, s.change, s.destroy);
        for (name, output) in &applied.snapshot.outputs {
            let _ = writeln!(out, "{name} = {}", if output.sensitive { "(sensitive)" } else { &output.json });
        }
        out += &shown(&applied.diagnostics, &config.files);
        self.state = applied.snapshot;
        out
    }
}

/// What came of undoing.
fn undone(plan: &Plan, applied: &Applied) -> String {
    let Some(undone) = &applied.undone else { return String::new() };
    let name = |place: u32| plan.steps[place as usize].address();
    let mut out: String = undone.deleted.iter().map(|place| format!("undone: {}\n", name(*place))).collect();
    for (place, why) in &undone.kept {
        let why = match why {
            Kept::NeededBy(other) => format!("{} needs it", name(*other)),
            Kept::Protected => "protected".into(),
            Kept::Failed(_) => "failed".into(),
            Kept::Interrupted => "interrupted".into(),
        };
        let _ = writeln!(out, "not undone: {}: {why}", name(*place));
    }
    out.extend(undone.changed.iter().map(|place| format!("stays changed: {}\n", name(*place))));
    out
}

fn options(flags: &[&str]) -> PlanOptions {
    let mut options = PlanOptions::default();
    for flag in flags {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("-destroy", _) => options.mode = PlanMode::Destroy,
            ("-allow-deferral", _) => options.allow_deferral = true,
            ("-refresh-only", _) => options.mode = PlanMode::RefreshOnly,
            ("-refresh", "false") => options.refresh = false,
            ("-target", address) => options.targets.push(parse_target(address).unwrap()),
            ("-exclude", address) => options.excludes.push(parse_target(address).unwrap()),
            ("-allow-destroy", address) => options.allow_destroy.push(parse_target(address).unwrap()),
            ("-replace", address) => options.replace.push(parse_instance(address).unwrap()),
            ("import", rest) => {
                let (address, id) = rest.split_once(':').unwrap();
                options.imports.push((parse_instance(address).unwrap(), id.to_owned()));
            }
            other => panic!("what is {other:?}?"),
        }
    }
    options
}

/// A plan, a line for each change.
fn described(plan: &Plan) -> String {
    let mut out = String::new();
    for drift in &plan.drift {
        let what = drift.after.as_ref().map_or("gone".to_owned(), |after| differences(Some(&drift.before), after));
        let relevant: Vec<String> = drift.relevant.iter().map(|path| format!(", changes come from {path}")).collect();
        let _ = writeln!(out, "drift {}: {what}{}", drift.instance, relevant.concat());
    }
    for step in plan.steps.iter().filter(|s| s.has_effect()) {
        let _ = writeln!(out, "{}", step_line(step));
    }
    for (name, output) in plan.outputs.iter().filter(|(_, o)| !o.is_no_op()) {
        let show = |v: &Option<Value>| v.as_ref().map_or("nothing".to_owned(), compact);
        let deferred = if output.deferred { " (deferred)" } else { "" };
        let _ = writeln!(out, "output {name}: {} -> {}{deferred}", show(&output.before), show(&output.after));
    }
    for deferred in &plan.deferred {
        let _ = writeln!(out, "{}", deferred_line(deferred));
    }
    if !plan.has_changes() {
        out += "no changes\n";
    }
    out
}

fn deferred_line(deferred: &Deferred) -> String {
    let verb = match deferred.change {
        Provisional::Create(_) => "create",
        Provisional::Update { .. } => "change",
        Provisional::Delete(_) => "delete",
        Provisional::Read(_) => "read",
    };
    let because =
        if deferred.because.is_empty() { String::new() } else { format!(": {}", deferred.because.join(", ")) };
    format!("later {verb} {}: {:?}{because}", deferred.address(), deferred.reason)
}

fn step_line(step: &Step) -> String {
    let mut line = match &step.change {
        Change::NoOp { .. } => format!("  {}", step.address()),
        Change::Create { planned } => format!("+ {}: {}", step.address(), differences(None, &planned.value)),
        Change::Update { prior, planned } => {
            format!("~ {}: {}", step.address(), differences(Some(prior), &planned.value))
        }
        Change::Replace { order, reasons, .. } => {
            let sign = match order {
                ReplaceOrder::DeleteThenCreate => "-/+",
                ReplaceOrder::CreateThenDelete => "+/-",
                ReplaceOrder::ForgetThenCreate => "./+",
                ReplaceOrder::CreateThenForget => "+/.",
                ReplaceOrder::CreateThenKeep => "+/later -",
            };
            let reasons: Vec<String> = reasons.iter().map(reason).collect();
            format!("{sign} {}: {}", step.address(), reasons.join("; "))
        }
        Change::Delete { reason, .. } => format!("- {}: {}", step.address(), delete_reason(*reason)),
        Change::Forget { .. } => format!(". {}", step.address()),
        Change::Read { reason, .. } => format!(
            "<= {}: {}",
            step.address(),
            match reason {
                ReadReason::ConfigUnknown => "its configuration is not known yet",
                ReadReason::DependencyPending => "it depends on something that changes",
                ReadReason::CheckNested => "its check looks at it again",
            }
        ),
    };
    if let Some(from) = &step.moved_from {
        let _ = write!(line, " (moved from {from})");
    }
    if let Some(by) = &step.import {
        let _ = write!(line, " (imported by {by})");
    }
    line
}

fn reason(reason: &ReplaceReason) -> String {
    let path = |p: &ValuePath| p.to_string().trim_start_matches('.').to_owned();
    match reason {
        ReplaceReason::CannotUpdate(paths) => paths.iter().map(path).collect::<Vec<_>>().join(", "),
        ReplaceReason::Tainted => "tainted".into(),
        ReplaceReason::Requested => "requested".into(),
        ReplaceReason::Triggered(by) => format!("triggered by {}", by.join(", ")),
    }
}

fn delete_reason(reason: DeleteReason) -> &'static str {
    match reason {
        DeleteReason::Destroy => "destroy",
        DeleteReason::NoResource => "its resource is gone",
        DeleteReason::NoModule => "its module is gone",
        DeleteReason::WrongRepetition => "its resource repeats otherwise",
        DeleteReason::CountIndex => "beyond count",
        DeleteReason::EachKey => "not in for_each",
        DeleteReason::Disabled => "disabled",
        DeleteReason::Deposed => "deposed",
    }
}

/// The attributes that differ, `rev` left out: it always does.
fn differences(before: Option<&Value>, after: &Value) -> String {
    let mut parts = Vec::new();
    for (name, value) in after.fields().unwrap().iter().filter(|(name, _)| ***name != *"rev") {
        let old = before.and_then(|b| b.get(name));
        match old {
            Some(old) if old != value => parts.push(format!("{name} {} -> {}", compact(old), compact(value))),
            None if !value.is_null() => parts.push(format!("{name} {}", compact(value))),
            _ => {}
        }
    }
    parts.join(", ")
}

/// The results of checks, a line for each block and object.
fn checks(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    for result in snapshot.checks() {
        let _ = writeln!(out, "{}: {:?}", result.address, result.status);
        for object in result.objects.iter().filter(|o| o.address != result.address || !o.messages.is_empty()) {
            let _ = writeln!(out, "  {}: {:?} {:?}", object.address, object.status, object.messages);
        }
    }
    out
}

/// A state, a line for each object.
fn state(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    for (instance, _, state) in snapshot.instances() {
        let deposed = state.deposed.values().map(|object| (" deposed", object));
        for (kind, object) in state.current.iter().map(|o| ("", o)).chain(deposed) {
            let flags = [
                (object.tainted, " tainted"),
                (object.create_before_destroy, " create-before-destroy"),
                (!object.sensitive.is_empty(), " sensitive"),
                (object.prevent_destroy, " protected"),
            ];
            let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, text)| *text).collect();
            let after: Vec<String> = object.dependencies.iter().map(ToString::to_string).collect();
            let after = if after.is_empty() { String::new() } else { format!(" after {}", after.join(", ")) };
            let _ = writeln!(out, "{instance}{kind}{flags}{after}");
        }
    }
    out
}
