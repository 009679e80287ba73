//! `terrane init -from-module=SOURCE`

use std::path::Path;

use terrane_address::{ModuleSource, RemoteSource};
use terrane_registry::{FetchError, Fetcher};
use terrane_source::{Diagnostic, Diagnostics};

use crate::Context;
use crate::project::{Project, data_dir};

/// Copies a module into the folder, which must not hold a configuration yet.
pub async fn copy(source: &str, context: &Context, diags: &mut Diagnostics) {
    if !Project::is_empty(&context.dir) {
        let detail = "The folder holds a configuration already; -from-module copies one only where there is none.";
        let error = Diagnostic::error("Configuration exists already", detail);
        diags.error(error.hint("Leave out -from-module to use the configuration that is here."));
        return;
    }
    let shown = terrane_address::without_secrets(source);
    context.view.say(&format!("Copying configuration from {shown:?}..."));
    if let Err((why, hint)) = fetch(source, &context.dir).await {
        let detail = format!("The module cannot be had from {shown:?}: {why}");
        let error = Diagnostic::error("Failed to download module", detail);
        diags.error(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
}

async fn fetch(source: &str, dir: &Path) -> Result<(), (String, Option<String>)> {
    let remote = match ModuleSource::parse(source).map_err(|e| (e.to_string(), e.hint()))? {
        ModuleSource::Remote(remote) => remote,
        ModuleSource::Local(path) => {
            let path = dir.join(path);
            let path = path.canonicalize().map_err(|e| (format!("{} cannot be used: {e}.", path.display()), None))?;
            RemoteSource { package: format!("file://{}", path.display()), subdir: String::new() }
        }
        ModuleSource::Registry(_) => return Err(explained(&FetchError::Registry)),
    };
    Fetcher::new().copy(&remote, &data_dir(dir), dir).await.map_err(|e| explained(&e))
}

fn explained(error: &FetchError) -> (String, Option<String>) {
    (error.to_string(), error.hint().map(str::to_owned))
}
