//! Which crate may depend on which: the table of `docs/architecture.md`.

use crate::workspace::members;
use std::collections::BTreeMap;

/// Crate, and those of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("value", &[]),
    ("address", &[]),
    ("syntax", &["source"]),
    ("lang", &["syntax", "source", "value", "address"]),
    ("provider", &["value", "source"]),
    ("state", &["address", "value"]),
    ("query", &["state", "address", "value"]),
    ("encryption", &["state", "value"]),
    ("plan", &["lang", "provider", "state", "source", "value", "address"]),
    ("engine", &["plan", "lang", "provider", "encryption", "state", "source", "value", "address"]),
    ("backend", &["encryption", "state", "value", "sdk-features"]),
    ("registry", &["address"]),
    ("sdk-features", &[]),
    ("aws-core", &["provider", "value", "sdk-features"]),
    ("aws-dynamodb", &["aws-core", "provider", "value"]),
    ("aws-ec2", &["aws-core", "provider", "value"]),
    ("aws-iam", &["aws-core", "provider", "value"]),
    ("aws-kms", &["aws-core", "provider", "value"]),
    ("aws-logs", &["aws-core", "provider", "value"]),
    ("aws-outposts", &["aws-core", "provider", "value"]),
    ("aws-s3", &["aws-core", "provider", "value"]),
    ("aws-ssm", &["aws-core", "provider", "value"]),
    (
        "aws",
        &[
            "aws-core",
            "aws-dynamodb",
            "aws-ec2",
            "aws-iam",
            "aws-kms",
            "aws-logs",
            "aws-outposts",
            "aws-s3",
            "aws-ssm",
            "provider",
            "value",
        ],
    ),
    ("builtin", &["provider", "value"]),
    ("test-proxy", &[]),
    ("house", &[]),
    ("e2e", &["test-proxy"]),
    ("compat", &["lang", "source"]),
    ("docs-tests", &[]),
    ("xtask", &["provider", "test-proxy"]),
];

/// Crates that touch neither files, environment, clock nor network.
pub const PURE: &[&str] =
    &["source", "value", "address", "syntax", "lang", "provider", "state", "query", "encryption", "plan"];

/// What a pure crate must not depend on, by the start of the name.
const WORLDLY: &[&str] = &[
    "tokio",
    "hyper",
    "reqwest",
    "aws-config",
    "aws-sdk-",
    "aws-smithy-",
    "nix",
    "rustix",
    "socket2",
    "getrandom",
    "clap",
    "indicatif",
];

#[test]
fn every_arrow_is_in_the_table() {
    let table: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for member in members() {
        let from = short(&member.name);
        let Some(allowed) = table.get(from) else {
            if from != "cli" {
                wrong.push(format!("{from} is not in the table"));
            }
            continue;
        };
        let ours = member.dependencies.iter().filter(|to| to.name.starts_with("terrane-") && !to.dev);
        let extra = ours.map(|to| short(&to.name)).filter(|to| !allowed.contains(to));
        wrong.extend(extra.map(|to| format!("{from} → {to}")));
    }
    assert!(wrong.is_empty(), "arrows that docs/architecture.md does not have: {}", wrong.join(", "));
}

#[test]
fn nothing_depends_on_the_command_line() {
    let all = members();
    let users = all.iter().filter(|member| member.dependencies.iter().any(|to| to.name == "terrane-cli"));
    let users: Vec<_> = users.map(|member| member.name.as_str()).collect();
    assert!(users.is_empty(), "these depend on terrane-cli: {}", users.join(", "));
}

#[test]
fn pure_crates_have_no_worldly_dependencies() {
    let mut wrong = Vec::new();
    for member in members().iter().filter(|member| PURE.contains(&short(&member.name))) {
        let worldly = |name: &str| WORLDLY.iter().any(|start| name.starts_with(start));
        let found = member.dependencies.iter().filter(|to| !to.dev && worldly(&to.name));
        wrong.extend(found.map(|to| format!("{} → {}", member.name, to.name)));
    }
    assert!(wrong.is_empty(), "pure crates reach the world: {}", wrong.join(", "));
}

/// Returns a crate's name in the picture.
pub fn short(name: &str) -> &str {
    name.strip_prefix("terrane-").unwrap_or(name)
}
