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
    let encryption = settings.encryption.map(|span| {
        let detail = "Encryption of state and plan files is not supported by Terrane yet. Since the configuration asks \
                      for it, nothing is read or written unencrypted instead.";
        Diagnostic::error("Unsupported encryption block", detail).at(span).hint(
            "Use OpenTofu for this configuration; or remove the block, after OpenTofu has written the state without \
             encryption, and let the backend encrypt what it stores.",
        )
    });
    cloud.into_iter().chain(encryption).collect()
}
