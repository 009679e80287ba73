//! What providers are told in confidence, and must not come back in their words.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use terrane_value::{Kind, Marks, Value};

/// What stands in place of a secret.
const HIDDEN: &str = "(sensitive value)";

/// The least length of a secret that is looked for within other words; a shorter one is hidden where it stands in quotes,
/// since elsewhere it may well stand by chance.
const LONG: usize = 8;

/// The sensitive texts of configurations.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    texts: BTreeSet<Arc<str>>,
}

impl Secrets {
    /// Adds the sensitive texts of a value.
    pub(super) fn note(&mut self, value: &Value) {
        let is_secret = value.marks().contains(Marks::SENSITIVE) || value.marks().contains(Marks::EPHEMERAL);
        match is_secret {
            true => self.note_all(value),
            false => value.children().for_each(|part| self.note(part)),
        }
    }

    /// Adds all texts of a value.
    pub(super) fn note_all(&mut self, value: &Value) {
        match value.kind() {
            Kind::String(text) if !text.is_empty() => _ = self.texts.insert(text.clone()),
            _ => value.children().for_each(|part| self.note_all(part)),
        }
    }

    /// The words without the secrets in them, be they as they are, escaped or encoded.
    pub fn hide<'t>(&self, words: &'t str) -> Cow<'t, str> {
        let mut hidden = Cow::Borrowed(words);
        let mut texts: Vec<&Arc<str>> = self.texts.iter().filter(|text| text.len() <= words.len()).collect();
        // What is part of another goes with it.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        for form in texts.into_iter().flat_map(|text| forms(text)) {
            if hidden.contains(&form) {
                hidden = Cow::Owned(hidden.replace(&form, HIDDEN));
            }
        }
        hidden
    }
}

/// How a text may stand in other words.
fn forms(text: &str) -> Vec<String> {
    let escaped = format!("{text:?}");
    if text.len() < LONG {
        return vec![escaped];
    }
    let bare = escaped[1..escaped.len() - 1].to_owned();
    let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    vec![text.to_owned(), bare, encoded, STANDARD.encode(text)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        let value = |text: &&str| Value::string(*text);
        secrets.note(&Value::tuple(texts.iter().map(value)).mark(Marks::SENSITIVE));
        secrets.note(&Value::tuple([Value::string("eu-west-1")]));
        secrets
    }

    #[test]
    fn secrets_are_hidden_in_every_form() {
        let all = secrets(&["hunter2 \"x\"", "hunter2 \"x\" and more"]);
        assert_eq!(all.hide("a hunter2 \"x\" and more b hunter2 \"x\""), format!("a {HIDDEN} b {HIDDEN}"));
        assert_eq!(all.hide(r#"{"k":"hunter2 \"x\""} in eu-west-1"#), format!(r#"{{"k":"{HIDDEN}"}} in eu-west-1"#));
        assert_eq!(all.hide("UserData=aHVudGVyMiAieCI="), format!("UserData={HIDDEN}"));
        assert_eq!(all.hide("Password=hunter2%20%22x%22&b"), format!("Password={HIDDEN}&b"));
        assert!(matches!(all.hide("nothing"), Cow::Borrowed("nothing")));
    }

    #[test]
    fn short_ones_only_where_they_are_quoted() {
        assert_eq!(secrets(&["prod"]).hide("\"prod\" in production"), format!("{HIDDEN} in production"));
    }
}
