//! Queries over a small state, text in and text out.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;

use terrane_address::{Mode, Provider};
use terrane_query::{Answer, Cell, QueryError, Source, query, tables};
use terrane_value::{Attribute, Block, NestedBlock, Nesting, Schema, Type};

const STATE: &str = r#"{
  "version": 4, "terraform_version": "1.12.6", "serial": 7, "lineage": "l",
  "outputs": {
    "ids": {"value": ["a<b", "c"], "type": ["list", "string"]},
    "key": {"value": "hush", "type": "string", "sensitive": true}
  },
  "resources": [
    {"mode": "data", "type": "cloud_net", "name": "old", "provider": "provider[\"example.com/acme/cloud\"]",
     "instances": [{"schema_version": 0, "attributes": {"id": "net-9", "cidr": "10.9.0.0/16", "tags": null}}]},
    {"mode": "managed", "type": "cloud_net", "name": "a", "provider": "provider[\"example.com/acme/cloud\"]",
     "instances": [
       {"index_key": "x.y", "schema_version": 0, "status": "tainted",
        "attributes": {"id": "net-1", "cidr": "10.0.0.0/16", "size": 20, "open": true, "any": {"value": {"a": [1]}, "type": "dynamic"}, "tags": {"Name": "one", "a b": "2"},
                       "secret": "hush", "rule": [{"port": 22, "key": "hush"}]},
        "sensitive_attributes": [[{"type": "get_attr", "value": "tags"}, {"type": "index", "value": {"value": "a b", "type": "string"}}]]},
       {"index_key": "x.y", "deposed": "0a1b2c3d", "schema_version": 0, "attributes": {"id": "net-0"}},
       {"index_key": "z", "schema_version": 0, "attributes": {"id": "net-2", "cidr": "10.1.0.0/16", "size": 1.5, "open": false,
        "tags": {}, "secret": null, "rule": []}}
     ]},
    {"module": "module.m[0]", "mode": "managed", "type": "other_thing", "name": "b", "provider": "provider[\"example.com/acme/other\"]",
     "instances": [{"schema_version": 3, "attributes": {"id": "t-1", "flag": true, "big": 12345678901234567890123, "list": [1]},
       "dependencies": ["cloud_net.a"]}]}
  ]
}"#;

fn schema() -> Arc<Schema> {
    let attribute = |ty: Type, sensitive: bool| Attribute { sensitive, ..Attribute::optional_computed(ty) };
    let rule = Block {
        attributes: [("port".into(), attribute(Type::Number, false)), ("key".into(), attribute(Type::String, true))]
            .into(),
        ..Block::default()
    };
    let attributes = BTreeMap::from([
        ("id".into(), attribute(Type::String, false)),
        ("cidr".into(), attribute(Type::String, false)),
        ("size".into(), attribute(Type::Number, false)),
        ("open".into(), attribute(Type::Bool, false)),
        ("tags".into(), attribute(Type::map(Type::String), false)),
        ("secret".into(), attribute(Type::String, true)),
        ("any".into(), attribute(Type::Any, false)),
    ]);
    let blocks = [("rule".into(), NestedBlock { nesting: Nesting::List, min_items: 0, max_items: 0, block: rule })];
    Arc::new(Schema { version: 0, block: Block { attributes, blocks: blocks.into(), ..Block::default() } })
}

fn shape(_: Option<&Provider>, _: Mode, ty: &str) -> Option<Arc<Schema>> {
    ["cloud_net", "cloud_none"].contains(&ty).then(schema)
}

fn ask(sql: &str, secrets: bool) -> Result<Answer, QueryError> {
    let snapshot = terrane_state::read(STATE.as_bytes()).unwrap();
    query(&Source { snapshot: &snapshot, shapes: &shape, secrets }, sql)
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => "-".into(),
        Cell::Bool(b) => b.to_string(),
        Cell::Integer(n) => n.to_string(),
        Cell::Real(n) => n.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Json(json) => format!("json {json}"),
    }
}

#[track_caller]
fn says(sql: &str, rows: &[&str]) {
    let answer = ask(sql, false).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    let found: Vec<String> =
        answer.rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" | ")).collect();
    assert_eq!(found, rows, "{sql}");
}

