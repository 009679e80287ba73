//! `aws_vpc_dhcp_options`.

use std::collections::HashMap;

use aws_sdk_ec2::operation::create_dhcp_options::CreateDhcpOptionsOutput;
use aws_sdk_ec2::types::{DhcpOptions as Answer, NewDhcpConfiguration, ResourceType, Vpc};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, keys};
use crate::lost::{BY_MARK, Making};
use crate::tags;

const GONE: [&str; 2] = ["InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsID.NotFound"];

/// The options that a VPC without any has.
pub(crate) const DEFAULT: &str = "default";

/// The attributes with one value, and the options that AWS knows them by.
const SINGLE: [(&str, &str); 3] = [
    ("domain_name", "domain-name"),
    ("ipv6_address_preferred_lease_time", "ipv6-address-preferred-lease-time"),
    ("netbios_node_type", "netbios-node-type"),
];

/// The attributes with several values.
const SEVERAL: [(&str, &str); 3] = [
    ("domain_name_servers", "domain-name-servers"),
    ("netbios_name_servers", "netbios-name-servers"),
    ("ntp_servers", "ntp-servers"),
];

/// What the hosts of a VPC are told when they ask for an address.
pub(crate) struct VpcDhcpOptions;

#[async_trait::async_trait]
impl Kind for VpcDhcpOptions {
    const NAME: &'static str = "aws_vpc_dhcp_options";
    const MARKED: Option<&'static str> = Some("id");
    type Seen = Answer;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let options = configurations(Args(create.planned));
        let request = ec2.client.create_dhcp_options().set_dhcp_configurations(Some(options));
        let (operation, what) = ("ec2:CreateDhcpOptions", "creating DHCP options");
        let making = Making { operation, what, look: "DHCP options that no VPC uses", passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let take = |a: CreateDhcpOptionsOutput| a.dhcp_options?.dhcp_options_id;
        let find = |mark: Vec<String>| async move {
            Ok(describe(ec2, BY_MARK, &mark).await?.pop().and_then(|o| o.dhcp_options_id))
        };
        Ok(vec![("id", making.marked((ec2, create), ResourceType::DhcpOptions, send, take, find).await?)])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Answer>, Problem> {
        let all = describe(ec2, "dhcp-options-id", &keys(wanted)).await?;
        Ok(all.into_iter().filter_map(|o| Some((o.dhcp_options_id.clone()?, o))).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Answer) -> Reply {
        let mut reply = Reply::new();
        let (id, owner) = (seen.dhcp_options_id().unwrap_or_default(), seen.owner_id().unwrap_or_default());
        reply
            .str("id", Some(id))
            .str("arn", Some(ec2.arn(owner, &format!("dhcp-options/{id}"))))
            .str("owner_id", Some(owner));
        for (name, option) in SINGLE {
            reply.str(name, Some(values(seen, option).first().copied().unwrap_or_default()));
        }
        for (name, option) in SEVERAL {
            reply.list(name, values(seen, option));
        }
        tags::observe(ec2, &mut reply, known, seen.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, id: &str) -> Result<Identity, Problem> {
        tags::update(ec2, id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let id = Args(prior).text("id").unwrap_or_default();
        for vpc in vpcs(ec2, ("dhcp-options-id", &[id.to_owned()])).await? {
            let vpc = vpc.vpc_id.unwrap_or_default();
            unless(associate(ec2, DEFAULT, &vpc).await, &["InvalidVpcID.NotFound"])?;
        }
        let (request, what) =
            (ec2.client.delete_dhcp_options().dhcp_options_id(id), format!("deleting DHCP options {id}"));
        let in_use = |r: &Refusal| r.is(&["DependencyViolation"]);
        let deleted = ec2.insist("ec2:DeleteDhcpOptions", &what, PROPAGATION, || request.clone().send(), in_use).await;
        unless(deleted, &GONE)?;
        let find = || async { Ok(describe(ec2, "dhcp-options-id", &[id.to_owned()]).await?.pop()) };
        ec2.until_gone(format!("DHCP options {id} to be deleted"), PROPAGATION, find).await
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let send = |token| ec2.client.describe_dhcp_options().set_next_token(token).max_results(1000).send();
        let (operation, what) = ("ec2:DescribeDhcpOptions", "listing DHCP options");
        let all = ec2.pages(operation, what, send, |a| (a.dhcp_options, a.next_token)).await?;
        Ok(all.into_iter().filter_map(|o| o.dhcp_options_id).collect())
    }
}

fn configurations(args: Args<'_>) -> Vec<NewDhcpConfiguration> {
    let single = SINGLE.iter().map(|(name, option)| (option, args.string(name).into_iter().collect::<Vec<_>>()));
    let several = SEVERAL.iter().map(|(name, option)| (option, args.strings(name)));
    let written = single.chain(several).filter(|(_, values)| !values.is_empty());
    written
        .map(|(option, values)| NewDhcpConfiguration::builder().key(*option).set_values(Some(values)).build())
        .collect()
}

fn values<'a>(options: &'a Answer, name: &str) -> Vec<&'a str> {
    let option = options.dhcp_configurations().iter().find(|c| c.key() == Some(name));
    option.into_iter().flat_map(|c| c.values()).filter_map(|v| v.value()).collect()
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String]) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, token| {
        ec2.client.describe_dhcp_options().filters(filter).set_next_token(token).max_results(1000).send()
    };
    let take =
        |a: aws_sdk_ec2::operation::describe_dhcp_options::DescribeDhcpOptionsOutput| (a.dhcp_options, a.next_token);
    ec2.filtered("ec2:DescribeDhcpOptions", "reading DHCP options", (by, values), send, take).await
}

/// The VPCs that a filter selects.
pub(crate) async fn vpcs(ec2: &Ec2<'_>, filter: (&str, &[String])) -> Result<Vec<Vpc>, Refusal> {
    let send =
        |filter, token| ec2.client.describe_vpcs().filters(filter).set_next_token(token).max_results(1000).send();
    let take = |a: aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput| (a.vpcs, a.next_token);
    ec2.filtered("ec2:DescribeVpcs", "reading the DHCP options of VPCs", filter, send, take).await
}

/// Makes a VPC use options.
pub(crate) async fn associate(ec2: &Ec2<'_>, options: &str, vpc: &str) -> Result<(), Refusal> {
    let request = ec2.client.associate_dhcp_options().dhcp_options_id(options).vpc_id(vpc);
    let what = format!("associating DHCP options {options} with VPC {vpc}");
    let unseen = |r: &Refusal| options != DEFAULT && r.is(&GONE);
    ec2.insist("ec2:AssociateDhcpOptions", &what, PROPAGATION / 5, || request.clone().send(), unseen).await?;
    Ok(())
}
