//! Security groups with their rules, and what AWS makes with a VPC.

use terrane_aws_core::Cloud;
use terrane_aws_core::testing::{Made, Stage, blocks, list, map, set};
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::life::{life, stages};
use crate::{discard, gateway, id, object, text, vpc};

pub fn rule(protocol: &str, port: i64, cidrs: Value) -> Value {
    object([("protocol", text(protocol)), ("from_port", port.into()), ("to_port", port.into()), ("cidr_blocks", cidrs)])
}

/// A group for rules to be in.
pub async fn group<'a>(cloud: &'a Cloud, vpc: &Made<'_>, name: &str) -> Made<'a> {
    life(cloud, "aws_security_group").given(object([("name", text(name)), ("vpc_id", vpc.id())])).await
}

#[tokio::test]
async fn security_groups() {
    for Stage { cloud, .. } in stages("security_groups").await {
        let vpc = vpc(&cloud).await;
        let other = life(&cloud, "aws_security_group").make(object([("vpc_id", vpc.id())])).await;
        assert!(other.text("name").starts_with("terraform-"));
        let config = |name: &str, ingress: Value, egress: Value| {
            object([
                ("name", text(name)),
                ("description", text("for tests")),
                ("vpc_id", vpc.id()),
                ("ingress", ingress),
                ("egress", egress),
                ("tags", map([("Name", "web")])),
            ])
        };
        let of_group = object([
            ("protocol", text("tcp")),
            ("from_port", 22.into()),
            ("to_port", 23.into()),
            ("security_groups", set([&other.text("id")])),
            ("self", true.into()),
            ("description", text("from the others")),
        ]);
        let all = rule("-1", 0, list(["0.0.0.0/0"]));
        let configs = [
            config("web", blocks([rule("TCP", 80, list(["10.0.0.0/8", "192.168.0.0/16"]))]), blocks([all.clone()])),
            config(
                "web",
                blocks([rule("tcp", 80, list(["10.0.0.0/8"])), rule("tcp", 443, list(["0.0.0.0/0"])), of_group]),
                blocks([all, rule("udp", 53, list(["10.0.0.2/32"]))]),
            ),
            config("web", blocks([]), blocks([])),
        ];
        let replacing = [(config("other", blocks([]), blocks([])), "name")];
        life(&cloud, "aws_security_group").lead(&configs, &replacing, id, &[]).await;
        discard([other, vpc]).await;
    }
}

#[tokio::test]
async fn security_groups_without_rules_keep_those_made_elsewhere() {
    for Stage { cloud, .. } in stages("groups_without_rules").await {
        let vpc = vpc(&cloud).await;
        let config = object([("name_prefix", text("pre-")), ("vpc_id", vpc.id())]);
        let group = life(&cloud, "aws_security_group").make(config.clone()).await;
        assert!(group.text("name").starts_with("pre-"));
        assert_eq!(group.object.value.get("egress").unwrap().elements(), Some(&[][..]));
        let made_elsewhere = object([
            ("security_group_id", group.id()),
            ("cidr_ipv4", text("10.0.0.0/8")),
            ("ip_protocol", text("tcp")),
            ("from_port", 80.into()),
            ("to_port", 80.into()),
        ]);
        let made_elsewhere = life(&cloud, "aws_vpc_security_group_ingress_rule").given(made_elsewhere).await;
        let now = group.read().await;
        assert_eq!(Args(&now.value).blocks("ingress").len(), 1);
        let plan = group.plan(&config);
        assert!(plan.requires_replace.is_empty());
        discard([made_elsewhere, group, vpc]).await;
    }
}

#[tokio::test]
async fn ingress_rules() {
    for Stage { cloud, .. } in stages("ingress_rules").await {
        let vpc = vpc(&cloud).await;
        let (one, other) = (group(&cloud, &vpc, "one").await, group(&cloud, &vpc, "other").await);
        let ports = |group: &Made, cidr: &str, port: i64| {
            object([
                ("security_group_id", group.id()),
                ("cidr_ipv4", text(cidr)),
                ("ip_protocol", text("tcp")),
                ("from_port", port.into()),
                ("to_port", port.into()),
                ("description", text("web")),
                ("tags", map([("Name", "rule")])),
            ])
        };
        let configs = [ports(&one, "10.0.0.0/8", 80), ports(&one, "10.1.0.0/16", 443)];
        let replacing = [(ports(&other, "10.1.0.0/16", 443), "security_group_id")];
        life(&cloud, "aws_vpc_security_group_ingress_rule").lead(&configs, &replacing, id, &[]).await;
        discard([one, other, vpc]).await;
    }
}

