use crate::account::Account;
use crate::run::{Run, Running};
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use terrane_test_proxy::Proxy;

const EMULATOR: &str = "TERRANE_TEST_EMULATOR";
const BINARY: &str = "TERRANE_TEST_BINARY";
const REGION: &str = "eu-west-1";

/// Everything that one end-to-end test touches; all of it is gone when dropped, but for the account's objects.
pub struct World {
    account: String,
    folder: TempDir,
    proxy: Proxy,
}

impl World {
    /// Makes the world of the test called `name`; `None`, said aloud, when no emulator runs.
    pub fn new(name: &str) -> Option<Self> {
        let Ok(emulator) = env::var(EMULATOR) else {
            eprintln!("SKIPPED {name}: no emulator ({EMULATOR} is not set); `cargo xtask test` runs it");
            return None;
        };
        let emulator: SocketAddr =
            emulator.parse().unwrap_or_else(|_| panic!("{EMULATOR}={emulator} is not an address"));
        let proxy = Proxy::start(emulator).unwrap_or_else(|error| panic!("the proxy does not start: {error}"));
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        Some(Self { account: account_of(name), folder, proxy })
    }

    /// Returns the folder of the root module.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the proxy that the binary speaks to.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Waits until the binary has made a call, for half a minute at most.
    pub fn wait_for(&self, call: &str) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.proxy().count(call) == 0 {
            assert!(std::time::Instant::now() < end, "no {call} came within 30 s");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Returns a name that no other test uses for what is named across accounts, such as buckets.
    pub fn unique(&self, prefix: &str) -> String {
        // An emulator that was used before has what was made then.
        format!("{prefix}-{}-{}", self.account, std::process::id())
    }

    /// Returns the account, to look at it past the binary.
    pub fn account(&self) -> Account {
        Account::new(&self.proxy, &self.account, REGION)
    }

    /// Returns the account's number, which is also its access key.
    pub fn account_id(&self) -> &str {
        &self.account
    }

    /// Writes a file of the root module.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
        parent.and_then(|()| fs::write(&path, text)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Reads a file of the root module.
    pub fn read(&self, path: &str) -> String {
        let path = self.folder().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs terrane to its end.
    pub fn terrane(&self, arguments: &[&str]) -> Run {
        self.start(arguments).finish()
    }

    /// Runs terrane to its end with a text as standard input.
    pub fn terrane_reading(&self, arguments: &[&str], input: &str) -> Run {
        let mut file = tempfile::tempfile().unwrap_or_else(|error| panic!("no temporary file: {error}"));
        let written = file.write_all(input.as_bytes()).and_then(|()| file.seek(SeekFrom::Start(0)));
        written.unwrap_or_else(|error| panic!("the input is not written: {error}"));
        let mut command = self.command(arguments);
        command.stdin(Stdio::from(file));
        Running::start(command, arguments).finish()
    }

    /// Starts terrane.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments), arguments)
    }

    /// Starts terrane with one more variable in its environment.
    pub fn start_with(&self, variable: (&str, &str), arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.env(variable.0, variable.1);
        Running::start(command, arguments)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.folder()).env_clear().envs(self.environment());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.folder().join(".home").display().to_string();
        vec![
            ("HOME", home),
            ("PATH", env::var("PATH").unwrap_or_default()),
            ("TZ", "UTC".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("AWS_ACCESS_KEY_ID", self.account.clone()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.proxy.endpoint()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }
}

/// Makes a twelve-digit account from a test's name.
fn account_of(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!("{:012}", hasher.finish() % 1_000_000_000_000)
}

/// Returns the path of the terrane binary that tests run.
pub fn binary() -> PathBuf {
    let beside = || env::current_exe().ok().and_then(|own| Some(own.parent()?.parent()?.join("terrane")));
    let path = env::var_os(BINARY).map(PathBuf::from).or_else(beside).unwrap_or_default();
    assert!(
        path.is_file(),
        "no terrane binary at {}: build terrane-cli first, or run `cargo xtask test`",
        path.display()
    );
    path
}
