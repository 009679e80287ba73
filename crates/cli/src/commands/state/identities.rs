//! `terrane state identities`

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::value::RawValue;
use terrane_address::{Instance, Target};
use terrane_plan::covers;
use terrane_source::Diagnostic;
use terrane_state::{InstanceState, Snapshot};

use super::{nothing_matches, parse};
use crate::Context;
use crate::project::Looking;

/// List the identities of objects
///
/// An identity names an object apart from its id, in a few attributes that its provider has chosen. Objects without one
/// are left out.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// List only what is in these modules, resources or instances
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// Write JSON: an object with the identity for each address
    #[arg(long)]
    json: bool,
    /// List only objects with this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    looking: Looking,
}

/// Runs the command.
pub async fn run(args: Args, context: &Context) -> ExitCode {
    super::look(context, &args.looking, |opened| list(&opened.snapshot, &args)).await
}

fn list(snapshot: &Snapshot, args: &Args) -> Result<(), Diagnostic> {
    let targets: Vec<Target> = args.addresses.iter().map(|a| parse(a)).collect::<Result<_, _>>()?;
    let named = |i: &Instance| targets.is_empty() || targets.iter().any(|t| covers(t, i));
    for (target, address) in targets.iter().zip(&args.addresses) {
        if !snapshot.instances().any(|(instance, ..)| covers(target, &instance)) {
            return Err(nothing_matches(std::slice::from_ref(address)));
        }
    }
    let chosen =
        snapshot.instances().filter(|(instance, _, state)| named(instance) && has_id(state, args.id.as_deref()));
    let found: BTreeMap<String, Box<RawValue>> = chosen
        .filter_map(|(instance, _, state)| {
            let (_, identity) = state.current.as_ref()?.identity.as_ref()?;
            Some((instance.to_string(), RawValue::from_string(identity.to_string()).ok()?))
        })
        .collect();
    if args.json {
        outln!("{}", serde_json::to_string(&found).unwrap_or_default());
        return Ok(());
    }
    for (address, identity) in &found {
        outln!("{address}");
        let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(identity.get()).unwrap_or_default();
        fields.iter().for_each(|(name, value)| outln!("  {name} = {value}"));
    }
    if found.is_empty() {
        outln!("No object has an identity.");
    }
    Ok(())
}

fn has_id(state: &InstanceState, id: Option<&str>) -> bool {
    let Some(id) = id else { return true };
    let json = state.current.as_ref().map(|o| o.attributes.clone()).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
    value["id"].as_str() == Some(id)
}
