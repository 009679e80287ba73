//! What ends with an object: network interfaces and address associations that AWS removes along.

use super::Visit;
use crate::http::Response;

/// Removes what AWS removes together with the objects that a successful call ended.
pub fn settle(visit: &Visit<'_>, response: &Response) {
    if !response.is_success() {
        return;
    }
    match visit.call.action.as_str() {
        "DeleteNatGateway" => {
            visit.call.param("NatGatewayId").into_iter().for_each(|gateway| nat_gateway(visit, gateway))
        }
        "TerminateInstances" => visit.call.list("InstanceId").iter().for_each(|instance| terminated(visit, instance)),
        _ => {}
    }
}

fn nat_gateway(visit: &Visit<'_>, gateway: &str) {
    let Some(answer) = visit.describe("DescribeNatGateways", &[("nat-gateway-id", &[gateway])]) else { return };
    for allocation in answer.texts("allocationId") {
        let fields = [("AllocationId.1", allocation)];
        let addresses = visit.upstream.ask(visit.call, visit.request, "DescribeAddresses", &fields);
        for association in addresses.iter().flat_map(|answer| answer.texts("associationId")) {
            act(visit, "DisassociateAddress", "AssociationId", association);
        }
    }
    answer
        .texts("networkInterfaceId")
        .into_iter()
        .for_each(|id| act(visit, "DeleteNetworkInterface", "NetworkInterfaceId", id));
}

fn terminated(visit: &Visit<'_>, instance: &str) {
    let interfaces = visit.describe("DescribeNetworkInterfaces", &[("attachment.instance-id", &[instance])]);
    for id in interfaces.iter().flat_map(|answer| answer.texts("networkInterfaceId")) {
        act(visit, "DeleteNetworkInterface", "NetworkInterfaceId", id);
    }
}

fn act(visit: &Visit<'_>, action: &str, name: &str, value: &str) {
    // What the emulator refuses here was already gone.
    let _ = visit.upstream.send_form(visit.call, visit.request, action, &[(name, value)]);
}
