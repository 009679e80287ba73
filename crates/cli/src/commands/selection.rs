//! Flags that limit a plan to some addresses, and the files that hold such addresses.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ArgAction;
use terrane_address::{Instance, Mode, ParseError, Target, parse_instance, parse_target};
use terrane_lang::Program;
use terrane_plan::{Plan, PlanOptions, covers};
use terrane_source::{Diagnostic, Diagnostics, Files, Span};

/// What a plan is limited to.
#[derive(Clone, Debug, clap::Args)]
pub struct Selection {
    /// Limit the plan to a module, resource or instance and what it depends on. May be given several times
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
    /// The same for all addresses in a file, one a line; lines that begin with # are comments
    #[arg(long, value_name = "FILE")]
    target_file: Vec<PathBuf>,
    /// Leave out a module, resource or instance and what depends on it. May be given several times
    #[arg(long, value_name = "ADDRESS")]
    exclude: Vec<String>,
    /// The same for all addresses in a file
    #[arg(long, value_name = "FILE")]
    exclude_file: Vec<PathBuf>,
    /// Replace this instance even if nothing about it changes. May be given several times
    #[arg(long, value_name = "ADDRESS", action = ArgAction::Append)]
    replace: Vec<String>,
    /// Allow that an object is deleted in spite of prevent_destroy. May be given several times
    #[arg(long, value_name = "ADDRESS")]
    allow_destroy: Vec<String>,
}

