//! Replicas of tables in other regions.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    CreateGlobalTableWitnessGroupMemberAction, CreateReplicationGroupMemberAction,
    DeleteGlobalTableWitnessGroupMemberAction, DeleteReplicationGroupMemberAction, GlobalTableWitnessGroupUpdate,
    MultiRegionConsistency, ReplicaDescription, ReplicationGroupUpdate, TableDescription,
    UpdateReplicationGroupMemberAction,
};
use terrane_aws_core::{Arn, TagDiff, Tags, concurrently};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Path, Value};

use crate::client::{Table, built};
use crate::{recovery, tagging};

const STRONG: &str = "STRONG";

/// The replica blocks of a table, each with its region.
fn blocks(table: &Value) -> Vec<(&str, Args<'_>)> {
    let blocks = Args(table).blocks("replica").into_iter();
    blocks.filter_map(|block| Some((block.text("region_name")?, block))).collect()
}

fn in_region<'a>(table: &'a Value, region: &str) -> Option<Args<'a>> {
    blocks(table).into_iter().find(|(name, _)| *name == region).map(|(_, block)| block)
}

fn witness(table: &Value) -> Option<&str> {
    Args(table).block("global_table_witness").and_then(|w| w.text("region_name"))
}

fn consistency(block: Args<'_>) -> &str {
    block.text("consistency_mode").unwrap_or("EVENTUAL")
}

/// Reads the replicas of a table as blocks.
pub async fn read(table: &Table<'_>, found: &TableDescription, known: &Value) -> Result<Vec<Reply>, Problem> {
    let elsewhere = found.replicas().iter().filter(|r| r.region_name() != Some(&table.region));
    let read = |replica| read_one(table, found, replica, known);
    concurrently(4, elsewhere, read).await.into_iter().collect()
}

async fn read_one(
    table: &Table<'_>,
    found: &TableDescription,
    replica: &ReplicaDescription,
    known: &Value,
) -> Result<Reply, Problem> {
    let region = replica.region_name().unwrap_or_default();
    let there = table.replica(region);
    let (description, backups) = tokio::join!(there.describe(), recovery::read(&there));
    let (description, known) = (description?, in_region(known, region));
    let consistency = found.multi_region_consistency().map_or("EVENTUAL", MultiRegionConsistency::as_str);
    let key = description.as_ref().and_then(|d| d.sse_description()).and_then(|s| s.kms_master_key_arn());
    let key = key.or(replica.kms_master_key_id()).filter(|_| known.is_none_or(|k| k.text("kms_key_arn").is_some()));
    let protected = description.as_ref().and_then(|d| d.deletion_protection_enabled());
    let mut block = Reply::new();
    block
        .str("region_name", Some(region))
        .str("arn", found.table_arn().map(|arn| arn_in(arn, region)))
        .str("consistency_mode", Some(consistency))
        .bool("deletion_protection_enabled", Some(protected.unwrap_or_default()))
        .str("kms_key_arn", Some(key.unwrap_or_default()))
        .bool("point_in_time_recovery", Some(recovery::is_on(&backups?)))
        .bool("propagate_tags", Some(known.and_then(|k| k.bool("propagate_tags")).unwrap_or_default()))
        .str("stream_arn", Some(description.as_ref().and_then(|d| d.latest_stream_arn()).unwrap_or_default()))
        .str("stream_label", Some(description.as_ref().and_then(|d| d.latest_stream_label()).unwrap_or_default()));
    Ok(block)
}

/// The ARN of the same table in another region.
fn arn_in(arn: &str, region: &str) -> String {
    Arn::parse(arn).map_or(String::new(), |parts| Arn { region, ..parts }.to_string())
}

/// Makes all replicas of a new table.
pub async fn create(table: &Table<'_>, planned: &Value, timeout: Duration) -> Result<(), Problem> {
    add(table, planned, &blocks(planned), timeout).await
}

async fn add(table: &Table<'_>, planned: &Value, new: &[(&str, Args<'_>)], timeout: Duration) -> Result<(), Problem> {
    let strong = new.iter().filter(|(_, block)| consistency(*block) == STRONG).count();
    match strong {
        0 => add_eventual(table, new, timeout).await,
        _ => add_strong(table, new, strong, witness(planned), timeout).await,
    }
}