#[tokio::test]
async fn egress_rules() {
    for Stage { cloud, .. } in stages("egress_rules").await {
        let vpc = vpc(&cloud).await;
        let (one, other) = (group(&cloud, &vpc, "one").await, group(&cloud, &vpc, "other").await);
        let all = |group: &Made, extra: Vec<(&str, Value)>| {
            let pairs = [
                ("security_group_id", group.id()),
                ("referenced_security_group_id", other.id()),
                ("ip_protocol", text("-1")),
            ];
            Value::object(pairs.into_iter().chain(extra))
        };
        let configs = [all(&one, vec![]), all(&one, vec![("tags", map([("a", "b")]))])];
        let replacing = [(all(&other, vec![]), "security_group_id")];
        let last = life(&cloud, "aws_vpc_security_group_egress_rule").lead(&configs, &replacing, id, &[]).await;
        assert!(last.get("from_port").unwrap().is_null());
        discard([one, other, vpc]).await;
    }
}

#[tokio::test]
async fn groups_that_name_each_other_go_when_their_rules_are_revoked() {
    for Stage { cloud, .. } in stages("groups_that_name_each_other").await {
        let vpc = vpc(&cloud).await;
        let group = |revoke: bool| {
            let config = object([("vpc_id", vpc.id()), ("revoke_rules_on_delete", revoke.into())]);
            life(&cloud, "aws_security_group").given(config)
        };
        let (one, other) = (group(true).await, group(false).await);
        let names = object([
            ("security_group_id", other.id()),
            ("referenced_security_group_id", one.id()),
            ("ip_protocol", text("-1")),
        ]);
        life(&cloud, "aws_vpc_security_group_ingress_rule").given(names).await;
        one.remove().await;
        discard([other, vpc]).await;
    }
}

#[tokio::test]
async fn default_security_groups() {
    for Stage { cloud, .. } in stages("default_security_groups").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let config = |vpc: &Made, tag: &str, ingress: Vec<Value>| {
            object([("vpc_id", vpc.id()), ("ingress", Value::tuple(ingress)), ("tags", map([("Name", tag)]))])
        };
        let configs = [config(&vpc, "a", vec![]), config(&vpc, "b", vec![rule("tcp", 80, list(["10.0.0.0/8"]))])];
        let replacing = [(config(&other, "b", vec![]), "vpc_id")];
        let made = life(&cloud, "aws_default_security_group").live(&configs, &replacing, id, &[]).await;
        assert_eq!(made.text("id"), vpc.text("default_security_group_id"));
        assert_eq!(made.object.value.get("egress").unwrap().elements(), Some(&[][..]));
        made.release().await;
        discard([vpc, other]).await;
    }
}

#[tokio::test]
async fn default_network_acls() {
    for Stage { cloud, .. } in stages("default_network_acls").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let entry = |number: i64, action: &str| {
            object([
                ("rule_no", number.into()),
                ("action", text(action)),
                ("protocol", text("tcp")),
                ("from_port", 80.into()),
                ("to_port", 90.into()),
                ("cidr_block", text("10.0.0.0/8")),
            ])
        };
        let config = |vpc: &Made, tag: &str, ingress: Vec<Value>| {
            object([
                ("default_network_acl_id", text(&vpc.text("default_network_acl_id"))),
                ("ingress", Value::tuple(ingress)),
                ("egress", blocks([entry(100, "allow")])),
                ("tags", map([("Name", tag)])),
            ])
        };
        let configs = [
            config(&vpc, "a", vec![entry(100, "allow")]),
            config(&vpc, "b", vec![entry(100, "deny"), entry(200, "allow")]),
        ];
        let replacing = [(config(&other, "b", vec![]), "default_network_acl_id")];
        life(&cloud, "aws_default_network_acl").live(&configs, &replacing, id, &[]).await.release().await;
        discard([vpc, other]).await;
    }
}

#[tokio::test]
async fn default_route_tables() {
    for Stage { cloud, .. } in stages("default_route_tables").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let gateway = gateway(&cloud, &vpc).await;
        let config = |vpc: &Made, tag: &str, routes: Vec<Value>| {
            let table = text(&vpc.text("default_route_table_id"));
            object([("default_route_table_id", table), ("route", Value::tuple(routes)), ("tags", map([("Name", tag)]))])
        };
        let route = |cidr: &str| object([("cidr_block", text(cidr)), ("gateway_id", gateway.id())]);
        let configs = [
            config(&vpc, "a", vec![route("0.0.0.0/0")]),
            config(&vpc, "b", vec![route("192.168.0.0/16")]),
            config(&vpc, "c", vec![]),
        ];
        let replacing = [(config(&other, "c", vec![]), "default_route_table_id")];
        let import = |o: Args<'_>| o.string("vpc_id").unwrap();
        life(&cloud, "aws_default_route_table").live(&configs, &replacing, import, &[]).await.release().await;
        discard([gateway, vpc, other]).await;
    }
}
