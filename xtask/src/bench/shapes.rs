//! The configurations that are measured: each has many of something.

use std::fmt::Write;

/// A configuration and the commands to measure on it.
pub struct Shape {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, for the table.
    pub about: &'static str,
    /// Its files: paths and texts.
    pub files: fn() -> Vec<(&'static str, String)>,
    /// What is measured, in this order.
    pub steps: &'static [Step],
}

/// A command that is measured.
pub struct Step {
    /// What the command line is.
    pub arguments: &'static [&'static str],
    /// The state that it is run on.
    pub from: From,
    /// What it is to take at most: seconds.
    pub seconds: Option<f64>,
    /// What it is to take at most: megabytes of memory.
    pub megabytes: Option<f64>,
    /// Whether other programs have this command.
    pub common: bool,
}

/// The state that a command is run on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// None yet.
    Nothing,
    /// That of an apply.
    Applied,
    /// That of an apply, which the command changes.
    Anew,
}

const PLAN: &[&str] = &["plan", "-input=false"];
const UNREAD: &[&str] = &["plan", "-input=false", "-refresh=false"];
const APPLY: &[&str] = &["apply", "-input=false", "-auto-approve"];
const SHOW: &[&str] = &["show", "-json"];
const LIST: &[&str] = &["state", "list"];
const MOVE: &[&str] = &["state", "mv", "terraform_data.one[0]", "terraform_data.other"];
const QUERY: &[&str] = &["state", "query", "SELECT count(*) FROM terraform_data"];

const fn step(arguments: &'static [&'static str], from: From, seconds: Option<f64>) -> Step {
    Step { arguments, from, seconds, megabytes: None, common: true }
}

const fn own(step: Step) -> Step {
    Step { common: false, ..step }
}

const fn small(step: Step, megabytes: f64) -> Step {
    Step { megabytes: Some(megabytes), ..step }
}

/// All shapes, in the order of the table.
pub const SHAPES: &[Shape] = &[
    Shape {
        name: "indexed",
        about: "1000 + 1000 with `count`, the second read the first by index",
        files: indexed,
        steps: &[small(step(PLAN, From::Nothing, Some(0.1)), 60.0)],
    },
    Shape {
        name: "modules",
        about: "10 modules of 1000 instances",
        files: modules,
        steps: &[
            step(PLAN, From::Nothing, Some(0.3)),
            step(APPLY, From::Nothing, Some(0.6)),
            step(SHOW, From::Applied, Some(0.1)),
        ],
    },
    Shape {
        name: "small",
        about: "`count = 1000`, small objects",
        files: || counted(1000),
        steps: &[step(APPLY, From::Nothing, Some(0.1)), step(PLAN, From::Applied, Some(0.03))],
    },
    Shape {
        name: "large",
        about: "1000 objects of 0.7 MB, a state of 817 MB",
        files: large,
        steps: &[
            small(step(APPLY, From::Nothing, Some(3.0)), 1200.0),
            step(PLAN, From::Applied, None),
            step(UNREAD, From::Applied, None),
            step(LIST, From::Applied, None),
            step(MOVE, From::Anew, None),
        ],
    },
    Shape {
        name: "variables",
        about: "500 modules with 60 variables",
        files: variables,
        steps: &[step(PLAN, From::Nothing, Some(0.2))],
    },
    Shape {
        name: "chains",
        about: "100 modules in a chain of `depends_on`, each with a chain of 5 within, each of these with one of 3",
        files: chains,
        steps: &[step(PLAN, From::Nothing, Some(0.1))],
    },
    Shape {
        name: "unchanged-10k",
        about: "10,000 instances, no change",
        files: || counted(10_000),
        steps: &[step(UNREAD, From::Applied, None)],
    },
    Shape {
        name: "unchanged-100k",
        about: "100,000 instances, no change",
        files: || counted(100_000),
        steps: &[
            small(step(UNREAD, From::Applied, Some(2.0)), 1000.0),
            own(step(QUERY, From::Applied, None)),
            step(LIST, From::Applied, None),
        ],
    },
];

/// The shapes whose times are compared, and how many times as long the second may take.
pub const RATIO: (&str, &str, f64) = ("unchanged-10k", "unchanged-100k", 11.0);

fn indexed() -> Vec<(&'static str, String)> {
    let text = r#"resource "terraform_data" "first" {
  count = 1000
  input = "number ${count.index}"
}

