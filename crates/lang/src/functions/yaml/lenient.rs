//! Texts as YAML 1.1 has them, written as version 1.2 asks for.
//!
//! Version 1.2 wants the lines of flow collections and of quoted texts to be indented, a blank after the colon of a key
//! rather than a tab, and no lone dash within brackets. OpenTofu and much that is written by hand do not.

/// The text in the stricter form, if it is not that already; its values are the same.
pub fn strict(text: &str) -> Option<String> {
    let mut writer = Writer {
        out: String::with_capacity(text.len() + 64),
        depth: 0,
        parent: -1,
        quote: None,
        block: None,
        fresh: true,
    };
    for line in text.split_inclusive('\n') {
        writer.line(line);
    }
    (writer.out != text).then_some(writer.out)
}

/// A block text that is being copied.
struct BlockText {
    /// The column that all of it stands to the right of.
    parent: i64,
    /// The column of its first line, once that has come.
    column: Option<i64>,
}

struct Writer {
    out: String,
    /// How many flow collections are open.
    depth: usize,
    /// The column of the key or the dash that what follows belongs to.
    parent: i64,
    /// The quote of the text that is open.
    quote: Option<char>,
    block: Option<BlockText>,
    /// Whether a value may begin here.
    fresh: bool,
}

impl Writer {
    fn line(&mut self, line: &str) {
        let content = line.trim_start_matches(' ');
        let column = (line.len() - content.len()) as i64;
        if self.in_block_text(content, column) || line.starts_with("---") || line.starts_with("...") {
            if self.block.is_none() {
                (self.parent, self.fresh) = (-1, true);
            }
            self.out.push_str(line);
            return;
        }
        let content = match self.depth > 0 || self.quote.is_some() {
            true => self.continued(line, column),
            false => {
                self.out.push_str(&line[..line.len() - content.len()]);
                self.parents(content, column)
            }
        };
        self.tokens(content);
    }

    /// Whether a line is of the open block text, which ends where it is not.
    fn in_block_text(&mut self, content: &str, column: i64) -> bool {
        let Some(block) = &mut self.block else { return false };
        let blank = content.trim_end().is_empty();
        let inside = blank || column > block.parent && block.column.is_none_or(|first| column >= first);
        if inside && !blank {
            block.column.get_or_insert(column);
        }
        if !inside {
            self.block = None;
        }
        inside
    }

    /// Indents a line that goes on with what is open, and returns the rest of it.
    fn continued<'l>(&mut self, line: &'l str, column: i64) -> &'l str {
        let content = line.trim_start_matches([' ', '\t']);
        let is_tab = line.len() - content.len() != column as usize;
        let wanted = if is_tab || column <= self.parent { self.parent + 1 } else { column };
        let blank = content.trim_end().is_empty();
        self.out.extend(std::iter::repeat_n(' ', if blank { 0 } else { wanted.max(0) as usize }));
        content
    }

    /// Takes the dashes at the beginning of a line, and returns the rest, with the column that it belongs to noted.
    fn parents<'l>(&mut self, mut content: &'l str, mut column: i64) -> &'l str {
        let mut dash = None;
        while let Some(rest) = content.strip_prefix("- ") {
            let item = rest.trim_start_matches(' ');
            dash = Some(column);
            column += (content.len() - item.len()) as i64;
            self.out.push_str(&content[..content.len() - item.len()]);
            content = item;
        }
        let begins = is_key(content) || content.trim_end() == "-";
        self.fresh |= begins || dash.is_some();
        self.parent = match (begins, dash) {
            (true, _) => column,
            (false, Some(dash)) => dash,
            // A line that goes on with the text or the key above it.
            (false, None) => self.parent.min(column - 1),
        };
        content
    }

    fn tokens(&mut self, content: &str) {
        let mut rest = content;
        while let Some(c) = rest.chars().next() {
            let taken = match self.quote {
                Some(quote) => self.quoted(rest, quote),
                None => self.token(rest, c),
            };
            rest = rest.get(taken.max(1)..).unwrap_or_default();
        }
    }

    /// Copies quoted text up to its end, and returns how much of `rest` that is.
    fn quoted(&mut self, rest: &str, quote: char) -> usize {
        let len = match rest.as_bytes() {
            [b'\\', ..] if quote == '"' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            [b'\'', b'\'', ..] if quote == '\'' => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        if rest.starts_with(quote) && len == 1 {
            self.quote = None;
        }
        self.out.push_str(&rest[..len]);
        len
    }

    /// Copies what begins with `c` outside of quotes, and returns how much of `rest` that is.
    fn token(&mut self, rest: &str, c: char) -> usize {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let ends = |text: &str| text.is_empty() || text.starts_with([' ', '\t', '\n', '\r']);
        let flow_ends = self.depth > 0 && after.starts_with([',', ']', '}', '[', '{']);
        match c {
            '#' if self.out.ends_with([' ', '\t', '\n']) || self.out.is_empty() => {
                self.out.push_str(rest);
                return rest.len();
            }
            '"' | '\'' if self.fresh => self.quote = Some(c),
            '[' | '{' if self.fresh || self.depth > 0 => self.depth += 1,
            ']' | '}' if self.depth > 0 => self.depth -= 1,
            '|' | '>' if self.fresh && self.depth == 0 => {
                self.block = Some(BlockText { parent: self.parent, column: None });
                self.fresh = false;
                self.out.push_str(rest);
                return rest.len();
            }
            '-' if self.fresh && flow_ends => {
                self.out.push_str("'-'");
                self.fresh = false;
                return 1;
            }
            '!' | '&' if self.fresh => {
                let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
                self.out.push_str(&rest[..len]);
                return len;
            }
            ':' if after.starts_with('\t') => {
                self.out.push_str(": ");
                self.fresh = true;
                return rest.len() - after.trim_start_matches([' ', '\t']).len();
            }
            _ => {}
        }
        let opens = self.depth > 0 && matches!(c, '[' | '{' | ',') || c == ':' && (ends(after) || self.depth > 0);
        self.fresh = opens || self.fresh && c.is_whitespace();
        self.out.push(c);
        c.len_utf8()
    }
}

/// Whether a line of a block begins with a key.
fn is_key(content: &str) -> bool {
    let colon = |text: &str| text.strip_prefix(':').is_some_and(|t| t.is_empty() || t.starts_with(char::is_whitespace));
    match content.chars().next() {
        Some(quote @ ('"' | '\'')) => after_quoted(content, quote).is_some_and(|rest| colon(rest.trim_start())),
        Some('[' | '{' | '#') | None => false,
        Some(_) => content.match_indices(':').any(|(at, _)| colon(&content[at..])),
    }
}

/// What follows the quoted text that a text begins with.
fn after_quoted(text: &str, quote: char) -> Option<&str> {
    let mut rest = text.strip_prefix(quote)?;
    loop {
        let at = rest.find([quote, '\\'])?;
        let (found, after) = (rest[at..].chars().next()?, &rest[at + 1..]);
        rest = match found {
            '\\' if quote == '"' => after.get(after.chars().next()?.len_utf8()..)?,
            '\\' => after,
            _ if quote == '\'' && after.starts_with(quote) => &after[1..],
            _ => return Some(after),
        };
    }
}
