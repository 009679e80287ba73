//! Patterns of Terraform (RE2) as patterns of the `regex` crate.
//!
//! Both match alike, but write some things in different ways: `\d`, `\s`, `\w` and `\b` are of ASCII in RE2, a `{` that
//! begins no repetition stands for itself, and within brackets `[`, `&&`, `--` and `~~` have no special meaning.

/// The greatest number of repetitions.
const MOST: u32 = 1000;

/// The names of classes in brackets: `[[:alpha:]]`.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// The same pattern in the other form.
pub fn translate(pattern: &str) -> Result<String, String> {
    let mut t = Translator { rest: pattern, out: String::new(), repeated: false };
    while let Some(c) = t.next() {
        t.element(c)?;
    }
    Ok(t.out)
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    /// Whether what came last is a repetition, which cannot be repeated itself.
    repeated: bool,
}

impl<'p> Translator<'p> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn element(&mut self, c: char) -> Result<(), String> {
        let was_repeated = std::mem::replace(&mut self.repeated, false);
        match c {
            '*' | '+' | '?' => self.repetition(&c.to_string(), was_repeated)?,
            '{' => match self.counts() {
                Some(counts) => self.repetition(&counts?, was_repeated)?,
                None => self.out.push_str("\\{"),
            },
            '[' => self.class()?,
            '\\' => self.escape()?,
            '(' if self.take("?") => self.group()?,
            '#' | '&' | '~' | '-' | '}' | ']' => self.literal(c),
            _ => self.out.push(c),
        }
        Ok(())
    }

    fn repetition(&mut self, operator: &str, was_repeated: bool) -> Result<(), String> {
        if was_repeated {
            return Err(format!("{operator:?} repeats a repetition; put that in parentheses"));
        }
        self.out.push_str(operator);
        if self.take("?") {
            self.out.push('?');
        }
        self.repeated = true;
        Ok(())
    }

    /// The rest of `{n}`, `{n,}` or `{n,m}`, if it is one.
    fn counts(&mut self) -> Option<Result<String, String>> {
        let (inner, rest) = self.rest.split_once('}')?;
        let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(least) || !(most.is_empty() || is_number(most)) {
            return None;
        }
        self.rest = rest;
        let small = |text: &str| text.is_empty() || text.parse::<u32>().is_ok_and(|n| n <= MOST);
        match small(least) && small(most) {
            true => Some(Ok(format!("{{{inner}}}"))),
            false => Some(Err(format!("{{{inner}}} repeats more than {MOST} times"))),
        }
    }

    /// After `(?`.
    fn group(&mut self) -> Result<(), String> {
        self.out.push_str("(?");
        if self.take("P<") || self.take("<") {
            self.out.push_str("P<");
            return Ok(());
        }
        let end = self.rest.find([':', ')']).ok_or("a group is not closed")?;
        let flags = &self.rest[..end];
        match flags.chars().find(|c| !"imsU-".contains(*c)) {
            Some(c) => Err(format!("unknown group \"(?{c}\"")),
            None => {
                let (flags, rest) = self.rest.split_at(end + 1);
                self.out.push_str(flags);
                self.rest = rest;
                Ok(())
            }
        }
    }

    /// After `\`, outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        match self.rest.chars().next() {
            Some('Q') => {
                self.rest = &self.rest[1..];
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                quoted.chars().for_each(|c| self.literal(c));
                self.rest = rest;
            }
            Some('A' | 'z') => self.pass_escape(),
            Some('b' | 'B') => {
                self.out.push_str("(?-u:");
                self.pass_escape();
                self.out.push(')');
            }
            _ => match self.escaped()? {
                Escaped::Char(c) => self.literal(c),
                Escaped::Set(set) => self.out.push_str(&format!("[{set}]")),
                Escaped::NotSet(set) => self.out.push_str(&format!("[^{set}]")),
            },
        }
        Ok(())
    }

    fn pass_escape(&mut self) {
        let c = self.next();
        self.out.push('\\');
        self.out.extend(c);
    }

    /// After `\`: what means the same within brackets and outside of them.
    fn escaped(&mut self) -> Result<Escaped, String> {
        let c = self.next().ok_or("it ends with a backslash")?;
        let control = |c: char| Ok(Escaped::Char(c));
        match c {
            'd' => Ok(Escaped::Set("0-9".into())),
            'D' => Ok(Escaped::NotSet("0-9".into())),
            's' => Ok(Escaped::Set("\\t\\n\\f\\r ".into())),
            'S' => Ok(Escaped::NotSet("\\t\\n\\f\\r ".into())),
            'w' => Ok(Escaped::Set("0-9A-Za-z_".into())),
            'W' => Ok(Escaped::NotSet("0-9A-Za-z_".into())),
            'p' | 'P' => self.property(c),
            'a' => control('\u{7}'),
            'f' => control('\u{c}'),
            'n' => control('\n'),
            'r' => control('\r'),
            't' => control('\t'),
            'v' => control('\u{b}'),
            'x' => self.hexadecimal(),
            '0'..='7' => self.octal(c),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(Escaped::Char(c)),
            c => Err(format!("unknown escape sequence \"\\{c}\"")),
        }
    }

    /// After `\p` or `\P`: the name of a class of Unicode.
    fn property(&mut self, letter: char) -> Result<Escaped, String> {
        let name = match self.next() {
            Some('{') => {
                let (name, rest) = self.rest.split_once('}').ok_or("the name of a class is not closed")?;
                self.rest = rest;
                name.to_owned()
            }
            Some(c) => c.to_string(),
            None => return Err("it ends within the name of a class".into()),
        };
        let (name, negated) = name.strip_prefix('^').map_or((name.as_str(), false), |rest| (rest, true));
        let letter = if (letter == 'P') != negated { 'P' } else { 'p' };
        Ok(Escaped::Set(format!("\\{letter}{{{name}}}")))
    }

    /// After `\x`: two digits, or some in braces.
    fn hexadecimal(&mut self) -> Result<Escaped, String> {
        let digits = match self.take("{") {
            true => {
                let (digits, rest) = self.rest.split_once('}').ok_or("a character code is not closed")?;
                self.rest = rest;
                digits
            }
            false => {
                let (digits, rest) = self.rest.split_at_checked(2).ok_or("it ends within a character code")?;
                self.rest = rest;
                digits
            }
        };
        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        code.map(Escaped::Char).ok_or_else(|| format!("unknown character code {digits:?}"))
    }

    /// After `\` and a digit. One digit alone would refer to a group, which RE2 cannot; `\0` is a code.
    fn octal(&mut self, first: char) -> Result<Escaped, String> {
        let mut code = first.to_digit(8).unwrap_or(0);
        let more = self.rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
        if first != '0' && more == 0 {
            return Err(format!("unknown escape sequence \"\\{first}\""));
        }
        for _ in 0..more {
            code = code * 8 + self.next().and_then(|c| c.to_digit(8)).unwrap_or(0);
        }
        char::from_u32(code).map(Escaped::Char).ok_or_else(|| "unknown character code".into())
    }

    /// After `[`.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.take("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            if !first && self.take("]") {
                self.out.push(']');
                return Ok(());
            }
            first = false;
            self.class_item()?;
        }
    }

    fn class_item(&mut self) -> Result<(), String> {
        if self.rest.starts_with("[:")
            && let Some(len) = self.rest[2..].find(":]")
        {
            let end = 2 + len;
            let (class, rest) = self.rest.split_at(end + 2);
            let name = class[2..end].strip_prefix('^').unwrap_or(&class[2..end]);
            if !CLASSES.contains(&name) {
                return Err(format!("unknown class of characters \"{class}\""));
            }
            self.out.push_str(class);
            self.rest = rest;
            return Ok(());
        }
        let from = match self.class_char()? {
            Escaped::Char(c) => c,
            Escaped::Set(set) => {
                self.out.push_str(&set);
                return Ok(());
            }
            Escaped::NotSet(set) => {
                self.out.push_str(&format!("[^{set}]"));
                return Ok(());
            }
        };
        self.literal(from);
        if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.rest = &self.rest[1..];
            let Escaped::Char(to) = self.class_char()? else { return Err("a range ends with a class".into()) };
            self.out.push('-');
            self.literal(to);
        }
        Ok(())
    }

    fn class_char(&mut self) -> Result<Escaped, String> {
        match self.next() {
            Some('\\') => self.escaped(),
            Some(c) => Ok(Escaped::Char(c)),
            None => Err("a class in brackets is not closed".into()),
        }
    }

    /// Adds a character that stands for itself.
    fn literal(&mut self, c: char) {
        match c.is_ascii() && !c.is_ascii_alphanumeric() {
            true => self.out.push_str(&format!("\\x{:02x}", u32::from(c))),
            false => self.out.push(c),
        }
    }
}

/// What an escape sequence stands for.
enum Escaped {
    Char(char),
    /// The inside of brackets.
    Set(String),
    /// The inside of brackets that begin with `^`.
    NotSet(String),
}
