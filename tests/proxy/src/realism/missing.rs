//! Ids that name nothing: the error and the words that EC2 uses for each kind.

use super::Visit;
use crate::answer;
use crate::call::Call;
use crate::http::Response;
use crate::xml;

/// A describe call by id: its list parameter, the prefix of its ids (empty for names), the element that shows one, the
/// filter that finds one (empty where there is none), the error code, and what the message calls it.
struct Kind {
    action: &'static str,
    list: &'static str,
    prefix: &'static str,
    element: &'static str,
    filter: &'static str,
    code: &'static str,
    noun: &'static str,
}

impl Kind {
    /// Says whether the objects stand inside other items: instances in reservations.
    fn is_nested(&self) -> bool {
        self.action == "DescribeInstances"
    }
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { action: "DescribeAddresses", list: "AllocationId", prefix: "eipalloc", element: "allocationId", filter: "allocation-id", code: "InvalidAllocationID.NotFound", noun: "allocation ID" },
    Kind { action: "DescribeDhcpOptions", list: "DhcpOptionsId", prefix: "dopt", element: "dhcpOptionsId", filter: "dhcp-options-id", code: "InvalidDhcpOptionID.NotFound", noun: "dhcpOption ID" },
    Kind { action: "DescribeImages", list: "ImageId", prefix: "ami", element: "imageId", filter: "image-id", code: "InvalidAMIID.NotFound", noun: "image id" },
    Kind { action: "DescribeInstances", list: "InstanceId", prefix: "i", element: "instanceId", filter: "instance-id", code: "InvalidInstanceID.NotFound", noun: "instance ID" },
    Kind { action: "DescribeInternetGateways", list: "InternetGatewayId", prefix: "igw", element: "internetGatewayId", filter: "internet-gateway-id", code: "InvalidInternetGatewayID.NotFound", noun: "internetGateway ID" },
    Kind { action: "DescribeKeyPairs", list: "KeyName", prefix: "", element: "keyName", filter: "key-name", code: "InvalidKeyPair.NotFound", noun: "key pair" },
    Kind { action: "DescribeLaunchTemplates", list: "LaunchTemplateId", prefix: "lt", element: "launchTemplateId", filter: "", code: "InvalidLaunchTemplateId.NotFound", noun: "launch template ID" },
    Kind { action: "DescribeNatGateways", list: "NatGatewayId", prefix: "nat", element: "natGatewayId", filter: "nat-gateway-id", code: "NatGatewayNotFound", noun: "NAT gateway" },
    Kind { action: "DescribeNetworkAcls", list: "NetworkAclId", prefix: "acl", element: "networkAclId", filter: "network-acl-id", code: "InvalidNetworkAclID.NotFound", noun: "networkAcl ID" },
    Kind { action: "DescribeNetworkInterfaces", list: "NetworkInterfaceId", prefix: "eni", element: "networkInterfaceId", filter: "network-interface-id", code: "InvalidNetworkInterfaceID.NotFound", noun: "networkInterface ID" },
    Kind { action: "DescribeRouteTables", list: "RouteTableId", prefix: "rtb", element: "routeTableId", filter: "route-table-id", code: "InvalidRouteTableID.NotFound", noun: "routeTable ID" },
    Kind { action: "DescribeSecurityGroupRules", list: "SecurityGroupRuleId", prefix: "sgr", element: "securityGroupRuleId", filter: "security-group-rule-id", code: "InvalidSecurityGroupRuleId.NotFound", noun: "security group rule ID" },
    Kind { action: "DescribeSecurityGroups", list: "GroupId", prefix: "sg", element: "groupId", filter: "group-id", code: "InvalidGroup.NotFound", noun: "security group" },
    Kind { action: "DescribeSnapshots", list: "SnapshotId", prefix: "snap", element: "snapshotId", filter: "snapshot-id", code: "InvalidSnapshot.NotFound", noun: "snapshot" },
    Kind { action: "DescribeSubnets", list: "SubnetId", prefix: "subnet", element: "subnetId", filter: "subnet-id", code: "InvalidSubnetID.NotFound", noun: "subnet ID" },
    Kind { action: "DescribeVolumes", list: "VolumeId", prefix: "vol", element: "volumeId", filter: "volume-id", code: "InvalidVolume.NotFound", noun: "volume" },
    Kind { action: "DescribeVpcEndpoints", list: "VpcEndpointId", prefix: "vpce", element: "vpcEndpointId", filter: "vpc-endpoint-id", code: "InvalidVpcEndpointId.NotFound", noun: "Vpc Endpoint Id" },
    Kind { action: "DescribeVpcPeeringConnections", list: "VpcPeeringConnectionId", prefix: "pcx", element: "vpcPeeringConnectionId", filter: "vpc-peering-connection-id", code: "InvalidVpcPeeringConnectionID.NotFound", noun: "vpcPeeringConnection ID" },
    Kind { action: "DescribeVpcs", list: "VpcId", prefix: "vpc", element: "vpcId", filter: "vpc-id", code: "InvalidVpcID.NotFound", noun: "vpc ID" },
];

