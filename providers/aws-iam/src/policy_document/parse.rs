//! Reading policy documents from JSON.

use super::json::Json;
use super::model::{Condition, Document, Principal, Statement, Strings};

/// Parses a document; the error says in one phrase what is wrong with it.
pub fn document(text: &str) -> Result<Document, String> {
    let json = Json::parse(text).map_err(|e| format!("it is not valid JSON: {e}"))?;
    let Json::Object(members) = json else { return Err("a policy document is a JSON object".to_owned()) };
    let mut document = Document::default();
    for (name, value) in members {
        match name.to_ascii_lowercase().as_str() {
            "version" => document.version = text_of(value, "Version")?,
            "id" => document.id = text_of(value, "Id")?,
            "statement" => document.statements = statements(value)?,
            _ => {}
        }
    }
    Ok(document)
}

fn statements(json: Json) -> Result<Vec<Statement>, String> {
    match json {
        Json::Null => Ok(Vec::new()),
        Json::Array(values) => values.into_iter().map(statement).collect(),
        one @ Json::Object(_) => Ok(vec![statement(one)?]),
        _ => Err("\"Statement\" must be an array of objects".to_owned()),
    }
}

fn statement(json: Json) -> Result<Statement, String> {
    let Json::Object(members) = json else { return Err("each statement must be a JSON object".to_owned()) };
    let mut statement = Statement::default();
    for (name, value) in members {
        match name.to_ascii_lowercase().as_str() {
            "sid" => statement.sid = text_of(value, "Sid")?,
            "effect" => statement.effect = text_of(value, "Effect")?,
            "action" => statement.actions = present(value),
            "notaction" => statement.not_actions = present(value),
            "resource" => statement.resources = present(value),
            "notresource" => statement.not_resources = present(value),
            "principal" => statement.principals = principals(value)?,
            "notprincipal" => statement.not_principals = principals(value)?,
            "condition" => statement.conditions = conditions(value)?,
            _ => {}
        }
    }
    Ok(statement)
}

fn present(json: Json) -> Option<Json> {
    (json != Json::Null).then_some(json)
}

fn text_of(json: Json, name: &str) -> Result<String, String> {
    match json {
        Json::String(s) => Ok(s),
        Json::Null => Ok(String::new()),
        _ => Err(format!("\"{name}\" must be a string")),
    }
}

fn principals(json: Json) -> Result<Vec<Principal>, String> {
    match json {
        Json::Null => Ok(Vec::new()),
        Json::String(_) => Ok(vec![Principal { ty: "*".to_owned(), identifiers: Strings::Many(vec!["*".to_owned()]) }]),
        Json::Object(members) => members.into_iter().map(|(ty, value)| principal(ty, value)).collect(),
        _ => Err("\"Principal\" must be \"*\" or an object".to_owned()),
    }
}

fn principal(ty: String, json: Json) -> Result<Principal, String> {
    let identifiers = match json {
        Json::String(s) => Strings::One(s),
        Json::Array(values) => Strings::Many(texts(values, &ty)?),
        _ => return Err(format!("the principals of type \"{ty}\" must be a string or an array of strings")),
    };
    Ok(Principal { ty, identifiers })
}

fn texts(values: Vec<Json>, name: &str) -> Result<Vec<String>, String> {
    let text = |json| match json {
        Json::String(s) => Ok(s),
        _ => Err(format!("\"{name}\" must hold strings only")),
    };
    values.into_iter().map(text).collect()
}

fn conditions(json: Json) -> Result<Vec<Condition>, String> {
    let tests = match json {
        Json::Null => return Ok(Vec::new()),
        Json::Object(tests) => tests,
        _ => return Err("\"Condition\" must be an object".to_owned()),
    };
    let mut conditions = Vec::new();
    for (test, variables) in tests {
        let Json::Object(variables) = variables else { return Err(format!("condition \"{test}\" must be an object")) };
        for (variable, values) in variables {
            let values = condition_values(values, &variable)?;
            conditions.push(Condition { test: test.clone(), variable, values });
        }
    }
    Ok(conditions)
}

fn condition_values(json: Json, variable: &str) -> Result<Vec<String>, String> {
    match json {
        Json::Array(values) => values.into_iter().map(|v| condition_value(v, variable)).collect(),
        one => Ok(vec![condition_value(one, variable)?]),
    }
}

fn condition_value(json: Json, variable: &str) -> Result<String, String> {
    match json {
        Json::String(s) | Json::Number(s) => Ok(s),
        Json::Bool(b) => Ok(b.to_string()),
        _ => Err(format!("the values of condition variable \"{variable}\" must be strings")),
    }
}
