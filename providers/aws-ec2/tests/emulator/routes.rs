//! Route tables, and what is in them.

use terrane_aws_core::testing::{Made, Stage, blocks, map};
use terrane_provider::sdk::Args;
use terrane_value::Value;

use crate::life::{life, stages};
use crate::{address, discard, gateway, id, object, subnet, text, vpc};

#[tokio::test]
async fn route_tables() {
    for Stage { cloud, .. } in stages("route_tables").await {
        let (vpc, other) = (vpc(&cloud).await, vpc(&cloud).await);
        let gateway = gateway(&cloud, &vpc).await;
        let to = |cidr: &str| object([("cidr_block", text(cidr)), ("gateway_id", gateway.id())]);
        let plain = |vpc: &Made| object([("vpc_id", vpc.id()), ("tags", map([("Name", "a")]))]);
        let routes = |routes: Value| object([("vpc_id", vpc.id()), ("route", routes), ("tags", map([("Name", "b")]))]);
        let configs = [
            plain(&vpc),
            routes(blocks([to("0.0.0.0/0"), to("192.168.0.0/16")])),
            routes(blocks([to("0.0.0.0/0"), to("172.16.0.0/12")])),
            routes(blocks([])),
        ];
        life(&cloud, "aws_route_table").lead(&configs, &[(plain(&other), "vpc_id")], id, &[]).await;
        discard([gateway, vpc, other]).await;
    }
}

#[tokio::test]
async fn routes() {
    for Stage { cloud, .. } in stages("routes").await {
        let vpc = vpc(&cloud).await;
        let one = gateway(&cloud, &vpc).await;
        let table = life(&cloud, "aws_route_table").given(object([("vpc_id", vpc.id())])).await;
        let subnet = subnet(&cloud, &vpc, "10.0.8.0/24").await;
        let address = address(&cloud).await;
        let nat = object([("allocation_id", address.id()), ("subnet_id", subnet.id())]);
        let nat = life(&cloud, "aws_nat_gateway").given(nat).await;
        let config = |cidr: &str, target: &str, gateway: &Made| {
            object([("route_table_id", table.id()), ("destination_cidr_block", text(cidr)), (target, gateway.id())])
        };
        let configs = [config("0.0.0.0/0", "gateway_id", &one), config("0.0.0.0/0", "nat_gateway_id", &nat)];
        let replacing = [(config("10.9.0.0/16", "nat_gateway_id", &nat), "destination_cidr_block")];
        let import = |o: Args<'_>| format!("{}_0.0.0.0/0", o.text("route_table_id").unwrap());
        let last = life(&cloud, "aws_route").lead(&configs, &replacing, import, &[]).await;
        assert_eq!(Args(&last).text("id"), Some(&*format!("r-{}1080289494", table.text("id"))));
        assert_eq!((Args(&last).text("state"), Args(&last).text("origin")), (Some("active"), Some("CreateRoute")));
        discard([nat, address, subnet, table, one, vpc]).await;
    }
}

#[tokio::test]
async fn route_table_associations() {
    for Stage { cloud, .. } in stages("route_table_associations").await {
        let vpc = vpc(&cloud).await;
        let (subnet, other) = (subnet(&cloud, &vpc, "10.0.7.0/24").await, subnet(&cloud, &vpc, "10.0.8.0/24").await);
        let table = || life(&cloud, "aws_route_table").given(object([("vpc_id", vpc.id())]));
        let (first, second) = (table().await, table().await);
        let config = |subnet: &Made, table: &Made| object([("subnet_id", subnet.id()), ("route_table_id", table.id())]);
        let import = |o: Args<'_>| format!("{}/{}", o.text("subnet_id").unwrap(), o.text("route_table_id").unwrap());
        let configs = [config(&subnet, &first), config(&subnet, &second)];
        let replacing = [(config(&other, &second), "subnet_id")];
        life(&cloud, "aws_route_table_association").lead(&configs, &replacing, import, &[]).await;
        discard([first, second, subnet, other, vpc]).await;
    }
}

#[tokio::test]
async fn route_tables_leave_their_subnets_when_they_go() {
    for Stage { cloud, .. } in stages("route_tables_with_associations").await {
        let vpc = vpc(&cloud).await;
        let subnet = subnet(&cloud, &vpc, "10.0.6.0/24").await;
        let table = life(&cloud, "aws_route_table").given(object([("vpc_id", vpc.id())])).await;
        let config = object([("subnet_id", subnet.id()), ("route_table_id", table.id())]);
        life(&cloud, "aws_route_table_association").given(config).await;
        table.remove().await;
        discard([subnet, vpc]).await;
    }
}

#[tokio::test]
async fn an_object_that_cannot_be_finished_is_told_with_its_id() {
    for Stage { cloud, .. } in stages("half_made_objects").await {
        let vpc = vpc(&cloud).await;
        let bad = object([("cidr_block", text("0.0.0.0/0")), ("gateway_id", text("igw-00000000000000000"))]);
        let config = object([("vpc_id", vpc.id()), ("route", blocks([bad]))]);
        let (half, problems) = life(&cloud, "aws_route_table").fail(config).await;
        assert!(
            problems[0].detail.contains("InvalidGatewayID.NotFound")
                || problems[0].detail.contains("InvalidInternetGatewayID"),
            "{problems:?}"
        );
        assert!(half.text("id").starts_with("rtb-"));
        half.remove().await;
        vpc.discard().await;
    }
}
