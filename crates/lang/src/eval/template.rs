//! Texts made of parts.

use terrane_source::Diagnostic;
use terrane_value::{Marks, Refinement, Type, Value, convert};

use super::Eval;
use crate::ir::{ExprId, Part};
use crate::lookup::Stop;

/// Longest beginning of a text that is kept while the rest is unknown, in bytes.
const PREFIX: usize = 128;

/// The text so far.
struct Text {
    text: String,
    /// Whether all parts so far are known; then `text` is the beginning of the result.
    known: bool,
    marks: Marks,
}

impl Eval<'_, '_> {
    pub(super) fn template(&mut self, id: ExprId, parts: &[Part]) -> Result<Value, Stop> {
        let before = self.errors.len();
        let mut text = Text { text: String::new(), known: true, marks: Marks::NONE };
        for part in parts {
            match part {
                Part::Text(literal) => text.add(literal),
                Part::Value(part) => {
                    let value = self.value(*part)?;
                    self.add_part(*part, value, &mut text);
                }
                Part::If { cond, then, else_ } => {
                    let value = self.conditional(id, *cond, *then, *else_)?;
                    self.add_part(id, value, &mut text);
                }
                Part::For(f) => {
                    let value = self.value(*f)?;
                    self.add_joined(*f, value, &mut text);
                }
            }
        }
        let sound = self.errors.len() == before;
        Ok(text.value(sound))
    }

    fn add_part(&mut self, id: ExprId, value: Value, text: &mut Text) {
        if value.is_null() {
            let detail = "The expression result is null. Cannot include a null value in a string template.";
            self.error(id, Diagnostic::error("Invalid template interpolation value", detail));
            return;
        }
        let (value, marks) = value.unmark();
        text.marks = text.marks.union(marks);
        if !value.is_known() {
            text.known = false;
            return;
        }
        match convert(&value, &Type::String) {
            Ok(value) => text.add(value.as_str().unwrap_or_default()),
            Err(e) => {
                let detail = format!("Cannot include the given value in a string template: {e}.");
                self.error(id, Diagnostic::error("Invalid template interpolation value", detail));
            }
        }
    }

    /// Adds the texts that `%{for}` gave.
    fn add_joined(&mut self, id: ExprId, tuple: Value, text: &mut Text) {
        let (tuple, marks) = tuple.unmark();
        text.marks = text.marks.union(marks);
        let Some(items) = tuple.elements() else {
            text.known = false;
            return;
        };
        items.iter().for_each(|item| self.add_part(id, item.clone(), text));
    }
}

impl Text {
    fn add(&mut self, part: &str) {
        if self.known {
            self.text.push_str(part);
        }
    }

    fn value(self, sound: bool) -> Value {
        let value = match self.known {
            true => Value::string(self.text),
            false => {
                let prefix = if sound { safe_prefix(&self.text) } else { "" };
                let prefix = (!prefix.is_empty()).then(|| prefix.into());
                Value::unknown_refined(Type::String, Refinement { not_null: true, prefix, ..Refinement::default() })
            }
        };
        value.mark(self.marks)
    }
}

/// As much of a beginning as stays as it is whatever follows: without its last character, which may combine with the next.
fn safe_prefix(text: &str) -> &str {
    let cut = text.floor_char_boundary(PREFIX);
    let text = &text[..cut];
    match text.char_indices().next_back() {
        // ASCII letters take combining marks, too; only punctuation in front of `${` is common, and stays.
        Some((_, last)) if last.is_ascii_punctuation() || last == ' ' => text,
        Some((at, _)) => &text[..at],
        None => text,
    }
}
