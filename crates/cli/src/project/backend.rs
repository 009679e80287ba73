//! Where a project's state is: the `backend` block, what `init` added to it, and the store they lead to.
//!
//! `init` records the backend's kind, the values given with `-backend-config`, and a digest of the block, so that a
//! later command notices that the block was changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use terrane_lang::{Evaluator, Stop};
use terrane_source::{Diagnostic, Diagnostics, Span};
use terrane_state::Store;
use terrane_value::json::{from_json, to_json};
use terrane_value::{Attribute, Block, Schema, Value, convert};

use super::encryption::Encryption;
use super::{Project, data_dir, workspace};

/// What `init` found out and was told about the backend.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Initialised {
    /// The kind of backend; `local` without a block.
    pub kind: String,
    /// The values of `-backend-config`, by attribute.
    pub given: BTreeMap<String, String>,
    /// A digest of the block's values.
    pub digest: String,
    /// The values, without secret ones: where the state is, should the block be changed.
    #[serde(default)]
    pub values: BTreeMap<String, serde_json::Value>,
}

impl PartialEq for Initialised {
    /// The digest covers the values.
    fn eq(&self, other: &Initialised) -> bool {
        (&self.kind, &self.given, &self.digest) == (&other.kind, &other.given, &other.digest)
    }
}

