//! Who holds the lock of a state.

use terrane_state::LockInfo;

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
