//! The canonical layout.

use terrane_syntax::format;

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(format(text), expect);
    assert_eq!(format(expect), expect, "not stable");
}

#[track_caller]
fn unchanged(text: &str) {
    check(text, text);
}

#[test]
fn indentation_follows_brackets() {
    check(
        "a {\nb = 1\n      c {\nd = [\n1,\n2\n]\n}\n}\n",
        "a {\n  b = 1\n  c {\n    d = [\n      1,\n      2\n    ]\n  }\n}\n",
    );
    check("a = f({\nb = 1\n})\n", "a = f({\n  b = 1\n})\n");
    check("a = f([{\nb = 1\n}, {\nc = 2\n}])\n", "a = f([{\n  b = 1\n  }, {\n  c = 2\n}])\n");
    check("a = (b\n+ c)\n", "a = (b\n+ c)\n");
    check("  # c\n\n\n\ta=1\n", "# c\n\n\na = 1\n");
}

#[test]
fn equals_signs_and_comments_are_aligned() {
    check("a = 1 # x\nbcd = 22 # y\n\ne = 3\n", "a   = 1  # x\nbcd = 22 # y\n\ne = 3\n");
    check("a = 1\nb = {\nccc = 1\nd = 2\n}\ne = 3\n", "a = 1\nb = {\n  ccc = 1\n  d   = 2\n}\ne = 3\n");
    check("é = 1\nee = 2\n", "é  = 1\nee = 2\n");
    check("a = 1\n# c\nbcd = 2\n", "a = 1\n# c\nbcd = 2\n");
    check("a { b = 1 } # c\ndef { e = 2 } # f\n", "a { b = 1 }   # c\ndef { e = 2 } # f\n");
}

#[test]
fn blanks_depend_on_neighbours() {
    // Without the blank it would be another number.
    check("a = (2  .  0)\n", "a = (2 .0)\n");
    check("a = 2 . b\n", "a = 2.b\n");
    check("a=b+c*-d -e\n", "a = b + c * -d - e\n");
    check("a=!b&&c?d:e\n", "a = !b && c ? d : e\n");
    check("a=f( b ,c... )\n", "a = f(b, c...)\n");
    check("a=x :: f(1)\n", "a = x::f(1)\n");
    check("a=b [ 0 ] . c[*]\n", "a = b[0].c[*]\n");
    check("a={b=1,c:2}\n", "a = { b = 1, c : 2 }\n");
    check("a={ }\nb=[ ]\n", "a = {}\nb = []\n");
    check("a=[for x in[1]:x if x!=1]\n", "a = [for x in [1] : x if x != 1]\n");
    check("a={for k,v in x:k=>v...}\n", "a = { for k, v in x : k => v... }\n");
    check("a = \"x${ y }  %{ if z }w%{ endif }\"\n", "a = \"x${y}  %{if z}w%{endif}\"\n");
    check("a  {}\nb  \"c\"   \"d\"{\n}\n", "a {}\nb \"c\" \"d\" {\n}\n");
    check("a = 1   \nb = 2 /* c */ + 3\n", "a = 1\nb = 2 /* c */ + 3\n");
}

#[test]
fn strings_and_heredocs_keep_their_text() {
    unchanged("a = <<EOT\n x ${y}\n\tz\nEOT\n\nb = <<-EOT\n    q\n      r\n  EOT\n");
    check("a {\nb = <<-EOT\n  x\n  EOT\n}\n", "a {\n  b = <<-EOT\n  x\n  EOT\n}\n");
    check("a=\"  b  \\n\"\n", "a = \"  b  \\n\"\n");
}

#[test]
fn whole_interpolations_are_unwrapped() {
    check("a = \"${b.c}\"\n", "a = b.c\n");
    check("a = \"${f(\"${b}\")}\"\n", "a = f(\"${b}\")\n");
    unchanged("a = \"${b}${c}\"\n");
    unchanged("a = \"x${b}\"\n");
    unchanged("a = [\"${b}\"]\n");
    check("a = \"${\nb\n}\"\n", "a = b\n");
    check("a = \"${b\n? c : d}\"\n", "a = (b\n? c : d)\n");
    check("a = \"${b ? { # c\n} : d}\"\n", "a = b ? { # c\n} : d\n");
    unchanged("a = \"${b # c\n? c : d}\"\n");
    unchanged("a = \"${<<E\nE\n}\" # c\n");
}

#[test]
fn labels_are_quoted() {
    check("a b \"c\" {}\n", "a \"b\" \"c\" {}\n");
    check("a /* x */ \"b\" /* y */ \"c\" {}\n", "a \"b\" \"c\" {}\n");
    check("a \"b\\u0041\\\"\" {}\n", "a \"bA\\\"\" {}\n");
    unchanged("a \"b$c%d$${e\" {}\n");
}

#[test]
fn types_of_variables_are_written_in_their_current_form() {
    let variable = |ty: &str| format(&format!("variable \"a\" {{\n  type = {ty}\n}}\n"));
    for (old, new) in [
        ("\"string\"", "string"),
        ("\"list\"", "list(string)"),
        ("\"map\"", "map(string)"),
        ("list", "list(any)"),
        ("set", "set(any)"),
        ("string", "string"),
        ("\"any\"", "\"any\""),
        ("list(string)", "list(string)"),
    ] {
        assert_eq!(variable(old), format!("variable \"a\" {{\n  type = {new}\n}}\n"));
    }
    unchanged("output \"a\" {\n  type = \"list\"\n}\n");
}

#[test]
fn the_ends_of_files_and_lines_are_kept() {
    check("a=1", "a = 1");
    check("a=1\r\nb=2\r\n", "a = 1\r\nb = 2\r\n");
    check("a = 1\n\n\n", "a = 1\n\n\n");
    check("\u{feff}a = 1\n", "a = 1\n");
    unchanged("");
}

#[test]
fn what_has_errors_is_unchanged() {
    unchanged("a=[\n  b  =  1\n");
}
