//! Rows and columns: as a table, as JSON, as CSV.

use std::fmt::Write;

use console::{measure_text_width, truncate_str};
use terrane_query::{Answer, Cell};
use terrane_value::json::quote;

use super::lines::Paint;

/// The least width of a column that is cut so that the table fits.
const LEAST: usize = 6;

/// Writes a table with its column names; what does not fit into `width` is cut.
pub fn text(answer: &Answer, width: Option<usize>, paint: Paint) -> String {
    let rows: Vec<Vec<String>> = answer.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let widths = widths(&answer.columns, &rows, width);
    let mut out = String::new();
    let names: Vec<(String, bool)> = answer.columns.iter().map(|name| (name.clone(), false)).collect();
    let head = line(&names, &widths);
    let _ = writeln!(out, "{}", paint.bold(head.trim_end()));
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let _ = writeln!(out, "{}", paint.dim(&rule.join("  ")));
    for (row, cells) in rows.into_iter().zip(&answer.rows) {
        let numbers = cells.iter().map(|cell| matches!(cell, Cell::Integer(_) | Cell::Real(_)));
        let row: Vec<(String, bool)> = row.into_iter().zip(numbers).collect();
        let _ = writeln!(out, "{}", line(&row, &widths).trim_end());
    }
    let plural = if answer.rows.len() == 1 { "" } else { "s" };
    let _ = writeln!(out, "\n{} row{plural}", answer.rows.len());
    out
}

/// One line of cells, each with whether it stands at the right.
fn line(cells: &[(String, bool)], widths: &[usize]) -> String {
    let cell = |((text, right), width): (&(String, bool), &usize)| {
        let text = truncate_str(text, *width, "…");
        let pad = " ".repeat(width.saturating_sub(measure_text_width(&text)));
        if *right { format!("{pad}{text}") } else { format!("{text}{pad}") }
    };
    cells.iter().zip(widths).map(cell).collect::<Vec<_>>().join("  ")
}

fn widths(names: &[String], rows: &[Vec<String>], all: Option<usize>) -> Vec<usize> {
    let longest = |at: usize| rows.iter().map(|row| measure_text_width(&row[at])).max().unwrap_or(0);
    let mut widths: Vec<usize> =
        names.iter().enumerate().map(|(at, name)| longest(at).max(measure_text_width(name))).collect();
    let Some(room) = all.map(|all| all.saturating_sub(2 * names.len().saturating_sub(1))) else { return widths };
    while widths.iter().sum::<usize>() > room {
        let over = widths.iter().sum::<usize>() - room;
        let second = widths.iter().copied().filter(|w| Some(w) != widths.iter().max()).max().unwrap_or(0);
        let Some(widest) = widths.iter_mut().max() else { break };
        if *widest <= LEAST {
            break;
        }
        *widest = second.max(widest.saturating_sub(over)).min(*widest - 1).max(LEAST);
    }
    widths
}

/// A cell on one line, with nothing in it that a terminal would obey.
fn shown(cell: &Cell) -> String {
    let text = plain(cell);
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => value.to_string(),
        Cell::Text(text) | Cell::Json(text) => text.clone(),
    }
}

/// Writes a list with an object for each row. Of columns with the same name, the later have their place in the name.
pub fn json(answer: &Answer) -> String {
    let mut names: Vec<String> = Vec::new();
    for (at, name) in answer.columns.iter().enumerate() {
        let taken = answer.columns[..at].contains(name);
        names.push(quote(&if taken { format!("{name}:{}", at + 1) } else { name.clone() }));
    }
    let cell = |cell: &Cell| match cell {
        Cell::Null => "null".to_owned(),
        Cell::Text(text) => quote(text),
        Cell::Real(number) if !number.is_finite() => "null".to_owned(),
        other => plain(other),
    };
    let row = |row: &Vec<Cell>| {
        let fields: Vec<String> =
            names.iter().zip(row).map(|(name, value)| format!("{name}:{}", cell(value))).collect();
        format!("{{{}}}", fields.join(","))
    };
    let rows: Vec<String> = answer.rows.iter().map(row).collect();
    if rows.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
}

/// Writes comma-separated values with the column names first, as RFC 4180 has them.
pub fn csv(answer: &Answer) -> String {
    let field = |text: &str| match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut out = answer.columns.iter().map(|name| field(name)).collect::<Vec<_>>().join(",") + "\r\n";
    for row in &answer.rows {
        out += &row.iter().map(|cell| field(&plain(cell))).collect::<Vec<_>>().join(",");
        out += "\r\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        let row =
            |text: &str, number: i64| vec![Cell::Text(text.into()), Cell::Integer(number), Cell::Json("[1]".into())];
        Answer { columns: ["id", "n", "n"].map(String::from).into(), rows: vec![row("a,\"b\"\n", 7), row("ccc", 10)] }
    }

    #[test]
    fn tables_fit() {
        let paint = Paint::colored(false);
        let expect = "id       n   n\n-------  --  ---\na,\"b\"\\n   7  [1]\nccc      10  [1]\n\n2 rows\n";
        assert_eq!(text(&answer(), None, paint), expect);
        let narrow = text(&answer(), Some(15), paint);
        assert!(narrow.contains("a,\"b\"…") && narrow.lines().all(|line| line.chars().count() <= 15), "{narrow}");
    }

    #[test]
    fn json_and_csv_keep_every_cell() {
        assert_eq!(
            json(&answer()),
            "[\n{\"id\":\"a,\\\"b\\\"\\n\",\"n\":7,\"n:3\":[1]},\n{\"id\":\"ccc\",\"n\":10,\"n:3\":[1]}\n]\n"
        );
        assert_eq!(csv(&answer()), "id,n,n\r\n\"a,\"\"b\"\"\n\",7,[1]\r\nccc,10,[1]\r\n");
    }
}
