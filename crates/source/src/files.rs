//! The texts of one operation and positions in them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use unicode_segmentation::UnicodeSegmentation;

/// Names one file of a [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` to `end` of `file`, in bytes.
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        Span { file, start, end }
    }

    /// The smallest span that covers both; `self` if they are in different files.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The first byte of this one.
    pub fn at_first_byte(self) -> Span {
        Span { end: self.end.min(self.start + 1), ..self }
    }

    /// The empty span at the start of this one.
    pub fn at_start(self) -> Span {
        Span { end: self.start, ..self }
    }
}

/// A place as people count it: line and column from 1, columns in grapheme clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in grapheme clusters, from 1.
    pub column: u32,
    /// Offset in bytes, from 0.
    pub byte: u32,
}

#[derive(Debug)]
struct File {
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offset at which each line starts, once somebody asked.
    lines: OnceLock<Vec<u32>>,
    /// Its parts, once somebody asked.
    outline: OnceLock<Vec<(Range<u32>, String)>>,
}

impl File {
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0).chain(newlines.map(|(i, _)| i as u32 + 1)).collect()
        })
    }
}

/// Finds the parts of a text with their names, outer ones before those in them; it is given the name of the file, too.
pub type Outline = fn(&str, &str) -> Vec<(Range<u32>, String)>;

/// Holds every text an operation has read, for spans to point into.
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<File>,
    outline: Option<Outline>,
}

impl Files {
    /// An empty set.
    pub fn new() -> Files {
        Files::default()
    }

    /// Adds a text under the name shown to users, usually its path.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let (lines, outline) = (OnceLock::new(), OnceLock::new());
        self.files.push(File { name: name.into(), text: text.into(), lines, outline });
        FileId(self.files.len() as u32 - 1)
    }

    /// Says how the parts of texts are found, for [`Files::context`].
    pub fn outline_by(&mut self, outline: Outline) {
        self.outline = Some(outline);
    }

    /// The name of the innermost part of the text that a span begins within, for example `resource "aws_vpc" "main"`.
    pub fn context(&self, span: Span) -> Option<&str> {
        let (file, outline) = (self.files.get(span.file.0 as usize)?, self.outline?);
        let parts = file.outline.get_or_init(|| outline(&file.name, &file.text));
        // What begins where the part begins is not within it but names it.
        let within = parts.iter().rev().find(|(range, _)| range.start < span.start && span.start <= range.end);
        within.map(|(_, name)| name.as_str())
    }

    /// The name given to a file.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.name)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> Arc<str> {
        self.files.get(file.0 as usize).map_or_else(|| Arc::from(""), |f| f.text.clone())
    }

    /// Names and texts of all files, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|file| (&*file.name, &*file.text))
    }

    /// The text a span covers; empty if it lies outside its file.
    pub fn slice(&self, span: Span) -> &str {
        let text = self.files.get(span.file.0 as usize).map_or("", |f| &*f.text);
        text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The line and column of a byte offset.
    pub fn position(&self, file: FileId, byte: u32) -> Position {
        let Some(f) = self.files.get(file.0 as usize) else {
            return Position { line: 1, column: 1, byte };
        };
        let line = f.lines().partition_point(|start| *start <= byte).max(1);
        let before = f.text.get(f.lines()[line - 1] as usize..byte as usize).unwrap_or("");
        let column = before.graphemes(true).count() as u32 + 1;
        Position { line: line as u32, column, byte }
    }

    /// The byte at which a line begins, counted from 1; 0 if there is none.
    pub fn line_start(&self, file: FileId, line: u32) -> u32 {
        let file = self.files.get(file.0 as usize);
        file.and_then(|f| f.lines().get((line as usize).wrapping_sub(1))).copied().unwrap_or(0)
    }

    /// The text of a line counted from 1, without its line ending.
    pub fn line(&self, file: FileId, line: u32) -> &str {
        let Some(f) = self.files.get(file.0 as usize) else { return "" };
        let Some(start) = f.lines().get((line as usize).wrapping_sub(1)) else { return "" };
        let end = f.lines().get(line as usize).map_or(f.text.len(), |e| *e as usize);
        f.text.get(*start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_graphemes_and_spans_count_bytes() {
        let mut files = Files::new();
        let id = files.add("main.tf", "a = 1\nb = \"é🇩🇪x\"\r\nc");
        let x = files.text(id).find('x').map(|i| i as u32).unwrap_or(0);
        let at = files.position(id, x);
        assert_eq!((at.line, at.column), (2, 8));
        assert_eq!(files.line(id, 2), "b = \"é🇩🇪x\"");
        assert_eq!(files.line(id, 3), "c");
        assert_eq!(files.position(id, 0).line, 1);
    }
}
