//! The demonstration: what a user sees of the whole journey, with every promise of it checked.

use crate::emulator::Emulator;
use crate::{Result, workspace};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PREPARE: &str = include_str!("../python/prepare.py");
const CREATE_BUCKET: &str = include_str!("../python/create_bucket.py");
const INVENTORY: &str = include_str!("../python/inventory.py");

const STATE_BUCKET: &str = "terrane-demo-state";
const LOCK_TABLE: &str = "terrane-demo-locks";
const OUTSIDE_BUCKET: &str = "terrane-demo-made-outside";

/// Written beside the example: where its state is kept.
const BACKEND: &str = r#"terraform {
  backend "s3" {
    bucket         = "terrane-demo-state"
    key            = "web-vpc/terraform.tfstate"
    region         = "eu-west-1"
    dynamodb_table = "terrane-demo-locks"
  }
}
"#;

/// Written beside the example before the import: the block of the bucket made by hand.
const OUTSIDE: &str = r#"resource "aws_s3_bucket" "outside" {
  bucket = "terrane-demo-made-outside"
}
"#;

/// Shows init, plan, apply, a change, an import and destroy on `examples/web-vpc`.
pub fn run() -> Result<()> {
    workspace::run(&mut workspace::cargo(&["build", "--package", "terrane-cli"]))?;
    let emulator = Emulator::start()?;
    emulator.script(PREPARE, &[STATE_BUCKET, LOCK_TABLE])?;
    let before = emulator.script(INVENTORY, &[])?;
    let stage = Stage { folder: copy_example()?, emulator: &emulator };
    stage.journey()?;
    let after = emulator.script(INVENTORY, &[])?;
    if before != after {
        return Err(format!("the account does not look as before:\n{}", differences(&before, &after)));
    }
    heading("Done: the account holds what it held before, the state is empty, and the emulator stops now");
    Ok(())
}

struct Stage<'e> {
    folder: PathBuf,
    emulator: &'e Emulator,
}

/// What a command is expected to end with and to say.
struct Expect<'e> {
    code: i32,
    words: &'e [&'e str],
}

const FINE: Expect<'static> = Expect { code: 0, words: &[] };
const NO_CHANGES: Expect<'static> = Expect { code: 0, words: &["No changes."] };

impl Stage<'_> {
    fn journey(&self) -> Result<()> {
        heading("First run");
        self.terrane(&["init"], &FINE)?;
        self.terrane(&["validate"], &FINE)?;
        self.terrane(
            &["plan", "-out=first.plan"],
            &Expect { code: 0, words: &[" to add, 0 to change, 0 to destroy"] },
        )?;
        self.terrane(&["apply", "first.plan"], &Expect { code: 0, words: &["Apply complete!"] })?;
        self.terrane(&["plan", "-detailed-exitcode"], &NO_CHANGES)?;
        self.change()?;
        self.import()?;
        self.destroy()
    }

    fn change(&self) -> Result<()> {
        heading("A change: one update in place, one replacement, one deletion");
        let words = &["will be updated in-place", "must be replaced", "will be destroyed"];
        self.terrane(&["plan", "-detailed-exitcode", "-var=change=true"], &Expect { code: 2, words })?;
        self.terrane(
            &["apply", "-auto-approve", "-var=change=true"],
            &Expect { code: 0, words: &["Apply complete!"] },
        )?;
        self.terrane(&["plan", "-detailed-exitcode", "-var=change=true"], &NO_CHANGES)
    }

    fn import(&self) -> Result<()> {
        heading("Import of a bucket made outside");
        self.emulator.script(CREATE_BUCKET, &[OUTSIDE_BUCKET])?;
        write(&self.folder.join("outside.tf"), OUTSIDE)?;
        print!("{OUTSIDE}");
        self.terrane(&["import", "-var=change=true", "aws_s3_bucket.outside", OUTSIDE_BUCKET], &FINE)?;
        self.terrane(&["state", "show", "aws_s3_bucket.outside"], &Expect { code: 0, words: &[OUTSIDE_BUCKET] })?;
        let kept = Expect { code: 0, words: &["0 added", "0 destroyed"] };
        self.terrane(&["apply", "-auto-approve", "-var=change=true"], &kept)?;
        self.terrane(&["plan", "-detailed-exitcode", "-var=change=true"], &NO_CHANGES)
    }

    fn destroy(&self) -> Result<()> {
        heading("Everything goes");
        self.terrane(
            &["destroy", "-auto-approve", "-var=change=true"],
            &Expect { code: 0, words: &["Destroy complete!"] },
        )?;
        let left = self.terrane_output(&["state", "list"], &FINE)?;
        if left.trim().is_empty() { Ok(()) } else { Err(format!("the state still holds:\n{left}")) }
    }

    fn terrane(&self, arguments: &[&str], expect: &Expect<'_>) -> Result<()> {
        self.terrane_output(arguments, expect).map(drop)
    }

    /// Runs terrane as a user would, showing the command and its output as it comes.
    fn terrane_output(&self, arguments: &[&str], expect: &Expect<'_>) -> Result<String> {
        let mut command = Command::new(workspace::target().join("debug/terrane"));
        command.args(arguments).current_dir(&self.folder).envs(self.emulator.environment());
        let line = workspace::line(&command);
        println!("\n$ {line}");
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| format!("cannot start {line}: {error}"))?;
        let output = child.stdout.take().map_or_else(|| Ok(String::new()), |stream| tee(BufReader::new(stream)))?;
        let status = child.wait().map_err(|error| format!("lost {line}: {error}"))?;
        if status.code() != Some(expect.code) {
            return Err(format!("`{line}` ended with {status}, not with {}", expect.code));
        }
        let missing: Vec<_> = expect.words.iter().filter(|words| !output.contains(**words)).collect();
        if missing.is_empty() { Ok(output) } else { Err(format!("`{line}` did not say {missing:?}")) }
    }
}

fn tee(stream: impl BufRead) -> Result<String> {
    let mut all = String::new();
    for line in stream.lines() {
        let line = line.map_err(|error| format!("lost a command's output: {error}"))?;
        println!("{line}");
        all.push_str(&line);
        all.push('\n');
    }
    Ok(all)
}

fn copy_example() -> Result<PathBuf> {
    let folder = workspace::target().join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    copy(&workspace::root().join("examples/web-vpc"), &folder)?;
    write(&folder.join("backend.tf"), BACKEND)?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        match entry.file_type().map_err(failed)?.is_dir() {
            true if entry.file_name() == ".terraform" => {}
            true => copy(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(drop).map_err(failed)?,
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn heading(text: &str) {
    println!("\n=== {text}");
}

fn differences(before: &str, after: &str) -> String {
    let only = |sign: &str, of: &str, other: &str| {
        let lines = of.lines().filter(|line| !other.lines().any(|one| one == *line));
        lines.map(|line| format!("{sign} {line}")).collect::<Vec<_>>()
    };
    [only("-", before, after), only("+", after, before)].concat().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_both_sides() {
        assert_eq!(differences("a\nb\n", "b\nc\n"), "- a\n+ c");
    }

    #[test]
    fn the_files_written_name_what_is_made() {
        assert!(BACKEND.contains(STATE_BUCKET) && BACKEND.contains(LOCK_TABLE) && OUTSIDE.contains(OUTSIDE_BUCKET));
    }
}
