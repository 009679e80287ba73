"""Prints one line for every object in the account that a configuration could have made."""

import boto3

ec2, iam = boto3.client("ec2"), boto3.client("iam")
GONE = {"terminated", "deleted"}


def show(kind, names):
    for name in sorted(names):
        print(kind, name)


def listed(action, key, name):
    return [item[name] for item in getattr(ec2, "describe_" + action)()[key] if item.get("State") not in GONE]


for action, key, name in [
    ("vpcs", "Vpcs", "VpcId"),
    ("subnets", "Subnets", "SubnetId"),
    ("internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("nat_gateways", "NatGateways", "NatGatewayId"),
    ("addresses", "Addresses", "AllocationId"),
    ("route_tables", "RouteTables", "RouteTableId"),
    ("security_groups", "SecurityGroups", "GroupId"),
    ("network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("volumes", "Volumes", "VolumeId"),
    ("key_pairs", "KeyPairs", "KeyName"),
]:
    show(action, listed(action, key, name))
reservations = ec2.describe_instances()["Reservations"]
instances = [instance for reservation in reservations for instance in reservation["Instances"]]
show("instances", [one["InstanceId"] for one in instances if one["State"]["Name"] not in GONE])
show("roles", [role["RoleName"] for role in iam.list_roles()["Roles"]])
show("policies", [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]])
show("instance_profiles", [one["InstanceProfileName"] for one in iam.list_instance_profiles()["InstanceProfiles"]])
show("buckets", [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]])
show("tables", boto3.client("dynamodb").list_tables()["TableNames"])
