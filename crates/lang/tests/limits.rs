//! Long and deep configuration ends in values or errors, never in a full stack, and takes time in line with its size.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "lang_cases/schemas.rs"]
mod schemas;

use std::collections::BTreeMap;
use std::fmt::Write;

use terrane_address::{Instance, Key, ModuleInstance, parse_instance};
use terrane_lang::{Dep, Evaluator, Inputs, Lookup, MemoryWorld, Modules, Stage, Stop, check, load};
use terrane_source::{Diagnostics, Files};
use terrane_value::Value;

struct Nothing;

impl Lookup for Nothing {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        Err(Stop::Blocked(Dep::Instance(instance.clone())))
    }
}

/// Checks a configuration and evaluates an expression in it, with as much stack as threads have.
fn evaluate(text: String, question: &'static str) -> Result<Value, Diagnostics> {
    let run = move || {
        let world = MemoryWorld::new([("main.tf", text)]);
        let (mut files, mut diags) = (Files::new(), Diagnostics::new());
        let program = load(&world, ".", &Modules::default(), &mut files, &mut diags);
        check(&program, &schemas::TestSchemas, &world, &mut diags);
        if diags.has_errors() {
            return Err(diags);
        }
        let inputs =
            Inputs { variables: BTreeMap::new(), workspace: "default".into(), cwd: ".".into(), stage: Stage::Plan };
        let mut evaluator = Evaluator::new(&program, &schemas::TestSchemas, &world, inputs);
        let file = files.add("question", question);
        evaluator.expression(file, question, &ModuleInstance::root(), &Nothing, &mut diags).map_err(|_| diags)
    };
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).unwrap().join().unwrap()
}

#[test]
fn a_long_chain_of_local_values() {
    const LENGTH: usize = 5_000;
    let mut text = String::from("locals {\n  x0 = 1\n");
    (1..=LENGTH).for_each(|i| writeln!(text, "  x{i} = local.x{} + 1", i - 1).unwrap());
    text.push_str("}\n");
    assert_eq!(evaluate(text, "local.x5000").unwrap(), Value::from(5_001));
}

/// What compares each override with each block would take minutes.
#[test]
fn many_overrides() {
    const COUNT: usize = 20_000;
    let each = |f: &dyn Fn(usize) -> String| (0..COUNT).map(f).collect::<String>();
    let plain = format!(
        "{}locals {{\n{}}}\nresource \"test_thing\" \"args\" {{\n{}}}\n",
        each(&|i| format!("variable \"v{i}\" {{\n  default = {i}\n}}\n")),
        each(&|i| format!("  l{i} = {i}\n")),
        each(&|i| format!("  a{i} = {i}\n")),
    );
    let over = format!(
        "{}locals {{\n{}}}\n{}",
        each(&|i| format!("variable \"v{i}\" {{\n  default = \"new\"\n}}\n")),
        each(&|i| format!("  l{i} = \"new\"\n")),
        each(&|i| format!("resource \"test_thing\" \"args\" {{\n  a{i} = \"new\"\n}}\n")),
    );
    let world = MemoryWorld::new([("main.tf", plain), ("main_override.tf", over)]);
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let program = load(&world, ".", &Modules::default(), &mut files, &mut diags);
    assert!(diags.is_empty(), "{:?}", diags.iter().next());
    let contents = &program.root().contents;
    assert!(contents.variables.iter().all(|v| v.default == Some(Value::from("new"))));
    assert_eq!((contents.locals.len(), contents.resources[0].body.attributes.len()), (COUNT, COUNT));
}

#[test]
fn deep_expressions() {
    let nested = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    for (open, close, n) in [("[", "]", 100), ("(", ")", 100), ("{ a = ", "}", 100), ("true ? ", " : 0", 100)] {
        let text = format!("locals {{\n  x = {}\n}}\n", nested(open, close, n));
        let value = evaluate(text, "local.x");
        assert!(value.is_ok(), "{open}: {value:?}");
    }
    let sum = format!("locals {{\n  x = 0{}\n}}\n", " + 1".repeat(400));
    assert_eq!(evaluate(sum, "local.x").unwrap(), Value::from(400));
    let too_deep = format!("locals {{\n  x = {}\n}}\n", nested("[", "]", 100_000));
    assert!(evaluate(too_deep, "local.x").is_err());
}

#[test]
fn values_that_need_themselves_are_errors() {
    let text = "locals {\n  a = local.b\n  b = local.a\n}\n";
    let diags = evaluate(text.into(), "local.a").unwrap_err();
    assert_eq!(diags.iter().filter(|d| d.summary == "Cycle").count(), 1);
}

/// Answers every instance, and counts how often.
struct Counting(std::cell::Cell<usize>);

impl Lookup for Counting {
    fn instance(&self, _: &Instance) -> Result<Value, Stop> {
        self.0.set(self.0.get() + 1);
        Ok(Value::object([("id", Value::from("i"))]))
    }
}

#[test]
fn shared_values_are_evaluated_once() {
    let text = "resource \"test_thing\" \"a\" {\n  count = 100\n}\nlocals {\n  ids = test_thing.a[*].id\n}\n\
                resource \"test_thing\" \"b\" {\n  count = 100\n  name = local.ids[count.index]\n  any = test_thing.a[*].id\n}\n";
    let world = MemoryWorld::new([("main.tf", text)]);
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let program = load(&world, ".", &Modules::default(), &mut files, &mut diags);
    let inputs =
        Inputs { variables: BTreeMap::new(), workspace: "default".into(), cwd: ".".into(), stage: Stage::Plan };
    let mut evaluator = Evaluator::new(&program, &schemas::TestSchemas, &world, inputs);
    let lookup = Counting(std::cell::Cell::new(0));
    let b = parse_instance("test_thing.b").unwrap().resource;
    for index in 0..100 {
        let config = evaluator.config(&b.instance(Key::Int(index)), &lookup, &mut diags).unwrap();
        assert_eq!(config.deps.len(), 1, "{:?}", config.deps);
    }
    assert_eq!(lookup.0.get(), 100);
}
