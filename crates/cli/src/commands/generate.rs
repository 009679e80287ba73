//! Configuration for imported objects that have none: `plan -generate-config-out=FILE`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use terrane_address::Instance;
use terrane_engine::Unwatched;
use terrane_plan::{Plan, PlanMode, PlanOptions, Told};
use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::StoredObject;
use terrane_value::{Kind, Value};

use super::run::{self, Planning, Ready};
use crate::Context;

/// Generated configuration by instance.
pub type Generated = BTreeMap<Instance, Arc<str>>;

/// How often the plan is made again with more written out.
const ROUNDS: usize = 4;

/// Reads the imported objects that no configuration declares and writes their configuration into a file, which becomes
/// part of the configuration. What would change if it were left out is written too. `None` after an error was reported
/// to `diags`; nothing is written if there are no such objects.
pub async fn write(
    context: &Context,
    ready: &Ready,
    planning: &Planning,
    options: PlanOptions,
    path: &Path,
    diags: &mut Diagnostics,
) -> Option<Generated> {
    if let Some(problem) = refused(context, &options, path) {
        diags.error(problem);
        return None;
    }
    let (mut told, mut texts) = (Told::new(), Generated::new());
    let mut options = options;
    for round in 0..ROUNDS {
        let generate = PlanOptions { generate: Some(told.clone()), ..options.clone() };
        let plan = read(context, ready, planning, generate, round > 0, diags).await?;
        // What exists is read once.
        options = PlanOptions { refresh: false, found: found(&plan), ..options };
        if plan.generated.is_empty() {
            break;
        }
        let laid_out = |text: &str| Arc::from(terrane_syntax::format(text));
        texts = plan.generated.iter().map(|(instance, text)| (instance.clone(), laid_out(text))).collect();
        if let Err(e) = save(path, &texts, round > 0) {
            let detail = format!("The file {} cannot be written: {e}.", path.display());
            diags.error(Diagnostic::error("Configuration cannot be written", detail));
            return None;
        }
        // What is wrong with the file is said when it is planned with.
        let mut ignored = Diagnostics::new();
        let Ok(with) = run::ready(context, &planning.vars, &mut ignored).await else { break };
        let Some(plan) = read(context, &with, planning, options.clone(), true, &mut ignored).await else { break };
        if !tell(&plan, &texts, &mut told) {
            break;
        }
    }
    if !texts.is_empty() {
        diags.push(review(path, &texts));
    }
    Some(texts)
}

/// The imported objects of a plan.
fn found(plan: &Plan) -> BTreeMap<Instance, StoredObject> {
    let imported = plan.steps.iter().filter(|step| step.import.is_some()).map(|step| &step.instance);
    let all = imported.chain(plan.generated.keys());
    all.filter_map(|instance| Some((instance.clone(), plan.refreshed.object(instance)?.clone()))).collect()
}

/// Notes the attributes that a plan would change, although the object is as it was found; whether there are any new ones.
fn tell(plan: &Plan, texts: &Generated, told: &mut Told) -> bool {
    let mut more = false;
    for step in plan.steps.iter().filter(|step| texts.contains_key(&step.instance) && !step.change.is_no_op()) {
        let (Some(before), Some(after)) = (step.change.before(), step.change.after()) else { continue };
        for (name, value) in after.fields().into_iter().flat_map(|fields| fields.iter()) {
            let zero = |value: &Value| matches!(value.kind(), Kind::Number(number) if number.is_zero());
            let was = before.get(name).filter(|was| !was.is_null() && !zero(was));
            if value.is_wholly_known() && was.is_some_and(|was| was != value) {
                more |= told.entry(step.instance.clone()).or_default().insert(name.clone());
            }
        }
    }
    more
}

/// Why nothing can be generated into a file.
fn refused(context: &Context, options: &PlanOptions, path: &Path) -> Option<Diagnostic> {
    if options.mode != PlanMode::Normal {
        let detail = "With -destroy and -refresh-only nothing is imported, so there is no configuration to write.";
        return Some(Diagnostic::error("Nothing to generate configuration for", detail));
    }
    let hint = "Name a file that ends in .tf, in the folder of the root module: -generate-config-out=generated.tf";
    misplaced(context, path, hint)
}

/// Why a file cannot become a new part of the configuration of the root module.
pub(super) fn misplaced(context: &Context, path: &Path, hint: &str) -> Option<Diagnostic> {
    if path.exists() {
        let detail = format!("The file {} exists already. Terrane writes no configuration over it.", path.display());
        return Some(Diagnostic::error("Target generated file already exists", detail).hint("Name a new file."));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let same = folder.canonicalize().ok() == context.dir.canonicalize().ok();
    let read = path.extension().is_some_and(|end| end == "tf" || end == "tofu");
    (!same || !read).then(|| {
        let detail = format!("{} would not be part of the configuration, so it could not be planned.", path.display());
        Diagnostic::error("Wrong place for generated configuration", detail).hint(hint)
    })
}

/// Makes a plan for the sake of what it finds; `None` after an error was reported.
async fn read(
    context: &Context,
    ready: &Ready,
    planning: &Planning,
    options: PlanOptions,
    again: bool,
    diags: &mut Diagnostics,
) -> Option<Plan> {
    let mut live = run::Live::start(context, &planning.work);
    if again {
        live.running.watcher = Arc::new(Unwatched);
    }
    let session = match ready.session("Plan", &planning.lock, &live).await {
        Ok(session) => session,
        Err(problem) => {
            live.pause();
            diags.error(problem);
            return None;
        }
    };
    let mut found = Diagnostics::new();
    let plan = run::planned(ready, &session, options, &live, &mut found).await;
    if let Some(problem) = session.close().await {
        found.push(problem);
    }
    // One block that is refused must not keep the others from being told; it is told when the file is planned with.
    if found.has_errors() && !again {
        diags.extend(found);
        return None;
    }
    Some(plan)
}

/// Writes a new file, or again the one that was written.
fn save(path: &Path, texts: &Generated, again: bool) -> std::io::Result<()> {
    let mut file = match again {
        true => std::fs::File::create(path)?,
        false => std::fs::File::create_new(path)?,
    };
    let blocks: Vec<&str> = texts.values().map(|text| &**text).collect();
    let head = "# Written by terrane from imported objects. Review it, and move it to where it belongs.\n\n";
    file.write_all(format!("{head}{}", blocks.join("\n")).as_bytes())
}

fn review(path: &Path, texts: &Generated) -> Diagnostic {
    let detail = match texts.len() {
        1 => format!("The configuration of one resource is in {} and was planned with the rest.", path.display()),
        n => format!("The configuration of {n} resources is in {} and was planned with the rest.", path.display()),
    };
    let problem = Diagnostic::warning("Configuration was generated", detail);
    match texts.values().any(|text| text.contains("null # sensitive")) {
        true => problem
            .hint("Secrets are left out: give each attribute marked with \"# sensitive\" a value before you apply."),
        false => problem.hint("Review it before you apply."),
    }
}
