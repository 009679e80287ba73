//! What the schema cannot say about changes of instances.

use terrane_provider::sdk::Args;
use terrane_value::{Fields, Kind, Type, Value};

use super::user_data;
use crate::draft::Draft;
use crate::settle::{absent, alike};

/// Corrects the plan of an instance.
pub(super) fn plan(draft: &mut Draft<'_>) {
    if draft.prior.is_none() {
        return;
    }
    user_data(draft);
    instance_type(draft);
    ipv6(draft);
    launch_template(draft);
    credits(draft);
    if draft.written("network_interface") || draft.written("primary_network_interface") {
        // It then belongs to the interface.
        draft.keep("source_dest_check");
    }
    if draft.changes(&["instance_type", "user_data", "user_data_base64"]) && has_public_ip(draft) {
        // Stopping gives up the address, and starting brings another.
        draft.unknown(&["public_dns", "public_ip"]);
    }
    root_device(draft);
    ebs_devices(draft);
}

fn prior_text(draft: &Draft<'_>, name: &str) -> Option<String> {
    draft.prior.and_then(|p| Args(p).string(name))
}

fn has_public_ip(draft: &Draft<'_>) -> bool {
    prior_text(draft, "public_ip").is_some()
}

fn user_data(draft: &mut Draft<'_>) {
    let replaces = draft.planned("user_data_replace_on_change").and_then(Value::as_bool) == Some(true);
    for name in ["user_data", "user_data_base64"] {
        let was = prior_text(draft, name);
        if was.zip(draft.text(name)).is_some_and(|(was, is)| user_data::same(&was, is)) {
            draft.keep(name);
        }
        match replaces && draft.changes(&[name]) {
            true => draft.replace(name),
            false => draft.in_place(name),
        }
    }
    if draft.changes(&["user_data"]) {
        draft.in_place("user_data_base64");
    }
}

/// An image runs on one architecture, so an instance cannot change to another.
fn instance_type(draft: &mut Draft<'_>) {
    let was = prior_text(draft, "instance_type");
    let other = was.zip(draft.text("instance_type")).is_some_and(|(was, is)| is_graviton(&was) != is_graviton(is));
    match other {
        true => draft.replace("instance_type"),
        false => draft.in_place("instance_type"),
    }
}

/// Whether a type has Arm processors, by the letter in its name: `m7g.large`, `c6gn.xlarge`, `is4gen.large`, `a1.large`.
fn is_graviton(instance_type: &str) -> bool {
    let family = instance_type.split(['.', '-']).next().unwrap_or_default();
    let generation = family.find(|c: char| c.is_ascii_digit()).unwrap_or(family.len());
    let after = family[generation..].trim_start_matches(|c: char| c.is_ascii_digit());
    family == "a1" || after.contains('g') || family == "mac2"
}

fn ipv6(draft: &mut Draft<'_>) {
    if draft.changes(&["ipv6_address_count"]) {
        draft.unknown(&["ipv6_addresses"]);
    } else if draft.changes(&["ipv6_addresses"]) {
        draft.unknown(&["ipv6_address_count"]);
    }
    let primary = |object: Option<&Value>| object.and_then(Value::as_bool) == Some(true);
    let was = primary(draft.prior.and_then(|p| p.get("enable_primary_ipv6")));
    match was && draft.changes(&["enable_primary_ipv6"]) {
        true => draft.replace("enable_primary_ipv6"),
        false => draft.in_place("enable_primary_ipv6"),
    }
    let first = |list: Option<&Value>| list.and_then(Value::elements).and_then(<[Value]>::first).cloned();
    let known = draft.planned("ipv6_addresses").is_some_and(Value::is_known);
    let moved = first(draft.prior.and_then(|p| p.get("ipv6_addresses"))) != first(draft.planned("ipv6_addresses"));
    match was && known && moved {
        true => draft.replace("ipv6_addresses"),
        false => draft.in_place("ipv6_addresses"),
    }
}

/// Another template or version replaces; what names the same template follows.
fn launch_template(draft: &mut Draft<'_>) {
    let block = |object: Option<&Value>| object.and_then(Value::elements).and_then(<[Value]>::first).cloned();
    let prior = draft.prior.and_then(|p| block(p.get("launch_template")));
    let (Some(was), Some(is)) = (prior, block(draft.planned("launch_template"))) else { return };
    let changes = |name: &str| !alike(was.get(name).unwrap_or(&null()), is.get(name).unwrap_or(&null()));
    if changes("version") {
        draft.replace("launch_template");
    }
    for (named, follows) in [("name", "id"), ("id", "name")] {
        if changes(named) && !changes(follows) {
            let block = with(&is, follows, Value::unknown(Type::String));
            draft.set("launch_template", list_like(draft.planned("launch_template"), vec![block]));
            return;
        }
    }
}

