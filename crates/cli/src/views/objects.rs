//! Objects as they are in the state.

use terrane_address::{Instance, Mode, ProviderConfig};
use terrane_lang::Schemas;
use terrane_source::Diagnostic;
use terrane_state::{Snapshot, StoredObject};
use terrane_value::Marks;
use terrane_value::json::from_json;

use super::diff;
use super::json::marked;
use super::lines::{Lines, Paint};
use super::secrets::SecretTexts;

/// Writes one object with its address as a comment and its attributes as a block; `secrets` are those of other objects.
///
/// # Errors
/// If its stored form does not fit its type.
pub fn one(
    instance: &Instance,
    provider: &ProviderConfig,
    object: &StoredObject,
    schemas: &dyn Schemas,
    secrets: &SecretTexts,
    paint: Paint,
) -> Result<String, Diagnostic> {
    let resource = &instance.resource.resource;
    let taint = if object.tainted { " (tainted)" } else { "" };
    let word = if resource.mode == Mode::Data { "data" } else { "resource" };
    let mut text = format!(
        "{}\n{word} \"{}\" \"{}\" {{\n",
        paint.bold(&format!("# {instance}:{taint}")),
        resource.ty,
        resource.name
    );
    match schemas.resource(&provider.provider, resource.mode, &resource.ty) {
        Some(schema) => {
            let value = object.decode(&schema.block.implied_type()).map_err(|e| damaged(instance, &e.to_string()))?;
            let value = secrets.hide(marked(&value, &schema.block));
            let mut lines = Lines::new(paint);
            diff::whole(&mut lines, 0, &value, &schema.block);
            text += &lines.finish();
        }
        None => {
            let value =
                terrane_value::json::json_decode(&object.attributes).map_err(|e| damaged(instance, &e.to_string()))?;
            let marks: Vec<_> = object.sensitive.iter().map(|path| (path.clone(), Marks::SENSITIVE)).collect();
            let value = secrets.hide(value.mark_at(&marks));
            let mut lines = Lines::new(paint);
            let fields = value.fields().into_iter().flat_map(|fields| fields.iter());
            fields.for_each(|(name, value)| diff::stated(&mut lines, 0, name, value));
            text += &lines.finish();
        }
    }
    text += "}\n";
    Ok(text)
}

/// The error for a stored object that cannot be read.
pub fn damaged(instance: impl std::fmt::Display, why: &str) -> Diagnostic {
    Diagnostic::error("State is damaged", format!("The object of {instance} in the state cannot be read: {why}.")).hint(
        "If the state was written by a newer version of its provider, use that version; else restore an earlier state.",
    )
}

/// Writes all objects of a state; `secrets` are those of the state.
///
/// # Errors
/// If a stored form does not fit its type.
pub fn all(
    snapshot: &Snapshot,
    schemas: &dyn Schemas,
    secrets: &SecretTexts,
    paint: Paint,
) -> Result<String, Diagnostic> {
    let mut texts = Vec::new();
    for (instance, provider, state) in snapshot.instances() {
        if let Some(object) = &state.current {
            texts.push(one(&instance, provider, object, schemas, secrets, paint)?);
        }
        for (key, object) in &state.deposed {
            let text = one(&instance, provider, object, schemas, secrets, paint)?;
            texts.push(text.replacen(':', &format!(": (deposed object {key})"), 1));
        }
    }
    Ok(texts.join("\n"))
}

/// Writes the outputs of a state under a heading; nothing if there are none. `secrets` are those of the state.
///
/// # Errors
/// If a stored form does not fit its type.
pub fn outputs(snapshot: &Snapshot, secrets: &SecretTexts, paint: Paint) -> Result<String, Diagnostic> {
    let mut lines = Lines::new(paint);
    for (name, output) in &snapshot.outputs {
        let value = from_json(&output.json, &output.ty);
        let value = value.map_err(|e| damaged(format_args!("output {name}"), &e.to_string()))?;
        let value = if output.sensitive { value.mark(Marks::SENSITIVE) } else { secrets.hide_whole(value) };
        diff::stated(&mut lines, 0, name, &value);
    }
    let text: String =
        lines.finish().lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    Ok(if text.is_empty() { text } else { format!("\nOutputs:\n\n{text}") })
}
