//! Printing that survives a reader who has gone: a plan piped into `head` must not end an apply half-way. What could not be
//! written for another reason, such as a full disk, is told at the end.

use std::io::{ErrorKind, Result, Write};
use std::sync::OnceLock;

/// Why output was lost, of the first that was.
static LOST: OnceLock<String> = OnceLock::new();

/// Remembers that output was lost, unless its reader has gone.
pub(crate) fn note(written: Result<()>) {
    if let Err(e) = written
        && e.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(e.to_string());
    }
}

/// Why output of this run was lost, if any was.
pub(crate) fn lost() -> Option<&'static str> {
    note(std::io::stdout().flush());
    LOST.get().map(String::as_str)
}

/// Writes to standard output, as `print!` does, and goes on if nobody reads.
macro_rules! out {
    ($($text:tt)*) => {
        $crate::print::note(std::io::Write::write_fmt(&mut std::io::stdout(), format_args!($($text)*)))
    };
}

/// Writes a line to standard output, and goes on if nobody reads.
macro_rules! outln {
    ($($text:tt)*) => {{
        out!($($text)*);
        out!("\n");
    }};
}

/// Writes to standard error, and goes on if nobody reads.
macro_rules! err {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!($($text)*));
    }};
}

/// Writes a line to standard error, and goes on if nobody reads.
macro_rules! errln {
    ($($text:tt)*) => {{
        err!($($text)*);
        err!("\n");
    }};
}