/// Adds replicas one after the other, as DynamoDB wants it.
async fn add_eventual(table: &Table<'_>, new: &[(&str, Args<'_>)], timeout: Duration) -> Result<(), Problem> {
    for (region, block) in new {
        let update = ReplicationGroupUpdate::builder().create(member(region, *block)?).build();
        table.update(&format!("adding a replica in {region} to"), |r| r.replica_updates(update)).await?;
        table.settled(timeout, |t| has(t, region)).await?;
        furnish(&table.replica(region), *block, timeout).await?;
    }
    Ok(())
}

/// Adds replicas that are written to at the same time, all in one call.
async fn add_strong(
    table: &Table<'_>,
    new: &[(&str, Args<'_>)],
    strong: usize,
    witness: Option<&str>,
    timeout: Duration,
) -> Result<(), Problem> {
    if strong != new.len() || strong + usize::from(witness.is_some()) != 2 {
        let detail = format!(
            "Strong consistency needs exactly two replicas, or one replica and a witness, and all of them strong. \
             There are {strong} strong of {} replicas, and {} witness.",
            new.len(),
            if witness.is_some() { "a" } else { "no" }
        );
        return Err(Problem::error("Impossible set of replicas", detail).at(Path::root().attr("replica")));
    }
    let update = |(region, block): &(&str, Args<'_>)| {
        Ok(ReplicationGroupUpdate::builder().create(member(region, *block)?).build())
    };
    let updates = new.iter().map(update).collect::<Result<Vec<_>, Problem>>()?;
    let witness = witness.map(|region| {
        let action = built(CreateGlobalTableWitnessGroupMemberAction::builder().region_name(region).build())?;
        Ok::<_, Problem>(vec![GlobalTableWitnessGroupUpdate::builder().create(action).build()])
    });
    let witness = witness.transpose()?;
    let fill = |r: UpdateTableFluentBuilder| {
        r.set_replica_updates(Some(updates))
            .set_global_table_witness_updates(witness)
            .multi_region_consistency(MultiRegionConsistency::Strong)
    };
    table.update("adding replicas to", fill).await?;
    table.settled(timeout, |t| new.iter().all(|(region, _)| has(t, region))).await?;
    for (region, block) in new {
        furnish(&table.replica(region), *block, timeout).await?;
    }
    Ok(())
}

fn member(region: &str, block: Args<'_>) -> Result<CreateReplicationGroupMemberAction, Problem> {
    let action = CreateReplicationGroupMemberAction::builder().region_name(region);
    built(action.set_kms_master_key_id(block.string("kms_key_arn")).build())
}

fn has(table: &TableDescription, region: &str) -> bool {
    table.replicas().iter().any(|r| r.region_name() == Some(region))
}

/// Gives a new replica the settings that are its own.
async fn furnish(there: &Table<'_>, block: Args<'_>, timeout: Duration) -> Result<(), Problem> {
    if block.bool("point_in_time_recovery") == Some(true) {
        recovery::write(there, true, None, timeout).await?;
    }
    if block.bool("deletion_protection_enabled") == Some(true) {
        protect(there, true, timeout).await?;
    }
    Ok(())
}

async fn protect(there: &Table<'_>, on: bool, timeout: Duration) -> Result<(), Problem> {
    there.update("changing the deletion protection of", |r| r.deletion_protection_enabled(on)).await?;
    there.settled(timeout, |t| t.deletion_protection_enabled() == Some(on)).await.map(|_| ())
}

/// Brings the replicas from what they are to what is planned. One with another key or consistency is made anew.
pub async fn update(table: &Table<'_>, prior: &Value, planned: &Value, timeout: Duration) -> Result<(), Problem> {
    let anew = |old: Args<'_>, new: Args<'_>| {
        let key = |b: Args<'_>| b.string("kms_key_arn");
        (new.get("kms_key_arn").is_some() && key(old) != key(new)) || consistency(old) != consistency(new)
    };
    let stays = |region: &str, block: Args<'_>| in_region(planned, region).is_some_and(|new| !anew(block, new));
    let gone: Vec<_> = blocks(prior).into_iter().filter(|(region, block)| !stays(region, *block)).collect();
    let was = |region: &str, block: Args<'_>| in_region(prior, region).is_some_and(|old| !anew(old, block));
    let new: Vec<_> = blocks(planned).into_iter().filter(|(region, block)| !was(region, *block)).collect();
    for (region, block) in blocks(planned).into_iter().filter(|(region, block)| was(region, *block)) {
        let Some(old) = in_region(prior, region) else { continue };
        change(&table.replica(region), old, block, timeout).await?;
    }
    remove(table, prior, &gone, timeout).await?;
    add(table, planned, &new, timeout).await
}

async fn change(there: &Table<'_>, old: Args<'_>, new: Args<'_>, timeout: Duration) -> Result<(), Problem> {
    let flag = |name| new.bool(name).filter(|on| *on != old.bool(name).unwrap_or_default());
    if let Some(on) = flag("point_in_time_recovery") {
        recovery::write(there, on, None, timeout).await?;
    }
    if let Some(on) = flag("deletion_protection_enabled") {
        protect(there, on, timeout).await?;
    }
    Ok(())
}

/// Removes all replicas of a table.
pub async fn delete(table: &Table<'_>, prior: &Value, timeout: Duration) -> Result<(), Problem> {
    remove(table, prior, &blocks(prior), timeout).await
}

async fn remove(table: &Table<'_>, prior: &Value, gone: &[(&str, Args<'_>)], timeout: Duration) -> Result<(), Problem> {
    let there = table.describe().await?;
    let there = |region: &str| there.as_ref().is_some_and(|t| has(t, region));
    let regions: Vec<&str> = gone.iter().map(|(region, _)| *region).filter(|r| there(r)).collect();
    let strong = gone.iter().any(|(_, block)| consistency(*block) == STRONG);
    let groups: Vec<Vec<&str>> =
        if strong { vec![regions] } else { regions.into_iter().map(|region| vec![region]).collect() };
    for group in groups.into_iter().filter(|g| !g.is_empty()) {
        let witness = witness(prior).filter(|_| strong);
        remove_together(table, &group, witness, timeout).await?;
    }
    Ok(())
}

