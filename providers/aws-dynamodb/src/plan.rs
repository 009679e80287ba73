//! What DynamoDB makes of a planned table, beyond its schema.

use terrane_provider::sdk::Args;
use terrane_provider::{PlanResponse, Problem};
use terrane_value::{Fields, Kind, Path, Step, Type, Value};

use crate::indexes;
use crate::request::keys;

const RESTORED_FROM: [&str; 3] = ["restore_backup_arn", "restore_source_name", "restore_source_table_arn"];

/// The plan with what the service forces and what makes no difference.
pub fn corrected(prior: Option<&Value>, config: &Value, mut plan: PlanResponse) -> PlanResponse {
    let Some(planned) = plan.planned.take() else { return plan };
    plan.problems.extend(unindexed(prior, &planned));
    let planned = match prior {
        Some(prior) => {
            replacements(prior, &planned, &mut plan);
            against(prior, config, planned)
        }
        None => planned,
    };
    plan.planned = Some(planned);
    plan
}

/// Restoring from elsewhere is another table, though no longer saying from where is not; and warmth never falls.
fn replacements(prior: &Value, planned: &Value, plan: &mut PlanResponse) {
    plan.requires_replace.retain(|path| !RESTORED_FROM.iter().any(|name| is_in(path, name)));
    for name in RESTORED_FROM {
        let (before, now) = (Args(prior).text(name), Args(planned).text(name));
        if now.is_some() && before != now {
            plan.requires_replace.push(Path::root().attr(name));
        }
    }
    if indexes::cooled(Args(prior), Args(planned)) {
        plan.requires_replace.push(Path::root().attr("warm_throughput"));
    }
}

fn is_in(path: &Path, name: &str) -> bool {
    matches!(path.0.first(), Some(Step::Attr(first)) if **first == *name)
}

/// Keeps of the object as it is what the plan only seems to change, and leaves open what a change decides anew.
fn against(prior: &Value, config: &Value, planned: Value) -> Value {
    let Kind::Object(fields) = planned.kind().clone() else { return planned };
    let mut table = Planned { prior, fields };
    for name in ["server_side_encryption", "point_in_time_recovery"] {
        if is_off(Args(prior), name) && is_off(Args(&table.value()), name) {
            table.keep(name);
        }
    }
    if same_expiry(prior, &table.value()) {
        table.keep("ttl");
    }
    if same_indexes(prior, &table.value()) {
        table.keep("global_secondary_index");
        table.keep("attribute");
    }
    if Args(config).block("warm_throughput").is_none() && config.get("warm_throughput").is_none_or(Value::is_known) {
        table.keep("warm_throughput");
    }
    table.capacities(config);
    table.recovery(config);
    table.stream();
    table.value()
}

struct Planned<'a> {
    prior: &'a Value,
    fields: Fields,
}