impl Selection {
    /// The first flag that is given of these.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            ("-target", !self.target.is_empty()),
            ("-target-file", !self.target_file.is_empty()),
            ("-exclude", !self.exclude.is_empty()),
            ("-exclude-file", !self.exclude_file.is_empty()),
            ("-replace", self.replaces()),
            ("-allow-destroy", !self.allow_destroy.is_empty()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    /// Whether anything is to be replaced.
    pub fn replaces(&self) -> bool {
        !self.replace.is_empty()
    }

    /// Reads the addresses into the options; files are added to `files`.
    pub fn read(&self, options: &mut PlanOptions, files: &mut Files, diags: &mut Diagnostics) {
        let targeted = !self.target.is_empty() || !self.target_file.is_empty();
        let excluded = !self.exclude.is_empty() || !self.exclude_file.is_empty();
        if targeted && excluded {
            diags.error(both());
            return;
        }
        options.targets = addresses("target", &self.target, &self.target_file, files, diags);
        options.excludes = addresses("exclude", &self.exclude, &self.exclude_file, files, diags);
        options.allow_destroy = addresses("allow-destroy", &self.allow_destroy, &[], files, diags);
        let replace =
            self.replace.iter().filter_map(|text| instance(text).map_err(|problem| diags.error(problem)).ok());
        options.replace = replace.collect();
    }
}

fn both() -> Diagnostic {
    let detail = "A plan is limited either to what -target and -target-file name, or by what -exclude and -exclude-file \
                  leave out, not by both.";
    Diagnostic::error("Invalid combination of arguments", detail).hint("Use the flags of one kind only.")
}

fn addresses(
    flag: &str,
    texts: &[String],
    paths: &[PathBuf],
    files: &mut Files,
    diags: &mut Diagnostics,
) -> Vec<Target> {
    let mut found = Vec::new();
    for text in texts {
        match parse_target(text) {
            Ok(target) => found.push(target),
            Err(e) => drop(diags.error(wrong(flag, text, &e))),
        }
    }
    for path in paths {
        match std::fs::read_to_string(path) {
            Ok(text) => lines(&path.display().to_string(), &text, files, diags, &mut found),
            Err(e) => {
                let name = path.display();
                let detail = format!("The file {name} that -{flag}-file names cannot be read: {e}.");
                diags.error(Diagnostic::error("File of addresses cannot be read", detail));
            }
        }
    }
    found
}

fn wrong(flag: &str, text: &str, e: &ParseError) -> Diagnostic {
    let detail = format!("{} (at character {} of {text:?})", e.message, e.at + 1);
    Diagnostic::error(format!("Invalid {flag} {text:?}"), detail)
        .hint("An address looks like module.net, aws_subnet.a or 'aws_subnet.a[\"x\"]', quoted for your shell.")
}

/// Reads the text of a file of addresses, one a line.
fn lines(name: &str, text: &str, files: &mut Files, diags: &mut Diagnostics, found: &mut Vec<Target>) {
    let file = files.add(name, text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let address = line.trim();
        if !address.is_empty() && !address.starts_with('#') {
            let at = start + (line.len() - line.trim_start().len());
            match parse_target(address) {
                Ok(target) => found.push(target),
                Err(e) => {
                    let last = address.char_indices().last().map_or(0, |(last, _)| last);
                    let span = Span::new(file, (at + e.at.min(last)) as u32, (at + address.len()) as u32);
                    diags.error(Diagnostic::error("Invalid address", e.message).at(span));
                }
            }
        }
        start += line.len();
    }
}

fn instance(text: &str) -> Result<Instance, Diagnostic> {
    let summary = || format!("Invalid force-replace address {text:?}");
    let instance = parse_instance(text)
        .map_err(|e| Diagnostic::error(summary(), format!("{} (at character {})", e.message, e.at + 1)))?;
    match instance.resource.resource.mode {
        Mode::Managed => Ok(instance),
        Mode::Data | Mode::Ephemeral => {
            Err(Diagnostic::error(summary(), "Only managed resources can be replaced with -replace."))
        }
    }
}

/// The warning about a plan that is limited.
pub fn limited(options: &PlanOptions) -> Option<Diagnostic> {
    let flag = match (options.targets.is_empty(), options.excludes.is_empty()) {
        (true, true) => return None,
        (false, _) => "-target",
        (true, false) => "-exclude",
    };
    let detail = format!(
        "It leaves out changes that the configuration asks for. Use {flag} to get out of trouble, not every day."
    );
    let warning = Diagnostic::warning(format!("The plan is limited by {flag}"), detail);
    Some(warning.hint(format!("Make a plan without {flag} afterwards.")))
}

/// Warns of addresses on the command line that nothing in the plan, or nothing left out of it, has.
pub fn warn_of_misses(plan: &Plan, program: &Program, diags: &mut Diagnostics) {
    let options = &plan.options;
    let not_planned = |instance: &&Instance| plan.steps.iter().all(|step| step.instance != **instance);
    options.replace.iter().filter(not_planned).for_each(|instance| diags.push(not_replaced(plan, instance)));
    let mut miss = |flag: &str, address: String| diags.push(without_effect(NOWHERE, flag, &address));
    let has = |target: &Target| plan.steps.iter().any(|step| covers(target, &step.instance));
    options.targets.iter().filter(|t| !plan.errored && !has(t)).for_each(|t| miss("target", written(t)));
    let stored = |target: &Target| plan.prior.instances().any(|(instance, ..)| covers(target, &instance));
    options.excludes.iter().filter(|t| !declared(program, t) && !stored(t)).for_each(|t| miss("exclude", written(t)));
}

const NOWHERE: &str = "Nothing in the configuration or the state";

fn without_effect(nothing: &str, flag: &str, address: &str) -> Diagnostic {
    let detail = format!("{nothing} has the address {address}, which was given with -{flag}.");
    let hint = "An instance of count or for_each is named with its key, in quotes for your shell.";
    Diagnostic::warning("Address without effect", detail).hint(hint)
}

/// The warning about an instance that was to be replaced and is not in a plan; it names those that are.
fn not_replaced(plan: &Plan, instance: &Instance) -> Diagnostic {
    let steps = plan.steps.iter().filter(|step| step.instance.resource == instance.resource);
    let others: BTreeSet<String> = steps.map(|step| step.instance.to_string()).collect();
    if plan.options.is_limited() {
        return without_effect("Nothing that was selected", "replace", &instance.to_string());
    }
    if others.is_empty() {
        return without_effect(NOWHERE, "replace", &instance.to_string());
    }
    let mut named: Vec<&str> = others.iter().take(10).map(String::as_str).collect();
    let more = format!("{} more", others.len() - named.len());
    named.extend((others.len() > 10).then_some(&*more));
    let detail =
        format!("Nothing is replaced by -replace={instance}: its resource has the instances {}.", named.join(", "));
    let hint = "Name each instance that is to be replaced, with its key, in quotes for your shell.";
    Diagnostic::warning("Incompletely-matched force-replace resource instance", detail).hint(hint)
}

/// Whether a program declares the module or resource of an address, whatever its keys.
fn declared(program: &Program, target: &Target) -> bool {
    match target {
        Target::Module(module) => program.find(&module.module()).is_some(),
        Target::Resource(resource) => program.resource(resource.config()).is_some(),
        Target::Instance(instance) => program.resource(instance.resource.config()).is_some(),
    }
}

fn written(target: &Target) -> String {
    match target {
        Target::Module(module) => module.to_string(),
        Target::Resource(resource) => resource.to_string(),
        Target::Instance(instance) => instance.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_holds_an_address_a_line() {
        let text = "# first\n\n  module.a[0]  \r\nt.x\n  t.x.y.z\nt.x[\nt.ä.ü\u{e9}?é";
        let (mut files, mut diags, mut found) = (Files::new(), Diagnostics::new(), Vec::new());
        lines("addresses", text, &mut files, &mut diags, &mut found);
        assert_eq!(found, [parse_target("module.a[0]").unwrap(), parse_target("t.x").unwrap()]);
        let places: Vec<String> = diags
            .iter()
            .map(|d| {
                let place = files.position(d.span.unwrap().file, d.span.unwrap().start);
                format!("{}:{}", place.line, place.column)
            })
            .collect();
        assert_eq!(places, ["5:7", "6:4", "7:5"]);
    }
}