/// Returns the refusal of a describe call that names an id of the wrong form.
pub fn malformed(call: &Call) -> Option<Response> {
    let kind = kind(call)?;
    let ids = call.list(kind.list);
    let bad = ids.iter().find(|id| !kind.prefix.is_empty() && !is_well_formed(id, kind.prefix))?;
    let code = kind
        .code
        .strip_suffix(".NotFound")
        .map_or("NatGatewayMalformed".to_owned(), |code| format!("{code}.Malformed"));
    Some(answer::error(call, 400, &code, &format!("Invalid id: \"{bad}\" (expecting \"{}-...\")", kind.prefix)))
}

/// Replaces the answer to a describe call that names missing ids by EC2's error, which names the missing ones.
pub fn correct(visit: &Visit<'_>, response: Response) -> Response {
    let Some(kind) = kind(visit.call) else { return response };
    let ids = visit.call.list(kind.list);
    let unknown = response.status == 400 && code(&response).is_some_and(|code| code.ends_with("NotFound"));
    let missing = match response.is_success() {
        true => absent(&ids, &xml::parse(response.text()).map(|root| shown(&root, response.text(), kind))),
        false if unknown => absent(&ids, &found(visit, kind, &ids)),
        false => return response,
    };
    if missing.is_empty() { response } else { answer::error(visit.call, 400, kind.code, &message(kind, &missing)) }
}

fn kind(call: &Call) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.action == call.action && !call.list(kind.list).is_empty())
}

fn is_well_formed(id: &str, prefix: &str) -> bool {
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn code(response: &Response) -> Option<String> {
    let root = xml::parse(response.text())?;
    root.texts(response.text(), "Code").first().map(|code| (*code).to_owned())
}

/// Asks for the ids by filter, which passes over the missing ones.
fn found(visit: &Visit<'_>, kind: &Kind, ids: &[&str]) -> Option<Vec<String>> {
    if kind.filter.is_empty() || ids.len() == 1 {
        return None;
    }
    let answer = visit.describe(kind.action, &[(kind.filter, ids)])?;
    let shown = if kind.is_nested() { answer.texts(kind.element) } else { answer.fields(kind.element) };
    Some(shown.into_iter().map(str::to_owned).collect())
}

fn shown(root: &xml::Element, source: &str, kind: &Kind) -> Vec<String> {
    let shown = if kind.is_nested() { root.texts(source, kind.element) } else { root.fields(source, kind.element) };
    shown.into_iter().map(str::to_owned).collect()
}

/// Returns the ids that are not among `found`; all of them when nothing could be asked.
fn absent<'i>(ids: &[&'i str], found: &Option<Vec<String>>) -> Vec<&'i str> {
    let is_absent = |id: &&str| found.as_ref().is_none_or(|found| !found.iter().any(|one| one == id));
    ids.iter().copied().filter(is_absent).collect()
}

fn message(kind: &Kind, missing: &[&str]) -> String {
    let (noun, list) = (kind.noun, missing.join(", "));
    match missing.len() {
        1 => format!("The {noun} '{list}' does not exist"),
        _ => format!("The {noun}s '{list}' do not exist"),
    }
}
