//! Flags for who is told what happens.

use std::path::PathBuf;
use std::sync::Arc;

use terrane_source::Diagnostic;

use super::Common;
use crate::Context;
use crate::views::events;
use crate::views::human::Human;
use crate::views::view::{Both, View};

/// Flags for who is told what happens.
#[derive(Clone, Debug, clap::Args)]
pub struct Events {
    #[command(flatten)]
    pub told: Told,
    /// Leave out the lines about what is only read
    #[arg(long)]
    concise: bool,
    /// At the end, break the calls to APIs down by service and operation: calls, retries, throttles, objects, time held back
    #[arg(long)]
    refresh_stats: bool,
    /// Show sensitive values
    #[arg(long)]
    show_sensitive: bool,
}

/// Flags for events beside text, or in its place.
#[derive(Clone, Debug, clap::Args)]
pub struct Told {
    /// Write events in place of text: one JSON object a line, in Terraform's form
    #[arg(long, conflicts_with = "json_into")]
    pub json: bool,
    /// Write the same events to a file, besides the text
    #[arg(long, value_name = "FILE")]
    json_into: Option<PathBuf>,
}

impl Told {
    /// Events beside text, if there is a file for them.
    pub fn into_file(json_into: Option<PathBuf>) -> Told {
        Told { json: false, json_into }
    }

    /// The surroundings of a command that has no other flags for who is told what.
    ///
    /// # Errors
    /// Why the file for the events cannot be written.
    pub fn context(&self, context: &Context) -> Result<Context, Diagnostic> {
        Ok(Context { view: self.view(context.view.clone())?, ..context.clone() })
    }

    /// Those who are told: people, programs, or both.
    ///
    /// # Errors
    /// Why the file for the events cannot be written.
    pub fn view(&self, human: Arc<dyn View>) -> Result<Arc<dyn View>, Diagnostic> {
        Ok(match &self.json_into {
            _ if self.json => Arc::new(events::Events::to_stdout()),
            None => human,
            Some(path) => {
                let events = events::Events::to_file(path).map_err(|e| {
                    let detail = format!("The file {} of -json-into cannot be written: {e}.", path.display());
                    Diagnostic::error("Events cannot be written", detail)
                })?;
                Arc::new(Both(human, Arc::new(events)))
            }
        })
    }
}

impl Events {
    /// The surroundings of a command, in which those are told who are to be.
    ///
    /// # Errors
    /// Why the file for the events cannot be written.
    pub fn context(&self, context: &Context, common: &Common) -> Result<Context, Diagnostic> {
        let mut terminal = context.terminal;
        if self.show_sensitive {
            terminal.out = terminal.out.with_secrets();
        }
        let human =
            Human { terminal, showing: common.showing(&terminal), concise: self.concise, stats: self.refresh_stats };
        let view = self.told.view(Arc::new(human))?;
        Ok(Context { terminal, view, ..context.clone() })
    }
}
