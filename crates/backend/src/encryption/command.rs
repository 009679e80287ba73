//! Programs that take one JSON text and return a line that names their protocol, and another JSON text.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use terrane_encryption::Failure;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A program that takes longer has hung.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    magic: String,
    #[serde(default)]
    version: u32,
}

/// Runs a program and returns what it wrote after its first line, which must have this magic word.
pub async fn run(command: &[String], magic: &str, input: Vec<u8>, directory: &Path) -> Result<Vec<u8>, Failure> {
    let program = command.first().map_or("", String::as_str);
    let failed = |why: String| Failure(format!("The program {program:?} {why}"));
    let running = spawn(command, input, directory);
    let output = match tokio::time::timeout(PATIENCE, running).await {
        Ok(output) => output.map_err(|e| failed(format!("cannot be run: {e}.")))?,
        Err(_) => return Err(failed(format!("did not end within {} seconds.", PATIENCE.as_secs()))),
    };
    if !output.status.success() {
        return Err(failed(format!("failed ({}).{}", output.status, said(&output.stderr))));
    }
    let end = output.stdout.iter().position(|b| *b == b'\n').unwrap_or(output.stdout.len());
    let (line, rest) = output.stdout.split_at(end);
    let header: Header = serde_json::from_slice(line).map_err(|_| {
        failed(format!(
            "did not begin its output with a line such as {{\"magic\":\"{magic}\",\"version\":1}}.{}",
            said(&output.stderr)
        ))
    })?;
    if header.magic != magic || header.version != 1 {
        return Err(failed(format!(
            "speaks {:?} version {}, where {magic:?} version 1 is needed.",
            header.magic, header.version
        )));
    }
    Ok(rest.to_vec())
}

async fn spawn(command: &[String], input: Vec<u8>, directory: &Path) -> std::io::Result<std::process::Output> {
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdin = child.stdin.take();
    let write = async move {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input says what is wrong by how it ends.
            let _ = stdin.write_all(&input).await;
        }
    };
    let (_, output) = tokio::join!(write, child.wait_with_output());
    output
}

/// What it said on its standard error, shortened.
fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text: String = text.trim().chars().take(2000).collect();
    if text.is_empty() { String::new() } else { format!(" It said:\n{text}") }
}
