use crate::run::{Run, Running};
use crate::world::binary;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder for the terrane binary that needs no account: nothing of it reaches AWS.
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    /// Makes an empty folder.
    #[expect(clippy::new_without_default, reason = "it does something")]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}")) }
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
        parent.and_then(|()| fs::write(&path, text)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Reads a file.
    pub fn read(&self, path: &str) -> String {
        let path = self.path().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs terrane to its end in the folder below.
    pub fn terrane(&self, dir: &str, arguments: &[&str]) -> Run {
        self.start(dir, arguments).finish()
    }

    /// Starts terrane in the folder below.
    pub fn start(&self, dir: &str, arguments: &[&str]) -> Running {
        self.start_with(dir, &[], arguments)
    }

    /// The same with more variables in its environment.
    pub fn start_with(&self, dir: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Running {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.path().join(dir)).env_clear();
        command.envs([("HOME", self.path().as_os_str()), ("NO_COLOR", "1".as_ref()), ("TZ", "UTC".as_ref())]);
        command.env("PATH", env::var_os("PATH").unwrap_or_default()).envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::start(command, arguments)
    }

    /// Runs a shell command in the folder below and returns what it wrote.
    pub fn shell(&self, dir: &str, line: &str) -> String {
        let mut command = Command::new("sh");
        command.args(["-ec", line]).current_dir(self.path().join(dir)).env("HOME", self.path());
        let output = command.output().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
