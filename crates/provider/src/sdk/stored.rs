//! From stored attributes to objects.

use serde_json::Value as Json;
use terrane_value::json::{from_json_value, json_decode};
use terrane_value::{Block, ConvertError, NestedBlock, Nesting, Path, Type, Value, convert};

use super::Attributes;

/// Decodes stored attributes in the shape of a schema: attributes that it does not have are dropped, absent ones are
/// null, and values of another type are converted.
pub fn decode_stored(block: &Block, attributes: &Attributes) -> Result<Value, ConvertError> {
    body(block, attributes, &Path::root())
}

fn body(block: &Block, attributes: &Attributes, path: &Path) -> Result<Value, ConvertError> {
    let at = |e: ConvertError, path: &Path| ConvertError::new(Path([path.0.clone(), e.path.0].concat()), e.message);
    let mut fields = Vec::new();
    for (name, a) in &block.attributes {
        let path = path.attr(name.clone());
        let json = attributes.get(&**name).unwrap_or(&Json::Null);
        fields.push((name.clone(), attribute(&a.ty, json).map_err(|e| at(e, &path))?));
    }
    for (name, n) in &block.blocks {
        let path = path.attr(name.clone());
        let json = attributes.get(&**name).unwrap_or(&Json::Null);
        fields.push((name.clone(), nested(n, json, &path)?));
    }
    Ok(Value::object(fields))
}

fn attribute(ty: &Type, json: &Json) -> Result<Value, ConvertError> {
    let json = pruned(ty, json);
    from_json_value(&json, ty).or_else(|e| {
        let loose = json_decode(&json.to_string()).and_then(|v| convert(&v, ty));
        loose.map_err(|_| e)
    })
}

/// Drops the attributes of objects that their type does not have.
fn pruned(ty: &Type, json: &Json) -> Json {
    match (ty, json) {
        (Type::Object(o), Json::Object(members)) => {
            let kept = members.iter().filter_map(|(k, v)| Some((k.clone(), pruned(o.attributes.get(k.as_str())?, v))));
            Json::Object(kept.collect())
        }
        (Type::List(t) | Type::Set(t), Json::Array(values)) => {
            Json::Array(values.iter().map(|v| pruned(t, v)).collect())
        }
        _ => json.clone(),
    }
}

fn nested(n: &NestedBlock, json: &Json, path: &Path) -> Result<Value, ConvertError> {
    let elements = match json {
        Json::Array(values) => values.as_slice(),
        Json::Null => &[],
        one => std::slice::from_ref(one),
    };
    let objects = elements.iter().enumerate().filter_map(|(i, e)| Some((i, e.as_object()?)));
    let decoded = objects.map(|(i, o)| body(&n.block, o, &path.index(i))).collect::<Result<Vec<_>, _>>()?;
    Ok(match n.nesting {
        Nesting::Single | Nesting::Group => decoded.into_iter().next().unwrap_or_else(|| super::plan::absent(n)),
        Nesting::Set => Value::set(n.block.implied_type(), decoded),
        _ => super::plan::listed(n, decoded),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sdk::schema::decode;

    #[test]
    fn stored_attributes_take_the_present_shape() {
        let schema = r#"{"attrs": {"id": {"type": "string"}, "size": {"type": "number"},
            "rule": {"type": ["set", ["object", {"port": "number"}]]}},
            "blocks": {"disk": {"nesting": "list", "attrs": {"gib": {"type": "number"}}},
                "timeouts": {"nesting": "single", "attrs": {"create": {"type": "string"}}}}}"#;
        let schema = decode("thing", schema, &|_| Ok(None)).unwrap();
        let stored = r#"{"id": 5, "size": "8", "old": true, "rule": [{"port": 1, "gone": "x"}],
            "disk": [{"gib": 3, "gone": 1}], "timeouts": null}"#;
        let Json::Object(stored) = serde_json::from_str(stored).unwrap() else { panic!() };
        let object = decode_stored(&schema.schema.block, &stored).unwrap();
        assert_eq!(object.ty(), schema.schema.block.implied_type());
        assert_eq!(object.get("id").unwrap().as_str(), Some("5"));
        assert_eq!(object.get("size").unwrap().as_i64(), Some(8));
        let Json::Object(broken) = serde_json::from_str(r#"{"disk": [{"gib": "x"}]}"#).unwrap() else { panic!() };
        assert_eq!(decode_stored(&schema.schema.block, &broken).unwrap_err().path.to_string(), ".disk[0].gib");
    }
}
