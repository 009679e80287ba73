//! Printing that survives a reader who has gone: a plan piped into `head` must not end an apply half-way.

/// Writes to standard output, as `print!` does, and goes on if nobody reads.
macro_rules! out {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut std::io::stdout(), format_args!($($text)*));
    }};
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
