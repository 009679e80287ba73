//! Which tables there are, and which columns they have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::value::RawValue;
use terrane_address::{Mode, Provider};
use terrane_state::StoredObject;
use terrane_value::{Schema, Type};

use crate::Source;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name without that of its home.
    pub name: Arc<str>,
    /// What it holds, in a sentence.
    pub about: String,
    /// Its columns.
    pub columns: Vec<Column>,
    pub(crate) home: Home,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: Arc<str>,
    /// What its values are; `None` if they are of all kinds.
    pub kind: Option<Kind>,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Numbers.
    Number,
    /// 0 or 1.
    Bool,
    /// Lists, maps and objects as JSON.
    Json,
}

/// Which objects a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A part of the state as a whole.
    State,
    /// The managed objects of a type.
    Managed,
    /// What was read by the data sources of a type.
    Data,
}

impl Kind {
    /// The declared type. By its affinity the engine leaves the values as they are: numbers that it could not hold exactly
    /// are texts.
    fn declaration(kind: Option<Kind>) -> &'static str {
        match kind {
            Some(Kind::Text) => "TEXT",
            Some(Kind::Number) => "BLOB NUMBER",
            Some(Kind::Bool) => "BOOLEAN",
            Some(Kind::Json) => "JSONTEXT",
            None => "",
        }
    }

    pub(crate) fn declared(text: &str) -> Option<Kind> {
        let all = [Kind::Text, Kind::Number, Kind::Bool, Kind::Json];
        all.into_iter().find(|kind| Kind::declaration(Some(*kind)) == text)
    }

    /// The word for people.
    pub fn name(kind: Option<Kind>) -> &'static str {
        match kind {
            Some(Kind::Text) => "text",
            Some(Kind::Number) => "number",
            Some(Kind::Bool) => "boolean",
            Some(Kind::Json) => "json",
            None => "any",
        }
    }

    fn of(ty: &Type) -> Option<Kind> {
        match ty {
            Type::String => Some(Kind::Text),
            Type::Number => Some(Kind::Number),
            Type::Bool => Some(Kind::Bool),
            Type::Any => None,
            _ => Some(Kind::Json),
        }
    }

    fn of_json(json: &str) -> Option<Kind> {
        match json.as_bytes().first()? {
            b'"' => Some(Kind::Text),
            b't' | b'f' => Some(Kind::Bool),
            b'[' | b'{' => Some(Kind::Json),
            b'n' => None,
            _ => Some(Kind::Number),
        }
    }
}

impl Table {
    /// Its name in a query.
    pub fn full_name(&self) -> String {
        let prefix = if self.home == Home::Data { "data." } else { "" };
        format!("{prefix}{}", self.name)
    }

    pub(crate) fn database(&self) -> &'static str {
        if self.home == Home::Data { "data" } else { "main" }
    }

    pub(crate) fn declaration(&self) -> String {
        let column = |column: &Column| format!("{} {}", quoted(&column.name), Kind::declaration(column.kind));
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        format!("CREATE TABLE {}.{} ({});", self.database(), quoted(&self.name), columns.join(", "))
    }
}

/// A name as SQL takes it, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns that every table of a type begins with; no attribute has such a name.
pub(crate) const OWN: &[(&str, Option<Kind>)] = &[
    ("_address", Some(Kind::Text)),
    ("_module", Some(Kind::Text)),
    ("_name", Some(Kind::Text)),
    ("_key", None),
    ("_provider", Some(Kind::Text)),
    ("_tainted", Some(Kind::Bool)),
];

type Columns = &'static [(&'static str, Option<Kind>)];

/// The tables of every state: name, what they hold, columns.
const FIXED: &[(&str, &str, Columns)] = &[
    (
        "resources",
        "A row for every object, deposed ones included.",
        &[
            ("address", Some(Kind::Text)),
            ("resource", Some(Kind::Text)),
            ("module", Some(Kind::Text)),
            ("mode", Some(Kind::Text)),
            ("type", Some(Kind::Text)),
            ("name", Some(Kind::Text)),
            ("key", None),
            ("provider", Some(Kind::Text)),
            ("id", Some(Kind::Text)),
            ("tainted", Some(Kind::Bool)),
            ("deposed", Some(Kind::Text)),
            ("depends_on", Some(Kind::Json)),
            ("create_before_destroy", Some(Kind::Bool)),
            ("prevent_destroy", Some(Kind::Bool)),
            ("skip_destroy", Some(Kind::Bool)),
            ("schema_version", Some(Kind::Number)),
            ("identity", Some(Kind::Json)),
            ("attributes", Some(Kind::Json)),
        ],
    ),
    (
        "attributes",
        "A row for every value in an object: texts, numbers, booleans, nulls and empty collections.",
        &[
            ("address", Some(Kind::Text)),
            ("type", Some(Kind::Text)),
            ("deposed", Some(Kind::Text)),
            ("path", Some(Kind::Text)),
            ("attribute", Some(Kind::Text)),
            ("value", None),
            ("sensitive", Some(Kind::Bool)),
        ],
    ),
    (
        "dependencies",
        "A row for every resource that an object depends on.",
        &[("address", Some(Kind::Text)), ("resource", Some(Kind::Text)), ("depends_on", Some(Kind::Text))],
    ),
    (
        "outputs",
        "The outputs of the root module.",
        &[("name", Some(Kind::Text)), ("value", None), ("type", Some(Kind::Text)), ("sensitive", Some(Kind::Bool))],
    ),
    (
        "state",
        "One row about the state itself.",
        &[("lineage", Some(Kind::Text)), ("serial", Some(Kind::Number)), ("terraform_version", Some(Kind::Text))],
    ),
];

