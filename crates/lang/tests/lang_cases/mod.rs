//! Cases in Markdown, and what the language answers to them.

pub mod as_json;
pub mod generate;
pub mod schemas;
mod show;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use terrane_address::{Instance, ModuleInstance, parse_instance, parse_target};
use terrane_lang::{
    Dep, Evaluator, ImportBy, Input, Inputs, Lookup, MemoryWorld, Modules, Program, Stage, Stop, check, load, variables,
};
use terrane_source::{Diagnostic, Diagnostics, Files, Severity, Span};
use terrane_value::{Path, Value};

use schemas::TestSchemas;
use show::show;

/// A fenced block: its info string, the lines of its content, and the content.
pub struct Block {
    pub info: String,
    pub range: Range<usize>,
    pub text: String,
}

pub struct Case {
    pub name: String,
    pub blocks: Vec<Block>,
}

/// The cases of a file.
pub fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, cases.last_mut()) {
            (Some(_), Some(case)) if line == "```" => {
                let mut block = open.take().unwrap();
                block.range.end = at;
                case.blocks.push(block);
            }
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, _) => {
                if let Some(name) = line.strip_prefix("## ") {
                    cases.push(Case { name: name.into(), blocks: Vec::new() });
                } else if let Some(info) = line.strip_prefix("```") {
                    open = Some(Block { info: info.into(), range: at + 1..at + 1, text: String::new() });
                }
            }
        }
    }
    cases
}

impl Case {
    fn text(&self, info: &str) -> &str {
        self.blocks.iter().find(|b| b.info == info).map_or("", |b| &b.text)
    }

    fn files(&self) -> Vec<(String, String)> {
        let config = self.blocks.iter().filter_map(|b| {
            let path = b.info.strip_prefix("hcl")?.trim();
            Some((if path.is_empty() { "main.tf" } else { path }.to_string(), b.text.clone()))
        });
        config.collect()
    }
}

/// For each expecting block: its lines, what it says, and what it should say.
pub fn answers(case: &Case) -> Vec<(Range<usize>, String, String)> {
    let mut files = Files::new();
    let mut diags = Diagnostics::new();
    let world = MemoryWorld::new(case.files());
    let program = load(&world, ".", &Modules::default(), &mut files, &mut diags);
    check(&program, &TestSchemas, &world, &mut diags);
    let values = match diags.has_errors() {
        true => case.text("values").lines().map(|line| format!("{}\n", question(line))).collect(),
        false => evaluate(case, &program, &world, &mut files, &mut diags),
    };
    let errors: String = diags.iter().map(|d| short(d, &files)).collect();
    let mut all = Vec::new();
    for block in &case.blocks {
        match block.info.as_str() {
            "values" => all.push((block.range.clone(), block.text.clone(), values.clone())),
            "errors" => all.push((block.range.clone(), block.text.clone(), errors.clone())),
            _ => {}
        }
    }
    if !case.blocks.iter().any(|b| b.info == "errors") && !errors.is_empty() {
        let end = case.blocks.last().map_or(0, |b| b.range.end + 1);
        all.push((end..end, "no diagnostics\n".into(), format!("\n```errors\n{errors}```\n")));
    }
    all
}

struct Objects(BTreeMap<Instance, Value>);

impl Lookup for Objects {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        self.0.get(instance).cloned().ok_or_else(|| Stop::Blocked(Dep::Instance(instance.clone())))
    }
}

fn inputs(case: &Case, files: &mut Files, diags: &mut Diagnostics) -> BTreeMap<Arc<str>, Input> {
    let text = case.text("vars");
    let file = files.add("test.tfvars", text);
    variables::from_file(file, "test.tfvars", text, diags)
}

fn objects(case: &Case) -> Objects {
    let mut files = Files::new();
    let mut diags = Diagnostics::new();
    let program = load(&MemoryWorld::default(), ".", &Modules::default(), &mut files, &mut diags);
    let world = MemoryWorld::default();
    let inputs = Inputs { variables: BTreeMap::new(), workspace: "".into(), cwd: "".into(), stage: Stage::Validate };
    let mut evaluator = Evaluator::new(&program, &TestSchemas, &world, inputs);
    let mut all = BTreeMap::new();
    for line in case.text("objects").lines() {
        let (address, text) = line.split_once(" = ").unwrap();
        // Unknown attributes are written as terraform.workspace, which is unknown while validating.
        let text = text.replace("unknown", "terraform.workspace");
        let file = files.add("objects", text.as_str());
        let root = ModuleInstance::root();
        let value = evaluator.expression(file, &text, &root, &Objects(BTreeMap::new()), &mut diags);
        all.insert(parse_instance(address).unwrap(), value.unwrap_or_else(|_| panic!("{diags:?}")));
    }
    Objects(all)
}

fn evaluate(case: &Case, program: &Program, world: &MemoryWorld, files: &mut Files, diags: &mut Diagnostics) -> String {
    let variables = inputs(case, files, diags);
    let inputs = Inputs { variables, workspace: "default".into(), cwd: "/work".into(), stage: Stage::Plan };
    let mut evaluator = Evaluator::new(program, &TestSchemas, world, inputs);
    let objects = objects(case);
    let mut out = String::new();
    let _ = evaluator.variables(&ModuleInstance::root(), &objects, diags);
    for line in case.text("values").lines() {
        let question = question(line);
        let answer = match answer(&mut evaluator, question, files, &objects, diags) {
            Ok(answer) => answer,
            Err(Stop::Failed(_)) => "error".into(),
            Err(Stop::Blocked(dep)) => format!("blocked by {}", name(&dep)),
        };
        writeln!(out, "{question} ⇒ {answer}").unwrap();
    }
    out
}

