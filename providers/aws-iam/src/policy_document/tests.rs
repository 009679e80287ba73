#![allow(clippy::unwrap_used)]

use terrane_value::{Type, Value};

use super::read;

fn text(s: &str) -> Value {
    Value::string(s)
}

fn set(values: &[&str]) -> Value {
    Value::set(Type::String, values.iter().map(|v| text(v)))
}

fn list(values: &[&str]) -> Value {
    Value::list(Type::String, values.iter().map(|v| text(v)))
}

fn principal(ty: &str, identifiers: &[&str]) -> Value {
    Value::object([("type", text(ty)), ("identifiers", set(identifiers))])
}

fn condition(test: &str, variable: &str, values: &[&str]) -> Value {
    Value::object([("test", text(test)), ("variable", text(variable)), ("values", list(values))])
}

fn document(statements: Vec<Value>) -> Value {
    Value::object([("statement", Value::tuple(statements))])
}

fn json(config: &Value) -> String {
    read(config).unwrap().get("json").unwrap().as_str().unwrap().to_owned()
}

fn minified(config: &Value) -> String {
    read(config).unwrap().get("minified_json").unwrap().as_str().unwrap().to_owned()
}

fn error(config: &Value) -> String {
    read(config).unwrap_err().iter().map(|p| format!("{}: {}", p.summary, p.detail)).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_document_has_only_a_version() {
    let empty = Value::object(Vec::<(String, Value)>::new());
    assert_eq!(json(&empty), "{\n  \"Version\": \"2012-10-17\"\n}");
    assert_eq!(read(&empty).unwrap().get("id").unwrap().as_str(), Some("1132004489"));
}

#[test]
fn a_trust_policy_for_a_service() {
    let config = document(vec![Value::object([
        ("actions", set(&["sts:AssumeRole"])),
        ("principals", Value::tuple([principal("Service", &["ec2.amazonaws.com"])])),
    ])]);
    let expect = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": {
        "Service": "ec2.amazonaws.com"
      }
    }
  ]
}"#;
    assert_eq!(json(&config), expect);
}

#[test]
fn several_values_are_in_descending_order_and_one_is_a_string() {
    let config = document(vec![Value::object([
        ("sid", text("Read")),
        ("effect", text("Deny")),
        ("actions", set(&["s3:GetObject", "s3:ListBucket", "s3:Describe*"])),
        ("resources", set(&["arn:aws:s3:::b"])),
        ("not_principals", Value::tuple([principal("AWS", &["111111111111", "222222222222"])])),
    ])]);
    let expect = concat!(
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Deny","#,
        r#""Action":["s3:ListBucket","s3:GetObject","s3:Describe*"],"Resource":"arn:aws:s3:::b","#,
        r#""NotPrincipal":{"AWS":["222222222222","111111111111"]}}]}"#
    );
    assert_eq!(minified(&config), expect);
}

#[test]
fn everyone_is_a_star_but_every_account_is_not() {
    let everyone = document(vec![Value::object([("principals", Value::tuple([principal("*", &["*"])]))])]);
    assert!(minified(&everyone).contains(r#""Principal":"*""#));
    let accounts = document(vec![Value::object([("principals", Value::tuple([principal("AWS", &["*"])]))])]);
    assert!(minified(&accounts).contains(r#""Principal":{"AWS":"*"}"#));
}

#[test]
fn conditions_are_grouped_by_operator_and_variable() {
    let config = document(vec![Value::object([(
        "condition",
        Value::tuple([
            condition("StringLike", "s3:prefix", &["", "home/", "home/&{aws:username}/"]),
            condition("StringEquals", "aws:SourceAccount", &["1"]),
            condition("StringEquals", "aws:PrincipalOrgID", &["o-1"]),
        ]),
    )])]);
    let expect = concat!(
        r#""Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1","aws:SourceAccount":"1"},"#,
        r#""StringLike":{"s3:prefix":["","home/","home/${aws:username}/"]}}"#
    );
    assert!(minified(&config).contains(expect), "{}", minified(&config));
}

#[test]
fn ampersands_outside_variables_are_escaped_as_go_does() {
    let config = document(vec![Value::object([("resources", set(&["arn:a&b<c>"]))])]);
    assert!(minified(&config).contains(r#""Resource":"arn:a\u0026b\u003cc\u003e""#));
}

#[test]
fn sources_come_first_and_statements_replace_those_of_their_sid() {
    let source = r#"{"Version":"2008-10-17","Id":"src","Statement":[
        {"Sid":"A","Effect":"Allow","Action":["x:1","x:2"],"Resource":"*"},
        {"Effect":"Deny","NotAction":"y:*","Resource":"*","Principal":{"AWS":["1","2"],"Service":"s"}}]}"#;
    let over = r#"{"Statement":{"Sid":"B","Effect":"Deny","Action":"z:*","Resource":[],"Principal":"*"}}"#;
    let config = Value::object([
        ("source_policy_documents", list(&[source])),
        ("override_policy_documents", list(&[over])),
        (
            "statement",
            Value::tuple([
                Value::object([("sid", text("B")), ("actions", set(&["b:*"]))]),
                Value::object([("sid", text("A")), ("actions", set(&["a:*"]))]),
            ]),
        ),
    ]);
    let expect = concat!(
        r#"{"Version":"2012-10-17","Id":"src","Statement":["#,
        r#"{"Sid":"A","Effect":"Allow","Action":"a:*"},"#,
        r#"{"Effect":"Deny","NotAction":"y:*","Resource":"*","Principal":{"AWS":["2","1"],"Service":"s"}},"#,
        r#"{"Sid":"B","Effect":"Deny","Action":"z:*","Resource":[],"Principal":"*"}]}"#
    );
    assert_eq!(minified(&config), expect);
}

#[test]
fn repeated_principals_of_a_type_are_merged_in_the_order_of_the_plugin_sdk() {
    let config = document(vec![Value::object([(
        "principals",
        Value::tuple(["111111111111", "222222222222", "333333333333"].map(|id| principal("AWS", &[id]))),
    )])]);
    let expect = r#""Principal":{"AWS":["111111111111","333333333333","222222222222"]}"#;
    assert!(minified(&config).contains(expect), "{}", minified(&config));
}

#[test]
fn what_is_wrong_is_said_all_at_once() {
    let config = Value::object([
        ("version", text("2008-10-17")),
        ("source_policy_documents", list(&["[]", "{"])),
        (
            "statement",
            Value::tuple([
                Value::object([("sid", text("A")), ("resources", set(&["&{aws:username}"]))]),
                Value::object([("sid", text("A"))]),
            ]),
        ),
    ]);
    let said = error(&config);
    for part in ["Element 0 of", "Element 1 of", "Sid \"A\" occurs more than once", "&{aws:username}"] {
        assert!(said.contains(part), "{part:?} is missing from {said}");
    }
}

#[test]
fn two_sources_may_not_share_a_sid() {
    let source = r#"{"Statement":[{"Sid":"A"}]}"#;
    let config = Value::object([("source_policy_documents", list(&[source, source]))]);
    assert!(error(&config).contains("Sid \"A\" occurs more than once in \"source_policy_documents\""));
}

#[test]
fn defaults_are_filled_in() {
    let value = read(&document(vec![Value::object([("actions", set(&["a:*"]))])])).unwrap();
    assert_eq!(value.get("version").unwrap().as_str(), Some("2012-10-17"));
    let statement = &value.get("statement").unwrap().elements().unwrap()[0];
    assert_eq!(statement.get("effect").unwrap().as_str(), Some("Allow"));
    assert_eq!(statement.get("sid").unwrap().as_str(), Some(""));
}
