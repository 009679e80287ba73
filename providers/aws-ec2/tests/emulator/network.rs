//! What VPCs are made of beside subnets and routes: against recordings, and the emulator where there is one.

use terrane_aws_core::testing::{Made, Stage, blocks, list, map, set};
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::groups::group;
use crate::life::{corrected, data, data_problems, life, stages};
use crate::{discard, id, object, subnet, text, vpc};

fn entry(number: i64, action: &str, protocol: &str, cidr: (&str, &str)) -> Value {
    object([
        ("rule_no", number.into()),
        ("action", text(action)),
        ("protocol", text(protocol)),
        ("from_port", 80.into()),
        ("to_port", 90.into()),
        (cidr.0, text(cidr.1)),
    ])
}

#[tokio::test]
async fn network_acls() {
    for Stage { cloud, .. } in stages("network_acls").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let (one, two) = (subnet(&cloud, &vpc, "10.0.1.0/24").await, subnet(&cloud, &vpc, "10.0.2.0/24").await);
        let v4 = |n, action, protocol| entry(n, action, protocol, ("cidr_block", "10.0.0.0/8"));
        let config = |vpc: &Made, tag: &str, ingress: Vec<Value>, subnets: Value| {
            object([
                ("vpc_id", vpc.id()),
                ("ingress", Value::tuple(ingress)),
                ("egress", blocks([v4(100, "allow", "tcp")])),
                ("subnet_ids", subnets),
                ("tags", map([("Name", tag)])),
            ])
        };
        let (first, second) = (set([&one.text("id")]), set([&two.text("id")]));
        let configs = [
            config(&vpc, "a", vec![v4(100, "allow", "tcp")], first),
            config(&vpc, "b", vec![v4(100, "deny", "6"), v4(200, "Allow", "udp")], second),
            config(&vpc, "b", vec![], set([])),
        ];
        let replacing = [(config(&other, "b", vec![], set([])), "vpc_id")];
        life(&cloud, "aws_network_acl").lead(&configs, &replacing, id, &[]).await;
        discard([one, two, vpc, other]).await;
    }
}

#[tokio::test]
async fn network_acl_rules() {
    for Stage { cloud, .. } in stages("network_acl_rules").await {
        let vpc = vpc(&cloud).await;
        let acl = life(&cloud, "aws_network_acl").given(object([("vpc_id", vpc.id())])).await;
        let config = |number: i64, protocol: &str, ports: i64| {
            object([
                ("network_acl_id", acl.id()),
                ("rule_number", number.into()),
                ("egress", true.into()),
                ("protocol", text(protocol)),
                ("rule_action", text("allow")),
                ("cidr_block", text("10.0.0.0/8")),
                ("from_port", ports.into()),
                ("to_port", ports.into()),
            ])
        };
        let replacing = [
            (config(200, "tcp", 80), "rule_number"),
            (config(100, "udp", 80), "protocol"),
            (config(100, "tcp", 81), "from_port"),
        ];
        let import = |o: Args<'_>| format!("{}:100:tcp:true", o.text("network_acl_id").unwrap());
        let made = life(&cloud, "aws_network_acl_rule").make(config(100, "6", 80)).await;
        assert!(made.replaces(config(100, "tcp", 80)).is_empty(), "one protocol has two names");
        // The id holds a checksum of the protocol as it was written.
        assert!(made.text("id").starts_with("nacl-"));
        made.remove_once().await;
        life(&cloud, "aws_network_acl_rule").lead(&[config(100, "tcp", 80)], &replacing, import, &[]).await;
        discard([acl, vpc]).await;
    }
}

#[tokio::test]
async fn egress_only_internet_gateways() {
    for Stage { cloud, .. } in stages("egress_only_internet_gateways").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let config = |vpc: &Made, tag: &str| object([("vpc_id", vpc.id()), ("tags", map([("Name", tag)]))]);
        let (configs, replacing) = ([config(&vpc, "a"), config(&vpc, "b")], [(config(&other, "b"), "vpc_id")]);
        life(&cloud, "aws_egress_only_internet_gateway").lead(&configs, &replacing, id, &[]).await;
        discard([vpc, other]).await;
    }
}

