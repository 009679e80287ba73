//! Running a case with one of the programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::case::{Case, Step};
use crate::normal::Names;

/// What came of one command.
pub struct Came {
    /// The command.
    pub line: String,
    /// What it ended with.
    pub code: i32,
    /// The first lines of its errors.
    pub errors: Vec<String>,
    /// The plan, if it made one.
    pub plan: Option<Value>,
    /// The state afterwards, if it may have changed.
    pub state: Option<Value>,
}

/// What came of a case.
pub struct Ran {
    /// Command by command.
    pub came: Vec<Came>,
    /// Each state that the program has written.
    pub states: Vec<String>,
    /// The folder as it is after the last.
    pub folder: Folder,
}

/// Does all of a case.
pub fn run(tool: &'static str, case: &Case) -> Ran {
    let mut folder = Folder::new(tool);
    let (mut came, mut states) = (Vec::new(), Vec::new());
    for step in &case.steps {
        let before = folder.state();
        let Some(done) = folder.step(step) else { continue };
        states.extend(folder.state().filter(|state| before.as_ref() != Some(state)));
        came.push(done);
    }
    Ran { came, states, folder }
}

/// A folder in which a program runs.
pub struct Folder {
    /// The program.
    pub tool: &'static str,
    dir: TempDir,
    names: Names,
    /// Whether the modules have to be looked for before the next command.
    modules: bool,
}

impl Folder {
    /// An empty folder.
    pub fn new(tool: &'static str) -> Folder {
        Folder { tool, dir: tempfile::tempdir().unwrap(), names: Names::default(), modules: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The state in it.
    pub fn state(&self) -> Option<String> {
        std::fs::read_to_string(self.path().join("terraform.tfstate")).ok()
    }

    /// Runs one of the programs in it, and tells what that ended with.
    pub fn as_tool(&self, tool: &'static str, words: &[&str]) -> i32 {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.call_as(tool, &words).0
    }

    fn step(&mut self, step: &Step) -> Option<Came> {
        match step {
            Step::Write(path, text) => {
                let path = self.dir.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
                self.modules |= text.contains("module \"");
                None
            }
            Step::Remove(path) => {
                std::fs::remove_file(self.dir.path().join(path)).unwrap();
                None
            }
            Step::Run(words) => Some(self.run(words)),
        }
    }

    fn run(&mut self, words: &[String]) -> Came {
        if std::mem::take(&mut self.modules) {
            self.call(&["get".into()]);
        }
        let mut came = match words[0].as_str() {
            "plan" | "apply" => self.planned(words),
            _ => self.called(words),
        };
        came.line = words.join(" ");
        came
    }

    /// Makes a plan, and carries it out if that is asked for.
    fn planned(&mut self, words: &[String]) -> Came {
        let mut plan: Vec<String> = ["plan", "-input=false", "-out=it.plan"].map(str::to_owned).into();
        plan.extend(words[1..].iter().cloned());
        let _ = std::fs::remove_file(self.dir.path().join("it.plan"));
        let mut came = self.called(&plan);
        // What could be planned in spite of errors is saved, too.
        if self.dir.path().join("it.plan").exists() {
            let (_, text, _) = self.call(&["show", "-json", "it.plan"].map(str::to_owned));
            came.plan = serde_json::from_str(&text).ok().map(|plan| self.names.plan(plan));
        }
        came.state = None;
        if words[0] == "apply" && came.code == 0 {
            let applied = self.called(&["apply", "-input=false", "it.plan"].map(str::to_owned));
            return Came { plan: came.plan, ..applied };
        }
        came
    }

    fn called(&mut self, words: &[String]) -> Came {
        let (code, _, errors) = self.call(words);
        let state = std::fs::read(self.dir.path().join("terraform.tfstate")).ok();
        let state = state.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let state = state.map(|state| self.names.state(state));
        Came { line: String::new(), code, errors, plan: None, state }
    }

    fn call(&self, words: &[String]) -> (i32, String, Vec<String>) {
        self.call_as(self.tool, words)
    }

    fn call_as(&self, tool: &'static str, words: &[String]) -> (i32, String, Vec<String>) {
        let mut command = Command::new(program(tool));
        command.args(words).current_dir(self.dir.path()).env("TF_CLI_CONFIG_FILE", "/dev/null").env("NO_COLOR", "1");
        command.env("TF_CLI_ARGS", "-no-color").env("CHECKPOINT_DISABLE", "1").env("HOME", self.dir.path());
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let errors = text(&output.stderr);
        let errors = errors.lines().filter_map(|line| Some(line.split_once("Error: ")?.1.to_owned())).collect();
        (output.status.code().unwrap_or(-1), text(&output.stdout), errors)
    }
}

fn program(tool: &str) -> PathBuf {
    match tool {
        "terrane" => terrane_e2e::binary(),
        other => Path::new(other).to_owned(),
    }
}
