//! `aws_ec2_managed_prefix_list`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_ec2::operation::describe_managed_prefix_lists::DescribeManagedPrefixListsOutput as Page;
use aws_sdk_ec2::types::{
    AddPrefixListEntry, ManagedPrefixList as Answer, PrefixListEntry, RemovePrefixListEntry, ResourceType,
};
use terrane_aws_core::concurrently;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::tags;

const TIME: Duration = Duration::from_secs(15 * 60);
const GONE: [&str; 2] = ["InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"];

/// Most entries that one call adds or removes.
const ENTRIES: usize = 100;

/// Lists of networks that rules and routes name.
pub(crate) struct PrefixList;

/// A list with its entries.
pub(crate) struct Seen {
    list: Answer,
    entries: Vec<PrefixListEntry>,
}

#[async_trait::async_trait]
impl Kind for PrefixList {
    const NAME: &'static str = "aws_ec2_managed_prefix_list";
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let name = args.text("name").unwrap_or_default();
        let first: Vec<_> = entries(create.planned).into_iter().take(ENTRIES).map(added).collect();
        let request = ec2
            .client
            .create_managed_prefix_list()
            .client_token(create.operation)
            .prefix_list_name(name)
            .set_address_family(args.string("address_family"))
            .set_max_entries(args.i32("max_entries"))
            .set_entries(Some(first).filter(|e| !e.is_empty()))
            .set_tag_specifications(tags::specification(ec2, create.planned, ResourceType::PrefixList));
        let what = format!("creating prefix list {name:?}");
        let answer = ec2.call("ec2:CreateManagedPrefixList", &what, || request.clone().send()).await?;
        Ok(vec![("id", answer.prefix_list.and_then(|l| l.prefix_list_id).unwrap_or_default())])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, id: &str) -> Result<(), Problem> {
        let (mut version, name) =
            (settled(ec2, id).await?.version, Args(create.planned).text("name").unwrap_or_default());
        let rest: Vec<_> = entries(create.planned).into_iter().skip(ENTRIES).collect();
        for some in rest.chunks(ENTRIES) {
            version = modify(ec2, (id, name), version, some, &[]).await?;
        }
        Ok(())
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let lists = describe(ec2, &keys(wanted)).await?;
        let ids: Vec<String> = lists.iter().filter_map(|l| l.prefix_list_id.clone()).collect();
        let entries = concurrently(16, ids.clone(), |id| entries_of(ec2, id)).await;
        let mut seen = HashMap::new();
        for ((list, id), entries) in lists.into_iter().zip(ids).zip(entries) {
            // A list that vanished between the two calls is gone.
            if let Some(entries) = entries? {
                seen.insert(id, Seen { list, entries });
            }
        }
        Ok(seen)
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, Seen { list, entries }: &Seen) -> Reply {
        let mut reply = Reply::new();
        let entry = |e: &PrefixListEntry| {
            let mut reply = Reply::new();
            reply.str("cidr", e.cidr()).str("description", Some(e.description().unwrap_or_default()));
            reply
        };
        reply
            .str("id", list.prefix_list_id())
            .str("arn", list.prefix_list_arn())
            .str("name", list.prefix_list_name())
            .str("address_family", list.address_family())
            .str("owner_id", list.owner_id())
            .i64("max_entries", list.max_entries())
            .i64("version", list.version())
            .blocks("entry", entries.iter().map(entry));
        tags::observe(ec2, &mut reply, known, list.tags());
        reply
    }

    /// Room and entries cannot change in one call: room is made before entries come, and taken after they went.
    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        let (was, is) = (Args(update.prior).i32("max_entries"), Args(update.planned).i32("max_entries"));
        if is > was {
            resize(ec2, id, is).await?;
        }
        change_entries(ec2, id, update).await?;
        if is < was {
            resize(ec2, id, is).await?;
        }
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = text(prior, "id").unwrap_or_default();
        let request = ec2.client.delete_managed_prefix_list().prefix_list_id(&id);
        let what = format!("deleting prefix list {id}");
        let in_use = |r: &Refusal| r.is(&["IncorrectState", "DependencyViolation"]);
        let operation = "ec2:DeleteManagedPrefixList";
        unless(ec2.insist(operation, &what, TIME, || request.clone().send(), in_use).await, &GONE)?;
        ec2.until_gone(format!("prefix list {id} to be deleted"), TIME, || find(ec2, &id)).await
    }

    /// New entries make a new version.
    fn plan(&self, draft: &mut Draft<'_>) {
        if draft.changes(&["entry"]) {
            draft.unknown(&["version"]);
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let account = ec2.cloud.account_id().await?;
        let request = ec2.client.describe_managed_prefix_lists().max_results(100);
        let send = |token| request.clone().set_next_token(token).send();
        let all = ec2.pages("ec2:DescribeManagedPrefixLists", "listing prefix lists", send, take).await?;
        // The others are AWS's own, or shared by other accounts.
        let own = all.into_iter().filter(|l| l.owner_id() == Some(account.as_str()));
        Ok(own.filter_map(|l| l.prefix_list_id).collect())
    }
}