fn columns(columns: &[(&str, Option<Kind>)]) -> Vec<Column> {
    columns.iter().map(|(name, kind)| Column { name: (*name).into(), kind: *kind }).collect()
}

fn fixed() -> impl Iterator<Item = Table> {
    FIXED.iter().map(|(name, about, own)| Table {
        name: (*name).into(),
        about: (*about).to_owned(),
        columns: columns(own),
        home: Home::State,
    })
}

/// One type of objects.
type Ty = (Mode, Arc<str>);

/// The types in the state, each with an example of its objects.
fn types<'a>(source: &Source<'a>) -> BTreeMap<Ty, (&'a Provider, Option<&'a StoredObject>)> {
    let mut all = BTreeMap::new();
    for (address, resource) in &source.snapshot.resources {
        let example = resource.instances.values().find_map(|instance| instance.current.as_ref());
        let (_, known) = all
            .entry((address.resource.mode, address.resource.ty.clone()))
            .or_insert((&resource.provider.provider, example));
        *known = known.or(example);
    }
    all
}

fn table(source: &Source<'_>, (mode, ty): Ty, provider: Option<&Provider>, example: Option<&StoredObject>) -> Table {
    let shape = (source.shapes)(provider, mode, &ty);
    let of_type = shape.map(|shape| shaped(&shape)).or_else(|| Some(sampled(example?)));
    let home = if mode == Mode::Data { Home::Data } else { Home::Managed };
    let about = match home {
        Home::Data => format!("What data sources of type {ty} have read."),
        _ => format!("The objects of type {ty}, without deposed ones."),
    };
    let mut all = columns(OWN);
    all.extend(of_type.unwrap_or_default());
    Table { name: ty, about, columns: all, home }
}

fn shaped(schema: &Schema) -> Vec<Column> {
    let stored = schema.block.attributes.iter().filter(|(_, attribute)| !attribute.write_only);
    let attributes = stored.map(|(name, attribute)| (name.clone(), Kind::of(&attribute.ty)));
    let blocks = schema.block.blocks.keys().map(|name| (name.clone(), Some(Kind::Json)));
    let all: BTreeMap<_, _> = attributes.chain(blocks).collect();
    all.into_iter().map(|(name, kind)| Column { name, kind }).collect()
}

/// The columns of a type that no provider describes: those of one of its objects.
fn sampled(example: &StoredObject) -> Vec<Column> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(&example.attributes).unwrap_or_default();
    fields.into_iter().map(|(name, value)| Column { name: name.into(), kind: Kind::of_json(value.get()) }).collect()
}

/// All tables: those of every state, then one for each type in it.
pub(crate) fn all(source: &Source<'_>) -> Vec<Table> {
    let of_types =
        types(source).into_iter().map(|(ty, (provider, example))| table(source, ty, Some(provider), example));
    fixed().chain(of_types).collect()
}

/// The tables that a query may mean: those of every state, and those of the types whose names occur in it, be there
/// objects or not.
pub(crate) fn tables_for(source: &Source<'_>, sql: &str) -> Vec<Table> {
    let words = words(sql);
    let there = types(source);
    let mut tables: Vec<Table> = fixed().collect();
    for word in &words {
        for mode in [Mode::Managed, Mode::Data] {
            let ty = (mode, Arc::from(word.as_str()));
            match there.get(&ty) {
                Some((provider, example)) => tables.push(table(source, ty, Some(provider), *example)),
                None if (source.shapes)(None, mode, word).is_some() => tables.push(table(source, ty, None, None)),
                None => {}
            }
        }
    }
    tables
}

/// The words of a query, in lower case.
pub(crate) fn words(sql: &str) -> BTreeSet<String> {
    let parts = sql.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
