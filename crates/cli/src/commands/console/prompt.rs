//! The prompt on a terminal.

use std::process::ExitCode;

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};
use terrane_source::{Diagnostic, Diagnostics};

use super::input::{Input, Typed};
use super::session::{Reply, Session};
use crate::Context;

/// Answers what is typed until it ends; mistakes are shown and do not end it.
pub fn run(session: &mut Session<'_>, context: &Context) -> ExitCode {
    let config = Config::builder().auto_add_history(true).build();
    let mut editor = match DefaultEditor::with_config(config) {
        Ok(editor) => editor,
        Err(e) => {
            let problem = Diagnostic::error("No prompt", format!("The terminal cannot be used: {e}."))
                .hint("Give expressions with -eval, or through a pipe.");
            return context.end(&Diagnostics::from(problem), session.files());
        }
    };
    let mut input = Input::default();
    let mut prompt = String::from("> ");
    let mut interrupted = false;
    loop {
        match editor.readline(&prompt) {
            Ok(line) => {
                interrupted = false;
                match input.line(&line) {
                    Typed::More(depth) => prompt = format!("{} ", ".".repeat(depth)),
                    Typed::Expression(text) => {
                        prompt = "> ".into();
                        if !answer(session, context, &text) {
                            return ExitCode::SUCCESS;
                        }
                    }
                }
            }
            // The first Ctrl-C throws away what is typed, the next one ends the console.
            Err(ReadlineError::Interrupted) if !interrupted => {
                interrupted = true;
                input.take();
                prompt = "> ".into();
            }
            Err(_) => return ExitCode::SUCCESS,
        }
    }
}

/// Shows the answer; false if the prompt ends.
fn answer(session: &mut Session<'_>, context: &Context, text: &str) -> bool {
    let mut diags = Diagnostics::new();
    let reply = session.reply(text, &mut diags);
    context.report(&diags, session.files());
    match reply {
        Reply::Text(text) => context.view.say(&text),
        Reply::Failed => outln!(""),
        Reply::Exit => return false,
    }
    true
}
