//! `terrane version`

use std::process::ExitCode;

use super::Common;
use crate::Context;

/// Show the version
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, _: &Context) -> ExitCode {
    show(args.json)
}

/// Writes the version, and the language versions that are understood.
pub fn show(json: bool) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    let platform = format!("{}_{}", system(std::env::consts::OS), processor(std::env::consts::ARCH));
    if json {
        let value = serde_json::json!({
            "terrane_version": version,
            "terraform_version": "1.12.0",
            "platform": platform,
            "provider_selections": {},
            "terraform_outdated": false,
        });
        outln!("{value:#}");
    } else {
        outln!(
            "Terrane v{version}\non {platform}\nunderstands configurations of Terraform up to 1.15 and OpenTofu up to 1.12"
        );
    }
    ExitCode::SUCCESS
}

/// The name Terraform gives to an operating system.
fn system(name: &str) -> &str {
    if name == "macos" { "darwin" } else { name }
}

/// The name Terraform gives to a processor.
fn processor(name: &str) -> &str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
