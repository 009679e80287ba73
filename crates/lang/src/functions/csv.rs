//! Functions of comma-separated values.

use std::collections::BTreeSet;

use terrane_value::{Type, Value};

use super::call::Call;
use super::signature::anything;
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[Function::new("csvdecode", &[Param::string("str")], anything, csvdecode)];

/// The first record names the attributes of the objects that the others become.
fn csvdecode(call: &Call<'_>) -> Result<Value, ArgError> {
    let mut records = Records { rest: call.text(0), line: 1 };
    let wrong = |message: String| ArgError::at(0, message);
    let names = records.next().ok_or_else(|| wrong("the header line is missing".into()))?.map_err(wrong)?.fields;
    let mut distinct = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !distinct.insert(*name)) {
        return Err(wrong(format!("two columns have the name {}", call.shown(twice))));
    }
    let mut objects = Vec::new();
    for record in records {
        let record = record.map_err(wrong)?;
        let (has, wants) = (record.fields.len(), names.len());
        if has != wants {
            return Err(wrong(format!("line {} has {has} fields, but the header line has {wants}", record.line)));
        }
        let fields = names.iter().cloned().zip(record.fields.into_iter().map(Value::from));
        objects.push(Value::object(fields));
    }
    let object = Type::object(names.iter().map(|name| (name.as_str(), Type::String)));
    Ok(Value::list(object, objects))
}

struct Record {
    /// Where it begins, counted from 1.
    line: usize,
    fields: Vec<String>,
}

/// Records by RFC 4180; empty lines are none.
struct Records<'t> {
    rest: &'t str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = Result<Record, String>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.take("\n") || self.take("\r\n") {
            self.line += 1;
        }
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let fields = self.fields();
        if fields.is_err() {
            self.rest = "";
        }
        Some(fields.map(|fields| Record { line, fields }).map_err(|why| format!("line {}: {why}", self.line)))
    }
}

impl Records<'_> {
    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Up to the end of the line.
    fn fields(&mut self) -> Result<Vec<String>, &'static str> {
        let mut fields = Vec::new();
        loop {
            fields.push(if self.take("\"") { self.quoted()? } else { self.plain()? });
            if self.take(",") {
                continue;
            }
            if self.rest.is_empty() || self.take("\n") || self.take("\r\n") {
                self.line += 1;
                return Ok(fields);
            }
            return Err("a field goes on after its closing quote; a quote within a field is written as two");
        }
    }

    fn plain(&mut self) -> Result<String, &'static str> {
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        // The line break may be of two characters.
        let field = if rest.starts_with(',') { field } else { field.strip_suffix('\r').unwrap_or(field) };
        if field.contains('"') {
            return Err("a field without quotes around it has a quote in it");
        }
        self.rest = rest;
        Ok(field.into())
    }

    /// After the opening quote.
    fn quoted(&mut self) -> Result<String, &'static str> {
        let mut field = String::new();
        loop {
            let (part, rest) = self.rest.split_once('"').ok_or("the closing quote of a field is missing")?;
            self.line += part.matches('\n').count();
            field.push_str(&part.replace("\r\n", "\n"));
            self.rest = rest;
            if !self.take("\"") {
                return Ok(field);
            }
            field.push('"');
        }
    }
}