#[test]
fn types_are_tables() {
    says(
        "select id, cidr, open from cloud_net order by id",
        &["net-1 | 10.0.0.0/16 | true", "net-2 | 10.1.0.0/16 | false"],
    );
    says("select id from data.cloud_net", &["net-9"]);
    says("select count(*) from cloud_net", &["2"]);
    says("select any->'a' from cloud_net where any is not null", &["[1]"]);
    says("select path from attributes where attribute = 'any'", &["any.a[0]"]);
    says("select count(*) from cloud_none", &["0"]);
    says(
        "select _address, _key, _tainted, size from cloud_net where not open",
        &["cloud_net.a[\"z\"] | z | false | 1.5"],
    );
    says("select tags, rule from cloud_net where _key = 'z'", &["json {} | json []"]);
    says(
        "select _address, flag, big, list from other_thing",
        &["module.m[0].other_thing.b | true | 12345678901234567890123 | json [1]"],
    );
    says("select tags->>'$.Name' from Cloud_Net where cidr regexp '^10\\.0'", &["one"]);
}

#[test]
fn what_is_sensitive_is_not_seen() {
    says(
        "select secret, tags, rule from cloud_net where _key = 'x.y'",
        &[
            "(sensitive value) | json {\"Name\":\"one\",\"a b\":\"(sensitive value)\"} | json [{\"key\":\"(sensitive value)\",\"port\":22}]",
        ],
    );
    says("select count(*) from cloud_net where secret = 'hush'", &["0"]);
    says("select value from outputs order by name", &["[\"a<b\",\"c\"]", "(sensitive value)"]);
    says("select count(*) from resources where attributes like '%hush%'", &["0"]);
    says("select path from attributes where value = 'hush'", &[]);
    says(
        "select path from attributes where sensitive order by 1",
        &["rule[0].key", "secret", "secret", "tags[\"a b\"]"],
    );
    let answer = ask("select secret, tags->>'$.\"a b\"' from cloud_net where _key = 'x.y'", true).unwrap();
    assert_eq!(answer.rows, [[Cell::Text("hush".into()), Cell::Text("2".into())]]);
}

#[test]
fn resources_attributes_and_dependencies_are_tables() {
    says(
        "select address, id, deposed, tainted from resources where type = 'cloud_net' and mode = 'managed'",
        &[
            "cloud_net.a[\"x.y\"] | net-1 | - | true",
            "cloud_net.a[\"x.y\"] | net-0 | 0a1b2c3d | false",
            "cloud_net.a[\"z\"] | net-2 | - | false",
        ],
    );
    says(
        "select module, provider, depends_on from resources where module <> ''",
        &["module.m[0] | example.com/acme/other | json [\"cloud_net.a\"]"],
    );
    says("select address, depends_on from dependencies", &["module.m[0].other_thing.b | cloud_net.a"]);
    says(
        "select path, value from attributes where attribute in ('tags', 'rule', 'open') and value <> 'x' and not sensitive
         and address like '%x.y%' order by path",
        &["open | true", "rule[0].port | 22", "tags.Name | one"],
    );
    says(
        "select path, value from attributes where attribute = 'open' order by value",
        &["open | false", "open | true"],
    );
    says("select lineage, serial from state", &["l | 7"]);
}

#[test]
fn only_reading_is_possible() {
    for (sql, part) in [
        ("delete from resources", "changing \"resources\""),
        ("attach 'x.db' as x", "attaching a database"),
        ("pragma query_only", "the pragma"),
        ("create table t (x)", "changing"),
        ("vacuum into 'x.db'", "only reads"),
        ("select load_extension('x')", "extension"),
        ("begin", "a transaction"),
        ("select 1; select 2", "more than one statement"),
    ] {
        let error = ask(sql, false).unwrap_err();
        assert!(error.message.contains(part), "{sql}: {error}");
    }
}

#[test]
fn errors_point_at_the_query() {
    let error = ask("select cidrs from cloud_net", false).unwrap_err();
    assert_eq!((error.at, error.near.as_deref()), (Some(7), Some("cidr")));
    assert_eq!(ask("select address from cloud_net", false).unwrap_err().near.as_deref(), Some("_address"));
    let error = ask("select 1 from resourcs", false).unwrap_err();
    assert_eq!((error.message.as_str(), error.near.as_deref()), ("No such table: resourcs.", Some("resources")));
    assert_eq!(ask("select * frm resources", false).unwrap_err().at, Some(9));
    assert!(ask("", false).unwrap_err().message.contains("begins with SELECT"));
}

#[test]
fn all_tables_are_listed() {
    let snapshot = terrane_state::read(STATE.as_bytes()).unwrap();
    let names: Vec<String> =
        tables(&Source { snapshot: &snapshot, shapes: &shape, secrets: false }).iter().map(|t| t.full_name()).collect();
    let expect =
        ["resources", "attributes", "dependencies", "outputs", "state", "cloud_net", "other_thing", "data.cloud_net"];
    assert_eq!(names, expect);
}
