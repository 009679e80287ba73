//! `terrane discover`

mod blocks;
mod known;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use terrane_address::{Key, Module, ProviderConfig};
use terrane_engine::{Finding, Job, Search};
use terrane_lang::Stage;
use terrane_provider::Discovery;
use terrane_query::{Answer, Cell};
use terrane_source::{Diagnostic, Diagnostics, Files};
use terrane_value::Value;

use super::{Common, generate};
use crate::Context;
use crate::project::{self, Looking, Opened, Project};
use crate::views::table;
use known::Known;

/// Find what exists, and whether the state has it
///
/// Lists the objects of all resource types that the provider can look for, or of the named ones, with what imports them.
/// Changes nothing. Types whose objects are also arguments of other types, such as 'aws_route', are looked for only if they
/// are named.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The resource types to look for, for example 'aws_vpc' or 'aws_iam_*'; all if none is named
    types: Vec<String>,
    /// Show only what the state does not have
    #[arg(long)]
    unmanaged: bool,
    /// Look in this region in place of the provider's. May be given several times
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// The provider configuration that looks, for example 'aws.west'
    #[arg(long, value_name = "NAME", default_value = "aws")]
    provider: String,
    /// Write 'import' blocks for what the state does not have into a new file of the root module
    #[arg(long, value_name = "FILE")]
    import_blocks: Option<PathBuf>,
    /// Write one JSON object a line for each object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    looking: Looking,
    #[command(flatten)]
    pub common: Common,
}

/// An object that exists.
struct Row {
    ty: Arc<str>,
    /// What imports it.
    id: String,
    /// What people call it.
    name: Option<String>,
    region: Option<String>,
    /// The instance that has it in the state.
    address: Option<String>,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    let mut diags = Diagnostics::new();
    let misplaced = args.import_blocks.as_ref().and_then(|path| generate::misplaced(context, path, HINT));
    if let Some(problem) = misplaced {
        return context.end(&problem.into(), &Default::default());
    }
    let Opened { mut project, snapshot } = match opened(&args, context, &mut diags).await {
        Ok(opened) => opened,
        Err(files) => return context.end(&diags, &files),
    };
    let inputs = project::inputs(&mut project, args.looking.vars(), Stage::Plan, &context.cwd, &mut diags);
    let search = search(&args, &project, &mut diags);
    let Some(search) = search.filter(|_| !diags.has_errors()) else { return context.end(&diags, &project.files) };
    let job = Job { program: &project.program, providers: &project.providers, world: &project.world };
    let (found, problems) = terrane_engine::discover(job, inputs, &snapshot, &search, &context.meter).await;
    diags.extend(problems);
    let known = Known::of(&snapshot, &search.types);
    let rows = found.iter().map(|finding| row(finding, &known)).filter(|row| !args.unmanaged || row.address.is_none());
    let rows: Vec<Row> = rows.collect();
    show(&args, &rows, context);
    if let Some(path) = &args.import_blocks {
        write(path, &rows, &blocks::Names::of(&project.program, &snapshot), &args, context, &mut diags);
    }
    context.end(&diags, &project.files)
}

const HINT: &str = "Name a file that ends in .tf, in the folder of the root module: -import-blocks=imports.tf";

/// The project, which has to be right so that the right provider looks, with its state.
async fn opened(args: &Args, context: &Context, diags: &mut Diagnostics) -> Result<Opened, Files> {
    let checked = Project::load_with(&context.dir, args.looking.vars(), &context.cwd, diags);
    match diags.has_errors() {
        true => Err(checked.files),
        false => args.looking.open(context, diags).await,
    }
}

/// What is asked for; `None` after an error was reported.
fn search(args: &Args, project: &Project, diags: &mut Diagnostics) -> Option<Search> {
    let (local, alias) = match args.provider.split_once('.') {
        Some((local, alias)) => (local, Some(Arc::from(alias))),
        None => (args.provider.as_str(), None),
    };
    let address = project.program.root().provider_of(local);
    let config = ProviderConfig { module: Module::default(), provider: address, alias, key: Key::None };
    let Some(provider) = project.providers.get(&config.provider) else {
        diags.error(terrane_plan::provider_unavailable(&config));
        return None;
    };
    let all: Vec<(&str, Discovery)> =
        provider.resource_types().into_iter().map(|ty| (ty, provider.discovery(ty))).collect();
    let always = || all.iter().filter(|(_, how)| *how == Discovery::Always).map(|(ty, _)| Arc::from(*ty));
    let types = match args.types.as_slice() {
        [] => always().collect(),
        patterns => patterns.iter().flat_map(|pattern| chosen(pattern, &all, diags)).collect(),
    };
    let strict = !args.types.is_empty() && !args.types.iter().any(|ty| ty.contains('*'));
    Some(Search { provider: config, types, regions: args.region.clone(), strict })
}