impl Planned<'_> {
    fn value(&self) -> Value {
        Value::from_kind(Kind::Object(self.fields.clone()))
    }

    fn keep(&mut self, name: &str) {
        if let Some(value) = self.prior.get(name) {
            self.fields = self.fields.with(name, value.clone());
        }
    }

    fn differs(&self, name: &str) -> bool {
        self.fields.get(name) != self.prior.get(name)
    }

    fn open(&mut self, name: &str, ty: Type) {
        self.fields = self.fields.with(name, Value::unknown(ty));
    }

    /// Another billing mode decides on capacities that are not written, of the table and of its indexes.
    fn capacities(&mut self, config: &Value) {
        if !self.differs("billing_mode") {
            return;
        }
        self.fields = open_capacities(&self.fields, config);
        let Some(Kind::Set(element, indexes)) = self.fields.get("global_secondary_index").map(|v| v.kind().clone())
        else {
            return;
        };
        let written = Args(config).blocks("global_secondary_index");
        let opened = indexes.iter().map(|index| {
            let config = Args(index).text("name").and_then(|name| indexes::find(&written, name));
            match (index.kind(), config) {
                (Kind::Object(fields), Some(config)) => {
                    Value::from_kind(Kind::Object(open_capacities(fields, config.0)))
                }
                _ => index.clone(),
            }
        });
        let opened = Value::set(element, opened);
        self.fields = self.fields.with("global_secondary_index", opened);
    }

    /// How far back recovery reaches follows from whether it is on, unless it is written.
    fn recovery(&mut self, config: &Value) {
        const DAYS: &str = "recovery_period_in_days";
        let on = |table| Args(table).block("point_in_time_recovery").and_then(|b| b.bool("enabled"));
        let written =
            Args(config).block("point_in_time_recovery").is_some_and(|b| b.0.get(DAYS).is_some_and(|d| !d.is_null()));
        if written || on(self.prior) == on(&self.value()) {
            return;
        }
        let Some(Kind::List(element, blocks)) = self.fields.get("point_in_time_recovery").map(|v| v.kind().clone())
        else {
            return;
        };
        let open = |block: &Value| match block.kind() {
            Kind::Object(fields) => Value::from_kind(Kind::Object(fields.with(DAYS, Value::unknown(Type::Number)))),
            _ => block.clone(),
        };
        let opened = Value::list(element, blocks.iter().map(open));
        self.fields = self.fields.with("point_in_time_recovery", opened);
    }

    /// A stream that begins anew has a name of its own; one that goes on keeps it.
    fn stream(&mut self) {
        let changed = self.differs("stream_enabled") || self.differs("stream_view_type");
        for name in ["stream_arn", "stream_label"] {
            if changed {
                self.open(name, Type::String);
            } else {
                self.keep(name);
            }
        }
    }
}

fn open_capacities(fields: &Fields, config: &Value) -> Fields {
    let unwritten = |name: &&str| config.get(name).is_none_or(Value::is_null);
    let names = ["read_capacity", "write_capacity"].into_iter().filter(unwritten);
    names.fold(fields.clone(), |fields, name| fields.with(name, Value::unknown(Type::Number)))
}

fn is_off(table: Args<'_>, name: &str) -> bool {
    let open = table.0.get(name).is_some_and(|v| !v.is_wholly_known() && table.block(name).is_none());
    !open && table.block(name).is_none_or(|b| b.bool("enabled") == Some(false))
}

/// The attribute of a time to live that is off is not told by AWS.
fn same_expiry(prior: &Value, planned: &Value) -> bool {
    let attribute = |object| Args(object).block("ttl").and_then(|b| b.text("attribute_name"));
    is_off(Args(prior), "ttl") && is_off(Args(planned), "ttl") && attribute(prior).is_none()
}

/// Whether the planned indexes are those that there are, though written in another way: with `hash_key` in place of
/// `key_schema`, or without what AWS sets.
fn same_indexes(prior: &Value, planned: &Value) -> bool {
    if planned.get("global_secondary_index").is_some_and(|v| !v.is_known()) {
        return false;
    }
    let [before, now] = [prior, planned].map(|t| Args(t).blocks("global_secondary_index"));
    let same = |index: &Args<'_>| {
        let name = index.text("name").filter(|_| settled_keys(*index));
        let was = name.and_then(|name| indexes::find(&before, name));
        was.is_some_and(|was| !indexes::another(was, *index) && same_throughput(was, *index))
    };
    before.len() == now.len() && now.iter().all(same)
}

fn settled_keys(index: Args<'_>) -> bool {
    let known = |name| index.0.get(name).is_none_or(|v: &Value| v.is_wholly_known());
    ["projection_type", "non_key_attributes", "range_key"].into_iter().all(known) && !keys(index).is_empty()
}

fn same_throughput(old: Args<'_>, new: Args<'_>) -> bool {
    let number = |name| new.i64(name).is_none_or(|n| n == old.i64(name).unwrap_or_default());
    let warm = crate::request::warm(new).is_none_or(|w| Some(w) == crate::request::warm(old));
    let limit = crate::request::on_demand(new) == crate::request::on_demand(old);
    number("read_capacity") && number("write_capacity") && warm && limit
}