/// The networks of a list with their descriptions.
fn entries(object: &Value) -> Vec<(String, String)> {
    let blocks = Args(object).blocks("entry").into_iter();
    let pair = |b: Args<'_>| Some((b.string("cidr")?, b.string("description").unwrap_or_default()));
    blocks.filter_map(pair).collect::<BTreeMap<_, _>>().into_iter().collect()
}

fn added((cidr, description): (String, String)) -> AddPrefixListEntry {
    let description = Some(description).filter(|d| !d.is_empty());
    AddPrefixListEntry::builder().cidr(cidr).set_description(description).build()
}

fn removed(cidr: &String) -> RemovePrefixListEntry {
    RemovePrefixListEntry::builder().cidr(cidr).build()
}

fn take(page: Page) -> (Option<Vec<Answer>>, Option<String>) {
    (page.prefix_lists, page.next_token)
}

async fn describe(ec2: &Ec2<'_>, ids: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_managed_prefix_lists().filters(filter).set_next_token(token).max_results(100).send()
    };
    let (operation, what) = ("ec2:DescribeManagedPrefixLists", "reading prefix lists");
    let all = ec2.filtered(operation, what, ("prefix-list-id", ids), send, take).await?;
    Ok(all.into_iter().filter(|l| state(l) != "delete-complete").collect())
}

async fn find(ec2: &Ec2<'_>, id: &str) -> Result<Option<Answer>, Problem> {
    Ok(describe(ec2, &[id.to_owned()]).await?.pop())
}

/// All entries of a list; `None` if it is gone.
async fn entries_of(ec2: &Ec2<'_>, id: String) -> Result<Option<Vec<PrefixListEntry>>, Problem> {
    let request = ec2.client.get_managed_prefix_list_entries().prefix_list_id(&id).max_results(100);
    let send = |token| request.clone().set_next_token(token).send();
    let what = format!("reading the entries of prefix list {id}");
    let all = ec2.pages("ec2:GetManagedPrefixListEntries", &what, send, |a| (a.entries, a.next_token)).await;
    Ok(unless(all, &GONE)?)
}

fn state(list: &Answer) -> &str {
    list.state().map(|s| s.as_str()).unwrap_or_default()
}

/// The list once nothing is under way with it.
async fn settled(ec2: &Ec2<'_>, id: &str) -> Result<Answer, Problem> {
    let ready = |list: &Answer| match state(list) {
        failed if failed.ends_with("-failed") => Err(Problem::error(
            "Prefix list failed",
            format!("Prefix list {id} is in state {failed}: {}", list.state_message().unwrap_or("no reason is given")),
        )),
        state => Ok(state.is_empty() || state.ends_with("-complete")),
    };
    let what = format!("prefix list {id} to settle");
    ec2.until(what, TIME, || find(ec2, id), ready, |l| state(l).to_owned()).await
}

/// The changes of entries that calls can make: a network whose description changes has to go before it comes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    first: Vec<String>,
    add: Vec<(String, String)>,
    remove: Vec<String>,
}

