//! Functions of files and their paths.

use std::io::ErrorKind;

use terrane_value::{Type, Value};

use super::call::Call;
use super::signature::{a_bool, a_string};
use super::{ArgError, Function, Param, base64, glob};
use crate::world::clean;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abspath", &[PATH], a_string, |c| Ok(clean(&c.world.absolute(c.text(0))).into())),
    Function::new("basename", &[PATH], a_string, |c| Ok(basename(c.text(0)).into())),
    Function::new("dirname", &[PATH], a_string, |c| Ok(dirname(c.text(0)).into())),
    Function::new("file", &[PATH], a_string, file),
    Function::new("filebase64", &[PATH], a_string, |c| Ok(base64::encode(content(c, 0)?).into())),
    Function::new("fileexists", &[PATH], a_bool, fileexists),
    Function::new("fileset", &[PATH, Param::string("pattern")], |_| Ok(Type::set(Type::String)), fileset),
    Function::new("pathexpand", &[PATH], a_string, |c| Ok(expanded(c, 0)?.into())),
];

const PATH: Param = Param::string("path");

fn basename(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed.rsplit('/').next()) {
        ("", _) => ".",
        (_, Some("") | None) => "/",
        (_, Some(name)) => name,
    }
}

fn dirname(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) => "/".into(),
        Some((dir, _)) => clean(dir),
        None => ".".into(),
    }
}

/// The path given to a parameter, with a `~` at its beginning replaced by the home folder.
fn expanded(call: &Call<'_>, at: usize) -> Result<String, ArgError> {
    let path = call.text(at);
    let Some(rest) = path.strip_prefix('~') else { return Ok(path.into()) };
    if !rest.is_empty() && !rest.starts_with('/') {
        let path = call.shown(path);
        return Err(ArgError::at(at, format!("in {path}, only your own home folder can be meant by ~, not another's")));
    }
    match call.world.home() {
        Some(home) => Ok(clean(&format!("{home}{rest}"))),
        None => Err(ArgError::at(at, "the home folder that ~ stands for is not known; set HOME")),
    }
}

/// The content of the file that a parameter names.
pub fn content(call: &Call<'_>, at: usize) -> Result<Vec<u8>, ArgError> {
    let path = expanded(call, at)?;
    call.world.read(&path).map_err(|e| {
        let path = call.shown(&path);
        ArgError::at(at, match e.kind() {
            ErrorKind::NotFound => format!(
                "there is no file {path}; functions read files that exist before the run begins. If a resource makes \
                 this file, take what is needed from an attribute of that resource instead"
            ),
            ErrorKind::IsADirectory => format!("{path} is a folder, not a file"),
            _ => format!("the file {path} cannot be read: {e}"),
        })
    })
}

fn file(call: &Call<'_>) -> Result<Value, ArgError> {
    String::from_utf8(content(call, 0)?).map(Value::from).map_err(|_| {
        let path = call.shown(call.text(0));
        let instead = "use filebase64 for its content in Base64, or a function as filesha256 for its hash";
        ArgError::at(0, format!("the file {path} is no text in UTF-8; {instead}"))
    })
}

fn fileexists(call: &Call<'_>) -> Result<Value, ArgError> {
    let path = clean(&expanded(call, 0)?);
    let is_folder = || ArgError::at(0, format!("{} is a folder, not a file", call.shown(call.text(0))));
    let (dir, name) = match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((dir, name)) => (dir, name),
        None => (".", path.as_str()),
    };
    if matches!(name, "" | "." | "..") {
        return Err(is_folder());
    }
    match call.world.list(dir) {
        Ok(entries) => match entries.iter().find(|entry| entry.name == name) {
            Some(entry) if entry.is_dir => Err(is_folder()),
            entry => Ok(entry.is_some().into()),
        },
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false.into()),
        // A file may be readable in a folder of which the names are not.
        Err(_) => Ok(call.world.read(&path).is_ok().into()),
    }
}

fn fileset(call: &Call<'_>) -> Result<Value, ArgError> {
    let dir = clean(&expanded(call, 0)?);
    let found = glob::files(call.world, &dir, call.text(1)).map_err(|problem| match problem {
        glob::Problem::Pattern(why) => {
            ArgError::at(1, format!("{} is not a valid pattern: {why}", call.shown(call.text(1))))
        }
        glob::Problem::Folder(folder, e) => {
            ArgError::at(0, format!("the folder {} cannot be read: {e}", call.shown(&folder)))
        }
    })?;
    Ok(Value::set(Type::String, found.into_iter().map(Value::from)))
}
