//! State in a file, locked the way Terraform locks it.

mod flow;
mod history;

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use nix::errno::Errno;
use terrane_state::{Content, Kept, LockInfo, Locked, Past, Store, StoreError, Stored, Version};
use terrane_value::{Attribute, Block, Type, Value};

/// What a `backend "local"` block may hold.
pub fn schema() -> Block {
    let text = || Attribute::optional(Type::String);
    Block { attributes: [("path".into(), text()), ("workspace_dir".into(), text())].into(), ..Block::default() }
}

/// A state file on this machine.
#[derive(Debug)]
pub struct Local {
    path: PathBuf,
    workspaces: PathBuf,
    backup: Backup,
    /// Whether the state as it was before this run has been kept.
    backed_up: AtomicBool,
    held: Mutex<Option<Held>>,
}

/// Where the state is kept as it was before a run.
#[derive(Debug)]
enum Backup {
    Beside,
    At(PathBuf),
    Nowhere,
}

/// An open lock: the record lock lives as long as the file is open.
#[derive(Debug)]
struct Held {
    id: String,
    file: File,
    /// Whether the state file was made only to be locked.
    made: bool,
}

impl Local {
    /// The store of a workspace; see [`crate::schema`] for `config`.
    pub fn open(config: &Value, workspace: &str, directory: &Path) -> Local {
        let text = |name: &str| config.get(name).and_then(Value::as_str);
        let workspaces = directory.join(text("workspace_dir").unwrap_or("terraform.tfstate.d"));
        let path = match workspace {
            "default" => directory.join(text("path").unwrap_or("terraform.tfstate")),
            name => workspaces.join(name).join("terraform.tfstate"),
        };
        Local::at(path, workspaces)
    }

    /// The store of the file at `path`; other workspaces are folders of `workspaces`.
    pub fn at(path: PathBuf, workspaces: PathBuf) -> Local {
        let (backup, backed_up) = (Backup::Beside, AtomicBool::new(false));
        Local { path, workspaces, backup, backed_up, held: Mutex::new(None) }
    }

    /// The same with the state as it was before kept in a file.
    pub fn with_backup(self, path: PathBuf) -> Local {
        Local { backup: Backup::At(path), ..self }
    }

    /// The same without keeping the state as it was before.
    pub fn without_backup(self) -> Local {
        Local { backup: Backup::Nowhere, ..self }
    }

    fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        StoreError::Failed(format!("The state file {} cannot be {what}: {error}.", self.path.display()))
    }

    fn info_path(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.lock.info"))
    }

    /// What the holder of the lock wrote about itself.
    fn written(&self) -> Option<LockInfo> {
        serde_json::from_slice(&std::fs::read(self.info_path()).ok()?).ok()
    }

    fn read(&self) -> Result<Option<Stored>, StoreError> {
        match File::open(&self.path).and_then(whole) {
            Ok(stored) => Ok(Some(stored).filter(|stored| !stored.bytes.is_empty())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.failed("read", &e)),
        }
    }

    /// The version of the stored state; `None` if there is none.
    fn version(&self) -> Result<Option<Version>, StoreError> {
        match std::fs::metadata(&self.path) {
            Ok(file) => Ok(Some(version(&file)).filter(|_| file.len() > 0)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.failed("read", &e)),
        }
    }

    /// Writes beside the file and renames, so that the file is always whole; keeps what was there at first as a backup.
    fn replace(&self, content: Content<'_>) -> io::Result<Version> {
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        if std::fs::metadata(&self.path).is_ok_and(|m| m.len() > 0) && !self.backed_up.load(Ordering::Relaxed) {
            self.back_up()?;
        }
        self.backed_up.store(true, Ordering::Relaxed);
        let fresh = self.beside("new");
        let file = File::create(&fresh)?;
        flow::write(&file, content)?;
        let version = version(&file.metadata()?);
        let mut held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.is_some() {
            // The lock must be on the file that others will find under the name.
            try_lock(&file)?;
        }
        std::fs::rename(&fresh, &self.path)?;
        if let Some(held) = held.as_mut() {
            held.file = file;
            held.made = false;
        }
        Ok(version)
    }

    /// Gives the file a second name, which it keeps when another takes its place.
    fn back_up(&self) -> io::Result<()> {
        let backup = match &self.backup {
            Backup::Nowhere => return Ok(()),
            Backup::At(path) => return std::fs::copy(&self.path, path).map(drop),
            Backup::Beside => self.backup_beside(),
        };
        let linked = self.beside("old");
        match std::fs::hard_link(&self.path, &linked) {
            Ok(()) => std::fs::rename(&linked, &backup),
            // Not every file system has links.
            Err(_) => std::fs::copy(&self.path, &backup).map(drop),
        }
    }

    fn backup_beside(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{name}.backup"))
    }

    /// Puts a whole file under a name.
    fn put(&self, content: Content<'_>, name: &Path) -> io::Result<()> {
        let fresh = self.beside("copy");
        flow::write(&File::create(&fresh)?, content)?;
        std::fs::rename(&fresh, name)
    }

    /// A file of this process in the folder of the state.
    fn beside(&self, ending: &str) -> PathBuf {
        self.path.with_file_name(format!(".{}.{ending}", std::process::id()))
    }

    fn try_lock(&self, info: &LockInfo) -> Result<Option<Held>, io::Error> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        loop {
            let made = !self.path.exists();
            let file = File::options().read(true).write(true).create(true).truncate(false).open(&self.path)?;
            match try_lock(&file) {
                Ok(()) => {}
                Err(Errno::EAGAIN | Errno::EACCES) => return Ok(None),
                Err(e) => return Err(e.into()),
            }
            // Whoever held it may have put a new file under the name in the meantime.
            let same = std::fs::metadata(&self.path)
                .is_ok_and(|m| file.metadata().is_ok_and(|f| (f.dev(), f.ino()) == (m.dev(), m.ino())));
            if same {
                return Ok(Some(Held { id: info.id.clone(), file, made }));
            }
        }
    }
}

