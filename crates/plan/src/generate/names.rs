//! The ids and names of known objects, for references in place of literal values.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use terrane_address::Instance;
use terrane_value::Value;

/// Attributes that name an object to others, the best first.
const NAMING: [&str; 3] = ["id", "arn", "name"];

/// Values that stand for objects: where they come from.
#[derive(Default)]
pub(crate) struct Names {
    by_value: HashMap<String, Vec<(Instance, &'static str)>>,
    /// Which generated resources refer to which.
    references: BTreeMap<Instance, BTreeSet<Instance>>,
}

impl Names {
    /// Takes an object of the root module in.
    pub fn add(&mut self, instance: &Instance, value: &Value) {
        for name in NAMING {
            let Some(text) = value.get(name).filter(|value| value.marks().is_empty()).and_then(Value::as_str) else {
                continue;
            };
            self.by_value.entry(text.to_owned()).or_default().push((instance.clone(), name));
        }
    }

    /// What an attribute can refer to in place of a text; `None` if that is not plain, or would lead back.
    pub fn reference(&mut self, from: &Instance, attribute: &str, text: &str) -> Option<String> {
        let (to, name) = self.find(from, attribute, text)?;
        let (to, reference) = (to.clone(), format!("{to}.{name}"));
        self.references.entry(from.clone()).or_default().insert(to);
        Some(reference)
    }

    /// The object, and which of its attributes, that a text stands for.
    pub fn find(&self, from: &Instance, attribute: &str, text: &str) -> Option<(&Instance, &'static str)> {
        // Short texts and those for people are alike by chance.
        if text.len() < 4 || ["name", "name_prefix", "description"].contains(&attribute) {
            return None;
        }
        let stem = stem(attribute);
        let fits = |instance: &Instance| instance.resource.resource.ty.ends_with(stem);
        let known = self.by_value.get(text)?;
        let others = known.iter().filter(|(to, name)| to != from && (*name != "name" || fits(to)));
        let others: Vec<_> = others.filter(|(to, _)| !self.leads_to(to, from)).collect();
        let alone = others.iter().all(|(to, _)| Some(to) == others.first().map(|(first, _)| first));
        let found = others.iter().find(|(to, _)| fits(to)).or_else(|| others.first().filter(|_| alone))?;
        Some((&found.0, found.1))
    }

    fn leads_to(&self, from: &Instance, to: &Instance) -> bool {
        let mut queue = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(next) = queue.pop() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                queue.extend(self.references.get(next).into_iter().flatten());
            }
        }
        false
    }
}

/// What an attribute is about: `role` of `role_arn`, `subnet` of `subnet_ids`.
fn stem(attribute: &str) -> &str {
    let attribute = attribute.strip_suffix('s').unwrap_or(attribute);
    ["_id", "_arn", "_name"].iter().find_map(|end| attribute.strip_suffix(end)).unwrap_or(attribute)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_address::parse_instance;

    use super::*;

    fn object(pairs: &[(&str, &str)]) -> Value {
        Value::object(pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))))
    }

    #[test]
    fn ids_become_references_where_they_are_plain() {
        let at = |text: &str| parse_instance(text).unwrap();
        let mut names = Names::default();
        names.add(&at("x_vpc.main"), &object(&[("id", "vpc-1"), ("arn", "arn:1")]));
        names.add(&at("x_iam_role.r[\"k\"]"), &object(&[("id", "admin"), ("name", "admin")]));
        names.add(&at("x_bucket.b"), &object(&[("id", "files")]));
        names.add(&at("x_bucket_versioning.b"), &object(&[("id", "files")]));
        let subnet = at("x_subnet.s");
        let mut said = |attribute: &str, text: &str| names.reference(&subnet, attribute, text).unwrap_or_default();
        assert_eq!(said("vpc_id", "vpc-1"), "x_vpc.main.id");
        assert_eq!(said("source_arn", "arn:1"), "x_vpc.main.arn");
        assert_eq!(said("role", "admin"), "x_iam_role.r[\"k\"].id");
        assert_eq!(said("bucket", "files"), "x_bucket.b.id");
        assert_eq!(said("prefix", "files"), "");
        assert_eq!(said("description", "vpc-1"), "");
        assert_eq!(said("vpc_id", "vpc-2"), "");
    }

    #[test]
    fn references_never_lead_back() {
        let (a, b) = (parse_instance("x_a.a").unwrap(), parse_instance("x_b.b").unwrap());
        let mut names = Names::default();
        names.add(&a, &object(&[("id", "a-1234")]));
        names.add(&b, &object(&[("id", "b-1234")]));
        assert_eq!(names.reference(&a, "peer", "b-1234").unwrap(), "x_b.b.id");
        assert_eq!(names.reference(&b, "peer", "a-1234"), None);
        assert_eq!(names.reference(&a, "peer", "a-1234"), None);
    }
}
