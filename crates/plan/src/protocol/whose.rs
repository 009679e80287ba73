//! Whose fault an answer is.

use terrane_address::Provider;

/// A provider, as far as complaints about it go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'a> {
    /// Its source address.
    pub provider: &'a Provider,
    /// Whether it is part of this program.
    pub native: bool,
}

impl Whose<'_> {
    /// Says whose bug an answer is that breaks a promise, and who wants to know.
    pub fn bug(&self) -> String {
        match self.native {
            true => format!(
                "This is a bug in Terrane's {} provider, not in your configuration; please report it to Terrane.",
                self.provider.ty
            ),
            false => format!(
                "This is a bug in the provider {}, not in your configuration; please report it to its maintainers.",
                self.provider
            ),
        }
    }
}
