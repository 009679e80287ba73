//! The commands: one file each, one line each in the list below.

mod apply;
mod completion;
mod console;
mod destroy;
mod fmt;
mod force_unlock;
mod import;
mod init;
pub mod output;
mod plan;
mod run;
mod show;
mod state;
mod validate;
pub mod version;

use std::process::ExitCode;

use clap::Subcommand;

use crate::Context;
pub use run::Work;

/// Makes the enum of all commands and passes each on to its file.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident => $file:ident,)*) => {
        /// What the program can do.
        #[derive(Debug, Subcommand)]
        pub enum Command {
            $($(#[$doc])* $name($file::Args),)*
        }

        impl Command {
            /// Runs the command.
            pub async fn run(self, context: &Context) -> ExitCode {
                match self {
                    $(Command::$name(args) => $file::run(args, context).await,)*
                }
            }

            /// Whether the command was told not to use colours.
            pub fn no_color(&self) -> bool {
                match self {
                    $(Command::$name(args) => args.common.no_color,)*
                }
            }
        }
    };
}

commands! {
    Apply => apply,
    Completion => completion,
    Console => console,
    Destroy => destroy,
    Fmt => fmt,
    ForceUnlock => force_unlock,
    Import => import,
    Init => init,
    Output => output,
    Plan => plan,
    Show => show,
    State => state,
    Validate => validate,
    Version => version,
}

/// Flags that every command has.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Write without colours; NO_COLOR in the environment does the same
    #[arg(long, global = true)]
    pub no_color: bool,
}
