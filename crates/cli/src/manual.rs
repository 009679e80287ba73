//! The page `docs/commands.md`, made of what the flags say of themselves.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use crate::Cli;
use crate::args::go_style;

const HEAD: &str = "\
# Commands

<!-- Made from the program's own help: UPDATE=1 cargo test -p terrane-cli writes this page. -->

`terrane [-chdir=DIR] COMMAND [FLAGS] [ARGUMENTS]`. Flags are written `-name`, `-name=value` or `-name value`; two dashes do the
same. A flag with `BOOL` is written `-name`, `-name=true` or `-name=false`.

Every command also has `-help` (or `-h`), which says what this page says, and `-no-color`; `NO_COLOR` in the environment does the
same. `-compact-warnings` shows warnings in a line or two each, unless there are errors. Of several warnings of one kind only the
first is shown, unless `-consolidate-warnings=false` is given; `-consolidate-errors` does the same to errors. All these follow the
command. A flag or command that does not exist ends with code 1 and one line, with the nearest name that does.

| exit code | when |
|---|---|
| 0 | the command did what it was asked; also for `plan` with changes, unless `-detailed-exitcode` is given |
| 1 | an error, a refusal, an answer other than `yes`, or an interrupt |
| 2 | `plan -detailed-exitcode`: there are changes. `fmt`: a file cannot be read or parsed |
| 3 | `fmt -check`: a file is not in the usual form |
| 127 | `terrane` without a command |

Results go to standard output, errors and warnings to standard error. Colours are used only on a terminal.
";

#[test]
fn the_page_of_commands_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let fresh = std::fs::read_to_string(&path).unwrap_or_default() == page;
    assert!(fresh, "docs/commands.md is not what the flags say; write it with: UPDATE=1 cargo test -p terrane-cli");
}

#[test]
fn everything_is_explained() {
    let mut silent = Vec::new();
    visit(&built(), &mut |command, path| {
        let args = command.get_arguments().filter(|a| a.get_help().is_none()).map(|a| format!("{path} {}", a.get_id()));
        silent.extend(args);
        silent.extend(command.get_about().is_none().then(|| path.to_owned()));
    });
    assert!(silent.is_empty(), "without help: {silent:?}");
}

fn built() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

fn visit(command: &Command, on: &mut dyn FnMut(&Command, &str)) {
    fn below(command: &Command, path: &str, on: &mut dyn FnMut(&Command, &str)) {
        on(command, path);
        command.get_subcommands().for_each(|c| below(c, &format!("{path} {}", c.get_name()), on));
    }
    below(command, command.get_name(), on);
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    visit(&built(), &mut |command, path| page += &section(command, path));
    page
}

fn section(command: &Command, path: &str) -> String {
    let mut text = match path.contains(' ') {
        true => format!("\n## {path}\n\n"),
        false => "\n## Before the command\n\n".to_owned(),
    };
    let about = command.get_long_about().or(command.get_about()).map(|a| go_style(&a.to_string())).unwrap_or_default();
    if path.contains(' ') {
        let _ = writeln!(text, "{}\n", sentences(&about));
    }
    if !command.has_subcommands() {
        let _ = writeln!(text, "Usage: `{path}{}`\n", usage(command));
    }
    let (places, flags): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(|a| !shared(a)).partition(|a| a.is_positional());
    for (head, args) in [("argument", places), ("flag", flags)] {
        if !args.is_empty() {
            let _ = writeln!(text, "| {head} | meaning |\n|---|---|");
            args.iter().for_each(|a| text += &row(a));
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// What every command has is told once.
fn shared(arg: &Arg) -> bool {
    arg.is_hide_set()
        || ["help", "no_color", "compact_warnings", "consolidate_warnings", "consolidate_errors"]
            .iter()
            .any(|id| arg.get_id() == id)
}

fn usage(command: &Command) -> String {
    let flags = command.get_arguments().any(|a| !a.is_positional() && !shared(a));
    let mut text = if flags { " [FLAGS]".to_owned() } else { String::new() };
    for arg in command.get_positionals() {
        let name = arg.get_id().to_string().to_uppercase();
        let many = if arg.get_num_args().is_some_and(|n| n.max_values() > 1) { "..." } else { "" };
        let _ = match arg.is_required_set() {
            true => write!(text, " {name}"),
            false => write!(text, " [{name}{many}]"),
        };
    }
    text
}

fn row(arg: &Arg) -> String {
    let name = match arg.get_long() {
        Some(long) => match arg.get_value_names().filter(|_| arg.get_action().takes_values()) {
            Some(names) => format!("-{long}={}", names.join(" ")),
            None => format!("-{long}"),
        },
        None => arg.get_id().to_string().to_uppercase(),
    };
    let help = arg.get_long_help().or(arg.get_help()).map(|h| go_style(&h.to_string())).unwrap_or_default();
    let switch = !arg.get_action().takes_values();
    let default = arg.get_default_values().iter().filter(|_| !switch);
    let default: Vec<_> = default.map(|v| v.to_string_lossy()).collect();
    let default = if default.is_empty() { String::new() } else { format!(" Default: `{}`.", default.join(" ")) };
    format!("| `{}` | {}{default} |\n", name.replace('|', "\\|"), sentences(&help.replace('|', "\\|")))
}

/// Help has no final stop; a page has.
fn sentences(help: &str) -> String {
    let paragraphs = help.split("\n\n").map(|p| p.trim().replace('\n', " "));
    let stopped = paragraphs.map(|p| if p.ends_with(['.', ':', '?']) { p } else { p + "." });
    stopped.collect::<Vec<_>>().join("\n\n")
}
