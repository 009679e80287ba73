//! All types that can be applied, by name.

use std::collections::BTreeMap;

use terrane_aws_core::Cloud;
use terrane_provider::sdk::{DataSource, ResourceType};

use crate::{data_arn, data_caller_identity, data_default_tags, data_partition, data_region, data_service_principal};

/// The resource types and data sources that have an implementation.
pub(crate) struct Registry {
    resources: BTreeMap<&'static str, Box<dyn ResourceType<Cloud>>>,
    data: BTreeMap<&'static str, Box<dyn DataSource<Cloud>>>,
}

impl Registry {
    /// Those of all services.
    pub fn new() -> Registry {
        let resources = [
            terrane_aws_dynamodb::resources(),
            terrane_aws_ec2::resources(),
            terrane_aws_iam::resources(),
            terrane_aws_kms::resources(),
            terrane_aws_logs::resources(),
            terrane_aws_s3::resources(),
        ];
        let data = [
            own_data_sources(),
            terrane_aws_dynamodb::data_sources(),
            terrane_aws_ec2::data_sources(),
            terrane_aws_iam::data_sources(),
            terrane_aws_outposts::data_sources(),
            terrane_aws_s3::data_sources(),
            terrane_aws_ssm::data_sources(),
        ];
        Registry {
            resources: resources.into_iter().flatten().map(|t| (t.name(), t)).collect(),
            data: data.into_iter().flatten().map(|s| (s.name(), s)).collect(),
        }
    }

    /// The implementation of a resource type.
    pub fn resource(&self, ty: &str) -> Option<&dyn ResourceType<Cloud>> {
        self.resources.get(ty).map(Box::as_ref)
    }

    /// The implementation of a data source.
    pub fn data(&self, ty: &str) -> Option<&dyn DataSource<Cloud>> {
        self.data.get(ty).map(Box::as_ref)
    }
}

fn own_data_sources() -> Vec<Box<dyn DataSource<Cloud>>> {
    vec![
        Box::new(data_arn::TheArn),
        Box::new(data_caller_identity::CallerIdentity),
        Box::new(data_default_tags::DefaultTags),
        Box::new(data_partition::ThisPartition),
        Box::new(data_region::ThisRegion),
        Box::new(data_service_principal::ServicePrincipal),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_implementation_has_a_schema() {
        let registry = Registry::new();
        for ty in registry.resources.keys() {
            assert!(terrane_aws_core::resource_schema(ty).is_some(), "{ty}");
        }
        for ty in registry.data.keys() {
            assert!(terrane_aws_core::data_schema(ty).is_some(), "{ty}");
        }
    }
}
