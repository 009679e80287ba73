//! Lines with a change symbol at their left, as plans are made of.

use super::json::Secrets;

/// Which device the text is for, and what may be read there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// Whether sensitive values are shown.
    pub secrets: Secrets,
}

impl Paint {
    /// Text for a device that may hide sensitive values.
    pub fn colored(color: bool) -> Paint {
        Paint { color, secrets: Secrets::Hidden }
    }

    /// The same with sensitive values in the clear.
    pub fn with_secrets(self) -> Paint {
        Paint { secrets: Secrets::Shown, ..self }
    }

    /// The text in an ANSI style, for example `31` for red.
    pub fn with(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The text in bold.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// The text dimmed.
    pub fn dim(self, text: &str) -> String {
        self.with("90", text)
    }

    /// The text in green.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// The text in red.
    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// The text in yellow.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }
}

/// What happens to the thing on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// Nothing; the line is context.
    None,
    /// It is made.
    Create,
    /// It changes.
    Update,
    /// It goes.
    Delete,
    /// It goes, then another comes.
    DeleteThenCreate,
    /// Another comes, then it goes.
    CreateThenDelete,
    /// It is no longer tracked, then another comes.
    ForgetThenCreate,
    /// Another comes, then it is no longer tracked.
    CreateThenForget,
    /// It is read.
    Read,
    /// It is no longer tracked.
    Forget,
}

impl Symbol {
    /// The symbol in its colours.
    pub fn paint(self, paint: Paint) -> String {
        match self {
            Symbol::None => " ".into(),
            Symbol::Create => paint.green("+"),
            Symbol::Update => paint.yellow("~"),
            Symbol::Delete => paint.red("-"),
            Symbol::DeleteThenCreate => format!("{}/{}", paint.red("-"), paint.green("+")),
            Symbol::CreateThenDelete => format!("{}/{}", paint.green("+"), paint.red("-")),
            Symbol::ForgetThenCreate => format!("{}/{}", paint.with("36", "."), paint.green("+")),
            Symbol::CreateThenForget => format!("{}/{}", paint.green("+"), paint.with("36", ".")),
            Symbol::Read => paint.with("36", "<="),
            Symbol::Forget => paint.with("36", "."),
        }
    }

    fn width(self) -> usize {
        match self {
            Symbol::DeleteThenCreate
            | Symbol::CreateThenDelete
            | Symbol::ForgetThenCreate
            | Symbol::CreateThenForget => 3,
            Symbol::Read => 2,
            _ => 1,
        }
    }
}

/// Text built line by line.
#[derive(Debug)]
pub struct Lines {
    text: String,
    /// For whom.
    pub paint: Paint,
}

impl Lines {
    /// No lines yet.
    pub fn new(paint: Paint) -> Lines {
        Lines { text: String::new(), paint }
    }

    /// Adds a line whose text starts in column `4 * level + 4`, its symbol before it.
    pub fn push(&mut self, level: usize, symbol: Symbol, text: &str) {
        let begin = self.text.len();
        let lead = (4 * level + 3).saturating_sub(symbol.width());
        self.text.extend(std::iter::repeat_n(' ', lead));
        match symbol {
            Symbol::None => self.text.push(' '),
            symbol => self.text += &symbol.paint(self.paint),
        }
        self.text.push(' ');
        self.text += text;
        self.text.truncate(begin + self.text[begin..].trim_end().len());
        self.text.push('\n');
    }

    /// Adds an empty line, unless a bracket has just been opened or nothing was written yet.
    pub fn gap(&mut self) {
        let opened = self.text.trim_end_matches('\n').ends_with(['{', '[', '(']);
        if !self.text.is_empty() && !opened {
            self.text.push('\n');
        }
    }

    /// The text, every line ended.
    pub fn finish(self) -> String {
        self.text
    }
}
