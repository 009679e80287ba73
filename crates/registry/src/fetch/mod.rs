//! Packages, by the method that their addresses name.

mod archive;
mod checksum;
mod folder;
mod git;
mod http;
mod meta;
mod netrc;
mod tar;
mod zip;

use std::path::{Path, PathBuf};

use terrane_address::RemoteSource;
use url::Url;

use crate::FetchError;
use archive::Kind;
use checksum::Expected;
pub(crate) use folder::{copy_folder, subfolder};
use http::Http;

/// How many pages may lead from one to the next before there is a package.
const HOPS: usize = 10;

/// Fetches packages.
#[derive(Debug, Default)]
pub struct Fetcher {
    http: Http,
}

impl Fetcher {
    /// A fetcher with the proxies of the environment.
    pub fn new() -> Fetcher {
        Fetcher::default()
    }

    /// Brings a whole package to a folder that is not there yet; what comes before an error stays.
    pub async fn fetch(&self, source: &RemoteSource, into: &Path) -> Result<(), FetchError> {
        let mut source = source.clone();
        for _ in 0..HOPS {
            let wanted = Wanted::of(&source)?;
            let next = match source.method() {
                "git" => return git::clone(&wanted.url, into).await,
                "http" | "https" => self.over_http(&wanted, into).await?,
                "file" => return file(&wanted, into).await,
                other => return Err(FetchError::Unsupported(other.to_owned())),
            };
            match next {
                None => return Ok(()),
                Some(next) if next.subdir.is_empty() => source = next,
                Some(next) => return self.part(&next, into).await,
            }
        }
        Err(FetchError::Endless(terrane_address::without_secrets(&source.package)))
    }

    /// Copies the folder that a source names into a folder that is there already, by way of a folder for what is
    /// needed meanwhile.
    pub async fn copy(&self, source: &RemoteSource, temporary: &Path, into: &Path) -> Result<(), FetchError> {
        let what = format!("The folder {} cannot be made", temporary.display());
        std::fs::create_dir_all(temporary).map_err(FetchError::disk(what))?;
        let whole = temporary.join(format!(".package.{}.partial", std::process::id()));
        let _guard = Temporary(whole.clone());
        self.fetch(source, &whole).await?;
        let (from, into) = (subfolder(&whole, &source.subdir)?, into.to_owned());
        let from = from.canonicalize().map_err(FetchError::disk(format!("{} cannot be used", from.display())))?;
        blocking(move || copy_folder(&from, &into)).await
    }

    /// Fetches a package that a page named, of which only one folder is wanted.
    async fn part(&self, source: &RemoteSource, into: &Path) -> Result<(), FetchError> {
        let whole = beside(into, "whole");
        let _guard = Temporary(whole.clone());
        let package = RemoteSource { subdir: String::new(), ..source.clone() };
        Box::pin(self.fetch(&package, &whole)).await?;
        let (from, into) = (subfolder(&whole, &source.subdir)?, into.to_owned());
        blocking(move || copy_folder(&from, &into)).await
    }

    /// Fetches an archive, or asks a page where the package is.
    async fn over_http(&self, wanted: &Wanted, into: &Path) -> Result<Option<RemoteSource>, FetchError> {
        let Some(kind) = wanted.kind else {
            if wanted.checksum.is_some() {
                return Err(FetchError::Address("Only archives have a checksum; the source names none.".into()));
            }
            return self.http.where_is(&wanted.url).await.map(Some);
        };
        let file = beside(into, "archive");
        let _guard = Temporary(file.clone());
        self.http.download(&wanted.url, &file).await?;
        if let Some(expected) = &wanted.checksum {
            self.verify(expected, &wanted.url, &file).await?;
        }
        let into = into.to_owned();
        blocking(move || archive::unpack(kind, &file, &into)).await.map(|()| None)
    }

    async fn verify(&self, expected: &Expected, url: &Url, file: &Path) -> Result<(), FetchError> {
        let sum = match expected {
            Expected::Sum(sum) => sum.clone(),
            Expected::File(list) => {
                let text = self.http.text(list).await?;
                checksum::in_list(&text, list, url)?
            }
        };
        let (file, shown) = (file.to_owned(), http::shown(url));
        blocking(move || checksum::check(&sum, &file, &shown)).await
    }
}

/// What an address asks for, its own parameters taken out of the query.
struct Wanted {
    url: Url,
    kind: Option<Kind>,
    checksum: Option<Expected>,
}

impl Wanted {
    fn of(source: &RemoteSource) -> Result<Wanted, FetchError> {
        let text = source.url();
        let mut url = Url::parse(text).map_err(|e| {
            let shown = terrane_address::without_secrets(text);
            FetchError::Address(format!("The address {shown} is no URL: {e}."))
        })?;
        let archive = take_parameter(&mut url, "archive");
        let kind = Kind::of(archive.as_deref(), url.path())?;
        let checksum = take_parameter(&mut url, "checksum").map(|text| Expected::parse(&text)).transpose()?;
        Ok(Wanted { url, kind, checksum })
    }
}

/// Takes a parameter out of a query; the others stay as they are written.
fn take_parameter(url: &mut Url, name: &str) -> Option<String> {
    let value = url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())?;
    let rest: Vec<String> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| pair.split('=').next() != Some(name))
        .map(str::to_owned)
        .collect();
    url.set_query(Some(rest.join("&")).filter(|q| !q.is_empty()).as_deref());
    Some(value).filter(|v| !v.is_empty())
}

/// A folder or an archive of this machine: the folder is linked, as OpenTofu does.
async fn file(wanted: &Wanted, into: &Path) -> Result<(), FetchError> {
    let path = wanted.url.to_file_path().map_err(|()| {
        FetchError::Address(format!("The address {} names no path of this machine.", http::shown(&wanted.url)))
    })?;
    let found = std::fs::metadata(&path).map_err(FetchError::disk(format!("{} cannot be used", path.display())))?;
    let into = into.to_owned();
    match wanted.kind {
        Some(kind) if found.is_file() => {
            let sum = match &wanted.checksum {
                Some(Expected::Sum(sum)) => Some(sum.clone()),
                Some(Expected::File(_)) => {
                    let why = "The checksum of a local archive is written in the source itself: checksum=sha256:…";
                    return Err(FetchError::Address(why.into()));
                }
                None => None,
            };
            blocking(move || {
                sum.map_or(Ok(()), |sum| checksum::check(&sum, &path, &path.display().to_string()))?;
                archive::unpack(kind, &path, &into)
            })
            .await
        }
        _ if found.is_dir() => {
            let what = format!("{} cannot be linked", path.display());
            std::os::unix::fs::symlink(&path, &into).map_err(FetchError::disk(what))
        }
        _ => Err(FetchError::Address(format!("{} is neither a folder nor an archive.", path.display()))),
    }
}

/// A path beside another, for what is needed on the way to it.
fn beside(path: &Path, name: &str) -> PathBuf {
    let own = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{}.{name}.partial", own.trim_end_matches(".partial")))
}

/// Removes what is at a path when it is dropped.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing depends on it; the next run tries again.
        let _ = match std::fs::symlink_metadata(&self.0) {
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(&self.0),
            _ => std::fs::remove_file(&self.0),
        };
    }
}

/// Runs what waits for the disk where it holds up nothing else.
async fn blocking(work: impl FnOnce() -> Result<(), FetchError> + Send + 'static) -> Result<(), FetchError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|e| Err(FetchError::Archive(format!("the work was stopped: {e}"))))
}
