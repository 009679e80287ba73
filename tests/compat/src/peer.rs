//! What programs say of a folder: both tools, and the loader.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

/// One answer of the loader.
#[derive(Deserialize)]
pub struct Row {
    /// The folder.
    pub dir: String,
    /// Its errors.
    pub errors: Vec<String>,
}

/// Runs the loader on all folders at and below `roots`.
///
/// # Errors
/// A sentence if it cannot be run or its answer cannot be read.
pub fn load(program: &str, roots: &[String]) -> Result<Vec<Row>, String> {
    let output = Command::new(program).args(roots).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("{program} cannot be started: {e}"))?;
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().map(|l| serde_json::from_str(l).map_err(|e| format!("{program} answered {l}: {e}"))).collect()
}

#[derive(Deserialize)]
struct Validated {
    diagnostics: Vec<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    severity: String,
    summary: String,
    detail: String,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    filename: String,
    start: Start,
}

#[derive(Deserialize)]
struct Start {
    line: u32,
}

/// The errors of `init -backend=false` and `validate -json` in a folder; `data` is the tool's own folder. `None` if a
/// provider that is not built in is needed after all.
///
/// # Errors
/// A sentence if the tool cannot be run or its answer cannot be read.
pub fn validate(tool: &str, dir: &Path, data: &Path) -> Result<Option<Vec<String>>, String> {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(tool);
        command.args(arguments).current_dir(dir).env("TF_DATA_DIR", data).env("TF_CLI_CONFIG_FILE", "/dev/null");
        command.output().map_err(|e| format!("{tool} cannot be started: {e}"))
    };
    let init = run(&["init", "-backend=false", "-input=false", "-no-color"])?;
    let output = run(&["validate", "-json"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    let result: Validated = match serde_json::from_str(&text) {
        Ok(result) => result,
        Err(_) if !init.status.success() => return Ok(Some(vec![head(&String::from_utf8_lossy(&init.stderr))])),
        Err(e) => return Err(format!("{tool} validate in {} answered {text}: {e}", dir.display())),
    };
    let errors: Vec<Diagnostic> = result.diagnostics.into_iter().filter(|d| d.severity == "error").collect();
    if errors.iter().any(|d| d.summary == "Missing required provider" && d.detail.contains("requires provider ")) {
        return Ok(None);
    }
    let errors = errors
        .into_iter()
        .map(|d| {
            let at = d.range.map(|r| format!("{}:{}: ", r.filename, r.start.line)).unwrap_or_default();
            format!("{at}{}; {}", d.summary, d.detail.lines().next().unwrap_or_default())
        })
        .collect();
    Ok(Some(errors))
}

fn head(text: &str) -> String {
    let line = text.lines().find(|l| l.contains("Error: ")).unwrap_or("init failed");
    line.trim_start_matches(['│', ' ']).to_owned()
}
