//! `aws_region`: a region by its name or the host name of its EC2 endpoint, or the one of the provider.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Partition};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

use crate::regions::{REGIONS, known};

pub(crate) struct ThisRegion;

#[async_trait]
impl DataSource<Cloud> for ThisRegion {
    fn name(&self) -> &'static str {
        "aws_region"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        cloud.ready().map_err(|why| vec![Problem::error("Region is not known yet", why)])?;
        let (region, description) = chosen(cloud, Args(config)).map_err(|p| vec![p])?;
        let mut reply = Reply::new();
        for attribute in ["id", "name", "region"] {
            reply.str(attribute, Some(region));
        }
        reply.str("endpoint", Some(endpoint(region))).str("description", Some(description));
        Ok(reply.object())
    }
}

/// The one region that fits all that is written, with its name for people.
fn chosen(cloud: &Cloud, config: Args<'_>) -> Result<(&'static str, &'static str), Problem> {
    let mut fitting = Vec::new();
    if let Some(host) = config.str("endpoint") {
        fitting.push(of_endpoint(host)?);
    }
    for name in ["name", "region"] {
        if let Some(region) = config.str(name) {
            fitting.push(known(region).map_err(|problem| problem.at(Path::root().attr(name)))?);
        }
    }
    match fitting.as_slice() {
        [] => known(cloud.default_region()),
        [one, others @ ..] => match others.iter().find(|other| *other != one) {
            None => Ok(*one),
            Some(other) => Err(contradiction(one.0, other.0)),
        },
    }
}

fn of_endpoint(host: &str) -> Result<(&'static str, &'static str), Problem> {
    REGIONS.iter().find(|(region, _)| endpoint(region) == host).copied().ok_or_else(|| {
        let detail =
            format!("No region has the EC2 endpoint {host:?}; they look like \"ec2.us-east-1.amazonaws.com\".");
        Problem::error("Unknown endpoint", detail).at(Path::root().attr("endpoint"))
    })
}

fn contradiction(one: &str, other: &str) -> Problem {
    let detail =
        format!("What is written stands for region {one:?} as well as {other:?}. Name one of them, in one way.");
    Problem::error("Several regions are named", detail)
}

fn endpoint(region: &str) -> String {
    format!("ec2.{region}.{}", Partition::of_region(region).dns_suffix)
}
