//! Lines that are typed, put together to expressions.

use terrane_syntax::open;

/// The lines of an expression that is not complete yet.
#[derive(Debug, Default)]
pub struct Input {
    text: String,
}

/// What comes of one more line.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// The expression is complete.
    Expression(String),
    /// It goes on; so many brackets are open, at least one.
    More(usize),
}

impl Input {
    /// Adds a line without its ending. A backslash at the end of a line says that the expression goes on.
    pub fn line(&mut self, line: &str) -> Typed {
        let line = if open(&self.text).heredoc { line } else { line.trim() };
        let goes_on = line.ends_with('\\') && !line.ends_with("\\\\");
        let line = line.strip_suffix('\\').unwrap_or(line);
        if !line.is_empty() || open(&self.text).heredoc {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(line);
        }
        let found = open(&self.text);
        let depth = usize::from(goes_on) + usize::from(found.heredoc) + usize::try_from(found.brackets).unwrap_or(0);
        match depth {
            0 => Typed::Expression(self.take()),
            depth => Typed::More(depth),
        }
    }

    /// Takes what has been typed, complete or not.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(lines: &[&str]) -> Vec<Typed> {
        let mut input = Input::default();
        lines.iter().map(|line| input.line(line)).collect()
    }

    #[test]
    fn an_expression_ends_where_nothing_is_open() {
        let done = |text: &str| Typed::Expression(text.into());
        assert_eq!(typed(&["  1 + 1 "]), [done("1 + 1")]);
        assert_eq!(typed(&["[{", "a = 1", "}]"]), [Typed::More(2), Typed::More(2), done("[{\na = 1\n}]")]);
        assert_eq!(typed(&["1 + \\", "2", "3"]), [Typed::More(1), done("1 + \n2"), done("3")]);
        assert_eq!(typed(&["<<EOT", "  a (", "", "EOT"]).last(), Some(&done("<<EOT\n  a (\n\nEOT")));
        assert_eq!(typed(&["1)", "\"[\""]), [done("1)"), done("\"[\"")]);
    }
}
