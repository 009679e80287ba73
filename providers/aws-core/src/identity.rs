//! Identities: the import ids that they stand for.

use terrane_provider::Problem;
use terrane_provider::sdk::schema::TypeSchema;
use terrane_value::{Block, Kind, Type, Value, convert};

use crate::Cloud;

/// What every identity may say beside the object itself.
const PLACE: [&str; 2] = ["account_id", "region"];

/// The import id of the object that an identity names, `ID@REGION` if it says a region.
///
/// An identity of one attribute is the id; of several, those are joined as the ids of the type are. What an account has
/// one of goes by the account.
pub fn import_id(schema: &TypeSchema, identity: &Value) -> Result<String, Problem> {
    let text = |name: &str| {
        let text = convert(identity.get(name)?, &Type::String).ok()?;
        text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let own = own(identity);
    let id = match (own.as_slice(), &schema.import.separator) {
        ([], _) => text(place(schema)),
        ([name], _) => text(name),
        (_, Some(separator)) => joined(schema, separator, &text),
        _ => None,
    };
    let id = id.ok_or_else(|| incomplete(schema, &own))?;
    Ok(match text("region").filter(|_| schema.regional) {
        Some(region) => format!("{id}@{region}"),
        None => id,
    })
}

/// What names the one object of a type of which an account, or each of its regions, has one.
fn place(schema: &TypeSchema) -> &'static str {
    if schema.import.format.as_deref() == Some("account_id") { "account_id" } else { "region" }
}

/// An identity that names nothing but a place, with the account or region of the provider where it says none.
pub async fn placed(schema: &TypeSchema, identity: &Value, cloud: &Cloud) -> Result<Value, Problem> {
    let name = place(schema);
    let said = identity.get(name).is_none_or(|value| !value.is_null());
    let Some(fields) = identity.fields().filter(|_| own(identity).is_empty() && !said) else {
        return Ok(identity.clone());
    };
    let here = match name {
        "account_id" => cloud.account_id().await?,
        _ => cloud.default_region().to_owned(),
    };
    Ok(Value::from_kind(Kind::Object(fields.with(name, Value::string(here)))))
}

/// The identity of an object, made of what it says of itself; `None` if it lacks a part that every identity has.
pub fn of(shape: &Block, account: &str, object: &Value) -> Option<Value> {
    let fields = shape.attributes.iter().map(|(name, attribute)| {
        let value = match &**name {
            "account_id" if account.is_empty() => None,
            "account_id" => Some(Value::string(account)),
            name => object.get(name).filter(|value| !value.is_null()).cloned(),
        };
        match value {
            Some(value) => Some((name.clone(), convert(&value, &attribute.ty).ok()?)),
            None => (!attribute.required).then(|| (name.clone(), Value::null(attribute.ty.clone()))),
        }
    });
    Some(Value::object(fields.collect::<Option<Vec<_>>>()?))
}

/// As much of an object as an identity says by `id`, for types whose import ids are made of other parts.
pub fn by_id(schema: &TypeSchema, identity: &Value) -> Option<Value> {
    let id = identity.get("id").filter(|_| schema.import.separator.is_some() && own(identity) == ["id"])?;
    Some(Value::object([("id", id.clone())]))
}

/// The names of the attributes that are about the object itself.
fn own(identity: &Value) -> Vec<&str> {
    let names = identity.fields().into_iter().flat_map(|fields| fields.iter()).map(|(name, _)| &**name);
    names.filter(|name| !PLACE.contains(name)).collect()
}

/// The parts of an id that the identity has, each one of `a|b`; `None` if that is none of a part.
fn joined(schema: &TypeSchema, separator: &str, text: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let part = |names: &std::sync::Arc<str>| names.split('|').find_map(text);
    let parts: Vec<String> = schema.import.parts.iter().map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| parts.join(separator))
}

