//! Why a text is no JSON of some form, without the values in it.

/// What an error says, without the value that was found where another was expected: it may be a secret.
pub fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let value = text.find(['"', '`']).zip(text.rfind(", expected").or_else(|| text.rfind(" at line")));
    match value.filter(|(begin, end)| begin < end && (text.starts_with("invalid ") || text.starts_with("unknown "))) {
        Some((begin, end)) => format!("{}{}", text[..begin].trim_end(), &text[end..]),
        None => text,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::from_str;

    use super::*;

    #[test]
    fn values_are_left_out() {
        let told = why(&from_str::<u8>("\"hunter2, expected\"").unwrap_err());
        assert_eq!(told, "invalid type: string, expected u8 at line 1 column 19");
        assert_eq!(
            why(&from_str::<bool>("17").unwrap_err()),
            "invalid type: integer, expected a boolean at line 1 column 2"
        );
        assert_eq!(
            why(&from_str::<bool>("[").unwrap_err()),
            "invalid type: sequence, expected a boolean at line 1 column 0"
        );
        assert_eq!(why(&from_str::<Vec<u8>>("[1").unwrap_err()), "EOF while parsing a list at line 1 column 2");
    }
}
