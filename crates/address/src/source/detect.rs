//! Short forms of package addresses, and what they stand for.

use super::url::{is_absolute, sorted_query};
use super::{SourceError, clean};

/// The method that an address names before `::`, and the rest.
pub(super) fn forced(text: &str) -> (Option<&str>, &str) {
    match text.split_once("::") {
        Some((method, rest))
            if !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphanumeric()) && !rest.is_empty() =>
        {
            (Some(method), rest)
        }
        _ => (None, text),
    }
}

/// The address without the part after `//`, and that part as it is written. A query belongs to the address.
pub(super) fn cut_subdir(text: &str) -> (String, String) {
    let (before, query) = match text.split_once('?') {
        Some((before, query)) => (before, format!("?{query}")),
        None => (text, String::new()),
    };
    let start = before.find("://").map_or(0, |i| i + 3);
    match before[start..].find("//") {
        None => (text.into(), String::new()),
        Some(at) => {
            let (address, subdir) = (&before[..start + at], &before[start + at + 2..]);
            (format!("{address}{query}"), subdir.into())
        }
    }
}

/// The full form of an address.
pub(super) fn detect(text: &str) -> Result<String, SourceError> {
    let (method, rest) = forced(text);
    let (address, subdir) = cut_subdir(rest);
    if is_absolute(&address) {
        return Ok(text.into());
    }
    let found = short_form(&address)?;
    let (implied, found) = forced(&found);
    let (found, inner) = cut_subdir(found);
    let subdir = match (inner.is_empty(), subdir.is_empty()) {
        (false, false) => clean(&format!("{inner}/{subdir}")),
        (false, true) => inner,
        (true, _) => subdir,
    };
    let full = match (subdir.is_empty(), found.split_once('?')) {
        (true, _) => found,
        (false, Some((base, query))) => format!("{base}//{subdir}?{query}"),
        (false, None) => format!("{found}//{subdir}"),
    };
    Ok(match method.or(implied) {
        Some(method) => format!("{method}::{full}"),
        None => full,
    })
}

fn short_form(address: &str) -> Result<String, SourceError> {
    let (path, query) = address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query)));
    let with_query = |url: String| match query {
        Some(query) if !query.is_empty() => format!("{url}?{query}"),
        _ => url,
    };
    if path.starts_with("github.com/") {
        return github(path).map(with_query);
    }
    if let Some(found) = git_over_ssh(address) {
        return Ok(found);
    }
    if path.starts_with("bitbucket.org/") {
        let end = if path.ends_with(".git") { "" } else { ".git" };
        return Ok(with_query(format!("git::https://{path}{end}")));
    }
    if address.contains(".googleapis.com/") {
        return google(address);
    }
    if address.contains(".amazonaws.com/") {
        return amazon(address);
    }
    match address.strip_prefix('/') {
        Some(rest) => Ok(format!("file:///{rest}")),
        None => Err(SourceError::Unknown(address.into())),
    }
}

fn github(path: &str) -> Result<String, SourceError> {
    let parts: Vec<&str> = path.split('/').collect();
    let [host, owner, repository, inner @ ..] = parts.as_slice() else {
        let why = "A repository at GitHub is written as github.com/owner/repository.";
        return Err(SourceError::Incomplete(why.into()));
    };
    let end = if repository.ends_with(".git") { "" } else { ".git" };
    let inner = if inner.is_empty() { String::new() } else { format!("//{}", inner.join("/")) };
    Ok(format!("git::https://{host}/{owner}/{repository}{end}{inner}"))
}

/// `git@host:path`
fn git_over_ssh(address: &str) -> Option<String> {
    let (host, rest) = address.strip_prefix("git@")?.split_once(':')?;
    let rest = rest.strip_prefix('/').filter(|r| !r.is_empty()).unwrap_or(rest);
    if host.is_empty() || rest.is_empty() {
        return None;
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query = sorted_query(query);
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!("git::ssh://git@{host}/{path}{mark}{query}"))
}

fn google(address: &str) -> Result<String, SourceError> {
    let parts: Vec<&str> = address.split('/').collect();
    let [_, _, version, bucket, object @ ..] = parts.as_slice() else {
        let why = "An object of Google Cloud Storage is written as www.googleapis.com/storage/v1/bucket/object.";
        return Err(SourceError::Incomplete(why.into()));
    };
    Ok(format!("gcs::https://www.googleapis.com/storage/{version}/{bucket}/{}", object.join("/")))
}

fn amazon(address: &str) -> Result<String, SourceError> {
    let (host, rest) = address.split_once('/').unwrap_or((address, ""));
    let labels: Vec<&str> = host.split('.').collect();
    match *labels.as_slice() {
        [region, _, _] => Ok(format!("s3::https://{region}.amazonaws.com/{rest}")),
        [bucket, region, _, _] => Ok(format!("s3::https://{region}.amazonaws.com/{bucket}/{rest}")),
        [bucket, "s3", region, _, _] => Ok(format!("s3::https://s3.{region}.amazonaws.com/{bucket}/{rest}")),
        _ => {
            let why = "An object in S3 is written as s3-region.amazonaws.com/bucket/object.";
            Err(SourceError::Incomplete(why.into()))
        }
    }
}
