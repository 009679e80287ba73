//! Statements from the blocks of a configuration.

use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Path;

use super::json::Json;
use super::model::{Condition, Principal, Statement, Strings, strings};
use super::set_order;

/// The statement that a block describes; what is wrong with it is added to `problems`.
pub fn from_config(block: Args<'_>, version: &str, at: &Path, problems: &mut Vec<Problem>) -> Statement {
    let mut reader = Reader { version, problems };
    let [resources, not_resources] =
        ["resources", "not_resources"].map(|name| reader.variables(list(block, name)?, &at.attr(name)));
    Statement {
        sid: block.string("sid").unwrap_or_default(),
        effect: block.text("effect").unwrap_or("Allow").to_owned(),
        actions: list(block, "actions").map(Json::from),
        not_actions: list(block, "not_actions").map(Json::from),
        resources: resources.map(Json::from),
        not_resources: not_resources.map(Json::from),
        principals: reader.principals(block, "principals", at),
        not_principals: reader.principals(block, "not_principals", at),
        conditions: reader.conditions(block, at),
    }
}

/// The block as state holds it: defaults filled in, absent collections empty.
pub fn completed(block: Args<'_>) -> Reply {
    let mut reply = Reply::from(block.0);
    reply.str("effect", Some(block.text("effect").unwrap_or("Allow"))).str("sid", Some(block.str("sid").unwrap_or("")));
    for name in ["actions", "not_actions", "resources", "not_resources"] {
        reply.set(name, block.strings(name));
    }
    reply
}

fn list(block: Args<'_>, name: &str) -> Option<Strings> {
    let values = block.strings(name);
    (!values.is_empty()).then(|| strings(values))
}

struct Reader<'a> {
    version: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// Turns `&{…}` into `${…}`, which the language itself would take for a template.
    fn variables(&mut self, strings: Strings, at: &Path) -> Option<Strings> {
        Some(match strings {
            Strings::One(s) => Strings::One(self.variable(&s, at)),
            Strings::Many(values) => Strings::Many(values.iter().map(|s| self.variable(s, at)).collect()),
        })
    }

    fn variable(&mut self, text: &str, at: &Path) -> String {
        if self.version == "2008-10-17" && text.contains("&{") {
            self.problems.push(
                Problem::error(
                    "Policy variable in an old policy version",
                    format!("\"{text}\" holds a policy variable, which version 2008-10-17 does not know. Use version 2012-10-17."),
                )
                .at(at.clone()),
            );
        }
        text.replace("&{", "${")
    }

    fn principals(&mut self, block: Args<'_>, name: &str, at: &Path) -> Vec<Principal> {
        let blocks = block.blocks(name).into_iter();
        let pairs: Vec<(String, Vec<String>)> =
            blocks.map(|b| (b.string("type").unwrap_or_default(), b.strings("identifiers"))).collect();
        let pairs = set_order::sorted(pairs, |(ty, identifiers)| Principal::sort_form(ty, identifiers));
        let principal = |(ty, identifiers)| {
            let identifiers = self.variables(strings(identifiers), &at.attr(name))?;
            Some(Principal { ty, identifiers })
        };
        pairs.into_iter().filter_map(principal).collect()
    }

    fn conditions(&mut self, block: Args<'_>, at: &Path) -> Vec<Condition> {
        let condition = |b: Args<'_>| Condition {
            test: b.string("test").unwrap_or_default(),
            variable: b.string("variable").unwrap_or_default(),
            values: b.strings("values"),
        };
        let conditions = block.blocks("condition").into_iter().map(condition).collect();
        let mut conditions = set_order::sorted(conditions, Condition::sort_form);
        for value in conditions.iter_mut().flat_map(|c| c.values.iter_mut()) {
            *value = self.variable(value, &at.attr("condition"));
        }
        conditions
    }
}
