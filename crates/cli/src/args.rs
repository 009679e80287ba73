//! From the words of the command line to what clap parses, and from clap's errors to one line.
//!
//! Flags are Go's: `-name`, `--name`, `-name=value` and `-name value` mean the same.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Writes single-dash flags with two dashes, which clap calls long flags. Everything else stays as it is.
pub fn normalise(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut rest_is_text = false;
    let dash = |word: OsString| {
        let Some(text) = word.to_str() else { return word };
        rest_is_text |= text == "--";
        let is_flag = text.starts_with('-') && text != "-h" && text[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if is_flag && !rest_is_text { format!("-{text}").into() } else { word }
    };
    words.into_iter().map(dash).collect()
}

/// Whether normalised words ask a command for events, as far as they can be understood.
pub fn ask_for_events(words: &[OsString]) -> bool {
    let plain = words.iter().skip(1).find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let tells = |name: &str| plain.is_some_and(|word| word == name);
    ["plan", "apply", "destroy", "refresh"].into_iter().any(tells) && words.iter().any(|word| word == "--json")
}

/// The words with those of `TF_CLI_ARGS`, and of the variable for the command such as `TF_CLI_ARGS_plan`, after the command.
///
/// # Errors
/// Which variable has quotes without an end.
pub fn with_environment(words: Vec<OsString>, get: impl Fn(&str) -> Option<String>) -> Result<Vec<OsString>, String> {
    let is_flag = |word: &&OsString| word.to_string_lossy().starts_with('-');
    let command: Vec<&OsString> =
        words.iter().skip(1).skip_while(is_flag).take_while(|w| !is_flag(w)).take(2).collect();
    let Some(first) = command.first() else { return Ok(words) };
    let in_group = GROUPS.contains(&&*first.to_string_lossy()) && command.len() == 2;
    let names = command.iter().take(if in_group { 2 } else { 1 });
    let name = names.map(|word| word.to_string_lossy().replace('-', "_")).collect::<Vec<_>>().join("_");
    let mut more = Vec::new();
    for variable in ["TF_CLI_ARGS".to_owned(), format!("TF_CLI_ARGS_{name}")] {
        let text = get(&variable).unwrap_or_default();
        let words = split(&text).ok_or_else(|| format!("The quotes in {variable} in the environment have no end."))?;
        more.extend(words.into_iter().map(OsString::from));
    }
    let flags = words.iter().skip(1).take_while(is_flag).count();
    let mut words = words;
    let after = 1 + flags + if in_group { 2 } else { 1 };
    words.splice(after..after, more);
    Ok(words)
}

/// Commands that have commands of their own.
const GROUPS: [&str; 5] = ["lock", "metadata", "providers", "state", "workspace"];

/// Splits a text as a shell does: at spaces that are not in quotes or behind a backslash. `None` if quotes have no end.
fn split(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(rest.next()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Writes clap's help with single-dash flags.
pub fn go_style(help: &str) -> String {
    let mut out = String::with_capacity(help.len());
    let mut before = ' ';
    let mut rest = help.chars().peekable();
    while let Some(c) = rest.next() {
        let flag = c == '-' && rest.peek() == Some(&'-') && !before.is_alphanumeric() && before != '-';
        if flag {
            rest.next();
        }
        out.push(c);
        before = c;
    }
    out
}

/// Says in one line what is wrong with the command line.
pub fn explain(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(go_style(text)),
        Some(ContextValue::Strings(texts)) => texts.first().map(|t| go_style(t)),
        _ => None,
    };
    let subject = context(ContextKind::InvalidArg).or_else(|| context(ContextKind::InvalidSubcommand));
    let subject = subject.map(|s| s.split([' ', '=', '[']).next().unwrap_or_default().to_owned()).unwrap_or_default();
    let near = context(ContextKind::SuggestedArg).or_else(|| context(ContextKind::SuggestedSubcommand));
    let near = near.map(|n| format!(" Did you mean \"{n}\"?")).unwrap_or_default();
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    let other = context(ContextKind::PriorArg).unwrap_or_default();
    let other = other.split([' ', '=', '[']).next().unwrap_or_default();
    let why = std::error::Error::source(error).map(|e| format!(": {e}")).unwrap_or_default();
    let allowed = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => format!(": it is one of {}", values.join(", ")),
        _ => why,
    };
    match error.kind() {
        ErrorKind::UnknownArgument if subject.starts_with('-') => {
            format!("There is no flag \"{subject}\" here.{near} The flag -help lists those that can be used.")
        }
        ErrorKind::UnknownArgument => format!("\"{subject}\" is one argument too many.{near}"),
        ErrorKind::InvalidSubcommand if let Some(why) = not_there(&subject) => why,
        ErrorKind::InvalidSubcommand => {
            format!("There is no command \"{subject}\".{near} \"terrane -help\" lists all commands.")
        }
        ErrorKind::MissingRequiredArgument => format!("The argument {subject} is missing."),
        ErrorKind::InvalidValue if value.is_empty() => format!("The flag {subject} needs a value."),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("\"{value}\" is not a value for {subject}{allowed}.{near}")
        }
        ErrorKind::NoEquals => format!("The flag {subject} takes its value after an equals sign."),
        ErrorKind::ArgumentConflict if other.is_empty() || other == subject => {
            format!("The flag {subject} is given twice.")
        }
        ErrorKind::ArgumentConflict => format!("The flags {subject} and {other} exclude each other."),
        _ => go_style(
            error.to_string().lines().next().unwrap_or("The command line is wrong.").trim_start_matches("error: "),
        ),
    }
}