#[tokio::test]
async fn managed_prefix_lists() {
    for stage in stages("managed_prefix_lists").await {
        let cloud = &stage.cloud;
        let entry = |cidr: &str, description: &str| object([("cidr", text(cidr)), ("description", text(description))]);
        let config = |name: &str, size: i64, entries: Vec<Value>| {
            object([
                ("name", text(&stage.name(name))),
                ("address_family", text("IPv4")),
                ("max_entries", size.into()),
                ("entry", Value::tuple(entries)),
                ("tags", map([("Name", name)])),
            ])
        };
        let (a, b) = (entry("10.0.0.0/8", "a"), entry("10.1.0.0/16", "b"));
        let configs = [
            config("one", 5, vec![a.clone(), b.clone()]),
            config("two", 5, vec![entry("10.0.0.0/8", "new"), b, entry("10.2.0.0/16", "")]),
            config("two", 5, vec![a]),
        ];
        let other = object([("name", text("x")), ("address_family", text("IPv6")), ("max_entries", 3.into())]);
        life(cloud, "aws_ec2_managed_prefix_list").lead(&configs, &[(other, "address_family")], id, &[]).await;
    }
}

#[tokio::test]
async fn prefix_lists_of_another_size() {
    for stage in corrected("prefix_lists_of_another_size").await {
        let config = |size: i64, cidrs: &[&str]| {
            let entries = cidrs.iter().map(|cidr| object([("cidr", text(cidr))]));
            object([
                ("name", text(&stage.name("list"))),
                ("address_family", text("IPv4")),
                ("max_entries", size.into()),
                ("entry", Value::tuple(entries)),
            ])
        };
        let all = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"];
        let configs = [config(1, &all[..1]), config(3, &all), config(2, &all[1..])];
        life(&stage.cloud, "aws_ec2_managed_prefix_list").lead(&configs, &[], id, &[]).await;
    }
}

#[tokio::test]
async fn cidr_block_associations() {
    for Stage { cloud, .. } in stages("cidr_block_associations").await {
        let vpc = vpc(&cloud).await;
        let config = |cidr: &str| object([("vpc_id", vpc.id()), ("cidr_block", text(cidr))]);
        let (configs, replacing) = ([config("10.7.0.0/16")], [(config("10.8.0.0/16"), "cidr_block")]);
        life(&cloud, "aws_vpc_ipv4_cidr_block_association").lead(&configs, &replacing, id, &[]).await;
        discard([vpc]).await;
    }
}

#[tokio::test]
async fn default_vpcs() {
    for Stage { cloud, .. } in stages("default_vpcs").await {
        let config = |tag: &str, hostnames: bool| {
            object([("enable_dns_hostnames", hostnames.into()), ("tags", map([("Name", tag)]))])
        };
        let configs = [config("a", true), config("b", false), object([])];
        let ignored = ["existing_default_vpc", "force_destroy"];
        let replacing = [(object([("region", text("eu-central-1"))]), "region")];
        let made = life(&cloud, "aws_default_vpc").live(&configs, &replacing, id, &ignored).await;
        assert_eq!(Args(&made.object.value).bool("existing_default_vpc"), Some(true));
        made.release().await;
    }
}

fn rule(group: &Made, ty: &str, protocol: &str, extra: Vec<(&str, Value)>) -> Value {
    let pairs = [
        ("security_group_id", group.id()),
        ("type", text(ty)),
        ("protocol", text(protocol)),
        ("from_port", 80.into()),
        ("to_port", 81.into()),
    ];
    Value::object(pairs.into_iter().chain(extra))
}

#[tokio::test]
async fn rules_of_one_range() {
    for stage in stages("rules_of_one_range").await {
        let cloud = &stage.cloud;
        let vpc = vpc(cloud).await;
        let (one, other) = (group(&stage.cloud, &vpc, "one").await, group(&stage.cloud, &vpc, "other").await);
        let networks = |description: &str, cidrs: Value| {
            let extra = vec![("cidr_blocks", cidrs), ("description", text(description))];
            rule(&one, "ingress", "tcp", extra)
        };
        let both = || list(["10.2.0.0/16", "10.1.0.0/16"]);
        let configs = [networks("web", both()), networks("new", both())];
        let replacing = [
            (networks("new", list(["10.1.0.0/16"])), "cidr_blocks"),
            (rule(&one, "egress", "tcp", vec![("cidr_blocks", both())]), "type"),
            (rule(&other, "ingress", "tcp", vec![("cidr_blocks", both())]), "security_group_id"),
        ];
        let import =
            |o: Args<'_>| format!("{}_ingress_tcp_80_81_10.2.0.0/16_10.1.0.0/16", o.text("security_group_id").unwrap());
        // Only single rules can be listed: AWS does not tell which were written together.
        let mut made = life(cloud, "aws_security_group_rule").make(configs[0].clone()).await;
        assert!(made.text("id").starts_with("sgrule-"));
        made.update_and_see(&configs[1], &[]).await;
        for (config, argument) in replacing {
            assert!(made.replaces(config).contains(&argument.to_owned()), "{argument}");
        }
        let imported = made.imported(&import(Args(&made.object.value))).await;
        assert_eq!(imported.get("id"), made.object.value.get("id"));
        made.remove().await;

        let of_group = rule(&one, "ingress", "udp", vec![("source_security_group_id", other.id())]);
        let import = |o: Args<'_>| {
            let (group, source) = (o.text("security_group_id").unwrap(), o.text("source_security_group_id").unwrap());
            format!("{group}_ingress_udp_80_81_{source}")
        };
        let made = life(cloud, "aws_security_group_rule").make(of_group).await;
        made.import(&import(Args(&made.object.value)), &[]).await;
        assert!(Args(&made.remove().await).text("security_group_rule_id").is_some());
        let own = rule(&one, "egress", "-1", vec![("self", true.into())]);
        let made = life(cloud, "aws_security_group_rule").make(own).await;
        discard([made, one, other, vpc]).await;
    }
}

