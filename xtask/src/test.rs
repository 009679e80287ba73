//! Every test of the workspace, the end-to-end ones against the emulator included.

use crate::emulator::Emulator;
use crate::{Result, workspace};

/// Builds everything once, starts the emulator and runs `cargo test`.
pub fn run(arguments: &[&str]) -> Result<()> {
    workspace::run(&mut workspace::cargo(&["build", "--workspace", "--all-targets"]))?;
    let emulator = Emulator::start()?;
    let mut command = workspace::cargo(&["test", "--workspace"]);
    let binary = workspace::target().join("debug/terrane");
    for (name, value) in emulator.environment() {
        if name.starts_with("TERRANE_") {
            command.env(name, value);
        }
    }
    workspace::run(command.args(arguments).env("TERRANE_TEST_BINARY", binary))
}
