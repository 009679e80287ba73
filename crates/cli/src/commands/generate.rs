//! Configuration for imported objects that have none: `plan -generate-config-out=FILE`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use terrane_address::Instance;
use terrane_plan::{PlanMode, PlanOptions};
use terrane_source::{Diagnostic, Diagnostics};

use super::run::{self, Planning, Ready};
use crate::Context;

/// Generated configuration by instance.
pub type Generated = BTreeMap<Instance, Arc<str>>;

/// Reads the imported objects that no configuration declares and writes their configuration into a file, which becomes
/// part of the configuration. `None` after an error was reported to `diags`; nothing is written if there are none.
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
    let found = read(context, ready, planning, options, diags).await?;
    if found.is_empty() {
        return Some(found);
    }
    let laid_out = |text: &str| Arc::from(terrane_syntax::format(text));
    let texts: Generated = found.iter().map(|(instance, text)| (instance.clone(), laid_out(text))).collect();
    match save(path, &texts) {
        Ok(()) => {
            diags.push(review(path, &texts));
            Some(texts)
        }
        Err(e) => {
            let detail = format!("The file {} cannot be written: {e}.", path.display());
            diags.error(Diagnostic::error("Configuration cannot be written", detail));
            None
        }
    }
}

/// Why nothing can be generated into a file.
fn refused(context: &Context, options: &PlanOptions, path: &Path) -> Option<Diagnostic> {
    if options.mode != PlanMode::Normal {
        let detail = "With -destroy and -refresh-only nothing is imported, so there is no configuration to write.";
        return Some(Diagnostic::error("Nothing to generate configuration for", detail));
    }
    if path.exists() {
        let detail = format!("The file {} exists already. Terrane writes no configuration over it.", path.display());
        return Some(Diagnostic::error("Target generated file already exists", detail).hint("Name a new file."));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let same = folder.canonicalize().ok() == context.dir.canonicalize().ok();
    let read = path.extension().is_some_and(|end| end == "tf" || end == "tofu");
    (!same || !read).then(|| {
        let detail = format!("{} would not be part of the configuration, so it could not be planned.", path.display());
        Diagnostic::error("Wrong place for generated configuration", detail)
            .hint("Name a file that ends in .tf, in the folder of the root module: -generate-config-out=generated.tf")
    })
}

/// Makes a plan for the sake of what it finds.
async fn read(
    context: &Context,
    ready: &Ready,
    planning: &Planning,
    options: PlanOptions,
    diags: &mut Diagnostics,
) -> Option<Generated> {
    let live = run::Live::start(context, &planning.work);
    let session = match ready.session("Plan", &planning.lock, &live).await {
        Ok(session) => session,
        Err(problem) => {
            live.pause();
            diags.error(problem);
            return None;
        }
    };
    let mut found = Diagnostics::new();
    let options = PlanOptions { generate: true, ..options };
    let plan = run::planned(ready, &session, options, &live, &mut found).await;
    if let Some(problem) = session.close().await {
        found.push(problem);
    }
    if found.has_errors() {
        diags.extend(found);
        return None;
    }
    Some(plan.generated)
}

fn save(path: &Path, texts: &Generated) -> std::io::Result<()> {
    let mut file = std::fs::File::create_new(path)?;
    let blocks: Vec<&str> = texts.values().map(|text| &**text).collect();
    let head = "# Written by terrane from imported objects. Review it, and move it to where it belongs.\n\n";
    file.write_all(format!("{head}{}", blocks.join("\n")).as_bytes())
}

fn review(path: &Path, texts: &Generated) -> Diagnostic {
    let names: Vec<String> = texts.keys().map(ToString::to_string).collect();
    let detail = format!("It is in {} and was planned with the rest: {}.", path.display(), names.join(", "));
    let problem = Diagnostic::warning("Configuration was generated", detail);
    match texts.values().any(|text| text.contains("null # sensitive")) {
        true => problem
            .hint("Secrets are left out: give each attribute marked with \"# sensitive\" a value before you apply."),
        false => problem.hint("Review it before you apply."),
    }
}
