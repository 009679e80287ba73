//! `terraform_data`: keeps a value in state, and replaces itself when another value changes.

use terrane_provider::{Former, PlanResponse, Problem};
use terrane_value::{Attribute, Block, Path, Schema, Type, Value, json};

/// The shape of the type.
pub fn schema() -> Schema {
    let attributes = [
        ("id".into(), Attribute::computed(Type::String)),
        ("input".into(), Attribute::optional(Type::Any)),
        ("output".into(), Attribute::computed(Type::Any)),
        ("triggers_replace".into(), Attribute::optional(Type::Any)),
    ];
    Schema { version: 0, block: Block { attributes: attributes.into(), ..Block::default() } }
}

fn part(object: &Value, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_else(|| Value::null(Type::Any))
}

fn object(id: Value, input: Value, output: Value, triggers: Value) -> Value {
    Value::object([("id", id), ("input", input), ("output", output), ("triggers_replace", triggers)])
}

/// What an object will be: the output follows the input, a changed trigger replaces the object.
pub fn plan(prior: Option<&Value>, config: &Value) -> PlanResponse {
    let (input, triggers) = (part(config, "input"), part(config, "triggers_replace"));
    let follows = |input: &Value| match input.is_null() {
        true => input.clone(),
        false => Value::unknown(input.ty()),
    };
    let (id, output) = match prior {
        None => (Value::unknown_not_null(Type::String), follows(&input)),
        Some(prior) if part(prior, "input") == input => (part(prior, "id"), part(prior, "output")),
        Some(prior) => (part(prior, "id"), Value::unknown(input.ty())),
    };
    let replaced = prior.is_some_and(|prior| part(prior, "triggers_replace") != triggers);
    PlanResponse {
        planned: Some(object(id, input, output, triggers)),
        requires_replace: if replaced { vec![Path::root().attr("triggers_replace")] } else { Vec::new() },
        ..PlanResponse::default()
    }
}

/// A new object.
pub fn make(planned: &Value) -> Value {
    let id = Value::string(uuid::Uuid::new_v4().to_string());
    object(id, part(planned, "input"), part(planned, "input"), part(planned, "triggers_replace"))
}

/// An object after an update.
pub fn change(prior: &Value, planned: &Value) -> Value {
    object(part(prior, "id"), part(planned, "input"), part(planned, "input"), part(planned, "triggers_replace"))
}

/// An object known by its id alone.
pub fn imported(id: &str) -> Value {
    let null = || Value::null(Type::Any);
    object(Value::string(id), null(), null(), null())
}

/// An object that was a `null_resource`: its id stays, its triggers go on to replace it.
pub fn taken_over(former: &Former) -> Result<Value, Problem> {
    if &*former.ty != "null_resource" {
        let detail = format!(
            "Only an object of type null_resource can become one of type terraform_data, but this was one of type {}.",
            former.ty
        );
        return Err(Problem::error("Move to another resource type is not supported", detail));
    }
    let ty = Type::object([("id", Type::String), ("triggers", Type::map(Type::String))]);
    let old = json::from_json(&former.json, &ty).map_err(|e| {
        Problem::error("Stored object cannot be read", format!("The stored null_resource is damaged: {e}."))
    })?;
    let triggers = match part(&old, "triggers") {
        triggers if triggers.is_null() => Value::null(Type::Any),
        triggers => {
            Value::object(triggers.fields().into_iter().flat_map(|f| f.iter()).map(|(n, v)| (n.clone(), v.clone())))
        }
    };
    Ok(object(part(&old, "id"), Value::null(Type::Any), Value::null(Type::Any), triggers))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(input: &str, trigger: i64) -> Value {
        object(Value::null(Type::String), input.into(), Value::null(Type::Any), Value::from(trigger))
    }

    #[test]
    fn a_null_resource_keeps_its_id_and_its_triggers() {
        let former = |ty: &str, json: &str| Former {
            provider: "registry.terraform.io/hashicorp/null".into(),
            ty: ty.into(),
            version: 0,
            json: json.into(),
            private: [].into(),
        };
        let taken = taken_over(&former("null_resource", r#"{"id": "5", "triggers": {"a": "b"}}"#)).unwrap();
        assert_eq!(part(&taken, "id"), "5".into());
        assert_eq!(part(&taken, "triggers_replace"), Value::object([("a", Value::from("b"))]));
        let taken = taken_over(&former("null_resource", r#"{"id": "5", "triggers": null}"#)).unwrap();
        assert!(part(&taken, "triggers_replace").is_null());
        assert!(taken_over(&former("aws_vpc", "{}")).unwrap_err().detail.contains("aws_vpc"));
    }

    #[test]
    fn the_output_follows_the_input() {
        let planned = plan(None, &config("a", 1)).planned.unwrap();
        assert!(!part(&planned, "id").is_known() && part(&planned, "output") == Value::unknown(Type::String));
        let made = make(&planned);
        assert_eq!(part(&made, "output"), "a".into());
        let same = plan(Some(&made), &config("a", 1));
        assert_eq!(same.planned.as_ref(), Some(&made));
        let next = plan(Some(&made), &config("b", 1));
        assert!(next.requires_replace.is_empty());
        let changed = change(&made, &next.planned.unwrap());
        assert_eq!((part(&changed, "id"), part(&changed, "output")), (part(&made, "id"), "b".into()));
    }

    #[test]
    fn a_changed_trigger_replaces() {
        let made = make(&plan(None, &config("a", 1)).planned.unwrap());
        let response = plan(Some(&made), &config("a", 2));
        assert_eq!(response.requires_replace, [Path::root().attr("triggers_replace")]);
    }
}
