//! The journal on disk: what a run has done since the state was last written, for the next run to take over if this one
//! is killed.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use terrane_address::Instance;
use terrane_source::Diagnostic;
use terrane_state::{
    Entry, EntryKind, JournalHead, Mark, Recovered, Snapshot, Store, begin_line, end_line, mark, recover, run_line,
};

/// How often lines are made safe from a crash of the machine, beside the work. A killed process loses none: they are
/// written one by one.
const SYNC_EVERY: Duration = Duration::from_millis(100);

/// The journal of the runs that change one state from one folder.
pub(crate) struct Logbook<'s> {
    /// Says how what is kept is stored: encrypted, if states are.
    store: &'s dyn Store,
    path: PathBuf,
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
    /// Whether lines have been written that are not safe yet.
    loose: bool,
    /// Whether lines are being made safe right now.
    syncing: Arc<AtomicBool>,
}

impl<'s> Logbook<'s> {
    /// The journal of the state in a store, in a folder.
    pub fn new(folder: &Path, store: &'s dyn Store, head: JournalHead) -> Logbook<'s> {
        Logbook {
            store,
            path: path(folder, &store.place()),
            head,
            file: None,
            first: String::new(),
            marks: HashMap::new(),
            begun: BTreeMap::new(),
            synced: Instant::now(),
            loose: false,
            syncing: Arc::default(),
        }
    }

    /// What a run that was killed has left, given to the state. A journal whose run is alive is none.
    pub async fn recover(&self, state: &mut Snapshot) -> Option<Recovered> {
        let mut file = File::options().read(true).write(true).open(&self.path).ok()?;
        file.try_lock().ok()?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).ok()?;
        let recovered = recover(&self.opened(&text).await, state);
        if recovered.is_nothing() {
            let _ = std::fs::remove_file(&self.path);
            return None;
        }
        Some(recovered)
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
    pub fn remember(&mut self, entries: &[Entry], stored: Option<&Snapshot>, now: &Snapshot) {
        if self.file.is_none()
            && let Some(stored) = stored
        {
            self.moved(stored, now);
        }
        for entry in entries.iter().filter(|entry| !matches!(entry.kind, EntryKind::Begin { .. })) {
            let mark = || mark(stored.unwrap_or(now), &entry.instance);
            self.marks.entry(entry.instance.clone()).or_insert_with(mark);
        }
    }

    /// Notes the instances that have come to the state or left it since it was written: moved ones, for example.
    fn moved(&mut self, stored: &Snapshot, now: &Snapshot) {
        let among = |list: &Snapshot, other: &Snapshot| -> Vec<Instance> {
            list.instances().map(|(instance, ..)| instance).filter(|i| other.instance(i).is_none()).collect()
        };
        for instance in among(stored, now).into_iter().chain(among(now, stored)) {
            let mark = mark(stored, &instance);
            self.first += &end_line("", &instance, &mark, now);
            self.marks.insert(instance, mark);
        }
    }

    /// Notes what has begun and what has come of it; `now` is the state after the entries.
    pub async fn note(&mut self, entries: &[Entry], now: &Snapshot) -> io::Result<()> {
        let mut text = String::new();
        for entry in entries {
            let (operation, instance) = (&entry.operation, &entry.instance);
            if let EntryKind::Begin { verb } = &entry.kind {
                let line = begin_line(operation, instance, verb);
                text += &line;
                self.begun.insert(operation.clone(), line);
                continue;
            }
            text += &end_line(operation, instance, self.marks.get(instance).unwrap_or(&None), now);
            // Deposing goes before a begin of the same operation.
            self.begun.remove(operation);
        }
        self.write(text).await
    }

    async fn write(&mut self, mut text: String) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(create(&self.path)?);
            text = run_line(&self.head) + &std::mem::take(&mut self.first) + &text;
        }
        let text = self.sealed(text).await?;
        if let Some(file) = &mut self.file {
            file.write_all(&text)?;
            self.loose = true;
        }
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
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
        self.marks.clear();
        if self.begun.is_empty() {
            return self.discard();
        }
        let open: String = self.begun.values().map(String::as_str).collect();
        let Ok(text) = self.sealed(run_line(&self.head) + &open).await else { return };
        // A journal that tells too much does no harm.
        if let Some(file) = &mut self.file
            && file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).is_ok()
        {
            let _ = file.write_all(&text);
        }
    }

    /// Removes the journal, since what it tells is kept elsewhere.
    pub fn discard(&mut self) {
        self.marks.clear();
        self.begun.clear();
        self.file = None;
        let _ = std::fs::remove_file(&self.path);
    }
}

/// One file for each place, so that workspaces do not mix.
fn path(folder: &Path, place: &str) -> PathBuf {
    let digest: String = Sha256::digest(place).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    folder.join(format!("journal-{digest}.jsonl"))
}

/// A new file that only its owner can read, locked for as long as it is open.
fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::Error::other("another run of this folder keeps it")),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    file.set_len(0)?;
    Ok(file)
}

/// How many addresses are named.
const NAMED: usize = 10;

fn names<T>(list: &[T], name: impl Fn(&T) -> String) -> String {
    let mut names: Vec<String> = list.iter().take(NAMED).map(|item| format!("  {}", name(item))).collect();
    if list.len() > NAMED {
        names.push(format!("  and {} more", list.len() - NAMED));
    }
    names.join("\n")
}

/// Tells people what was recovered.
pub(crate) fn notice(recovered: &Recovered) -> Diagnostic {
    let run = &recovered.run;
    let operation = run.operation.trim_start_matches("OperationType").to_lowercase();
    let count = |n: usize| format!("{n} object{}", if n == 1 { "" } else { "s" });
    let mut warning = Diagnostic::warning(
        "An earlier run was killed",
        format!(
            "The {operation} of {}, begun {}, ended without writing all of its results. Its journal has given the state \
             what was missing: {} recovered.",
            run.who,
            run.created,
            count(recovered.restored.len())
        ),
    );
    if !recovered.restored.is_empty() {
        warning = warning.note(format!("Recovered:\n{}", names(&recovered.restored, ToString::to_string)));
    }
    if !recovered.in_doubt.is_empty() {
        let list = names(&recovered.in_doubt, |(instance, verb)| format!("{instance} ({verb})"));
        warning = warning.note(format!("Begun, with an end that is not known:\n{list}"));
    }
    if !recovered.conflicts.is_empty() {
        let list = names(&recovered.conflicts, ToString::to_string);
        warning = warning.note(format!("Changed by others since, so left as they are in the state:\n{list}"));
    }
    match recovered.in_doubt.is_empty() && recovered.conflicts.is_empty() {
        true => warning,
        false => warning.hint(
            "Look whether objects exist that the state does not have: import them, or delete them. The plan shows what \
             became of those it has.",
        ),
    }
}
