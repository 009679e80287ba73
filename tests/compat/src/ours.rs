//! What Terrane says of a folder.

use std::path::Path;

use terrane_lang::{Modules, Program};
use terrane_source::{Diagnostics, Files, Severity};

use crate::disk::Disk;

/// The configuration of a folder, loaded but not yet held against any schema.
pub struct Loaded {
    program: Program,
    /// The errors, each as `file:line: summary; detail`.
    pub errors: Vec<String>,
}

impl Loaded {
    /// Loads a folder and the local modules it calls; modules from elsewhere are taken for granted.
    pub fn of(dir: &Path) -> Loaded {
        let mut files = Files::new();
        let mut diags = Diagnostics::new();
        let program = terrane_lang::load(&Disk(dir.to_owned()), ".", &Modules::default(), &mut files, &mut diags);
        // What concerns names and values only, OpenTofu finds where it validates.
        diags.forget_deferred();
        let errors = diags
            .iter()
            .filter(|d| d.severity == Severity::Error && d.summary != "Module not installed")
            .map(|d| {
                let at = d.span.map(|s| format!("{}:{}: ", files.name(s.file), files.position(s.file, s.start).line));
                format!("{}{}; {}", at.unwrap_or_default(), d.summary, d.detail.lines().next().unwrap_or_default())
            })
            .collect();
        Loaded { program, errors }
    }

    /// Whether nothing has to be downloaded for it: all modules are local, all providers built in.
    pub fn is_self_contained(&self) -> bool {
        let builtin = |host: &str| host == "terraform.io";
        self.program.modules.iter().all(|module| {
            let contents = &module.contents;
            let required = contents.settings.required_providers.values().map(|r| &r.provider.host);
            let used = module.resource_providers.iter().map(|p| &p.provider.host);
            let configured = contents.providers.iter().map(|p| module.provider_of(&p.name.local).host);
            required.chain(used).all(|host| builtin(host))
                && configured.into_iter().all(|host| builtin(&host))
                && module.sources.iter().flatten().all(|s| s.source.to_string().starts_with('.'))
        })
    }
}
