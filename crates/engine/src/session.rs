//! State for the length of an operation: locked, loaded, saved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use terrane_address::Instance;
use terrane_plan::{Change, Doubt, Plan, PlanMode, Step};
use terrane_source::Diagnostic;
use terrane_state::{Begun, Entry, EntryKind, LockInfo, Recovered, Snapshot, Store, StoreError, Version, replay};
use tokio::time::Instant;

use crate::drive::Journal;
use crate::heart::Heart;
use crate::logbook::{Journals, Logbook, made_already, notice};
use crate::observe::{Event, Watcher};

/// How to take the state's lock.
#[derive(Clone)]
pub struct Locking {
    /// Whether to take it at all.
    pub lock: bool,
    /// How long to try.
    pub timeout: Duration,
    /// Who takes it, and what for.
    pub info: LockInfo,
    /// How long the lock is good for without a sign of life.
    pub lease: Duration,
    /// The address of the run's page, if it runs in CI.
    pub run: String,
    /// The lock that is taken over, of a run that is known to be gone; `None`: the lock must be free.
    pub instead_of: Option<LockInfo>,
    /// Where journals of what is not in the state yet are kept; `None`: none is.
    pub journals: Option<Journals>,
}

/// A state that this run may change.
pub struct Session<'s> {
    store: &'s dyn Store,
    lock: Option<(String, Heart)>,
    version: Option<Version>,
    /// What the store holds, or will after the next save.
    snapshot: Snapshot,
    dirty: bool,
    /// Whether the state would be stored in another form now.
    outdated: bool,
    saved: Instant,
    /// How long after the last save the next one comes at the earliest.
    pause: Duration,
    failed: Option<StoreError>,
    logbook: Option<Logbook<'s>>,
    /// What the store holds, while `snapshot` has been replaced and not written since.
    stored: Option<Snapshot>,
    recovered: Option<Recovered>,
    /// Whether what was recovered is still to be written.
    to_keep: bool,
    /// Why no journal is kept any more.
    unjournaled: Option<String>,
}

/// While an operation runs, its state is written at most this often.
const SAVE_EVERY: Duration = Duration::from_secs(2);

/// How many times as long as the last save took nothing is saved after it: the journal has what happens meanwhile.
const SAVE_PAUSE: u32 = 10;

/// About how many bytes are saved in a second at least.
const SAVED_A_SECOND: u64 = 200 << 20;

