//! YAML text to values: sequences become tuples, mappings become objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use terrane_value::{Kind, Type, Value, convert};

use super::lenient;
use super::scalar::{self, TAGS};

/// How deep values may stand in one another.
const DEEPEST: usize = 128;

/// How many parts a value may have; aliases make large ones from small texts.
const MOST_PARTS: usize = 1_000_000;

/// What is wrong with a text, and where.
pub struct Wrong {
    pub message: String,
    /// The part of the text that is at fault, if it is short.
    pub text: Option<String>,
    pub line: usize,
    pub column: usize,
}

impl Wrong {
    fn at(mark: &Marker, message: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), text: None, line: mark.line(), column: mark.col() + 1 }
    }
}

impl From<ScanError> for Wrong {
    fn from(error: ScanError) -> Wrong {
        Wrong::at(error.marker(), error.info())
    }
}

/// The value of the only document in a text, whose layout may be that of YAML 1.1.
pub fn decode(text: &str) -> Result<Value, Wrong> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    decode_strict(text).or_else(|wrong| match lenient::strict(text).map(|text| decode_strict(&text)) {
        Some(Ok(value)) => Ok(value),
        _ => Err(wrong),
    })
}

fn decode_strict(text: &str) -> Result<Value, Wrong> {
    let open_end = text.lines().next_back().filter(|line| !text.ends_with('\n') && !line.trim().is_empty());
    let open_end = open_end.map(|_| text.chars().count());
    let mut decoder = Decoder { text, open_end, parser: Parser::new_from_str(text), anchors: HashMap::new(), parts: 0 };
    loop {
        match decoder.next()? {
            (Event::StreamEnd, span) => return Err(Wrong::at(&span.start, "there is no document")),
            (Event::DocumentStart(_), _) => break,
            _ => {}
        }
    }
    let value = decoder.value(0)?.value;
    loop {
        match decoder.next()? {
            (Event::StreamEnd, _) => return Ok(value),
            (Event::DocumentStart(_), span) => return Err(Wrong::at(&span.start, "a second document begins")),
            _ => {}
        }
    }
}

/// A value with the number of its parts, those of aliases counted each time.
#[derive(Clone)]
struct Decoded {
    value: Value,
    parts: usize,
}

struct Decoder<'t> {
    text: &'t str,
    /// The number of characters of the text, if its last line has no line break.
    open_end: Option<usize>,
    parser: Parser<'t, StrInput<'t>>,
    /// The values of anchors by their numbers; `None` within the value itself.
    anchors: HashMap<usize, Option<Decoded>>,
    parts: usize,
}

impl<'t> Decoder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Wrong> {
        match self.parser.next_event() {
            Some(event) => Ok(event?),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Decoded, Wrong> {
        let (event, span) = self.next()?;
        self.value_of(event, &span, depth)
    }

    fn value_of(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Decoded, Wrong> {
        let before = self.parts;
        self.parts += 1;
        if depth > DEEPEST {
            return Err(Wrong::at(&span.start, format!("values stand more than {DEEPEST} deep in one another")));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => (0, self.alias(anchor, span)?),
            Event::Scalar(text, style, anchor, tag) => {
                let text = self.without_added_break(&text, style, span);
                (anchor, scalar::resolve(&tag_name(tag.as_deref()), text, style).map_err(|w| located(w, span))?)
            }
            Event::SequenceStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "seq", span)?;
                self.anchors.insert(anchor, None);
                (anchor, self.sequence(depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "map", span)?;
                self.anchors.insert(anchor, None);
                (anchor, self.mapping(depth)?)
            }
            _ => return Err(Wrong::at(&span.start, "a value is missing")),
        };
        if self.parts > MOST_PARTS {
            return Err(Wrong::at(&span.start, format!("the value has more than {MOST_PARTS} parts")));
        }
        let decoded = Decoded { value, parts: self.parts - before };
        if anchor > 0 {
            self.anchors.insert(anchor, Some(decoded.clone()));
        }
        Ok(decoded)
    }

    /// A scalar without the line break that the parser adds to a block at the end of a text that ends without one, and
    /// to one without lines.
    fn without_added_break<'s>(&self, scalar: &'s str, style: ScalarStyle, span: &Span) -> &'s str {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if block && scalar == "\n" {
            // Without lines nothing but `+` keeps a break.
            let header = self.text.chars().skip(span.start.index()).take_while(|c| *c != '\n');
            return if header.take(3).any(|c| c == '+') { scalar } else { "" };
        }
        match block && self.open_end.is_some_and(|end| span.end.index() >= end) {
            true => scalar.strip_suffix('\n').unwrap_or(scalar),
            false => scalar,
        }
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<Value, Wrong> {
        match self.anchors.get(&anchor) {
            Some(Some(decoded)) => {
                self.parts = self.parts.saturating_add(decoded.parts);
                Ok(decoded.value.clone())
            }
            _ => Err(Wrong::at(&span.start, "an alias stands within the value that it is for")),
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Wrong> {
        let mut values = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::tuple(values)),
                (event, span) => values.push(self.value_of(event, &span, depth + 1)?.value),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Wrong> {
        let mut fields = BTreeMap::new();
        loop {
            let (event, span) = self.next()?;
            let (text, style, tag) = match event {
                Event::MappingEnd => return Ok(Value::object(fields)),
                Event::Scalar(text, style, _, tag) => (text, style, tag_name(tag.as_deref())),
                _ => return Err(Wrong::at(&span.start, "only texts can be keys")),
            };
            let value = self.value(depth + 1)?.value;
            if (tag.is_empty() && text == "<<") || tag == format!("{TAGS}merge") {
                merge(&mut fields, &value, &span)?;
                continue;
            }
            let key = scalar::resolve(&tag, &text, style).map_err(|w| located(w, &span))?;
            match convert(&key, &Type::String).ok().as_ref().map(Value::kind) {
                Some(Kind::String(key)) => drop(fields.insert(key.clone(), value)),
                _ => return Err(Wrong::at(&span.start, "a key is null")),
            }
        }
    }
}

/// Adds what a key `<<` stands for: the keys of a mapping, or of each mapping in a sequence.
fn merge(fields: &mut BTreeMap<Arc<str>, Value>, value: &Value, span: &Span) -> Result<(), Wrong> {
    let mappings = match value.kind() {
        Kind::Object(_) => std::slice::from_ref(value),
        Kind::Tuple(values) => values,
        _ => &[],
    };
    if mappings.iter().any(|mapping| mapping.fields().is_none()) || (mappings.is_empty() && value.elements().is_none())
    {
        return Err(Wrong::at(&span.start, "only mappings can be merged with <<"));
    }
    for (name, value) in mappings.iter().filter_map(Value::fields).flat_map(|fields| fields.iter()) {
        fields.insert(name.clone(), value.clone());
    }
    Ok(())
}

fn located(wrong: scalar::Wrong, span: &Span) -> Wrong {
    Wrong { text: wrong.text, ..Wrong::at(&span.start, wrong.message) }
}

/// The full name of a tag, empty if there is none.
fn tag_name(tag: Option<&Tag>) -> String {
    tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)).unwrap_or_default()
}

fn expect_tag(tag: Option<&Tag>, kind: &str, span: &Span) -> Result<(), Wrong> {
    let name = tag_name(tag);
    match name.is_empty() || name == format!("{TAGS}{kind}") {
        true => Ok(()),
        false => Err(Wrong { text: Some(name), ..Wrong::at(&span.start, "there is no support here for the tag") }),
    }
}