#[tokio::test]
async fn rules_in_two_places() {
    for stage in stages("rules_in_two_places").await {
        let vpc = vpc(&stage.cloud).await;
        let group = group(&stage.cloud, &vpc, "both").await;
        let networks = ("cidr_blocks", list(["10.0.0.0/8"]));
        let made = rule(&group, "ingress", "tcp", vec![networks]);
        let made = life(&stage.cloud, "aws_security_group_rule").make(made).await;
        let config = |direction: &'static str| {
            let own = crate::groups::rule("tcp", 443, list(["10.0.0.0/8"]));
            object([("name", text(&group.text("name"))), ("vpc_id", vpc.id()), (direction, blocks([own]))])
        };
        assert_eq!(group.plan(&config("egress")).problems, []);
        let told = group.plan(&config("ingress")).problems;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].summary, "Rules of a security group in two places");
        assert!(!told[0].is_error() && told[0].detail.contains(&group.text("id")), "{told:?}");
        assert_eq!(group.plan(&config("ingress")).problems, [], "it is told once");
        discard([made, group, vpc]).await;
    }
}

#[tokio::test]
async fn vpc_endpoints() {
    for Stage { cloud, .. } in stages("vpc_endpoints").await {
        let vpc = vpc(&cloud).await;
        let table = life(&cloud, "aws_route_table").given(object([("vpc_id", vpc.id())])).await;
        let policy = |action: &str| {
            let statement = format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"*"}}"#);
            text(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#))
        };
        let config = |service: &str, action: &str, tag: &str| {
            object([
                ("vpc_id", vpc.id()),
                ("service_name", text(&format!("com.amazonaws.eu-west-1.{service}"))),
                ("route_table_ids", set([&table.text("id")])),
                ("policy", policy(action)),
                ("tags", map([("Name", tag)])),
            ])
        };
        let configs = [config("s3", "s3:GetObject", "a"), config("s3", "s3:*", "b")];
        let names = ("private_dns_enabled", true.into());
        let with_names =
            Value::object(configs[1].fields().unwrap().iter().map(|(n, v)| (&**n, v.clone())).chain([names]));
        let replacing = [(config("dynamodb", "s3:*", "b"), "service_name"), (with_names, "private_dns_enabled")];
        let last = life(&cloud, "aws_vpc_endpoint").lead(&configs, &replacing, id, &["auto_accept"]).await;
        assert!(Args(&last).text("arn").unwrap().contains(":vpc-endpoint/vpce-"));
        discard([table, vpc]).await;
    }
}

#[tokio::test]
async fn members_of_endpoints() {
    for stage in stages("members_of_endpoints").await {
        let cloud = &stage.cloud;
        let vpc = vpc(cloud).await;
        let group = group(&stage.cloud, &vpc, "member").await;
        let subnet = subnet(cloud, &vpc, "10.0.3.0/24").await;
        let table = life(cloud, "aws_route_table").given(object([("vpc_id", vpc.id())])).await;
        let endpoint = |service: &str, ty: &str| {
            let service = format!("com.amazonaws.eu-west-1.{service}");
            let config = [("vpc_id", vpc.id()), ("service_name", text(&service)), ("vpc_endpoint_type", text(ty))];
            life(cloud, "aws_vpc_endpoint").given(object(config))
        };
        let (gateway, interface) = (endpoint("s3", "Gateway").await, endpoint("ec2", "Interface").await);
        for (ty, argument, endpoint, member) in [
            ("aws_vpc_endpoint_route_table_association", "route_table_id", &gateway, &table),
            ("aws_vpc_endpoint_subnet_association", "subnet_id", &interface, &subnet),
            ("aws_vpc_endpoint_security_group_association", "security_group_id", &interface, &group),
        ] {
            let config = |member: Value| object([("vpc_endpoint_id", endpoint.id()), (argument, member)]);
            let import = |o: Args<'_>| format!("{}/{}", o.text("vpc_endpoint_id").unwrap(), o.text(argument).unwrap());
            let replacing = [(config(text("other")), argument)];
            life(cloud, ty).lead(&[config(member.id())], &replacing, import, &[]).await;
        }
        discard([gateway, interface, table, subnet, group, vpc]).await;
    }
}

