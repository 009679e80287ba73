//! What one run of a command takes.

use crate::{Result, python, workspace};
use std::fs;
use std::path::Path;
use std::process::Command;

const MEASURE: &str = include_str!("../../python/measure.py");

/// What a run took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Seconds on the clock.
    pub wall: f64,
    /// Seconds of all processors.
    pub processor: f64,
    /// Peak of the resident memory.
    pub megabytes: f64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Run {
    /// Well.
    Done(Cost),
    /// It was stopped at the time limit.
    TooLong,
}

/// Several runs of one command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runs {
    /// The median of each figure.
    pub median: Run,
    /// How many runs there were.
    pub count: usize,
}

/// Runs a program in a folder, its output going nowhere.
pub fn run(program: &Path, arguments: &[&str], folder: &Path, limit: f64) -> Result<Run> {
    let errors = folder.join(".errors");
    let mut command = Command::new(python::system());
    command.args(["-c", MEASURE, &limit.to_string()]).arg(&errors).arg(program).args(arguments).current_dir(folder);
    let environment = [("TF_CLI_CONFIG_FILE", "/dev/null"), ("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1")];
    let printed = workspace::output(command.envs(environment))?;
    let figures: Vec<f64> = printed.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    let [wall, processor, kilobytes, status] = figures[..] else {
        return Err(format!("cannot measure {}: {printed}", program.display()));
    };
    match status {
        0.0 => Ok(Run::Done(Cost { wall, processor, megabytes: kilobytes / 1024.0 })),
        -9.0 if wall >= limit => Ok(Run::TooLong),
        _ => {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            let line = format!("{} {}", program.display(), arguments.join(" "));
            Err(format!("`{line}` in {} ended with {status}:\n{said}", folder.display()))
        }
    }
}

/// Measures several times, until there are enough runs or the limit is used up, and takes the medians.
pub fn median(most: usize, limit: f64, mut one: impl FnMut() -> Result<Run>) -> Result<Runs> {
    let mut costs = Vec::new();
    let mut spent = 0.0;
    while costs.len() < most && spent < limit {
        match one()? {
            Run::Done(cost) => costs.push(cost),
            Run::TooLong => return Ok(Runs { median: Run::TooLong, count: costs.len() + 1 }),
        }
        spent += costs.last().map_or(0.0, |cost| cost.wall);
    }
    let middle = |figure: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    };
    let cost =
        Cost { wall: middle(|c| c.wall), processor: middle(|c| c.processor), megabytes: middle(|c| c.megabytes) };
    Ok(Runs { median: Run::Done(cost), count: costs.len() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn walls(walls: &[f64], most: usize, limit: f64) -> Runs {
        let mut walls = walls.iter();
        let one = || {
            let cost = |wall: &f64| Cost { wall: *wall, processor: 0.0, megabytes: 0.0 };
            Ok(walls.next().map_or(Run::TooLong, |wall| Run::Done(cost(wall))))
        };
        median(most, limit, one).unwrap()
    }

    #[test]
    fn the_median_is_the_middle_one() {
        let Runs { median: Run::Done(cost), count } = walls(&[5.0, 1.0, 2.0], 3, 100.0) else { panic!() };
        assert_eq!((cost.wall, count), (2.0, 3));
    }

    #[test]
    fn runs_end_with_the_limit() {
        assert_eq!(walls(&[5.0, 7.0, 2.0], 5, 10.0).count, 2);
        assert_eq!(walls(&[5.0], 5, 10.0).median, Run::TooLong);
    }

    #[test]
    fn a_command_is_measured() {
        let folder = std::env::temp_dir();
        let Run::Done(cost) = run(Path::new("true"), &[], &folder, 60.0).unwrap() else { panic!() };
        assert!(cost.wall > 0.0 && cost.megabytes > 0.0);
        assert!(run(Path::new("false"), &[], &folder, 60.0).is_err());
        assert_eq!(run(Path::new("sleep"), &["5"], &folder, 0.1).unwrap(), Run::TooLong);
    }
}
