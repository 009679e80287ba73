//! Project tasks, run as `cargo xtask TASK`.

mod bench;
mod demo;
mod emulator;
mod python;
mod schema;
mod state_server;
mod test;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask TASK

  test [ARGS]        builds everything, starts the emulator and runs every test; ARGS go to `cargo test`
  demo               shows the terrane command on examples/web-vpc against the emulator
  emulator [RULES]   runs the emulator behind the test proxy until interrupted; RULES is a JSON file of faults
  bench [SHAPE...]   measures plan, apply and show on large configurations, beside `tofu` if it is on PATH:
                     --write puts the table into docs/benchmarks.md, --peer PATH and --no-peer choose the peer,
                     --limit SECONDS is how long a run may take, --binary PATH measures a terrane built before
  schema [DIR]       packs the AWS schema tables in DIR, or ../shared/aws-schema, for the provider";

/// What went wrong, in words for the one who ran the task.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["test", rest @ ..] => test::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["demo"] => demo::run(),
        ["emulator"] => emulator::serve(None),
        ["emulator", rules] => emulator::serve(Some(rules)),
        ["schema"] => schema::run(None),
        ["schema", from] => schema::run(Some(from)),
        [] | ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("no task `{}`\n\n{USAGE}", arguments.join(" "))),
    }
}
