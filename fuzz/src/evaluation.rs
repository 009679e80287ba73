//! Expressions as at the prompt of `terrane console`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use terrane_address::{Instance, Mode, ModuleInstance, Provider};
use terrane_lang::{Evaluator, Inputs, Lookup, MemoryWorld, Modules, Program, Schemas, Stage, Stop, load};
use terrane_source::{Diagnostics, Files, Style, render};
use terrane_value::{Schema, Style as ValueStyle, Value, to_hcl};

/// What expressions may refer to.
const CONFIGURATION: &str = r#"
variable "text" { default = "é\n$${x}" }
variable "any" { type = any }
variable "secret" {
  default   = { a = ["x", 2] }
  sensitive = true
}
locals {
  list = ["b", "a", 3, null, true]
  map  = { a = 1, b = [{ c = "d" }], "e f" = {} }
  set  = toset(["x", "y"])
  big  = 123456789012345678901234567890.5
}
"#;

/// Functions whose work the caller chooses freely, or that are slow on purpose.
const SLOW: [&str; 4] = ["bcrypt", "range", "setproduct", "rsadecrypt"];

struct Nothing;

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

impl Lookup for Nothing {
    fn instance(&self, instance: &Instance) -> Result<Value, Stop> {
        Err(Stop::Blocked(terrane_lang::Dep::Instance(instance.clone())))
    }
}

static WORLD: LazyLock<MemoryWorld> =
    LazyLock::new(|| MemoryWorld::new([("main.tf", CONFIGURATION), ("t.tftpl", "${a}%{for x in b}${x}%{endfor}")]));

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let mut diags = Diagnostics::new();
    let program = load(&*WORLD, ".", &Modules::default(), &mut Files::new(), &mut diags);
    assert!(diags.is_empty(), "{diags:?}");
    program
});

/// An expression has a value or errors that can be shown, the same each time; its value can be printed.
pub fn evaluation(text: &str) {
    if SLOW.iter().any(|name| text.contains(name)) || text.matches("for").count() > 2 {
        return;
    }
    let first = value(text, Stage::Plan);
    assert_eq!(first.is_ok(), value(text, Stage::Plan).is_ok(), "not the same each time");
    let _ = value(text, Stage::Validate);
    if let Ok(value) = first {
        assert_eq!(value, value.clone());
        to_hcl(&value, ValueStyle::Exact);
    }
}

fn value(text: &str, stage: Stage) -> Result<Value, Stop> {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let file = files.add("<console>", text);
    let inputs = Inputs { variables: BTreeMap::new(), workspace: "default".into(), cwd: "/root".into(), stage };
    let mut evaluator = Evaluator::new(&PROGRAM, &Nothing, &*WORLD, inputs);
    let result = evaluator.expression(file, text, &ModuleInstance::root(), &Nothing, &mut diags);
    for diagnostic in diags.iter() {
        render(diagnostic, &files, Style { color: false });
    }
    if let Err(Stop::Failed(_)) = result {
        assert!(diags.has_errors(), "it failed without an error");
    }
    result
}