resource "terraform_data" "second" {
  count = 1000
  input = terraform_data.first[count.index].id
}
"#;
    vec![("main.tf", text.to_owned())]
}

fn modules() -> Vec<(&'static str, String)> {
    let mut root = String::new();
    for i in 0..10 {
        let _ = writeln!(root, "module \"part{i}\" {{\n  source = \"./part\"\n  name   = \"part {i}\"\n}}\n");
    }
    let part = r#"variable "name" {
  type = string
}

resource "terraform_data" "one" {
  count = 1000
  input = { name = var.name, number = count.index }
}

output "count" {
  value = length(terraform_data.one)
}
"#;
    vec![("main.tf", root), ("part/main.tf", part.to_owned())]
}

fn counted(count: u32) -> Vec<(&'static str, String)> {
    let text = format!(
        r#"resource "terraform_data" "one" {{
  count = {count}
  input = {{
    name   = "instance-${{count.index}}"
    number = count.index
    tags   = ["a", "b", "c"]
  }}
}}
"#
    );
    vec![("main.tf", text)]
}

/// The state has what is written twice, as input and as output.
const OBJECT: usize = 700_000;

fn large() -> Vec<(&'static str, String)> {
    let text = r#"resource "terraform_data" "one" {
  count = 1000
  input = "${count.index} ${file("${path.module}/content.txt")}"
}
"#;
    let line = "A line of text as scripts and policies have them, with \"quotes\", tabs\tand <angles>.\n";
    vec![("main.tf", text.to_owned()), ("content.txt", line.repeat(OBJECT / 2 / line.len()))]
}

fn variables() -> Vec<(&'static str, String)> {
    let mut root = "locals {\n  names = [for i in range(60) : \"name ${i}\"]\n}\n\n".to_owned();
    for i in 0..500 {
        let _ = writeln!(root, "module \"part{i}\" {{\n  source = \"./part\"");
        for v in 0..60 {
            let _ = writeln!(root, "  value_{v} = \"{i} ${{local.names[{v}]}}\"");
        }
        let _ = writeln!(root, "}}\n");
    }
    let mut part = String::new();
    for v in 0..60 {
        let _ = writeln!(part, "variable \"value_{v}\" {{\n  type = string\n}}\n");
    }
    let all: Vec<String> = (0..60).map(|v| format!("var.value_{v}")).collect();
    let _ = writeln!(part, "resource \"terraform_data\" \"one\" {{\n  input = [{}]\n}}", all.join(", "));
    vec![("main.tf", root), ("part/main.tf", part)]
}

fn chains() -> Vec<(&'static str, String)> {
    let resources = r#"variable "name" {
  type = string
}

resource "terraform_data" "first" {
  input = var.name
}

resource "terraform_data" "second" {
  input = terraform_data.first.id
}

output "id" {
  value = terraform_data.second.id
}
"#;
    let root = chain(100, "./outer", "\"root\"");
    let head = "variable \"name\" {\n  type = string\n}\n\n";
    let outer = format!("{head}{}", chain(5, "../middle", "var.name"));
    let middle = format!("{head}{}", chain(3, "../inner", "var.name"));
    vec![
        ("main.tf", root),
        ("outer/main.tf", outer),
        ("middle/main.tf", middle),
        ("inner/main.tf", resources.to_owned()),
    ]
}

/// Module calls, each of which depends on the one before it.
fn chain(length: u32, source: &str, name: &str) -> String {
    let mut text = String::new();
    for i in 0..length {
        let _ = writeln!(text, "module \"link{i}\" {{\n  source = \"{source}\"\n  name   = {name}");
        if let Some(before) = i.checked_sub(1) {
            let _ = writeln!(text, "  depends_on = [module.link{before}]");
        }
        let _ = writeln!(text, "}}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_the_ratio_names_shapes() {
        let names: std::collections::BTreeSet<_> = SHAPES.iter().map(|shape| shape.name).collect();
        assert_eq!(names.len(), SHAPES.len());
        assert!(names.contains(RATIO.0) && names.contains(RATIO.1));
    }

    #[test]
    fn an_object_is_as_large_as_it_is_said() {
        let size = large().iter().map(|(_, text)| text.len()).max();
        assert!(size.is_some_and(|size| (OBJECT - 1000..=OBJECT).contains(&(2 * size))));
    }
}
