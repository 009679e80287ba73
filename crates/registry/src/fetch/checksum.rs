//! Checksums of archives: `checksum=sha256:…`, `checksum=…`, `checksum=file:https://…`.

use std::fs::File;
use std::io;
use std::path::Path;

use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha512};
use url::Url;

use crate::FetchError;

/// What a source says about the checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The checksum itself.
    Sum(Sum),
    /// A list that holds it.
    File(Url),
}

/// One checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    algorithm: &'static str,
    /// In small hexadecimal digits.
    value: String,
}

/// Algorithms by the length of their checksums in digits.
const ALGORITHMS: &[(&str, usize)] = &[("md5", 32), ("sha1", 40), ("sha256", 64), ("sha512", 128)];

impl Expected {
    pub(super) fn parse(text: &str) -> Result<Expected, FetchError> {
        match text.split_once(':') {
            Some(("file", url)) => Url::parse(url)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .map(Expected::File)
                .ok_or_else(|| {
                    wrong(format!("the list of checksums must be at an http:// or https:// address, not {url}"))
                }),
            Some((algorithm, value)) => Sum::of(algorithm, value).map(Expected::Sum),
            None => Sum::guessed(text).map(Expected::Sum),
        }
    }
}

impl Sum {
    fn of(algorithm: &str, value: &str) -> Result<Sum, FetchError> {
        let known = ALGORITHMS.iter().find(|(name, _)| algorithm.eq_ignore_ascii_case(name));
        let Some((name, digits)) = known else {
            return Err(wrong(format!("{algorithm:?} is no algorithm; known are md5, sha1, sha256 and sha512")));
        };
        if value.len() != *digits || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong(format!("a checksum of {name} has {digits} hexadecimal digits, {value:?} has not")));
        }
        Ok(Sum { algorithm: name, value: value.to_ascii_lowercase() })
    }

    fn guessed(value: &str) -> Result<Sum, FetchError> {
        match ALGORITHMS.iter().find(|(_, digits)| *digits == value.len()) {
            Some((name, _)) => Sum::of(name, value),
            None => Err(wrong(format!("the length of {value:?} is that of no known algorithm"))),
        }
    }
}

fn wrong(why: String) -> FetchError {
    FetchError::Address(format!("The parameter \"checksum\" is wrong: {why}."))
}

/// Compares a file with a checksum.
pub(super) fn check(sum: &Sum, file: &Path, shown: &str) -> Result<(), FetchError> {
    let found = match sum.algorithm {
        "md5" => digest::<Md5>(file),
        "sha1" => digest::<Sha1>(file),
        "sha256" => digest::<Sha256>(file),
        _ => digest::<Sha512>(file),
    };
    let found = found.map_err(FetchError::disk(format!("{} cannot be read", file.display())))?;
    if found == sum.value {
        return Ok(());
    }
    let with_name = |value: &str| format!("{}:{value}", sum.algorithm);
    Err(FetchError::Checksum { url: shown.into(), expected: with_name(&sum.value), found: with_name(&found) })
}

struct Sink<D>(D);

impl<D: Digest> io::Write for Sink<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn digest<D: Digest>(file: &Path) -> io::Result<String> {
    let mut sink = Sink(D::new());
    io::copy(&mut File::open(file)?, &mut sink)?;
    Ok(sink.0.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// The checksum of an archive in a list in the style of GNU (`sum  name`) or BSD (`SHA256 (name) = sum`).
pub(super) fn in_list(text: &str, list: &Url, archive: &Url) -> Result<Sum, FetchError> {
    let file = archive.path().rsplit('/').next().unwrap_or_default();
    let found = text
        .lines()
        .filter_map(line)
        .find(|(_, name)| name.is_none_or(|name| name.trim_start_matches(['*', '?']).rsplit('/').next() == Some(file)));
    match found {
        Some((sum, _)) => Ok(sum),
        None => Err(wrong(format!("the list {} has no checksum of {file}", super::http::shown(list)))),
    }
}

fn line(text: &str) -> Option<(Sum, Option<&str>)> {
    match *text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [algorithm, name, "=", value] => {
            let name = name.strip_prefix('(')?.strip_suffix(')')?;
            Some((Sum::of(algorithm, value).ok()?, Some(name)))
        }
        [value, name] => Some((Sum::guessed(value).ok()?, Some(name))),
        [value, ..] => Some((Sum::guessed(value).ok()?, None)),
        [] => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    #[test]
    fn what_a_source_may_say() {
        let sum = |text: &str| match Expected::parse(text) {
            Ok(Expected::Sum(sum)) => format!("{}:{}", sum.algorithm, sum.value),
            Ok(Expected::File(url)) => format!("list {url}"),
            Err(e) => e.to_string(),
        };
        assert_eq!(sum(MD5), format!("md5:{MD5}"));
        assert_eq!(sum(&format!("MD5:{}", MD5.to_uppercase())), format!("md5:{MD5}"));
        assert_eq!(sum("file:https://h/sums"), "list https://h/sums");
        for text in ["file:/etc/passwd", "crc:00", "sha256:00", "zz", "md5:zz1d8cd98f00b204e9800998ecf8427e"] {
            assert!(sum(text).contains("checksum"), "{text}");
        }
    }

    #[test]
    fn lists_are_in_two_styles() {
        let (list, archive) = (Url::parse("https://h/s").unwrap(), Url::parse("https://h/a/x.zip").unwrap());
        let found = |text: &str| in_list(text, &list, &archive).map(|s| s.value).ok();
        let other = "0".repeat(32);
        assert_eq!(found(&format!("{other}  y.zip\n{MD5} *x.zip\n")).as_deref(), Some(MD5));
        assert_eq!(found(&format!("MD5 (x.zip) = {MD5}")).as_deref(), Some(MD5));
        assert_eq!(found(&format!("{MD5} ./a/x.zip")).as_deref(), Some(MD5));
        assert_eq!(found(MD5).as_deref(), Some(MD5));
        assert_eq!(found(&format!("{other}  y.zip\n")), None);
    }
}
