//! `aws_vpc_endpoint_route_table_association`, `…_security_group_association` and `…_subnet_association`: what an
//! endpoint has beside what its own arguments say.

use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder as Modify;
use aws_sdk_ec2::types::VpcEndpoint;
use terrane_aws_core::timeout;
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::checksum::crc32;
use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::kind::{Identity, Kind, Wanted, bad_import, keys, text};
use crate::{security_group, vpc_endpoint};

const TIME: Duration = Duration::from_secs(600);

/// A kind of thing that endpoints are associated with.
pub(crate) trait Member: Send + Sync {
    /// The name of the resource type.
    const NAME: &'static str;
    /// The argument that names the member, and how ids of such members look.
    const ARGUMENT: (&'static str, &'static str);
    /// Whether a new member may take the place of the VPC's default one.
    const DEFAULTS: bool = false;

    fn add(request: Modify, member: &str) -> Modify;
    fn remove(request: Modify, member: &str) -> Modify;
    fn of(endpoint: &VpcEndpoint) -> Vec<&str>;
}

/// Route tables through which an endpoint is reached.
pub(crate) struct RouteTable;

/// Security groups of the interfaces of an endpoint.
pub(crate) struct SecurityGroup;

/// Subnets in which an endpoint has interfaces.
pub(crate) struct Subnet;

impl Member for RouteTable {
    const NAME: &'static str = "aws_vpc_endpoint_route_table_association";
    const ARGUMENT: (&'static str, &'static str) = ("route_table_id", "rtb-3a2b1c");

    fn add(request: Modify, member: &str) -> Modify {
        request.add_route_table_ids(member)
    }

    fn remove(request: Modify, member: &str) -> Modify {
        request.remove_route_table_ids(member)
    }

    fn of(endpoint: &VpcEndpoint) -> Vec<&str> {
        endpoint.route_table_ids().iter().map(String::as_str).collect()
    }
}

impl Member for SecurityGroup {
    const NAME: &'static str = "aws_vpc_endpoint_security_group_association";
    const ARGUMENT: (&'static str, &'static str) = ("security_group_id", "sg-3a2b1c");
    const DEFAULTS: bool = true;

    fn add(request: Modify, member: &str) -> Modify {
        request.add_security_group_ids(member)
    }

    fn remove(request: Modify, member: &str) -> Modify {
        request.remove_security_group_ids(member)
    }

    fn of(endpoint: &VpcEndpoint) -> Vec<&str> {
        endpoint.groups().iter().filter_map(|g| g.group_id()).collect()
    }
}

impl Member for Subnet {
    const NAME: &'static str = "aws_vpc_endpoint_subnet_association";
    const ARGUMENT: (&'static str, &'static str) = ("subnet_id", "subnet-3a2b1c");

    fn add(request: Modify, member: &str) -> Modify {
        request.add_subnet_ids(member)
    }

    fn remove(request: Modify, member: &str) -> Modify {
        request.remove_subnet_ids(member)
    }

    fn of(endpoint: &VpcEndpoint) -> Vec<&str> {
        endpoint.subnet_ids().iter().map(String::as_str).collect()
    }
}

/// Associations of endpoints with members of a kind.
pub(crate) struct Association<M>(PhantomData<M>);

impl<M> Association<M> {
    /// The associations of the kind.
    pub const fn new() -> Association<M> {
        Association(PhantomData)
    }
}

/// The endpoint and the member of an association.
fn ends<M: Member>(association: &Value) -> (String, String) {
    let of = |name| text(association, name).unwrap_or_default();
    (of("vpc_endpoint_id"), of(M::ARGUMENT.0))
}

fn id(endpoint: &str, member: &str) -> String {
    format!("a-{endpoint}{}", crc32(member.as_bytes()))
}

