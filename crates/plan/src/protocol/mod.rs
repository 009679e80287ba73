//! What a provider's answers must keep, whoever wrote the provider.

mod kept;
mod planned;
mod reasons;
mod schema;
mod whose;

use terrane_provider::Problem;
use terrane_value::{FunctionSchema, Kind, Path, Step, Type, Value, convert};

pub(crate) use kept::keeps_planned;
pub(crate) use planned::{Rules, keeps_config};
pub(crate) use reasons::with_reason;
pub(crate) use schema::schema_faults;
pub(crate) use whose::Whose;

/// The most bytes a provider may keep with an object: they are in each version of the state.
pub(crate) const PRIVATE_LIMIT: usize = 4 << 20;

/// One promise that an answer breaks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Breach {
    /// The attribute.
    pub path: Path,
    /// What is wrong with it, as a sentence without secrets.
    pub message: String,
}

/// Checks the size of what a provider keeps with an object.
pub(crate) fn private_breach(private: &[u8]) -> Option<Breach> {
    let message =
        || format!("{} bytes are to be kept with it; {PRIVATE_LIMIT} are the most there may be.", private.len());
    (private.len() > PRIVATE_LIMIT).then(|| Breach { path: Path::root(), message: message() })
}

/// Checks that attributes that are said to force a replacement are attributes of the type.
pub(crate) fn stray_paths(paths: &[Path], ty: &Type) -> Vec<Breach> {
    let stray = paths.iter().filter(|path| !leads_somewhere(ty, &path.0));
    let message = || "It is said to force a replacement, but the type has no such attribute.".to_owned();
    stray.map(|path| Breach { path: path.clone(), message: message() }).collect()
}

fn leads_somewhere(ty: &Type, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return true };
    match (ty, first) {
        (Type::Any, _) => true,
        (Type::Object(object), Step::Attr(name)) => {
            object.attributes.get(name).is_some_and(|ty| leads_somewhere(ty, rest))
        }
        (Type::List(ty) | Type::Set(ty) | Type::Map(ty), Step::Index(_)) => leads_somewhere(ty, rest),
        (Type::Tuple(types), Step::Index(_)) => types.iter().any(|ty| leads_somewhere(ty, rest)),
        _ => false,
    }
}

/// The result of a function as its schema says, or a sentence that says what is wrong with it. All arguments were known.
pub(crate) fn function_result(schema: &FunctionSchema, args: &[Value], result: Value) -> Result<Value, String> {
    let result = convert(&result, &schema.result).map_err(|e| format!("Its result is wrong: {e}."))?;
    match args.iter().all(Value::is_wholly_known) && !result.is_wholly_known() {
        true => Err("Its result is unknown, although all arguments are known.".into()),
        false => Ok(result),
    }
}

/// The problem of a stored object that its provider brought into no form of its type.
pub(crate) fn bad_upgrade(ty: &str, why: &str, whose: Whose<'_>) -> Problem {
    let detail =
        format!("The stored object of type {ty} could not be brought to the present schema: {why} {}", whose.bug());
    Problem::error("Provider produced an invalid object", detail)
}

/// Whether a value is null where an object has to be.
pub(crate) fn is_absent(value: &Value) -> bool {
    matches!(value.kind(), Kind::Null(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_to_lead_to_an_attribute_of_the_type() {
        let ty = Type::object([("rules", Type::list(Type::object([("port", Type::Number)])))]);
        let path = Path::root().attr("rules");
        assert_eq!(stray_paths(&[path.clone(), path.index(7).attr("port")], &ty), []);
        let stray = stray_paths(&[path.attr("port"), Path::root().attr("rule"), path.index(0).attr("x")], &ty);
        let stray: Vec<String> = stray.into_iter().map(|b| b.path.to_string()).collect();
        assert_eq!(stray, [".rules.port", ".rule", ".rules[0].x"]);
    }

    #[test]
    fn functions_answer_in_their_type_and_with_what_is_known() {
        let schema = FunctionSchema { summary: "".into(), params: Vec::new(), variadic: None, result: Type::Number };
        let known = [Value::from("x")];
        assert_eq!(function_result(&schema, &known, Value::from(3)), Ok(Value::from(3)));
        assert!(function_result(&schema, &known, Value::from("x")).is_err());
        let unknown = Value::unknown(Type::Number);
        assert!(function_result(&schema, &known, unknown.clone()).is_err());
        assert_eq!(function_result(&schema, &[Value::dynamic()], unknown.clone()), Ok(unknown));
    }
}
