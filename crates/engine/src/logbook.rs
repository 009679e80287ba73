//! The journal on disk: what a run has done since the state was last written, for the next run to take over if this one
//! is killed. Addresses and `id`s stand in it in the clear; attributes are sealed: as states are, or else with a key that
//! the lock carries.

mod keys;
mod notice;

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use terrane_address::Instance;
use terrane_encryption::JournalCipher;
use terrane_state::{
    Begun, Entry, EntryKind, JournalHead, JournalKey, LockInfo, Mark, Recovered, Snapshot, Store, begin_line, end_line,
    lost_line, mark, outcome, recover, run_line, sealed_outcome,
};

pub use keys::Journals;
use keys::KeyFile;
pub(crate) use notice::{made_already, notice};

/// How often lines are made safe from a crash of the machine, beside the work. A killed process loses none: they are
/// written one by one.
const SYNC_EVERY: Duration = Duration::from_millis(100);

/// The journal of the runs that change one state from one folder.
pub(crate) struct Logbook<'s> {
    /// Says how what is kept is stored: encrypted, if states are.
    store: &'s dyn Store,
    cipher: JournalCipher,
    /// Seals what is told of attributes; `None`: states are encrypted, and each line is, too.
    key: Option<JournalKey>,
    /// Who this run is to the lock, and whether it has it.
    info: LockInfo,
    locked: bool,
    key_file: Option<KeyFile>,
    path: PathBuf,
    /// The run that was killed, if there are lines to carry.
    former: String,
    /// Lines about objects that an earlier run made and that are lost to the state.
    carried: String,
    /// Creates that an earlier run has begun, or this one: whether they took effect is not known.
    open: BTreeMap<Instance, Begun>,
    /// When a former run began that has begun an operation of this one already.
    resumed: BTreeMap<Arc<str>, String>,
    head: JournalHead,
    /// Locked while this run lives; there from the first line on.
    file: Option<File>,
    /// What is noted before anything else.
    first: String,
    /// Marks of the instances in the file, as the stored state has them.
    marks: HashMap<Instance, Mark>,
    /// What has begun and not ended.
    begun: BTreeMap<Arc<str>, String>,
    synced: Instant,
    /// How many bytes the lines tell that the state does not have yet.
    noted: u64,
    /// Whether lines have been written that are not safe yet.
    loose: bool,
    /// Whether lines are being made safe right now.
    syncing: Arc<AtomicBool>,
}

