//! The speed of plan, apply and show on configurations with many of something, beside a peer.

mod measure;
mod shapes;
mod table;

use crate::{Result, workspace};
use measure::{Run, Runs};
use shapes::{From, SHAPES, Shape, Step};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use table::Row;

/// How many runs a median is made of.
const RUNS: usize = 5;
/// How many seconds the runs for a median take at most, unless something else is said; the last run may take as long again.
const LIMIT: f64 = 40.0;
const STATE: &str = "terraform.tfstate";

/// What is asked for on the command line.
struct Options {
    write: bool,
    peer: Option<PathBuf>,
    binary: Option<PathBuf>,
    limit: f64,
    shapes: Vec<&'static Shape>,
}

/// Measures the shapes that are named, or all, and prints the table.
pub fn run(arguments: &[&str]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let own = match &options.binary {
        Some(binary) => binary.clone(),
        None => {
            workspace::run(&mut workspace::cargo(&["build", "--release", "--package", "terrane-cli"]))?;
            workspace::target().join("release/terrane")
        }
    };
    let peer = options.peer.as_deref().map(version).transpose()?;
    let mut lines = vec![table::head(peer.as_deref())];
    println!("{}", lines[0]);
    let mut rows = Vec::new();
    for shape in &options.shapes {
        let bench = Bench::prepare(shape, &own, &options)?;
        for step in shape.steps {
            let row = bench.row(step)?;
            println!("{}", row.line());
            lines.push(row.line());
            rows.push(row);
        }
    }
    if let Some(line) = table::ratio(&rows) {
        println!("{line}");
        lines.push(line);
    }
    if options.write { write(&lines.join("\n")) } else { Ok(()) }
}

fn write(table: &str) -> Result<()> {
    let path = workspace::root().join("docs/benchmarks.md");
    let page = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    put(&path, &table::replace(&page, table)?)
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Options> {
        let mut options =
            Options { write: false, peer: on_path("tofu"), binary: None, limit: LIMIT, shapes: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().copied().ok_or_else(|| format!("{argument} needs a value"));
            match *argument {
                "--write" => options.write = true,
                "--no-peer" => options.peer = None,
                "--peer" => options.peer = Some(absolute(value()?)?),
                "--binary" => options.binary = Some(absolute(value()?)?),
                "--limit" => {
                    let text = value()?;
                    options.limit = text.parse().map_err(|_| format!("--limit {text} is no number of seconds"))?;
                }
                name => {
                    let shape = SHAPES.iter().find(|shape| shape.name == name);
                    options
                        .shapes
                        .push(shape.ok_or_else(|| format!("no shape `{name}`; there are {}", table::names()))?);
                }
            }
        }
        if options.write && !options.shapes.is_empty() {
            return Err("--write is for all shapes at once".to_owned());
        }
        if options.shapes.is_empty() {
            options.shapes = SHAPES.iter().collect();
        }
        Ok(options)
    }
}

fn absolute(path: &str) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|error| format!("cannot find {path}: {error}"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// What a peer calls itself: the line of its `version` that says `Name v1.2.3`.
fn version(program: &Path) -> Result<String> {
    let said = workspace::output(Command::new(program).arg("version").env("CHECKPOINT_DISABLE", "1"))?;
    // Warnings may come before it.
    let name = said.lines().find(|line| line.split_once(" v").is_some_and(|(name, _)| !name.contains(' ')));
    Ok(name.unwrap_or("the peer").to_owned())
}

/// A shape in folders of its own, one for each program.
struct Bench<'o> {
    shape: &'static Shape,
    own: Place<'o>,
    peer: Option<Place<'o>>,
    limit: f64,
}

struct Place<'o> {
    program: &'o Path,
    folder: PathBuf,
}

impl<'o> Bench<'o> {
    fn prepare(shape: &'static Shape, own: &'o Path, options: &'o Options) -> Result<Bench<'o>> {
        let files = (shape.files)();
        let place = |program: &'o Path, name: &str| -> Result<Place<'o>> {
            let folder = workspace::target().join("bench").join(shape.name).join(name);
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
            }
            for (name, text) in &files {
                put(&folder.join(name), text)?;
            }
            let place = Place { program, folder };
            place.run(&["init"], options.limit)?;
            Ok(place)
        };
        let peer = options.peer.as_deref().map(|program| place(program, "peer")).transpose()?;
        Ok(Bench { shape, own: place(own, "terrane")?, peer, limit: options.limit })
    }

    fn row(&self, step: &'static Step) -> Result<Row> {
        let own = self.own.measure(step, self.limit, self)?;
        let peer = self.peer.as_ref().filter(|_| step.common);
        let peer = peer.map(|peer| peer.measure(step, self.limit, self)).transpose()?;
        Ok(Row { shape: self.shape, step, own, peer })
    }

    /// The state of an apply with Terrane, which all programs read.
    fn applied(&self) -> Result<PathBuf> {
        let state = self.own.folder.join("applied");
        if !state.exists() {
            self.own.run(&["apply", "-input=false", "-auto-approve"], f64::MAX)?;
            copy(&self.own.folder.join(STATE), &state)?;
        }
        Ok(state)
    }
}

impl Place<'_> {
    fn run(&self, arguments: &[&str], limit: f64) -> Result<Run> {
        measure::run(self.program, arguments, &self.folder, limit.min(3600.0))
    }

    fn measure(&self, step: &Step, limit: f64, bench: &Bench<'_>) -> Result<Runs> {
        let state = self.folder.join(STATE);
        if step.from == From::Applied {
            copy(&bench.applied()?, &state)?;
        }
        measure::median(RUNS, limit, || {
            match step.from {
                From::Nothing if state.exists() => remove(&state)?,
                From::Anew => copy(&bench.applied()?, &state)?,
                From::Nothing | From::Applied => {}
            }
            let run = self.run(step.arguments, limit);
            self.clean().and(run)
        })
    }

    /// Removes the copies that commands keep of the states before them.
    fn clean(&self) -> Result<()> {
        let files =
            fs::read_dir(&self.folder).map_err(|error| format!("cannot list {}: {error}", self.folder.display()))?;
        let is_copy = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "backup");
        files.flatten().map(|file| file.path()).filter(is_copy).try_for_each(|path| remove(&path))
    }
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|error| format!("cannot remove {}: {error}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).map_err(|error| format!("cannot copy {}: {error}", from.display()))
}

fn put(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_chosen_by_name() {
        let options = Options::parse(&["--no-peer", "--limit", "5", "small", "large"]).unwrap();
        assert_eq!(options.shapes.iter().map(|s| s.name).collect::<Vec<_>>(), ["small", "large"]);
        assert_eq!((options.limit, options.peer), (5.0, None));
        assert!(Options::parse(&["middling"]).is_err_and(|error| error.contains("unchanged-100k")));
        assert!(Options::parse(&["--write", "small"]).is_err());
        assert_eq!(Options::parse(&[]).unwrap().shapes.len(), SHAPES.len());
    }
}