/// Every attribute must be part of a key, and every key must have an attribute.
fn unindexed(prior: Option<&Value>, planned: &Value) -> Vec<Problem> {
    let parts = ["attribute", "hash_key", "range_key", "local_secondary_index", "global_secondary_index"];
    if Args(planned).blocks("attribute").is_empty() || parts.iter().any(|part| open_keys(planned, part)) {
        return Vec::new();
    }
    let declared: Vec<&str> = Args(planned).blocks("attribute").into_iter().filter_map(|a| a.text("name")).collect();
    let used = used(planned);
    // Indexes that are managed elsewhere use attributes too.
    let elsewhere = prior.map(used_by_global).unwrap_or_default();
    let spare: Vec<&&str> = declared.iter().filter(|n| !used.contains(n) && !elsewhere.contains(n)).collect();
    let missing: Vec<&&str> = used.iter().filter(|n| !declared.contains(n) && !elsewhere.contains(n)).collect();
    let at = || Path::root().attr("attribute");
    let mut problems = Vec::new();
    if !spare.is_empty() {
        let detail = format!("Every attribute must be part of a key of the table or of an index. Not used: {spare:?}.");
        problems.push(Problem::error("Unused table attributes", detail).at(at()));
    }
    if !missing.is_empty() {
        let detail = format!("Every key must be declared as an attribute with its type. Not declared: {missing:?}.");
        problems.push(Problem::error("Undeclared key attributes", detail).at(at()));
    }
    problems
}

/// Whether a part of a table is known too little to say which attributes it names.
fn open_keys(table: &Value, part: &str) -> bool {
    let Some(value) = table.get(part) else { return false };
    let names = ["name", "attribute_name", "hash_key", "range_key"];
    let open = |element: &Value| {
        let unknown = |name: &&str| element.get(name).is_some_and(|v| !v.is_known());
        !element.is_known() || (part != "global_secondary_index" && names.iter().any(unknown))
    };
    !value.is_known()
        || value.elements().unwrap_or_default().iter().any(open)
        || (part == "global_secondary_index"
            && Args(table).blocks(part).into_iter().any(|index| keys(index).is_empty() || open_index(index)))
}

/// Computed key attributes of an index are unknown while the other form of its key is written.
fn open_index(index: Args<'_>) -> bool {
    let unknown = |name| index.0.get(name).is_some_and(|v: &Value| !v.is_known());
    let elements = index.blocks("key_schema");
    match elements.is_empty() {
        true => unknown("range_key"),
        false => elements.iter().any(|e| e.text("attribute_name").is_none()),
    }
}