#[async_trait::async_trait]
impl<M: Member> Kind for Association<M> {
    const NAME: &'static str = M::NAME;
    type Seen = ();

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let (endpoint, member) = ends::<M>(create.planned);
        let default = match replaces_default(create.planned) {
            true => Some(default_member::<M>(ec2, &endpoint, &member).await?),
            false => None,
        };
        add::<M>(ec2, &endpoint, &member).await?;
        if let Some(default) = default {
            remove::<M>(ec2, &endpoint, &default).await?;
        }
        Ok(vec![("id", id(&endpoint, &member))])
    }

    async fn shape(&self, ec2: &Ec2<'_>, create: &Create<'_>, _: &str) -> Result<(), Problem> {
        let ((endpoint, member), time) = (ends::<M>(create.planned), timeout(create.planned, "create", TIME));
        vpc_endpoint::settled(ec2, &endpoint, time).await?;
        let find = || async { Ok(vpc_endpoint::find(ec2, &endpoint).await?.filter(|e| M::of(e).contains(&&*member))) };
        let what = format!("VPC endpoint {endpoint} to be associated with {member}");
        ec2.until(what, time, find, |_| Ok(true), |_| String::new()).await?;
        Ok(())
    }

    fn key(&self, known: &Value) -> Option<String> {
        let (endpoint, member) = ends::<M>(known);
        (!endpoint.is_empty() && !member.is_empty()).then(|| format!("{endpoint}/{member}"))
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, ()>, Problem> {
        let keys = keys(wanted);
        let endpoints: BTreeSet<String> =
            keys.iter().filter_map(|key| Some(key.split_once('/')?.0.to_owned())).collect();
        let endpoints = vpc_endpoint::describe(ec2, &endpoints.into_iter().collect::<Vec<_>>()).await?;
        let there: BTreeSet<String> = endpoints.iter().flat_map(key_of::<M>).collect();
        Ok(keys.into_iter().filter(|key| there.contains(key)).map(|key| (key, ())).collect())
    }

    fn observe(&self, _: &Ec2<'_>, known: &Value, _: &()) -> Reply {
        let mut reply = Reply::new();
        let (endpoint, member) = ends::<M>(known);
        reply
            .str("id", Some(text(known, "id").unwrap_or_else(|| id(&endpoint, &member))))
            .str("vpc_endpoint_id", Some(&endpoint))
            .str(M::ARGUMENT.0, Some(&member));
        if M::DEFAULTS {
            reply.bool("replace_default_association", Some(replaces_default(known)));
        }
        reply
    }

    /// Every change replaces the association.
    async fn change(&self, _: &Ec2<'_>, _: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let (endpoint, member) = ends::<M>(prior);
        let Some(found) = vpc_endpoint::find(ec2, &endpoint).await? else { return Ok(()) };
        if replaces_default(prior) && M::of(&found).contains(&&*member) {
            let default = default_of_vpc(ec2, &found).await?;
            add::<M>(ec2, &endpoint, &default).await?;
        }
        remove::<M>(ec2, &endpoint, &member).await?;
        let find = || async { Ok(vpc_endpoint::find(ec2, &endpoint).await?.filter(|e| M::of(e).contains(&&*member))) };
        let (what, time) =
            (format!("VPC endpoint {endpoint} to lose {member}"), timeout(prior, "delete", TIME).max(PROPAGATION));
        ec2.until_gone(what, time, find).await
    }

    fn import(&self, import: &str) -> Result<Identity, Problem> {
        let ends = import.split_once('/').filter(|(e, m)| e.starts_with("vpce-") && !m.is_empty() && !m.contains('/'));
        let Some((endpoint, member)) = ends else {
            let form = format!("VPCENDPOINTID/{}", M::ARGUMENT.0.replace('_', "").to_uppercase());
            return Err(bad_import(import, &form, &format!("vpce-aaaaaaaa/{}", M::ARGUMENT.1)));
        };
        let ends = [("vpc_endpoint_id", endpoint.to_owned()), (M::ARGUMENT.0, member.to_owned())];
        Ok([("id", id(endpoint, member))].into_iter().chain(ends).collect())
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        Ok(vpc_endpoint::all(ec2).await?.iter().flat_map(key_of::<M>).collect())
    }
}

/// The import ids of the members of an endpoint.
fn key_of<M: Member>(endpoint: &VpcEndpoint) -> Vec<String> {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default();
    M::of(endpoint).into_iter().map(|member| format!("{id}/{member}")).collect()
}

fn replaces_default(association: &Value) -> bool {
    Args(association).bool("replace_default_association").unwrap_or(false)
}

/// The default member of the endpoint's VPC, which a new one is to replace.
async fn default_member<M: Member>(ec2: &Ec2<'_>, endpoint: &str, member: &str) -> Result<String, Problem> {
    let refused = |why: String| Problem::error("Default association cannot be replaced", why);
    let found = vpc_endpoint::find(ec2, endpoint).await?;
    let found =
        found.ok_or_else(|| refused(format!("There is no VPC endpoint {endpoint} in region {}.", ec2.region)))?;
    let default = default_of_vpc(ec2, &found).await?;
    if default == member {
        return Err(refused(format!(
            "{member} is the default security group of the VPC itself. Leave out replace_default_association."
        )));
    }
    match M::of(&found).contains(&&*default) || M::of(&found).contains(&member) {
        true => Ok(default),
        false => Err(refused(format!(
            "VPC endpoint {endpoint} is not associated with the default security group {default} of its VPC. Leave out \
             replace_default_association."
        ))),
    }
}

async fn default_of_vpc(ec2: &Ec2<'_>, endpoint: &VpcEndpoint) -> Result<String, Problem> {
    let vpc = endpoint.vpc_id().unwrap_or_default();
    let group = security_group::find_default(ec2, Some(vpc)).await?;
    group.and_then(|g| g.group_id).ok_or_else(|| {
        let detail = format!("There is no default security group of VPC {vpc} in region {}.", ec2.region);
        Problem::error("Default security group not found", detail)
    })
}

async fn add<M: Member>(ec2: &Ec2<'_>, endpoint: &str, member: &str) -> Result<(), Refusal> {
    let request = M::add(ec2.client.modify_vpc_endpoint().vpc_endpoint_id(endpoint), member);
    let what = format!("associating VPC endpoint {endpoint} with {member}");
    ec2.insist("ec2:ModifyVpcEndpoint", &what, TIME, || request.clone().send(), vpc_endpoint::busy).await?;
    Ok(())
}

async fn remove<M: Member>(ec2: &Ec2<'_>, endpoint: &str, member: &str) -> Result<(), Refusal> {
    let request = M::remove(ec2.client.modify_vpc_endpoint().vpc_endpoint_id(endpoint), member);
    let what = format!("removing {member} from VPC endpoint {endpoint}");
    let done = ec2.insist("ec2:ModifyVpcEndpoint", &what, TIME, || request.clone().send(), vpc_endpoint::busy).await;
    let gone =
        ["InvalidGroup.NotFound", "InvalidParameter", "InvalidRouteTableId.NotFound", "InvalidSubnetId.NotFound"];
    unless(done, &[&gone[..], &vpc_endpoint::GONE].concat())?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn import_ids_name_both_ends() {
        let ty = Association::<RouteTable>::new();
        let identity = ty.import("vpce-1/rtb-2").unwrap();
        assert_eq!(identity[1..], [("vpc_endpoint_id", "vpce-1".to_owned()), ("route_table_id", "rtb-2".to_owned())]);
        assert!(identity[0].1.starts_with("a-vpce-1"));
        assert!(ty.import("rtb-2").unwrap_err().detail.contains("VPCENDPOINTID/ROUTETABLEID"));
    }
}
