//! What resources are made of, directly and through others.

use std::ops::Range;
use std::sync::Arc;

use petgraph::algo::kosaraju_scc;
use rustc_hash::FxHashMap;
use terrane_address::{AbsResource, ConfigResource, Mode};
use terrane_lang::Dep;
use terrane_state::{Dependencies, Places};

use super::Draft;

/// For each declared resource, all resources it is made of, sorted as text, as Terraform writes them.
pub(super) struct Closure {
    places: FxHashMap<ConfigResource, u32>,
    lists: Vec<Dependencies>,
}

impl Closure {
    /// The closure of what drafts were made of; `through` is what the configuration of a draft's provider was made of.
    pub fn of<'d>(drafts: &'d [Draft], through: impl Fn(&Draft) -> Option<&'d [Dep]>) -> Closure {
        let mut direct = Direct::default();
        for draft in drafts.iter().filter(|d| d.declared) {
            let from = direct.id(&draft.step.instance.resource);
            draft.config.iter().for_each(|dep| direct.add(from, dep));
            direct.add_all(from, &draft.explicit);
            through(draft).into_iter().flatten().for_each(|dep| direct.add(from, dep));
        }
        direct.close()
    }

    /// What a resource is made of.
    pub fn list(&self, name: &ConfigResource) -> Dependencies {
        let list = self.places.get(name).and_then(|place| self.lists.get(*place as usize));
        list.cloned().unwrap_or_default()
    }
}

/// Which resources read which.
#[derive(Default)]
struct Direct<'d> {
    ids: FxHashMap<&'d AbsResource, u32>,
    by_name: FxHashMap<ConfigResource, u32>,
    reads: Vec<Vec<u32>>,
    /// The resources in lists that many have in common, by where those are.
    lists: FxHashMap<*const Dep, Vec<u32>>,
}

impl<'d> Direct<'d> {
    fn id(&mut self, resource: &'d AbsResource) -> u32 {
        if let Some(id) = self.ids.get(resource) {
            return *id;
        }
        let next = self.reads.len() as u32;
        let id = *self.by_name.entry(resource.config().clone()).or_insert(next);
        if id == next {
            self.reads.push(Vec::new());
        }
        self.ids.insert(resource, id);
        id
    }

    fn add(&mut self, from: u32, dep: &'d Dep) {
        let to = self.id(dep.resource());
        let reads = &mut self.reads[from as usize];
        if reads.last() != Some(&to) {
            reads.push(to);
        }
    }

    fn add_all(&mut self, from: u32, deps: &'d Arc<[Dep]>) {
        let list = match self.lists.remove(&deps.as_ptr()) {
            Some(list) => list,
            None => {
                let mut list: Vec<u32> = deps.iter().map(|dep| self.id(dep.resource())).collect();
                list.sort_unstable();
                list.dedup();
                list
            }
        };
        let reads = &mut self.reads[from as usize];
        if !list.iter().all(|to| reads.contains(to)) {
            reads.extend(&list);
        }
        self.lists.insert(deps.as_ptr(), list);
    }

    fn close(self) -> Closure {
        let mut names: Vec<(String, ConfigResource, u32)> =
            self.by_name.into_iter().map(|(name, id)| (name.to_string(), name, id)).collect();
        names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut place_of = vec![0; names.len()];
        (0..).zip(&names).for_each(|(place, (.., id))| place_of[*id as usize] = place);
        let mut reads = vec![Vec::new(); names.len()];
        for (id, read) in self.reads.into_iter().enumerate() {
            reads[place_of[id] as usize] = sorted(read.into_iter().map(|id| place_of[id as usize]));
        }
        let names: Arc<[ConfigResource]> = names.into_iter().map(|(_, name, _)| name).collect();
        let stored = |place: &u32| names[*place as usize].resource.mode != Mode::Ephemeral;
        let all_stored = (0..names.len() as u32).all(|place| stored(&place));
        let lists = (0..).zip(reached(&reads)).map(|(own, reached)| {
            if all_stored && !reached.contains(own) {
                return Dependencies::shared(&names, &reached);
            }
            let others = reached.iter().filter(|place| *place != own && stored(place));
            Dependencies::of(&names, others)
        });
        let lists = lists.collect();
        Closure { places: names.iter().cloned().zip(0..).collect(), lists }
    }
}

