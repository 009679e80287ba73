use std::process::{Child, Command};

/// A finished run of the binary.
#[derive(Debug)]
pub struct Run {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    line: String,
}

impl Run {
    /// Asserts the exit code and returns the run.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert!(self.code == Some(expected), "expected exit {expected}:\n{self}");
        self
    }

    /// Asserts that each of `words` is in standard output, and returns the run.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let missing: Vec<_> = words.iter().filter(|words| !self.stdout.contains(**words)).collect();
        assert!(missing.is_empty(), "standard output lacks {missing:?}:\n{self}");
        self
    }

    /// Asserts that none of `words` is in standard output, and returns the run.
    #[track_caller]
    pub fn does_not_say(self, words: &[&str]) -> Self {
        let found: Vec<_> = words.iter().filter(|words| self.stdout.contains(**words)).collect();
        assert!(found.is_empty(), "standard output has {found:?}:\n{self}");
        self
    }

    /// Asserts that standard output is empty, and returns the run.
    #[track_caller]
    pub fn says_nothing(self) -> Self {
        assert!(self.stdout.is_empty(), "standard output is not empty:\n{self}");
        self
    }

    /// Asserts that each of `words` is in standard error, and returns the run.
    #[track_caller]
    pub fn complains(self, words: &[&str]) -> Self {
        let missing: Vec<_> = words.iter().filter(|words| !self.stderr.contains(**words)).collect();
        assert!(missing.is_empty(), "standard error lacks {missing:?}:\n{self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr, line } = self;
        write!(f, "$ terrane {line}\n{stdout}--- standard error\n{stderr}--- exit {code:?}")
    }
}

/// A run under way; it is killed when dropped.
pub struct Running {
    child: Option<Child>,
    line: String,
}

impl Running {
    pub(crate) fn start(mut command: Command, arguments: &[&str]) -> Self {
        let child = command.spawn().unwrap_or_else(|error| panic!("terrane does not start: {error}"));
        Self { child: Some(child), line: arguments.join(" ") }
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Kills it at once, as a lost machine would.
    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            // It fails only when it has ended already.
            let _ = child.kill();
        }
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Takes its terminal away.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Stops it, as a laptop that is closed does.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|s| s.success()), "the run takes no {signal}");
    }

    /// Returns whether it has not ended yet.
    pub fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|ended| ended.is_none()))
    }

    /// Waits until it ends.
    pub fn finish(mut self) -> Run {
        let child = self.child.take().unwrap_or_else(|| panic!("a run finishes once"));
        let output = child.wait_with_output().unwrap_or_else(|error| panic!("lost terrane: {error}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (code, stdout, stderr) = (output.status.code(), text(&output.stdout), text(&output.stderr));
        Run { code, stdout, stderr, line: std::mem::take(&mut self.line) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only when it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
