//! Fills the tables that a query reads.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::types::{Null, Value as Sql};
use rusqlite::{Connection, Result};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use terrane_address::{Instance, Key, Mode};
use terrane_state::{DeposedKey, ResourceState, StoredObject};
use terrane_value::{Block, Type};

use crate::catalogue::{Home, Table, quoted};
use crate::guard::Read;
use crate::secret::Secret;
use crate::{HIDDEN, Source};

/// Fills what was read, column by column.
pub(crate) fn fill(database: &Connection, source: &Source<'_>, tables: &[Table], read: &Read) -> Result<()> {
    database.execute_batch("BEGIN")?;
    for table in tables {
        let Some(wanted) = read.get(&(table.database().to_owned(), table.name.to_lowercase())) else { continue };
        let columns: Vec<&str> =
            table.columns.iter().map(|c| &*c.name).filter(|name| wanted.contains(&name.to_lowercase())).collect();
        let mut rows = Rows::new(database, table, &columns)?;
        match (table.home, &*table.name) {
            (Home::State, "resources") => resources(source, &columns, &mut rows)?,
            (Home::State, "attributes") => attributes(source, &columns, &mut rows)?,
            (Home::State, "dependencies") => dependencies(source, &columns, &mut rows)?,
            (Home::State, "outputs") => outputs(source, &columns, &mut rows)?,
            (Home::State, _) => state(source, &columns, &mut rows)?,
            _ => of_type(source, table, &columns, &mut rows)?,
        }
    }
    database.execute_batch("COMMIT")
}

/// Rows on their way into a table.
struct Rows<'d> {
    insert: rusqlite::Statement<'d>,
}

impl<'d> Rows<'d> {
    /// Rows with some of the columns; the others stay null.
    fn new(database: &'d Connection, table: &Table, columns: &[&str]) -> Result<Rows<'d>> {
        // A table whose rows are only counted has some column all the same.
        let names: Vec<String> = match columns.is_empty() {
            true => vec![quoted(&table.columns[0].name)],
            false => columns.iter().map(|name| quoted(name)).collect(),
        };
        let places = vec!["?"; names.len()].join(", ");
        let (home, name) = (table.database(), quoted(&table.name));
        let insert = format!("INSERT INTO {home}.{name} ({}) VALUES ({places})", names.join(", "));
        Ok(Rows { insert: database.prepare(&insert)? })
    }

    fn add(&mut self, cells: impl IntoIterator<Item = Sql>) -> Result<()> {
        let mut cells = cells.into_iter().peekable();
        match cells.peek() {
            None => self.insert.execute([Null]).map(drop),
            Some(_) => self.insert.execute(rusqlite::params_from_iter(cells)).map(drop),
        }
    }
}

/// One object with where it is.
struct Row<'a> {
    instance: Instance,
    resource: &'a ResourceState,
    deposed: Option<&'a DeposedKey>,
    object: &'a StoredObject,
}

fn rows<'a>(source: &Source<'a>) -> impl Iterator<Item = Row<'a>> {
    let snapshot = source.snapshot;
    snapshot.resources.iter().flat_map(|(address, resource)| {
        resource.instances.iter().flat_map(move |(key, state)| {
            let deposed = state.deposed.iter().map(|(key, object)| (Some(key), object));
            let all = state.current.iter().map(|object| (None, object)).chain(deposed);
            let instance = address.instance(key.clone());
            all.map(move |(deposed, object)| Row { instance: instance.clone(), resource, deposed, object })
        })
    })
}

fn text(text: impl ToString) -> Sql {
    Sql::Text(text.to_string())
}

fn key(key: &Key) -> Sql {
    match key {
        Key::None => Sql::Null,
        Key::Int(n) => i64::try_from(*n).map_or_else(|_| text(n), Sql::Integer),
        Key::String(name) => text(name),
    }
}

