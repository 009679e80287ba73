//! The parts of a format: texts and verbs.

/// Greatest width and precision.
const LARGEST: usize = 1_000_000;

/// A part of a format.
pub enum Piece<'a> {
    /// Stands for itself.
    Text(&'a str),
    /// Stands for an argument.
    Verb(Verb<'a>),
}

/// `%`, flags, width, precision, place of the argument, letter.
#[derive(Debug, Default)]
pub struct Verb<'a> {
    /// As it is written.
    pub raw: &'a str,
    /// Where it is written.
    pub offset: usize,
    /// What the argument is written as.
    pub letter: char,
    /// The place of the argument, if not the one after that of the verb before.
    pub arg: Option<usize>,
    /// `0`
    pub zero: bool,
    /// `#`
    pub sharp: bool,
    /// `-`
    pub minus: bool,
    /// `+`
    pub plus: bool,
    /// A space.
    pub space: bool,
    /// The least number of characters.
    pub width: Option<usize>,
    /// After a point: digits of numbers, characters of texts.
    pub precision: Option<usize>,
}

/// The parts of a format in order, up to the first error.
pub fn pieces(format: &str) -> impl Iterator<Item = Result<Piece<'_>, String>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = format.get(at..).filter(|rest| !rest.is_empty())?;
        let piece = match rest.find('%') {
            Some(0) => Scanner { format, at: at + 1 }.verb(at),
            end => {
                let end = end.unwrap_or(rest.len());
                Ok((Piece::Text(&rest[..end]), at + end))
            }
        };
        match piece {
            Ok((piece, end)) => {
                at = end;
                Some(Ok(piece))
            }
            Err(error) => {
                at = format.len();
                Some(Err(error))
            }
        }
    })
}

struct Scanner<'a> {
    format: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The verb that begins at `start`, after its `%`, and where it ends.
    fn verb(mut self, start: usize) -> Result<(Piece<'a>, usize), String> {
        if self.take('%') {
            return Ok((Piece::Text("%"), self.at));
        }
        let mut verb = Verb { offset: start, ..Verb::default() };
        while let Some(flag) = self.peek().filter(|c| "0#-+ ".contains(*c)) {
            self.at += 1;
            match flag {
                '0' => verb.zero = true,
                '#' => verb.sharp = true,
                '-' => verb.minus = true,
                '+' => verb.plus = true,
                _ => verb.space = true,
            }
        }
        verb.width = self.digits()?;
        if self.take('.') {
            verb.precision = Some(self.digits()?.unwrap_or(0));
        }
        if self.take('[') {
            let place = if self.peek() == Some('0') { None } else { self.digits()? };
            verb.arg = place.and_then(|n| n.checked_sub(1));
            if verb.arg.is_none() || !self.take(']') {
                return Err(self.unexpected());
            }
        }
        let Some(letter) = self.peek().filter(char::is_ascii_alphabetic) else { return Err(self.unexpected()) };
        self.at += 1;
        Ok((Piece::Verb(Verb { letter, raw: &self.format[start..self.at], ..verb }), self.at))
    }

    fn peek(&self) -> Option<char> {
        self.format[self.at..].chars().next()
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> Result<Option<usize>, String> {
        let rest = &self.format[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 {
            return Ok(None);
        }
        let digits = &rest[..end];
        self.at += end;
        match digits.parse::<usize>() {
            Ok(n) if n <= LARGEST => Ok(Some(n)),
            _ => Err(format!("{digits} in the format is too large, the greatest number is {LARGEST}")),
        }
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            Some(c) => format!("unexpected {c:?} at byte {} of the format; a literal percent sign is %%", self.at),
            None => "the format ends within a verb; a literal percent sign is %%".into(),
        }
    }
}
