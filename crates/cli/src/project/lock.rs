//! Who holds the lock of a state, and for how long without a sign of life.

use std::time::Duration;

use terrane_engine::{Journals, Locking};
use terrane_source::Diagnostic;
use terrane_state::LockInfo;

use crate::flags::{self, Lock};

/// How long a lock is good for without a sign of life, unless `TERRANE_LEASE` says otherwise.
const LEASE: Duration = Duration::from_secs(120);

/// Variables in which CI systems give the address of the run's page.
const RUN_PAGES: &[&str] = &["CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL", "TFC_RUN_URL"];

/// How an operation takes the lock; `journals` is where journals of what is not in the state yet are kept.
///
/// # Errors
/// If `TERRANE_LEASE` cannot be read.
pub fn locking(operation: &str, lock: &Lock, journals: Option<Journals>) -> Result<Locking, Diagnostic> {
    let lease = match std::env::var("TERRANE_LEASE") {
        Ok(text) if !text.is_empty() => lease(&text)?,
        _ => LEASE,
    };
    let info = lock_info(operation);
    let (lock, timeout) = (lock.lock.unwrap_or(true), lock.lock_timeout);
    Ok(Locking { lock, timeout, info, lease, run: run_page(), instead_of: None, journals })
}

fn lease(text: &str) -> Result<Duration, Diagnostic> {
    let wrong = |why: String| {
        Diagnostic::error("Wrong TERRANE_LEASE", format!("The environment variable TERRANE_LEASE is wrong: {why}."))
            .hint("Set it to how long a lock is good for without a sign of life, for example 2m, or leave it out.")
    };
    match flags::duration(text) {
        Ok(length) if length >= Duration::from_secs(1) => Ok(length),
        Ok(_) => Err(wrong(format!("{text:?} is less than one second"))),
        Err(why) => Err(wrong(why)),
    }
}

/// The page of this run, if a CI system runs it.
fn run_page() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let github = || {
        let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
        Some(format!("{server}/{repository}/actions/runs/{}", variable("GITHUB_RUN_ID")?))
    };
    RUN_PAGES.iter().find_map(|name| variable(name)).or_else(github).unwrap_or_default()
}

/// Who we are, for the lock.
pub fn lock_info(operation: &str) -> LockInfo {
    let account = || nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name);
    let user = std::env::var("USER").ok().or_else(account).unwrap_or_else(|| "unknown".into());
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let host = host.unwrap_or_else(|| "unknown".into());
    LockInfo {
        id: uuid::Uuid::new_v4().to_string(),
        operation: operation.to_owned(),
        who: format!("{user}@{host}"),
        version: terrane_engine::LANGUAGE_VERSION.into(),
        created: jiff::Timestamp::now().to_string(),
        ..LockInfo::default()
    }
}