/// Why there is no such command, for commands that other tools have.
fn not_there(command: &str) -> Option<String> {
    let why = match command {
        "test" => {
            "Terrane does not run tests yet: files such as main.tftest.hcl and main.tofutest.hcl are not looked at. Run them \
             with the tool they were written for."
        }
        "query" => {
            "Terrane does not search for objects yet: files such as main.tfquery.hcl are not looked at. To manage an object \
             that exists, write an import block."
        }
        "login" | "logout" | "cloud" | "stacks" => {
            "HCP Terraform and Terraform Enterprise are not supported. Credentials for modules are read from the \
             environment and from .netrc."
        }
        "env" => "It has been replaced by the command \"workspace\".",
        "push" => "It is gone from the other tools, too. State is moved with the command \"state push\".",
        _ => return None,
    };
    Some(format!("There is no command \"{command}\". {why}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        normalise(line.split(' ').map(OsString::from))
    }

    #[test]
    fn flags_of_one_and_two_dashes_are_the_same() {
        assert_eq!(
            words("t -chdir=x plan --out p -var a=-b -"),
            ["t", "--chdir=x", "plan", "--out", "p", "--var", "a=-b", "-"]
        );
        assert_eq!(words("t -h -- -x -5"), ["t", "-h", "--", "-x", "-5"]);
    }

    #[test]
    fn who_reads_events_is_told_in_events() {
        assert!(ask_for_events(&words("t -chdir=x plan -json -nonsense")));
        assert!(!ask_for_events(&words("t plan -nonsense")) && !ask_for_events(&words("t output -json -nonsense")));
    }

    #[test]
    fn commands_that_others_have_are_explained() {
        assert!(not_there("test").is_some_and(|why| why.contains("tftest.hcl")));
        assert!(not_there("plam").is_none());
    }

    #[test]
    fn the_environment_adds_words_after_the_command() {
        let get = |name: &str| match name {
            "TF_CLI_ARGS" => Some("-no-color".to_owned()),
            "TF_CLI_ARGS_plan" => Some("-var 'a=b c' -var=x=\\\"".to_owned()),
            "TF_CLI_ARGS_state_list" => Some("-id=\"i 1\"".to_owned()),
            "TF_CLI_ARGS_apply" => Some("'".to_owned()),
            _ => None,
        };
        let with = |line: &str| with_environment(line.split(' ').map(OsString::from).collect(), get).unwrap();
        assert_eq!(
            with("t -chdir=x plan -out p"),
            ["t", "-chdir=x", "plan", "-no-color", "-var", "a=b c", "-var=x=\"", "-out", "p"]
        );
        assert_eq!(with("t state list a"), ["t", "state", "list", "-no-color", "-id=i 1", "a"]);
        assert_eq!(with("t -version"), ["t", "-version"]);
        let wrong = with_environment(["t", "apply"].map(OsString::from).to_vec(), get);
        assert!(wrong.unwrap_err().contains("TF_CLI_ARGS_apply"));
    }

    #[test]
    fn help_shows_single_dashes() {
        assert_eq!(go_style("  --auto-approve  skip -- a--b"), "  -auto-approve  skip - a--b");
    }
}
