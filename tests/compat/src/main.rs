//! Compares verdicts on folders of configuration with OpenTofu's; `docs/compatibility.md` says how to run it.

mod disk;
mod ours;
mod peer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: terrane-compat LOADER OUT DIR...

  Folders that need nothing downloaded are initialised and validated by `tofu` and by `terrane`, both from PATH; of all
  others only the loading is compared. LOADER is a program that loads each folder at and below DIRs with OpenTofu's own
  loader and prints a line {\"dir\": ..., \"errors\": [...]} for each. OUT receives a JSON line for every disagreement.";

/// One folder on which both have given their verdict.
struct Case {
    dir: PathBuf,
    how: &'static str,
    ours: Vec<String>,
    theirs: Vec<String>,
}

impl Case {
    fn agrees(&self) -> bool {
        self.ours.is_empty() == self.theirs.is_empty()
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [loader, out, roots @ ..] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(loader, Path::new(out), roots) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("terrane-compat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(loader: &str, out: &Path, roots: &[String]) -> Result<(), String> {
    let loaded: HashMap<String, Vec<String>> =
        peer::load(loader, roots)?.into_iter().map(|row| (row.dir, row.errors)).collect();
    let mut rows = String::new();
    println!("| corpus | how | folders | both accept | both refuse | only Terrane refuses | only OpenTofu refuses |");
    println!("|---|---|---|---|---|---|---|");
    for root in roots {
        let cases = compare(Path::new(root), &loaded)?;
        for how in ["validate", "load"] {
            println!("{}", line(root, how, cases.iter().filter(|c| c.how == how)));
        }
        for case in cases.iter().filter(|c| !c.agrees()) {
            let row = serde_json::json!({
                "dir": case.dir, "how": case.how, "ours": case.ours, "theirs": case.theirs,
            });
            rows.push_str(&format!("{row}\n"));
        }
    }
    std::fs::write(out, rows).map_err(|e| format!("{} cannot be written: {e}", out.display()))
}

fn compare(root: &Path, loaded: &HashMap<String, Vec<String>>) -> Result<Vec<Case>, String> {
    let folders = disk::folders(root).map_err(|e| format!("{} cannot be read: {e}", root.display()))?;
    folders.into_iter().map(|dir| case(dir, loaded)).collect()
}

fn case(dir: PathBuf, loaded: &HashMap<String, Vec<String>>) -> Result<Case, String> {
    let own = ours::Loaded::of(&dir);
    if own.is_self_contained() {
        let data = std::env::temp_dir().join(format!("terrane-compat-{}", std::process::id()));
        let theirs = peer::validate("tofu", &dir, &data)?;
        let ours = peer::validate("terrane", &dir, &data)?;
        let _ = std::fs::remove_dir_all(&data);
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            return Ok(Case { dir, how: "validate", ours, theirs });
        }
    }
    let theirs = loaded.get(&*dir.to_string_lossy()).cloned();
    let theirs = theirs.ok_or_else(|| format!("the loader did not answer for {}", dir.display()))?;
    Ok(Case { dir, how: "load", ours: own.errors, theirs })
}

fn line<'a>(root: &str, how: &str, cases: impl Iterator<Item = &'a Case>) -> String {
    let mut counts = [0; 4];
    for case in cases {
        counts[usize::from(case.ours.is_empty()) * 2 + usize::from(case.theirs.is_empty())] += 1;
    }
    let [refuse, only_ours, only_theirs, accept] = counts;
    let all = refuse + only_ours + only_theirs + accept;
    let name = Path::new(root).file_name().unwrap_or_default().to_string_lossy().into_owned();
    format!("| {name} | {how} | {all} | {accept} | {refuse} | {only_ours} | {only_theirs} |")
}
