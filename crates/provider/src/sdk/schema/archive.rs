//! Many compressed texts in one file, each readable by itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

const MAGIC: &[u8] = b"schemas 1\n";

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A resource type.
    Resource,
    /// A data source.
    Data,
    /// The configuration of the provider; its name is empty.
    Provider,
    /// A list of values that several types refer to.
    Values,
}

impl Part {
    const ALL: [(Part, &str); 4] =
        [(Part::Resource, "r"), (Part::Data, "d"), (Part::Provider, "p"), (Part::Values, "v")];

    fn letter(self) -> &'static str {
        Part::ALL.iter().find(|(part, _)| *part == self).map_or("", |(_, letter)| letter)
    }

    fn of_letter(letter: &str) -> Option<Part> {
        Part::ALL.iter().find(|(_, l)| *l == letter).map(|(part, _)| *part)
    }
}

/// One text of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Why an archive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The index at its beginning is damaged.
    #[error("the index of the schemas is damaged")]
    Index,
    /// A text cannot be unpacked.
    #[error("the schema of {0} is damaged")]
    Text(String),
}

/// The index of an archive over its bytes.
#[derive(Clone, Debug)]
pub struct Archive {
    entries: BTreeMap<(Part, &'static str), &'static [u8]>,
}

impl Archive {
    /// Reads the index; the texts stay packed.
    pub fn open(bytes: &'static [u8]) -> Result<Archive, ArchiveError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ArchiveError::Index)?;
        let end = rest.windows(2).position(|w| w == b"\n\n").ok_or(ArchiveError::Index)?;
        let (index, mut texts) = (&rest[..end], &rest[end + 2..]);
        let index = std::str::from_utf8(index).map_err(|_| ArchiveError::Index)?;
        let mut entries = BTreeMap::new();
        for line in index.lines() {
            let (key, length) = index_line(line).ok_or(ArchiveError::Index)?;
            let (text, after) = texts.split_at_checked(length).ok_or(ArchiveError::Index)?;
            entries.insert(key, text);
            texts = after;
        }
        Ok(Archive { entries })
    }

    /// The names of the entries of a part, sorted.
    pub fn names(&self, part: Part) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.range((part, "")..).take_while(move |((p, _), _)| *p == part).map(|((_, name), _)| *name)
    }

    /// Whether there is an entry.
    pub fn contains(&self, part: Part, name: &str) -> bool {
        self.packed(part, name).is_some()
    }

    fn packed(&self, part: Part, name: &str) -> Option<&'static [u8]> {
        self.entries.get(&(part, name)).copied()
    }

    /// Unpacks a text; `None` if there is no such entry.
    pub fn text(&self, part: Part, name: &str) -> Result<Option<String>, ArchiveError> {
        let Some(packed) = self.packed(part, name) else { return Ok(None) };
        let mut text = String::new();
        let read = DeflateDecoder::new(packed).read_to_string(&mut text);
        read.map(|_| Some(text)).map_err(|_| ArchiveError::Text(name.to_owned()))
    }
}

fn index_line(line: &'static str) -> Option<((Part, &'static str), usize)> {
    let mut words = line.split(' ');
    let part = Part::of_letter(words.next()?)?;
    let name = words.next()?;
    let length = words.next()?.parse().ok()?;
    words.next().is_none().then_some(((part, name), length))
}

/// Packs texts into the bytes of an archive: the same texts give the same bytes. Names hold neither blanks nor newlines.
pub fn write(mut entries: Vec<Entry>) -> std::io::Result<Vec<u8>> {
    entries.sort_by(|a, b| (a.part, &a.name).cmp(&(b.part, &b.name)));
    let (mut index, mut texts) = (Vec::from(MAGIC), Vec::new());
    for entry in &entries {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(entry.text.as_bytes())?;
        let packed = encoder.finish()?;
        writeln!(index, "{} {} {}", entry.part.letter(), entry.name, packed.len())?;
        texts.extend(packed);
    }
    index.push(b'\n');
    index.extend(texts);
    Ok(index)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(part: Part, name: &str, text: &str) -> Entry {
        Entry { part, name: name.into(), text: text.into() }
    }

    fn archive() -> Vec<u8> {
        write(vec![
            entry(Part::Values, "x.Y", "[1]"),
            entry(Part::Resource, "b", "second"),
            entry(Part::Provider, "", "config"),
            entry(Part::Resource, "a", "first"),
            entry(Part::Data, "a", "data"),
        ])
        .unwrap()
    }

    #[test]
    fn texts_come_back_by_part_and_name() {
        let archive = Archive::open(archive().leak()).unwrap();
        assert_eq!(archive.names(Part::Resource).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(archive.text(Part::Resource, "b").unwrap().unwrap(), "second");
        assert_eq!(archive.text(Part::Data, "a").unwrap().unwrap(), "data");
        assert_eq!(archive.text(Part::Provider, "").unwrap().unwrap(), "config");
        assert_eq!(archive.text(Part::Data, "b").unwrap(), None);
        assert_eq!(archive.text(Part::Resource, "aa").unwrap(), None);
    }

    #[test]
    fn damage_is_noticed() {
        let whole = archive();
        for end in [0, 5, 20, whole.len() - 1] {
            assert!(Archive::open(whole[..end].to_vec().leak()).is_err(), "cut at {end}");
        }
    }
}
