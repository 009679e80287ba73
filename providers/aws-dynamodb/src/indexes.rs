//! Changes to global secondary indexes, which DynamoDB takes one at a time.

use aws_sdk_dynamodb::types::{
    BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate,
    OnDemandThroughput, UpdateGlobalSecondaryIndexAction,
};
use terrane_provider::Problem;
use terrane_provider::sdk::Args;

use crate::client::built;
use crate::request::{self, keys};

/// What to do about the indexes of a table.
#[derive(Debug, Default, PartialEq)]
pub struct Changes<'a> {
    /// Names of indexes to delete, also of those that are made anew.
    pub delete: Vec<&'a str>,
    /// Indexes whose throughput changes, which goes along with a change of the table.
    pub throughput: Vec<&'a str>,
    /// Indexes whose warm throughput rises, each in a call of its own.
    pub warm: Vec<&'a str>,
    /// Names of indexes to create.
    pub create: Vec<&'a str>,
}

/// The way from the indexes of one table to those of another.
pub fn changes<'a>(old: Args<'a>, new: Args<'a>) -> Changes<'a> {
    let mode = request::billing_mode(new);
    let [before, after] = [old, new].map(|t| t.blocks("global_secondary_index"));
    let mut changes = Changes::default();
    for index in &after {
        let name = name(*index);
        match find(&before, name) {
            None => changes.create.push(name),
            Some(was) if another(was, *index) => {
                changes.delete.push(name);
                changes.create.push(name);
            }
            Some(was) => {
                if throughput_differs(was, *index, &mode) {
                    changes.throughput.push(name);
                }
                let warm = request::warm(*index);
                if warm.is_some() && warm != request::warm(was) {
                    changes.warm.push(name);
                }
            }
        }
    }
    changes.delete.extend(before.iter().map(|b| name(*b)).filter(|name| find(&after, name).is_none()));
    changes
}

fn name(index: Args<'_>) -> &str {
    index.text("name").unwrap_or_default()
}

/// The index of a name among blocks.
pub fn find<'a>(indexes: &[Args<'a>], name: &str) -> Option<Args<'a>> {
    indexes.iter().copied().find(|index| index.text("name") == Some(name))
}

/// Whether an index differs in what cannot be changed.
pub fn another(old: Args<'_>, new: Args<'_>) -> bool {
    let others = |index: Args<'_>| {
        let mut names = index.strings("non_key_attributes");
        names.sort();
        names
    };
    keys(old) != keys(new)
        || old.text("projection_type") != new.text("projection_type")
        || others(old) != others(new)
        || cooled(old, new)
}

/// Whether warm throughput would fall, which DynamoDB does not let it do.
pub fn cooled(old: Args<'_>, new: Args<'_>) -> bool {
    let units = |of: Args<'_>, name| of.block("warm_throughput").and_then(|w| w.i64(name)).filter(|u| *u > 0);
    let falls = |name| units(new, name).zip(units(old, name)).is_some_and(|(new, old)| new < old);
    falls("read_units_per_second") || falls("write_units_per_second")
}

fn throughput_differs(old: Args<'_>, new: Args<'_>, mode: &BillingMode) -> bool {
    match mode {
        BillingMode::PayPerRequest => request::on_demand(old) != request::on_demand(new),
        _ => ["read_capacity", "write_capacity"].iter().any(|c| new.i64(c).is_some() && new.i64(c) != old.i64(c)),
    }
}

/// The request part that deletes an index.
pub fn delete(name: &str) -> Result<GlobalSecondaryIndexUpdate, Problem> {
    let action = built(DeleteGlobalSecondaryIndexAction::builder().index_name(name).build())?;
    Ok(GlobalSecondaryIndexUpdate::builder().delete(action).build())
}

/// The request part that creates an index of a table.
pub fn create(table: Args<'_>, index: Args<'_>) -> Result<GlobalSecondaryIndexUpdate, Problem> {
    let mode = request::billing_mode(table);
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(name(index))
        .set_key_schema(Some(request::key_schema(keys(index))?))
        .projection(request::projection(index))
        .set_provisioned_throughput(request::capacity(index, &mode)?)
        .set_on_demand_throughput(request::on_demand(index).filter(|_| mode == BillingMode::PayPerRequest))
        .set_warm_throughput(request::warm(index));
    Ok(GlobalSecondaryIndexUpdate::builder().create(built(action.build())?).build())
}

