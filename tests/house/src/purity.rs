//! Pure crates are kept from the world by clippy: each has the same `clippy.toml`.

use crate::arrows::{PURE, short};
use crate::workspace::{members, root};
use std::fs;

#[test]
fn pure_crates_have_the_bans() {
    let bans = fs::read_to_string(root().join("tests/house/pure-clippy.toml")).expect("the bans are there");
    let mut wrong = Vec::new();
    for member in members().iter().filter(|member| PURE.contains(&short(&member.name))) {
        let own = member.folder.join("clippy.toml");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&own, &bans).expect("the folder can be written");
        }
        if fs::read_to_string(&own).ok().as_deref() != Some(bans.as_str()) {
            wrong.push(own.display().to_string());
        }
    }
    let advice = "run again with UPDATE=1";
    assert!(wrong.is_empty(), "not the same as tests/house/pure-clippy.toml ({advice}): {}", wrong.join(", "));
}
