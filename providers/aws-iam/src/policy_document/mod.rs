//! IAM policy documents as `aws_iam_policy_document` builds them, byte for byte as the AWS provider writes them.

mod json;
mod model;
mod parse;
mod set_order;
mod statement;

use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::{Path, Value};

use model::Document;

const DEFAULT_VERSION: &str = "2012-10-17";

/// The attributes of the data source for what is written in it.
pub fn read(config: &Value) -> Result<Value, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut document = sources(Args(config), &mut problems);
    document.merge(written(Args(config), &mut problems));
    for other in documents(Args(config), "override_policy_documents", &mut problems) {
        document.merge(other);
    }
    if problems.iter().any(Problem::is_error) { Err(problems) } else { Ok(reply(config, &document)) }
}

fn sources(config: Args<'_>, problems: &mut Vec<Problem>) -> Document {
    let mut merged = Document::default();
    let mut seen: Vec<String> = Vec::new();
    for source in documents(config, "source_policy_documents", problems) {
        for sid in source.statements.iter().map(|s| &s.sid).filter(|sid| !sid.is_empty()) {
            if seen.contains(sid) {
                problems.push(duplicate_sid(sid, "source_policy_documents"));
            }
            seen.push(sid.clone());
        }
        merged.merge(source);
    }
    merged
}

fn documents(config: Args<'_>, name: &str, problems: &mut Vec<Problem>) -> Vec<Document> {
    let elements = config.get(name).and_then(Value::elements).unwrap_or_default();
    let texts = elements.iter().enumerate().filter_map(|(i, v)| Some((i, v.as_str()?)));
    let mut documents = Vec::new();
    for (index, text) in texts {
        match parse::document(text) {
            Ok(document) => documents.push(document),
            Err(why) => problems.push(
                Problem::error(
                    "Invalid policy document",
                    format!("Element {index} of \"{name}\" cannot be merged: {why}."),
                )
                .at(Path::root().attr(name).index(index)),
            ),
        }
    }
    documents
}

fn written(config: Args<'_>, problems: &mut Vec<Problem>) -> Document {
    let version = config.text("version").unwrap_or(DEFAULT_VERSION);
    let mut document = Document {
        version: version.to_owned(),
        id: config.string("policy_id").unwrap_or_default(),
        statements: Vec::new(),
    };
    for (index, block) in config.blocks("statement").into_iter().enumerate() {
        let at = Path::root().attr("statement").index(index);
        let statement = statement::from_config(block, version, &at, problems);
        if !statement.sid.is_empty() && document.statements.iter().any(|s| s.sid == statement.sid) {
            problems.push(duplicate_sid(&statement.sid, "statement").at(at.attr("sid")));
        }
        document.statements.push(statement);
    }
    document
}

fn duplicate_sid(sid: &str, name: &str) -> Problem {
    Problem::error(
        "Duplicate statement id",
        format!("Sid \"{sid}\" occurs more than once in \"{name}\". Remove it from one statement or make them differ."),
    )
    .at(Path::root().attr(name))
}

fn reply(config: &Value, document: &Document) -> Value {
    let json = document.to_json();
    let text = json.indented();
    let mut reply = Reply::from(config);
    reply
        .str("id", Some(set_order::checksum(&text).to_string()))
        .str("version", Some(Args(config).text("version").unwrap_or(DEFAULT_VERSION)))
        .str("minified_json", Some(json.minified()))
        .str("json", Some(text))
        .blocks("statement", Args(config).blocks("statement").into_iter().map(statement::completed));
    reply.object()
}

#[cfg(test)]
mod tests;
