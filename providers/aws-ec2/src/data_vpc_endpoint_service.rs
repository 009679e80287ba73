//! Data source `aws_vpc_endpoint_service`.

use async_trait::async_trait;
use aws_sdk_ec2::operation::describe_vpc_endpoint_services::DescribeVpcEndpointServicesOutput as Page;
use aws_sdk_ec2::types::{ServiceConnectivityType, ServiceDetail, ServiceType};
use terrane_aws_core::{Arn, Cloud, Partition};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, DataSource, Reply};
use terrane_value::Value;

use crate::checksum::crc32;
use crate::client::{Ec2, Refusal, unless};
use crate::filters;
use crate::tags::from_sdk;

const WHAT: &str = "VPC endpoint service";

/// One service that VPC endpoints lead to.
pub(crate) struct Service;

#[async_trait]
impl DataSource<Cloud> for Service {
    fn name(&self) -> &'static str {
        "aws_vpc_endpoint_service"
    }

    async fn read(&self, cloud: &Cloud, config: &Value) -> Result<Value, Vec<Problem>> {
        let ec2 = Ec2::at(cloud, cloud.default_region().to_owned());
        let (details, names) = services(&ec2, config).await.map_err(|r| vec![r.into()])?;
        // Some partitions tell names only, whatever is asked for.
        let wanted = name(&ec2, config);
        if details.is_empty()
            && let Some(name) = wanted.filter(|wanted| names.contains(wanted))
        {
            let mut reply = Reply::from(config);
            reply.str("id", Some(id(&name))).str("service_name", Some(name)).str("region", Some(&ec2.region));
            return Ok(reply.object());
        }
        let service = filters::only(WHAT, details)?;
        let account = cloud.account_id().await.map_err(|p| vec![p])?;
        Ok(observe(&ec2, config, &service, &account))
    }
}

/// The name that is asked for.
fn name(ec2: &Ec2<'_>, config: &Value) -> Option<String> {
    let short = |service: &str| format!("com.amazonaws.{}.{service}", ec2.region);
    Args(config).string("service_name").or_else(|| Args(config).text("service").map(short))
}

fn id(name: &str) -> String {
    crc32(name.as_bytes()).to_string()
}

async fn services(ec2: &Ec2<'_>, config: &Value) -> Result<(Vec<ServiceDetail>, Vec<String>), Refusal> {
    let regions = Args(config).strings("service_regions");
    let request = ec2
        .client
        .describe_vpc_endpoint_services()
        .set_service_names(name(ec2, config).map(|name| vec![name]))
        .set_service_regions(Some(regions).filter(|r| !r.is_empty()))
        .set_filters(filters::of(config, &[("service_type", "service-type")]));
    let send = |token| request.clone().set_next_token(token).send();
    let take = |page: Page| {
        let token = page.next_token.clone().filter(|token| !token.is_empty());
        (Some(vec![page]), token)
    };
    let (operation, what) = ("ec2:DescribeVpcEndpointServices", "reading VPC endpoint services");
    let pages = unless(ec2.pages(operation, what, send, take).await, &["InvalidServiceName"])?.unwrap_or_default();
    let (mut details, mut names) = (Vec::new(), Vec::new());
    for page in pages {
        details.extend(page.service_details.unwrap_or_default());
        names.extend(page.service_names.unwrap_or_default());
    }
    Ok((details, names))
}

fn observe(ec2: &Ec2<'_>, config: &Value, service: &ServiceDetail, account: &str) -> Value {
    let mut reply = Reply::from(config);
    let (name, service_id) = (service.service_name().unwrap_or_default(), service.service_id().unwrap_or_default());
    let region = service.service_region().unwrap_or(&ec2.region);
    let ty = service.service_type().first().and_then(|t| t.service_type()).map(ServiceType::as_str);
    let partition = Partition::of_region(&ec2.region).id;
    let resource = &format!("vpc-endpoint-service/{service_id}");
    reply
        .str("id", Some(id(name)))
        .str("region", Some(region))
        .str("service_region", Some(region))
        .str("arn", Some(Arn { partition, service: "ec2", region, account, resource }.to_string()))
        .str("service_id", Some(service_id))
        .str("service_name", Some(name))
        .str("service_type", ty)
        .str("owner", service.owner())
        .str("private_dns_name", Some(service.private_dns_name().unwrap_or_default()))
        .bool("acceptance_required", Some(service.acceptance_required().unwrap_or(false)))
        .bool("manages_vpc_endpoints", Some(service.manages_vpc_endpoints().unwrap_or(false)))
        .bool("vpc_endpoint_policy_supported", Some(service.vpc_endpoint_policy_supported().unwrap_or(false)))
        .set("availability_zones", service.availability_zones())
        .set("base_endpoint_dns_names", service.base_endpoint_dns_names())
        .set("private_dns_names", service.private_dns_names().iter().filter_map(|d| d.private_dns_name()))
        .set(
            "supported_ip_address_types",
            service.supported_ip_address_types().iter().map(ServiceConnectivityType::as_str),
        );
    ec2.cloud.set_data_tags(&mut reply, from_sdk(service.tags()));
    reply.object()
}