impl<'s> Logbook<'s> {
    /// The journal of the state in a store; `key` is the key of this run, and `held` its lock, which else is `info`.
    pub fn new(
        journals: &Journals,
        store: &'s dyn Store,
        info: &LockInfo,
        key: Option<JournalKey>,
        held: Option<&LockInfo>,
    ) -> Logbook<'s> {
        let path = path(&journals.folder, &store.place());
        Logbook {
            store,
            cipher: journals.cipher.clone(),
            key,
            locked: held.is_some(),
            info: held.unwrap_or(info).clone(),
            key_file: journals.key_file(&path),
            path,
            former: String::new(),
            carried: String::new(),
            open: BTreeMap::new(),
            head: head(info),
            file: None,
            first: String::new(),
            marks: HashMap::new(),
            resumed: BTreeMap::new(),
            begun: BTreeMap::new(),
            synced: Instant::now(),
            noted: 0,
            loose: false,
            syncing: Arc::default(),
        }
    }

    /// What a run that was killed has left, and the state with it. A journal whose run is alive is none.
    pub async fn recover(&mut self, state: &Snapshot) -> Option<(Recovered, Snapshot)> {
        let mut file = File::options().read(true).write(true).open(&self.path).ok()?;
        file.try_lock().ok()?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).ok()?;
        let (text, keys) = (self.opened(&text).await, self.keys().await);
        let mut state = state.clone();
        let open = |sealed: &str| keys.iter().find_map(|key| self.cipher.open(key, sealed));
        let recovered = recover(&text, &mut state, &open);
        if recovered.is_nothing() {
            self.remove();
            return None;
        }
        self.former = run_line(&recovered.run);
        self.carried = recovered.lost.iter().map(lost_line).collect();
        self.open.clone_from(&recovered.creates);
        Some((recovered, state))
    }

    /// Keys that the journal of an earlier run may have been sealed with.
    async fn keys(&self) -> Vec<JournalKey> {
        let mut keys = match self.locked {
            true => self.info.journal.clone(),
            // Who may not look at the lock has to do without its keys.
            false => {
                self.store.last_holder(&self.info).await.ok().flatten().map(|last| last.journal).unwrap_or_default()
            }
        };
        keys.extend(self.key_file.iter().flat_map(KeyFile::read));
        keys
    }

    /// What became of an instance, as the file may tell it.
    fn sealed_outcome(&mut self, instance: &Instance, before: &Mark, now: &Snapshot) -> io::Result<String> {
        let outcome = outcome(instance, before, now);
        self.noted += outcome.len() as u64;
        match &self.key {
            None => Ok(outcome),
            Some(key) => Ok(sealed_outcome(&self.cipher.seal(key, outcome).map_err(io::Error::other)?)),
        }
    }

    fn end_line(&mut self, operation: &str, instance: &Instance, before: &Mark, now: &Snapshot) -> io::Result<String> {
        Ok(end_line(operation, instance, now, &self.sealed_outcome(instance, before, now)?))
    }

    /// The lines of a journal, of which some may be encrypted.
    async fn opened(&self, text: &[u8]) -> String {
        let mut lines = String::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let opened = self.store.unsealed(line.to_vec()).await;
            lines += &String::from_utf8_lossy(opened.as_deref().unwrap_or(line));
        }
        lines
    }

    /// Lines as they are kept.
    async fn sealed(&self, lines: String) -> io::Result<Vec<u8>> {
        let mut sealed = self.store.sealed(lines.into_bytes()).await.map_err(io::Error::other)?;
        if sealed.last() != Some(&b'\n') {
            sealed.push(b'\n');
        }
        Ok(sealed)
    }

    /// Which lineage the next lines belong to.
    pub fn continues(&mut self, lineage: &str) {
        self.head.lineage = lineage.to_owned();
    }

    /// Marks what entries are about to change as the stored state has it: `stored`, or `now` if that is what is stored.
    pub fn remember(&mut self, entries: &[Entry], stored: Option<&Snapshot>, now: &Snapshot) -> io::Result<()> {
        if self.file.is_none()
            && let Some(stored) = stored
        {
            self.moved(stored, now)?;
        }
        for entry in entries.iter().filter(|entry| !matches!(entry.kind, EntryKind::Begin { .. })) {
            let mark = || mark(stored.unwrap_or(now), &entry.instance);
            self.marks.entry(entry.instance.clone()).or_insert_with(mark);
        }
        Ok(())
    }

    /// Notes the instances that have come to the state or left it since it was written: moved ones, for example.
    fn moved(&mut self, stored: &Snapshot, now: &Snapshot) -> io::Result<()> {
        let among = |list: &Snapshot, other: &Snapshot| -> Vec<Instance> {
            list.instances().map(|(instance, ..)| instance).filter(|i| other.instance(i).is_none()).collect()
        };
        for instance in among(stored, now).into_iter().chain(among(now, stored)) {
            let mark = mark(stored, &instance);
            let line = self.end_line("", &instance, &mark, now)?;
            self.first += &line;
            self.marks.insert(instance, mark);
        }
        Ok(())
    }

    /// Notes what has begun and what has come of it; `now` is the state after the entries.
    pub async fn note(&mut self, entries: impl Iterator<Item = &Entry>, now: &Snapshot) -> io::Result<()> {
        let mut text = String::new();
        for entry in entries {
            let (operation, instance) = (&entry.operation, &entry.instance);
            if let EntryKind::Begin { verb } = &entry.kind {
                let again = self.open.remove(instance).filter(|begun| *begun.operation == **operation);
                let line = begin_line(operation, instance, verb, again.as_ref().map(|begun| &*begun.since));
                text += &line;
                self.begun.insert(operation.clone(), line);
                self.resumed.extend(again.map(|begun| (operation.clone(), begun.since)));
                continue;
            }
            let before = self.marks.get(instance).cloned().flatten();
            text += &self.end_line(operation, instance, &before, now)?;
            // What is in doubt stays so, whatever has become of the instance.
            text += &self.open.get(instance).map(|begun| open_line(instance, begun)).unwrap_or_default();
            // Deposing goes before a begin of the same operation.
            self.begun.remove(operation);
        }
        self.write(text).await
    }

    async fn write(&mut self, mut text: String) -> io::Result<()> {
        if self.file.is_none() {
            self.keep_key()?;
            self.file = Some(create(&self.path)?);
            text = self.begin() + &std::mem::take(&mut self.first) + &text;
        }
        let text = self.sealed(text).await?;
        if let Some(file) = &mut self.file {
            file.write_all(&text)?;
            self.loose = true;
        }
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// What each journal of this run begins with.
    fn begin(&self) -> String {
        self.kept() + &run_line(&self.head)
    }

    /// What an earlier run has left to be known.
    fn kept(&self) -> String {
        let open: String = self.open.iter().map(|(instance, begun)| open_line(instance, begun)).collect();
        match self.carried.is_empty() && open.is_empty() {
            true => String::new(),
            false => format!("{}{}{open}", self.former, self.carried),
        }
    }

    /// Keeps that this run has begun a create of which nobody knows whether it took effect.
    pub fn doubt(&mut self, instance: &Instance, operation: &str) {
        if self.former.is_empty() {
            self.former = run_line(&self.head);
        }
        let since = self.resumed.get(operation).unwrap_or(&self.head.created).clone();
        self.open.insert(instance.clone(), Begun { operation: operation.to_owned(), since });
    }

    /// Forgets the creates of an earlier run for which `wanted` does not hold.
    pub fn settle(&mut self, wanted: impl Fn(&Instance) -> bool) {
        self.open.retain(|instance, _| wanted(instance));
    }

    /// Keeps the key of this run where the next one finds it, if no lock does.
    fn keep_key(&self) -> io::Result<()> {
        let Some(key) = &self.key else { return Ok(()) };
        if self.locked && self.info.journal.contains(key) {
            return Ok(());
        }
        let nowhere = || io::Error::other("there is no lock to carry its key, and no home folder");
        self.key_file.as_ref().ok_or_else(nowhere)?.write(std::slice::from_ref(key))
    }

    /// Begins to make what was written safe from a crash of the machine.
    pub fn sync(&mut self) -> io::Result<()> {
        let Some(file) = self.file.as_ref().filter(|_| self.loose) else { return Ok(()) };
        if self.syncing.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let (file, syncing) = (file.try_clone()?, self.syncing.clone());
        (self.loose, self.synced) = (false, Instant::now());
        tokio::task::spawn_blocking(move || {
            // Where this fails, writing does, too.
            let _ = file.sync_data();
            syncing.store(false, Ordering::Release);
        });
        Ok(())
    }

    /// Begins anew, since the state has all that was noted.
    pub async fn restart(&mut self) {
        self.noted = 0;
        self.marks.clear();
        if self.begun.is_empty() {
            return self.discard().await;
        }
        let open: String = self.begun.values().map(String::as_str).collect();
        let Ok(text) = self.sealed(self.begin() + &open).await else { return };
        // A journal that tells too much does no harm.
        if let Some(file) = &mut self.file
            && file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).is_ok()
        {
            let _ = file.write_all(&text);
        }
    }

    /// Removes the journal, since what it tells is kept elsewhere, but for what is lost.
    pub async fn discard(&mut self) {
        self.marks.clear();
        self.begun.clear();
        self.file = None;
        let kept = self.kept();
        if kept.is_empty() {
            return self.remove();
        }
        if let Ok(text) = self.sealed(kept).await
            && let Ok(mut file) = create(&self.path)
        {
            let _ = file.write_all(&text);
        }
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
        self.key_file.iter().for_each(KeyFile::remove);
    }

    /// About how many bytes it tells that the state does not have yet.
    pub fn noted(&self) -> u64 {
        self.noted
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The run that keeps a journal.
fn head(info: &LockInfo) -> JournalHead {
    let (who, operation, created) = (info.who.clone(), info.operation.clone(), info.created.clone());
    JournalHead { who, operation, created, ..JournalHead::default() }
}

/// One file for each place, so that workspaces do not mix.
pub(crate) fn path(folder: &Path, place: &str) -> PathBuf {
    folder.join(format!("journal-{}.jsonl", digest(place.as_bytes())))
}

/// Tells names apart.
fn digest(name: &[u8]) -> String {
    Sha256::digest(name).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A new file that only its owner can read, locked for as long as it is open.
fn create(path: &Path) -> io::Result<File> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let file = own(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::Error::other("another run of this folder keeps it")),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    file.set_len(0)?;
    Ok(file)
}

/// Opens a file that only its owner can read, and makes it if it is not there.
fn own(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The line about a create of which nobody knows whether it took effect.
fn open_line(instance: &Instance, begun: &Begun) -> String {
    begin_line(&begun.operation, instance, "create", Some(&begun.since))
}
