//! Types that the emulator lacks, against a stand-in.

use terrane_aws_core::testing::{Made, blocks, map, set};
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::life::life;
use crate::stand_in::{Fields, Node, Noun, StandIn};
use crate::{id, object, text};

fn set_text(object: &mut Fields, name: &str, value: &str) {
    object.insert(name.to_owned(), Node::Text(value.to_owned()));
}

fn get(object: &Fields, name: &str) -> Option<String> {
    match object.get(name) {
        Some(Node::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn nothing(_: &mut Fields) {}

/// Moves a field to the name that AWS tells it by.
fn rename(object: &mut Fields, from: &str, to: &str) {
    if let Some(node) = object.remove(from) {
        object.insert(to.to_owned(), node);
    }
}

const PLACEMENT_GROUP: Noun = Noun {
    make: "CreatePlacementGroup",
    describe: "DescribePlacementGroups",
    modify: "-",
    delete: "DeletePlacementGroup",
    elements: ("placementGroup", "placementGroupSet"),
    id: "groupId",
    by: ("GroupName", "groupName"),
    missing: "InvalidPlacementGroup.Unknown",
    fixed: &[("state", "available")],
    settle: nothing,
};

/// Reads an object after it was changed elsewhere, and checks that the next plan takes that back.
async fn drifts(stand_in: &StandIn, made: &Made<'_>, (field, value): (&str, &str), attribute: &str) {
    stand_in.drift(field, value);
    let now = made.read().await;
    let (was, is) = (made.object.value.get(attribute), now.value.get(attribute));
    assert!(is.is_some() && was != is, "{attribute} is still {was:?}");
}

#[tokio::test]
async fn placement_groups() {
    let aws = StandIn::start(&[PLACEMENT_GROUP], &[]).await;
    let config = |strategy: &str, tag: &str| {
        object([("name", text("near")), ("strategy", text(strategy)), ("tags", map([("Name", tag)]))])
    };
    let configs = [config("cluster", "a"), config("cluster", "b")];
    let replacing = [(config("spread", "b"), "strategy")];
    let last = life(&aws.cloud, "aws_placement_group").lead(&configs, &replacing, id, &[]).await;
    let arn = "arn:aws:ec2:eu-west-1:123456789012:placement-group/near";
    assert_eq!((Args(&last).text("id"), Args(&last).text("arn")), (Some("near"), Some(arn)));
    let made = life(&aws.cloud, "aws_placement_group").make(config("cluster", "a")).await;
    drifts(&aws, &made, ("strategy", "spread"), "strategy").await;
    aws.golden("aws_placement_group");
}

const RESERVATION: Noun = Noun {
    make: "CreateCapacityReservation",
    describe: "DescribeCapacityReservations",
    modify: "ModifyCapacityReservation",
    delete: "CancelCapacityReservation",
    elements: ("capacityReservation", "capacityReservationSet"),
    id: "capacityReservationId",
    by: ("CapacityReservationId", "capacityReservationId"),
    missing: "InvalidCapacityReservationId.NotFound",
    fixed: &[("state", "active"), ("ownerId", "123456789012"), ("capacityReservationArn", "arn:aws:ec2:x")],
    settle: |o| rename(o, "instanceCount", "totalInstanceCount"),
};

#[tokio::test]
async fn capacity_reservations() {
    let aws = StandIn::start(&[RESERVATION], &[]).await;
    let config = |ty: &str, count: i64, end: Option<&str>, tag: &str| {
        let pairs = [
            ("instance_type", text(ty)),
            ("instance_platform", text("Linux/UNIX")),
            ("availability_zone", text("eu-west-1a")),
            ("instance_count", count.into()),
            ("tags", map([("Name", tag)])),
        ];
        let end = end.map(|e| [("end_date", text(e)), ("end_date_type", text("limited"))]);
        Value::object(pairs.into_iter().chain(end.into_iter().flatten()))
    };
    let configs = [
        config("t3.micro", 1, None, "a"),
        config("t3.micro", 2, None, "b"),
        config("t3.micro", 2, Some("2030-01-01T00:00:00Z"), "b"),
    ];
    let replacing = [(config("t3.small", 2, None, "b"), "instance_type")];
    life(&aws.cloud, "aws_ec2_capacity_reservation").lead(&configs, &replacing, id, &[]).await;
    let made = life(&aws.cloud, "aws_ec2_capacity_reservation").make(configs[0].clone()).await;
    drifts(&aws, &made, ("totalInstanceCount", "9"), "instance_count").await;
    aws.golden("aws_ec2_capacity_reservation");
}

const IPAM: Noun = Noun {
    make: "CreateIpam",
    describe: "DescribeIpams",
    modify: "ModifyIpam",
    delete: "DeleteIpam",
    elements: ("ipam", "ipamSet"),
    id: "ipamId",
    by: ("IpamId", "ipamId"),
    missing: "InvalidIpamId.NotFound",
    fixed: &[
        ("state", "create-complete"),
        ("ipamArn", "arn:aws:ec2::123456789012:ipam/x"),
        ("scopeCount", "2"),
        ("privateDefaultScopeId", "ipam-scope-1"),
        ("publicDefaultScopeId", "ipam-scope-2"),
        ("defaultResourceDiscoveryId", "ipam-res-disco-1"),
        ("defaultResourceDiscoveryAssociationId", "ipam-res-disco-assoc-1"),
    ],
    settle: ipam,
};

fn ipam(object: &mut Fields) {
    rename(object, "operatingRegion", "operatingRegionSet");
    let Some(Node::Fields(added)) = object.remove("addOperatingRegion") else { return };
    if let Some(Node::Fields(regions)) = object.get_mut("operatingRegionSet") {
        regions.extend(added.into_values().zip(10..).map(|(region, n)| (n.to_string(), region)));
    }
}

const POOL: Noun = Noun {
    make: "CreateIpamPool",
    describe: "DescribeIpamPools",
    modify: "ModifyIpamPool",
    delete: "DeleteIpamPool",
    elements: ("ipamPool", "ipamPoolSet"),
    id: "ipamPoolId",
    by: ("IpamPoolId", "ipamPoolId"),
    missing: "InvalidIpamPoolId.NotFound",
    fixed: &[("state", "create-complete"), ("ipamPoolArn", "arn:p"), ("ipamScopeType", "private"), ("poolDepth", "1")],
    settle: pool,
};

fn pool(object: &mut Fields) {
    if let Some(scope) = get(object, "ipamScopeId") {
        set_text(object, "ipamScopeArn", &format!("arn:aws:ec2::123456789012:ipam-scope/{scope}"));
    }
    rename(object, "allocationResourceTag", "allocationResourceTagSet");
    if let Some(added) = object.remove("addAllocationResourceTag") {
        object.insert("allocationResourceTagSet".to_owned(), added);
    }
    object.remove("removeAllocationResourceTag");
}

const CIDR: Noun = Noun {
    make: "ProvisionIpamPoolCidr",
    describe: "GetIpamPoolCidrs",
    modify: "-",
    delete: "DeprovisionIpamPoolCidr",
    elements: ("ipamPoolCidr", "ipamPoolCidrSet"),
    id: "ipamPoolCidrId",
    by: ("Cidr", "cidr"),
    missing: "InvalidIpamPoolCidrId.NotFound",
    fixed: &[("state", "provisioned")],
    settle: |o| {
        if let (None, Some(length)) = (get(o, "cidr"), get(o, "netmaskLength")) {
            set_text(o, "cidr", &format!("172.20.0.0/{length}"));
        }
    },
};

#[tokio::test]
async fn ipams() {
    let aws = StandIn::start(&[IPAM], &[]).await;
    let region = |name: &str| object([("region_name", text(name))]);
    let config = |description: &str, tier: &str, regions: Value| {
        object([("description", text(description)), ("tier", text(tier)), ("operating_regions", regions)])
    };
    let configs = [
        config("a", "free", blocks([region("eu-west-1")])),
        config("b", "advanced", blocks([region("eu-west-1"), region("us-east-1")])),
    ];
    let replacing = [(object([("region", text("eu-central-1"))]), "region")];
    let last = life(&aws.cloud, "aws_vpc_ipam").lead(&configs, &replacing, id, &["cascade"]).await;
    assert_eq!(Args(&last).text("private_default_scope_id"), Some("ipam-scope-1"));
    let made = life(&aws.cloud, "aws_vpc_ipam").make(configs[0].clone()).await;
    drifts(&aws, &made, ("description", "x"), "description").await;
    aws.golden("aws_vpc_ipam");
}

#[tokio::test]
async fn ipam_pools() {
    let aws = StandIn::start(&[POOL], &[]).await;
    let config = |family: &str, description: &str, tag: &str| {
        object([
            ("address_family", text(family)),
            ("ipam_scope_id", text("ipam-scope-1")),
            ("locale", text("eu-west-1")),
            ("description", text(description)),
            ("allocation_default_netmask_length", 24.into()),
            ("allocation_resource_tags", map([("env", tag)])),
            ("tags", map([("Name", tag)])),
        ])
    };
    let configs = [config("ipv4", "a", "a"), config("ipv4", "b", "b")];
    let replacing = [(config("ipv6", "b", "b"), "address_family")];
    life(&aws.cloud, "aws_vpc_ipam_pool").lead(&configs, &replacing, id, &["cascade"]).await;
    let made = life(&aws.cloud, "aws_vpc_ipam_pool").make(configs[0].clone()).await;
    drifts(&aws, &made, ("allocationDefaultNetmaskLength", "20"), "allocation_default_netmask_length").await;
    aws.golden("aws_vpc_ipam_pool");
}

#[tokio::test]
async fn ipam_pool_cidrs() {
    let aws = StandIn::start(&[POOL, CIDR], &[]).await;
    let pool = object([("address_family", text("ipv4")), ("ipam_scope_id", text("ipam-scope-1"))]);
    let pool = life(&aws.cloud, "aws_vpc_ipam_pool").make(pool).await;
    let config = |cidr: &str| object([("ipam_pool_id", pool.id()), ("cidr", text(cidr))]);
    let replacing = [(config("10.1.0.0/16"), "cidr")];
    let last = life(&aws.cloud, "aws_vpc_ipam_pool_cidr").lead(&[config("10.0.0.0/8")], &replacing, id, &[]).await;
    assert_eq!(Args(&last).text("id"), Some(&*format!("10.0.0.0/8_{}", pool.text("id"))));
    let by_length = object([("ipam_pool_id", pool.id()), ("netmask_length", 24.into())]);
    let made = life(&aws.cloud, "aws_vpc_ipam_pool_cidr").make(by_length).await;
    assert_eq!(made.text("cidr"), "172.20.0.0/24");
    made.remove().await;
    pool.remove().await;
    aws.golden("aws_vpc_ipam_pool_cidr");
}

const PREVIEW: (&str, &str) =
    ("AllocateIpamPoolCidr", "<ipamPoolAllocation><cidr>172.20.4.0/24</cidr></ipamPoolAllocation>");

#[tokio::test]
async fn ipam_previews() {
    let aws = StandIn::start(&[], &[PREVIEW]).await;
    let config = |length: i64| {
        object([
            ("ipam_pool_id", text("ipam-pool-1")),
            ("netmask_length", length.into()),
            ("disallowed_cidrs", set(["172.20.0.0/24"])),
        ])
    };
    let made = life(&aws.cloud, "aws_vpc_ipam_preview_next_cidr").make(config(24)).await;
    assert_eq!((&*made.text("cidr"), &*made.text("id")), ("172.20.4.0/24", "172.20.4.0/24_ipam-pool-1"));
    assert_eq!(made.replaces(config(25)), ["netmask_length"]);
    made.release().await;
    aws.golden("aws_vpc_ipam_preview_next_cidr");
}

const OPTIONS: Noun = Noun {
    make: "-",
    describe: "DescribeVpcBlockPublicAccessOptions",
    modify: "ModifyVpcBlockPublicAccessOptions",
    delete: "-",
    elements: ("vpcBlockPublicAccessOptions", "-"),
    id: "awsRegion",
    by: ("-", "-"),
    missing: "-",
    fixed: &[],
    settle: nothing,
};

#[tokio::test]
async fn public_access_options() {
    let aws = StandIn::start(&[OPTIONS], &[]).await;
    let (account, mode) = (("awsAccountId", "123456789012"), ("internetGatewayBlockMode", "off"));
    aws.hold(&[account, ("awsRegion", "eu-west-1"), ("state", "update-complete"), mode]);
    let config = |mode: &str| object([("internet_gateway_block_mode", text(mode))]);
    let configs = [config("block-bidirectional"), config("block-ingress")];
    let replacing =
        [(object([("internet_gateway_block_mode", text("off")), ("region", text("eu-central-1"))]), "region")];
    let made = life(&aws.cloud, "aws_vpc_block_public_access_options").live(&configs, &replacing, id, &[]).await;
    assert_eq!((&*made.text("id"), &*made.text("aws_account_id")), ("eu-west-1", "123456789012"));
    made.release().await;
    aws.golden("aws_vpc_block_public_access_options");
}

const EXCLUSION: Noun = Noun {
    make: "CreateVpcBlockPublicAccessExclusion",
    describe: "DescribeVpcBlockPublicAccessExclusions",
    modify: "ModifyVpcBlockPublicAccessExclusion",
    delete: "DeleteVpcBlockPublicAccessExclusion",
    elements: ("vpcBlockPublicAccessExclusion", "vpcBlockPublicAccessExclusionSet"),
    id: "exclusionId",
    by: ("ExclusionId", "exclusionId"),
    missing: "InvalidVpcBlockPublicAccessExclusionId.NotFound",
    fixed: &[("state", "create-complete")],
    settle: |o| {
        if let Some(vpc) = get(o, "vpcId") {
            set_text(o, "resourceArn", &format!("arn:aws:ec2:eu-west-1:123456789012:vpc/{vpc}"));
        }
    },
};

#[tokio::test]
async fn public_access_exclusions() {
    let aws = StandIn::start(&[EXCLUSION], &[]).await;
    let config = |vpc: &str, mode: &str, tag: &str| {
        object([("vpc_id", text(vpc)), ("internet_gateway_exclusion_mode", text(mode)), ("tags", map([("Name", tag)]))])
    };
    let configs = [config("vpc-1", "allow-egress", "a"), config("vpc-1", "allow-bidirectional", "b")];
    let replacing = [(config("vpc-2", "allow-egress", "a"), "vpc_id")];
    let last = life(&aws.cloud, "aws_vpc_block_public_access_exclusion").lead(&configs, &replacing, id, &[]).await;
    assert_eq!(Args(&last).text("resource_arn"), Some("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"));
    let made = life(&aws.cloud, "aws_vpc_block_public_access_exclusion").make(configs[0].clone()).await;
    drifts(&aws, &made, ("internetGatewayExclusionMode", "x"), "internet_gateway_exclusion_mode").await;
    aws.golden("aws_vpc_block_public_access_exclusion");
}

const VPC: Noun = Noun {
    make: "-",
    describe: "DescribeVpcs",
    modify: "AssociateDhcpOptions",
    delete: "-",
    elements: ("vpc", "vpcSet"),
    id: "vpcId",
    by: ("VpcId", "vpcId"),
    missing: "InvalidVpcID.NotFound",
    fixed: &[],
    settle: nothing,
};

#[tokio::test]
async fn dhcp_options_are_exchanged() {
    let aws = StandIn::start(&[VPC], &[]).await;
    aws.hold(&[("vpcId", "vpc-1"), ("dhcpOptionsId", "default")]);
    let config = |vpc: &str, options: &str| object([("vpc_id", text(vpc)), ("dhcp_options_id", text(options))]);
    let import = |o: Args<'_>| o.string("vpc_id").unwrap();
    let (configs, replacing) =
        ([config("vpc-1", "dopt-1"), config("vpc-1", "dopt-2")], [(config("vpc-2", "dopt-2"), "vpc_id")]);
    let association = life(&aws.cloud, "aws_vpc_dhcp_options_association");
    let last = association.lead(&configs, &replacing, import, &[]).await;
    assert_eq!(Args(&last).text("id"), Some("dopt-2-vpc-1"));
    aws.golden("aws_vpc_dhcp_options_association");
}
