//! What the program knows of the device it talks to.

use std::io::{IsTerminal, Write};

use crate::views::lines::Paint;

/// The device behind standard output and input.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Colours for standard output.
    pub out: Paint,
    /// Colours for standard error.
    pub err: Paint,
    /// Whether standard output is a terminal, so that lines may be redrawn.
    pub live: bool,
    /// Whether a question can be asked and answered.
    pub input: bool,
    /// Whether a program runs this one, so that nobody has to be told which command comes next.
    pub automation: bool,
}

impl Terminal {
    /// Looks at the standard streams, `NO_COLOR`, `TF_INPUT` and `TF_IN_AUTOMATION`.
    pub fn detect(no_color: bool) -> Terminal {
        let refused = no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let off = |name: &str| std::env::var(name).is_ok_and(|v| v == "0" || v.eq_ignore_ascii_case("false"));
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Terminal {
            out: Paint::colored(out && !refused),
            err: Paint::colored(err && !refused),
            live: out,
            input: !off("TF_INPUT"),
            automation: std::env::var_os("TF_IN_AUTOMATION").is_some_and(|v| !v.is_empty()),
        }
    }

    /// The width of the terminal behind standard error, in characters; `None` if there is none.
    pub fn err_width(&self) -> Option<usize> {
        let terminal = std::io::stderr().is_terminal().then(console::Term::stderr)?;
        terminal.size_checked().map(|(_, columns)| columns.into())
    }

    /// The width of the terminal behind standard output, in characters; `None` if there is none.
    pub fn out_width(&self) -> Option<usize> {
        let terminal = self.live.then(console::Term::stdout)?;
        terminal.size_checked().map(|(_, columns)| columns.into())
    }

    /// Whether somebody sits at a terminal who can answer.
    pub fn can_answer() -> bool {
        Terminal::detect(true).input && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }

    /// Asks for the value of a variable, which is not shown if it is a secret; `None` if there is no answer.
    pub fn ask_for(name: &str, description: Option<&str>, secret: bool) -> Option<String> {
        let about = description.map(|text| format!("  {}\n", text.trim().replace('\n', "\n  "))).unwrap_or_default();
        let question = format!("var.{name}\n{about}\n  Enter a value: ");
        let answer = match secret {
            false => Terminal::detect(true).ask(&question),
            true => {
                out!("{question}");
                let _ = std::io::stdout().flush();
                console::Term::stdout().read_secure_line().ok()
            }
        };
        outln!("");
        answer.filter(|answer| !answer.is_empty())
    }

    /// Asks a question and returns the answer without its line ending; `None` if there is no more input.
    pub fn ask(&self, question: &str) -> Option<String> {
        out!("{question}");
        let _ = std::io::stdout().flush();
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(n) if n > 0 => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
            _ => None,
        }
    }
}