#[tokio::test]
async fn flow_logs() {
    for stage in stages("flow_logs").await {
        let cloud = &stage.cloud;
        let vpc = vpc(cloud).await;
        let config = |traffic: &str, tag: &str| {
            object([
                ("vpc_id", vpc.id()),
                ("traffic_type", text(traffic)),
                ("log_destination", text("arn:aws:logs:eu-west-1:123456789012:log-group:flow")),
                ("iam_role_arn", text("arn:aws:iam::123456789012:role/flow")),
                ("tags", map([("Name", tag)])),
            ])
        };
        let (configs, replacing) =
            ([config("ALL", "a"), config("ALL", "b")], [(config("REJECT", "b"), "traffic_type")]);
        life(cloud, "aws_flow_log").lead(&configs, &replacing, id, &[]).await;
        discard([vpc]).await;
    }
}

#[tokio::test]
async fn data_sources() {
    for stage in stages("data_sources").await {
        let cloud = &stage.cloud;
        let vpc = vpc(cloud).await;
        let (one, two) = (subnet(cloud, &vpc, "10.0.1.0/24").await, subnet(cloud, &vpc, "10.0.2.0/24").await);
        let group = group(&stage.cloud, &vpc, "found").await;
        let address = life(cloud, "aws_eip").given(object([("domain", text("vpc"))])).await;

        let found = data(cloud, "aws_vpc", object([("id", vpc.id())])).await;
        for name in ["arn", "cidr_block", "main_route_table_id", "owner_id", "enable_dns_support", "instance_tenancy"] {
            assert_eq!(found.get(name), vpc.object.value.get(name), "{name}");
        }
        assert_eq!(Args(&found).blocks("cidr_block_associations").len(), 1);
        let found =
            data(cloud, "aws_subnet", object([("vpc_id", vpc.id()), ("cidr_block", text("10.0.2.0/24"))])).await;
        assert_eq!((found.get("id"), found.get("arn")), (Some(&two.id()), two.object.value.get("arn")));
        let several = data_problems(cloud, "aws_subnet", object([("vpc_id", vpc.id())])).await;
        assert_eq!(several[0].summary, "Several subnets found");
        let by_vpc = object([("name", text("vpc-id")), ("values", set([&vpc.text("id")]))]);
        let found = data(cloud, "aws_subnets", object([("filter", blocks([by_vpc]))])).await;
        let (mut ids, mut expect) = (Args(&found).strings("ids"), vec![one.text("id"), two.text("id")]);
        ids.sort();
        expect.sort();
        assert_eq!(ids, expect);
        let config = object([("name", text(&group.text("name"))), ("vpc_id", vpc.id())]);
        let found = data(cloud, "aws_security_group", config).await;
        assert_eq!((found.get("id"), found.get("arn")), (Some(&group.id()), group.object.value.get("arn")));
        let missing = data_problems(cloud, "aws_security_group", object([("id", text("sg-00000000000000000"))])).await;
        assert_eq!(missing[0].summary, "No security group found");
        let found = data(cloud, "aws_eip", object([("public_ip", text(&address.text("public_ip")))])).await;
        for name in ["id", "arn", "public_dns", "domain"] {
            assert_eq!(found.get(name), address.object.value.get(name), "{name}");
        }
        let regions = data(cloud, "aws_regions", object([])).await;
        assert!(Args(&regions).strings("names").contains(&"eu-west-1".to_owned()));
        let by_name = |name: &str| object([("name", text(&format!("com.amazonaws.eu-west-1.{name}")))]);
        let list = data(cloud, "aws_prefix_list", by_name("s3")).await;
        assert!(Args(&list).text("id").is_some_and(|id| id.starts_with("pl-")));
        let config = [("vpc_id", vpc.id()), ("service_name", text("com.amazonaws.eu-west-1.s3"))];
        let endpoint = life(cloud, "aws_vpc_endpoint").given(object(config.clone())).await;
        let found = data(cloud, "aws_vpc_endpoint", object(config)).await;
        for name in ["id", "arn", "policy", "prefix_list_id", "cidr_blocks", "vpc_endpoint_type"] {
            assert_eq!(found.get(name), endpoint.object.value.get(name), "{name}");
        }
        let service = object([("service", text("s3")), ("service_type", text("Gateway"))]);
        let found = data(cloud, "aws_vpc_endpoint_service", service).await;
        assert_eq!(Args(&found).text("service_name"), Some("com.amazonaws.eu-west-1.s3"));
        discard([endpoint, address, group, one, two, vpc]).await;
    }
}
