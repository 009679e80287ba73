//! IAM policy documents: statements, how they merge, how they are written.

use super::json::Json;
use super::set_order;

/// A policy document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Version of the policy language; empty if none is given.
    pub version: String,
    /// An id of the document; empty if none is given.
    pub id: String,
    /// The statements in order.
    pub statements: Vec<Statement>,
}

/// One statement. Parts that are `None` or empty are not written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// Its id within the document; empty if none is given.
    pub sid: String,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Actions it is about.
    pub actions: Option<Json>,
    /// Actions it is not about.
    pub not_actions: Option<Json>,
    /// Resources it is about.
    pub resources: Option<Json>,
    /// Resources it is not about.
    pub not_resources: Option<Json>,
    /// Who it is about.
    pub principals: Vec<Principal>,
    /// Who it is not about.
    pub not_principals: Vec<Principal>,
    /// When it holds.
    pub conditions: Vec<Condition>,
}

/// Principals of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser` or `*`.
    pub ty: String,
    /// Their identifiers.
    pub identifiers: Strings,
}

/// One or several texts, which documents write differently.
#[derive(Clone, Debug, PartialEq)]
pub enum Strings {
    /// Written as a string.
    One(String),
    /// Written as an array, also if there is but one.
    Many(Vec<String>),
}

/// A condition: one operator on one variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The operator: `StringEquals`.
    pub test: String,
    /// The context variable: `aws:SourceArn`.
    pub variable: String,
    /// The values it is compared with.
    pub values: Vec<String>,
}

impl Document {
    /// Takes in another document: its id, the greater version, and its statements, which replace those with their sid.
    pub fn merge(&mut self, other: Document) {
        if !other.id.is_empty() {
            self.id = other.id;
        }
        if other.version > self.version {
            self.version = other.version;
        }
        for statement in other.statements {
            let same = |s: &&mut Statement| !s.sid.is_empty() && s.sid == statement.sid;
            match self.statements.iter_mut().find(same) {
                Some(existing) => *existing = statement,
                None => self.statements.push(statement),
            }
        }
    }

    /// The document as JSON, members in the order that the AWS provider writes.
    pub fn to_json(&self) -> Json {
        let mut members = Vec::new();
        push_text(&mut members, "Version", &self.version);
        push_text(&mut members, "Id", &self.id);
        if !self.statements.is_empty() {
            let statements = self.statements.iter().map(Statement::to_json).collect();
            members.push(("Statement".to_owned(), Json::Array(statements)));
        }
        Json::Object(members)
    }
}

impl Statement {
    fn to_json(&self) -> Json {
        let mut members = Vec::new();
        push_text(&mut members, "Sid", &self.sid);
        push_text(&mut members, "Effect", &self.effect);
        let lists = [
            ("Action", &self.actions),
            ("NotAction", &self.not_actions),
            ("Resource", &self.resources),
            ("NotResource", &self.not_resources),
        ];
        members.extend(lists.into_iter().filter_map(|(name, json)| Some((name.to_owned(), json.clone()?))));
        for (name, principals) in [("Principal", &self.principals), ("NotPrincipal", &self.not_principals)] {
            if !principals.is_empty() {
                members.push((name.to_owned(), principals_json(principals)));
            }
        }
        if !self.conditions.is_empty() {
            members.push(("Condition".to_owned(), conditions_json(&self.conditions)));
        }
        Json::Object(members)
    }
}

impl Principal {
    /// The form by which the plugin SDK orders principal blocks.
    pub fn sort_form(ty: &str, identifiers: &[String]) -> String {
        format!("identifiers:{}type:{}", set_order::set(identifiers), set_order::string(ty))
    }
}

impl Condition {
    /// The form by which the plugin SDK orders condition blocks.
    pub fn sort_form(&self) -> String {
        let [test, variable] = [&self.test, &self.variable].map(|s| set_order::string(s));
        format!("test:{test}values:{}variable:{variable}", set_order::list(&self.values))
    }
}

/// Strings as the configuration of a statement gives them: one as a string, more as an array in descending order.
pub fn strings(mut values: Vec<String>) -> Strings {
    match values.len() {
        1 => Strings::One(values.remove(0)),
        _ => {
            values.sort_by(|a, b| b.cmp(a));
            Strings::Many(values)
        }
    }
}

impl From<Strings> for Json {
    fn from(strings: Strings) -> Json {
        match strings {
            Strings::One(s) => Json::String(s),
            Strings::Many(values) => Json::Array(values.into_iter().map(Json::String).collect()),
        }
    }
}

fn push_text(members: &mut Vec<(String, Json)>, name: &str, text: &str) {
    if !text.is_empty() {
        members.push((name.to_owned(), Json::String(text.to_owned())));
    }
}

/// `{"*": "*"}` is written as `"*"`, but `{"AWS": "*"}` stays: roles accept only that one.
fn principals_json(principals: &[Principal]) -> Json {
    if let [one] = principals
        && one.ty == "*"
        && one.identifiers.is_just("*")
    {
        return Json::String("*".to_owned());
    }
    let mut by_type: Vec<(String, Strings)> = Vec::new();
    for principal in principals {
        let identifiers = principal.identifiers.clone().descending();
        match by_type.iter_mut().find(|(ty, _)| *ty == principal.ty) {
            Some((_, known)) => known.append(identifiers),
            None => by_type.push((principal.ty.clone(), identifiers)),
        }
    }
    by_type.sort_by(|a, b| a.0.cmp(&b.0));
    Json::Object(by_type.into_iter().map(|(ty, identifiers)| (ty, identifiers.into())).collect())
}

impl Strings {
    fn is_just(&self, text: &str) -> bool {
        match self {
            Strings::One(s) => s == text,
            Strings::Many(values) => matches!(&values[..], [s] if s == text),
        }
    }

    fn descending(self) -> Strings {
        match self {
            Strings::Many(mut values) => {
                values.sort_by(|a, b| b.cmp(a));
                Strings::Many(values)
            }
            one => one,
        }
    }

    fn append(&mut self, other: Strings) {
        let mut all = std::mem::replace(self, Strings::Many(Vec::new())).into_vec();
        all.extend(other.into_vec());
        *self = Strings::Many(all);
    }

    fn into_vec(self) -> Vec<String> {
        match self {
            Strings::One(s) => vec![s],
            Strings::Many(values) => values,
        }
    }
}

fn conditions_json(conditions: &[Condition]) -> Json {
    let mut tests: Vec<(String, Vec<(String, Vec<String>)>)> = Vec::new();
    for condition in conditions {
        let variables = entry(&mut tests, &condition.test);
        entry(variables, &condition.variable).extend(condition.values.iter().cloned());
    }
    sorted_object(tests, |variables| sorted_object(variables, values_json))
}

fn entry<'a, T: Default>(pairs: &'a mut Vec<(String, T)>, name: &str) -> &'a mut T {
    let at = pairs.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
        pairs.push((name.to_owned(), T::default()));
        pairs.len() - 1
    });
    &mut pairs[at].1
}

fn sorted_object<T>(mut pairs: Vec<(String, T)>, to_json: impl Fn(T) -> Json) -> Json {
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    Json::Object(pairs.into_iter().map(|(name, value)| (name, to_json(value))).collect())
}

fn values_json(mut values: Vec<String>) -> Json {
    match values.len() {
        1 => Json::String(values.remove(0)),
        _ => Json::Array(values.into_iter().map(Json::String).collect()),
    }
}
