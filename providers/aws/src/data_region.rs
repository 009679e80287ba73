//! `aws_region`: a region by its name or the host name of its EC2 endpoint, or the one of the provider.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Partition};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

use crate::regions::{REGIONS, description};

pub(crate) struct ThisRegion;

#[async_trait]
impl DataSource<Cloud> for ThisRegion {
    fn name(&self) -> &'static str {
        "aws_region"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        cloud.ready().map_err(|why| vec![Problem::error("Region is not known yet", why)])?;
        let region = chosen(cloud, Args(config)).map_err(|p| vec![p])?;
        let mut reply = Reply::new();
        for attribute in ["id", "name", "region"] {
            reply.str(attribute, Some(&region));
        }
        reply.str("endpoint", Some(endpoint(&region))).str("description", Some(description(&region)));
        Ok(reply.object())
    }
}

fn chosen(cloud: &Cloud, config: Args<'_>) -> Result<String, Problem> {
    let named = config.text("region").or(config.text("name")).map(str::to_owned);
    let Some(host) = config.text("endpoint") else {
        return Ok(named.unwrap_or_else(|| cloud.default_region().to_owned()));
    };
    let found = REGIONS.iter().map(|(region, _)| *region).find(|region| endpoint(region) == host);
    match (found, named) {
        (Some(found), Some(named)) if found != named => Err(mismatch(host, &named)),
        (Some(found), _) => Ok(found.to_owned()),
        (None, _) => {
            let detail =
                format!("No region has the EC2 endpoint {host:?}; they look like \"ec2.us-east-1.amazonaws.com\".");
            Err(Problem::error("Unknown endpoint", detail).at(Path::root().attr("endpoint")))
        }
    }
}

fn mismatch(host: &str, named: &str) -> Problem {
    let detail = format!("The endpoint {host:?} is not that of region {named:?}; write one of them.");
    Problem::error("Region and endpoint contradict each other", detail).at(Path::root().attr("endpoint"))
}

fn endpoint(region: &str) -> String {
    format!("ec2.{region}.{}", Partition::of_region(region).dns_suffix)
}
