//! Changes of instances in place.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, EbsInstanceBlockDeviceSpecification, HostnameType, HttpTokensState,
    IamInstanceProfileAssociation, IamInstanceProfileSpecification, Instance, InstanceAutoRecoveryState,
    InstanceBlockDeviceMappingSpecification, InstanceCreditSpecificationRequest, InstanceMetadataEndpointState,
    InstanceMetadataProtocolState, InstanceMetadataTagsState, NestedVirtualizationSpecification,
    SecureBlobAttributeValue, VolumeType,
};
use aws_smithy_types::Blob;
use terrane_aws_core::{TagDiff, Tags, timeout};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Update};
use terrane_value::Value;

use super::launch::{capacity_reservation, unsettled};
use super::{UPDATE, devices, find, has_own_interfaces, is_burstable, state, user_data};
use crate::client::{Ec2, PROPAGATION, Refusal, filter};
use crate::ebs_volume::await_modification;
use crate::tags;

const STOP: Duration = Duration::from_secs(600);
const START: Duration = Duration::from_secs(600);

/// A change of one instance.
struct Work<'a> {
    ec2: &'a Ec2<'a>,
    update: &'a Update<'a>,
    id: &'a str,
    time: Duration,
}

/// Makes all planned changes.
pub(super) async fn change(ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<(), Problem> {
    let work = Work { ec2, update, id, time: timeout(update.planned, "update", UPDATE) };
    work.volume_tags().await?;
    work.profile().await?;
    work.interface().await?;
    work.stopped().await?;
    work.protection().await?;
    work.shutdown_behavior().await?;
    work.maintenance().await?;
    work.monitoring().await?;
    work.credits().await?;
    work.metadata().await?;
    work.root_device().await?;
    work.ebs_devices().await?;
    work.capacity_reservation().await?;
    work.private_names().await?;
    tags::update(ec2, id, update).await
}

/// Stops an instance, and waits until it has.
pub(crate) async fn stop(ec2: &Ec2<'_>, id: &str) -> Result<(), Problem> {
    let (request, what) = (ec2.client.stop_instances().instance_ids(id), format!("stopping instance {id}"));
    ec2.call("ec2:StopInstances", &what, || request.clone().send()).await?;
    until_state(ec2, id, "stopped", STOP).await
}

async fn until_state(ec2: &Ec2<'_>, id: &str, wanted: &str, time: Duration) -> Result<(), Problem> {
    let ready = |i: &Instance| Ok(state(i) == wanted);
    ec2.until(format!("instance {id} to be {wanted}"), time, || find(ec2, id), ready, |i| state(i).to_owned()).await?;
    Ok(())
}

fn truth(on: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(on).build()
}

async fn modify(ec2: &Ec2<'_>, id: &str, name: &str, set: impl FnOnce(Modify) -> Modify) -> Result<(), Refusal> {
    let request = set(ec2.client.modify_instance_attribute().instance_id(id));
    let what = format!("setting {name} of instance {id}");
    ec2.call("ec2:ModifyInstanceAttribute", &what, || request.clone().send()).await?;
    Ok(())
}

/// Whether an instance forwards traffic that is not its own is then not checked, or is.
pub(super) async fn set_source_dest_check(ec2: &Ec2<'_>, id: &str, on: bool) -> Result<(), Problem> {
    Ok(modify(ec2, id, "source_dest_check", |m| m.source_dest_check(truth(on))).await?)
}

/// Lets an instance be stopped and terminated.
pub(super) async fn lift_protection(ec2: &Ec2<'_>, id: &str) -> Result<(), Problem> {
    let pass = |done: Result<(), Refusal>| match done {
        Err(r) if !r.is(&["InvalidInstanceID.NotFound"]) && !spot(&r) => Err(Problem::from(r)),
        _ => Ok(()),
    };
    let termination = modify(ec2, id, "disable_api_termination", |m| m.disable_api_termination(truth(false)));
    pass(termination.await)?;
    pass(modify(ec2, id, "disable_api_stop", |m| m.disable_api_stop(truth(false))).await)
}

/// Spot instances have no such protection.
fn spot(refusal: &Refusal) -> bool {
    refusal.says("UnsupportedOperation", "not supported for spot instances")
}

impl Work<'_> {
    fn changes(&self, name: &str) -> bool {
        self.update.changes(name)
    }

    fn planned(&self) -> Args<'_> {
        Args(self.update.planned)
    }

    /// The block of this name that has changed.
    fn changed_block(&self, name: &str) -> Option<Args<'_>> {
        let same = !Args(self.update.planned).differs(self.update.prior, name);
        self.planned().block(name).filter(|_| !same)
    }

    async fn found(&self) -> Result<Instance, Problem> {
        let missing = || {
            let detail = format!("There is no instance {} in region {} any more.", self.id, self.ec2.region);
            Problem::error("Instance not found", detail)
        };
        find(self.ec2, self.id).await?.ok_or_else(missing)
    }

    async fn volume_tags(&self) -> Result<(), Problem> {
        if !self.changes("volume_tags") {
            return Ok(());
        }
        let of = |object| Args(object).map("volume_tags");
        let diff = TagDiff::between(&of(self.update.prior), &of(self.update.planned));
        for volume in devices::volumes(self.ec2, &[self.id.to_owned()]).await? {
            tags::write(self.ec2, volume.volume_id().unwrap_or_default(), diff.clone()).await?;
        }
        Ok(())
    }

    async fn profile(&self) -> Result<(), Problem> {
        if !self.changes("iam_instance_profile") {
            return Ok(());
        }
        let name = self.planned().string("iam_instance_profile");
        let running = state(&self.found().await?) == "running";
        match (self.associations().await?.into_iter().next().and_then(|a| a.association_id), name) {
            (Some(association), Some(name)) if running => self.replace_profile(&association, &name).await,
            (association, name) => {
                if let Some(association) = association {
                    self.remove_profile(&association).await?;
                }
                match name {
                    Some(name) => self.add_profile(&name).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn associations(&self) -> Result<Vec<IamInstanceProfileAssociation>, Problem> {
        let request = self.ec2.client.describe_iam_instance_profile_associations();
        let request = request.filters(filter("instance-id", self.id));
        let what = format!("reading the instance profile of {}", self.id);
        let operation = "ec2:DescribeIamInstanceProfileAssociations";
        let answer = self.ec2.call(operation, &what, || request.clone().send()).await?;
        let all = answer.iam_instance_profile_associations.unwrap_or_default();
        let gone = |a: &IamInstanceProfileAssociation| a.state().is_some_and(|s| s.as_str().starts_with("disassociat"));
        Ok(all.into_iter().filter(|a| !gone(a)).collect())
    }

    async fn replace_profile(&self, association: &str, name: &str) -> Result<(), Problem> {
        let profile = IamInstanceProfileSpecification::builder().name(name).build();
        let request = self.ec2.client.replace_iam_instance_profile_association().association_id(association);
        let request = request.iam_instance_profile(profile);
        let what = format!("replacing the instance profile of {}", self.id);
        let operation = "ec2:ReplaceIamInstanceProfileAssociation";
        self.ec2.insist(operation, &what, PROPAGATION, || request.clone().send(), unsettled).await?;
        Ok(())
    }

    async fn add_profile(&self, name: &str) -> Result<(), Problem> {
        let profile = IamInstanceProfileSpecification::builder().name(name).build();
        let request = self.ec2.client.associate_iam_instance_profile().instance_id(self.id);
        let request = request.iam_instance_profile(profile);
        let what = format!("associating instance profile {name:?} with {}", self.id);
        let passes = |r: &Refusal| unsettled(r) || r.is(&["IncorrectState"]);
        let operation = "ec2:AssociateIamInstanceProfile";
        self.ec2.insist(operation, &what, PROPAGATION, || request.clone().send(), passes).await?;
        Ok(())
    }

    async fn remove_profile(&self, association: &str) -> Result<(), Problem> {
        let request = self.ec2.client.disassociate_iam_instance_profile().association_id(association);
        let what = format!("removing the instance profile of {}", self.id);
        self.ec2.call("ec2:DisassociateIamInstanceProfile", &what, || request.clone().send()).await?;
        let find = || async { Ok(self.associations().await?.pop()) };
        self.ec2.until_gone(format!("the instance profile of {} to be removed", self.id), PROPAGATION, find).await
    }

    /// What belongs to the first network interface.
    async fn interface(&self) -> Result<(), Problem> {
        if self.changes("source_dest_check") && !has_own_interfaces(self.update.config) {
            let on = self.planned().bool("source_dest_check").unwrap_or(true);
            set_source_dest_check(self.ec2, self.id, on).await?;
        }
        let names = ["secondary_private_ips", "vpc_security_group_ids", "ipv6_addresses", "ipv6_address_count"];
        if !names.iter().chain(&["enable_primary_ipv6"]).any(|n| self.changes(n)) {
            return Ok(());
        }
        let instance = self.found().await?;
        let index = |a: &aws_sdk_ec2::types::InstanceNetworkInterfaceAttachment| a.device_index() == Some(0);
        let primary = instance.network_interfaces().iter().find(|n| n.attachment().is_some_and(index));
        let interface = primary.and_then(|n| n.network_interface_id()).ok_or_else(|| {
            let detail =
                format!("Instance {} has no first network interface to change addresses or groups of.", self.id);
            Problem::error("No network interface", detail)
        })?;
        self.private_addresses(interface).await?;
        self.ipv6_addresses(interface).await?;
        self.groups(interface).await
    }

    async fn private_addresses(&self, interface: &str) -> Result<(), Problem> {
        let (add, remove) = self.difference("secondary_private_ips");
        if !remove.is_empty() {
            let what = format!("unassigning private addresses from {interface}");
            let request = self.ec2.client.unassign_private_ip_addresses().network_interface_id(interface);
            let request = request.set_private_ip_addresses(Some(remove));
            self.ec2.call("ec2:UnassignPrivateIpAddresses", &what, || request.clone().send()).await?;
        }
        if !add.is_empty() {
            let what = format!("assigning private addresses to {interface}");
            let request = self.ec2.client.assign_private_ip_addresses().network_interface_id(interface);
            let request = request.set_private_ip_addresses(Some(add));
            self.ec2.call("ec2:AssignPrivateIpAddresses", &what, || request.clone().send()).await?;
        }
        Ok(())
    }

    /// What comes to and what goes from a list of texts.
    fn difference(&self, name: &str) -> (Vec<String>, Vec<String>) {
        if !self.changes(name) {
            return (Vec::new(), Vec::new());
        }
        let of = |object| Args(object).strings(name).into_iter().collect::<BTreeSet<String>>();
        let (prior, planned) = (of(self.update.prior), of(self.update.planned));
        (planned.difference(&prior).cloned().collect(), prior.difference(&planned).cloned().collect())
    }

    async fn ipv6_addresses(&self, interface: &str) -> Result<(), Problem> {
        if self.changes("enable_primary_ipv6") {
            let on = self.planned().bool("enable_primary_ipv6").unwrap_or(false);
            let request = self.ec2.client.modify_network_interface_attribute().network_interface_id(interface);
            let (request, what) =
                (request.enable_primary_ipv6(on), format!("setting the primary address of {interface}"));
            self.ec2.call("ec2:ModifyNetworkInterfaceAttribute", &what, || request.clone().send()).await?;
        }
        let (add, remove, count) = self.ipv6_changes();
        if !remove.is_empty() {
            let what = format!("unassigning IPv6 addresses from {interface}");
            let request = self.ec2.client.unassign_ipv6_addresses().network_interface_id(interface);
            let request = request.set_ipv6_addresses(Some(remove));
            self.ec2.call("ec2:UnassignIpv6Addresses", &what, || request.clone().send()).await?;
        }
        if !add.is_empty() || count.is_some() {
            let (what, look) =
                (format!("assigning IPv6 addresses to {interface}"), format!("addresses of {interface}"));
            let request = self.ec2.client.assign_ipv6_addresses().network_interface_id(interface);
            let request = request.set_ipv6_addresses(Some(add).filter(|a| !a.is_empty())).set_ipv6_address_count(count);
            self.ec2.call_once("ec2:AssignIpv6Addresses", &what, &look, || request.clone().send()).await?;
        }
        Ok(())
    }

    /// The addresses that come and go, or how many more of AWS's choice come.
    fn ipv6_changes(&self) -> (Vec<String>, Vec<String>, Option<i32>) {
        if !self.changes("ipv6_address_count") {
            let (add, remove) = self.difference("ipv6_addresses");
            return (add, remove, None);
        }
        let there = Args(self.update.prior).strings("ipv6_addresses");
        let wanted = usize::try_from(self.planned().i64("ipv6_address_count").unwrap_or(0)).unwrap_or(0);
        let extra = there.get(wanted..).unwrap_or_default().to_vec();
        let missing = i32::try_from(wanted.saturating_sub(there.len())).ok().filter(|n| *n > 0);
        (Vec::new(), extra, missing)
    }

    /// Groups of an instance with several interfaces can be set only at the interface.
    async fn groups(&self, interface: &str) -> Result<(), Problem> {
        if !self.changes("vpc_security_group_ids") {
            return Ok(());
        }
        let groups = self.planned().strings("vpc_security_group_ids");
        if groups.is_empty() {
            let detail = "An instance in a VPC needs at least one security group in vpc_security_group_ids.";
            return Err(Problem::error("No security group", detail));
        }
        let request = self.ec2.client.modify_network_interface_attribute().network_interface_id(interface);
        let (request, what) = (request.set_groups(Some(groups)), format!("setting the security groups of {interface}"));
        let operation = "ec2:ModifyNetworkInterfaceAttribute";
        self.ec2.call(operation, &what, || request.clone().send()).await?;
        Ok(())
    }

    /// What AWS changes only while the instance is stopped: it is stopped once, and started again if it ran.
    async fn stopped(&self) -> Result<(), Problem> {
        let data = ["user_data", "user_data_base64"].iter().any(|n| self.changes(n));
        let cpu = self.changed_block("cpu_options");
        if !data && !self.changes("instance_type") && cpu.is_none() {
            return Ok(());
        }
        let ran = state(&self.found().await?) != "stopped";
        if ran {
            stop(self.ec2, self.id).await?;
        }
        if let Some(ty) = self.planned().string("instance_type").filter(|_| self.changes("instance_type")) {
            let ty = AttributeValue::builder().value(ty).build();
            modify(self.ec2, self.id, "instance_type", |m| m.instance_type(ty)).await?;
        }
        if data {
            let written = self.planned().text("user_data").or(Args(self.update.config).text("user_data_base64"));
            let data = Blob::new(user_data::bytes(written.unwrap_or_default()));
            let data = SecureBlobAttributeValue::builder().value(data).build();
            modify(self.ec2, self.id, "user_data", |m| m.user_data(data)).await?;
        }
        if let Some(block) = cpu {
            self.cpu_options(block).await?;
        }
        if ran { self.start().await } else { Ok(()) }
    }

    async fn cpu_options(&self, block: Args<'_>) -> Result<(), Problem> {
        let nested = block.text("nested_virtualization").map(NestedVirtualizationSpecification::from);
        let request = self
            .ec2
            .client
            .modify_instance_cpu_options()
            .instance_id(self.id)
            .set_core_count(block.i32("core_count").filter(|n| *n > 0))
            .set_threads_per_core(block.i32("threads_per_core").filter(|n| *n > 0))
            .set_nested_virtualization(nested);
        let what = format!("setting the CPU options of instance {}", self.id);
        self.ec2.call("ec2:ModifyInstanceCpuOptions", &what, || request.clone().send()).await?;
        Ok(())
    }

    async fn start(&self) -> Result<(), Problem> {
        let (request, what) = (self.ec2.client.start_instances(), format!("starting instance {}", self.id));
        let request = request.instance_ids(self.id);
        let settling =
            |r: &Refusal| r.says("InvalidParameterValue", "LaunchPlan instance type does not match attribute value");
        self.ec2.insist("ec2:StartInstances", &what, PROPAGATION, || request.clone().send(), settling).await?;
        until_state(self.ec2, self.id, "running", START).await
    }

    async fn protection(&self) -> Result<(), Problem> {
        let on = |name: &str| truth(self.planned().bool(name).unwrap_or(false));
        if self.changes("disable_api_stop") {
            let done = modify(self.ec2, self.id, "disable_api_stop", |m| m.disable_api_stop(on("disable_api_stop")));
            done.await.or_else(|r| if spot(&r) { Ok(()) } else { Err(r) })?;
        }
        if self.changes("disable_api_termination") {
            let name = "disable_api_termination";
            let done = modify(self.ec2, self.id, name, |m| m.disable_api_termination(on(name))).await;
            done.or_else(|r| if spot(&r) { Ok(()) } else { Err(r) })?;
        }
        Ok(())
    }

    async fn shutdown_behavior(&self) -> Result<(), Problem> {
        let name = "instance_initiated_shutdown_behavior";
        if let Some(behavior) = self.planned().string(name).filter(|_| self.changes(name)) {
            let behavior = AttributeValue::builder().value(behavior).build();
            modify(self.ec2, self.id, name, |m| m.instance_initiated_shutdown_behavior(behavior)).await?;
        }
        Ok(())
    }

    async fn maintenance(&self) -> Result<(), Problem> {
        let Some(block) = self.changed_block("maintenance_options") else { return Ok(()) };
        let recovery = block.text("auto_recovery").map(InstanceAutoRecoveryState::from);
        let request = self.ec2.client.modify_instance_maintenance_options().instance_id(self.id);
        let request = request.set_auto_recovery(recovery.clone());
        let what = format!("setting the maintenance options of instance {}", self.id);
        self.ec2.call("ec2:ModifyInstanceMaintenanceOptions", &what, || request.clone().send()).await?;
        let what = format!("the maintenance options of instance {} to be set", self.id);
        let ready = |i: &Instance| {
            let there = i.maintenance_options().and_then(|m| m.auto_recovery()).map(|r| r.as_str());
            Ok(there.is_none() || there == recovery.as_ref().map(InstanceAutoRecoveryState::as_str))
        };
        self.ec2.until(what, self.time, || find(self.ec2, self.id), ready, |_| String::new()).await?;
        Ok(())
    }

    async fn monitoring(&self) -> Result<(), Problem> {
        if !self.changes("monitoring") {
            return Ok(());
        }
        let (client, what) = (&self.ec2.client, format!("setting the monitoring of instance {}", self.id));
        if self.planned().bool("monitoring") == Some(true) {
            let request = client.monitor_instances().instance_ids(self.id);
            self.ec2.call("ec2:MonitorInstances", &what, || request.clone().send()).await?;
        } else {
            let request = client.unmonitor_instances().instance_ids(self.id);
            self.ec2.call("ec2:UnmonitorInstances", &what, || request.clone().send()).await?;
        }
        Ok(())
    }

    async fn credits(&self) -> Result<(), Problem> {
        let burstable = self.planned().text("instance_type").is_some_and(is_burstable);
        let credits = self.changed_block("credit_specification").and_then(|b| b.string("cpu_credits"));
        let Some(credits) = credits.filter(|_| burstable) else { return Ok(()) };
        let specification = InstanceCreditSpecificationRequest::builder().instance_id(self.id).cpu_credits(credits);
        let request = self.ec2.client.modify_instance_credit_specification().client_token(self.update.operation);
        let request = request.instance_credit_specifications(specification.build());
        let what = format!("setting the credits of instance {}", self.id);
        self.ec2.call("ec2:ModifyInstanceCreditSpecification", &what, || request.clone().send()).await?;
        Ok(())
    }

    async fn metadata(&self) -> Result<(), Problem> {
        let Some(block) = self.changed_block("metadata_options") else { return Ok(()) };
        let endpoint = block.text("http_endpoint");
        let mut request = self.ec2.client.modify_instance_metadata_options().instance_id(self.id);
        request = request.set_http_endpoint(endpoint.map(InstanceMetadataEndpointState::from));
        if endpoint != Some("disabled") {
            request = request
                .set_http_tokens(block.text("http_tokens").map(HttpTokensState::from))
                .set_http_put_response_hop_limit(block.i32("http_put_response_hop_limit").filter(|n| *n > 0))
                .set_http_protocol_ipv6(block.text("http_protocol_ipv6").map(InstanceMetadataProtocolState::from))
                .set_instance_metadata_tags(block.text("instance_metadata_tags").map(InstanceMetadataTagsState::from));
        }
        let what = format!("setting the metadata options of instance {}", self.id);
        self.ec2.call("ec2:ModifyInstanceMetadataOptions", &what, || request.clone().send()).await?;
        let what = format!("the metadata options of instance {} to be applied", self.id);
        let pending =
            |i: &Instance| i.metadata_options().and_then(|m| m.state()).is_some_and(|s| s.as_str() == "pending");
        let ready = |i: &Instance| Ok(!pending(i));
        self.ec2.until(what, self.time, || find(self.ec2, self.id), ready, |_| "pending".to_owned()).await?;
        Ok(())
    }

    async fn root_device(&self) -> Result<(), Problem> {
        let Some(planned) = self.changed_block("root_block_device") else { return Ok(()) };
        let Some(prior) = Args(self.update.prior).block("root_block_device") else { return Ok(()) };
        let volume = prior.text("volume_id").unwrap_or_default();
        self.resize(volume, planned, prior).await?;
        let delete =
            planned.bool("delete_on_termination").filter(|_| planned.differs(prior.0, "delete_on_termination"));
        if let Some(delete) = delete {
            self.set_delete_on_termination(prior.text("device_name").unwrap_or_default(), delete).await?;
        }
        if planned.differs(prior.0, "tags") {
            let diff = TagDiff::between(&self.volume_tags_of(prior), &self.volume_tags_of(planned));
            tags::write(self.ec2, volume, diff).await?;
        }
        Ok(())
    }

    /// Of the other devices only the tags change.
    async fn ebs_devices(&self) -> Result<(), Problem> {
        let prior = Args(self.update.prior).blocks("ebs_block_device");
        for planned in self.planned().blocks("ebs_block_device") {
            let was = prior.iter().find(|p| p.text("device_name") == planned.text("device_name"));
            let Some(was) = was.filter(|was| planned.differs(was.0, "tags")) else { continue };
            let diff = TagDiff::between(&self.volume_tags_of(*was), &self.volume_tags_of(planned));
            tags::write(self.ec2, was.text("volume_id").unwrap_or_default(), diff).await?;
        }
        Ok(())
    }

    fn volume_tags_of(&self, block: Args<'_>) -> Tags {
        devices::tags_of(self.ec2, block)
    }

    async fn resize(&self, volume: &str, planned: Args<'_>, prior: Args<'_>) -> Result<(), Problem> {
        let changed = |name: &str| planned.i32(name).filter(|n| *n > 0 && planned.differs(prior.0, name));
        let (size, iops, throughput) = (changed("volume_size"), changed("iops"), changed("throughput"));
        let ty = planned.text("volume_type").filter(|_| planned.differs(prior.0, "volume_type"));
        if size.is_none() && iops.is_none() && throughput.is_none() && ty.is_none() {
            return Ok(());
        }
        devices::check("root_block_device", planned.text("volume_type"), iops.is_some(), throughput.is_some())?;
        let request = self
            .ec2
            .client
            .modify_volume()
            .volume_id(volume)
            .set_size(size)
            .set_iops(iops)
            .set_throughput(throughput)
            .set_volume_type(ty.map(VolumeType::from));
        let what = format!("changing root volume {volume} of instance {}", self.id);
        self.ec2.call("ec2:ModifyVolume", &what, || request.clone().send()).await?;
        await_modification(self.ec2, volume, self.time).await
    }

    async fn set_delete_on_termination(&self, device: &str, delete: bool) -> Result<(), Problem> {
        let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(delete).build();
        let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device).ebs(ebs).build();
        let name = "delete_on_termination of the root device";
        Ok(modify(self.ec2, self.id, name, |m| m.block_device_mappings(mapping)).await?)
    }

    async fn capacity_reservation(&self) -> Result<(), Problem> {
        let block = self.changed_block("capacity_reservation_specification");
        let Some(specification) = block.and_then(capacity_reservation) else { return Ok(()) };
        let request = self.ec2.client.modify_instance_capacity_reservation_attributes().instance_id(self.id);
        let request = request.capacity_reservation_specification(specification);
        let what = format!("setting the capacity reservation of instance {}", self.id);
        let operation = "ec2:ModifyInstanceCapacityReservationAttributes";
        self.ec2.call(operation, &what, || request.clone().send()).await?;
        Ok(())
    }

    async fn private_names(&self) -> Result<(), Problem> {
        let Some(planned) = self.changed_block("private_dns_name_options") else { return Ok(()) };
        let nothing = Value::object::<&str>([]);
        let prior = Args(self.update.prior).block("private_dns_name_options").map_or(&nothing, |b| b.0);
        let changed = |name: &str| planned.bool(name).filter(|_| planned.differs(prior, name));
        let hostname = planned.text("hostname_type").filter(|_| planned.differs(prior, "hostname_type"));
        let request = self
            .ec2
            .client
            .modify_private_dns_name_options()
            .instance_id(self.id)
            .set_enable_resource_name_dns_a_record(changed("enable_resource_name_dns_a_record"))
            .set_enable_resource_name_dns_aaaa_record(changed("enable_resource_name_dns_aaaa_record"))
            .set_private_dns_hostname_type(hostname.map(HostnameType::from));
        let what = format!("setting the private DNS name of instance {}", self.id);
        self.ec2.call("ec2:ModifyPrivateDnsNameOptions", &what, || request.clone().send()).await?;
        Ok(())
    }
}
