//! The table of what was measured.

use super::measure::{Run, Runs};
use super::shapes::{RATIO, SHAPES, Shape, Step};

const BEGIN: &str = "<!-- made by `cargo xtask bench --write` -->";
const END: &str = "<!-- end -->";

/// A line of the table.
pub struct Row {
    /// The shape.
    pub shape: &'static Shape,
    /// The command.
    pub step: &'static Step,
    /// What Terrane took.
    pub own: Runs,
    /// What the peer took, if there is one.
    pub peer: Option<Runs>,
}

impl Row {
    /// The line, as Markdown.
    pub fn line(&self) -> String {
        let Row { shape, step, own, peer } = self;
        let peer = peer.map_or_else(|| "–".to_owned(), |runs| cell(&runs));
        let shown = step.arguments.iter().filter(|a| !HIDDEN.contains(a));
        let command: Vec<String> =
            shown.map(|a| if a.contains(' ') { format!("'{a}'") } else { (*a).into() }).collect();
        format!("| {} | `{}` | {} | {} | {peer} |", shape.about, command.join(" "), aim(step), cell(own))
    }
}

/// Flags that say nothing about the work.
const HIDDEN: &[&str] = &["-input=false", "-auto-approve"];

/// The head of the table.
pub fn head(peer: Option<&str>) -> String {
    format!("| shape | command | aim | Terrane | {} |\n|---|---|---|---|---|", peer.unwrap_or("no peer"))
}

/// The line that compares the shapes of [`RATIO`], if both were measured.
pub fn ratio(rows: &[Row]) -> Option<String> {
    let row = |name: &str| rows.iter().find(|row| row.shape.name == name);
    let (short, long) = (row(RATIO.0)?, row(RATIO.1)?);
    let times = |short: &Runs, long: &Runs| match (short.median, long.median) {
        (Run::Done(short), Run::Done(long)) => {
            format!("{:.1} ({:.1})", long.wall / short.wall, long.processor / short.processor)
        }
        _ => "–".to_owned(),
    };
    let peer = short.peer.as_ref().zip(long.peer.as_ref()).map_or_else(|| "–".to_owned(), |(s, l)| times(s, l));
    let own = times(&short.own, &long.own);
    Some(format!("| 100,000 instances to 10,000, no change | ratio | ≤ {} | {own} | {peer} |", RATIO.2))
}

/// The page with the table in place of the one that it holds.
pub fn replace(page: &str, table: &str) -> Result<String, String> {
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| format!("the page has no line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("the page has no line {END}"))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

/// What the shapes are called on the command line.
pub fn names() -> String {
    SHAPES.iter().map(|shape| shape.name).collect::<Vec<_>>().join(", ")
}

fn aim(step: &Step) -> String {
    let seconds = step.seconds.map(|s| format!("< {s} s"));
    let megabytes = step.megabytes.map(|m| format!("< {m} MB"));
    let aims: Vec<String> = seconds.into_iter().chain(megabytes).collect();
    if aims.is_empty() { "–".to_owned() } else { aims.join(", ") }
}

fn cell(runs: &Runs) -> String {
    let few =
        if runs.count < super::RUNS { format!(", {} of {} runs", runs.count, super::RUNS) } else { String::new() };
    match runs.median {
        Run::Done(cost) => {
            format!("{} s ({}), {:.0} MB{few}", figure(cost.wall), figure(cost.processor), cost.megabytes)
        }
        Run::TooLong => "stopped at the time limit".to_owned(),
    }
}

/// A time with two digits that count.
fn figure(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => format!("{s:.3}"),
        s if s < 10.0 => format!("{s:.2}"),
        s => format!("{s:.0}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::measure::Cost;
    use super::*;

    #[test]
    fn a_line_says_it_all() {
        let runs = |wall| Runs { median: Run::Done(Cost { wall, processor: 0.0512, megabytes: 31.4 }), count: 5 };
        let row = Row { shape: &SHAPES[0], step: &SHAPES[0].steps[0], own: runs(0.0451), peer: Some(runs(9.0)) };
        let line = row.line();
        assert!(
            line.ends_with("| `plan` | < 0.1 s, < 60 MB | 0.045 s (0.051), 31 MB | 9.00 s (0.051), 31 MB |"),
            "{line}"
        );
    }

    #[test]
    fn the_page_keeps_what_is_around_the_table() {
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow");
        assert_eq!(replace(&page, "new").unwrap(), format!("above\n{BEGIN}\nnew\n{END}\nbelow"));
        assert!(replace("nothing", "new").is_err());
    }
}