/// Takes a write lock on the whole file for as long as it is open.
///
/// It is a record lock, as Terraform's are, so both exclude each other; on Linux one that belongs to the open file:
/// the other kind is lost as soon as the process closes any other handle of the file.
fn try_lock(file: &File) -> Result<(), Errno> {
    use nix::fcntl::{FcntlArg, fcntl};
    let whole = nix::libc::flock {
        l_type: nix::libc::F_WRLCK as _,
        l_whence: nix::libc::SEEK_SET as _,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    #[cfg(target_os = "linux")]
    let lock = FcntlArg::F_OFD_SETLK(&whole);
    #[cfg(not(target_os = "linux"))]
    let lock = FcntlArg::F_SETLK(&whole);
    fcntl(file, lock).map(drop)
}

/// Tells files apart: each write puts another file under the name.
fn version(file: &Metadata) -> Version {
    let (inode, seconds, part, length) = (file.ino(), file.mtime(), file.mtime_nsec(), file.len());
    Version(format!("{inode}-{seconds}.{part}-{length}").into())
}

fn whole(mut file: File) -> io::Result<Stored> {
    let version = version(&file.metadata()?);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Stored { bytes, version, outdated: false })
}

#[async_trait]
impl Store for Local {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        self.read()
    }

    async fn save(&self, content: Content<'_>, base: Option<&Version>) -> Result<Version, StoreError> {
        if self.version()?.as_ref() != base {
            return Err(StoreError::Conflict);
        }
        self.replace(content).map_err(|e| self.failed("written", &e))
    }

    async fn replace_backup(&self, content: Content<'_>) -> Result<(), StoreError> {
        let backup = match &self.backup {
            Backup::Nowhere => return Ok(()),
            Backup::At(path) => path.clone(),
            Backup::Beside => self.backup_beside(),
        };
        self.put(content, &backup).map_err(|e| self.failed("copied", &e))
    }

    async fn lock(&self, mut info: LockInfo) -> Result<Locked, StoreError> {
        let mut slot = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        info.path = self.place();
        let held = match *slot {
            Some(_) => None,
            None => self.try_lock(&info).map_err(|e| self.failed("locked", &e))?,
        };
        let Some(held) = held else { return Err(StoreError::Held(self.written().map(Box::new))) };
        // Whoever left an info behind was killed, and may have left a journal.
        let before = self.written().map(|before| before.journal).unwrap_or_default();
        info.journal.extend(before);
        let (json, fresh) = (serde_json::to_vec(&info).unwrap_or_default(), self.beside("lock"));
        let written = std::fs::write(&fresh, json).and_then(|()| std::fs::rename(&fresh, self.info_path()));
        written.map_err(|e| self.failed("locked", &e))?;
        *slot = Some(held);
        Ok(Locked { info })
    }

    async fn holder(&self) -> Result<Option<LockInfo>, StoreError> {
        let file = match File::options().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.failed("opened", &e)),
        };
        match try_lock(&file) {
            // Closing the file gives it back.
            Ok(()) => Ok(None),
            Err(_) => Ok(Some(self.written().unwrap_or_default())),
        }
    }

    async fn last_holder(&self, _: &LockInfo) -> Result<Option<LockInfo>, StoreError> {
        Ok(self.written())
    }

    async fn take_over(&self, _: &LockInfo, _: LockInfo) -> Result<Locked, StoreError> {
        Err(StoreError::NotLocked(format!(
            "The lock on {} belongs to a process on this machine and ends with it.",
            self.place()
        )))
    }

    async fn unlock(&self, id: &str) -> Result<(), StoreError> {
        let mut slot = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(held) = slot.take_if(|held| held.id == id) else {
            return Err(StoreError::NotLocked(format!(
                "The lock {id} on {} is not held by this process. A lock on a file ends with the process that holds it.",
                self.place()
            )));
        };
        let _ = std::fs::remove_file(self.info_path());
        if held.made && std::fs::metadata(&self.path).is_ok_and(|m| m.len() == 0) {
            let _ = std::fs::remove_file(&self.path);
        }
        Ok(())
    }

    async fn remove(&self) -> Result<(), StoreError> {
        let folder = self.path.parent().filter(|folder| folder.parent() == Some(&self.workspaces));
        let removed = match folder {
            Some(folder) => std::fs::remove_dir_all(folder),
            None => std::fs::remove_file(&self.path),
        };
        match removed {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.failed("removed", &e)),
            _ => Ok(()),
        }
    }

    async fn versions(&self, limit: usize) -> Result<Vec<Past>, StoreError> {
        history::list(&self.path, limit)
    }

    async fn load_version(&self, id: &str) -> Result<Kept, StoreError> {
        history::load(&self.path, id)
    }

    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.workspaces).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        names.insert(0, "default".into());
        Ok(names)
    }
}
