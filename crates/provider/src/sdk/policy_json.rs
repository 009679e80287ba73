//! When two IAM policy documents mean the same.
//!
//! AWS gives documents back in another form than it got them: lists of one as strings, account ids as root ARNs,
//! statements and elements in another order. Two documents are equivalent if their canonical forms are equal.

use serde_json::{Map, Value};

/// Whether two policy documents mean the same. Texts that are no JSON are compared as they are.
pub fn equivalent(a: &str, b: &str) -> bool {
    a == b || matches!((canonical(a), canonical(b)), (Some(a), Some(b)) if a == b)
}

/// The text to keep of a document that was last known as `known` and now reads `remote`: the known one if they are
/// equivalent, since it is the one that was written.
pub fn keep<'a>(known: Option<&'a str>, remote: &'a str) -> &'a str {
    known.filter(|k| equivalent(k, remote)).unwrap_or(remote)
}

/// The document without needless white space, names in order; a text that is no JSON as it is.
pub fn compact(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |json| sorted(json).to_string())
}

fn sorted(json: Value) -> Value {
    match json {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn canonical(text: &str) -> Option<Value> {
    if text.trim().is_empty() {
        return Some(Value::Object(Map::new()));
    }
    let Value::Object(mut document) = serde_json::from_str(text).ok()? else { return None };
    if let Some(statements) = document.remove("Statement") {
        let mut statements: Vec<Value> = elements(statements).into_iter().map(statement).collect();
        statements.sort_by_cached_key(|s| s.to_string());
        document.insert("Statement".to_owned(), Value::Array(statements));
    }
    document.retain(|_, v| !is_empty(v));
    Some(sorted(Value::Object(document)))
}

fn statement(json: Value) -> Value {
    let Value::Object(members) = json else { return json };
    let members = members.into_iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Action" | "NotAction" => set(value, |s| s.to_lowercase()),
            "Resource" | "NotResource" => set(value, str::to_owned),
            "Principal" | "NotPrincipal" => principals(value),
            "Condition" => conditions(value),
            _ => value,
        };
        (name, value)
    });
    sorted(Value::Object(members.filter(|(_, v)| !is_empty(v)).collect()))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// One or several values as a sorted list of distinct texts.
fn set(value: Value, form: impl Fn(&str) -> String) -> Value {
    let text = |v: Value| match v {
        Value::String(s) => form(&s),
        other => form(&other.to_string()),
    };
    let mut texts: Vec<String> = elements(value).into_iter().map(text).collect();
    texts.sort();
    texts.dedup();
    texts.into()
}

fn principals(value: Value) -> Value {
    match value {
        Value::Object(types) => Value::Object(types.into_iter().map(|(ty, ids)| (ty, set(ids, principal))).collect()),
        everyone => Value::Object(Map::from_iter([("AWS".to_owned(), set(everyone, principal))])),
    }
}

/// AWS writes the root ARN of an account for its bare id.
fn principal(id: &str) -> String {
    let account = id
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"))
        .and_then(|(_, rest)| rest.strip_suffix(":root"));
    account.unwrap_or(id).to_owned()
}

fn conditions(value: Value) -> Value {
    let Value::Object(tests) = value else { return value };
    let variables = |value| match value {
        Value::Object(variables) => {
            Value::Object(variables.into_iter().map(|(name, values)| (name, set(values, str::to_owned))).collect())
        }
        other => other,
    };
    Value::Object(tests.into_iter().map(|(test, value)| (test, variables(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement_of(text: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#)
    }

    fn check(a: &str, b: &str, same: bool) {
        let (a, b) = (statement_of(a), statement_of(b));
        assert_eq!(equivalent(&a, &b), same, "{a}\n{b}");
        assert_eq!(equivalent(&b, &a), same, "{b}\n{a}");
    }

    #[test]
    fn form_and_order_do_not_matter() {
        check(r#"{"Effect":"Allow","Action":"s3:*"}"#, r#"[{"Action":["S3:*"],"Effect":"Allow"}]"#, true);
        check(r#"[{"Action":["b","a"]},{"Action":"c"}]"#, r#"[{"Action":"c"},{"Action":["a","b"]}]"#, true);
        check(r#"{"Resource":["x","y","x"]}"#, r#"{"Resource":["y","x"],"Sid":""}"#, true);
        check(
            r#"{"Condition":{"Bool":{"aws:SecureTransport":true},"IpAddress":{"aws:SourceIp":["1","2"]}}}"#,
            r#"{"Condition":{"IpAddress":{"aws:SourceIp":["2","1"]},"Bool":{"aws:SecureTransport":["true"]}}}"#,
            true,
        );
    }

    #[test]
    fn accounts_and_their_roots_are_the_same_principal() {
        let root = r#"{"Principal":{"AWS":"arn:aws:iam::123456789012:root"}}"#;
        check(root, r#"{"Principal":{"AWS":["123456789012"]}}"#, true);
        check(r#"{"Principal":"*"}"#, r#"{"Principal":{"AWS":"*"}}"#, true);
        check(root, r#"{"Principal":{"AWS":"arn:aws:iam::123456789012:user/root"}}"#, false);
    }

    #[test]
    fn what_differs_in_meaning_differs() {
        check(r#"{"Effect":"Allow"}"#, r#"{"Effect":"Deny"}"#, false);
        check(r#"{"Resource":"a"}"#, r#"{"Resource":"A"}"#, false);
        check(r#"{"Resource":"a"}"#, r#"{"NotResource":"a"}"#, false);
        check(r#"{"Sid":"a"}"#, r#"{"Sid":"b"}"#, false);
        check(r#"[{"Action":"a"},{"Action":"b"}]"#, r#"[{"Action":["a","b"]}]"#, false);
        assert!(!equivalent(r#"{"Version":"2008-10-17"}"#, r#"{"Version":"2012-10-17"}"#));
    }

    #[test]
    fn empty_texts_and_empty_documents_are_the_same_and_other_texts_are_compared() {
        assert!(equivalent("", "{}"));
        assert!(equivalent("no json", "no json"));
        assert!(!equivalent("no json", "nor this"));
    }

    #[test]
    fn the_written_text_is_kept_while_it_means_the_same() {
        let (written, remote) = ("{ \"Version\": \"1\" }", r#"{"Version":"1"}"#);
        assert_eq!(keep(Some(written), remote), written);
        assert_eq!(keep(Some("{}"), remote), remote);
        assert_eq!(keep(None, remote), remote);
        assert_eq!(compact("{ \"b\": 1, \"a\": [ 2 ] }"), r#"{"a":[2],"b":1}"#);
    }
}
