//! The commands: one file each, one line each in the list below.

mod apply;
mod completion;
mod console;
mod converge;
mod destroy;
mod discover;
pub mod events;
mod fmt;
mod force_unlock;
mod generate;
mod get;
mod graph;
mod import;
mod init;
mod lock;
mod metadata;
pub mod output;
mod plan;
mod providers;
mod refresh;
mod run;
mod selection;
mod show;
mod state;
mod taint;
mod untaint;
mod validate;
pub mod version;
mod workspace;

use std::process::ExitCode;

use clap::Subcommand;

use crate::Context;
use crate::flags::Deprecations;
use crate::terminal::Terminal;
use crate::views::diagnostics::Showing;

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

            /// The name of its kind, for the log.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Command::$name(_) => stringify!($file),)*
                }
            }

            /// The flags that every command has.
            pub fn common(&self) -> &Common {
                match self {
                    $(Command::$name(args) => &args.common,)*
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
    Discover => discover,
    Fmt => fmt,
    ForceUnlock => force_unlock,
    Get => get,
    Graph => graph,
    Import => import,
    Init => init,
    Lock => lock,
    Metadata => metadata,
    Output => output,
    Plan => plan,
    Providers => providers,
    Refresh => refresh,
    Show => show,
    State => state,
    Taint => taint,
    Untaint => untaint,
    Validate => validate,
    Version => version,
    Workspace => workspace,
}

/// Flags that every command has.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Write without colours; NO_COLOR in the environment does the same
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Show warnings in a line or two each, unless there are errors
    #[arg(long, global = true, display_order = 990)]
    pub compact_warnings: bool,
    /// Show only the first of several warnings of one kind, with the number of the others
    #[arg(long, global = true, display_order = 990, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub consolidate_warnings: bool,
    /// The same for errors
    #[arg(long, global = true, display_order = 990, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub consolidate_errors: bool,
    /// Accepted as other tools have it: there is no remote version to compare with
    #[arg(long, global = true, hide = true)]
    pub ignore_remote_version: bool,
    /// Of which deprecations in modules to warn
    #[arg(long, global = true, display_order = 990, default_value = "module:all", value_name = "MODULES")]
    pub deprecation: Deprecations,
}

impl Common {
    /// How errors and warnings are to be shown on a terminal.
    pub fn showing(&self, terminal: &Terminal) -> Showing {
        Showing {
            compact_warnings: self.compact_warnings,
            consolidate_warnings: self.consolidate_warnings,
            consolidate_errors: self.consolidate_errors,
            width: terminal.err_width(),
        }
    }
}
