//! Texts made by a pattern: `format` and `formatlist`.

mod pattern;
mod verb;

use terrane_value::{Kind, Refinement, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::call::Call;
use super::signature::{a_string, strings};
use super::{ArgError, Function, Param};
use pattern::{Piece, pieces};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("format", &[Param::string("format")], a_string, format).variadic(ARGS),
    Function::new("formatlist", &[Param::string("format")], strings, formatlist).variadic(ARGS),
];

const ARGS: Param = Param::any("args").null().unknown().dynamic();

fn format(call: &Call<'_>) -> Result<Value, ArgError> {
    let pattern = call.text(0);
    if call.args.iter().all(Value::is_wholly_known) {
        let args: Vec<&Value> = call.args[1..].iter().collect();
        return filled(call, pattern, &args).map(Value::from);
    }
    let beginning = pattern.split('%').next().map(certain).filter(|b| !b.is_empty());
    let known = Refinement { prefix: beginning.map(Into::into), ..Refinement::not_null() };
    Ok(Value::unknown_refined(Type::String, known))
}

/// A beginning without its last character, if what follows could become one character with it.
fn certain(beginning: &str) -> &str {
    const ALONE: &str = "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'";
    match beginning.grapheme_indices(true).next_back() {
        Some((_, last)) if ALONE.contains(last) => beginning,
        last => last.map_or("", |(at, _)| &beginning[..at]),
    }
}

/// The text of a pattern with its verbs replaced by arguments, all of which must be used.
fn filled(call: &Call<'_>, pattern: &str, args: &[&Value]) -> Result<String, ArgError> {
    let mut out = String::new();
    let (mut next, mut used) = (0, 0);
    for piece in pieces(pattern) {
        match piece.map_err(ArgError::call)? {
            Piece::Text(text) => out.push_str(text),
            Piece::Verb(verb) => {
                let at = verb.arg.unwrap_or(next);
                let Some(arg) = args.get(at) else {
                    let (raw, count) = (verb.raw, args.len());
                    let message = format!("there is no argument {} for the verb \"{raw}\", only {count}", at + 1);
                    return Err(ArgError::call(message));
                };
                verb::write(&verb, arg, &mut out).map_err(|why| unusable(call, &verb, &why))?;
                next = at + 1;
                used = used.max(next);
            }
        }
    }
    if used < args.len() {
        let message = format!("there are too many arguments: the format uses only {used}");
        return Err(ArgError::at(used + 1, message));
    }
    Ok(out)
}

fn unusable(call: &Call<'_>, verb: &pattern::Verb<'_>, why: &str) -> ArgError {
    let raw = call.shown(verb.raw);
    ArgError::call(format!("the verb {raw} at byte {} cannot be used: {why}", verb.offset))
}

fn formatlist(call: &Call<'_>) -> Result<Value, ArgError> {
    let (pattern, args) = (call.text(0), &call.args[1..]);
    let columns: Vec<Column<'_>> = args.iter().map(Column::of).collect();
    let rows = row_count(&columns)?;
    if columns.iter().any(|column| matches!(column, Column::Unknown(_))) {
        return Ok(Value::unknown(Type::list(Type::String)));
    }
    let row = |i: usize| -> Result<Value, ArgError> {
        let args: Vec<&Value> = columns.iter().filter_map(|column| column.at(i)).collect();
        if !args.iter().all(|arg| arg.is_wholly_known()) {
            return Ok(Value::unknown_not_null(Type::String));
        }
        let filled = filled(call, pattern, &args);
        filled.map(Value::from).map_err(|e| ArgError { message: format!("{} (in element {i})", e.message), ..e })
    };
    Ok(Value::list(Type::String, (0..rows.unwrap_or(1)).map(row).collect::<Result<Vec<_>, _>>()?))
}

/// An argument of `formatlist`.
enum Column<'a> {
    /// One value for all rows.
    Same(&'a Value),
    /// A value for each row.
    Each(&'a [Value]),
    /// Not known yet, perhaps except for the number of rows.
    Unknown(Option<usize>),
}

impl<'a> Column<'a> {
    fn of(arg: &'a Value) -> Column<'a> {
        match arg.kind() {
            Kind::Tuple(values) | Kind::List(_, values) => Column::Each(values),
            Kind::Set(_, values) if values.len() < 2 || arg.is_wholly_known() => Column::Each(values),
            Kind::Unknown(Type::Tuple(types), _) => Column::Unknown(Some(types.len())),
            Kind::Set(..) | Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Any, _) => Column::Unknown(None),
            _ => Column::Same(arg),
        }
    }

    fn rows(&self) -> Option<usize> {
        match self {
            Column::Same(_) => None,
            Column::Each(values) => Some(values.len()),
            Column::Unknown(rows) => *rows,
        }
    }

    fn at(&self, row: usize) -> Option<&'a Value> {
        match self {
            Column::Same(value) => Some(value),
            Column::Each(values) => values.get(row),
            Column::Unknown(_) => None,
        }
    }
}

/// The number of rows that all arguments with rows agree on; none if there are no such arguments.
fn row_count(columns: &[Column<'_>]) -> Result<Option<usize>, ArgError> {
    let mut counts = columns.iter().enumerate().filter_map(|(i, column)| Some((i, column.rows()?)));
    let Some((first, rows)) = counts.next() else { return Ok(None) };
    match counts.find(|(_, other)| *other != rows) {
        None => Ok(Some(rows)),
        Some((i, other)) => {
            let (this, first) = (i + 1, first + 1);
            let message = format!("argument {this} has {other} elements, but argument {first} has {rows}");
            Err(ArgError::at(i + 1, message))
        }
    }
}
