//! The `terrane` command line.
//!
//! Commands are thin: they read arguments, ask the engine, and show what it answers.

#![warn(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod print;

mod args;
mod commands;
mod flags;
mod log;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod manual;
mod project;
mod providers;
mod remote_states;
mod terminal;
mod views;
mod world;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};
use terrane_engine::Meter;
use terrane_source::{Diagnostic, Diagnostics, Files};

use flags::Deprecations;
use terminal::Terminal;
use views::events::Events;
use views::human::Human;
use views::view::View;

/// Trees, values and states are made of many small parts, which it hands out faster than most systems do.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plans and applies Terraform configurations.
///
/// Terrane reads your .tf files and state as they are, plans what has to change in AWS, and applies it.
#[derive(Debug, Parser)]
#[command(name = "terrane", disable_version_flag = true, disable_help_flag = true, disable_help_subcommand = true, after_help = AFTER_HELP)]
struct Cli {
    /// Change to this folder before anything else
    #[arg(long, global = false, value_name = "DIR")]
    chdir: Option<PathBuf>,
    /// Show the version and end
    #[arg(long)]
    version: bool,
    /// Explain this command and its flags
    #[arg(long, short, global = true, display_order = 1000, action = ArgAction::HelpLong)]
    help: Option<bool>,
    #[command(subcommand)]
    command: Option<commands::Command>,
}

/// What is said after the words of a panic.
const CRASHED: &str = "\nError: Terrane crashed. This is a bug in Terrane, not in your configuration; please report it with the lines \
above.\n\nWhat an apply had done by then is in its journal: the next command in this folder takes it over. If the state is \
locked, \"terrane lock steal\" in this folder unlocks it.";

const AFTER_HELP: &str =
    "The usual way: terrane init, terrane plan, terrane apply. Every command explains its flags with -help.";

/// What every command needs to know of its surroundings.
#[derive(Clone, Debug)]
pub struct Context {
    /// The streams.
    pub terminal: Terminal,
    /// The folder of the root module.
    pub dir: PathBuf,
    /// The folder in which the program was started.
    pub cwd: String,
    /// Who is told what happens.
    pub view: Arc<dyn View>,
    /// Adds up what calls of providers take.
    pub meter: Meter,
    /// Of which deprecations it is told.
    pub deprecations: Deprecations,
}

impl Context {
    /// Shows diagnostics.
    pub fn report(&self, diags: &Diagnostics, files: &Files) {
        self.view.diagnostics(self.shown(diags).into_iter().collect(), files);
    }

    /// What is shown of diagnostics, sorted.
    pub fn shown(&self, diags: &Diagnostics) -> Diagnostics {
        let mut shown = Diagnostics::new();
        diags.iter().filter(|d| self.deprecations.are_told(d)).for_each(|d| shown.push(d.clone()));
        shown.sort();
        shown
    }

    /// Shows diagnostics and what calls took, and says with which code to end.
    pub fn end(&self, diags: &Diagnostics, files: &Files) -> ExitCode {
        self.report(diags, files);
        self.view.spent(&self.meter.read());
        if diags.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn main() -> ExitCode {
    let code = start();
    match print::lost() {
        Some(why) => {
            errln!("Error: Output of this command was lost: {why}. What it did otherwise is done.");
            ExitCode::FAILURE
        }
        None => code,
    }
}

fn start() -> ExitCode {
    let given = args::with_environment(std::env::args_os().collect(), |name| std::env::var(name).ok());
    let words = match given {
        Ok(words) => args::normalise(words),
        Err(why) => {
            errln!("Error: {why}");
            return ExitCode::FAILURE;
        }
    };
    let command = Cli::command().args_override_self(true);
    let parsed = command.try_get_matches_from(&words).and_then(|m| Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, &words),
    };
    let Some(command) = cli.command else {
        if cli.version {
            return commands::version::show(false, &Default::default());
        }
        outln!("{}", args::go_style(&Cli::command().render_long_help().to_string()));
        return ExitCode::from(if std::env::args_os().len() > 1 { 1 } else { 127 });
    };
    let cwd = std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(dir) = &cli.chdir
        && let Err(e) = std::env::set_current_dir(dir)
    {
        errln!("Error: The folder {} of -chdir cannot be entered: {e}.", dir.display());
        return ExitCode::FAILURE;
    }
    if let Err(why) = log::start(|name| std::env::var(name).ok()) {
        errln!("Warning: Nothing is logged. {why}");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), dir = %cwd, command = command.name(), "begun");
    let common = command.common();
    let terminal = Terminal::detect(common.no_color);
    let human = Human { terminal, showing: common.showing(&terminal), concise: false, stats: false };
    let deprecations = common.deprecation;
    let context = Context {
        terminal,
        dir: PathBuf::from("."),
        cwd,
        view: Arc::new(human),
        meter: Meter::default(),
        deprecations,
    };
    run(command, &context)
}

fn run(command: commands::Command, context: &Context) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let code = catch_unwind(AssertUnwindSafe(|| runtime.block_on(command.run(context))));
            runtime.shutdown_background();
            code.unwrap_or_else(|_| {
                errln!("{CRASHED}");
                ExitCode::FAILURE
            })
        }
        Err(e) => {
            errln!("Error: The program could not start its threads: {e}.");
            ExitCode::FAILURE
        }
    }
}

/// Shows help if that is what was asked for, or says what is wrong in one line, or in an event to who reads those.
fn refuse(error: &clap::Error, words: &[OsString]) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            out!("{}", args::go_style(&error.to_string()));
            ExitCode::SUCCESS
        }
        _ if args::ask_for_events(words) => {
            let problem = Diagnostic::error("Failed to parse command-line flags", args::explain(error));
            Events::to_stdout().diagnostics(vec![problem], &Files::new());
            ExitCode::FAILURE
        }
        _ => {
            errln!("Error: {}", args::explain(error));
            ExitCode::FAILURE
        }
    }
}
