//! A world of things that refer to each other, with the rules real clouds have.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// One thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thing {
    pub name: String,
    pub size: Option<i64>,
    pub color: Option<String>,
    pub links: Vec<String>,
    pub note: Option<String>,
    pub secret: Option<String>,
    pub key_version: Option<i64>,
    /// Counts changes.
    pub rev: i64,
    /// The operation that made it, until that is confirmed.
    pub operation: String,
}

/// All things by id, and what happened to them.
#[derive(Debug, Default)]
pub struct Things {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    things: BTreeMap<String, Thing>,
    made: u64,
    log: Vec<String>,
    /// What goes wrong, by verb and name; once each.
    faults: BTreeMap<(String, String), Fault>,
    reads: usize,
    /// Whether a thing that others link to can be deleted.
    lenient: bool,
}

/// How a change goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens.
    Refused,
    /// The thing is made or changed, and then something goes wrong.
    HalfMade,
}

impl Things {
    /// A world in which things that others link to can be deleted.
    pub fn lenient() -> Things {
        Things { inner: Mutex::new(Inner { lenient: true, ..Inner::default() }) }
    }

    /// Makes a thing. One operation makes one thing, however often it is asked for.
    pub fn create(&self, operation: &str, thing: Thing) -> Result<String, (Option<String>, String)> {
        let mut inner = self.inner.lock().unwrap();
        if let Some((id, _)) = inner.things.iter().find(|(_, t)| t.operation == operation) {
            return Ok(id.clone());
        }
        inner.log.push(format!("create {}", thing.name));
        let fault = inner.faults.remove(&("create".into(), thing.name.clone()));
        if fault == Some(Fault::Refused) {
            return Err((None, format!("{} was refused", thing.name)));
        }
        inner.check_links(&thing).map_err(|e| (None, e))?;
        inner.made += 1;
        let id = format!("t-{}", inner.made);
        let name = thing.name.clone();
        inner.things.insert(id.clone(), Thing { rev: 1, operation: operation.to_owned(), ..thing });
        match fault {
            Some(_) => Err((Some(id), format!("{name} is half made"))),
            None => Ok(id),
        }
    }

    /// Forgets which operation made a thing.
    pub fn confirm(&self, id: &str) {
        if let Some(thing) = self.inner.lock().unwrap().things.get_mut(id) {
            thing.operation.clear();
        }
    }

    pub fn read(&self, id: &str) -> Option<Thing> {
        let mut inner = self.inner.lock().unwrap();
        inner.reads += 1;
        inner.things.get(id).cloned()
    }

    pub fn update(&self, id: &str, change: impl FnOnce(&mut Thing)) -> Result<(), String> {
        let mut inner = self.inner.lock().unwrap();
        let mut thing = inner.things.get(id).cloned().ok_or_else(|| format!("{id} does not exist"))?;
        inner.log.push(format!("update {}", thing.name));
        let fault = inner.faults.remove(&("update".into(), thing.name.clone()));
        if fault == Some(Fault::Refused) {
            return Err(format!("{} was refused", thing.name));
        }
        change(&mut thing);
        thing.rev += 1;
        inner.check_links(&thing)?;
        let name = thing.name.clone();
        inner.things.insert(id.to_owned(), thing);
        fault.map_or(Ok(()), |_| Err(format!("{name} is half changed")))
    }

    /// Deletes a thing that no other links to; one that is gone is no error.
    pub fn delete(&self, id: &str) -> Result<(), String> {
        let mut inner = self.inner.lock().unwrap();
        let Some(thing) = inner.things.get(id).cloned() else { return Ok(()) };
        inner.log.push(format!("delete {}", thing.name));
        if inner.faults.remove(&("delete".into(), thing.name.clone())).is_some() {
            return Err(format!("{} was refused", thing.name));
        }
        let users = |t: &&Thing| !inner.lenient && t.links.iter().any(|l| l == id);
        if let Some(user) = inner.things.values().find(users) {
            return Err(format!("{} is in use by {}", thing.name, user.name));
        }
        inner.things.remove(id);
        Ok(())
    }

    /// Changes or makes a thing behind everyone's back.
    pub fn outside(&self, name: &str, change: impl FnOnce(&mut Thing)) -> String {
        let mut inner = self.inner.lock().unwrap();
        let id = inner.things.iter().find(|(_, t)| t.name == name).map(|(id, _)| id.clone());
        let id = id.unwrap_or_else(|| format!("x-{name}"));
        let mut thing = inner.things.remove(&id).unwrap_or_else(|| Thing { name: name.into(), ..Thing::default() });
        change(&mut thing);
        inner.things.insert(id.clone(), thing);
        id
    }

    /// Removes a thing behind everyone's back.
    pub fn vanish(&self, name: &str) {
        self.inner.lock().unwrap().things.retain(|_, t| t.name != name);
    }

    pub fn fail(&self, verb: &str, name: &str, fault: Fault) {
        self.inner.lock().unwrap().faults.insert((verb.into(), name.into()), fault);
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        self.inner.lock().unwrap().faults.clear();
    }

    pub fn by_name(&self, name: &str) -> Option<(String, Thing)> {
        let inner = self.inner.lock().unwrap();
        inner.things.iter().find(|(_, t)| t.name == name).map(|(id, t)| (id.clone(), t.clone()))
    }

    /// Writes down that something happened.
    pub fn say(&self, what: &str) {
        self.inner.lock().unwrap().log.push(what.to_owned());
    }

    /// Whether something goes wrong now; once each.
    pub fn goes_wrong(&self, verb: &str, name: &str) -> bool {
        self.inner.lock().unwrap().faults.remove(&(verb.into(), name.into())).is_some()
    }

    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.lock().unwrap().log)
    }

    pub fn take_reads(&self) -> usize {
        std::mem::take(&mut self.inner.lock().unwrap().reads)
    }

    /// All things with names for ids, so that two worlds can be compared.
    pub fn described(&self) -> Vec<String> {
        let inner = self.inner.lock().unwrap();
        let name = |id: &String| inner.things.get(id).map_or_else(|| "?".into(), |t| t.name.clone());
        let mut ids: Vec<(&String, &Thing)> = inner.things.iter().collect();
        ids.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        let named = |text: &String| ids.iter().fold(text.clone(), |text, (id, t)| text.replace(*id, &t.name));
        let mut all: Vec<String> = inner
            .things
            .values()
            .map(|t| {
                let links: Vec<String> = t.links.iter().map(name).collect();
                let color = t.color.as_ref().map(named);
                format!("{} size={:?} color={color:?} note={:?} links={links:?}", t.name, t.size, t.note)
            })
            .collect();
        all.sort();
        all
    }
}

impl Inner {
    fn check_links(&self, thing: &Thing) -> Result<(), String> {
        match thing.links.iter().find(|id| !self.things.contains_key(*id)) {
            Some(id) => Err(format!("{} cannot link to {id}, which does not exist", thing.name)),
            None => Ok(()),
        }
    }
}