fn module(instance: &Instance) -> Sql {
    text(&instance.resource.module)
}

fn mode(mode: Mode) -> Sql {
    text(match mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    })
}

fn resources(source: &Source<'_>, columns: &[&str], out: &mut Rows<'_>) -> Result<()> {
    let mut secrets = Secrets::new(source);
    for row in rows(source) {
        let cells = columns.iter().map(|column| cell_of_resource(&row, column, &mut secrets));
        out.add(cells.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn cell_of_resource(row: &Row<'_>, column: &str, secrets: &mut Secrets<'_>) -> Sql {
    let Row { instance, resource, deposed, object } = row;
    let names = &instance.resource.resource;
    match column {
        "address" => text(instance),
        "resource" => text(instance.resource.config()),
        "module" => module(instance),
        "mode" => mode(names.mode),
        "type" => text(&names.ty),
        "name" => text(&names.name),
        "key" => key(&instance.key),
        "provider" => text(&resource.provider.provider),
        "id" => secrets.fields(row, &["id"]).pop().unwrap_or(Sql::Null),
        "tainted" => object.tainted.into(),
        "deposed" => deposed.map_or(Sql::Null, text),
        "depends_on" => {
            let names: Vec<String> = object.dependencies.iter().map(ToString::to_string).collect();
            text(Json::from(names))
        }
        "create_before_destroy" => object.create_before_destroy.into(),
        "prevent_destroy" => object.prevent_destroy.into(),
        "skip_destroy" => object.skip_destroy.into(),
        "schema_version" => i64::try_from(object.schema_version).unwrap_or(i64::MAX).into(),
        "identity" => object.identity.as_ref().map_or(Sql::Null, |(_, json)| text(json)),
        _ => secrets.whole(row),
    }
}

fn dependencies(source: &Source<'_>, columns: &[&str], out: &mut Rows<'_>) -> Result<()> {
    for row in rows(source).filter(|row| row.deposed.is_none()) {
        for dependency in row.object.dependencies.iter() {
            out.add(columns.iter().map(|column| match *column {
                "address" => text(&row.instance),
                "resource" => text(row.instance.resource.config()),
                _ => text(dependency),
            }))?;
        }
    }
    Ok(())
}

fn outputs(source: &Source<'_>, columns: &[&str], out: &mut Rows<'_>) -> Result<()> {
    for (name, output) in &source.snapshot.outputs {
        out.add(columns.iter().map(|column| match *column {
            "name" => text(name),
            "type" => text(terrane_value::json::type_to_json(&output.ty).trim_matches('"')),
            "sensitive" => output.sensitive.into(),
            _ if output.sensitive && !source.secrets => text(HIDDEN),
            _ => raw(&output.json),
        }))?;
    }
    Ok(())
}

fn state(source: &Source<'_>, columns: &[&str], out: &mut Rows<'_>) -> Result<()> {
    let snapshot = source.snapshot;
    out.add(columns.iter().map(|column| match *column {
        "lineage" => text(&snapshot.lineage),
        "serial" => i64::try_from(snapshot.serial).unwrap_or(i64::MAX).into(),
        _ => text(&snapshot.terraform_version),
    }))
}

fn of_type(source: &Source<'_>, table: &Table, columns: &[&str], out: &mut Rows<'_>) -> Result<()> {
    let wanted = if table.home == Home::Data { Mode::Data } else { Mode::Managed };
    let fields: Vec<&str> = columns.iter().copied().filter(|name| !name.starts_with('_')).collect();
    let mut secrets = Secrets::new(source);
    let is_in = |row: &Row<'_>| {
        let resource = &row.instance.resource.resource;
        resource.mode == wanted && resource.ty == table.name && row.deposed.is_none()
    };
    for row in rows(source).filter(is_in) {
        let mut values = secrets.fields(&row, &fields).into_iter();
        let cells = columns.iter().map(|column| match *column {
            "_address" => text(&row.instance),
            "_module" => module(&row.instance),
            "_name" => text(&row.instance.resource.resource.name),
            "_key" => key(&row.instance.key),
            "_provider" => text(&row.resource.provider.provider),
            "_tainted" => row.object.tainted.into(),
            _ => values.next().unwrap_or(Sql::Null),
        });
        out.add(cells.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn attributes(source: &Source<'_>, columns: &[&str], out: &mut Rows<'_>) -> Result<()> {
    let mut secrets = Secrets::new(source);
    for row in rows(source) {
        let (of_type, secret) = secrets.of(&row);
        let address = row.instance.to_string();
        let mut object: Json = serde_json::from_str(&row.object.attributes).unwrap_or_default();
        of_type.bare(&mut object);
        let mut leaves = Leaves { secret_shown: source.secrets, path: String::new(), found: Vec::new() };
        leaves.visit(&object, &secret);
        for (path, value, sensitive) in leaves.found {
            out.add(columns.iter().map(|column| match *column {
                "address" => text(&address),
                "type" => text(&row.instance.resource.resource.ty),
                "deposed" => row.deposed.map_or(Sql::Null, text),
                "attribute" => text(path.split(['.', '[']).next().unwrap_or_default()),
                "path" => text(&path),
                "value" => value.clone(),
                _ => sensitive.into(),
            }))?;
        }
    }
    Ok(())
}

/// The values in an object, each with its path and whether it is sensitive.
struct Leaves {
    secret_shown: bool,
    path: String,
    found: Vec<(String, Sql, bool)>,
}

impl Leaves {
    fn visit(&mut self, value: &Json, secret: &Secret) {
        let hidden = secret.is_whole() && !self.secret_shown && !value.is_null();
        match value {
            _ if hidden => self.found.push((self.path.clone(), text(HIDDEN), true)),
            Json::Object(fields) if !fields.is_empty() => {
                fields.iter().for_each(|(name, value)| self.part(name, value, &secret.part(name)));
            }
            Json::Array(values) if !values.is_empty() => {
                let mut place = |at: usize, value| {
                    let length = self.path.len();
                    self.path += &format!("[{at}]");
                    self.visit(value, &secret.part(&at.to_string()));
                    self.path.truncate(length);
                };
                values.iter().enumerate().for_each(|(at, value)| place(at, value));
            }
            value => self.found.push((self.path.clone(), leaf(value), secret.is_whole())),
        }
    }

    fn part(&mut self, name: &str, value: &Json, secret: &Secret) {
        let length = self.path.len();
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        match (plain, length) {
            (true, 0) => self.path += name,
            (true, _) => self.path += &format!(".{name}"),
            (false, _) => self.path += &format!("[{}]", Json::from(name)),
        }
        self.visit(value, secret);
        self.path.truncate(length);
    }
}

/// A single value; booleans are the texts `true` and `false`, as the column holds values of all kinds.
fn leaf(value: &Json) -> Sql {
    match value {
        Json::Null => Sql::Null,
        Json::String(value) => text(value),
        Json::Number(number) => self::number(&number.to_string()),
        other => text(other),
    }
}

/// What has to be known of a type to read its objects.
#[derive(Default)]
struct OfType {
    secret: Secret,
    /// Attributes of any type, which are stored together with the type of their value.
    any: BTreeSet<Arc<str>>,
}

impl OfType {
    fn new(block: &Block) -> OfType {
        let any = block.attributes.iter().filter(|(_, attribute)| attribute.ty == Type::Any);
        OfType { secret: Secret::of(block), any: any.map(|(name, _)| name.clone()).collect() }
    }

    /// The object without the types beside its values.
    fn bare(&self, object: &mut Json) {
        for name in &self.any {
            if let Some(value) = object.get_mut(&**name) {
                let inner = value.get_mut("value").map(Json::take);
                *value = inner.unwrap_or(Json::Null);
            }
        }
    }
}

/// The value of an attribute that is stored together with its type.
fn bare(json: &str) -> &str {
    #[derive(serde::Deserialize)]
    struct Typed<'j> {
        #[serde(borrow)]
        value: &'j RawValue,
    }
    serde_json::from_str::<Typed<'_>>(json).map_or(json, |typed| typed.value.get())
}

/// What is sensitive, found once for each type.
struct Secrets<'a> {
    source: Source<'a>,
    by_type: BTreeMap<(Mode, Arc<str>), OfType>,
}

impl<'a> Secrets<'a> {
    fn new(source: &Source<'a>) -> Secrets<'a> {
        Secrets { source: *source, by_type: BTreeMap::new() }
    }

    fn of(&mut self, row: &Row<'_>) -> (&OfType, Cow<'_, Secret>) {
        let names = &row.instance.resource.resource;
        let (source, provider) = (self.source, &row.resource.provider.provider);
        let of_type = self.by_type.entry((names.mode, names.ty.clone())).or_insert_with(|| {
            let shape = (source.shapes)(Some(provider), names.mode, &names.ty);
            shape.map(|shape| OfType::new(&shape.block)).unwrap_or_default()
        });
        match row.object.sensitive.is_empty() {
            true => (of_type, Cow::Borrowed(&of_type.secret)),
            false => (of_type, Cow::Owned(of_type.secret.with(&row.object.sensitive))),
        }
    }

    /// The object as JSON, without what is hidden.
    fn whole(&mut self, row: &Row<'_>) -> Sql {
        let shown = self.source.secrets;
        let (of_type, secret) = self.of(row);
        if (shown || secret.is_empty()) && is_plain(&row.object.attributes) && of_type.any.is_empty() {
            return text(&*row.object.attributes);
        }
        let mut object: Json = serde_json::from_str(&row.object.attributes).unwrap_or_default();
        of_type.bare(&mut object);
        if !shown {
            secret.hide(&mut object);
        }
        text(object)
    }

    /// Some attributes of an object, without what is hidden.
    fn fields(&mut self, row: &Row<'_>, names: &[&str]) -> Vec<Sql> {
        if names.is_empty() {
            return Vec::new();
        }
        let shown = self.source.secrets;
        let (of_type, secret) = self.of(row);
        let all: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(&row.object.attributes).unwrap_or_default();
        let one = |name: &&str| {
            let json = all.get(*name).map_or("null", |value| value.get());
            let json = if of_type.any.contains(*name) { bare(json) } else { json };
            let secret = secret.part(name);
            if shown || secret.is_empty() {
                return raw(json);
            }
            let mut value: Json = serde_json::from_str(json).unwrap_or_default();
            secret.hide(&mut value);
            raw(&value.to_string())
        };
        names.iter().map(one).collect()
    }
}

/// Whether JSON has no line ends between its values and no escapes that it could do without.
fn is_plain(json: &str) -> bool {
    !json.contains('\n') && !json.contains("\\u00")
}

/// JSON as the engine holds it: collections stay JSON.
fn raw(json: &str) -> Sql {
    match json.as_bytes().first() {
        None | Some(b'n') => Sql::Null,
        Some(b't') => Sql::Integer(1),
        Some(b'f') => Sql::Integer(0),
        Some(b'"') => serde_json::from_str(json).map_or(Sql::Null, Sql::Text),
        Some(b'[' | b'{') if is_plain(json) => text(json),
        Some(b'[' | b'{') => serde_json::from_str::<Json>(json).map_or_else(|_| text(json), text),
        Some(_) => number(json),
    }
}

/// A number, as text if the engine could not hold it exactly.
fn number(digits: &str) -> Sql {
    match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(number), _) => Sql::Integer(number),
        (_, Ok(number)) if digits.len() <= 15 => Sql::Real(number),
        _ => text(digits),
    }
}
