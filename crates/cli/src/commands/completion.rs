//! `terrane completion`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Common;
use crate::{Cli, Context};

/// Write a script that completes commands and flags in a shell
///
/// For bash: terrane completion bash > /etc/bash_completion.d/terrane
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, _: &Context) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "terrane", &mut script);
    out!("{}", String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
