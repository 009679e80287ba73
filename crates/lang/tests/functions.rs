//! Runs the tables in `tests/functions/*.md`: function, expression, result. `UPDATE=1` rewrites the results.
//!
//! A result is a value and its type, or `error: ` and what is wrong. `unknown` stands for an unknown value, with `!` if
//! it is certain not to be null, then its beginning, its number of elements or its range as far as known.
//! `var.unknown` has unknown values of many types; `var.ephemeral` is a text with that mark; `var.eph` and `var.old` have
//! ephemeral and deprecated values of many types; `var.none` is a text that is null.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use terrane_address::{Instance, Mode, ModuleInstance, Provider};
use terrane_lang::{
    Dep, Evaluator, Input, Inputs, Lookup, MemoryWorld, Modules, Program, Schemas, Stage, Stop, functions, load,
};
use terrane_source::{Diagnostics, Files};
use terrane_value::{Bound, Fields, FunctionParam, FunctionSchema, Kind, Marks, Refinement, Schema, Type, Value};

fn tables() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "md"));
    files.sort();
    files
}

/// The cells of a row with code in it.
fn cells(line: &str) -> Option<Vec<String>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?.replace("\\|", "\u{0}");
    let cells: Vec<String> = row.split(" | ").map(|cell| cell.trim_matches('`').replace('\u{0}', "|")).collect();
    (cells.len() >= 3 && row.contains('`')).then_some(cells)
}

fn row(cells: &[String], result: &str) -> String {
    let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
    let rest: String = cells[3..].iter().map(|cell| format!(" {} |", code(cell))).collect();
    format!("| {} | {} | {} |{rest}", cells[0], code(&cells[1]), code(result))
}

