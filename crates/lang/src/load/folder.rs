//! The files of one folder as one list of blocks.

use std::sync::Arc;

use terrane_source::{Diagnostic, Diagnostics, FileId, Files};
use terrane_syntax as syn;

use super::encryption;
use super::json;
use super::merge::Merge;
use crate::world::{World, join};

/// The texts of a folder's configuration files.
#[derive(Default)]
pub(super) struct Folder {
    plain: Vec<Source>,
    overrides: Vec<Source>,
    /// What the environment says of encryption.
    encryption: Option<Source>,
}

struct Source {
    file: FileId,
    text: Arc<str>,
    is_json: bool,
}

/// Reads the configuration files of a folder; an error is returned if it cannot be listed.
pub(super) fn read(
    world: &dyn World,
    dir: &str,
    files: &mut Files,
    diags: &mut Diagnostics,
) -> std::io::Result<Folder> {
    let (overrides, plain): (Vec<String>, Vec<String>) = names(world, dir)?.into_iter().partition(|n| is_override(n));
    let mut sources =
        |names: Vec<String>| names.iter().filter_map(|name| source(world, dir, name, files, diags)).collect();
    Ok(Folder { plain: sources(plain), overrides: sources(overrides), encryption: None })
}

impl Folder {
    /// The items of all files, overrides merged in.
    pub(super) fn items<'t>(&'t self, arena: &'t syn::Arena, diags: &mut Diagnostics) -> Vec<syn::Item<'t>> {
        let mut items = Vec::new();
        for source in &self.plain {
            items.extend(source.items(arena, diags));
        }
        if self.overrides.is_empty() && self.encryption.is_none() {
            return items;
        }
        let mut merge = Merge::new(&items);
        for source in &self.overrides {
            merge.apply(&source.items(arena, diags), diags);
        }
        if let Some(source) = &self.encryption {
            merge.apply(&[encryption::overriding(source.file, &source.text, arena, diags)], diags);
        }
        merge.finish(arena)
    }

    /// The folder with what the environment says of encryption, which changes what its files say.
    pub(super) fn with_encryption(mut self, text: &str, files: &mut Files) -> Folder {
        let text: Arc<str> = text.into();
        let file = files.add(encryption::VARIABLE, encryption::without_texts(&text));
        self.encryption = Some(Source { file, text, is_json: false });
        self
    }
}

impl Source {
    fn items<'t>(&'t self, arena: &'t syn::Arena, diags: &mut Diagnostics) -> Vec<syn::Item<'t>> {
        match self.is_json {
            true => json::items(self.file, &self.text, arena, diags),
            false => syn::parse(self.file, &self.text, arena, diags).items.iter().collect(),
        }
    }
}

/// The configuration files of a folder, sorted; a `.tofu` file stands in for the `.tf` file of the same name.
fn names(world: &dyn World, dir: &str) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = world.list(dir)?.into_iter().filter(|e| !e.is_dir).map(|e| e.name).collect();
    let is_config = |n: &String| [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().any(|ext| n.ends_with(ext));
    let is_hidden = |n: &String| n.starts_with('.') || n.ends_with('~') || (n.starts_with('#') && n.ends_with('#'));
    names.retain(|n| is_config(n) && !is_hidden(n));
    names.sort();
    let all = names.clone();
    let replaced = |name: &str| match (name.strip_suffix(".tf"), name.strip_suffix(".tf.json")) {
        (Some(stem), _) => all.contains(&format!("{stem}.tofu")),
        (_, Some(stem)) => all.contains(&format!("{stem}.tofu.json")),
        _ => false,
    };
    names.retain(|n| !replaced(n));
    Ok(names)
}

fn is_override(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    stem == "override" || stem.ends_with("_override")
}

/// The text of a file; `None` if there is an error, which is reported.
fn source(world: &dyn World, dir: &str, name: &str, files: &mut Files, diags: &mut Diagnostics) -> Option<Source> {
    let path = join(dir, name);
    let bytes = match world.read(&path) {
        Ok(bytes) => bytes,
        Err(e) => {
            let detail = format!("The configuration file \"{path}\" could not be read: {e}.");
            diags.error(Diagnostic::error("Failed to read file", detail));
            return None;
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        let detail = format!("The configuration file \"{path}\" is not valid UTF-8 text.");
        diags.error(Diagnostic::error("Invalid character encoding", detail));
        return None;
    };
    let text: Arc<str> = text.into();
    Some(Source { file: files.add(path, text.clone()), text, is_json: name.ends_with(".json") })
}
