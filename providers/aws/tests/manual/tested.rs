//! How types are tested, read off the tests themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Functions of tests that say against what they run, and what that is called on the page.
const AGAINST: [(&str, &[&str]); 6] = [
    ("stages(", &["golden", "emulator"]),
    ("corrected(", &["golden"]),
    ("scripted(", &["golden"]),
    ("played(", &["golden"]),
    ("StandIn::", &["golden"]),
    ("cloud(", &["emulator"]),
];

/// Ways of testing, in the order of the page.
const WAYS: [&str; 3] = ["golden", "emulator", "end to end"];

/// How each type is tested.
pub struct Tested(BTreeMap<String, BTreeSet<&'static str>>);

impl Tested {
    /// What the tests of the providers and the end-to-end tests name.
    pub fn read() -> Tested {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut tested = Tested(BTreeMap::new());
        for service in ["dynamodb", "ec2", "iam", "kms", "logs", "s3"] {
            tested.add_service(&texts(&root.join(format!("providers/aws-{service}/tests")), "rs"));
        }
        let promises = texts(&root.join("tests/e2e/tests/promises"), "rs");
        for text in promises.into_iter().chain(texts(&root.join("examples"), "tf")) {
            names(&text, &["resource \"", "resource \\\""]).into_iter().for_each(|ty| tested.add(ty, "end to end"));
        }
        tested
    }

    /// The ways in which a type is tested; a dash if there are none.
    pub fn ways(&self, ty: &str) -> String {
        let known: Vec<_> = self.0.iter().filter(|(name, _)| is_named(name, ty)).map(|(_, ways)| ways).collect();
        let ways: Vec<&str> = WAYS.into_iter().filter(|way| known.iter().any(|all| all.contains(way))).collect();
        if ways.is_empty() { "–".to_owned() } else { ways.join(", ") }
    }

    /// Whether a type is tested without an emulator.
    pub fn is_golden(&self, ty: &str) -> bool {
        self.0.iter().any(|(name, ways)| is_named(name, ty) && ways.contains("golden"))
    }

    fn add(&mut self, ty: String, way: &'static str) {
        self.0.entry(ty).or_default().insert(way);
    }

    fn add_service(&mut self, files: &[String]) {
        let items: Vec<Item<'_>> = files.iter().flat_map(|text| items(text)).collect();
        for test in items.iter().filter(|item| item.is_test) {
            let mut reached = Reached::default();
            reached.follow(test, &items);
            for ty in &reached.types {
                reached.ways.iter().for_each(|way| self.add(ty.clone(), way));
            }
        }
    }
}

/// A function or constant of a test file.
struct Item<'t> {
    name: &'t str,
    text: &'t str,
    is_test: bool,
}

/// What a test mentions, itself or through what it mentions.
#[derive(Default)]
struct Reached<'t> {
    seen: BTreeSet<&'t str>,
    types: BTreeSet<String>,
    ways: BTreeSet<&'static str>,
}

impl<'t> Reached<'t> {
    fn follow(&mut self, item: &Item<'t>, all: &[Item<'t>]) {
        if !self.seen.insert(item.name) {
            return;
        }
        self.types.extend(names(item.text, &["\""]));
        for (_, ways) in AGAINST.iter().filter(|(call, _)| mentions(item.text, call)) {
            self.ways.extend(*ways);
        }
        let is_way = |name: &str| AGAINST.iter().any(|(call, _)| call.strip_suffix('(') == Some(name));
        for other in all.iter().filter(|other| !other.is_test && !is_way(other.name) && mentions(item.text, other.name))
        {
            self.follow(other, all);
        }
    }
}

/// Whether a text has a name that is not the end or the beginning of another one.
fn mentions(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        let open = name.ends_with(['(', ':']);
        !before.is_some_and(part) && (open || !after.is_some_and(part))
    })
}

/// The items of a file at its outermost level: each ends where a line begins with a bracket, or with its semicolon.
fn items(text: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut is_test = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start_matches("pub ").trim_start_matches("async ");
        let is_item = words.starts_with("fn ") || words.starts_with("const ");
        if is_item {
            let rest = &text[at..];
            let end = rest.find("\n}\n").or(rest.find(";\n")).unwrap_or(rest.len());
            let end = if words.starts_with("const ") { rest.find(";\n").unwrap_or(end) } else { end };
            let name = words.split([' ', '(', ':', '<']).nth(1).unwrap_or_default();
            let body = rest.split_once(name).map_or(0, |(before, _)| before.len() + name.len());
            items.push(Item { name, text: rest.get(body..end).unwrap_or_default(), is_test });
        }
        is_test = line.starts_with("#[") && line.contains("test");
        at += line.len();
    }
    items
}

/// The names of AWS types that stand behind one of the beginnings, up to a quote; `*` is a part that a test fills in.
fn names(text: &str, beginnings: &[&str]) -> BTreeSet<String> {
    let behind = beginnings.iter().flat_map(|start| text.split(*start).skip(1));
    behind.filter_map(|rest| name(rest).filter(|name| name.starts_with("aws_"))).collect()
}

fn name(rest: &str) -> Option<String> {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_{}".contains(c)).unwrap_or(rest.len());
    let mut parts = rest[..end].split('{');
    let first = parts.next()?.to_owned();
    Some(parts.fold(first, |name, part| name + "*" + part.split_once('}').map_or("", |(_, rest)| rest)))
}

/// Whether a type has a name, parts of which a test may fill in.
fn is_named(name: &str, ty: &str) -> bool {
    match name.split_once('*') {
        None => name == ty,
        Some((start, end)) => ty.starts_with(start) && ty.len() > start.len() + end.len() && ty.ends_with(end),
    }
}

/// The texts of all files below a folder with an extension.
fn texts(folder: &Path, extension: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let text = |path: PathBuf| match path.is_dir() {
        true => texts(&path, extension),
        false => std::fs::read_to_string(&path)
            .ok()
            .filter(|_| path.extension().is_some_and(|e| e == extension))
            .into_iter()
            .collect(),
    };
    paths.into_iter().flat_map(text).collect()
}

#[test]
fn ways_are_read_off_tests() {
    let file = "const A: &str = \"aws_a\";\n\nfn made() -> u8 {\n    ty(\"aws_b\")\n}\n\n#[tokio::test]\nasync fn one() {\n    let cloud = cloud(\"x\").await;\n    made();\n    ty(A);\n}\n\n#[test]\nfn two() {\n    scripted(\"aws\");\n    ty(format!(\"aws_{x}_c\"));\n}\n";
    let mut tested = Tested(BTreeMap::new());
    tested.add_service(&[file.to_owned()]);
    let ways = ["aws_a", "aws_b", "aws_a_c", "aws_d"].map(|ty| tested.ways(ty));
    assert_eq!(ways, ["emulator", "emulator", "golden", "–"]);
}
