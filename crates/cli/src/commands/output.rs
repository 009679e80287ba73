//! `terrane output`

use std::collections::BTreeMap;
use std::process::ExitCode;

use terrane_source::{Diagnostic, Diagnostics};
use terrane_state::{OutputValue, Snapshot};
use terrane_value::{Kind, Style, Value, json, to_hcl};

use super::Common;
use crate::Context;
use crate::project::{self, Looking};
use crate::views::json::Secrets;
use crate::views::secrets::SecretTexts;

/// Show the output values of the last apply
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show only this output, in full even if it is sensitive
    name: Option<String>,
    /// Write JSON; sensitive values in full
    #[arg(long, conflicts_with_all = ["raw", "json_into"])]
    json: bool,
    /// Write the same JSON to a file, besides the text
    #[arg(long, value_name = "FILE")]
    json_into: Option<std::path::PathBuf>,
    /// Write the text of one string, number or bool without quotes
    #[arg(long, requires = "name")]
    raw: bool,
    /// Show sensitive values in the list of all outputs
    #[arg(long)]
    show_sensitive: bool,
    #[command(flatten)]
    looking: Looking,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let opened = match args.looking.open(context, &mut diags).await {
        Ok(opened) => opened,
        Err(files) => return context.end(&diags, &files),
    };
    if let Err(problem) = show(&args, &opened.snapshot) {
        diags.error(problem);
    }
    context.end(&diags, &opened.project.files)
}

/// Writes the JSON of what is shown to the file of -json-into, if there is one.
fn keep(args: &Args, outputs: &BTreeMap<String, OutputValue>) -> Result<(), Diagnostic> {
    let Some(path) = &args.json_into else { return Ok(()) };
    let text = match args.name.as_ref().and_then(|name| outputs.get(name)) {
        Some(output) => format!("{}\n", output.json),
        None => format!("{:#}\n", all_json(outputs)?),
    };
    project::write_private(path, text.as_bytes()).map_err(|e| {
        let detail = format!("The file {} of -json-into cannot be written: {e}.", path.display());
        Diagnostic::error("JSON cannot be written", detail)
    })
}

fn show(args: &Args, snapshot: &Snapshot) -> Result<(), Diagnostic> {
    let outputs = &snapshot.outputs;
    keep(args, outputs)?;
    match &args.name {
        Some(name) => match outputs.get(name) {
            Some(output) => one(args, name, output),
            None => Err(unknown(name, outputs)),
        },
        None if args.json => {
            outln!("{:#}", all_json(outputs)?);
            Ok(())
        }
        None if outputs.is_empty() => {
            errln!("There are no outputs in the state. They are written by: terrane apply");
            Ok(())
        }
        None => {
            let secrets = if args.show_sensitive { Secrets::Shown } else { Secrets::Hidden };
            out!("{}", listing(snapshot, secrets)?);
            Ok(())
        }
    }
}

fn unknown(name: &str, outputs: &BTreeMap<String, OutputValue>) -> Diagnostic {
    let names: Vec<String> = outputs.keys().map(|n| format!("{n:?}")).collect();
    let there = if names.is_empty() { "has no outputs".into() } else { format!("has {}", names.join(", ")) };
    Diagnostic::error("No such output", format!("The state has no output {name:?}; it {there}."))
        .hint("An output that was just added to the configuration gets its value from: terrane apply")
}

fn one(args: &Args, name: &str, output: &OutputValue) -> Result<(), Diagnostic> {
    let value = decode(name, output)?;
    if args.json {
        outln!("{}", output.json);
    } else if args.raw {
        match value.kind() {
            Kind::String(text) => out!("{text}"),
            Kind::Number(number) => out!("{number}"),
            Kind::Bool(truth) => out!("{truth}"),
            _ => {
                let what = value.ty().friendly();
                return Err(Diagnostic::error(
                    "Not a text",
                    format!("The output {name:?} is a {what}; -raw writes only a string, number or bool."),
                )
                .hint("Use -json instead."));
            }
        }
    } else {
        outln!("{}", to_hcl(&value, Style::Exact));
    }
    Ok(())
}

/// `name = value`, a line or more for each output.
pub fn listing(snapshot: &Snapshot, secrets: Secrets) -> Result<String, Diagnostic> {
    let known = match secrets {
        Secrets::Hidden => SecretTexts::of_state(snapshot, &crate::providers::all()),
        Secrets::Shown => SecretTexts::default(),
    };
    let mut text = String::new();
    for (name, output) in &snapshot.outputs {
        let value = decode(name, output)?;
        let hidden = output.sensitive && secrets == Secrets::Hidden || known.are_told_by(&value);
        let shown = if hidden { "<sensitive>".into() } else { to_hcl(&value, Style::Exact) };
        text += &format!("{name} = {shown}\n");
    }
    Ok(text)
}

fn all_json(outputs: &BTreeMap<String, OutputValue>) -> Result<serde_json::Value, Diagnostic> {
    let mut all = serde_json::Map::new();
    for (name, output) in outputs {
        let read =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).map_err(|e| damaged(name, &e.to_string()));
        let value = serde_json::json!({
            "sensitive": output.sensitive,
            "type": read(&json::type_to_json(&output.ty))?,
            "value": read(&output.json)?,
        });
        all.insert(name.clone(), value);
    }
    Ok(all.into())
}

fn decode(name: &str, output: &OutputValue) -> Result<Value, Diagnostic> {
    json::from_json(&output.json, &output.ty).map_err(|e| damaged(name, &e.to_string()))
}

fn damaged(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error("State is damaged", format!("The output {name:?} in the state cannot be read: {why}."))
}
