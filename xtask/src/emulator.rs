//! The AWS emulator: a child process on a free loopback port, behind the test proxy.

use crate::python::Python;
use crate::state_server::StateServer;
use crate::{Result, workspace};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use terrane_test_proxy::{Proxy, parse_rules};

const SERVE: &str = include_str!("../python/serve.py");
const START_LIMIT: Duration = Duration::from_secs(60);
const ATTEMPTS: usize = 3;

/// A running emulator, the proxy before it, and a server for states; all end when dropped.
pub struct Emulator {
    child: Child,
    address: SocketAddr,
    proxy: Proxy,
    states: StateServer,
    python: Python,
}

impl Emulator {
    /// Starts the emulator and waits until it answers.
    pub fn start() -> Result<Self> {
        let python = Python::ready()?;
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match Process::start(&python) {
                Ok(Process { child, address }) => {
                    let proxy = Proxy::start(address).map_err(|error| format!("cannot start the test proxy: {error}"));
                    let both = proxy.and_then(|proxy| Ok((proxy, StateServer::start(&python)?)));
                    return match both {
                        Ok((proxy, states)) => Ok(Self { child, address, proxy, states, python }),
                        Err(error) => Err(end(child, error)),
                    };
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Returns what a program needs in its environment to take the emulator for AWS.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", "000000000001".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "emulator".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
            ("AWS_ENDPOINT_URL", self.proxy.endpoint()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("TERRANE_TEST_ENDPOINT", self.proxy.endpoint()),
            ("TERRANE_TEST_EMULATOR", self.address.to_string()),
            ("TERRANE_TEST_STATES", self.states.address().to_owned()),
        ]
    }

    /// Runs a Python script with the AWS SDK against the emulator and returns what it printed.
    pub fn script(&self, text: &str, arguments: &[&str]) -> Result<String> {
        let mut command = self.python.script(text);
        command.args(arguments).envs(self.environment());
        let output = command.output().map_err(|error| format!("cannot start Python: {error}"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("a script failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end())),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Runs the emulator until interrupted, printing the environment to export.
pub fn serve(rules: Option<&str>) -> Result<()> {
    let rules = rules.map_or(Ok(Vec::new()), |file| {
        let json = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
        parse_rules(&json).map_err(|error| format!("{file}: {error}"))
    })?;
    let mut emulator = Emulator::start()?;
    emulator.proxy.set_rules(rules);
    for (name, value) in emulator.environment() {
        println!("export {name}={value}");
    }
    eprintln!("The emulator runs until interrupted (Ctrl-C).");
    // Waiting closes the child's standard input, at which the emulator would end.
    let _input = emulator.child.stdin.take();
    let status = emulator.child.wait().map_err(|error| format!("lost the emulator: {error}"))?;
    Err(format!("the emulator ended with {status}; see {}", log_path().display()))
}

struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(python: &Python) -> Result<Self> {
        let address = free_address().map_err(|error| format!("no free loopback port: {error}"))?;
        let mut child = spawn(python, address)?;
        match wait_until_ready(&mut child, address) {
            Ok(()) => Ok(Self { child, address }),
            Err(error) => Err(end(child, error)),
        }
    }
}

fn spawn(python: &Python, address: SocketAddr) -> Result<Child> {
    let log = File::create(log_path()).map_err(|error| format!("cannot write {}: {error}", log_path().display()))?;
    let errors = log.try_clone().map_err(|error| format!("cannot write {}: {error}", log_path().display()))?;
    let mut command: Command = python.script(SERVE);
    command.args(["-H", &address.ip().to_string(), "-p", &address.port().to_string()]);
    command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true").stdin(Stdio::piped()).stdout(log).stderr(errors);
    command.spawn().map_err(|error| format!("cannot start the emulator: {error}"))
}

fn wait_until_ready(child: &mut Child, address: SocketAddr) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < START_LIMIT {
        if answers(address) {
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("the emulator ended with {status}; see {}", log_path().display()));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!("the emulator did not answer within {} s; see {}", START_LIMIT.as_secs(), log_path().display()))
}

fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /moto-api/data.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn log_path() -> std::path::PathBuf {
    workspace::target().join("emulator.log")
}

fn end(mut child: Child, error: String) -> String {
    stop(&mut child);
    error
}

fn stop(child: &mut Child) {
    // Both fail only when it has ended already.
    let _ = child.kill();
    let _ = child.wait();
}
