//! The files of one folder as one list of blocks.

use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_syntax as syn;

use super::{json, merge};
use crate::world::{World, join};

/// The items of all configuration files of a folder, overrides merged in; `None` if it cannot be read.
pub(super) fn read(
    world: &dyn World,
    dir: &str,
    files: &mut Files,
    diags: &mut Diagnostics,
) -> std::io::Result<Vec<syn::Item>> {
    let (overrides, plain): (Vec<String>, Vec<String>) = names(world, dir)?.into_iter().partition(|n| is_override(n));
    let mut items = Vec::new();
    for name in plain {
        items.extend(parse(world, dir, &name, files, diags));
    }
    for name in overrides {
        merge::merge(&mut items, parse(world, dir, &name, files, diags), diags);
    }
    Ok(items)
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

fn parse(world: &dyn World, dir: &str, name: &str, files: &mut Files, diags: &mut Diagnostics) -> Vec<syn::Item> {
    let path = join(dir, name);
    let bytes = match world.read(&path) {
        Ok(bytes) => bytes,
        Err(e) => {
            let detail = format!("The configuration file \"{path}\" could not be read: {e}.");
            diags.error(Diagnostic::error("Failed to read file", detail));
            return Vec::new();
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        let detail = format!("The configuration file \"{path}\" is not valid UTF-8 text.");
        diags.error(Diagnostic::error("Invalid character encoding", detail));
        return Vec::new();
    };
    let file = files.add(path, text.as_str());
    if name.ends_with(".json") {
        return json::items(file, &text, diags);
    }
    syn::parse(file, &text, diags).items
}