impl Changes {
    fn between(was: Vec<(String, String)>, is: Vec<(String, String)>) -> Changes {
        let add: Vec<_> = is.iter().filter(|e| !was.contains(e)).cloned().collect();
        let gone = was.into_iter().filter(|e| !is.contains(e)).map(|(cidr, _)| cidr);
        let (first, remove) = gone.partition(|cidr| add.iter().any(|(a, _)| a == cidr));
        Changes { first, add, remove }
    }
}

async fn change_entries(ec2: &Ec2<'_>, id: &str, update: &Update<'_>) -> Result<(), Problem> {
    let changes = Changes::between(entries(update.prior), entries(update.planned));
    let name = Args(update.planned).text("name").unwrap_or_default();
    if changes == Changes::default() {
        return if update.changes("name") { rename(ec2, id, name).await } else { Ok(()) };
    }
    let mut version = find(ec2, id).await?.and_then(|l| l.version);
    for some in changes.first.chunks(ENTRIES) {
        version = modify(ec2, (id, name), version, &[], some).await?;
    }
    // What goes and what comes change together, so that no rule is without its networks in between.
    let (mut add, mut remove) = (changes.add.chunks(ENTRIES), changes.remove.chunks(ENTRIES));
    loop {
        match (add.next(), remove.next()) {
            (None, None) => return Ok(()),
            (add, remove) => {
                version = modify(ec2, (id, name), version, add.unwrap_or_default(), remove.unwrap_or_default()).await?;
            }
        }
    }
}

/// Adds and removes entries of one version and sets the name; returns the next version.
async fn modify(
    ec2: &Ec2<'_>,
    (id, name): (&str, &str),
    version: Option<i64>,
    add: &[(String, String)],
    remove: &[String],
) -> Result<Option<i64>, Problem> {
    let add: Vec<_> = add.iter().cloned().map(added).collect();
    let remove: Vec<_> = remove.iter().map(removed).collect();
    let request = ec2
        .client
        .modify_managed_prefix_list()
        .prefix_list_id(id)
        .prefix_list_name(name)
        .set_current_version(version)
        .set_add_entries(Some(add).filter(|e| !e.is_empty()))
        .set_remove_entries(Some(remove).filter(|e| !e.is_empty()));
    let (what, look) =
        (format!("changing the entries of prefix list {id}"), format!("the entries of prefix list {id}"));
    ec2.call_once("ec2:ModifyManagedPrefixList", &what, &look, || request.clone().send()).await?;
    Ok(settled(ec2, id).await?.version)
}

async fn resize(ec2: &Ec2<'_>, id: &str, entries: Option<i32>) -> Result<(), Problem> {
    let request = ec2.client.modify_managed_prefix_list().prefix_list_id(id).set_max_entries(entries);
    let what = format!("changing the size of prefix list {id}");
    ec2.call("ec2:ModifyManagedPrefixList", &what, || request.clone().send()).await?;
    settled(ec2, id).await.map(|_| ())
}

async fn rename(ec2: &Ec2<'_>, id: &str, name: &str) -> Result<(), Problem> {
    let request = ec2.client.modify_managed_prefix_list().prefix_list_id(id).prefix_list_name(name);
    let what = format!("renaming prefix list {id}");
    ec2.call("ec2:ModifyManagedPrefixList", &what, || request.clone().send()).await?;
    settled(ec2, id).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_description_removes_a_network_before_it_adds_it() {
        let list =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(c, d)| (c.to_string(), d.to_string())).collect::<Vec<_>>();
        let was = list(&[("10.0.0.0/8", "a"), ("10.1.0.0/16", "b"), ("10.2.0.0/16", "c")]);
        let is = list(&[("10.0.0.0/8", "a"), ("10.1.0.0/16", "new"), ("10.3.0.0/16", "d")]);
        let changes = Changes::between(was, is);
        assert_eq!(changes.first, ["10.1.0.0/16"]);
        assert_eq!(changes.add, list(&[("10.1.0.0/16", "new"), ("10.3.0.0/16", "d")]));
        assert_eq!(changes.remove, ["10.2.0.0/16"]);
    }
}
