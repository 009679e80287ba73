//! `terrane init -from-module=SOURCE`

use std::path::Path;

use terrane_address::{ModuleSource, RemoteSource};
use terrane_registry::{FetchError, Fetcher};
use terrane_source::{Diagnostic, Diagnostics, Files};

use crate::Context;
use crate::project::{Project, data_dir};

/// Copies a module into the folder, which must not hold a configuration yet, and returns the files that errors are in.
pub async fn copy(source: &str, context: &Context, diags: &mut Diagnostics) -> Files {
    if !Project::is_empty(&context.dir) {
        let detail = "The folder holds a configuration already; -from-module copies one only where there is none.";
        let error = Diagnostic::error("Configuration exists already", detail);
        diags.error(error.hint("Leave out -from-module to use the configuration that is here."));
        return Files::default();
    }
    let shown = terrane_address::without_secrets(source);
    context.view.say(&format!("Copying configuration from {shown:?}..."));
    match fetch(source, &context.dir).await {
        Ok(remote) => check_parents(&remote, &context.dir, diags),
        Err((why, hint)) => {
            let detail = format!("The module cannot be had from {shown:?}: {why}");
            let error = Diagnostic::error("Failed to download module", detail);
            diags.error(match hint {
                Some(hint) => error.hint(hint),
                None => error,
            });
            Files::default()
        }
    }
}

/// Reports calls of modules beside the copied one: only what is below it was copied.
fn check_parents(remote: &RemoteSource, dir: &Path, diags: &mut Diagnostics) -> Files {
    let project = Project::load(dir, &mut Diagnostics::new());
    let Some(root) = project.program.modules.first() else { return project.files };
    for (call, source) in root.contents.calls.iter().zip(&root.sources) {
        let Some(ModuleSource::Local(path)) = source.as_ref().map(|source| &source.source) else { continue };
        let Some(subdir) = above(&remote.subdir, path) else { continue };
        let address = RemoteSource { package: remote.package.clone(), subdir }.to_string();
        let address = terrane_address::without_secrets(&address);
        let detail = format!(
            "The copied module calls the module {} by a path that leads out of its own folder: {path}. What is there was \
             not copied.",
            call.name
        );
        let error = Diagnostic::error("Root module references parent directory", detail).at(call.source_span);
        diags.error(error.hint(format!("Write where it comes from: source = {address:?}.")));
    }
    project.files
}

/// The folder within the package that `path` leads to from the folder `subdir`; `None` for what is in that folder or
/// outside of the package.
fn above(subdir: &str, path: &str) -> Option<String> {
    if !path.starts_with("../") && path != ".." {
        return None;
    }
    let mut folders: Vec<&str> = subdir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folders.pop()?),
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

/// Copies what a source names, and returns it as the address of a package and a folder in it.
async fn fetch(source: &str, dir: &Path) -> Result<RemoteSource, (String, Option<String>)> {
    let remote = match ModuleSource::parse(source).map_err(|e| (e.to_string(), e.hint()))? {
        ModuleSource::Remote(remote) => remote,
        ModuleSource::Local(path) => {
            let path = dir.join(path);
            let path = path.canonicalize().map_err(|e| (format!("{} cannot be used: {e}.", path.display()), None))?;
            RemoteSource { package: format!("file://{}", path.display()), subdir: String::new() }
        }
        ModuleSource::Registry(_) => return Err(explained(&FetchError::Registry)),
    };
    Fetcher::new().copy(&remote, &data_dir(dir), dir).await.map_err(|e| explained(&e))?;
    Ok(remote)
}

fn explained(error: &FetchError) -> (String, Option<String>) {
    (error.to_string(), error.hint().map(str::to_owned))
}