/// How credits are used stays as it is where nothing is written.
fn credits(draft: &mut Draft<'_>) {
    if !draft.written("credit_specification") {
        draft.keep("credit_specification");
    }
}

/// Devices whose tags alone change stay: of everything else AWS changes nothing after the launch.
fn ebs_devices(draft: &mut Draft<'_>) {
    const NAME: &str = "ebs_block_device";
    let elements = |object: Option<&Value>| object.and_then(Value::elements).map(<[Value]>::to_vec).unwrap_or_default();
    let (was, written) = (elements(draft.prior.and_then(|p| p.get(NAME))), elements(draft.config.get(NAME)));
    if written.is_empty() || was.len() != written.len() || !draft.changes(&[NAME]) {
        return;
    }
    let same = |w: &&Value, block: &Value| Args(w).text("device_name") == Args(block).text("device_name");
    let kept = |block: &Value| was.iter().find(|w| same(w, block)).and_then(|w| retagged(w, block));
    if let Some(kept) = written.iter().map(kept).collect::<Option<Vec<Value>>>() {
        draft.set(NAME, list_like(draft.planned(NAME), kept));
        draft.in_place(NAME);
    }
}

/// A device with the tags that are written for it; `None` if anything else is written otherwise.
fn retagged(was: &Value, written: &Value) -> Option<Value> {
    let same =
        |name: &str, value: &Value| name == "tags" || absent(value) || alike(was.get(name).unwrap_or(&null()), value);
    let mut fields = written.fields()?.iter();
    if !fields.all(|(name, value)| value.is_known() && same(name, value)) {
        return None;
    }
    let (before, after) = (was.get("tags")?, written.get("tags")?);
    if alike(before, after) {
        return Some(was.clone());
    }
    let unknown = Value::unknown(Type::map(Type::String));
    Some(with(&with(was, "tags", after.clone()), "tags_all", unknown))
}

/// In the block of the root device some attributes follow from others.
fn root_device(draft: &mut Draft<'_>) {
    let Some(planned) = draft.planned("root_block_device").and_then(Value::elements).map(<[Value]>::to_vec) else {
        return;
    };
    let first = |object: Option<&Value>| object.and_then(Value::elements).and_then(<[Value]>::first).cloned();
    let was = first(draft.prior.and_then(|p| p.get("root_block_device")));
    let written = first(draft.config.get("root_block_device"));
    let (Some(was), Some(is), Some(written)) = (was, planned.first(), written) else { return };
    let changes = |name: &str| !alike(was.get(name).unwrap_or(&null()), is.get(name).unwrap_or(&null()));
    let mut block = is.clone();
    let mut unknown = |name: &str, ty: Type| {
        if written.get(name).is_none_or(absent) {
            block = with(&block, name, Value::unknown(ty));
        }
    };
    if changes("tags") {
        unknown("tags_all", Type::map(Type::String));
    }
    if changes("volume_type") {
        unknown("iops", Type::Number);
        unknown("throughput", Type::Number);
    } else if changes("volume_size") {
        unknown("iops", Type::Number);
    }
    if block != *is {
        draft.set("root_block_device", list_like(draft.planned("root_block_device"), vec![block]));
    }
}

fn null() -> Value {
    Value::null(Type::Any)
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let fields: Fields = object.fields().cloned().unwrap_or_else(|| Vec::<(&str, Value)>::new().into_iter().collect());
    Value::from_kind(Kind::Object(fields.with(name, value)))
}

