//! States that one program wrote, in the hands of the other.

use serde_json::Value;

use crate::normal::Names;
use crate::tool::{Folder, Ran};

/// What is wrong when `reader` takes over what was written: each state is stored by it byte for byte as it was, but for
/// the serial and the version of the program, and the last one gives a plan that ends as the writer's does.
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
    if in_no_order(state) && values(state) == values(&stored) {
        return Ok(());
    }
    let (then, now) = (without_version(state), without_version(&stored));
    match then.iter().zip(&now).find(|(then, now)| then != now) {
        Some((then, now)) => Err(format!("{then:?} becomes {now:?}")),
        None if then.len() != now.len() => Err(format!("{} lines become {}", then.len(), now.len())),
        None => Ok(()),
    }
}

/// The lines without those that each write makes anew. OpenTofu ends a file with an empty line.
fn without_version(state: &str) -> Vec<&str> {
    let anew = ["  \"terraform_version\":", "  \"serial\":"];
    state.trim_end().lines().filter(|line| !anew.iter().any(|head| line.starts_with(head))).collect()
}

/// Whether a state has what OpenTofu writes in any order, or what it does not know.
fn in_no_order(state: &str) -> bool {
    !state.contains("\"check_results\": null") || state.contains("\"prevent_destroy\"")
}

fn values(state: &str) -> Value {
    let mut state = Names::default().state(serde_json::from_str(state).unwrap());
    let resources = state["resources"].as_array_mut().into_iter().flatten();
    let instances = resources.filter_map(|resource| resource["instances"].as_array_mut()).flatten();
    instances.for_each(|instance| drop(instance.as_object_mut().unwrap().remove("prevent_destroy")));
    state
}
