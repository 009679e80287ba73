//! The AWS SDK is compiled once: every way to build asks the SDK's dependencies for the same features.

use crate::workspace::{cargo, members, root};
use std::collections::{BTreeMap, BTreeSet};

/// Package and version, and the sets of features it is compiled with.
type Packages = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_build_asks_for_the_same_features() {
    let all = members();
    let sdk_crates = all.iter().flat_map(|member| &member.dependencies).filter(|to| to.name.starts_with("aws-sdk-"));
    let sdk_crates: BTreeSet<_> = sdk_crates.map(|to| to.name.as_str()).collect();
    let sdk: BTreeSet<String> =
        sdk_crates.iter().flat_map(|name| tree("normal,build", &["-p", name]).into_keys()).collect();
    let whole = tree("normal,build,dev", &["--workspace"]);
    let mut wrong = BTreeSet::new();
    for edges in ["normal,build", "normal,build,dev"] {
        for scope in std::iter::once(vec!["--workspace"]).chain(all.iter().map(|member| vec!["-p", &member.name])) {
            let part = tree(edges, &scope);
            if !part.keys().any(|package| package.starts_with("aws-sdk-")) {
                continue;
            }
            let differs = |(package, features): &(&String, &BTreeSet<String>)| whole.get(*package) != Some(features);
            let found = part.iter().filter(|(package, _)| sdk.contains(*package)).filter(differs);
            wrong.extend(found.map(|(package, _)| format!("{package}: {:?}", whole.get(package))));
        }
    }
    let wrong: Vec<_> = wrong.into_iter().collect();
    let advice = "add these features to providers/sdk-features/Cargo.toml, or depend on terrane-sdk-features";
    assert!(wrong.is_empty(), "the SDK would be compiled again for some members; {advice}:\n{}", wrong.join("\n"));
}

#[test]
fn the_legacy_tls_stack_is_absent() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock is there");
    for (name, version) in [("hyper", "0.14."), ("rustls", "0.21."), ("h2", "0.3."), ("http", "0.2.")] {
        let entry = format!("name = \"{name}\"\nversion = \"{version}");
        assert!(!lock.contains(&entry), "{name} {version}x came back: some SDK crate has its default features on");
    }
}

fn tree(edges: &str, scope: &[&str]) -> Packages {
    let fixed = ["tree", "--offline", "--edges", edges, "--prefix", "none", "--format", "{p}|{f}"];
    let mut packages = Packages::new();
    for line in cargo(&[&fixed, scope].concat()).lines() {
        if let Some((package, features)) = line.trim_end_matches(" (*)").split_once('|') {
            let package = package.trim_end_matches(" (proc-macro)");
            packages.entry(package.to_owned()).or_default().insert(features.trim().to_owned());
        }
    }
    packages
}
