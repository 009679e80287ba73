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
    target: Arc<OnceLock<Arc<Target>>>,
}

impl RemoteStates {
    /// Says how the states are encrypted that are read from now on.
    pub fn decrypt_by(&self, target: Target) {
        self.target.get_or_init(|| Arc::new(target));
    }

    fn over(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        match self.target.get() {
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
        backend: &str,
        config: &Value,
        workspace: &str,
    ) -> Result<Option<BTreeMap<String, Value>>, Problem> {
        let settings = settings(backend, config)?;
        let store = terrane_backend::open(backend, &settings, workspace, Folder::new(".")).await.map_err(|e| {
            let path = e.path.0.into_iter().fold(Path::root().attr("config"), |path, step| path.with(step));
            Problem::error(WRONG, e.message).at(path)
        })?;
        let store = self.over(store);
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
