//! `terrane fmt`

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgAction;
use similar::TextDiff;
use terrane_source::{Diagnostics, Files};

use super::Common;
use crate::Context;

/// Bring configuration files into the usual form
///
/// Without paths it formats the .tf, .tofu, .tfvars and .tftest.hcl files of the folder, and lists those it changed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders; "-" formats standard input to standard output
    paths: Vec<PathBuf>,
    /// List the files that are not in the usual form
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    list: bool,
    /// Write the files; with -write=false they stay as they are
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    write: bool,
    /// Show what would change
    #[arg(long)]
    diff: bool,
    /// Change nothing; end with code 3 if a file is not in the usual form
    #[arg(long)]
    check: bool,
    /// Go into folders below as well
    #[arg(long)]
    recursive: bool,
    #[command(flatten)]
    pub common: Common,
}

const ENDINGS: &[&str] = &[".tf", ".tofu", ".tfvars", ".tftest.hcl", ".tofutest.hcl"];

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut run = Run { args: &args, files: Files::new(), diags: Diagnostics::new(), changed: 0 };
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() };
    for path in &paths {
        if path.as_os_str() == "-" {
            run.standard_input();
        } else {
            run.path(path, true);
        }
    }
    context.report(&run.diags, &run.files);
    match (run.diags.has_errors(), args.check && run.changed > 0) {
        (true, _) => ExitCode::from(2),
        (_, true) => ExitCode::from(3),
        _ => ExitCode::SUCCESS,
    }
}

struct Run<'a> {
    args: &'a Args,
    files: Files,
    diags: Diagnostics,
    changed: usize,
}

impl Run<'_> {
    fn path(&mut self, path: &Path, named: bool) {
        if path.is_dir() {
            return self.folder(path);
        }
        let name = path.to_string_lossy();
        if !ENDINGS.iter().any(|end| name.ends_with(end)) {
            if named {
                self.fail(format!(
                    "{name} is not a file that can be formatted: their names end in {}.",
                    ENDINGS.join(", ")
                ));
            }
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => self.file(path, &text),
            Err(e) => self.fail(format!("{name} cannot be read: {e}.")),
        }
    }

    fn folder(&mut self, path: &Path) {
        let mut entries: Vec<PathBuf> = match std::fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|e| e.path()).collect(),
            Err(e) => return self.fail(format!("{} cannot be read: {e}.", path.display())),
        };
        entries.sort();
        let hidden = |p: &Path| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        for entry in entries.iter().filter(|e| !hidden(e)) {
            if !entry.is_dir() || self.args.recursive {
                self.path(entry, false);
            }
        }
    }

    fn file(&mut self, path: &Path, text: &str) {
        let shown = path.strip_prefix(".").unwrap_or(path).to_string_lossy().into_owned();
        let Some(formatted) = self.format(&shown, text) else { return };
        if formatted == text {
            return;
        }
        self.changed += 1;
        if self.args.list {
            outln!("{shown}");
        }
        if self.args.diff {
            out!("{}", difference(&shown, text, &formatted));
        }
        if self.args.write
            && !self.args.check
            && let Err(e) = std::fs::write(path, &formatted)
        {
            self.fail(format!("{shown} cannot be written: {e}."));
        }
    }

    fn standard_input(&mut self) {
        let mut text = String::new();
        if let Err(e) = std::io::stdin().read_to_string(&mut text) {
            return self.fail(format!("Standard input cannot be read: {e}."));
        }
        let Some(formatted) = self.format("<stdin>", &text) else { return };
        self.changed += usize::from(formatted != text);
        match (self.args.diff, self.args.check) {
            (true, _) => out!("{}", difference("<stdin>", &text, &formatted)),
            (false, false) => out!("{formatted}"),
            (false, true) => {}
        }
    }

    /// The text in the usual form; `None` if it has syntax errors, which are reported.
    fn format(&mut self, name: &str, text: &str) -> Option<String> {
        let file = self.files.add(name, text);
        let (arena, mut found) = (terrane_syntax::Arena::new(), Diagnostics::new());
        let body = terrane_syntax::parse(file, text, &arena, &mut found);
        let broken = found.has_errors();
        self.diags.extend(found);
        (!broken).then(|| terrane_syntax::format_body(text, &body))
    }

    fn fail(&mut self, message: String) {
        self.diags.error(terrane_source::Diagnostic::error("File cannot be formatted", message));
    }
}

fn difference(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().header(&format!("old/{name}"), &format!("new/{name}")).to_string()
}