fn used(table: &Value) -> Vec<&str> {
    let args = Args(table);
    let own = ["hash_key", "range_key"].into_iter().filter_map(|name| args.text(name));
    let local = args.blocks("local_secondary_index").into_iter().filter_map(|i| i.text("range_key"));
    let mut names: Vec<&str> = own.chain(local).chain(used_by_global(table)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn used_by_global(table: &Value) -> Vec<&str> {
    let indexes = Args(table).blocks("global_secondary_index").into_iter();
    indexes.flat_map(|index| keys(index).into_iter().map(|(name, _)| name)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(s: &str) -> Value {
        Value::string(s)
    }

    fn block<const N: usize>(pairs: [(&str, Value); N]) -> Value {
        Value::tuple([Value::object(pairs)])
    }

    fn attributes<const N: usize>(names: [&str; N]) -> Value {
        Value::tuple(names.map(|n| Value::object([("name", text(n)), ("type", text("S"))])))
    }

    fn table<const N: usize>(more: [(&str, Value); N]) -> Value {
        let base = [
            ("name", text("t")),
            ("hash_key", text("h")),
            ("attribute", attributes(["h"])),
            ("billing_mode", text("PAY_PER_REQUEST")),
            ("stream_arn", text("arn")),
            ("stream_label", text("label")),
        ];
        Value::object(base.into_iter().chain(more))
    }

    fn plan(prior: &Value, planned: &Value) -> PlanResponse {
        let plan = PlanResponse { planned: Some(planned.clone()), ..PlanResponse::default() };
        corrected(Some(prior), planned, plan)
    }

    #[test]
    fn blocks_that_are_off_stay_as_they_are() {
        let off = |days: i64| block([("enabled", false.into()), ("recovery_period_in_days", days.into())]);
        let (prior, now) = (table([("point_in_time_recovery", off(0))]), table([("point_in_time_recovery", off(7))]));
        assert_eq!(plan(&prior, &now).planned.unwrap(), prior);
        let ttl = |attribute: &str| block([("enabled", false.into()), ("attribute_name", text(attribute))]);
        let (prior, now) = (table([("ttl", ttl(""))]), table([("ttl", ttl("expires"))]));
        assert_eq!(plan(&prior, &now).planned.unwrap(), prior);
        let on = table([("ttl", block([("enabled", true.into()), ("attribute_name", text("expires"))]))]);
        assert_eq!(plan(&prior, &on).planned.unwrap(), on);
    }

    #[test]
    fn a_stream_keeps_its_name_until_it_begins_anew() {
        let stream = |on: bool| table([("stream_enabled", on.into()), ("tags", text("x"))]);
        let same = plan(&stream(true), &stream(true)).planned.unwrap();
        assert_eq!(Args(&same).str("stream_arn"), Some("arn"));
        let anew = plan(&stream(false), &stream(true)).planned.unwrap();
        assert!(!anew.get("stream_arn").unwrap().is_known() && !anew.get("stream_label").unwrap().is_known());
    }

    #[test]
    fn another_billing_mode_leaves_unwritten_capacities_open() {
        let prior = table([("billing_mode", text("PROVISIONED")), ("read_capacity", 5.into())]);
        let planned = table([("read_capacity", 5.into()), ("write_capacity", 5.into())]);
        let config = table([("write_capacity", 5.into())]);
        let response = PlanResponse { planned: Some(planned), ..PlanResponse::default() };
        let after = corrected(Some(&prior), &config, response).planned.unwrap();
        assert!(!after.get("read_capacity").unwrap().is_known());
        assert_eq!(Args(&after).i64("write_capacity"), Some(5));
    }

    #[test]
    fn restoring_from_elsewhere_replaces_and_forgetting_it_does_not() {
        let from = |name: &str| table([("restore_source_name", text(name))]);
        let replaced = plan(&from("a"), &from("b")).requires_replace;
        assert_eq!(replaced, [Path::root().attr("restore_source_name")]);
        let schema_says = vec![Path::root().attr("restore_source_name")];
        let response = PlanResponse { planned: Some(table([])), requires_replace: schema_says, ..Default::default() };
        assert_eq!(corrected(Some(&from("a")), &table([]), response).requires_replace, []);
    }

    #[test]
    fn an_index_written_with_hash_key_is_the_one_read_with_a_key_schema() {
        let key = |name: &str, role: &str| Value::object([("attribute_name", text(name)), ("key_type", text(role))]);
        let read = Value::object([
            ("name", text("i")),
            ("hash_key", text("h")),
            ("range_key", text("")),
            ("key_schema", Value::tuple([key("h", "HASH")])),
            ("projection_type", text("ALL")),
            ("read_capacity", 0.into()),
        ]);
        let written = |projection: &str| {
            let pairs = [("name", text("i")), ("hash_key", text("h")), ("projection_type", text(projection))];
            Value::object(pairs)
        };
        let indexed = |index: Value| table([("global_secondary_index", Value::tuple([index]))]);
        let prior = indexed(read);
        assert_eq!(plan(&prior, &indexed(written("ALL"))).planned.unwrap(), prior);
        let other = indexed(written("KEYS_ONLY"));
        assert_eq!(plan(&prior, &other).planned.unwrap(), other);
    }

    #[test]
    fn attributes_and_keys_must_match() {
        let planned = table([("attribute", attributes(["h", "x"])), ("range_key", text("r"))]);
        let response = PlanResponse { planned: Some(planned.clone()), ..Default::default() };
        let said = corrected(None, &planned, response).problems;
        assert!(said[0].detail.contains("Not used: [\"x\"]"), "{said:?}");
        assert!(said[1].detail.contains("Not declared: [\"r\"]"), "{said:?}");
        let open = table([("attribute", attributes(["h", "x"])), ("range_key", Value::unknown(Type::String))]);
        let response = PlanResponse { planned: Some(open.clone()), ..Default::default() };
        assert_eq!(corrected(None, &open, response).problems, []);
    }
}
