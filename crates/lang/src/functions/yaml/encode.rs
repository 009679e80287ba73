//! Values to YAML, in the form that Terraform writes: blocks, texts in double quotes.

use terrane_value::{Kind, Value};

/// Column behind which long texts are broken at spaces.
const WIDTH: usize = 80;

/// Longest key, in bytes, that stands before its colon.
const LONGEST_KEY: usize = 128;

/// Spaces for each level.
const STEP: usize = 2;

/// The YAML of a wholly known value without marks.
pub fn encode(value: &Value) -> String {
    let mut writer = Writer { out: String::new(), column: 0, spaced: true, indenting: true };
    writer.node(value, Place::Root, 0);
    writer.out.push('\n');
    let text = std::mem::take(&mut writer.out);
    // A text in block form ends its own line.
    let text = if writer.column == 0 && text.ends_with("\n\n") { text[..text.len() - 1].into() } else { text };
    // What might go on in a further line is closed.
    let plain = matches!(value.kind(), Kind::Null(_) | Kind::Bool(_) | Kind::Number(_));
    if plain { format!("{text}...\n") } else { text }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// After `-`.
    Item,
    /// Before `:`, on one line.
    Key,
    /// After `?`.
    LongKey,
    /// After `:`.
    Field,
}

struct Writer {
    out: String,
    /// Characters in the present line.
    column: usize,
    /// Whether what was written last separates.
    spaced: bool,
    /// Whether the present line has only indentation yet, `-`, `?` and `:` included.
    indenting: bool,
}

impl Writer {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column = if c == '\n' { 0 } else { self.column + 1 };
    }

    fn put_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    /// Begins a line with so many spaces, or goes on with the present one if it is not longer.
    fn indent(&mut self, indent: usize) {
        if !self.indenting || self.column > indent || (self.column == indent && !self.spaced) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.spaced = true;
        self.indenting = true;
    }

    fn separate(&mut self) {
        if !self.spaced {
            self.put(' ');
        }
    }

    /// `-`, `?` or `:` at the beginning of a line.
    fn lead(&mut self, sign: char) {
        self.separate();
        self.put(sign);
        self.spaced = false;
    }

    fn word(&mut self, text: &str) {
        self.separate();
        self.put_str(text);
        self.spaced = false;
        self.indenting = false;
    }

    /// Writes a value at a level of indentation; what is below it gets the next one.
    fn node(&mut self, value: &Value, place: Place, indent: usize) {
        match value.kind() {
            Kind::Null(_) | Kind::Unknown(..) => self.word("null"),
            Kind::Bool(b) => self.word(if *b { "true" } else { "false" }),
            Kind::Number(n) => self.word(&n.to_string()),
            Kind::String(text) => self.text(text, place, indent),
            Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => self.sequence(values, place, indent),
            Kind::Map(_, fields) | Kind::Object(fields) if fields.is_empty() => self.word("{}"),
            Kind::Map(_, fields) | Kind::Object(fields) => {
                let indent = below(place, indent);
                fields.iter().for_each(|(key, value)| self.field(key, value, indent));
            }
        }
    }

    fn sequence(&mut self, values: &[Value], place: Place, indent: usize) {
        if values.is_empty() {
            self.word("[]");
            return;
        }
        // The items of a field stand as deep as the field itself.
        let indent = if place == Place::Field && !self.indenting { indent } else { below(place, indent) };
        for value in values {
            self.indent(indent);
            self.lead('-');
            self.node(value, Place::Item, indent);
        }
    }

    fn field(&mut self, key: &str, value: &Value, indent: usize) {
        self.indent(indent);
        if key.len() <= LONGEST_KEY && !key.contains(is_break) {
            self.text(key, Place::Key, indent);
            self.put(':');
            self.spaced = false;
            self.indenting = false;
        } else {
            self.lead('?');
            self.text(key, Place::LongKey, indent);
            self.indent(indent);
            self.lead(':');
        }
        self.node(value, Place::Field, indent);
    }

    fn text(&mut self, text: &str, place: Place, indent: usize) {
        let indent = if place == Place::Root { STEP } else { indent + STEP };
        match place != Place::Key && text.contains('\n') && block_allowed(text) {
            true => self.block(text, indent),
            false => self.quoted(text, place != Place::Key, indent),
        }
    }

    fn quoted(&mut self, text: &str, may_break: bool, indent: usize) {
        self.separate();
        self.put('"');
        self.spaced = false;
        self.indenting = false;
        let mut after_space = false;
        let mut chars = text.chars().enumerate().peekable();
        while let Some((i, c)) = chars.next() {
            let last = chars.peek().is_none();
            let is_space = c == ' ';
            if is_space && may_break && !after_space && self.column > WIDTH && i > 0 && !last {
                self.indent(indent);
                if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                    self.put('\\');
                }
            } else if c == '"' || c == '\\' || is_break(c) || !is_printable(c) {
                self.put_str(&escape(c));
            } else {
                self.put(c);
            }
            after_space = is_space;
        }
        self.put('"');
        self.spaced = false;
        self.indenting = false;
    }

    fn block(&mut self, text: &str, indent: usize) {
        self.separate();
        self.put('|');
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.put_str(&STEP.to_string());
        }
        let mut backwards = text.chars().rev();
        match (backwards.next().is_some_and(is_break), backwards.next().is_none_or(is_break)) {
            (false, _) => self.put('-'),
            (true, true) => self.put('+'),
            (true, false) => {}
        }
        self.put('\n');
        self.indenting = true;
        self.spaced = true;
        let mut begins = true;
        for c in text.chars() {
            if is_break(c) {
                self.put(c);
                self.column = 0;
                self.indenting = true;
            } else {
                if begins {
                    self.indent(indent);
                }
                self.put(c);
                self.indenting = false;
            }
            begins = is_break(c);
        }
    }
}

fn below(place: Place, indent: usize) -> usize {
    if place == Place::Root { 0 } else { indent + STEP }
}

/// Whether a text of several lines is the same in block form.
fn block_allowed(text: &str) -> bool {
    let space_before_break = text.chars().zip(text.chars().skip(1)).any(|(a, b)| a == ' ' && is_break(b));
    text.chars().all(is_printable) && !space_before_break && !text.ends_with(' ')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn escape(c: char) -> String {
    let letter = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{letter}")
}
