//! hashicorp/local.

use std::io;
use std::path::Path as File;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use terrane_provider::Problem;
use terrane_value::{Path, Type, Value};

use super::{Field, Kind, Source, Surroundings, text};

pub(super) static KINDS: &[&dyn Kind] = &[&LocalFile { secret: false }, &LocalFile { secret: true }];
pub(super) static SOURCES: &[&dyn Source] = &[&FileSource];

const CONTENTS: [&str; 4] = ["content", "content_base64", "sensitive_content", "source"];

const DIGESTS: [&str; 6] =
    ["content_base64sha256", "content_base64sha512", "content_md5", "content_sha1", "content_sha256", "content_sha512"];

/// A file with a content.
struct LocalFile {
    /// Whether the content is not to be shown.
    secret: bool,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn sha1(bytes: &[u8]) -> String {
    hex(&Sha1::digest(bytes))
}

fn digests(bytes: &[u8]) -> Vec<(&'static str, Value)> {
    let all = [
        STANDARD.encode(Sha256::digest(bytes)),
        STANDARD.encode(Sha512::digest(bytes)),
        hex(&Md5::digest(bytes)),
        sha1(bytes),
        hex(&Sha256::digest(bytes)),
        hex(&Sha512::digest(bytes)),
    ];
    DIGESTS.into_iter().zip(all.map(Value::string)).collect()
}

fn failed(what: &str, file: &str, error: &io::Error) -> Problem {
    Problem::error("File cannot be written", format!("It was not possible to {what} {file:?}: {error}."))
        .at(Path::root().attr("filename"))
}

fn content(object: &Value) -> Result<Vec<u8>, Problem> {
    if let Some(encoded) = object.get("content_base64").and_then(Value::as_str) {
        return STANDARD.decode(encoded).map_err(|e| {
            Problem::error("Wrong content", format!("It is not base64: {e}.")).at(Path::root().attr("content_base64"))
        });
    }
    if let Some(source) = object.get("source").and_then(Value::as_str) {
        return std::fs::read(source).map_err(|e| failed("read", source, &e));
    }
    let secret = object.get("sensitive_content").and_then(Value::as_str);
    Ok(secret.unwrap_or_else(|| text(object, "content")).as_bytes().to_vec())
}

#[cfg(unix)]
fn permit(file: &File, mode: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bits = u32::from_str_radix(mode, 8).map_err(io::Error::other)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(bits))
}

#[cfg(not(unix))]
fn permit(_: &File, _: &str) -> io::Result<()> {
    Ok(())
}

/// Makes the folders above a file that are not there.
fn folders(file: &File, mode: &str) -> io::Result<()> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else {
        return Ok(());
    };
    folders(folder, mode)?;
    std::fs::create_dir(folder)?;
    permit(folder, mode)
}

fn write(object: &Value, bytes: &[u8]) -> io::Result<()> {
    let file = File::new(text(object, "filename"));
    folders(file, text(object, "directory_permission"))?;
    std::fs::write(file, bytes)?;
    permit(file, text(object, "file_permission"))
}

#[async_trait]
impl Kind for LocalFile {
    fn name(&self) -> &'static str {
        if self.secret { "local_sensitive_file" } else { "local_file" }
    }

    fn fields(&self) -> Vec<Field> {
        let mode = if self.secret { "0700" } else { "0777" };
        let hide = |field: Field| if self.secret { field.secret() } else { field };
        let mut all: Vec<Field> = DIGESTS.into_iter().map(|name| Field::computed(name, Type::String)).collect();
        all.extend([
            hide(Field::optional("content", Type::String)),
            hide(Field::optional("content_base64", Type::String)),
            Field::default("directory_permission", Value::string(mode)),
            Field::default("file_permission", Value::string(mode)),
            Field::required("filename", Type::String),
            Field::computed("id", Type::String),
            Field::optional("source", Type::String),
        ]);
        if !self.secret {
            let old = Field::optional("sensitive_content", Type::String).secret();
            all.push(old.deprecated("Use the local_sensitive_file resource instead"));
        }
        all
    }

    fn validate(&self, config: &Value) -> Vec<Problem> {
        let given = CONTENTS.iter().filter(|name| config.get(name).is_some_and(|value| !value.is_null())).count();
        let names = if self.secret {
            "content, content_base64 and source"
        } else {
            "content, content_base64, sensitive_content and source"
        };
        match given {
            1 => Vec::new(),
            n => vec![Problem::error("Wrong content", format!("Exactly one of {names} has to be set, not {n}."))],
        }
    }

    async fn create(&self, planned: &Value, _: &Surroundings) -> Result<Vec<(&'static str, Value)>, Problem> {
        let bytes = content(planned)?;
        write(planned, &bytes).map_err(|e| failed("write", text(planned, "filename"), &e))?;
        let mut made = digests(&bytes);
        made.push(("id", Value::string(sha1(&bytes))));
        Ok(made)
    }

    fn exists(&self, prior: &Value, _: &Surroundings) -> bool {
        std::fs::read(text(prior, "filename")).is_ok_and(|bytes| sha1(&bytes) == text(prior, "id"))
    }

    async fn delete(&self, prior: &Value) -> Result<(), Problem> {
        let file = text(prior, "filename");
        match std::fs::remove_file(file) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("delete", file, &e)),
            _ => Ok(()),
        }
    }
}

/// The content of a file that is there.
struct FileSource;

impl Source for FileSource {
    fn name(&self) -> &'static str {
        "local_file"
    }

    fn fields(&self) -> Vec<Field> {
        let computed = DIGESTS.into_iter().chain(["content", "content_base64", "id"]);
        let mut all: Vec<Field> = computed.map(|name| Field::computed(name, Type::String)).collect();
        all.push(Field::required("filename", Type::String));
        all
    }

    fn read(&self, config: &Value) -> Result<Vec<(&'static str, Value)>, Problem> {
        let file = text(config, "filename");
        let bytes = std::fs::read(file).map_err(|e| failed("read", file, &e))?;
        let mut found = digests(&bytes);
        found.push(("content", Value::string(String::from_utf8_lossy(&bytes).into_owned())));
        found.push(("content_base64", Value::string(STANDARD.encode(&bytes))));
        found.push(("id", Value::string(sha1(&bytes))));
        Ok(found)
    }
}