async fn remove_together(
    table: &Table<'_>,
    regions: &[&str],
    witness: Option<&str>,
    timeout: Duration,
) -> Result<(), Problem> {
    let update = |region: &&str| {
        let action = built(DeleteReplicationGroupMemberAction::builder().region_name(*region).build())?;
        Ok(ReplicationGroupUpdate::builder().delete(action).build())
    };
    let updates = regions.iter().map(update).collect::<Result<Vec<_>, Problem>>()?;
    let witness = witness.map(|region| {
        let action = built(DeleteGlobalTableWitnessGroupMemberAction::builder().region_name(region).build())?;
        Ok::<_, Problem>(vec![GlobalTableWitnessGroupUpdate::builder().delete(action).build()])
    });
    let witness = witness.transpose()?;
    let step = format!("removing the replica in {} of", regions.join(", "));
    let fill =
        |r: UpdateTableFluentBuilder| r.set_replica_updates(Some(updates)).set_global_table_witness_updates(witness);
    table.update(&step, fill).await?;
    table.settled(timeout, |t| !regions.iter().any(|region| has(t, region))).await.map(|_| ())
}

/// The request parts that give the table in its own region a key, and the replicas theirs.
pub fn keys(table: &Table<'_>, planned: &Value, key: &str) -> Result<Vec<ReplicationGroupUpdate>, Problem> {
    let own = [(table.region.as_str(), key)].into_iter();
    let others = blocks(planned).into_iter().filter_map(|(region, b)| Some((region, b.text("kms_key_arn")?)));
    let update = |(region, key): (&str, &str)| {
        let action = UpdateReplicationGroupMemberAction::builder().region_name(region).kms_master_key_id(key);
        Ok(ReplicationGroupUpdate::builder().update(built(action.build())?).build())
    };
    others.chain(own).map(update).collect()
}

/// Gives the replicas that are to have them the tags of the table.
pub async fn tag(table: &Table<'_>, arn: &str, planned: &Value, tags: &Tags) -> Result<(), Problem> {
    let tagged = |block: &Args<'_>| block.bool("propagate_tags") == Some(true);
    for (region, _) in blocks(planned).into_iter().filter(|(_, block)| tagged(block)) {
        let (there, arn) = (table.replica(region), arn_in(arn, region));
        let rules = table.cloud.tag_rules();
        let old: Tags = tagging::read(&there, &arn).await?.into_iter().filter(|(k, _)| !rules.ignores(k)).collect();
        tagging::write(&there, &arn, &TagDiff::between(&old, tags)).await?;
    }
    Ok(())
}
