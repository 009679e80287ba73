//! AWS's request limits: a bucket of requests for each account, region and operation, which fills again steadily.
//!
//! After <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html> and DynamoDB's page of quotas. IAM and
//! S3 publish no figures.

use crate::call::Call;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Actions of EC2 whose buckets differ from those of their kind: what they hold, and what comes back in a second.
const EC2: &[(&str, f64, f64)] = &[
    ("AssociateNatGatewayAddress", 10.0, 1.0),
    ("CreateDefaultSubnet", 1.0, 1.0),
    ("CreateDefaultVpc", 1.0, 1.0),
    ("CreateNatGateway", 10.0, 1.0),
    ("CreateNetworkInterface", 100.0, 5.0),
    ("CreateSnapshot", 100.0, 5.0),
    ("CreateTags", 100.0, 10.0),
    ("CreateVolume", 100.0, 5.0),
    ("CreateVpcEndpoint", 4.0, 0.3),
    ("DeleteNatGateway", 10.0, 1.0),
    ("DeleteNetworkInterface", 100.0, 5.0),
    ("DeleteTags", 100.0, 10.0),
    ("DeleteVpcEndpoints", 4.0, 0.3),
    ("DescribeSecurityGroupReferences", 20.0, 5.0),
    ("DescribeStaleSecurityGroups", 20.0, 5.0),
    ("ModifyNetworkInterfaceAttribute", 100.0, 5.0),
    ("ModifyVpcEndpoint", 4.0, 0.3),
    ("RunInstances", 5.0, 2.0),
    ("StartInstances", 5.0, 2.0),
    ("TerminateInstances", 100.0, 5.0),
];

/// Actions whose bucket is half as large when neither filters nor pages are asked for.
const HEAVY: &[&str] = &[
    "DescribeInstanceStatus",
    "DescribeInstances",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeSpotInstanceRequests",
    "DescribeVolumes",
];

/// What is left in the buckets; without any, calls are not limited.
#[derive(Default)]
pub struct Quotas(Mutex<Option<HashMap<[String; 3], (Instant, f64)>>>);

impl Quotas {
    /// Limits calls from now on; all buckets are full.
    pub fn enforce(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(HashMap::new());
    }

    /// Takes a request out of its bucket; says whether there was one.
    pub fn admits(&self, call: &Call) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(buckets), Some((name, holds, refill))) = (&mut *buckets, bucket(call)) else { return true };
        let key = [call.account.clone(), call.region.clone(), name];
        let now = Instant::now();
        let (then, left) = buckets.get(&key).copied().unwrap_or((now, holds));
        let left = (left + now.duration_since(then).as_secs_f64() * refill).min(holds);
        let admitted = left >= 1.0;
        buckets.insert(key, (now, if admitted { left - 1.0 } else { left }));
        admitted
    }
}

/// The bucket that a call takes from: its name, what it holds, and what comes back in a second.
fn bucket(call: &Call) -> Option<(String, f64, f64)> {
    let (holds, refill) = match (call.service.as_str(), call.action.as_str()) {
        ("ec2", action) if is_heavy(call) => return Some((format!("{action} of everything"), 50.0, 10.0)),
        ("ec2", action) => ec2(action),
        ("dynamodb", "ListTagsOfResource") => (10.0, 10.0),
        ("dynamodb", "TagResource" | "UntagResource") => (5.0, 5.0),
        _ => return None,
    };
    Some((call.name(), holds, refill))
}

fn is_heavy(call: &Call) -> bool {
    let narrowed = |name: &String| name.starts_with("Filter.") || name == "MaxResults" || name == "NextToken";
    HEAVY.contains(&call.action.as_str()) && !call.params.keys().any(narrowed)
}

fn ec2(action: &str) -> (f64, f64) {
    let other = EC2.iter().find(|(name, ..)| *name == action);
    let reads = ["Describe", "Get", "List", "Search"].iter().any(|verb| action.starts_with(verb));
    match other {
        Some((_, holds, refill)) => (*holds, *refill),
        None if reads => (100.0, 20.0),
        None => (50.0, 5.0),
    }
}