impl<'s> Session<'s> {
    /// Takes the lock and reads the state.
    ///
    /// # Errors
    /// What hinders it, with the lock's owner if someone else holds it.
    pub async fn open(
        store: &'s Arc<dyn Store>,
        locking: &Locking,
        watcher: &Watcher,
    ) -> Result<Session<'s>, Diagnostic> {
        let mut info = locking.info.clone();
        let key = match locking.journals.as_ref().filter(|_| !store.seals()) {
            Some(journals) => {
                Some(journals.cipher.fresh().map_err(|e| Diagnostic::error("Journal cannot be kept", e.0))?)
            }
            None => None,
        };
        info.journal.extend(key.clone());
        info.journal.extend(locking.instead_of.iter().flat_map(|gone| gone.journal.clone()));
        let held = match locking.lock {
            true => Some(lock(&**store, &info, locking, watcher).await?),
            false => None,
        };
        let logbook = |journals| Logbook::new(journals, &**store, &info, key, held.as_ref());
        let logbook = locking.journals.as_ref().map(logbook);
        let lock = held.map(|held| (held.id.clone(), Heart::start(store.clone(), held, locking.lease)));
        let mut session = Session {
            store: &**store,
            lock,
            version: None,
            snapshot: Snapshot::default(),
            dirty: false,
            outdated: false,
            saved: Instant::now(),
            pause: SAVE_EVERY,
            failed: None,
            logbook,
            stored: None,
            recovered: None,
            to_keep: false,
            unjournaled: None,
        };
        match session.read().await {
            Ok(()) => Ok(session),
            Err(problem) => {
                session.close().await;
                Err(problem)
            }
        }
    }

    async fn read(&mut self) -> Result<(), Diagnostic> {
        if self.lock.is_some() {
            self.prepare().await?;
        }
        let loaded = load(self.store).await?;
        self.snapshot = loaded.snapshot;
        tracing::info!(serial = self.snapshot.serial, place = %self.store.place(), "state read");
        self.version = loaded.version;
        self.outdated = loaded.outdated;
        if let Some(logbook) = &mut self.logbook {
            let found = logbook.recover(&self.snapshot).await;
            logbook.continues(&self.snapshot.lineage);
            if let Some((recovered, whole)) = found {
                self.to_keep = true;
                self.dirty = !recovered.restored.is_empty();
                self.stored = Some(std::mem::replace(&mut self.snapshot, whole));
                self.recovered = Some(recovered);
            }
        }
        Ok(())
    }

    /// Makes sure that what is about to be changed can be written.
    ///
    /// # Errors
    /// What is missing.
    pub async fn prepare(&self) -> Result<(), Diagnostic> {
        let cannot = |e: StoreError| Diagnostic::error("State cannot be written", format!("{e} Nothing was changed."));
        self.store.prepare().await.map_err(cannot)
    }

    /// What was recovered from the journal of a run that was killed, for people.
    pub fn notice(&self) -> Option<Diagnostic> {
        let journal = self.logbook.as_ref()?.path();
        self.recovered.as_ref().map(|recovered| notice(recovered, journal))
    }

    /// Refuses a plan that would make what an earlier run has made, though the state does not have it.
    pub(crate) fn made_already(&self, plan: &Plan) -> Option<Diagnostic> {
        made_already(plan, &self.recovered.as_ref()?.lost, self.logbook.as_ref()?.path())
    }

    /// Writes the state if the journal of an earlier run has added to it.
    ///
    /// # Errors
    /// Why it could not be written; the journal stays.
    pub async fn keep_recovered(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.to_keep) {
            return Ok(());
        }
        let kept = self.save().await;
        self.to_keep = kept.is_err();
        if kept.is_ok() {
            self.discard_journal().await;
        }
        kept
    }

    /// The operations by which an earlier run has begun to make objects, by instance.
    pub(crate) fn creates_in_doubt(&self) -> BTreeMap<Instance, Doubt> {
        let creates = self.recovered.iter().flat_map(|recovered| &recovered.creates);
        let doubt = |begun: &Begun| Doubt { operation: (&*begun.operation).into(), since: (&*begun.since).into() };
        creates.map(|(instance, begun)| (instance.clone(), doubt(begun))).collect()
    }

    /// Forgets the creates that an earlier run has begun, but for those that a plan wanted and did not come to.
    pub(crate) fn settle_doubts(&mut self, plan: &Plan) {
        let wanted = |instance: &Instance| {
            let creates = |step: &Step| matches!(step.change, Change::Create { .. } | Change::Replace { .. });
            plan.steps.iter().any(|step| step.instance == *instance && creates(step))
        };
        if let Some(logbook) =
            self.logbook.as_mut().filter(|_| !plan.options.is_limited() && plan.options.mode != PlanMode::RefreshOnly)
        {
            logbook.settle(wanted);
        }
    }

    fn give_up_journal(&mut self, error: &std::io::Error) {
        self.unjournaled = Some(error.to_string());
        self.logbook = None;
    }

    /// Forgets the journal of this run, since what it tells is kept elsewhere.
    pub async fn discard_journal(&mut self) {
        if let Some(logbook) = &mut self.logbook {
            logbook.discard().await;
        }
    }

    /// The state as it now is.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Begins an operation: it is saved for the first time once it has gone on for a while.
    pub(crate) fn rest(&mut self) {
        self.saved = Instant::now();
    }

    /// Replaces the state, which keeps its history; it is written by [`Session::save`].
    pub fn set(&mut self, mut snapshot: Snapshot) {
        snapshot.serial = self.snapshot.serial;
        snapshot.lineage.clone_from(&self.snapshot.lineage);
        snapshot.terraform_version.clone_from(&self.snapshot.terraform_version);
        if snapshot != self.snapshot {
            let before = std::mem::replace(&mut self.snapshot, snapshot);
            self.stored.get_or_insert(before);
            self.dirty = true;
        }
    }

    /// Writes the state with the next serial, changed or not, at once or not at all.
    ///
    /// # Errors
    /// Why it could not be written; [`StoreError::Conflict`] if another run has written it since it was read.
    pub async fn advance(&mut self) -> Result<(), StoreError> {
        self.dirty = true;
        self.save().await
    }

    /// Writes the state if it has changed, or is stored in another form than the configuration now asks for, with the
    /// next serial. Failures are tried again a few times.
    ///
    /// # Errors
    /// Why it could not be written. The state is then still in [`Session::snapshot`].
    pub async fn save(&mut self) -> Result<(), StoreError> {
        if !self.dirty && !self.outdated {
            return Ok(());
        }
        let (serial, lineage) = (self.snapshot.serial, self.snapshot.lineage.clone());
        self.snapshot.serial += 1;
        if lineage.is_empty() {
            self.snapshot.lineage = uuid::Uuid::new_v4().to_string();
        }
        self.snapshot.terraform_version = crate::LANGUAGE_VERSION.into();
        match self.put().await {
            Ok(version) => {
                tracing::info!(serial = self.snapshot.serial, place = %self.store.place(), "state written");
                self.version = Some(version);
                (self.dirty, self.outdated) = (false, false);
                self.saved = Instant::now();
                (self.stored, self.to_keep) = (None, false);
                if let Some(logbook) = &mut self.logbook {
                    logbook.continues(&self.snapshot.lineage);
                    logbook.restart().await;
                }
                Ok(())
            }
            Err(error) => {
                self.snapshot.serial = serial;
                self.snapshot.lineage = lineage;
                Err(error)
            }
        }
    }

    /// The same, and also if there is no stored state yet.
    ///
    /// # Errors
    /// Why it could not be written. The state is then still in [`Session::snapshot`].
    pub async fn save_first(&mut self) -> Result<(), StoreError> {
        self.dirty |= self.version.is_none();
        self.save().await
    }

    /// Puts another state in the place of the stored one, with its own lineage, and a serial above the stored one's
    /// unless its own is.
    ///
    /// # Errors
    /// Why it could not be written.
    pub async fn replace(&mut self, mut snapshot: Snapshot) -> Result<(), StoreError> {
        if snapshot == self.snapshot {
            return Ok(());
        }
        // Saving counts one up.
        snapshot.serial = snapshot.serial.saturating_sub(1).max(self.snapshot.serial);
        self.snapshot = snapshot;
        self.dirty = true;
        self.save().await
    }

    /// Stores a first state, even an empty one, where there is none.
    ///
    /// # Errors
    /// Why it could not be written.
    pub async fn begin(&mut self, snapshot: Snapshot) -> Result<(), StoreError> {
        if self.version.is_none() {
            self.snapshot = Snapshot { lineage: String::new(), ..snapshot };
            self.dirty = true;
        }
        self.save().await
    }

    async fn put(&self) -> Result<Version, StoreError> {
        let content = |out: &mut dyn std::io::Write| terrane_state::write_to(&self.snapshot, out);
        let mut wait = Duration::from_millis(200);
        loop {
            match self.store.save(&content, self.version.as_ref()).await {
                Err(StoreError::Failed(_)) if wait < Duration::from_secs(4) => tokio::time::sleep(wait).await,
                done => return done,
            }
            wait *= 2;
        }
    }

    /// Gives the lock back; what is said if that fails.
    pub async fn close(mut self) -> Option<Diagnostic> {
        let unjournaled = self.unjournaled.take().map(|why| {
            let detail = format!("The journal of this run could not be kept: {why}. The state itself is written.");
            Diagnostic::warning("Journal not kept", detail)
        });
        let Some((id, heart)) = self.lock.take() else { return unjournaled };
        drop(heart);
        let Err(error) = self.store.unlock(&id).await else { return unjournaled };
        Some(
            Diagnostic::error(
                "State cannot be unlocked",
                format!("The lock {id} on {} stays: {error}", self.store.place()),
            )
            .hint("Once no run is active, remove it by hand."),
        )
    }

    /// A failure to write the state while the operation ran, if the last try failed.
    pub fn take_failure(&mut self) -> Option<StoreError> {
        self.failed.take()
    }
}

