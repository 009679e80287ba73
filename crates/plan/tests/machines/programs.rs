//! Programs made by chance: things that link to each other, once, counted or by key, in the root module or in others.

use std::fmt::Write as _;

use crate::support::{Config, load, shown};
use proptest::prelude::*;

/// One declared thing, or a module with two of which one links to the other.
#[derive(Clone, Debug)]
pub struct Decl {
    size: u8,
    color: u8,
    /// Things with a lower number that it links to, by bit.
    links: u8,
    /// Things with a lower number whose replacement replaces it too, by bit.
    follows: u8,
    create_before_destroy: bool,
    repeat: Repeat,
    in_module: bool,
    /// Whether it links to all instances of another rather than to the first.
    whole: bool,
    /// The thing with a lower number that decides how often there is this, in a program in which that is known late.
    after: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Once,
    /// From zero to below this.
    Count(u8),
    /// By `a`, and by `b` and `c` if their bit is set.
    Keys(u8),
}

fn decl() -> impl Strategy<Value = Option<Decl>> {
    let repeat = prop_oneof![
        2 => Just(Repeat::Once),
        3 => (1u8..3).prop_map(Repeat::Count),
        3 => (0u8..4).prop_map(Repeat::Keys),
    ];
    let numbers = (0u8..3, 0u8..3, any::<u8>(), any::<u8>(), any::<u8>());
    let parts = (numbers, any::<bool>(), repeat, prop::bool::weighted(0.3), any::<bool>());
    let decl =
        parts.prop_map(|((size, color, links, follows, after), create_before_destroy, repeat, in_module, whole)| {
            Decl {
                size,
                color,
                links,
                follows: follows & links,
                create_before_destroy,
                repeat,
                in_module,
                whole,
                after,
            }
        });
    prop_oneof![1 => Just(None), 4 => decl.prop_map(Some)]
}

/// Two versions of a configuration over the same names, all of it create-before-destroy: only then is there an order
/// in which nothing is ever deleted that something still links to.
pub fn versions() -> impl Strategy<Value = (Vec<Option<Decl>>, Vec<Option<Decl>>)> {
    mixed_versions().prop_map(|(mut first, mut second)| {
        first.iter_mut().chain(&mut second).flatten().for_each(|decl| decl.create_before_destroy = true);
        (first, second)
    })
}

/// The same, small: for what is tried again and again.
pub fn small_versions() -> impl Strategy<Value = (Vec<Option<Decl>>, Vec<Option<Decl>>)> {
    versions().prop_map(|(mut first, mut second)| {
        first.truncate(3);
        second.truncate(3);
        (first, second)
    })
}

/// The same with either order of replacement.
pub fn mixed_versions() -> impl Strategy<Value = (Vec<Option<Decl>>, Vec<Option<Decl>>)> {
    (1usize..6).prop_flat_map(|n| (prop::collection::vec(decl(), n), prop::collection::vec(decl(), n)))
}

const MODULE: &str = r#"
variable "name" {}
variable "size" {}
variable "color" {}
variable "links" {}
variable "first" {}
resource "thing" "x" {
  name  = var.name
  size  = var.size
  color = var.color
  links = var.links
  lifecycle {
    create_before_destroy = var.first
  }
}
resource "thing" "y" {
  name  = "${var.name}-y"
  links = [thing.x.id]
  lifecycle {
    create_before_destroy = var.first
  }
}
output "id" {
  value = thing.x.id
}
output "note" {
  value = thing.x.note
}
"#;

