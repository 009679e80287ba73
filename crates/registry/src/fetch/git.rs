//! Repositories, through the program `git`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;
use url::Url;

use super::{Temporary, beside, take_parameter};
use crate::FetchError;

/// Clones a repository with its submodules and checks out the `ref` that its address names.
pub(super) async fn clone(url: &Url, into: &Path) -> Result<(), FetchError> {
    let mut url = url.clone();
    let wanted = take_parameter(&mut url, "ref");
    let depth = take_parameter(&mut url, "depth").and_then(|d| d.parse::<u32>().ok()).filter(|d| *d > 0);
    let key = take_parameter(&mut url, "sshkey").map(|key| key_file(&key, into)).transpose()?;
    let git = Git { key: key.as_ref().map(|k| k.0.as_path()) };
    let depth = depth.map(|d| d.to_string());
    let mut words: Vec<&OsStr> = vec!["clone".as_ref()];
    if let Some(depth) = &depth {
        words.extend::<[&OsStr; 2]>(["--depth".as_ref(), depth.as_ref()]);
        if let Some(name) = &wanted {
            words.extend::<[&OsStr; 2]>(["--branch".as_ref(), name.as_ref()]);
        }
    }
    words.extend::<[&OsStr; 3]>(["--".as_ref(), url.as_str().as_ref(), into.as_ref()]);
    git.run(None, &words).await.map_err(|error| shallow(error, wanted.as_deref().filter(|_| depth.is_some())))?;
    if let (Some(name), None) = (&wanted, &depth) {
        let commit = git.commit(into, name).await?;
        git.run(Some(into), &["checkout".as_ref(), "--quiet".as_ref(), commit.as_ref()]).await?;
    }
    let mut words: Vec<&OsStr> =
        vec!["submodule".as_ref(), "update".as_ref(), "--init".as_ref(), "--recursive".as_ref()];
    if let Some(depth) = &depth {
        words.extend::<[&OsStr; 2]>(["--depth".as_ref(), depth.as_ref()]);
    }
    git.run(Some(into), &words).await.map(|_| ())
}

/// The error of a shallow clone, explained if its `ref` looks like a commit, which cannot be cloned so.
fn shallow(error: FetchError, wanted: Option<&str>) -> FetchError {
    let is_commit = |name: &str| (7..=40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_hexdigit());
    match (error, wanted) {
        (FetchError::Git { command, stderr }, Some(name)) if is_commit(name) => {
            let stderr = format!("{stderr}\nWith \"depth\" the \"ref\" must be a branch or a tag.");
            FetchError::Git { command, stderr }
        }
        (error, _) => error,
    }
}

/// Writes the private key of an address to a file that only this user can read.
fn key_file(key: &str, into: &Path) -> Result<Temporary, FetchError> {
    // A plus sign in a query stands for a space.
    let key = STANDARD.decode(key.replace(' ', "+"));
    let key = key.map_err(|_| FetchError::Address("The parameter \"sshkey\" is not base64.".into()))?;
    let path = std::path::absolute(beside(into, "key")).unwrap_or_else(|_| beside(into, "key"));
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| io::Write::write_all(&mut file, &key));
    written.map_err(FetchError::disk("The key for ssh cannot be written"))?;
    Ok(Temporary(path))
}

struct Git<'a> {
    key: Option<&'a Path>,
}

impl Git<'_> {
    /// Runs git and returns what it wrote.
    async fn run(&self, dir: Option<&Path>, words: &[&OsStr]) -> Result<String, FetchError> {
        let mut command = Command::new("git");
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        if let Some(dir) = dir {
            command.current_dir(dir);
        }
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        // A question for a password would be lost among the other downloads.
        if std::env::var_os("GIT_TERMINAL_PROMPT").is_none() {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        if let Some(key) = self.key {
            command.env("GIT_SSH_COMMAND", ssh(key));
        }
        let output = command.output().await.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => FetchError::NoGit,
            _ => FetchError::Disk { what: "The program \"git\" cannot be started".into(), error: e },
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let shown = |text: &str| text.split(' ').map(terrane_address::without_secrets).collect::<Vec<_>>().join(" ");
        let words: Vec<String> = words.iter().map(|w| w.to_string_lossy().into_owned()).collect();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stderr: Vec<String> = stderr.trim().lines().map(shown).collect();
        Err(FetchError::Git { command: shown(&words.join(" ")), stderr: stderr.join("\n") })
    }

    /// The commit that a name stands for: itself, a branch of the origin, or a tag.
    async fn commit(&self, dir: &Path, name: &str) -> Result<String, FetchError> {
        for candidate in [name.to_owned(), format!("refs/remotes/origin/{name}"), format!("refs/tags/{name}")] {
            let commit = format!("{candidate}^{{commit}}");
            let words = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit].map(OsStr::new);
            if let Ok(found) = self.run(Some(dir), &words).await {
                return Ok(found);
            }
        }
        Err(FetchError::NoRef(name.to_owned()))
    }
}

/// The command for ssh with a key of its own.
fn ssh(key: &Path) -> String {
    let command = std::env::var("GIT_SSH_COMMAND").ok().filter(|c| !c.is_empty()).unwrap_or_else(|| "ssh".into());
    format!("{command} -i {}", quoted(key.to_path_buf()))
}

fn quoted(path: PathBuf) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}
