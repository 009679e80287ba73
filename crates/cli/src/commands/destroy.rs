//! `terrane destroy`

use std::process::ExitCode;

use super::apply;
use crate::Context;

/// The flags of apply.
pub type Args = apply::Args;

/// Runs the command.
pub async fn run(mut args: Args, context: &Context) -> ExitCode {
    args.planning.destroy = true;
    apply::run(args, context).await
}
