//! The story of a page: its files are written and its commands run, in order, in one folder and account.

use terrane_docs_tests::{Block, Page};
use terrane_e2e::World;

/// One command of a transcript and what the page shows of its output.
struct Command<'p> {
    words: Vec<String>,
    shown: Vec<&'p str>,
    code: i32,
}

#[test]
fn getting_started() {
    tell("docs/getting-started.md");
}

#[test]
fn configuration() {
    tell("docs/configuration.md");
}

#[test]
fn console() {
    tell("docs/console.md");
}

#[test]
fn state() {
    tell("docs/state.md");
}

#[test]
fn query() {
    tell("docs/query.md");
}

#[test]
fn deferral() {
    tell("docs/deferral.md");
}

#[test]
fn errors() {
    tell("docs/errors.md");
}

#[test]
fn security() {
    tell("docs/security.md");
}

#[test]
fn ci() {
    tell("docs/ci.md");
}

#[test]
fn encryption() {
    tell("docs/encryption.md");
}

#[test]
fn every_story_is_told() {
    let told = include_str!("story.rs");
    let stories = terrane_docs_tests::pages().into_iter().filter(|p| p.blocks().iter().any(|b| b.is("console", "run")));
    let missing: Vec<String> = stories.map(|p| p.name).filter(|n| !told.contains(&format!("tell({n:?})"))).collect();
    assert!(missing.is_empty(), "no test runs {missing:?}");
}

fn tell(name: &str) {
    let Some(world) = World::new(name) else { return };
    let mut page = Page::read(name);
    let needs: Vec<String> = page.needs().map(str::to_owned).collect();
    for need in needs {
        let (kind, shared) = need.rsplit_once(' ').unwrap();
        let own = world.unique(shared);
        match kind {
            "bucket" => world.account().create_bucket(&own),
            "lock table" => world.account().create_lock_table(&own),
            other => panic!("{name} needs a {other}, which is not known"),
        }
        page.text = page.text.replace(shared, &own);
    }
    for block in page.blocks() {
        if let Some(file) = block.value("file") {
            world.write(file, &block.text);
        } else if block.is("console", "run") {
            commands(&block).into_iter().for_each(|command| run(&world, &page.name, block.line, &command));
        }
    }
}

/// Splits a transcript into its commands.
fn commands(block: &Block) -> Vec<Command<'_>> {
    let mut all: Vec<Command<'_>> = Vec::new();
    let mut asked = false;
    for line in block.text.lines() {
        let last = all.last_mut();
        match (line.strip_prefix("$ "), last) {
            (Some("echo $?"), _) => asked = true,
            (Some(command), _) => all.push(Command { words: words(command), shown: Vec::new(), code: 0 }),
            (None, Some(last)) if asked => {
                last.code = line.trim().parse().unwrap();
                asked = false;
            }
            (None, Some(last)) => {
                last.code = last.code.max(i32::from(line.contains("Error: ")));
                last.shown.push(line);
            }
            (None, None) => panic!("line {}: a transcript begins with a command", block.line),
        }
    }
    all
}

/// Splits a command at blanks outside of quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = None;
    for c in command.chars() {
        match c {
            '\'' | '"' if quoted.is_none() => quoted = Some(c),
            c if quoted == Some(c) => quoted = None,
            ' ' if quoted.is_none() => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    assert!(words[0] == "terrane", "only terrane is run, not {:?}", words[0]);
    words.split_off(1)
}

fn run(world: &World, page: &str, line: usize, command: &Command<'_>) {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let run = world.terrane(&words).code(command.code);
    let output = plain(&format!("{}\n{}", run.stdout, run.stderr));
    let mut rest = output.as_str();
    let shown = command.shown.iter().flat_map(|line| line.split('…')).map(plain).filter(|part| !part.is_empty());
    let mut parts = 0;
    for part in shown {
        let Some(at) = rest.find(&part) else {
            panic!("{page} line {line}: {part:?} is not, or not there, in:\n{run}")
        };
        rest = &rest[at + part.len()..];
        parts += 1;
    }
    let silent = parts == 0 && !command.shown.iter().any(|l| l.contains('…'));
    assert!(!silent || output.is_empty(), "{page} line {line}: nothing is shown of:\n{run}");
}

/// The text with single blanks.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
