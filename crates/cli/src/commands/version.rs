//! `terrane version`

use std::collections::BTreeMap;
use std::process::ExitCode;

use terrane_source::Diagnostics;

use super::Common;
use crate::Context;
use crate::project::Project;
use crate::views::requirements;

/// Show the version, and that of the providers that the configuration here needs
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    show(args.json, &selections(context))
}

/// The providers that the configuration needs, by address, with the versions whose types they have.
fn selections(context: &Context) -> BTreeMap<String, &'static str> {
    if Project::is_empty(&context.dir) {
        return BTreeMap::new();
    }
    let project = Project::load(&context.dir, &mut Diagnostics::new());
    let needs = project.program.modules.iter().flat_map(requirements::of_module);
    let aws =
        needs.filter(|need| need.provider.ty.as_ref() == "aws" && project.providers.get(&need.provider).is_some());
    aws.map(|need| (need.provider.to_string(), terrane_aws::MODELLED)).collect()
}

/// Writes the version, the language versions that are understood, and the versions of providers.
pub fn show(json: bool, providers: &BTreeMap<String, &str>) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    let platform = format!("{}_{}", system(std::env::consts::OS), processor(std::env::consts::ARCH));
    if json {
        let value = serde_json::json!({
            "terrane_version": version,
            "terraform_version": terrane_engine::LANGUAGE_VERSION,
            "platform": platform,
            "provider_selections": providers,
            "terraform_outdated": false,
        });
        outln!("{value:#}");
        return ExitCode::SUCCESS;
    }
    outln!(
        "Terrane v{version}\non {platform}\nunderstands configurations of Terraform up to 1.15 and OpenTofu up to 1.12"
    );
    for (provider, version) in providers {
        outln!("+ provider {provider} v{version}, built in");
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
