//! Planning and completion from schemas, through the public door.

#![allow(clippy::unwrap_used)]

mod schemas;

use schemas::{object, schema, text};
use terrane_provider::PlanResponse;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_provider::sdk::{Plain, complete, plan};

const LEGACY: &str = r#"{
  "sdk": "sdkv2",
  "attrs": {
    "id": {"type": "string", "optional": true, "computed": true},
    "arn": {"type": "string", "computed": true},
    "name": {"type": "string", "required": true, "force_new": true},
    "size": {"type": "number", "optional": true, "default": 8},
    "fast": {"type": "bool", "optional": true, "default": false},
    "note": {"type": "string", "optional": true},
    "zone": {"type": "string", "optional": true, "computed": true, "force_new": true},
    "policy": {"type": "string", "optional": true, "diff_suppress": "verify.SuppressEquivalentPolicyDiffs"},
    "labels": {"type": ["map", "string"], "optional": true},
    "rule": {"type": ["set", ["object", {"port": "number", "open": "bool", "text": "string"}]],
      "optional": true, "computed": true, "attr_as_blocks": true,
      "elem": {"attrs": {"port": {"type": "number", "required": true},
        "open": {"type": "bool", "optional": true, "default": false}, "text": {"type": "string", "optional": true}}}}
  },
  "blocks": {
    "disk": {"nesting": "list", "optional": true, "attrs": {
      "gib": {"type": "number", "required": true},
      "kind": {"type": "string", "optional": true, "computed": true},
      "key": {"type": "string", "optional": true, "force_new": true}}},
    "port": {"nesting": "set", "optional": true, "attrs": {
      "number": {"type": "number", "required": true},
      "note": {"type": "string", "optional": true},
      "assigned": {"type": "string", "computed": true}}},
    "root": {"nesting": "list", "max_items": 1, "optional": true, "computed": true, "attrs": {
      "gib": {"type": "number", "optional": true, "computed": true}}},
    "ttl": {"nesting": "list", "max_items": 1, "optional": true,
      "diff_suppress": "verify.SuppressMissingOptionalConfigurationBlock",
      "attrs": {"on": {"type": "bool", "optional": true, "default": false}}},
    "timeouts": {"nesting": "single", "attrs": {"create": {"type": "string", "optional": true}}}
  },
  "customize_diff": {"has_change": ["note"], "set_new_computed": ["arn"]}
}"#;

const STRICT: &str = r#"{
  "sdk": "framework",
  "attrs": {
    "id": {"type": "string", "computed": true, "plan_modifiers": ["UseStateForUnknown"]},
    "etag": {"type": "string", "computed": true},
    "mode": {"type": "string", "optional": true, "computed": true},
    "days": {"type": "number", "optional": true, "computed": true, "plan_modifiers": ["LegacyValue"]},
    "note": {"type": "string", "optional": true},
    "kind": {"type": "string", "optional": true, "computed": true, "force_new": "if_configured"}
  }
}"#;

fn change(schema: &TypeSchema, prior: &str, config: &str) -> PlanResponse {
    plan(schema, &Plain, Some(&object(schema, prior)), &object(schema, config))
}

fn planned(response: &PlanResponse) -> String {
    text(response.planned.as_ref().unwrap())
}

fn replaces(response: &PlanResponse) -> Vec<String> {
    response.requires_replace.iter().map(ToString::to_string).collect()
}

/// Checks that an object with the prior values stays exactly as it is.
fn stays(schema: &TypeSchema, prior: &str, config: &str) {
    let response = change(schema, prior, config);
    assert_eq!(response.planned.unwrap(), object(schema, prior), "{prior} with {config}");
    assert!(response.requires_replace.is_empty());
}