impl Journal for Session<'_> {
    async fn append(&mut self, entries: &[Arc<[Entry]>]) -> Result<(), String> {
        self.keep_recovered().await.map_err(|e| format!("The state cannot be written. {e}"))?;
        for entries in entries {
            if let Some(logbook) = &mut self.logbook {
                let remembered = logbook.remember(entries, self.stored.as_ref(), &self.snapshot);
                remembered.unwrap_or_else(|error| self.give_up_journal(&error));
            }
            replay(&mut self.snapshot, entries);
        }
        let all = || entries.iter().flat_map(|entries| entries.iter());
        if let Some(logbook) = &mut self.logbook {
            let noted = logbook.note(all(), &self.snapshot).await;
            noted.unwrap_or_else(|error| self.give_up_journal(&error));
        }
        self.dirty |= all().any(|e| !matches!(e.kind, EntryKind::Begin { .. } | EntryKind::Failed));
        self.settle().await;
        let begins = all().any(|e| matches!(e.kind, EntryKind::Begin { .. }));
        match self.lock.as_ref().and_then(|(_, heart)| heart.lost()) {
            Some(why) if begins => Err(format!("The lock of the state was lost, so nothing new is begun. {why}")),
            _ => Ok(()),
        }
    }

    fn doubt(&mut self, instance: &Instance, operation: &str) {
        if let Some(logbook) = &mut self.logbook {
            logbook.doubt(instance, operation);
        }
    }

    async fn settle(&mut self) {
        if let Some(Err(error)) = self.logbook.as_mut().map(Logbook::sync) {
            self.give_up_journal(&error);
        }
        if self.dirty
            && self.saved.elapsed() >= self.pause.max(self.logbook.as_ref().map(least_pause).unwrap_or_default())
        {
            let begun = Instant::now();
            self.failed = self.save().await.err();
            self.saved = Instant::now();
            self.pause = if self.logbook.is_some() { SAVE_EVERY.max(begun.elapsed() * SAVE_PAUSE) } else { SAVE_EVERY };
        }
    }
}

