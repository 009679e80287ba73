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
    let platform = format!("{}_{}", std::env::consts::OS, std::env::consts::ARCH);
    if json {
        let value = serde_json::json!({
            "terrane_version": version,
            "terraform_version": "1.12.0",
            "platform": platform,
            "provider_selections": {},
            "terraform_outdated": false,
        });
        println!("{value:#}");
    } else {
        println!(
            "Terrane v{version}\non {platform}\nunderstands configurations of Terraform up to 1.15 and OpenTofu up to 1.12"
        );
    }
    ExitCode::SUCCESS
}
