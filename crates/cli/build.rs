//! How the executable is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // At a fixed address: else 300,000 addresses are put right at each start, which takes longer than most commands.
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
