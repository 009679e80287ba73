//! Functions of the AWS provider, as hashicorp/aws documents them. They need no call to AWS.

use std::sync::Arc;

use terrane_value::{CallFault, FunctionParam, FunctionSchema, Type, Value};

/// A function: what it is called, what it is said to do, what it takes and gives, and what it does.
struct Function {
    name: &'static str,
    summary: &'static str,
    params: &'static [&'static str],
    result: fn() -> Type,
    call: fn(&[&str]) -> Result<Value, CallFault>,
}

/// All of them, sorted. Their parameters are texts.
const FUNCTIONS: &[Function] = &[
    Function {
        name: "arn_build",
        summary: "Builds an ARN from its parts.",
        params: &["partition", "service", "region", "account_id", "resource"],
        result: || Type::String,
        call: arn_build,
    },
    Function {
        name: "arn_parse",
        summary: "Takes an ARN apart.",
        params: &["arn"],
        result: || Type::object(PARTS.map(|part| (part, Type::String))),
        call: arn_parse,
    },
    Function {
        name: "trim_iam_role_path",
        summary: "Gives the ARN of an IAM role without the path before the role's name.",
        params: &["arn"],
        result: || Type::String,
        call: trim_iam_role_path,
    },
    Function {
        name: "user_agent",
        summary: "Writes a product as the argument user_agent of the provider takes it.",
        params: &["product_name", "product_version", "comment"],
        result: || Type::String,
        call: user_agent,
    },
];

/// The names of all functions, sorted.
pub fn names() -> Vec<&'static str> {
    FUNCTIONS.iter().map(|function| function.name).collect()
}

/// The shape of a function.
pub fn schema(name: &str) -> Option<Arc<FunctionSchema>> {
    let function = find(name)?;
    Some(Arc::new(FunctionSchema {
        summary: function.summary.into(),
        params: function.params.iter().map(|name| FunctionParam::new(name, Type::String)).collect(),
        variadic: None,
        result: (function.result)(),
    }))
}

/// Calls a function.
pub fn call(name: &str, args: &[Value]) -> Result<Value, CallFault> {
    let function = find(name).ok_or_else(|| CallFault::call(format!("there is no function named {name:?}")))?;
    let texts: Option<Vec<&str>> = args.iter().map(Value::as_str).collect();
    match texts.filter(|texts| texts.len() == function.params.len()) {
        Some(texts) => (function.call)(&texts),
        None => Err(CallFault::call(format!("{} texts are required", function.params.len()))),
    }
}

fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// What an ARN consists of after the word `arn`.
const PARTS: [&str; 5] = ["partition", "service", "region", "account_id", "resource"];

/// The parts of an ARN; only the last one may have colons in it.
fn parts(arn: &str) -> Result<[&str; 5], CallFault> {
    let wrong = |why: &str| CallFault::at(0, format!("{arn:?} is no ARN: {why}"));
    let rest = arn.strip_prefix("arn:").ok_or_else(|| wrong("it does not begin with \"arn:\""))?;
    let parts: Vec<&str> = rest.splitn(PARTS.len(), ':').collect();
    parts.try_into().map_err(|_| wrong("it has fewer than six parts between colons"))
}

fn built(parts: &[&str]) -> Value {
    Value::from(format!("arn:{}", parts.join(":")))
}

fn arn_build(parts: &[&str]) -> Result<Value, CallFault> {
    Ok(built(parts))
}

fn arn_parse(args: &[&str]) -> Result<Value, CallFault> {
    let parts = parts(args[0])?;
    Ok(Value::object(PARTS.into_iter().zip(parts.map(Value::from))))
}

fn trim_iam_role_path(args: &[&str]) -> Result<Value, CallFault> {
    let [partition, service, region, account, resource] = parts(args[0])?;
    let wrong = |why: &str| CallFault::at(0, format!("{:?} is no ARN of an IAM role: {why}", args[0]));
    let path = resource.strip_prefix("role/").ok_or_else(|| wrong("its resource does not begin with \"role/\""))?;
    match (service, region) {
        ("iam", "") => {
            let name = path.rsplit('/').next().unwrap_or(path);
            Ok(built(&[partition, service, region, account, &format!("role/{name}")]))
        }
        ("iam", _) => Err(wrong("it has a region")),
        _ => Err(wrong("its service is not \"iam\"")),
    }
}

fn user_agent(args: &[&str]) -> Result<Value, CallFault> {
    let &[name, version, comment] = args else { return Err(CallFault::call("three texts are required")) };
    if name.is_empty() {
        return Err(CallFault::at(0, "a name is required; version and comment may be empty"));
    }
    let version = if version.is_empty() { String::new() } else { format!("/{version}") };
    let comment = if comment.is_empty() { String::new() } else { format!(" ({comment})") };
    Ok(Value::from(format!("{name}{version}{comment}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(name: &str, args: &[&str]) -> String {
        let args: Vec<Value> = args.iter().map(|arg| Value::from(*arg)).collect();
        match call(name, &args) {
            Ok(value) => value.as_str().unwrap().to_owned(),
            Err(fault) => fault.message,
        }
    }

    #[test]
    fn arns_are_built_and_taken_apart() {
        let arn = "arn:aws:sns:eu-west-1:123456789012:topic:with:colons";
        let parsed = call("arn_parse", &[Value::from(arn)]).unwrap();
        assert_eq!(parsed.ty(), schema("arn_parse").unwrap().result);
        let parts: Vec<&str> = PARTS.iter().map(|part| parsed.get(part).unwrap().as_str().unwrap()).collect();
        assert_eq!(parts, ["aws", "sns", "eu-west-1", "123456789012", "topic:with:colons"]);
        assert_eq!(text("arn_build", &parts), arn);
        assert_eq!(text("arn_build", &["aws", "s3", "", "", "b/*"]), "arn:aws:s3:::b/*");
        assert_eq!(text("arn_parse", &["aws:s3"]), "\"aws:s3\" is no ARN: it does not begin with \"arn:\"");
        assert!(text("arn_parse", &["arn:a:b:c"]).contains("fewer than six parts"));
        assert!(call("arn_parse", &[Value::from("arn:aws:s3:::")]).is_ok());
    }

    #[test]
    fn paths_of_roles_are_left_out() {
        let trim = |arn| text("trim_iam_role_path", &[arn]);
        assert_eq!(trim("arn:aws:iam::123456789012:role/a/b/name"), "arn:aws:iam::123456789012:role/name");
        assert_eq!(trim("arn:aws:iam::123456789012:role/name"), "arn:aws:iam::123456789012:role/name");
        for wrong in ["arn:aws:iam::1:user/a", "arn:aws:iam:eu-west-1:1:role/a", "arn:aws:sts::1:role/a", "x"] {
            assert!(trim(wrong).contains("no ARN"), "{wrong}");
        }
    }

    #[test]
    fn products_are_written() {
        assert_eq!(text("user_agent", &["demo", "0.0.1", "a comment"]), "demo/0.0.1 (a comment)");
        assert_eq!(text("user_agent", &["demo", "", ""]), "demo");
        assert!(text("user_agent", &["", "1", ""]).contains("a name is required"));
        assert!(text("user_agent", &["demo"]).contains("3 texts"));
    }
}
