//! A server that keeps state files behind HTTP, for the tests of the `http` backend.

use crate::Result;
use crate::python::Python;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

const SERVE: &str = include_str!("../python/state_server.py");

/// A running server; it ends when dropped.
pub struct StateServer {
    child: Child,
    address: String,
}

impl StateServer {
    /// Starts it on a free loopback port.
    pub fn start(python: &Python) -> Result<Self> {
        let mut command = python.script(SERVE);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("cannot start the state server: {error}"))?;
        let mut address = String::new();
        let read = child.stdout.take().map(|out| BufReader::new(out).read_line(&mut address));
        match read {
            Some(Ok(_)) if address.starts_with("http") => Ok(Self { child, address: address.trim().to_owned() }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                Err("the state server did not say its address".into())
            }
        }
    }

    /// Returns where it listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for StateServer {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
