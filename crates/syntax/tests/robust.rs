//! Properties of all texts.

use std::ops::Range;

use proptest::prelude::*;
use terrane_source::{Diagnostics, Files, Style, render};
use terrane_syntax::{Arena, JsonKind, dump, format, parse, parse_json};

/// Parses, renders all errors, and formats; returns the number of errors.
fn run(text: &str) -> usize {
    let (mut files, mut diags) = (Files::new(), Diagnostics::new());
    let arena = Arena::new();
    let body = parse(files.add("main.tf", text), text, &arena, &mut diags);
    dump(&body);
    for diagnostic in diags.iter() {
        let span = diagnostic.span.expect("every error has a place");
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
        render(diagnostic, &files, Style { color: false });
    }
    let formatted = format(text);
    if diags.is_empty() {
        let mut again = Diagnostics::new();
        parse(terrane_source::FileId(0), &formatted, &arena, &mut again);
        assert!(again.is_empty(), "{text:?} is formatted to {formatted:?}: {again:?}");
    } else {
        assert_eq!(formatted, text);
    }
    diags.len()
}

const WORDS: &[&str] = &[
    "a",
    "b1",
    "for",
    "in",
    "if",
    "else",
    "endif",
    "endfor",
    "null",
    "true",
    "0",
    "1.5",
    "1.",
    "2e3",
    "\"",
    "\"x\"",
    "${",
    "${~",
    "~}",
    "%{",
    "%{ if a }",
    "%{ else }",
    "%{ endif }",
    "%{ for a in b }",
    "%{ endfor }",
    "$${",
    "%%{",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<<EOT\n",
    "<<-EOT\n",
    "EOT\n",
    "\nEOT\n",
    "=",
    "==",
    "=>",
    ":",
    "::",
    "?",
    ".",
    "...",
    ".*",
    "[*]",
    ",",
    "+",
    "-",
    "!",
    "&&",
    "||",
    "&",
    "<",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "# c\n",
    "// c\n",
    "/*",
    "*/",
    "\\",
    "\\n",
    "'",
    "`",
    ";",
    "é",
    "e\u{301}",
    "\u{feff}",
    "“",
    "a = ",
    "a {\n",
    "b \"c\" {\n",
    "}\n",
    "f(",
];

const SAMPLE: &str = r#"
resource "aws_vpc" "main" {
  for_each = { for k, v in var.vpcs : k => v if v.enabled }
  cidr     = cidrsubnet(each.value.cidr, 4, 2 + 3 * -1)
  name     = "vpc-${each.key}%{if var.x ~} y %{~else}z%{endif}"
  policy   = <<-EOT
    { "a": "${local.b[0].c}" }
      %{for x in y}${x}%{endfor}
  EOT
  tags     = merge(local.tags, { Name = each.value.name, "k" : foo.*.bar[1] })
  lifecycle { ignore_changes = [tags["a"]] } # comment
}
"#;

fn edit() -> impl Strategy<Value = (Range<usize>, String)> {
    let word = prop::sample::select(WORDS).prop_map(str::to_string);
    let text = prop_oneof![Just(String::new()), word, "\\PC{0,3}"];
    (0..SAMPLE.len(), 0..4usize, text).prop_map(|(start, len, text)| (start..start + len, text))
}

fn edited(edits: &[(Range<usize>, String)]) -> String {
    let mut text = SAMPLE.to_string();
    for (range, new) in edits {
        if let (Some(_), true) = (text.get(range.clone()), range.end <= text.len()) {
            text.replace_range(range.clone(), new);
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn any_text(text in "(?s).{0,60}") {
        run(&text);
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        run(&words.concat());
    }

    #[test]
    fn near_misses(edits in prop::collection::vec(edit(), 1..4)) {
        run(&edited(&edits));
    }
}

#[test]
fn the_sample_is_right() {
    assert_eq!(run(SAMPLE), 0);
}

/// Every construct is linear in its input. Tests count no seconds, but what is quadratic here shows.
#[test]
fn long_texts_end() {
    let n = 50_000;
    let repeat = |s: &str| s.repeat(n);
    let object: String = (0..n).map(|i| format!("k{i} = {i}\n")).collect();
    assert_eq!(run(&format!("a = {{\n{object}}}\n")), 0);
    assert_eq!(run(&object), 0);
    assert_eq!(run(&format!("a = [{}]\n", repeat("1,"))), 0);
    assert_eq!(run(&format!("a = \"{}\"\n", repeat("${b}c"))), 0);
    assert_eq!(run(&format!("a = <<-E\n{}\nE\n", repeat("${b}c"))), 0);
    assert_eq!(run(&format!("a = <<-E\n{}E\n", repeat("  b\n"))), 0);
    assert_eq!(run(&format!("a = \"{}\"\n", repeat("%{if b}c%{endif}"))), 0);
    assert_eq!(run(&format!("{}a = 1\n", repeat("# b\n"))), 0);
    assert_eq!(run(&format!("a = [{}]\n", repeat("/* b */ # c\n"))), 0);
    assert_eq!(run(&repeat("a {}\n")), 0);
    assert_eq!(run(&format!("a = \"${{f({}1)}}\"\n", repeat("b, # c\n"))), 0);
    for broken in
        ["a = [\n", "a = 'x'\n", "}", "a {", "{", "\"", "a = \"${b\n", "a = \"\n", "a = (b]\n", "a = <<E\n", "<<E", "'"]
    {
        assert!(run(&repeat(broken)) > 0);
    }
}

/// Wherever the tokens that are held end, looking ahead for a brace leaves those at hand.
#[test]
fn braces_are_looked_for_across_lines() {
    for blocks in 0..300 {
        assert!(run(&format!("{}a\n# b\n\n\n\n}}\n", "b {}\n".repeat(blocks))) > 0);
    }
}

#[test]
fn json_values_end_within_the_text_after_too_many_errors() {
    let text = format!("{{\"x\": 1 {}", "\"a\": {], ".repeat(30));
    let mut diags = Diagnostics::new();
    let arena = Arena::new();
    let value = parse_json(terrane_source::FileId(0), &text, &arena, &mut diags).expect("something is there");
    assert_eq!(diags.len(), 20);
    let JsonKind::Object(properties) = &value.kind else { panic!("{value:?} is no object") };
    assert!(properties.iter().all(|property| property.value.span.end as usize <= text.len()));
}
