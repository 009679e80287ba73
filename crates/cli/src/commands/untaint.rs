//! `terrane untaint`

use std::process::ExitCode;

use super::Common;
use super::taint::{Mark, Marking, mark};
use crate::Context;

/// Take back that an object is tainted, so that the next plan does not replace it
///
/// Changes the state only: for an object that was made by a failed run but turned out to be sound.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    marking: Marking,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    mark(&args.marking, Mark::Sound, &args.common, context).await
}