#[test]
fn a_create_has_defaults_and_unknown_computed_attributes() {
    let schema = schema(LEGACY);
    let response = plan(&schema, &Plain, None, &object(&schema, r#"{"name": "a", "disk": [{"gib": 1}], "note": "?"}"#));
    assert_eq!(
        planned(&response),
        "{arn=? disk=[{gib=1 kind=?}] fast=false id=? name=a note=? root=? rule=? size=8 zone=?}"
    );
    assert!(response.requires_replace.is_empty());
}

#[test]
fn an_update_keeps_what_was_computed() {
    let schema = schema(LEGACY);
    let prior = r#"{"id": "i", "arn": "x", "name": "a", "size": 8, "fast": false, "zone": "z", "root": [{"gib": 3}]}"#;
    let response = change(&schema, prior, r#"{"name": "a", "size": 9}"#);
    assert_eq!(planned(&response), "{arn=x fast=false id=i name=a root=[{gib=3}] size=9 zone=z}");
    assert!(response.requires_replace.is_empty());
}

#[test]
fn what_makes_no_difference_plans_the_object_as_it_is() {
    let schema = schema(LEGACY);
    let prior = r#"{"id": "i", "name": "a", "size": 8, "fast": null, "note": ""}"#;
    stays(&schema, prior, r#"{"name": "a"}"#);
    stays(&schema, prior, r#"{"name": "a", "fast": false, "note": null, "labels": {}}"#);
    stays(&schema, prior, r#"{"name": "a", "timeouts": {"create": "1m"}}"#);
    let prior = r#"{"name": "a", "size": 8, "policy": "{\"Statement\":[{\"Action\":[\"s3:*\"]}]}"}"#;
    stays(&schema, prior, r#"{"name": "a", "policy": "{ \"Statement\": { \"Action\": \"s3:*\" } }"}"#);
}

#[test]
fn attributes_written_as_blocks_are_compared_with_their_defaults() {
    let schema = schema(LEGACY);
    let prior = r#"{"name": "a", "size": 8, "rule": [{"port": 1, "open": false, "text": ""}]}"#;
    stays(&schema, prior, r#"{"name": "a", "rule": [{"port": 1, "open": null, "text": null}]}"#);
    stays(&schema, prior, r#"{"name": "a"}"#);
    let response = change(&schema, prior, r#"{"name": "a", "rule": []}"#);
    assert_eq!(planned(&response), "{fast=false name=a size=8}");
}

#[test]
fn a_change_to_a_fixed_attribute_replaces() {
    let schema = schema(LEGACY);
    let prior = r#"{"id": "i", "name": "a", "size": 8, "zone": "z", "disk": [{"gib": 1, "key": "k"}]}"#;
    let keeps = r#""disk": [{"gib": 1, "key": "k"}]"#;
    let case = |config: &str| replaces(&change(&schema, prior, config));
    assert_eq!(case(&format!(r#"{{"name": "b", {keeps}}}"#)), [".name"]);
    assert_eq!(case(&format!(r#"{{"name": "?", {keeps}}}"#)), [".name"]);
    assert_eq!(case(&format!(r#"{{"name": "a", "zone": "y", {keeps}}}"#)), [".zone"]);
    assert_eq!(case(r#"{"name": "a", "disk": [{"gib": 1, "key": "l"}]}"#), [".disk[0].key"]);
    assert_eq!(case(r#"{"name": "a", "disk": [{"gib": 2, "key": "k"}]}"#), Vec::<String>::new());
    assert_eq!(case(r#"{"name": "a"}"#), [".disk"]);
}

#[test]
fn members_of_sets_are_matched_by_what_is_written() {
    let schema = schema(LEGACY);
    let prior = r#"{"name": "a", "size": 8, "port": [
        {"number": 1, "assigned": "x"}, {"number": 2, "note": "n", "assigned": "y"}]}"#;
    stays(&schema, prior, r#"{"name": "a", "port": [{"number": 2, "note": "n"}, {"number": 1, "note": ""}]}"#);
    let response = change(&schema, prior, r#"{"name": "a", "port": [{"number": 1}, {"number": 3}]}"#);
    let port = text(response.planned.unwrap().get("port").unwrap());
    assert!(port.contains("{assigned=x number=1}") && port.contains("{assigned=? number=3}"), "{port}");
}

#[test]
fn blocks_that_are_not_written_stay_when_the_provider_says_so() {
    let schema = schema(LEGACY);
    stays(&schema, r#"{"name": "a", "size": 8, "ttl": [{"on": true}], "root": [{"gib": 1}]}"#, r#"{"name": "a"}"#);
    let response = change(&schema, r#"{"name": "a", "size": 8, "disk": [{"gib": 1}]}"#, r#"{"name": "a"}"#);
    assert_eq!(planned(&response), "{fast=false name=a size=8}");
}

#[test]
fn changes_recompute_what_the_schema_says() {
    let schema = schema(LEGACY);
    let prior = r#"{"name": "a", "size": 8, "arn": "x", "note": "n"}"#;
    assert_eq!(
        planned(&change(&schema, prior, r#"{"name": "a", "note": "m"}"#)),
        "{arn=? fast=false name=a note=m size=8}"
    );
    assert_eq!(
        planned(&change(&schema, prior, r#"{"name": "a", "note": "n", "size": 9}"#)),
        "{arn=x fast=false name=a note=n size=9}"
    );
}

#[test]
fn strict_types_recompute_in_every_update() {
    let schema = schema(STRICT);
    let prior = r#"{"id": "i", "etag": "e", "mode": "m", "days": 0, "note": "n"}"#;
    stays(&schema, prior, r#"{"note": "n"}"#);
    assert_eq!(planned(&change(&schema, prior, r#"{"note": "o"}"#)), "{days=0 etag=? id=i kind=? mode=? note=o}");
    assert_eq!(planned(&change(&schema, prior, r#"{"note": ""}"#)), "{days=0 etag=? id=i kind=? mode=? note=}");
    let create = plan(&schema, &Plain, None, &object(&schema, "{}"));
    assert_eq!(planned(&create), "{days=0 etag=? id=? kind=? mode=?}");
    assert_eq!(replaces(&change(&schema, prior, r#"{"note": "n", "kind": "k"}"#)), [".kind"]);
}

#[test]
fn planning_again_from_the_plan_changes_nothing() {
    let schema = schema(LEGACY);
    let config =
        object(&schema, r#"{"name": "a", "note": "", "fast": true, "port": [{"number": 1}], "labels": {"k": "v"}}"#);
    let first = plan(&schema, &Plain, None, &config).planned.unwrap();
    let answer = r#"{"id": "i", "arn": "x", "zone": "z", "root": [{"gib": 3}], "fast": true, "name": "a", "size": 8,
        "port": [{"number": 1, "assigned": "p"}], "labels": {"k": "v"}}"#;
    let answer = object(&schema, answer);
    let made = complete(&schema, &Plain, Some(&first), &answer).0;
    assert_eq!(made.get("note").unwrap().as_str(), Some(""), "planned values are kept");
    assert_eq!(plan(&schema, &Plain, Some(&made), &config).planned.unwrap(), made);
    let read = complete(&schema, &Plain, Some(&made), &answer).0;
    assert_eq!(read, made, "reading what was made shows no drift");
}

#[test]
fn answers_get_the_shape_of_the_schema() {
    let schema = schema(LEGACY);
    let answer =
        terrane_value::json::json_decode(r#"{"id": "i", "size": "8", "disk": [{"gib": 1}], "port": [{"number": 2}]}"#);
    let (object, problems) = complete(&schema, &Plain, None, &answer.unwrap());
    assert_eq!(problems, []);
    assert_eq!(object.ty(), schema.schema.block.implied_type());
    assert_eq!(text(&object), "{disk=[{gib=1}] id=i port=[{number=2}] size=8}");
}

#[test]
fn answers_that_do_not_fit_are_told() {
    let schema = schema(LEGACY);
    let answer = terrane_value::json::json_decode(r#"{"idd": "i", "size": "big", "disk": [{"gb": 1}]}"#).unwrap();
    let (object, problems) = complete(&schema, &Plain, None, &answer);
    assert_eq!(object.ty(), schema.schema.block.implied_type());
    let paths: Vec<String> = problems.iter().map(|p| p.path.as_ref().unwrap().to_string()).collect();
    assert_eq!(paths, [".idd", ".size", ".disk[0].gb"]);
}

#[test]
fn computed_attributes_take_what_the_answer_says_and_others_keep_their_null() {
    let schema = schema(LEGACY);
    let known = object(&schema, r#"{"name": "a", "zone": null, "note": null}"#);
    let answer = object(&schema, r#"{"name": "a", "zone": "", "note": "", "timeouts": null}"#);
    let object = complete(&schema, &Plain, Some(&known), &answer).0;
    assert_eq!(object.get("zone").unwrap().as_str(), Some(""));
    assert!(object.get("note").unwrap().is_null());
}