fn question(line: &str) -> &str {
    line.split(" ⇒ ").next().unwrap_or(line)
}

fn answer(
    evaluator: &mut Evaluator<'_>,
    question: &str,
    files: &mut Files,
    objects: &Objects,
    diags: &mut Diagnostics,
) -> Result<String, Stop> {
    match question.split_once(' ') {
        Some(("config", address)) => {
            let config = evaluator.config(&parse_instance(address).unwrap(), objects, diags)?;
            Ok(format!("{}{}{}", show(&config.value), deps(" reads", &config.deps), deps(" after", &config.explicit)))
        }
        Some(("expand", address)) => {
            let terrane_address::Target::Resource(resource) = parse_target(address).unwrap() else { panic!() };
            let keys = evaluator.expand(&resource, objects, diags)?.unwrap_or_default();
            Ok(format!("{:?}", keys.iter().map(|k| k.to_string()).collect::<Vec<_>>()))
        }
        Some(("output", name)) => {
            let output = evaluator.output(name, objects, diags)?;
            Ok(format!("{}{}", show(&output.value), deps(" reads", &output.deps)))
        }
        Some(("triggers", address)) => {
            let triggers = evaluator.replace_triggers(&parse_instance(address).unwrap(), objects, diags)?;
            let list: Vec<String> = triggers.iter().map(|(dep, path)| format!("{}{path}", name(dep))).collect();
            Ok(list.join(", "))
        }
        Some(("span", rest)) => {
            let (address, path) = rest.split_once(' ').unwrap();
            let span = evaluator.problem_span(&parse_instance(address).unwrap(), &steps(path));
            Ok(span.map_or("none".into(), |span| place(span, files)))
        }
        Some(("imports", "all")) => {
            let mut list = Vec::new();
            for place in 0..evaluator.program().root().contents.imports.len() {
                for target in evaluator.import(place, objects, diags)?.unwrap_or_default() {
                    list.push(match target.by {
                        None => format!("{} from what is not known yet", target.to),
                        Some(ImportBy::Id(id)) => format!("{} from {id:?}", target.to),
                        Some(ImportBy::Identity(value)) => format!("{} from {}", target.to, show(&value)),
                    });
                }
            }
            Ok(list.join(", "))
        }
        Some(("checks", "root")) => {
            for place in 0..evaluator.program().root().contents.checks.len() {
                evaluator.check(terrane_lang::ModuleId(0), place, objects, diags)?;
            }
            Ok("done".into())
        }
        Some(("provider", address)) => {
            let config = terrane_address::ProviderConfig::parse(address).unwrap();
            let config = evaluator.provider_config(&config, objects, diags)?;
            Ok(format!("{}{}", show(&config.value), deps(" reads", &config.deps)))
        }
        Some(("pre", address)) => {
            let instance = parse_instance(address).unwrap();
            evaluator.conditions(&instance, &terrane_lang::Conditions::Pre, objects, diags)?;
            Ok("holds".into())
        }
        _ => {
            let file = files.add("question", question);
            evaluator.expression(file, question, &ModuleInstance::root(), objects, diags).map(|v| show(&v))
        }
    }
}

/// The path that `a.0.b` writes.
fn steps(text: &str) -> Path {
    text.split('.').fold(Path::root(), |path, step| match step.parse() {
        Ok(index) => path.index(index),
        Err(_) => path.attr(step),
    })
}

fn name(dep: &Dep) -> String {
    match dep {
        Dep::Instance(instance) => instance.to_string(),
        Dep::Whole(resource) => format!("{resource}[*]"),
    }
}

fn deps(word: &str, deps: &[Dep]) -> String {
    match deps {
        [] => String::new(),
        deps => format!("{word} {}", deps.iter().map(name).collect::<Vec<_>>().join(", ")),
    }
}

fn place(span: Span, files: &Files) -> String {
    let at = files.position(span.file, span.start);
    let text = files.slice(span);
    let text = text.lines().next().unwrap_or_default();
    format!("{}:{}:{} `{text}`", files.name(span.file), at.line, at.column)
}

fn short(d: &Diagnostic, files: &Files) -> String {
    let mut out = String::new();
    let word = if d.severity == Severity::Error { "error" } else { "warning" };
    let at = d.span.map(|s| format!("{}: ", place(s, files))).unwrap_or_default();
    writeln!(out, "{at}{word}: {}: {}", d.summary, d.detail.replace('\n', "\\n")).unwrap();
    for (reference, value) in &d.values {
        writeln!(out, "  {reference} {value}").unwrap();
    }
    let calls = d.calls.iter().map(|(module, span)| format!("{module} {}", place(*span, files)));
    for call in calls {
        writeln!(out, "  by way of {call}").unwrap();
    }
    if let Some(address) = &d.address {
        writeln!(out, "  with {address}").unwrap();
    }
    for note in &d.notes {
        let at = note.span.map(|s| format!("{}: ", place(s, files))).unwrap_or_default();
        writeln!(out, "  note: {at}{}", note.text).unwrap();
    }
    if let Some(hint) = &d.hint {
        writeln!(out, "  hint: {hint}").unwrap();
    }
    out
}
