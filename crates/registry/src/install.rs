//! Brings packages to `.terraform/modules`, each downloaded once and complete or not there at all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use terrane_address::RemoteSource;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::fetch::{self, Fetcher};
use crate::{FetchError, Manifest};

/// How many packages are downloaded at once.
const AT_ONCE: usize = 8;

/// What marks a folder that is not complete yet.
const PARTIAL: &str = ".partial";

/// One module to be installed.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its key in the manifest.
    pub key: String,
    /// Where it comes from.
    pub source: RemoteSource,
}

/// Installs the modules of one configuration.
#[derive(Debug)]
pub struct Installer {
    dir: PathBuf,
    fetcher: Arc<Fetcher>,
    /// Where each package is that has been downloaded by this installer.
    done: HashMap<String, PathBuf>,
}

impl Installer {
    /// An installer for a modules folder, `.terraform/modules`. What an earlier one left half done is removed.
    pub fn new(dir: &Path) -> Installer {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        for entry in entries.filter(|e| e.file_name().to_string_lossy().ends_with(PARTIAL)) {
            // What cannot be removed now is in nobody's way.
            let _ = remove(&entry.path());
        }
        Installer { dir: dir.to_owned(), fetcher: Arc::new(Fetcher::new()), done: HashMap::new() }
    }

    /// Installs modules, those of one package with one download, and returns the folder of each, in order.
    pub async fn install(&mut self, orders: &[Order]) -> Vec<Result<PathBuf, FetchError>> {
        let mut failed = self.download(orders).await;
        let mut results = Vec::with_capacity(orders.len());
        for order in orders {
            results.push(match failed.remove(&order.key) {
                Some(error) => Err(error),
                None => self.place(order).await,
            });
        }
        results
    }

    /// Downloads the packages that are not there yet, each for the first who ordered it. Returns errors by key.
    async fn download(&mut self, orders: &[Order]) -> HashMap<String, FetchError> {
        let mut first: HashMap<&str, &Order> = HashMap::new();
        for order in orders.iter().filter(|o| !self.done.contains_key(&o.source.package)) {
            first.entry(&order.source.package).or_insert(order);
        }
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = JoinSet::new();
        for order in first.into_values().cloned() {
            let (fetcher, room, partial) = (self.fetcher.clone(), room.clone(), self.partial(&order.key));
            tasks.spawn(async move {
                let _place = room.acquire_owned().await;
                let result = fetched(&fetcher, &order, &partial).await;
                (order, partial, result)
            });
        }
        let mut failed = HashMap::new();
        while let Some(ended) = tasks.join_next().await {
            let Ok((order, partial, result)) = ended else { continue };
            let target = self.target(&order.key);
            match result.and_then(|()| replace(&partial, &target)) {
                Ok(()) => {
                    self.done.insert(order.source.package, target);
                }
                Err(error) => {
                    let _ = remove(&partial);
                    failed.insert(order.key, error);
                }
            }
        }
        failed
    }

    /// The folder of a module whose package has been downloaded, perhaps for another one.
    async fn place(&self, order: &Order) -> Result<PathBuf, FetchError> {
        let target = self.target(&order.key);
        let Some(package) = self.done.get(&order.source.package) else {
            return Err(FetchError::Address("The package could not be downloaded for another module.".into()));
        };
        if *package != target {
            let (from, partial) = (package.clone(), self.partial(&order.key));
            let copied = partial.clone();
            let copying = tokio::task::spawn_blocking(move || fetch::copy_folder(&from, &copied));
            copying.await.unwrap_or_else(|e| Err(FetchError::Address(format!("Copying was stopped: {e}."))))?;
            replace(&partial, &target)?;
        }
        fetch::subfolder(&target, &order.source.subdir)
    }

    fn target(&self, key: &str) -> PathBuf {
        self.dir.join(key)
    }

    fn partial(&self, key: &str) -> PathBuf {
        self.dir.join(format!(".{key}.{}{PARTIAL}", std::process::id()))
    }

    /// Takes modules out of the manifest on disk before their folders change, so that no record tells of another
    /// folder than it was made for, whenever the work is cut off.
    pub fn prepare(&self, manifest: &mut Manifest, orders: &[Order]) -> Result<(), crate::ManifestError> {
        orders.iter().for_each(|order| manifest.forget(&order.key));
        manifest.write(&self.dir)
    }
}

async fn fetched(fetcher: &Fetcher, order: &Order, partial: &Path) -> Result<(), FetchError> {
    remove(partial)?;
    if let Some(parent) = partial.parent() {
        let what = format!("The folder {} cannot be made", parent.display());
        std::fs::create_dir_all(parent).map_err(FetchError::disk(what))?;
    }
    fetcher.fetch(&order.source, partial).await
}

/// Moves a complete folder to its place, over whatever is there.
fn replace(from: &Path, to: &Path) -> Result<(), FetchError> {
    remove(to)?;
    let what = format!("The module cannot be moved to {}", to.display());
    std::fs::rename(from, to).map_err(FetchError::disk(what))
}

/// Removes a folder, a file or a link, if it is there.
fn remove(path: &Path) -> Result<(), FetchError> {
    let result = match std::fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
    };
    result.map_err(FetchError::disk(format!("{} cannot be removed", path.display())))
}
