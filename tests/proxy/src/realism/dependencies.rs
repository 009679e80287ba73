//! Deletions that AWS refuses while something else needs the object. The emulator is asked what does.

use super::Visit;
use crate::answer;
use crate::http::Response;

const ALIVE: &[&str] = &["pending", "running", "shutting-down", "stopping", "stopped"];

/// Returns the refusal of a deletion whose object is in use.
pub fn refuse(visit: &Visit<'_>) -> Option<Response> {
    let call = visit.call;
    match call.name().as_str() {
        "ec2:DeleteSecurityGroup" => security_group(visit, call.param("GroupId")?),
        "ec2:DeleteSubnet" => subnet(visit, call.param("SubnetId")?),
        "ec2:DeleteVpc" => vpc(visit, call.param("VpcId")?),
        "ec2:DetachInternetGateway" => internet_gateway(visit, call.param("VpcId")?),
        "ec2:ReleaseAddress" => address(visit, call.param("AllocationId")?),
        "iam:DeletePolicy" => policy(visit, call.param("PolicyArn")?),
        _ => None,
    }
}

fn security_group(visit: &Visit<'_>, group: &str) -> Option<Response> {
    let own = visit.describe("DescribeSecurityGroups", &[("group-id", &[group])])?;
    if own.fields("groupName").first() == Some(&"default") {
        let message = format!("the specified group: \"{group}\" name: \"default\" cannot be deleted by a user");
        return Some(answer::error(visit.call, 400, "CannotDelete", &message));
    }
    let refers = |filter| visit.describe("DescribeSecurityGroups", &[(filter, &[group])]);
    let others = [refers("ip-permission.group-id"), refers("egress.ip-permission.group-id")];
    let referred = others.iter().flatten().flat_map(|answer| answer.fields("groupId")).any(|other| other != group);
    let used = referred || has_interface(visit, "group-id", group) || has_instance(visit, "instance.group-id", group);
    used.then(|| violation(visit, format!("resource {group} has a dependent object")))
}

fn subnet(visit: &Visit<'_>, subnet: &str) -> Option<Response> {
    let used = has_interface(visit, "subnet-id", subnet) || has_instance(visit, "subnet-id", subnet);
    used.then(|| violation(visit, format!("The subnet '{subnet}' has dependencies and cannot be deleted.")))
}

fn vpc(visit: &Visit<'_>, vpc: &str) -> Option<Response> {
    let gateways = visit.describe("DescribeInternetGateways", &[("attachment.vpc-id", &[vpc])]);
    let attached = gateways.is_some_and(|answer| !answer.texts("internetGatewayId").is_empty());
    let groups = visit.describe("DescribeSecurityGroups", &[("vpc-id", &[vpc])]);
    let own_groups = groups.is_some_and(|answer| answer.fields("groupName").iter().any(|name| *name != "default"));
    let used = attached || own_groups;
    used.then(|| violation(visit, format!("The vpc '{vpc}' has dependencies and cannot be deleted.")))
}

fn internet_gateway(visit: &Visit<'_>, vpc: &str) -> Option<Response> {
    let interfaces = visit.describe("DescribeNetworkInterfaces", &[("vpc-id", &[vpc])])?;
    let in_vpc = interfaces.texts("networkInterfaceId");
    let addresses = visit.upstream.ask(visit.call, visit.request, "DescribeAddresses", &[])?;
    let mapped = addresses.texts("networkInterfaceId").iter().any(|interface| in_vpc.contains(interface));
    let message =
        "has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.";
    mapped.then(|| violation(visit, format!("Network {vpc} {message}")))
}

fn address(visit: &Visit<'_>, allocation: &str) -> Option<Response> {
    let addresses =
        visit.upstream.ask(visit.call, visit.request, "DescribeAddresses", &[("AllocationId.1", allocation)])?;
    let associated = addresses.texts("associationId").iter().any(|id| !id.is_empty());
    let message = format!("Address with allocation id {allocation} is in use.");
    associated.then(|| answer::error(visit.call, 400, "InvalidIPAddress.InUse", &message))
}

fn policy(visit: &Visit<'_>, policy: &str) -> Option<Response> {
    let ask = |action, list: &str| {
        let answer = visit.upstream.ask(visit.call, visit.request, action, &[("PolicyArn", policy)])?;
        Some(answer.texts(list).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let conflict = |message| Some(answer::error(visit.call, 409, "DeleteConflict", message));
    let entities = ["RoleName", "UserName", "GroupName"];
    if entities.iter().any(|name| ask("ListEntitiesForPolicy", name).is_some_and(|names| !names.is_empty())) {
        return conflict("Cannot delete a policy attached to entities.");
    }
    if ask("ListPolicyVersions", "VersionId").is_some_and(|versions| versions.len() > 1) {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.",
        );
    }
    None
}

fn has_interface(visit: &Visit<'_>, filter: &str, value: &str) -> bool {
    let interfaces = visit.describe("DescribeNetworkInterfaces", &[(filter, &[value])]);
    interfaces.is_some_and(|answer| !answer.texts("networkInterfaceId").is_empty())
}

fn has_instance(visit: &Visit<'_>, filter: &str, value: &str) -> bool {
    let instances = visit.describe("DescribeInstances", &[(filter, &[value]), ("instance-state-name", ALIVE)]);
    instances.is_some_and(|answer| !answer.texts("instanceId").is_empty())
}

fn violation(visit: &Visit<'_>, message: String) -> Response {
    answer::error(visit.call, 400, "DependencyViolation", &message)
}