/// How long nothing is saved at least, by what there would be to write.
fn least_pause(logbook: &Logbook<'_>) -> Duration {
    Duration::from_secs(logbook.noted() / SAVED_A_SECOND) * SAVE_PAUSE
}

/// A state that was read from a store.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The state; an empty one if there is none.
    pub snapshot: Snapshot,
    /// What a conditional write has to name; `None` if there is no state.
    pub version: Option<Version>,
    /// Whether the state would be stored in another form now.
    pub outdated: bool,
}

/// Reads the state in a store.
///
/// # Errors
/// Why it cannot be read.
pub async fn load(store: &dyn Store) -> Result<Loaded, Diagnostic> {
    let cannot = |why: String| Diagnostic::error("State cannot be read", why);
    match store.load().await {
        Ok(None) => Ok(Loaded::default()),
        Ok(Some(stored)) => match terrane_state::read_whole(stored.bytes) {
            Ok(snapshot) => Ok(Loaded { snapshot, version: Some(stored.version), outdated: stored.outdated }),
            Err(e) => Err(cannot(format!("{e} It is in {}.", store.place()))),
        },
        Err(e) => Err(cannot(e.to_string())),
    }
}

async fn lock(
    store: &dyn Store,
    info: &LockInfo,
    locking: &Locking,
    watcher: &Watcher,
) -> Result<LockInfo, Diagnostic> {
    let until = Instant::now() + locking.timeout;
    let mut wait = Duration::from_millis(100);
    loop {
        let lease = Some(crate::heart::lease(locking.lease, &locking.run));
        let info = LockInfo { lease, ..info.clone() };
        let taken = match &locking.instead_of {
            Some(gone) => store.take_over(gone, info).await,
            None => store.lock(info).await,
        };
        let error = match taken {
            Ok(locked) => return Ok(locked.info),
            Err(error) => error,
        };
        let held = matches!(error, StoreError::Held(_));
        if !held || Instant::now() + wait > until {
            return Err(refused(store, error, locking));
        }
        watcher.event(Event::WaitingForLock);
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

fn refused(store: &dyn Store, error: StoreError, locking: &Locking) -> Diagnostic {
    let StoreError::Held(holder) = error else {
        return Diagnostic::error("State cannot be locked", error.to_string());
    };
    let Some(holder) = holder else {
        return Diagnostic::error(
            "State is locked",
            format!("Another run holds the lock on {}; who it is could not be read.", store.place()),
        );
    };
    let operation = holder.operation.trim_start_matches("OperationType").to_lowercase();
    let tried =
        if locking.timeout.is_zero() { String::new() } else { format!(" It was tried for {:?}.", locking.timeout) };
    Diagnostic::error(
        "State is locked",
        format!("{} is running \"{operation}\" on {} since {}.{tried}", holder.who, store.place(), holder.created),
    )
    .note(format!("Lock:\n  ID:        {}\n  Path:      {}\n  Operation: {}\n  Who:       {}\n  Version:   {}\n  Created:   {}\n  Info:      {}", holder.id, holder.path, holder.operation, holder.who, holder.version, holder.created, holder.info))
    .hint("Wait for that run to end, or wait here with -lock-timeout=5m. \"terrane lock list\" says whether it is alive.")
}
