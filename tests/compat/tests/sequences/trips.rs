//! States that one program wrote, in the hands of the other.

use crate::tool::{Folder, Ran};

/// What is wrong when `reader` takes over what was written: each state is stored by it byte for byte as it was, but for
/// the version of the program, and the last one gives a plan that ends as the writer's does.
pub fn trips(written: &Ran, reader: &'static str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, state) in written.states.iter().enumerate() {
        let place = format!("state {} of {}, stored by {reader}", at + 1, written.folder.tool);
        wrong.extend(stored(state, reader).err().map(|why| format!("{place}: {why}")));
    }
    let plan = ["plan", "-input=false", "-detailed-exitcode"];
    let ends = |tool| written.folder.as_tool(tool, &plan);
    let (own, other) = (ends(written.folder.tool), ends(reader));
    if own != other {
        wrong.push(format!(
            "the last state of {}: its plan ends with {own}, that of {reader} with {other}",
            written.folder.tool
        ));
    }
    wrong
}

fn stored(state: &str, reader: &'static str) -> Result<(), String> {
    let folder = Folder::new(reader);
    std::fs::write(folder.path().join("given"), state).unwrap();
    match folder.as_tool(reader, &["state", "push", "given"]) {
        0 => {}
        code => return Err(format!("it is refused with {code}")),
    }
    let stored = folder.state().unwrap_or_default();
    let (then, now) = (without_version(state), without_version(&stored));
    match then.iter().zip(&now).find(|(then, now)| then != now) {
        Some((then, now)) => Err(format!("{then:?} becomes {now:?}")),
        None if then.len() != now.len() => Err(format!("{} lines become {}", then.len(), now.len())),
        None => Ok(()),
    }
}

fn without_version(state: &str) -> Vec<&str> {
    state.lines().filter(|line| !line.starts_with("  \"terraform_version\":")).collect()
}
