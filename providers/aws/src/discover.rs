//! Finding what exists.

use terrane_aws_core::resource_schema;
use terrane_provider::{Discovered, Discovery, Found, Object, Problem};

use crate::configured::Instance;
use crate::registry::Registry;

/// Types whose objects have no import id.
const NAMELESS: [&str; 3] = ["aws_iam_group_membership", "aws_iam_policy_attachment", "aws_vpc_ipam_preview_next_cidr"];

/// Types whose objects are also arguments of objects that other types find, or what AWS has made by itself.
const PARTS: [&str; 16] = [
    "aws_default_network_acl",
    "aws_default_route_table",
    "aws_default_security_group",
    "aws_default_vpc",
    "aws_ec2_tag",
    "aws_iam_service_linked_role",
    "aws_network_acl_rule",
    "aws_route",
    "aws_s3_bucket_acl",
    "aws_s3_object",
    "aws_security_group_rule",
    "aws_vpc_endpoint_route_table_association",
    "aws_vpc_endpoint_security_group_association",
    "aws_vpc_endpoint_subnet_association",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
];

/// Whether objects of a type are looked for.
pub(crate) fn discovery(registry: &Registry, ty: &str) -> Discovery {
    match registry.resource(ty) {
        Some(_) if PARTS.contains(&ty) => Discovery::Named,
        Some(_) if !NAMELESS.contains(&ty) => Discovery::Always,
        _ => Discovery::Never,
    }
}

impl Instance {
    /// All objects of a type in a region, or in that of the provider.
    pub async fn found(&self, ty: &str, region: Option<&str>) -> Discovered {
        let regional = resource_schema(ty).is_some_and(|schema| schema.regional);
        match region.filter(|region| regional && *region != self.cloud().default_region()) {
            None => self.found_here(ty, "").await,
            Some(region) if terrane_aws_core::is_region(region) => {
                self.elsewhere(region).found_here(ty, &format!("@{region}")).await
            }
            Some(region) => {
                let detail = format!("{region:?} is no region such as \"us-east-1\".");
                (Vec::new(), vec![Problem::error("Invalid AWS region", detail)])
            }
        }
    }

    async fn found_here(&self, ty: &str, place: &str) -> Discovered {
        let ids = match self.listed(ty).await {
            Ok(ids) => ids,
            Err(problems) => return (Vec::new(), problems),
        };
        let (mut wanted, mut problems) = (Vec::new(), Vec::new());
        for id in ids {
            match self.named_by(ty, &id) {
                Ok(object) => wanted.push((format!("{id}{place}"), object)),
                Err(found) => problems.extend(found),
            }
        }
        let (ids, objects): (Vec<String>, Vec<Object>) = wanted.into_iter().unzip();
        let mut found = Vec::new();
        for (id, outcome) in ids.into_iter().zip(self.read_type(ty, &objects).await) {
            match outcome {
                Ok(object) => found.extend(object.map(|object| Found { id, object })),
                Err(more) => problems.extend(more),
            }
        }
        let mut distinct: Vec<Problem> = Vec::new();
        for problem in problems {
            if !distinct.contains(&problem) {
                distinct.push(problem);
            }
        }
        (found, distinct)
    }

    async fn listed(&self, ty: &str) -> Result<Vec<String>, Vec<Problem>> {
        let (implementation, _) = self.resource(ty).map_err(|p| vec![p])?;
        implementation.list(self.cloud()).await
    }

    fn named_by(&self, ty: &str, id: &str) -> Result<Object, Vec<Problem>> {
        let (implementation, _) = self.resource(ty).map_err(|p| vec![p])?;
        implementation.import(self.cloud(), id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_can_be_applied_is_found_unless_it_has_no_import_id() {
        let registry = Registry::new();
        for ty in NAMELESS.iter().chain(&PARTS) {
            assert!(registry.resource(ty).is_some(), "{ty}");
        }
        assert_eq!(discovery(&registry, "aws_vpc"), Discovery::Always);
        assert_eq!(discovery(&registry, "aws_route"), Discovery::Named);
        assert_eq!(discovery(&registry, "aws_vpn_connection"), Discovery::Never);
    }
}