impl Decl {
    fn keys(&self) -> Vec<&'static str> {
        let Repeat::Keys(bits) = self.repeat else { return Vec::new() };
        [("a", true), ("b", bits & 1 == 1), ("c", bits & 2 == 2)].into_iter().filter(|k| k.1).map(|k| k.0).collect()
    }

    fn address(&self, i: usize) -> String {
        if self.in_module { format!("module.t{i}") } else { format!("thing.t{i}") }
    }

    /// An attribute of the first instance.
    fn one(&self, i: usize, attribute: &str) -> String {
        let key = match self.repeat {
            Repeat::Once => "",
            Repeat::Count(_) => "[0]",
            Repeat::Keys(_) => "[\"a\"]",
        };
        format!("{}{key}.{attribute}", self.address(i))
    }

    /// The ids of one or all instances, as a list.
    fn ids(&self, i: usize, whole: bool) -> String {
        match (whole, self.repeat) {
            (false, _) | (_, Repeat::Once) => format!("[{}]", self.one(i, "id")),
            (true, Repeat::Count(_)) => format!("{}[*].id", self.address(i)),
            (true, Repeat::Keys(_)) => format!("[for k, v in {} : v.id]", self.address(i)),
        }
    }

    /// The argument that says how often, and the name of an instance.
    fn repetition(&self, i: usize, late: Option<String>) -> (String, String) {
        let keys = format!("{:?}", self.keys());
        match (self.repeat, late) {
            (Repeat::Once, _) => (String::new(), format!("t{i}")),
            (Repeat::Count(n), None) => (format!("  count = {n}\n"), format!("t{i}-${{count.index}}")),
            (Repeat::Count(n), Some(note)) => {
                (format!("  count = {note} == \"auto\" ? {n} : 0\n"), format!("t{i}-${{count.index}}"))
            }
            (Repeat::Keys(_), None) => (format!("  for_each = toset({keys})\n"), format!("t{i}-${{each.key}}")),
            (Repeat::Keys(_), Some(note)) => (
                format!("  for_each = toset([for k in {keys} : k if {note} == \"auto\"])\n"),
                format!("t{i}-${{each.key}}"),
            ),
        }
    }
}

/// The text of a program.
pub fn text(decls: &[Option<Decl>]) -> String {
    written(decls, false)
}

fn written(decls: &[Option<Decl>], late: bool) -> String {
    let mut out = String::new();
    for (i, decl) in decls.iter().enumerate() {
        let Some(decl) = decl else { continue };
        let lower = |bits: u8| (0..i).filter(move |j| bits >> j & 1 == 1).filter_map(|j| Some((j, decls[j].as_ref()?)));
        let links: Vec<String> = lower(decl.links).map(|(j, other)| other.ids(j, decl.whole)).collect();
        let follows: String = lower(decl.follows).map(|(j, other)| format!("${{{}}}", other.one(j, "id"))).collect();
        let note = lower(decl.after).map(|(j, other)| other.one(j, "note")).next_back().filter(|_| late);
        let (repetition, name) = decl.repetition(i, note);
        let Decl { size, color, create_before_destroy: first, .. } = decl;
        let arguments = format!(
            "{repetition}  name = \"{name}\"\n  size = {size}\n  color = \"{color}{follows}\"\n  links = concat([], {})\n",
            if links.is_empty() { "[]".into() } else { links.join(", ") }
        );
        let _ = match decl.in_module {
            true => writeln!(out, "module \"t{i}\" {{\n  source = \"./m\"\n{arguments}  first = {first}\n}}"),
            false => writeln!(
                out,
                "resource \"thing\" \"t{i}\" {{\n{arguments}  lifecycle {{\n    create_before_destroy = {first}\n  }}\n}}"
            ),
        };
    }
    out
}

/// The names of all things of a program.
pub fn names(decls: &[Option<Decl>]) -> Vec<String> {
    let there = decls.iter().enumerate().filter_map(|(i, decl)| Some((i, decl.as_ref()?)));
    let names = |(i, decl): (usize, &Decl)| {
        let each: Vec<String> = match decl.repeat {
            Repeat::Once => vec![format!("t{i}")],
            Repeat::Count(n) => (0..n).map(|k| format!("t{i}-{k}")).collect(),
            Repeat::Keys(_) => decl.keys().into_iter().map(|k| format!("t{i}-{k}")).collect(),
        };
        let inner = |name: &String| decl.in_module.then(|| format!("{name}-y"));
        each.iter().cloned().chain(each.iter().filter_map(inner)).collect::<Vec<_>>()
    };
    there.flat_map(names).collect()
}

/// A program, loaded.
pub fn config(decls: &[Option<Decl>]) -> Config {
    loaded(&text(decls))
}

/// The same program, in which it is known late how often there are some things.
pub fn late(decls: &[Option<Decl>]) -> Config {
    loaded(&written(decls, true))
}

fn loaded(main: &str) -> Config {
    let config = load(&[("main.tf", main), ("m/main.tf", MODULE)]);
    assert!(!config.diags.has_errors(), "{main}\n{}", shown(&config.diags, &config.files));
    config
}