#[test]
fn functions_give_what_the_tables_say() {
    let update = std::env::var_os("UPDATE").is_some();
    let questions = Questions::new(Stage::Apply);
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in tables() {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        for line in &mut lines {
            let Some(cells) = cells(line) else { continue };
            count += 1;
            let result = questions.answer(&cells[1]);
            if result != cells[2] {
                wrong.push(format!("{}\n  expected {}\n       got {result}", cells[1], cells[2]));
                *line = row(&cells, &result);
            }
        }
        if update {
            fs::write(&file, lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(count > 1000, "there are only {count} rows");
    assert!(update || wrong.is_empty(), "{} of {count} rows are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_function_has_a_row() {
    let mut missing: BTreeSet<&str> = functions::names().into_iter().collect();
    missing.retain(|name| !["can", "templatefile", "templatestring", "try"].contains(name));
    for file in tables() {
        let text = fs::read_to_string(&file).unwrap();
        let found: Vec<String> = text.lines().filter_map(cells).map(|cells| cells[0].clone()).collect();
        missing.retain(|name| !found.iter().any(|f| f == name));
    }
    assert_eq!(missing, BTreeSet::new());
}

/// The page `docs/functions.md` after its head: each function with signature, sentence and example.
fn page() -> String {
    let questions = Questions::new(Stage::Apply);
    let mut page = fs::read_to_string(root("docs/functions.md")).unwrap();
    page.truncate(page.find("\n## ").map_or(page.len(), |at| at + 1));
    for group in functions::manual::ENTRIES.chunk_by(|a, b| a.name[..1] == b.name[..1]) {
        let _ = writeln!(page, "## {}", group[0].name[..1].to_uppercase());
        for entry in group {
            let schema = functions::schema(entry.name).unwrap();
            let example = example(&questions, entry.example);
            let _ = write!(page, "\n### {}\n\n`{}`\n\n", entry.name, signature(entry.name, &schema));
            let _ = write!(page, "{}\n\n```text\n{example}```\n", entry.about);
        }
        page.push('\n');
    }
    page.trim_end().to_owned() + "\n"
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn signature(name: &str, schema: &FunctionSchema) -> String {
    let param = |p: &FunctionParam| format!("{} {}", p.name, p.ty);
    let more = schema.variadic.iter().map(|p| format!("{}...", param(p)));
    let all: Vec<String> = schema.params.iter().map(param).chain(more).collect();
    format!("{name}({}) {}", all.join(", "), schema.result)
}

/// The example and its result, as the console shows them.
fn example(questions: &Questions, example: &str) -> String {
    let value = questions.value(example).unwrap_or_else(|error| panic!("{example}: {error}"));
    format!("> {example}\n{}\n", terrane_value::to_hcl(&value, terrane_value::Style::Exact))
}

#[test]
fn the_page_of_functions_is_fresh() {
    let fresh = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root("docs/functions.md"), &fresh).unwrap();
    }
    let page = fs::read_to_string(root("docs/functions.md")).unwrap();
    assert!(
        page == fresh,
        "docs/functions.md is old; write it with: UPDATE=1 cargo test -p terrane-lang --test functions"
    );
}

#[test]
fn every_function_is_in_the_manual() {
    let mut all = functions::names();
    all.retain(|name| !["list", "map"].contains(name));
    let described: Vec<&str> = functions::manual::ENTRIES.iter().map(|entry| entry.name).collect();
    assert_eq!(all, described);
}

#[test]
fn results_of_chance_and_clock_are_unknown_in_plans() {
    let questions = Questions::new(Stage::Plan);
    for (question, answer) in [
        ("timestamp()", "unknown! : string"),
        ("uuid()", "unknown! : string"),
        ("bcrypt(\"x\")", "unknown! : string"),
        ("sha1(\"x\")", "\"11f6ad8ec52a2984abaafd7c3b516503785c2072\" : string"),
    ] {
        assert_eq!(questions.answer(question), answer, "{question}");
    }
}

#[test]
fn what_is_put_off_keeps_its_marks() {
    let bcrypt = functions::find("bcrypt").unwrap();
    let secret = functions::defer(bcrypt, vec![Value::from("x").mark(Marks::SENSITIVE)]).unwrap();
    assert_eq!(show(&secret), "sensitive(unknown!)");
    assert!(functions::defer(bcrypt, vec![Value::null(Type::String)]).is_err());
}

/// Values of all kinds, odd ones among them.
fn samples() -> Vec<Value> {
    let unknown = unknown();
    let texts =
        ["", "a", "10.0.0.0/8", "%[2]d %v", "(a)|b", "a: [1]", "2006-01-02T15:04:05Z", "-1h", "é\u{301}\u{1f469}"];
    let numbers = ["-3", "0", "2", "1.5", "9223372036854775807", "1e40"];
    let mut samples: Vec<Value> = texts.into_iter().map(Value::from).collect();
    samples.extend(numbers.map(|n| Value::from(n.parse::<terrane_value::Number>().unwrap())));
    samples.extend(unknown.fields().unwrap().values().iter().cloned());
    let texts = || [Value::from("b"), Value::from("a")];
    samples.extend([
        Value::null(Type::Any),
        Value::null(Type::String),
        Value::from(true),
        Value::tuple([]),
        Value::tuple([Value::from("x"), Value::from(1), Value::null(Type::Any)]),
        Value::tuple([Value::tuple(texts()), Value::unknown(Type::list(Type::String))]),
        Value::list(Type::String, texts()),
        Value::set(Type::String, [Value::from("a"), Value::unknown(Type::String)]),
        Value::map(Type::String, [("a", Value::from("x"))]),
        Value::object([("a", Value::from("x").mark(Marks::SENSITIVE)), ("b", Value::dynamic())]),
        Value::object::<&str>([]),
        Value::from("secret").mark(Marks::SENSITIVE),
        Value::list(Type::String, texts()).mark(Marks::EPHEMERAL),
    ]);
    samples
}

#[test]
fn no_arguments_make_functions_panic_or_tell_secrets() {
    let world = MemoryWorld::default();
    let context = functions::Context { world: &world };
    let samples = samples();
    let lists = |args: &[Value]| samples.iter().map(|v| [args, std::slice::from_ref(v)].concat()).collect::<Vec<_>>();
    for function in functions::names().into_iter().filter_map(functions::find).filter(|f| f.name != "bcrypt") {
        let mut calls = vec![Vec::new()];
        let most = if function.variadic.is_some() { function.params.len() + 2 } else { function.params.len() };
        for _ in 0..most.min(2) {
            calls = calls.iter().flat_map(|args| lists(args)).chain([Vec::new()]).collect();
        }
        if most > 2 {
            let third =
                [Value::from(1), Value::from("a"), Value::dynamic(), Value::from("secret").mark(Marks::SENSITIVE)];
            calls = calls
                .iter()
                .flat_map(|args| third.iter().map(|v| [&args[..], std::slice::from_ref(v)].concat()))
                .collect();
        }
        for args in calls {
            let secret = function.name == "sensitive" || args.iter().any(Value::has_marks);
            match functions::call(function, args, &context) {
                Ok(value) => assert!(!value.has_marks() || secret, "{}", function.name),
                Err(e) => assert!(!e.message.contains("secret"), "{}: {}", function.name, e.message),
            }
        }
    }
}

struct Nothing;

impl Lookup for Nothing {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        Err(Stop::Blocked(Dep::Instance(instance.clone())))
    }
}

impl Schemas for Nothing {
    fn provider(&self, _: &Provider) -> Option<Arc<Schema>> {
        None
    }

    fn resource(&self, _: &Provider, _: Mode, _: &str) -> Option<Arc<Schema>> {
        None
    }

    fn types(&self, _: &Provider, _: Mode) -> Vec<String> {
        Vec::new()
    }
}

/// What the rows are asked of.
struct Questions {
    world: MemoryWorld,
    program: Program,
    stage: Stage,
}

impl Questions {
    fn new(stage: Stage) -> Questions {
        const VARIABLES: &[u8] = b"variable \"unknown\" {}\nvariable \"ephemeral\" { ephemeral = true }\n\
            variable \"eph\" { ephemeral = true }\nvariable \"old\" {}\nvariable \"none\" { type = string }\n\
            terraform {\n  required_providers {\n    terraform = { source = \"terraform.io/builtin/terraform\" }\n  }\n}\n";
        let files: [(&str, &[u8]); 9] = [
            ("main.tf", VARIABLES),
            ("a.txt", b"hello\n"),
            ("bin", b"\xff\xfe"),
            ("d/.hidden", b"h"),
            ("d/one.tf", b"x"),
            ("d/two.tf.json", b"y"),
            ("d/sub/three.tf", b"z"),
            ("d/sub/deep/four.txt", b"w"),
            ("x.dir/empty", b""),
        ];
        let world = MemoryWorld::new(files);
        let mut diags = Diagnostics::new();
        let program = load(&world, ".", &Modules::default(), &mut Files::new(), &mut diags);
        assert!(!diags.has_errors(), "{diags:?}");
        Questions { world, program, stage }
    }

    fn answer(&self, question: &str) -> String {
        match self.value(question) {
            Ok(value) => format!("{} : {}", show(&value), value.ty()),
            Err(detail) => format!("error: {detail}"),
        }
    }

    fn value(&self, question: &str) -> Result<Value, String> {
        let input = |value| Input { value, span: None, origin: "the test".into() };
        let variables = BTreeMap::from([
            ("unknown".into(), input(unknown())),
            ("ephemeral".into(), input(Value::from("eph").mark(Marks::EPHEMERAL))),
            ("eph".into(), input(kinds().mark(Marks::EPHEMERAL))),
            ("old".into(), input(kinds().mark(Marks::DEPRECATED))),
            ("none".into(), input(Value::null(Type::String))),
        ]);
        let inputs = Inputs { variables, workspace: "default".into(), cwd: "/root".into(), stage: self.stage };
        let mut evaluator = Evaluator::new(&self.program, &Nothing, &self.world, inputs);
        let file = Files::new().add("question", question);
        let mut diags = Diagnostics::new();
        let value = evaluator.expression(file, question, &ModuleInstance::root(), &Nothing, &mut diags);
        value.map_err(|_| diags.iter().next().unwrap().detail.clone())
    }
}

fn unknown() -> Value {
    let strings = || Type::list(Type::String);
    let object = Type::object([("a", Type::String), ("b", Type::Number)]);
    Value::object([
        ("any", Value::dynamic()),
        ("bool", Value::unknown(Type::Bool)),
        ("bounded", Value::unknown_refined(strings(), Refinement::length(2, Some(3)))),
        ("list", Value::unknown(strings())),
        ("map", Value::unknown(Type::map(Type::String))),
        ("number", Value::unknown(Type::Number)),
        ("numbers", Value::unknown(Type::list(Type::Number))),
        ("object", Value::unknown(object)),
        ("prefix", Value::unknown_refined(Type::String, Refinement::prefix("abc-"))),
        ("set", Value::unknown(Type::set(Type::String))),
        ("some", Value::unknown_not_null(Type::String)),
        ("string", Value::unknown(Type::String)),
        ("tuple", Value::unknown(Type::tuple([Type::String, Type::Number]))),
    ])
}

/// A known value of each type, and what is not.
fn kinds() -> Value {
    let texts = || [Value::from("a"), Value::from("b")];
    Value::object([
        ("bool", Value::from(true)),
        ("list", Value::list(Type::String, texts())),
        ("map", Value::map(Type::String, [("a", Value::from("x"))])),
        ("none", Value::null(Type::String)),
        ("number", Value::from(12)),
        ("object", Value::object([("a", Value::from("x")), ("b", Value::from(1))])),
        ("set", Value::set(Type::String, texts())),
        ("string", Value::from("12")),
        ("tuple", Value::tuple(texts())),
        ("unknown", Value::unknown(Type::String)),
    ])
}

fn show(value: &Value) -> String {
    let fields = |fields: &Fields| {
        let all: Vec<String> = fields.iter().map(|(name, value)| format!("{name:?} = {}", show(value))).collect();
        format!("{{{}}}", all.join(", "))
    };
    let text = match value.kind() {
        Kind::Null(_) => "null".into(),
        Kind::Unknown(_, known) => show_unknown(known),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(text) => format!("{text:?}"),
        Kind::List(_, values) | Kind::Set(_, values) | Kind::Tuple(values) => {
            format!("[{}]", values.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(_, f) | Kind::Object(f) => fields(f),
    };
    let text = if value.marks().contains(Marks::SENSITIVE) { format!("sensitive({text})") } else { text };
    let text = if value.marks().contains(Marks::EPHEMERAL) { format!("ephemeral({text})") } else { text };
    if value.marks().contains(Marks::DEPRECATED) { format!("deprecated({text})") } else { text }
}

fn show_unknown(known: &Refinement) -> String {
    let number = |end: Option<&Bound>| end.map_or(String::new(), |end| end.at.to_string());
    let sure = if known.not_null { "!" } else { "" };
    let prefix = known.prefix.as_ref().map_or(String::new(), |prefix| format!("{prefix:?}.."));
    let length = known.length.map(|(least, most)| format!("(#{least}..{})", most.map_or("".into(), |n| n.to_string())));
    let bounds = known.bounds.as_ref();
    let bounds = bounds.map(|b| format!("({}..{})", number(b.least.as_ref()), number(b.most.as_ref())));
    format!("unknown{sure}{prefix}{}{}", length.unwrap_or_default(), bounds.unwrap_or_default())
}
