//! A reader of the XML that AWS services answer with: elements and their places in the text.

use std::ops::Range;

/// An element and where it stands.
#[derive(Clone, Debug)]
pub struct Element {
    /// Name as written, prefix included.
    pub name: String,
    /// From `<` of the start tag to `>` of the end tag.
    pub outer: Range<usize>,
    /// Between the tags.
    pub inner: Range<usize>,
    /// Child elements in order.
    pub children: Vec<Element>,
}

impl Element {
    /// Returns the first child called `name`.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text between the tags as written in `source`.
    pub fn text<'s>(&self, source: &'s str) -> &'s str {
        &source[self.inner.clone()]
    }

    /// Collects the texts of every descendant called `name`.
    pub fn texts<'s>(&self, source: &'s str, name: &str) -> Vec<&'s str> {
        let mut found = Vec::new();
        self.walk(&mut |element| {
            if element.name == name {
                found.push(element.text(source));
            }
        });
        found
    }

    /// Collects the texts of the elements called `name` in the items of this document's lists.
    pub fn fields<'s>(&self, source: &'s str, name: &str) -> Vec<&'s str> {
        let items = self.children.iter().flat_map(|list| &list.children);
        items.filter_map(|item| item.child(name)).map(|field| field.text(source)).collect()
    }

    fn walk(&self, visit: &mut impl FnMut(&Element)) {
        visit(self);
        self.children.iter().for_each(|child| child.walk(visit));
    }
}

/// Reads a document's root element; `None` when it is not well formed.
pub fn parse(source: &str) -> Option<Element> {
    let mut open: Vec<Element> = Vec::new();
    let mut at = 0;
    loop {
        let start = at + source[at..].find('<')?;
        let end = start + tag_length(&source[start..])?;
        let tag = &source[start..end];
        at = end;
        if tag.starts_with("<?") || tag.starts_with("<!") {
            continue;
        }
        let closed = if tag.starts_with("</") {
            let mut element = open.pop().filter(|element| element.name == tag[2..tag.len() - 1].trim_end())?;
            element.inner.end = start;
            element.outer.end = end;
            element
        } else {
            let element = begin(tag, start, end);
            if !tag.ends_with("/>") {
                open.push(element);
                continue;
            }
            element
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return Some(closed),
        }
    }
}

/// Escapes text for element content.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn begin(tag: &str, start: usize, end: usize) -> Element {
    let name = tag[1..].split(|c: char| c.is_whitespace() || c == '/' || c == '>').next().unwrap_or_default();
    Element { name: name.to_owned(), outer: start..end, inner: end..end, children: Vec::new() }
}

fn tag_length(rest: &str) -> Option<usize> {
    let closing = match rest {
        _ if rest.starts_with("<!--") => "-->",
        _ if rest.starts_with("<![CDATA[") => "]]>",
        _ => ">",
    };
    Some(rest.find(closing)? + closing.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<?xml version=\"1.0\"?><r xmlns=\"u\"><!-- <x> --><set><item><id>a</id></item><item><id>b</id><e/></item></set></r>";

    #[test]
    fn finds_places_and_texts() {
        let root = parse(DOCUMENT).unwrap();
        let set = root.child("set").unwrap();
        assert_eq!(set.children.len(), 2);
        assert_eq!(root.texts(DOCUMENT, "id"), ["a", "b"]);
        assert_eq!(root.fields(DOCUMENT, "id"), ["a", "b"]);
        assert!(set.fields(DOCUMENT, "id").is_empty());
        assert_eq!(&DOCUMENT[set.children[1].outer.clone()], "<item><id>b</id><e/></item>");
    }

    #[test]
    fn refuses_what_is_not_well_formed() {
        assert!(parse("<a><b></a></b>").is_none());
        assert!(parse("<a>").is_none());
        assert!(parse("").is_none());
    }
}
