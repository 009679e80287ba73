//! Objects that exist are taken over as they are.

use terrane_e2e::World;

fn provider() -> &'static str {
    "provider \"aws\" {\n  region            = \"eu-west-1\"\n  s3_use_path_style = true\n}\n"
}

fn buckets(first: &str, second: &str, import: &str) -> String {
    format!(
        r#"
{}
locals {{
  buckets = {{ logs = "{first}", data = "{second}" }}
}}

resource "aws_s3_bucket" "all" {{
  for_each = local.buckets
  bucket   = each.value
}}

import {{
  for_each = local.buckets
  to       = aws_s3_bucket.all[each.key]
  {import}
}}
"#,
        provider()
    )
}

fn taken_over(test: &str, import: &str, said: &str) {
    let Some(world) = World::new(test) else { return };
    let (first, second) = (world.unique("one"), world.unique("two"));
    world.account().create_bucket(&first);
    world.account().create_bucket(&second);
    world.write("main.tf", &buckets(&first, &second, import));
    world.terrane(&["init"]).code(0);
    world.terrane(&["plan"]).code(0).says(&["2 to import, 0 to add, 0 to change, 0 to destroy", said]);
    world.terrane(&["apply", "-auto-approve"]).code(0);
    let json = world.terrane(&["show", "-json"]).code(0).stdout;
    assert_eq!(json.matches("\"identity_schema_version\":0").count(), 2, "{json}");
    for bucket in [&first, &second] {
        assert!(json.contains(&format!("\"bucket\":\"{bucket}\",\"region\":\"eu-west-1\"}}")), "{json}");
    }
    world.terrane(&["plan", "-detailed-exitcode"]).code(0).says(&["No changes."]);
    world.terrane(&["destroy", "-auto-approve"]).code(0).says(&["2 destroyed"]);
}

#[test]
fn buckets_are_imported_by_id() {
    taken_over("import_by_id", "id = each.value", "(imported from \"");
}

#[test]
fn buckets_are_imported_by_identity() {
    taken_over("import_by_identity", "identity = { bucket = each.value }", "(imported by identity { bucket = \"");
}

#[test]
fn a_bucket_that_does_not_exist_is_not_imported() {
    let Some(world) = World::new("import_nothing") else { return };
    world.write("main.tf", &buckets(&world.unique("none"), &world.unique("nil"), "id = each.value"));
    world.terrane(&["init"]).code(0);
    world.terrane(&["plan"]).code(1).complains(&["Object to import does not exist"]);
}
