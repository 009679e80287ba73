//! Data source `aws_ssm_parameter`.

use async_trait::async_trait;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{Parameter as Answer, ParameterType};
use terrane_aws_core::{Cloud, is_code, problem};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

/// A parameter: a text under a name, such as the id of AWS's newest machine image.
#[derive(Debug)]
pub(crate) struct Parameter;

#[async_trait]
impl DataSource<Cloud> for Parameter {
    fn name(&self) -> &'static str {
        "aws_ssm_parameter"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let (args, region) = (Args(config), cloud.region(config));
        let name = args.text("name").unwrap_or_default();
        let request = cloud.client(&region, Client::new).get_parameter().name(name);
        let request = request.with_decryption(args.bool("with_decryption").unwrap_or(true));
        let what = format!("reading SSM parameter \"{name}\" in region {region}");
        let answer = match Box::pin(cloud.call("ssm:GetParameter", || request.clone().send())).await {
            Ok(answer) => answer.parameter,
            Err(e) if is_code(&e, &["ParameterNotFound", "ParameterVersionNotFound"]) => None,
            Err(e) => return Err(vec![problem(&what, &e)]),
        };
        let found = answer.ok_or_else(|| vec![missing(name, &region)])?;
        Ok(attributes(config, &region, &found))
    }
}

fn missing(name: &str, region: &str) -> Problem {
    let detail = format!("There is no SSM parameter {name:?} in region {region}.");
    Problem::error("Data source found nothing", detail).at(Path::root().attr("name"))
}

/// The attributes; `insecure_value` shows what is no secret, and `load_value = false` leaves all values out.
fn attributes(config: &Value, region: &str, found: &Answer) -> Value {
    let value = found.value().filter(|_| Args(config).bool("load_value").unwrap_or(true));
    let open = value.filter(|_| found.r#type() != Some(&ParameterType::SecureString));
    let mut reply = Reply::from(config);
    reply
        .str("id", found.name())
        .str("arn", found.arn())
        .str("insecure_value", open)
        .str("name", found.name())
        .str("region", Some(region))
        .str("type", found.r#type().map(ParameterType::as_str))
        .str("value", value)
        .i64("version", Some(found.version()));
    reply.object()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
        object.get(name).and_then(Value::as_str)
    }

    #[test]
    fn secrets_are_not_shown_in_the_open() {
        let of = |ty| Answer::builder().name("/a").r#type(ty).value("x").version(3).build();
        let config = Value::object([("name", Value::string("/a"))]);
        let open = attributes(&config, "eu-west-1", &of(ParameterType::StringList));
        assert_eq!((text(&open, "value"), text(&open, "insecure_value")), (Some("x"), Some("x")));
        let secret = attributes(&config, "eu-west-1", &of(ParameterType::SecureString));
        assert_eq!((text(&secret, "value"), text(&secret, "insecure_value")), (Some("x"), None));
        let config = Value::object([("name", Value::string("/a")), ("load_value", false.into())]);
        let bare = attributes(&config, "eu-west-1", &of(ParameterType::String));
        assert_eq!((text(&bare, "value"), text(&bare, "type")), (None, Some("String")));
    }
}
