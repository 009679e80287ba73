//! Texts broken into lines that fit.

use unicode_segmentation::UnicodeSegmentation;

/// A text with breaks between words so that no line is wider than `width`, as far as words allow.
///
/// Lines that begin with a blank are left as they are: they are examples or lists.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| if line.starts_with(' ') { line.into() } else { fill(line, width) }).collect();
    lines.join("\n")
}

fn fill(line: &str, width: usize) -> String {
    let mut out = String::with_capacity(line.len());
    let mut used = 0;
    for word in line.split(' ') {
        let long = word.graphemes(true).count();
        if used > 0 && used + 1 + long > width {
            out.push('\n');
            used = 0;
        } else if !out.is_empty() {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += long;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_examples_as_they_are() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("a-very-long-word b", 5), "a-very-long-word\nb");
        assert_eq!(wrap("x y\n    as it is, long\nz", 3), "x y\n    as it is, long\nz");
        assert_eq!(wrap("äöü äöü", 7), "äöü äöü");
    }
}