impl Initialised {
    /// What the last `init` recorded; `None` if it has not run here.
    pub fn read(dir: &Path) -> Option<Initialised> {
        let text = std::fs::read_to_string(data_dir(dir).join("terrane.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The state in the folder itself.
    pub fn local() -> Initialised {
        Initialised { kind: "local".into(), ..Initialised::default() }
    }

    /// The same with the values of the block and those of `-backend-config`.
    fn with_values(self, block: &Block, value: &Value) -> Initialised {
        let plain = block.attributes.iter().filter(|(_, attribute)| !attribute.sensitive);
        let json = |(name, attribute): (&Arc<str>, &Attribute)| {
            let value = value.get(name).filter(|v| !v.is_null())?;
            let json = to_json(value, &attribute.ty).ok()?;
            Some((name.to_string(), serde_json::from_str(&json).ok()?))
        };
        Initialised { values: plain.filter_map(json).collect(), ..self }
    }

    /// The values, for a block of this shape.
    fn value(&self, block: &Block) -> Value {
        let known = self.values.iter().filter_map(|(name, json)| {
            let attribute = block.attributes.get(name.as_str())?;
            Some((name.clone(), from_json(&json.to_string(), &attribute.ty).ok()?))
        });
        Value::object(known.collect::<Vec<_>>())
    }

    /// Records what `init` found out.
    pub fn write(&self, dir: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(data_dir(dir))?;
        let json = serde_json::to_vec_pretty(self).unwrap_or_default();
        std::fs::write(data_dir(dir).join("terrane.json"), json)
    }

    /// What `init` with these `-backend-config` values would record.
    pub fn now(
        project: &Project,
        given: BTreeMap<String, String>,
        evaluator: &mut Evaluator<'_>,
        diags: &mut Diagnostics,
    ) -> Option<Initialised> {
        let refused = terrane_lang::unsupported(&project.program);
        if !refused.is_empty() {
            refused.into_iter().for_each(|error| diags.push(error));
            return None;
        }
        let (kind, span) = declared(project);
        let block = shape(&kind, span, diags)?;
        let value = written(&block, evaluator, diags)?;
        let digest = Sha256::digest(format!("{kind} {value:?}")).iter().map(|b| format!("{b:02x}")).collect();
        let now = Initialised { kind, digest, ..Initialised::default() };
        let whole = with_given(value, &block, &given, diags)?;
        Some(Initialised { given, ..now.with_values(&block, &whole) })
    }
}

/// Opens the store of the project's state in the selected workspace.
///
/// `None` after an error was reported: no `init` yet, another backend than at `init`, or wrong values.
pub async fn store(
    project: &Project,
    evaluator: &mut Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<Arc<dyn Store>> {
    store_of(project, &workspace(&project.dir), evaluator, diags).await
}

/// Opens the store of the project's state in any workspace.
pub async fn store_of(
    project: &Project,
    workspace: &str,
    evaluator: &mut Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<Arc<dyn Store>> {
    let recorded = Initialised::read(&project.dir);
    let given = recorded.as_ref().map(|r| r.given.clone()).unwrap_or_default();
    let now = Initialised::now(project, given, evaluator, diags)?;
    if let Some(problem) = out_of_date(recorded.as_ref(), &now, declared(project).1) {
        diags.error(problem);
        return None;
    }
    open(project, workspace, &now, evaluator, diags).await
}

/// Opens the store that `init` is about to record.
pub async fn open(
    project: &Project,
    workspace: &str,
    init: &Initialised,
    evaluator: &mut Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<Arc<dyn Store>> {
    let (kind, span) = declared(project);
    let block = shape(&kind, span, diags)?;
    let value = written(&block, evaluator, diags)?;
    let value = with_given(value, &block, &init.given, diags)?;
    match terrane_backend::open(&kind, &value, workspace, &project.dir).await {
        Ok(store) => Encryption::with(project, evaluator).over(store, diags).ok(),
        Err(e) => {
            let problem = Diagnostic::error("Wrong backend configuration", e.message);
            diags.error(match span {
                Some(span) => problem.at(span),
                None => problem,
            });
            None
        }
    }
}

/// Opens the store that an earlier `init` recorded. Secrets that stood in the configuration are not recorded.
pub async fn reopen(
    project: &Project,
    workspace: &str,
    init: &Initialised,
    evaluator: &Evaluator<'_>,
    diags: &mut Diagnostics,
) -> Option<Arc<dyn Store>> {
    let block = shape(&init.kind, None, diags)?;
    let value = with_given(init.value(&block), &block, &init.given, diags)?;
    match terrane_backend::open(&init.kind, &value, workspace, &project.dir).await {
        Ok(store) => Encryption::with(project, evaluator).over(store, diags).ok(),
        Err(e) => {
            let detail =
                format!("The backend {:?} of the last \"terrane init\" cannot be opened: {}", init.kind, e.message);
            diags.error(Diagnostic::error("Earlier state cannot be read", detail));
            None
        }
    }
}

fn declared(project: &Project) -> (String, Option<Span>) {
    let backend = project.program.modules.first().and_then(|m| m.contents.settings.backend.as_ref());
    backend.map_or(("local".into(), None), |b| (b.ty.to_string(), Some(b.span)))
}

fn shape(kind: &str, span: Option<Span>, diags: &mut Diagnostics) -> Option<Block> {
    match terrane_backend::schema(kind) {
        Ok(block) => Some(block),
        Err(message) => {
            let problem = Diagnostic::error("Unsupported backend", message);
            diags.error(match span {
                Some(span) => problem.at(span),
                None => problem,
            });
            None
        }
    }
}

/// The values of the block itself; what is required may still come from `-backend-config`.
fn written(block: &Block, evaluator: &mut Evaluator<'_>, diags: &mut Diagnostics) -> Option<Value> {
    let mut block = block.clone();
    for attribute in block.attributes.values_mut() {
        (attribute.required, attribute.optional) = (false, true);
    }
    match evaluator.backend(&Schema { version: 0, block }, diags) {
        Ok(value) => Some(value.unwrap_or_else(|| Value::object(Vec::<(String, Value)>::new()))),
        Err(Stop::Failed(_)) => None,
        Err(Stop::Blocked(dep)) => {
            diags.error(Diagnostic::error(
                "Wrong backend configuration",
                format!(
                    "A backend cannot depend on {}: its values must be known before anything is read.",
                    dep.resource()
                ),
            ));
            None
        }
    }
}

fn with_given(value: Value, block: &Block, given: &BTreeMap<String, String>, diags: &mut Diagnostics) -> Option<Value> {
    let mut fields: BTreeMap<String, Value> =
        value.fields().into_iter().flat_map(|f| f.iter()).map(|(n, v)| (n.to_string(), v.clone())).collect();
    for (name, text) in given {
        let Some(attribute) = block.attributes.get(name.as_str()) else {
            diags.error(Diagnostic::error(
                "Wrong -backend-config",
                format!("The backend has no attribute {name:?}; it was given with -backend-config."),
            ));
            return None;
        };
        match convert(&Value::string(text.as_str()), &attribute.ty) {
            Ok(value) => fields.insert(name.clone(), value),
            Err(e) => {
                let detail = format!("The value given with -backend-config for {name:?} is wrong: {e}.");
                diags.error(Diagnostic::error("Wrong -backend-config", detail));
                return None;
            }
        };
    }
    Some(Value::object(fields))
}

fn out_of_date(recorded: Option<&Initialised>, now: &Initialised, span: Option<Span>) -> Option<Diagnostic> {
    let problem = match recorded {
        Some(recorded) if recorded == now => return None,
        None if now.kind == "local" => return None,
        None => Diagnostic::error(
            "Backend initialization required",
            format!("The configuration keeps its state in the backend {:?}, which is not set up in this folder yet.", now.kind),
        )
        .hint("Run: terrane init"),
        Some(recorded) => Diagnostic::error(
            "Backend configuration changed",
            format!("The backend was {:?} at the last \"terrane init\"; it or its values have been changed since.", recorded.kind),
        )
        .hint("To use the new place as it is, run: terrane init -reconfigure\nTo copy the state there first, run: terrane init -migrate-state"),
    };
    Some(match span {
        Some(span) => problem.at(span),
        None => problem,
    })
}