/// The request part that changes the throughput of an index. A maximum that is no longer written is taken away.
pub fn throughput(table: Args<'_>, index: Args<'_>) -> Result<GlobalSecondaryIndexUpdate, Problem> {
    let mode = request::billing_mode(table);
    let action = UpdateGlobalSecondaryIndexAction::builder().index_name(name(index));
    let action = match mode {
        BillingMode::PayPerRequest => action.on_demand_throughput(request::on_demand(index).unwrap_or_else(unlimited)),
        _ => action.set_provisioned_throughput(request::capacity(index, &mode)?),
    };
    Ok(GlobalSecondaryIndexUpdate::builder().update(built(action.build())?).build())
}

/// No maximum for a table or index that is paid by request.
pub fn unlimited() -> OnDemandThroughput {
    OnDemandThroughput::builder().max_read_request_units(-1).max_write_request_units(-1).build()
}

/// The request part that warms an index.
pub fn warm(index: Args<'_>) -> Result<GlobalSecondaryIndexUpdate, Problem> {
    let action = UpdateGlobalSecondaryIndexAction::builder().index_name(name(index));
    let action = action.set_warm_throughput(request::warm(index));
    Ok(GlobalSecondaryIndexUpdate::builder().update(built(action.build())?).build())
}

#[cfg(test)]
mod tests {
    use terrane_value::{Type, Value};

    use super::*;

    fn text(s: &str) -> Value {
        Value::string(s)
    }

    fn index<const N: usize>(name: &str, more: [(&str, Value); N]) -> Value {
        let base = [("name", text(name)), ("hash_key", text("h")), ("projection_type", text("ALL"))];
        Value::object(base.into_iter().chain(more))
    }

    fn table<const N: usize>(mode: &str, indexes: [Value; N]) -> Value {
        Value::object([("billing_mode", text(mode)), ("global_secondary_index", Value::tuple(indexes))])
    }

    fn warm(read: i64) -> Value {
        Value::tuple([Value::object([("read_units_per_second", Value::from(read))])])
    }

    fn check(old: &Value, new: &Value, delete: &[&str], throughput: &[&str], warm: &[&str], create: &[&str]) {
        let [delete, throughput, warm, create] = [delete, throughput, warm, create].map(<[&str]>::to_vec);
        assert_eq!(changes(Args(old), Args(new)), Changes { delete, throughput, warm, create });
    }

    #[test]
    fn indexes_come_and_go_by_name() {
        let old = table("PAY_PER_REQUEST", [index("a", []), index("b", [])]);
        let new = table("PAY_PER_REQUEST", [index("b", []), index("c", [])]);
        check(&old, &new, &["a"], &[], &[], &["c"]);
        check(&old, &old, &[], &[], &[], &[]);
    }

    #[test]
    fn keys_and_projection_make_another_index() {
        let element = Value::object([("attribute_name", text("h")), ("key_type", text("HASH"))]);
        let schema = index("a", [("key_schema", Value::tuple([element]))]);
        let old = table("PAY_PER_REQUEST", [index("a", [])]);
        check(&old, &table("PAY_PER_REQUEST", [schema]), &[], &[], &[], &[]);
        for more in [
            ("range_key", text("r")),
            ("projection_type", text("KEYS_ONLY")),
            ("non_key_attributes", Value::set(Type::String, [text("x")])),
        ] {
            check(&old, &table("PAY_PER_REQUEST", [index("a", [more])]), &["a"], &[], &[], &["a"]);
        }
    }

    #[test]
    fn throughput_counts_by_billing_mode() {
        let capacity = |units: i64| index("a", [("read_capacity", units.into()), ("write_capacity", 1.into())]);
        check(&table("PROVISIONED", [capacity(1)]), &table("PROVISIONED", [capacity(2)]), &[], &["a"], &[], &[]);
        check(&table("PROVISIONED", [capacity(1)]), &table("PAY_PER_REQUEST", [capacity(0)]), &[], &[], &[], &[]);
        check(&table("PAY_PER_REQUEST", [capacity(0)]), &table("PROVISIONED", [capacity(2)]), &[], &["a"], &[], &[]);
    }

    #[test]
    fn warm_throughput_rises_in_place_and_falls_by_another_index() {
        let at = |read: i64| table("PAY_PER_REQUEST", [index("a", [("warm_throughput", warm(read))])]);
        check(&at(12_000), &at(13_000), &[], &[], &["a"], &[]);
        check(&at(13_000), &at(12_000), &["a"], &[], &[], &["a"]);
        check(&at(13_000), &table("PAY_PER_REQUEST", [index("a", [])]), &[], &[], &[], &[]);
    }
}
