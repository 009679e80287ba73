//! Why a package cannot be had.

use std::io;

/// Why a package cannot be had. No message holds a password, a key or a token.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Packages are not fetched in this way.
    #[error("Packages cannot be fetched with \"{0}\".")]
    Unsupported(String),
    /// Registries are not asked yet.
    #[error("Modules of registries cannot be downloaded by this version of Terrane.")]
    Registry,
    /// The program `git` is missing.
    #[error("The program \"git\" is needed for this source, and is not on the PATH.")]
    NoGit,
    /// The program `git` failed.
    #[error("The command \"git {command}\" failed:\n{stderr}")]
    Git {
        /// Its arguments.
        command: String,
        /// What it said.
        stderr: String,
    },
    /// No commit, branch or tag of that name.
    #[error("The repository has no branch, tag or commit named \"{0}\".")]
    NoRef(String),
    /// The server answered with another status than success.
    #[error("The server answered {status} to GET {url}.")]
    Status {
        /// The address asked.
        url: String,
        /// Its answer.
        status: u16,
    },
    /// The server cannot be reached, or stopped in the middle.
    #[error("GET {url} failed: {why}.")]
    Transport {
        /// The address asked.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// Too many redirects, of HTTP or by `X-Terraform-Get`.
    #[error("GET {0} leads from one address to the next without end.")]
    Endless(String),
    /// A page that names no package.
    #[error(
        "The answer to GET {0} is no archive by its name, and names no package: it has neither the header \
         X-Terraform-Get nor a <meta name=\"terraform-get\">."
    )]
    NoPackage(String),
    /// The content is not what the checksum promises.
    #[error("The checksum of {url} is {found}, but {expected} was expected.")]
    Checksum {
        /// The address asked.
        url: String,
        /// The checksum in the source.
        expected: String,
        /// The checksum of what came.
        found: String,
    },
    /// An archive that cannot be unpacked, or must not be.
    #[error("The archive cannot be unpacked: {0}.")]
    Archive(String),
    /// Something about the address is wrong; a full sentence.
    #[error("{0}")]
    Address(String),
    /// The folder after `//` is not in the package.
    #[error("The package has no folder \"{0}\".")]
    NoSubdir(String),
    /// The folder after `//` is not one alone.
    #[error("The pattern \"{pattern}\" stands for several folders of the package: {}.", found.join(", "))]
    Subdirs {
        /// The folder as written.
        pattern: String,
        /// What it stands for.
        found: Vec<String>,
    },
    /// A file or folder of this machine.
    #[error("{what}: {error}.")]
    Disk {
        /// What was tried.
        what: String,
        /// What the system said.
        error: io::Error,
    },
}

impl FetchError {
    /// The error of the system while something was tried.
    pub(crate) fn disk(what: impl Into<String>) -> impl FnOnce(io::Error) -> FetchError {
        let what = what.into();
        move |error| FetchError::Disk { what, error }
    }

    /// What to do about it, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            FetchError::Unsupported(method) => Some(match method.as_str() {
                "hg" => "Use a git repository or an archive: git::https://…, https://…/module.zip",
                "s3" | "gcs" => {
                    "Use an address that needs no credentials of the cloud, such as a presigned https:// one, or copy \
                     the module into a folder of the project."
                }
                "oci" => "Packages in OCI registries come with a later version; use git:: or https:// until then.",
                "ssh" => "For a git repository write git::ssh://… instead.",
                _ => {
                    "Known are git::…, https://…, http://…, file://… and short forms such as github.com/owner/repository."
                }
            }),
            FetchError::Registry => Some(
                "Name the repository or archive of the module itself, such as \
                 git::https://example.com/module.git?ref=v1.2.0; a folder that \"tofu init\" or \"terraform init\" has \
                 prepared can be used as it is.",
            ),
            FetchError::NoGit => Some("Install git, or use an archive: https://…/module.zip"),
            FetchError::Status { status: 401 | 403, .. } => {
                Some("Credentials for the host are taken from ~/.netrc, or the file that NETRC names.")
            }
            _ => None,
        }
    }
}
