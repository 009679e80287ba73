//! How much is done at once, in all and by provider.

use std::collections::{BTreeMap, VecDeque};

use terrane_address::{Provider, ProviderConfig};
use terrane_plan::{Ask, Question};

/// How many things may be done at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parallelism {
    /// For all providers together that have no limit of their own, and for commands of provisioners.
    pub shared: usize,
    /// For providers with a limit of their own, which does not count above.
    pub own: BTreeMap<Provider, usize>,
}

impl Parallelism {
    /// So many things, whoever does them.
    pub fn shared(most: usize) -> Parallelism {
        Parallelism { shared: most, own: BTreeMap::new() }
    }

    fn most(&self, room: &Room) -> usize {
        room.as_ref().and_then(|provider| self.own.get(provider)).copied().unwrap_or(self.shared)
    }

    fn total(&self) -> usize {
        self.own.values().fold(self.shared, |all, own| all.saturating_add(*own))
    }
}

/// The provider that has a limit of its own; `None` for what all others share.
type Room = Option<Provider>;

/// What is being done, and what waits for room.
#[derive(Debug)]
pub(crate) struct Rooms {
    limits: Parallelism,
    busy: BTreeMap<Room, usize>,
    /// Objects being read or imported, which take up the room of one for each provider: how many calls that takes, and how
    /// many of them at once, is the provider's affair.
    reading: BTreeMap<ProviderConfig, usize>,
    waiting: VecDeque<Ask>,
}

impl Rooms {
    pub fn new(limits: Parallelism) -> Rooms {
        Rooms { limits, busy: BTreeMap::new(), reading: BTreeMap::new(), waiting: VecDeque::new() }
    }

    /// How many questions to ask for. Where those of one provider wait for room, more than there is room for, so that
    /// others have something to do.
    pub fn wanted(&self) -> usize {
        let (total, busy) = (self.limits.total(), self.busy.values().sum::<usize>());
        match self.waiting.is_empty() {
            true => total.saturating_sub(busy),
            false => total.saturating_mul(4).saturating_sub(busy + self.waiting.len()),
        }
    }

    /// Takes a question in; returns it if there is room for it now.
    pub fn enter(&mut self, ask: Ask) -> Option<Ask> {
        if !self.is_free(&ask.question) {
            self.waiting.push_back(ask);
            return None;
        }
        self.take(&ask.question);
        Some(ask)
    }

    /// The first question that waits and for which there is room now.
    pub fn next(&mut self) -> Option<Ask> {
        let at = self.waiting.iter().position(|ask| self.is_free(&ask.question))?;
        let ask = self.waiting.remove(at)?;
        self.take(&ask.question);
        Some(ask)
    }

    /// Makes the room of a question free.
    pub fn leave(&mut self, question: &Question) {
        if let Some(reading) = read_by(question).and_then(|config| self.reading.get_mut(config)) {
            *reading = reading.saturating_sub(1);
            if *reading > 0 {
                return;
            }
        }
        let room = self.room(question);
        if let Some(busy) = self.busy.get_mut(&room) {
            *busy = busy.saturating_sub(1);
        }
    }

    /// Gives up what waits.
    pub fn empty(&mut self) -> impl Iterator<Item = Ask> + use<> {
        std::mem::take(&mut self.waiting).into_iter()
    }

    fn room(&self, question: &Question) -> Room {
        let provider = question.provider().map(|config| &config.provider)?;
        self.limits.own.contains_key(provider).then(|| provider.clone())
    }

    fn is_free(&self, question: &Question) -> bool {
        let room = self.room(question);
        self.is_read_already(question) || self.busy.get(&room).is_none_or(|busy| *busy < self.limits.most(&room))
    }

    /// Whether it asks to read more of a provider that is reading.
    fn is_read_already(&self, question: &Question) -> bool {
        read_by(question).is_some_and(|config| self.reading.get(config).is_some_and(|reading| *reading > 0))
    }

    fn take(&mut self, question: &Question) {
        if !self.is_read_already(question) {
            *self.busy.entry(self.room(question)).or_default() += 1;
        }
        if let Some(config) = read_by(question) {
            *self.reading.entry(config.clone()).or_default() += 1;
        }
    }
}

/// The provider that is to read or import objects.
fn read_by(question: &Question) -> Option<&ProviderConfig> {
    match question {
        Question::Read { provider, .. } | Question::Import { provider, .. } => Some(provider),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::ProviderConfig;
    use terrane_plan::AskId;
    use terrane_value::Value;

    use super::*;

    fn ask(id: u64, provider: &str) -> Ask {
        let provider =
            ProviderConfig::parse(&format!("provider[\"registry.terraform.io/hashicorp/{provider}\"]")).unwrap();
        Ask {
            id: AskId(id),
            about: Vec::new(),
            question: Question::Configure { provider, config: Value::dynamic(), modules: Vec::new() },
        }
    }

    #[test]
    fn a_provider_with_a_limit_of_its_own_leaves_room_to_others() {
        let own = [(Provider::implied("aws"), 1)].into();
        let mut rooms = Rooms::new(Parallelism { shared: 2, own });
        assert_eq!(rooms.wanted(), 3);
        let first = rooms.enter(ask(1, "aws")).unwrap();
        assert!(rooms.enter(ask(2, "aws")).is_none());
        assert!(rooms.enter(ask(3, "aws")).is_none());
        assert!(rooms.wanted() > 0, "others have something to do");
        assert!(rooms.enter(ask(4, "local")).is_some());
        assert!(rooms.enter(ask(5, "local")).is_some());
        assert!(rooms.enter(ask(6, "local")).is_none());
        assert!(rooms.next().is_none());
        rooms.leave(&first.question);
        assert_eq!(rooms.next().unwrap().id, AskId(2));
        assert!(rooms.next().is_none());
        assert_eq!(rooms.empty().map(|ask| ask.id.0).collect::<Vec<_>>(), [3, 6]);
    }

    fn read(id: u64, provider: &str) -> Ask {
        let ask = ask(id, provider);
        let Some(provider) = ask.question.provider().cloned() else { return ask };
        Ask { question: Question::Read { provider, requests: Vec::new() }, ..ask }
    }

    #[test]
    fn all_that_a_provider_reads_takes_the_room_of_one() {
        let mut rooms = Rooms::new(Parallelism::shared(2));
        let reads: Vec<Ask> = (0..5).filter_map(|id| rooms.enter(read(id, "aws"))).collect();
        assert_eq!((reads.len(), rooms.wanted()), (5, 1));
        assert!(rooms.enter(ask(5, "local")).is_some());
        assert!(rooms.enter(read(6, "local")).is_none(), "another provider begins to read when there is room");
        assert!(rooms.enter(read(7, "aws")).is_some());
        reads.iter().for_each(|ask| rooms.leave(&ask.question));
        assert!(rooms.next().is_none(), "one is still being read");
        rooms.leave(&reads[0].question);
        assert_eq!(rooms.next().unwrap().id, AskId(6));
    }

    #[test]
    fn without_limits_of_providers_nothing_waits() {
        let mut rooms = Rooms::new(Parallelism::shared(2));
        assert!(rooms.enter(ask(1, "aws")).is_some() && rooms.enter(ask(2, "aws")).is_some());
        assert_eq!(rooms.wanted(), 0);
    }
}