/// The types that a name or pattern stands for.
fn chosen(pattern: &str, all: &[(&str, Discovery)], diags: &mut Diagnostics) -> Vec<Arc<str>> {
    let wanted = if pattern.contains('*') { Discovery::Always } else { Discovery::Named };
    let may = |how: Discovery| how == Discovery::Always || how == wanted;
    let fitting: Vec<&(&str, Discovery)> = all.iter().filter(|(ty, _)| fits(pattern, ty)).collect();
    let types: Vec<Arc<str>> = fitting.iter().filter(|(_, how)| may(*how)).map(|(ty, _)| Arc::from(*ty)).collect();
    if types.is_empty() {
        let detail = match fitting.is_empty() {
            true => format!("The provider has no resource type {pattern:?}."),
            false => format!("Objects of type {pattern} have no import id, or the provider cannot look for them."),
        };
        let hint = "\"terrane discover\" without a type shows what there is of all types.";
        diags.error(Diagnostic::error("Objects cannot be looked for", detail).hint(hint));
    }
    types
}

/// Whether a name is what a pattern stands for, in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| fits(rest, &tail[at..]))
        }),
    }
}

fn row(finding: &Finding, known: &Known) -> Row {
    let object = &finding.found.object;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    let tag = |tags: &str| text(object.value.get(tags).and_then(|tags| tags.get("Name")));
    Row {
        ty: finding.ty.clone(),
        id: finding.found.id.clone(),
        name: tag("tags").or_else(|| tag("tags_all")).or_else(|| text(object.value.get("name"))),
        region: text(object.value.get("region")),
        address: known.address(&finding.ty, object),
    }
}

fn show(args: &Args, rows: &[Row], context: &Context) {
    if args.json {
        for Row { ty, id, name, region, address } in rows {
            let line = serde_json::json!({"type": **ty, "id": id, "name": name, "region": region, "address": address});
            outln!("{line}");
        }
        return;
    }
    if rows.is_empty() {
        return context.view.say(if args.unmanaged {
            "Nothing was found that the state lacks."
        } else {
            "Nothing was found."
        });
    }
    let cell = |text: &Option<String>| text.clone().map_or(Cell::Null, Cell::Text);
    let cells = |row: &Row| {
        vec![
            Cell::Text(row.ty.to_string()),
            Cell::Text(row.id.clone()),
            cell(&row.name),
            cell(&row.region),
            cell(&row.address),
        ]
    };
    let columns = ["type", "import id", "name", "region", "in the state as"].map(String::from).into();
    let answer = Answer { columns, rows: rows.iter().map(cells).collect() };
    out!("{}", table::text(&answer, context.terminal.out_width(), context.terminal.out));
}

/// Writes the blocks for what the state does not have.
fn write(
    path: &Path,
    rows: &[Row],
    names: &blocks::Names<'_>,
    args: &Args,
    context: &Context,
    diags: &mut Diagnostics,
) {
    let missing: Vec<&Row> = rows.iter().filter(|row| row.address.is_none()).collect();
    if missing.is_empty() {
        return context.view.say(&format!("The state has all of it, so {} was not written.", path.display()));
    }
    let text = blocks::text(&missing, names, Some(&*args.provider).filter(|name| name.contains('.')));
    let written =
        std::fs::File::create_new(path).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    if let Err(e) = written {
        let detail = format!("The file {} cannot be written: {e}.", path.display());
        diags.error(Diagnostic::error("Configuration cannot be written", detail));
        return;
    }
    let count =
        if missing.len() == 1 { "One import block is".into() } else { format!("{} import blocks are", missing.len()) };
    let next = "\"terrane plan -generate-config-out=generated.tf\" writes the configuration of what they import.";
    match args.json {
        true => {}
        false => context
            .view
            .say(&format!("\n{count} in {}. Keep those of what you want to manage; then\n{next}", path.display())),
    }
}
