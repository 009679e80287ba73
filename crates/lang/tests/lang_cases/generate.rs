//! Values by chance, in native syntax and in JSON.

use super::as_json;

/// A value by the number of the draw: native, JSON.
pub fn value(seed: u64) -> (String, String) {
    Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).value(4)
}

struct Draw(u64);

const PIECES: [&str; 14] = ["a", "Z9", " ", "\"", "\\", "\n", "\t", "é", "e\u{301}", "😀", "\u{7f}", "$", "%", "/"];
const NUMBERS: [&str; 9] =
    ["0", "-1", "1.50", "12345678901234567890.123", "1e3", "-2.5E-3", "0.1", "9007199254740993", "1e+2"];

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn value(&mut self, depth: usize) -> (String, String) {
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => same("null"),
            1 => same(if self.below(2) == 0 { "true" } else { "false" }),
            2 => same(NUMBERS[self.below(NUMBERS.len())]),
            3 => self.template(),
            4 => {
                let text = self.text();
                (native(&text), as_json::string(&template(&text)))
            }
            5 | 6 => {
                let (a, b): (Vec<_>, Vec<_>) = (0..self.below(4)).map(|_| self.value(depth - 1)).unzip();
                (format!("[{}]", a.join(", ")), format!("[{}]", b.join(", ")))
            }
            _ => self.object(depth),
        }
    }

    fn object(&mut self, depth: usize) -> (String, String) {
        let mut pairs = (Vec::new(), Vec::new());
        for i in 0..self.below(4) {
            let key = format!("{i}{}", self.text());
            let (a, b) = self.value(depth - 1);
            pairs.0.push(format!("{} = {a}", native(&key)));
            pairs.1.push(format!("{}: {b}", as_json::string(&template(&key))));
        }
        (format!("{{{}}}", pairs.0.join(", ")), format!("{{{}}}", pairs.1.join(", ")))
    }

    /// A template with a string within, which JSON has to escape twice.
    fn template(&mut self) -> (String, String) {
        let (before, inner) = (self.text(), native(&self.text()));
        let text = format!("{}|${{upper({inner})}}", template(&before));
        (format!("\"{}|${{upper({inner})}}\"", escaped(&before)), as_json::string(&text))
    }

    fn text(&mut self) -> String {
        let pieces: String = (0..self.below(6)).map(|_| PIECES[self.below(PIECES.len())]).collect();
        pieces + self.sequence()
    }

    fn sequence(&mut self) -> &'static str {
        ["", "${x}", "%{if", ""][self.below(4)]
    }
}

fn same(text: &str) -> (String, String) {
    (text.into(), text.into())
}

/// The text as a template that stands for it.
fn template(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

fn native(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    template(&text)
}
