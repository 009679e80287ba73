use terrane_value::{Attribute, Block, Marks, NestedBlock, Nesting, Path, Type, Value};

use super::*;
use crate::views::lines::{Lines, Paint};

fn block() -> Block {
    let texts = ["ami", "id", "policy", "user_data"].map(|n| (n.into(), Attribute::optional_computed(Type::String)));
    let secret = Attribute::optional_computed(Type::String).sensitive();
    let more = [
        ("any".into(), Attribute::optional_computed(Type::Any)),
        ("password".into(), secret),
        ("tags".into(), Attribute::optional_computed(Type::map(Type::String))),
        ("zones".into(), Attribute::optional_computed(Type::list(Type::String))),
    ];
    let disk =
        Block { attributes: [("size".into(), Attribute::optional_computed(Type::Number))].into(), ..Block::default() };
    let disk = NestedBlock { nesting: Nesting::List, min_items: 0, max_items: 0, block: disk };
    Block {
        attributes: texts.into_iter().chain(more).collect(),
        blocks: [("disk".into(), disk)].into(),
        deprecated: None,
    }
}

fn object(parts: &[(&'static str, Value)]) -> Value {
    let block = block();
    let all = block.attributes.iter().map(|(n, a)| (n.to_string(), Value::null(a.ty.clone())));
    let all = all.chain([("disk".to_string(), Value::list(block.blocks["disk"].block.implied_type(), []))]);
    Value::object(all.chain(parts.iter().map(|(n, v)| (n.to_string(), v.clone()))))
}

fn disks(sizes: &[i64]) -> Value {
    let ty = block().blocks["disk"].block.implied_type();
    Value::list(ty, sizes.iter().map(|s| Value::object([("size", Value::from(*s))])))
}

fn tags(pairs: &[(&'static str, &'static str)]) -> Value {
    Value::map(Type::String, pairs.iter().map(|(k, v)| (*k, Value::string(*v))))
}

fn strings(values: &[&'static str]) -> Value {
    Value::list(Type::String, values.iter().map(|v| Value::string(*v)))
}

#[track_caller]
fn check(before: Option<Value>, after: Option<Value>, replace: &[Path], expect: &str) {
    let mut lines = Lines::new(Paint::colored(false));
    body(&mut lines, 1, before.as_ref(), after.as_ref(), &block(), replace);
    let expect: String = expect.trim_start_matches('\n').into();
    pretty(&lines.finish(), &expect);
}

#[track_caller]
fn pretty(got: &str, expect: &str) {
    assert!(got == expect, "got:\n{got}\nexpected:\n{expect}");
}

#[test]
fn a_create_shows_what_is_set_and_what_is_not_known() {
    let after = object(&[
        ("ami", "ami-1".into()),
        ("id", Value::unknown(Type::String)),
        ("password", "hush".into()),
        ("tags", tags(&[("Name", "web")])),
        ("disk", disks(&[8])),
    ]);
    check(
        None,
        Some(after),
        &[],
        r#"
      + ami      = "ami-1"
      + id       = (known after apply)
      + password = (sensitive value)
      + tags     = {
          + "Name" = "web"
        }

      + disk {
          + size = 8
        }
"#,
    );
}

#[test]
fn an_update_counts_what_it_hides() {
    let before = object(&[
        ("ami", "ami-1".into()),
        ("id", "i-1".into()),
        ("user_data", "x".into()),
        ("tags", tags(&[("Name", "web"), ("Team", "a"), ("Old", "1")])),
        ("zones", strings(&["a", "b", "c"])),
        ("disk", disks(&[8, 16])),
    ]);
    let after = object(&[
        ("ami", "ami-2".into()),
        ("id", "i-1".into()),
        ("user_data", "x".into()),
        ("tags", tags(&[("Name", "web"), ("Team", "b"), ("New", "1")])),
        ("zones", strings(&["a", "c", "d"])),
        ("disk", disks(&[8, 32])),
    ]);
    check(
        Some(before),
        Some(after),
        &[Path::root().attr("ami")],
        r#"
      ~ ami   = "ami-1" -> "ami-2" # forces replacement
        id    = "i-1"
      ~ tags  = {
          + "New"  = "1"
          - "Old"  = "1" -> null
          ~ "Team" = "a" -> "b"
            # (1 unchanged element hidden)
        }
      ~ zones = [
            "a",
          - "b",
            "c",
          + "d",
        ]
        # (1 unchanged attribute hidden)

      ~ disk {
          ~ size = 16 -> 32
        }

        # (1 unchanged block hidden)
"#,
    );
}

#[test]
fn texts_of_several_lines_are_compared_line_by_line() {
    let before = object(&[("user_data", "#!/bin/sh\necho old\nexit\n".into())]);
    let after = object(&[("user_data", "#!/bin/sh\necho new\nexit\n".into())]);
    check(
        Some(before),
        Some(after),
        &[],
        r#"
      ~ user_data = <<-EOT
            #!/bin/sh
          - echo old
          + echo new
            exit
        EOT
"#,
    );
}

#[test]
fn json_is_compared_by_content() {
    let before = object(&[("policy", r#"{"Version":"1","Statement":[{"Action":"a","Effect":"Allow"}]}"#.into())]);
    let after = object(&[("policy", r#"{"Statement":[{"Effect":"Allow","Action":["a","b"]}],"Version":"1"}"#.into())]);
    check(
        Some(before),
        Some(after),
        &[],
        r#"
      ~ policy = jsonencode(
          ~ {
              ~ Statement = [
                  ~ {
                      ~ Action = [
                            "a",
                          + "b",
                        ]
                        # (1 unchanged attribute hidden)
                    },
                ]
                # (1 unchanged attribute hidden)
            }
        )
"#,
    );
}

#[test]
fn policies_are_compared_statement_by_statement() {
    let before = r#"{"Version":"1","Statement":[
        {"Sid":"A","Effect":"Allow","Action":["s3:Get","s3:Put"],"Resource":"*"},
        {"Effect":"Allow","Action":["b","c"],"Resource":["*"],"Principal":"*"},
        {"Sid":"Gone","Effect":"Deny","Action":"x","Resource":"*"}]}"#;
    let after = r#"{"Version":"1","Statement":[
        {"Sid":"New","Effect":"Deny","Action":"iam:*","Resource":"*"},
        {"Effect":"Allow","Action":["c","b"],"Resource":"*","Principal":{"AWS":["*"]}},
        {"Sid":"A","Effect":"Allow","Action":["s3:List","s3:Get"],"Resource":["*"]}]}"#;
    check(
        Some(object(&[("policy", before.into())])),
        Some(object(&[("policy", after.into())])),
        &[],
        r#"
      ~ policy = jsonencode(
          ~ {
              ~ Statement = [
                  + {
                      + Action   = "iam:*"
                      + Effect   = "Deny"
                      + Resource = "*"
                      + Sid      = "New"
                    },
                    {
                        Action    = [
                            "c",
                            "b",
                        ]
                        Effect    = "Allow"
                        Principal = {
                            AWS = [
                                "*",
                            ]
                        }
                        Resource  = [
                            "*",
                        ]
                    },
                  ~ {
                      ~ Action = [
                          + "s3:List",
                            "s3:Get",
                          - "s3:Put",
                        ]
                        # (3 unchanged attributes hidden)
                    },
                  - {
                      - Action   = "x"
                      - Effect   = "Deny"
                      - Resource = "*"
                      - Sid      = "Gone"
                    },
                ]
                # (1 unchanged attribute hidden)
            }
        )
"#,
    );
}

#[test]
fn what_becomes_unknown_keeps_its_old_value_in_sight() {
    let before = object(&[("id", "i-1".into()), ("tags", tags(&[("a", "b")]))]);
    let after = object(&[("id", Value::unknown(Type::String)), ("tags", Value::unknown(Type::map(Type::String)))]);
    check(
        Some(before),
        Some(after),
        &[],
        r#"
      ~ id   = "i-1" -> (known after apply)
      ~ tags = {
          - "a" = "b"
        } -> (known after apply)
"#,
    );
}

#[test]
fn a_delete_ends_in_null() {
    let before = object(&[("id", "i-1".into()), ("zones", strings(&["a"])), ("disk", disks(&[8]))]);
    check(
        Some(before),
        None,
        &[],
        r#"
      - id    = "i-1" -> null
      - zones = [
          - "a",
        ] -> null

      - disk {
          - size = 8 -> null
        }
"#,
    );
}

#[test]
fn sensitive_values_are_never_shown() {
    let before = object(&[("ami", Value::string("hush").mark(Marks::SENSITIVE)), ("tags", tags(&[("k", "v")]))]);
    let secret = Value::map(Type::String, [("k", Value::string("hush").mark(Marks::SENSITIVE))]);
    let after = object(&[("ami", "open".into()), ("tags", secret)]);
    check(
        Some(before),
        Some(after),
        &[],
        r#"
      ~ ami  = (sensitive value)
      ~ tags = {
          ~ "k" = (sensitive value)
        }
"#,
    );
}

#[test]
fn a_whole_object_is_shown_with_all_its_parts() {
    let object = object(&[
        ("id", "i-1".into()),
        ("tags", tags(&[("a", "b")])),
        ("zones", strings(&["x", "y"])),
        ("disk", disks(&[8])),
    ]);
    let mut lines = Lines::new(Paint::colored(false));
    whole(&mut lines, 0, &object, &block());
    let expect = r#"
    id    = "i-1"
    tags  = {
        "a" = "b"
    }
    zones = [
        "x",
        "y",
    ]

    disk {
        size = 8
    }
"#;
    pretty(&lines.finish(), expect.trim_start_matches('\n'));
}

#[test]
fn values_of_another_form_are_shown_whole() {
    let list = || Value::tuple([Value::from(1), Value::null(Type::String), Value::from("x")]);
    let object = || Value::object([("a", Value::from(1))]);
    let mut lines = Lines::new(Paint::colored(false));
    for (name, before, after) in [
        ("a", Value::from(5), list()),
        ("b", list(), Value::from(true)),
        ("c", list(), object()),
        ("d", Value::from(5), Value::tuple([])),
        ("e", Value::tuple([Value::from(5)]), Value::tuple([object()])),
    ] {
        named(&mut lines, 0, name, Some(&before), Some(&after));
    }
    let expect = r#"
  ~ a = 5 -> [
      + 1,
      + null,
      + "x",
    ]
  ~ b = [
      - 1,
      - null,
      - "x",
    ] -> true
  ~ c = [
      - 1,
      - null,
      - "x",
    ] ->
  + {
      + a = 1
    }
  ~ d = 5 -> []
  ~ e = [
      ~ 5 -> {
          + a = 1
        },
    ]
"#;
    assert_eq!(lines.finish(), expect.trim_start_matches('\n'));
}

#[test]
fn write_only_attributes_are_named_where_something_else_differs() {
    let secret = Attribute { write_only: true, computed: false, ..Attribute::optional_computed(Type::String) };
    let attributes = [("name".into(), Attribute::optional_computed(Type::String)), ("secret_wo".into(), secret)];
    let block = Block { attributes: attributes.into(), ..Block::default() };
    let object = |name: &str| Value::object([("name", Value::from(name)), ("secret_wo", Value::null(Type::String))]);
    let shown = |before: Option<Value>, after: Option<Value>| {
        let mut lines = Lines::new(Paint::colored(false));
        body(&mut lines, 1, before.as_ref(), after.as_ref(), &block, &[]);
        lines.finish()
    };
    assert!(!shown(Some(object("a")), Some(object("a"))).contains("secret_wo"));
    assert!(shown(None, Some(object("a"))).contains("+ secret_wo = (write-only attribute)"));
    assert!(shown(Some(object("a")), Some(object("b"))).contains("~ secret_wo = (write-only attribute)"));
    assert!(shown(Some(object("a")), None).contains("- secret_wo = (write-only attribute)"));
}

#[test]
fn nulls_count_where_no_schema_says_what_there_is() {
    let any = |parts: [(&'static str, Value); 4]| Some(object(&[("any", Value::object(parts))]));
    let (null, text) = (|| Value::null(Type::Any), || Value::string("${x} \u{7}"));
    check(
        any([("a", null()), ("b", Value::from(1)), ("gone", null()), ("text", text())]),
        any([("a", Value::from(5)), ("b", null()), ("new", null()), ("text", text())]),
        &[],
        r#"
      ~ any = {
          ~ a    = null -> 5
          ~ b    = 1 -> null
          - gone = null
          + new  = null
            # (1 unchanged attribute hidden)
        }
"#,
    );
    check(
        None,
        any([("a", null()), ("b", Value::list(Type::Any, [null()])), ("c", null()), ("text", text())]),
        &[],
        r#"
      + any = {
          + a    = null
          + b    = [
              + null,
            ]
          + c    = null
          + text = "${x} \a"
        }
"#,
    );
}
