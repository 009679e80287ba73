//! Other projects' states, for the data source `terraform_remote_state`.

use std::collections::BTreeMap;
use std::path::Path as Folder;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use terrane_builtin::States;
use terrane_encryption::{Encrypted, Target};
use terrane_provider::Problem;
use terrane_state::Store;
use terrane_value::{Path, Value, convert, json};

/// Reads them from all backends that a project may have.
#[derive(Clone, Default)]
pub struct RemoteStates {
    /// How they are encrypted, once that is known.
    targets: Arc<OnceLock<Targets>>,
}

/// How the states of other projects are encrypted.
#[derive(Default)]
pub struct Targets {
    /// Those that have no entry of their own; `None`: not at all.
    pub others: Option<Arc<Target>>,
    /// By the name of the data source.
    pub named: BTreeMap<Arc<str>, Arc<Target>>,
}

impl Targets {
    /// How the state is encrypted that the data source at an address reads.
    fn of(&self, address: &str) -> Option<&Arc<Target>> {
        self.named.get(&*key(address)).or(self.others.as_ref())
    }
}

/// What OpenTofu calls a data source in `remote_state_data_source` blocks: `name`, `name[0]`, `module.name`.
fn key(address: &str) -> String {
    let key = address.replacen("data.terraform_remote_state.", "", 1);
    key.strip_prefix("module.").map_or(key.clone(), str::to_owned)
}

impl RemoteStates {
    /// Says how the states are encrypted that are read from now on.
    pub fn decrypt_by(&self, targets: Targets) {
        self.targets.get_or_init(|| targets);
    }

    fn over(&self, store: Arc<dyn Store>, name: &str) -> Arc<dyn Store> {
        match self.targets.get().and_then(|targets| targets.of(name)) {
            Some(target) => Arc::new(Encrypted::over(store, target.clone())),
            None => store,
        }
    }
}

const WRONG: &str = "Invalid backend configuration";

fn wrong_setting(name: &str, detail: String) -> Problem {
    Problem::error(WRONG, detail).at(Path::root().attr("config").attr(name))
}

/// What is written for a backend, as that wants it.
fn settings(backend: &str, config: &Value) -> Result<Value, Problem> {
    let block = terrane_backend::schema(backend)
        .map_err(|detail| Problem::error(WRONG, detail).at(Path::root().attr("backend")))?;
    let mut settings: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    for (name, value) in config.fields().into_iter().flat_map(|fields| fields.iter()) {
        let attribute = block
            .attributes
            .get(name)
            .ok_or_else(|| wrong_setting(name, format!("The backend {backend:?} has no argument {name:?}.")))?;
        let value = convert(value, &attribute.ty)
            .map_err(|e| wrong_setting(name, format!("The value of {name:?} is wrong: {e}.")))?;
        settings.insert(name.clone(), value);
    }
    let missing = |name: &str| settings.get(name).is_none_or(Value::is_null);
    match block.attributes.iter().find(|(name, attribute)| attribute.required && missing(name)) {
        Some((name, _)) => {
            let detail = format!("The backend {backend:?} needs the argument {name:?}.");
            Err(Problem::error(WRONG, detail).at(Path::root().attr("config")))
        }
        None => Ok(Value::object(settings)),
    }
}

#[async_trait]
impl States for RemoteStates {
    fn check(&self, backend: &str, config: &Value) -> Result<(), Problem> {
        settings(backend, config).map(drop)
    }

    async fn outputs(
        &self,
        name: &str,
        backend: &str,
        config: &Value,
        workspace: &str,
    ) -> Result<Option<BTreeMap<String, Value>>, Problem> {
        let settings = settings(backend, config)?;
        let store = terrane_backend::open(backend, &settings, workspace, Folder::new(".")).await.map_err(|e| {
            let path = e.path.0.into_iter().fold(Path::root().attr("config"), |path, step| path.with(step));
            Problem::error(WRONG, e.message).at(path)
        })?;
        let store = self.over(store, name);
        let cannot = |why: String| Problem::error("Remote state cannot be read", why).at(Path::root().attr("backend"));
        let Some(stored) = store.load().await.map_err(|e| cannot(e.to_string()))? else { return Ok(None) };
        let snapshot =
            terrane_state::read(&stored.bytes).map_err(|e| cannot(format!("{e} It is in {}.", store.place())))?;
        let value = |(name, output): (String, terrane_state::OutputValue)| {
            let value = json::from_json(&output.json, &output.ty);
            let value = value.map_err(|e| cannot(format!("The output {name:?} in {} is damaged: {e}.", store.place())));
            Ok((name, value?))
        };
        snapshot.outputs.into_iter().map(value).collect::<Result<_, _>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn data_sources_are_named_as_in_the_block() {
        for (address, name) in [
            ("data.terraform_remote_state.net", "net"),
            ("data.terraform_remote_state.net[\"a\"]", "net[\"a\"]"),
            ("module.app.data.terraform_remote_state.net[0]", "app.net[0]"),
            ("module.app[1].module.inner.data.terraform_remote_state.net", "app[1].module.inner.net"),
        ] {
            assert_eq!(key(address), name);
        }
    }
}