fn sorted(places: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut places: Vec<u32> = places.collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// What can be reached from each vertex, in order; those that reach each other have it in common, themselves included.
fn reached(reads: &[Vec<u32>]) -> Vec<Places> {
    let edges = (0..).zip(reads).flat_map(|(from, reads)| reads.iter().map(move |to| (from, *to)));
    let mut graph = petgraph::Graph::<(), ()>::from_edges(edges);
    while graph.node_count() < reads.len() {
        graph.add_node(());
    }
    let mut lists = vec![Places::from_iter([]); reads.len()];
    let mut found = Marked::of(reads.len());
    // What is reached comes before what reaches it.
    for members in kosaraju_scc(&graph) {
        let members: Vec<u32> = members.into_iter().map(|v| v.index() as u32).collect();
        if members.len() > 1 {
            for member in &members {
                found.mark(*member);
            }
        }
        let mut next: Vec<u32> = members.iter().flat_map(|member| reads[*member as usize].iter().copied()).collect();
        // What reaches most comes first: it holds most of the others.
        let most = (0..next.len()).max_by_key(|at| lists[next[*at] as usize].len());
        most.into_iter().for_each(|at| next.swap(0, at));
        for place in next {
            if found.mark(place) {
                found.mark_all(&lists[place as usize]);
            }
        }
        let list = found.take();
        members.iter().for_each(|member| lists[*member as usize] = list.clone());
    }
    lists
}

/// Numbers below a limit, each at most once.
struct Marked {
    /// A bit for each number.
    words: Vec<u64>,
    /// The words that have bits; there may be others within.
    within: Range<usize>,
}

impl Marked {
    fn of(limit: usize) -> Marked {
        Marked { words: vec![0; limit.div_ceil(64)], within: 0..0 }
    }

    /// Adds a number; false if it was there.
    fn mark(&mut self, number: u32) -> bool {
        let place = number as usize / 64;
        self.reach(place, place);
        let (word, bit) = (&mut self.words[place], 1 << (number % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    fn mark_all(&mut self, numbers: &Places) {
        let Some((first, words)) = numbers.words() else {
            return numbers.iter().for_each(|number| _ = self.mark(number));
        };
        let first = first as usize;
        self.reach(first, first + words.len() - 1);
        self.words[first..].iter_mut().zip(words).for_each(|(own, word)| *own |= word);
    }

    fn reach(&mut self, first: usize, last: usize) {
        self.within = match self.within.is_empty() {
            true => first..last + 1,
            false => self.within.start.min(first)..self.within.end.max(last + 1),
        };
    }

    /// All numbers in order; none is left.
    fn take(&mut self) -> Places {
        let within = std::mem::take(&mut self.within);
        let (first, words) = (within.start as u32, &mut self.words[within]);
        let numbers = Places::marked(first, words);
        words.fill(0);
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_reached_is_found_once_and_in_order() {
        let reads = [vec![1, 3], vec![2], vec![3], vec![], vec![5], vec![4, 3]];
        let lists: Vec<Vec<u32>> = reached(&reads).iter().map(|list| list.iter().collect()).collect();
        let expect: [&[u32]; 6] = [&[1, 2, 3], &[2, 3], &[3], &[], &[3, 4, 5], &[3, 4, 5]];
        assert_eq!(lists, expect);
    }

    #[test]
    fn what_is_far_apart_is_found_too() {
        let mut reads = vec![Vec::new(); 1000];
        (reads[999], reads[500], reads[3]) = (vec![3, 500], vec![64, 900], vec![63, 64, 128]);
        let lists = reached(&reads);
        assert_eq!(lists[999].iter().collect::<Vec<_>>(), [3, 63, 64, 128, 500, 900]);
        assert_eq!(lists[500].iter().collect::<Vec<_>>(), [64, 900]);
    }
}
