//! Answers as JSON.

use serde_json::{Map, Value as Json, json};
use terrane_lang::Answer;
use terrane_source::{Diagnostics, Files};
use terrane_value::{Marks, Value, json as codec};

use crate::views::diagnostics_json;

/// One answer: the expression, its type, its value unless that is unknown or sensitive, and diagnostics if there are any.
pub fn answer(text: &str, answer: Option<&Answer>, diags: &Diagnostics, files: &Files) -> Json {
    let mut object = Map::new();
    object.insert("expression".into(), text.into());
    match answer {
        Some(Answer::Value(value)) => value_of(value, &mut object),
        Some(Answer::Type(ty)) => {
            object.insert("value".into(), read(&codec::type_to_json(ty)));
        }
        None => {}
    }
    if !diags.is_empty() {
        let list: Vec<Json> = diags.iter().map(|d| diagnostics_json::one(d, files)).collect();
        object.insert("diagnostics".into(), list.into());
    }
    object.into()
}

fn value_of(value: &Value, object: &mut Map<String, Json>) {
    let marks = value.marks_deep();
    let (bare, ty) = (value.clone().unmark_deep().0, value.ty());
    object.insert("type".into(), read(&codec::type_to_json(&ty)));
    if marks.contains(Marks::SENSITIVE) || marks.contains(Marks::EPHEMERAL) {
        object.insert("sensitive".into(), true.into());
    } else if !bare.is_wholly_known() {
        object.insert("unknown".into(), true.into());
    } else if let Ok(text) = codec::to_json(&bare, &ty) {
        object.insert("value".into(), read(&text));
    }
}

fn read(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or(json!(null))
}