/// The values in the form that another list has.
fn list_like(list: Option<&Value>, values: Vec<Value>) -> Value {
    match list.map(Value::kind) {
        Some(Kind::List(ty, _)) => Value::list(ty.clone(), values),
        Some(Kind::Set(ty, _)) => Value::set(ty.clone(), values),
        _ => Value::tuple(values),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use terrane_provider::PlanResponse;
    use terrane_value::Path;

    use super::*;

    fn object(pairs: &[(&str, &str)]) -> Value {
        Value::object(pairs.iter().map(|(n, v)| (*n, Value::string(*v))))
    }

    fn planned(prior: &Value, config: &Value, planned: Value) -> PlanResponse {
        let response = PlanResponse { planned: Some(planned), ..PlanResponse::default() };
        let mut draft = Draft::new(Some(prior), config, response);
        plan(&mut draft);
        draft.done()
    }

    #[test]
    fn arm_types_have_a_g_behind_their_generation() {
        for arm in ["t4g.micro", "m7g.large", "c6gn.xlarge", "is4gen.large", "im4gn.large", "a1.large", "g5g.xlarge"] {
            assert!(is_graviton(arm), "{arm}");
        }
        for x86 in ["t3.micro", "g4dn.xlarge", "m7i-flex.large", "trn1.2xlarge", "u-6tb1.metal", "gr6.4xlarge"] {
            assert!(!is_graviton(x86), "{x86}");
        }
    }

    #[test]
    fn a_stop_brings_another_public_address() {
        let prior = object(&[("instance_type", "t3.micro"), ("public_ip", "1.2.3.4"), ("public_dns", "x")]);
        let config = object(&[("instance_type", "t3.small")]);
        let next = object(&[("instance_type", "t3.small"), ("public_ip", "1.2.3.4"), ("public_dns", "x")]);
        let plan = planned(&prior, &config, next);
        assert!(plan.requires_replace.is_empty());
        assert!(!plan.planned.as_ref().unwrap().get("public_ip").unwrap().is_known());
        let arm = object(&[("instance_type", "t4g.small")]);
        assert_eq!(planned(&prior, &arm, arm.clone()).requires_replace, [Path::root().attr("instance_type")]);
    }

    #[test]
    fn user_data_replaces_only_when_it_is_to() {
        let prior = object(&[("user_data", "a\n")]);
        let next = |replace: bool, data: &str| {
            Value::object([("user_data", Value::string(data)), ("user_data_replace_on_change", Value::from(replace))])
        };
        let replaced = |plan: PlanResponse| !plan.requires_replace.is_empty();
        assert!(replaced(planned(&prior, &next(true, "b\n"), next(true, "b\n"))));
        assert!(!replaced(planned(&prior, &next(false, "b\n"), next(false, "b\n"))));
        let same = planned(&prior, &next(true, "YQo="), next(true, "YQo="));
        assert_eq!(same.planned.as_ref().unwrap().get("user_data").unwrap().as_str(), Some("a\n"));
        assert!(!replaced(same));
    }

    #[test]
    fn other_tags_of_a_device_do_not_replace() {
        let device = |size: i64, tag: &str| {
            Value::object([
                ("device_name", Value::string("/dev/sdf")),
                ("volume_size", Value::from(size)),
                ("volume_id", Value::string("vol-1")),
                ("tags", Value::map(Type::String, [("T", Value::string(tag))])),
            ])
        };
        let object = |device: Value| Value::object([("ebs_block_device", Value::tuple([device]))]);
        let written = |size: i64, tag: &str| {
            let fields = device(size, tag).fields().unwrap().with("volume_id", Value::null(Type::String));
            object(Value::from_kind(Kind::Object(fields)))
        };
        let plan = |config: &Value| {
            let requires_replace = vec![Path::root().attr("ebs_block_device")];
            let planned = Some(config.clone());
            let response = PlanResponse { planned, requires_replace, ..PlanResponse::default() };
            let prior = object(device(4, "x"));
            let mut draft = Draft::new(Some(&prior), config, response);
            super::plan(&mut draft);
            draft.done()
        };
        let retagged = plan(&written(4, "y"));
        assert!(retagged.requires_replace.is_empty());
        let planned = retagged.planned.unwrap();
        let block = &planned.get("ebs_block_device").unwrap().elements().unwrap()[0];
        assert_eq!((Args(block).text("volume_id"), &*Args(block).map("tags")["T"]), (Some("vol-1"), "y"));
        assert!(!block.get("tags_all").unwrap().is_known());
        assert_eq!(plan(&written(5, "y")).requires_replace.len(), 1);
    }

    #[test]
    fn another_volume_type_brings_other_iops_and_throughput() {
        let root = |ty: &str| {
            let block = Value::object([
                ("volume_type", Value::string(ty)),
                ("iops", Value::from(100)),
                ("throughput", Value::from(0)),
            ]);
            Value::object([("root_block_device", Value::tuple([block]))])
        };
        let config = Value::object([("root_block_device", Value::tuple([object(&[("volume_type", "gp3")])]))]);
        let plan = planned(&root("gp2"), &config, root("gp3")).planned.unwrap();
        let block = &plan.get("root_block_device").unwrap().elements().unwrap()[0];
        assert!(!block.get("iops").unwrap().is_known() && !block.get("throughput").unwrap().is_known());
    }
}
