//! The nearest name to one that does not exist.

use terrane_source::Diagnostic;

/// The candidate that `name` most probably was meant to be; the first of equally near ones.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = match name.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let distance = |c: &str| match c.eq_ignore_ascii_case(name) {
        true => 0,
        false => strsim::osa_distance(name, c),
    };
    let far = |c: &str| c.len().abs_diff(name.len()) > 4 * limit;
    let near = candidates.into_iter().filter(|c| !c.is_empty() && !far(c)).map(|c| (distance(c), c));
    near.filter(|(d, c)| *d <= limit && *d < c.chars().count()).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

/// Adds `Did you mean …?` if a candidate is near.
pub(crate) trait Suggest {
    /// Adds the nearest of the candidates as a hint.
    fn suggest<'c>(self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Self;
}

impl Suggest for Diagnostic {
    fn suggest<'c>(self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Diagnostic {
        match nearest(name, candidates) {
            Some(near) => self.hint(format!("Did you mean \"{near}\"?")),
            None => self,
        }
    }
}

/// `a` or `an`, as fits before the word.
pub(crate) fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("cidr_blok", ["cidr_block", "id"]), Some("cidr_block"));
        assert_eq!(nearest("Name", ["name"]), Some("name"));
        assert_eq!(nearest("x", ["y", "vpc"]), None);
        assert_eq!(nearest("regoin", ["region", "origin"]), Some("region"));
    }
}
