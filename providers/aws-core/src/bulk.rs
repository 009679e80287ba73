//! Asking for many objects with few calls.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::StreamExt;
use futures_util::stream;
use terrane_provider::sdk::Args;
use terrane_provider::{Object, Problem, ReadOutcome};
use terrane_value::Value;

use crate::Cloud;

/// Runs `f` for every item, at most `limit` at a time, and returns the results in the order of the items.
pub async fn concurrently<I, T, F, Fut>(limit: usize, items: impl IntoIterator<Item = I>, f: F) -> Vec<T>
where
    F: FnMut(I) -> Fut,
    Fut: Future<Output = T>,
{
    let futures: Vec<Fut> = items.into_iter().map(f).collect();
    stream::iter(futures).buffered(limit.max(1)).collect().await
}

/// Prior objects that live in one region, each with its place in the request.
#[derive(Clone, Debug)]
pub struct Regional<'a> {
    /// The region.
    pub region: String,
    /// Places and objects.
    pub objects: Vec<(usize, &'a Object)>,
}

impl<'a> Regional<'a> {
    /// The distinct values of a string attribute of the objects, sorted.
    pub fn ids(&self, attribute: &str) -> Vec<String> {
        let mut ids: Vec<String> = self.objects.iter().filter_map(|(_, o)| Args(&o.value).string(attribute)).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// Groups the objects of a read by region, in the order of their first occurrence.
pub fn by_region<'a>(cloud: &Cloud, prior: &'a [Object]) -> Vec<Regional<'a>> {
    let mut groups: Vec<Regional<'a>> = Vec::new();
    for (place, object) in prior.iter().enumerate() {
        let region = cloud.region(&object.value);
        match groups.iter_mut().find(|g| g.region == region) {
            Some(group) => group.objects.push((place, object)),
            None => groups.push(Regional { region, objects: vec![(place, object)] }),
        }
    }
    groups
}

/// Answers a batch read region by region, with one failure shared by all objects of its region.
///
/// `find` reads one region and returns what it found by place; places without an entry are gone.
pub async fn read_by_region<'a, F, Fut>(cloud: &Cloud, prior: &'a [Object], find: F) -> Vec<ReadOutcome>
where
    F: Fn(Regional<'a>) -> Fut,
    Fut: Future<Output = Result<BTreeMap<usize, Object>, Problem>>,
{
    let groups = by_region(cloud, prior);
    let places: Vec<Vec<usize>> = groups.iter().map(|g| g.objects.iter().map(|(at, _)| *at).collect()).collect();
    let answers = concurrently(8, groups, find).await;
    let mut outcomes: Vec<ReadOutcome> = prior.iter().map(|_| Ok(None)).collect();
    for (places, answer) in places.into_iter().zip(answers) {
        match answer {
            Ok(found) => found.into_iter().for_each(|(at, object)| outcomes[at] = Ok(Some(object))),
            Err(problem) => places.into_iter().for_each(|at| outcomes[at] = Err(vec![problem.clone()])),
        }
    }
    outcomes
}

/// Answers a batch read object by object, at most `limit` at a time, where the service cannot read several at once.
///
/// `read` gets an object as it was last known; `None` says that it is gone.
pub async fn read_each<'a, F, Fut>(limit: usize, prior: &'a [Object], read: F) -> Vec<ReadOutcome>
where
    F: FnMut(&'a Value) -> Fut,
    Fut: Future<Output = Result<Option<Value>, Problem>>,
{
    let answers = concurrently(limit, prior.iter().map(|object| &object.value), read).await;
    let outcome = |answer: Result<Option<Value>, Problem>| match answer {
        Ok(found) => Ok(found.map(Object::new)),
        Err(problem) => Err(vec![problem]),
    };
    answers.into_iter().map(outcome).collect()
}

/// Ids in chunks of at most `size`, as filters (200 values) and id lists (1,000 ids) take them.
pub fn chunks(ids: &[String], size: usize) -> impl Iterator<Item = Vec<String>> + '_ {
    ids.chunks(size.max(1)).map(<[String]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_all_ids_in_order() {
        let ids: Vec<String> = (0..450).map(|i| format!("vpc-{i}")).collect();
        let sizes: Vec<usize> = chunks(&ids, 200).map(|c| c.len()).collect();
        assert_eq!(sizes, [200, 200, 50]);
        assert_eq!(chunks(&ids, 200).flatten().collect::<Vec<_>>(), ids);
    }

    #[tokio::test]
    async fn results_come_in_the_order_of_items() {
        let doubled = concurrently(3, 0..20, |i| async move {
            tokio::time::sleep(std::time::Duration::from_millis(20 - i)).await;
            i * 2
        })
        .await;
        assert_eq!(doubled, (0..20).map(|i| i * 2).collect::<Vec<_>>());
    }
}
