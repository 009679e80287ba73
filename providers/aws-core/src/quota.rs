//! What AWS documents of how fast it may be asked.
//!
//! Each operation of EC2 has a bucket of requests for each account and region, which fills again at a steady rate:
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>. DynamoDB limits calls about tags; IAM and S3
//! publish nothing of the kind.

/// A bucket: how many requests it holds, and how many come back in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    pub holds: f64,
    pub refill: f64,
}

/// Operations that only read.
const READING: Quota = Quota { holds: 100.0, refill: 20.0 };
/// Operations that change something.
const CHANGING: Quota = Quota { holds: 50.0, refill: 5.0 };

/// Operations with a bucket of another size: what it holds, and its refill.
const OTHERS: [(f64, f64, &str); 9] = [
    (1.0, 1.0, "CreateDefaultSubnet CreateDefaultVpc"),
    (4.0, 0.3, "CreateVpcEndpoint DeleteVpcEndpoints ModifyVpcEndpoint"),
    (5.0, 2.0, "RunInstances StartInstances"),
    (10.0, 1.0, "AssociateNatGatewayAddress CreateNatGateway DeleteNatGateway"),
    (20.0, 5.0, "DescribeSecurityGroupReferences DescribeStaleSecurityGroups"),
    (100.0, 1.0, "CopyImage"),
    (100.0, 5.0, "AssignIpv6Addresses AssignPrivateIpAddresses AssociateIamInstanceProfile"),
    (
        100.0,
        5.0,
        "CreateLaunchTemplateVersion CreateNetworkInterface CreateSnapshot CreateVolume DeleteNetworkInterface \
         DeleteSnapshot ModifyNetworkInterfaceAttribute TerminateInstances",
    ),
    (100.0, 10.0, "CreateTags DeleteTags"),
];

/// The bucket of an operation such as `ec2:CreateSubnet`, if one is documented.
pub(crate) fn of(operation: &str) -> Option<Quota> {
    match operation.split_once(':')? {
        ("ec2", action) => Some(ec2(action)),
        ("dynamodb", "ListTagsOfResource") => Some(Quota { holds: 10.0, refill: 10.0 }),
        ("dynamodb", "TagResource" | "UntagResource") => Some(Quota { holds: 5.0, refill: 5.0 }),
        _ => None,
    }
}

/// How many calls of a service are under way at once, in the beginning and at most, where it bears little and does not say
/// how much. IAM has buckets of unknown size: <https://aws.amazon.com/blogs/security/how-to-monitor-and-query-iam-resources-at-scale-part-2/>.
pub(crate) fn at_once(service: &str) -> Option<(usize, usize)> {
    (service == "iam").then_some((10, 40))
}

fn ec2(action: &str) -> Quota {
    let other = OTHERS.iter().find(|(.., actions)| actions.split_whitespace().any(|other| other == action));
    let reads = ["Describe", "Get", "List", "Search"].iter().any(|verb| action.starts_with(verb));
    match other {
        Some((holds, refill, _)) => Quota { holds: *holds, refill: *refill },
        None if reads => READING,
        None => CHANGING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_their_buckets() {
        assert_eq!(of("ec2:DescribeVpcs"), Some(READING));
        assert_eq!(of("ec2:CreateSubnet"), Some(CHANGING));
        assert_eq!(of("ec2:RunInstances"), Some(Quota { holds: 5.0, refill: 2.0 }));
        assert_eq!(of("iam:CreateRole"), None);
    }
}
