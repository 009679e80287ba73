//! What is wrong with a JSON text, and how reading goes on after it.

use terrane_source::{Diagnostic, Reported};

use super::parser::Parser;

const KEYWORDS: [&str; 3] = ["true", "false", "null"];

impl Parser<'_, '_> {
    /// Passes what is left of a property or element: up to the comma after it, or the end of what it is in.
    pub(super) fn recover(&mut self) {
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.pass_string(),
                b',' if open == 0 => return,
                b'}' | b']' if open == 0 => return,
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Moves to the closing quote of the string that begins here, or before the end of its line.
    fn pass_string(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => break,
                b'\n' => {
                    at -= 1;
                    break;
                }
                b'\\' if bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 2,
                _ => at += 1,
            }
        }
        self.at = at.min(bytes.len().saturating_sub(1));
    }

    /// Takes what follows a property or element, and returns whether there is another one.
    pub(super) fn another(&mut self, open: usize, close: u8) -> bool {
        match self.next_mark() {
            Some(byte) if byte == close => {
                self.at += 1;
                false
            }
            Some(b',') => self.after_comma(close),
            Some(found @ (b'}' | b']')) => {
                self.mismatched(open, close);
                // What closes the one around this is left for it.
                let is_outer = self.open.iter().rev().nth(1).is_some_and(|outer| *outer == found);
                // After too many errors nothing is left.
                if !is_outer && self.peek() == Some(found) {
                    self.at += 1;
                }
                false
            }
            Some(_) => self.no_comma(close),
            None => {
                self.unclosed(open, close);
                false
            }
        }
    }

    fn after_comma(&mut self, close: u8) -> bool {
        let comma = self.at;
        self.at += 1;
        if self.next_mark() != Some(close) {
            return true;
        }
        self.at += 1;
        let (what, it) = if close == b'}' { ("object", "property") } else { ("array", "element") };
        let detail = format!("JSON does not allow a comma after the last {it}.");
        let error = Diagnostic::error(format!("Trailing comma in {what}"), detail).at(self.span(comma, comma + 1));
        self.report(error.hint("Remove the comma."));
        false
    }

    fn mismatched(&mut self, open: usize, close: u8) {
        let (what, mark) = if close == b'}' { ("object", "brace") } else { ("array", "bracket") };
        let detail = format!("The {what} must be closed with a {mark}, not with a {}.", other(mark));
        let error = Diagnostic::error(format!("Mismatched {mark}s"), detail).at(self.here());
        self.report(error.note_at(self.span(open, open + 1), format!("The {what} begins here")));
    }

    fn unclosed(&mut self, open: usize, close: u8) {
        let (what, mark) = if close == b'}' { ("object", "brace") } else { ("array", "bracket") };
        let detail = format!("There is no closing {mark} for this {what}.");
        self.error(&format!("Unclosed {what}"), detail, self.span(open, open + 1));
    }

    fn no_comma(&mut self, close: u8) -> bool {
        let starts_next = match (close, self.peek()) {
            (b'}', next) => next == Some(b'"'),
            (_, next) => matches!(next, Some(b'"' | b'{' | b'[' | b'0'..=b'9' | b'-')),
        };
        let error = match (close, self.peek()) {
            (_, Some(b'/' | b'#')) => self.comment(),
            (b'}', _) => {
                let detail = "A comma must stand between the properties of an object.";
                self.after_string(Diagnostic::error("Missing attribute separator comma", detail))
            }
            (_, Some(b':')) => {
                let detail = "The elements of an array have no names.";
                Diagnostic::error("Invalid array value", detail)
                    .hint("Write an object if they should: { \"name\": value }")
            }
            _ => {
                let detail = "A comma must stand between the elements of an array.";
                self.after_string(Diagnostic::error("Missing attribute separator comma", detail))
            }
        };
        let error = error.at(self.here());
        self.report(error);
        if starts_next {
            return true;
        }
        self.recover();
        match self.peek() {
            Some(b',') => self.after_comma(close),
            Some(_) => {
                self.at += 1;
                false
            }
            None => false,
        }
    }

    pub(super) fn no_value(&mut self, found: Option<u8>) -> Reported {
        let starts = "A JSON value begins with a brace, a bracket, a digit, a quote, or a keyword.";
        let error = match found {
            None => Diagnostic::error("Missing value", "The JSON data ends where a value is expected."),
            Some(b'}') => Diagnostic::error("Missing JSON value", starts),
            Some(b']' | b',') => Diagnostic::error("Missing array element value", starts),
            Some(b'\'') => Diagnostic::error("Invalid start of value", starts).hint("Write strings in double quotes."),
            Some(b'/' | b'#') => self.comment(),
            Some(b'<') => Diagnostic::error("Invalid start of value", starts)
                .hint("JSON has no heredocs: write a string with \\n for each newline."),
            Some(_) => Diagnostic::error("Invalid start of value", starts),
        };
        let error = error.at(self.here());
        self.report(error)
    }

    /// The error for something unexpected; directly after a quote, that may have been meant as part of the string.
    fn after_string(&self, error: Diagnostic) -> Diagnostic {
        match self.at.checked_sub(1).and_then(|before| self.text.as_bytes().get(before)) {
            Some(b'"') => error.hint("A quote within a string, also within ${ }, is written \\\"."),
            _ => error,
        }
    }

    fn comment(&self) -> Diagnostic {
        let error = Diagnostic::error("Invalid start of value", "JSON has no comments.");
        error.hint("Write a property named \"//\" with the text: { \"//\": \"a comment\" }")
    }

    pub(super) fn no_name(&mut self, found: Option<u8>) -> Reported {
        let error = Diagnostic::error("Invalid object property name", "The name of a property must be a string.");
        let error = match found {
            None => Diagnostic::error("Missing value", "The JSON data ends where the name of a property is expected."),
            Some(b'/' | b'#') => self.comment(),
            Some(b'\'') => error.hint("Write strings in double quotes."),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => error.hint("Write the name in double quotes."),
            Some(_) => error,
        };
        let error = error.at(self.here());
        self.report(error)
    }

    pub(super) fn no_colon(&mut self, found: Option<u8>) -> Reported {
        let error = match found {
            Some(b',' | b'}') => {
                let detail = "A property must have a value, after a colon.";
                Diagnostic::error("Missing object value", detail)
            }
            Some(b'=') => {
                let detail = "Between the name of a property and its value stands a colon, not an equals sign.";
                Diagnostic::error("Missing property value colon", detail)
            }
            _ => {
                let detail = "A colon must stand between the name of a property and its value.";
                self.after_string(Diagnostic::error("Missing property value colon", detail))
            }
        };
        let error = error.at(self.here());
        self.report(error)
    }

    pub(super) fn bad_keyword(&mut self, start: usize, word: &str) -> Reported {
        let span = self.span(start, self.at);
        let summary = "Invalid JSON keyword";
        let detail = match word {
            "undefined" | "NaN" | "Infinity" => format!("{word} of JavaScript is not part of JSON."),
            _ => format!("\"{word}\" is not a keyword of JSON."),
        };
        let error = Diagnostic::error(summary, detail).at(span);
        let near = KEYWORDS.iter().find(|k| strsim::levenshtein(k, &word.to_ascii_lowercase()) <= 1);
        let is_reference = word.contains('.');
        self.report(match near {
            Some(near) => error.hint(format!("Did you mean {near}?")),
            None if is_reference => error.hint(format!("Write a reference in a template: \"${{{word}}}\"")),
            None => error.hint("Write texts in double quotes."),
        })
    }
}

fn other(mark: &str) -> &'static str {
    if mark == "brace" { "bracket" } else { "brace" }
}