fn incomplete(schema: &TypeSchema, names: &[&str]) -> Problem {
    let names = if names.is_empty() { &["account_id"] } else { names };
    let detail = format!("The identity of an object of type {} is made of {}.", schema.name, names.join(", "));
    Problem::error("Identity names no object", detail)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::resource_schema;

    use super::*;

    #[test]
    fn identities_stand_for_import_ids() {
        for (ty, identity, expect) in [
            ("aws_s3_bucket", vec![("bucket", "logs")], Some("logs")),
            ("aws_s3_bucket", vec![("bucket", "logs"), ("region", "eu-west-1")], Some("logs@eu-west-1")),
            ("aws_vpc", vec![("id", "vpc-1"), ("account_id", "123456789012")], Some("vpc-1")),
            ("aws_s3_account_public_access_block", vec![("account_id", "123456789012")], Some("123456789012")),
            ("aws_s3_account_public_access_block", vec![], None),
            ("aws_iam_role_policy", vec![("role", "r"), ("name", "p")], Some("r:p")),
            ("aws_iam_policy", vec![("arn", "arn:aws:iam::1:policy/p")], Some("arn:aws:iam::1:policy/p")),
            ("aws_route", vec![("route_table_id", "rtb-1"), ("destination_cidr_block", "::/0")], Some("rtb-1_::/0")),
            ("aws_route", vec![("route_table_id", "rtb-1")], None),
            ("aws_s3_bucket_versioning", vec![("bucket", "logs")], Some("logs")),
            (
                "aws_network_acl_rule",
                vec![("network_acl_id", "acl-1"), ("rule_number", "100"), ("protocol", "6"), ("egress", "true")],
                Some("acl-1:100:6:true"),
            ),
        ] {
            let schema = resource_schema(ty).unwrap();
            let written = Value::object(identity.iter().map(|(name, text)| (*name, Value::from(*text))));
            let identity = schema.identity.as_ref().unwrap().block.coerce(&written).unwrap();
            assert_eq!(import_id(&schema, &identity).ok().as_deref(), expect, "{ty}");
        }
    }

    #[tokio::test]
    async fn what_there_is_once_is_named_by_its_place() {
        let cloud = crate::testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
        for (ty, written, expect) in [
            ("aws_s3_account_public_access_block", vec![("account_id", "123456789012")], "123456789012"),
            ("aws_ec2_serial_console_access", vec![], "eu-west-1@eu-west-1"),
            ("aws_ec2_serial_console_access", vec![("region", "us-east-1")], "us-east-1@us-east-1"),
        ] {
            let schema = resource_schema(ty).unwrap();
            let written = Value::object(written.into_iter().map(|(name, text)| (name, Value::from(text))));
            let identity = schema.identity.as_ref().unwrap().block.coerce(&written).unwrap();
            let placed = placed(&schema, &identity, &cloud).await.unwrap();
            assert_eq!(import_id(&schema, &placed).unwrap(), expect);
        }
    }

    #[test]
    fn some_identities_change_with_their_object() {
        let may_change = |ty: &str| resource_schema(ty).unwrap().identity_may_change;
        assert!(may_change("aws_iam_user"), "users are renamed in place");
        assert!(may_change("aws_route_table_association"), "another table makes another association");
        assert!(!may_change("aws_subnet"));
    }

    #[test]
    fn objects_say_their_identities() {
        let shape = |ty: &str| resource_schema(ty).unwrap().identity.clone().unwrap();
        let bucket = Value::object([("bucket", Value::from("logs")), ("region", Value::from("eu-west-1"))]);
        let found = of(&shape("aws_s3_bucket").block, "123456789012", &bucket).unwrap();
        let text = |name: &str| found.get(name).and_then(Value::as_str);
        let parts = ["account_id", "bucket", "region"].map(text);
        assert_eq!(parts, [Some("123456789012"), Some("logs"), Some("eu-west-1")]);
        assert_eq!(of(&shape("aws_vpc").block, "123456789012", &bucket), None, "it has no id");
        let found = of(&shape("aws_s3_bucket").block, "", &bucket).unwrap();
        assert!(found.get("account_id").unwrap().is_null());
    }
}
