//! Where state is to be kept in ways that are not supported.

use terrane_source::Diagnostic;

use crate::Program;

/// What the root module asks for that no state may be read or written without; an error for each.
///
/// Configuration that asks for it is valid all the same.
pub fn unsupported(program: &Program) -> Vec<Diagnostic> {
    let settings = &program.root().contents.settings;
    let cloud = settings.cloud.map(|span| {
        let detail = "HCP Terraform and Terraform Enterprise is not supported by Terrane.";
        Diagnostic::error("Unsupported cloud block", detail).at(span).hint("Use a backend block instead.")
    });
    cloud.into_iter().collect()
}
