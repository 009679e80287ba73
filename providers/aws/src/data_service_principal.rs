//! `aws_service_principal`: the principal that a service acts as.

use async_trait::async_trait;
use terrane_aws_core::{Cloud, Partition};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::{Path, Value};

use crate::regions::known;

/// The services whose principals end as the host names of their partition do; all others end in `amazonaws.com`.
const OF_PARTITION: [(&str, &[&str]); 3] = [
    ("aws-cn", &["codedeploy", "elasticmapreduce", "logs"]),
    ("aws-iso", &["cloudhsm", "config", "logs", "workspaces"]),
    ("aws-iso-b", &["dms", "logs"]),
];

pub(crate) struct ServicePrincipal;

#[async_trait]
impl DataSource<Cloud> for ServicePrincipal {
    fn name(&self) -> &'static str {
        "aws_service_principal"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        cloud.ready().map_err(|why| vec![Problem::error("Region is not known yet", why)])?;
        let service = Args(config).text("service_name").unwrap_or_default();
        let (region, _) = known(&cloud.region(config)).map_err(|p| vec![p.at(Path::root().attr("region"))])?;
        let suffix = suffix(service, Partition::of_region(region));
        let mut reply = Reply::from(config);
        reply
            .str("id", Some(format!("{service}.{region}.{suffix}")))
            .str("name", Some(format!("{service}.{suffix}")))
            .str("region", Some(region))
            .str("suffix", Some(suffix));
        Ok(reply.object())
    }
}

fn suffix(service: &str, partition: Partition) -> &'static str {
    let own = OF_PARTITION.iter().any(|(id, services)| *id == partition.id && services.contains(&service));
    if own { partition.dns_suffix } else { "amazonaws.com" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_principals_end_as_their_partition_does() {
        let of = |service, region| suffix(service, Partition::of_region(region));
        assert_eq!(of("s3", "eu-west-1"), "amazonaws.com");
        assert_eq!(of("s3", "cn-north-1"), "amazonaws.com");
        assert_eq!(of("logs", "cn-north-1"), "amazonaws.com.cn");
        assert_eq!(of("logs", "us-isob-east-1"), "sc2s.sgov.gov");
    }
}
