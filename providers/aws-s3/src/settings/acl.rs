//! Access control lists.

use std::collections::BTreeSet;

use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::types::{AccessControlPolicy, BucketCannedAcl, Grant, Grantee};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Reply};
use terrane_value::Value;

use crate::client::{Bucket, built};

/// Reads the list.
pub async fn read(bucket: &Bucket<'_>) -> Result<Option<GetBucketAclOutput>, Problem> {
    let request = bucket.client.get_bucket_acl().bucket(&bucket.name);
    bucket.read_once("s3:GetBucketAcl", "ACL", &[], || request.clone().send()).await
}

/// Groups that canned ACLs grant something to, and what, beside the owner's full control.
const CANNED: [(&str, &[(&str, &str)]); 5] = [
    ("private", &[]),
    ("public-read", &[("global/AllUsers", "READ")]),
    ("public-read-write", &[("global/AllUsers", "READ"), ("global/AllUsers", "WRITE")]),
    ("authenticated-read", &[("global/AuthenticatedUsers", "READ")]),
    ("log-delivery-write", &[("s3/LogDelivery", "WRITE"), ("s3/LogDelivery", "READ_ACP")]),
];

/// The canned ACL that a bucket has: the written one, unless the grants are those of another one or of none.
///
/// Fewer permissions for the same grantees are no other ACL. Nobody but S3 knows what the remaining canned ACLs grant:
/// these are taken as they are written.
pub fn seen<'a>(acl: &GetBucketAclOutput, written: &'a str) -> Option<&'a str> {
    let there: BTreeSet<(&str, &str)> = acl.grants().iter().filter_map(granted).collect();
    let owner = acl.owner().and_then(|owner| owner.id()).unwrap_or_default();
    let alike = |(_, groups): &&(&str, &[(&str, &str)])| {
        let own: BTreeSet<(&str, &str)> = groups.iter().copied().chain([(owner, "FULL_CONTROL")]).collect();
        let grantees = |grants: &BTreeSet<(&'_ str, &str)>| -> BTreeSet<String> {
            grants.iter().map(|g| g.0.to_owned()).collect()
        };
        there.is_subset(&own) && grantees(&there) == grantees(&own)
    };
    let known = CANNED.iter().find(|(name, _)| *name == written);
    match known.filter(|known| !alike(known)) {
        Some(_) => CANNED.iter().find(alike).map(|(name, _)| *name),
        None => Some(written),
    }
}

/// To whom a grant is, a group without the address that all have, and what for.
fn granted(grant: &Grant) -> Option<(&str, &str)> {
    let to = grant.grantee()?;
    let group = to.uri().map(|uri| uri.strip_prefix("http://acs.amazonaws.com/groups/").unwrap_or(uri));
    Some((group.or(to.id())?, grant.permission()?.as_str()))
}

/// The permissions of one grantee.
#[derive(Debug)]
struct Granted<'a> {
    ty: &'a str,
    id: Option<&'a str>,
    uri: Option<&'a str>,
    permissions: BTreeSet<&'a str>,
}

/// Shows it as grants, one for each grantee. The canned ACL it was made from cannot be read.
pub fn show(reply: &mut Reply, acl: &Option<GetBucketAclOutput>) {
    let mut grantees: Vec<Granted<'_>> = Vec::new();
    for grant in acl.iter().flat_map(GetBucketAclOutput::grants) {
        let (Some(to), Some(permission)) = (grant.grantee(), grant.permission()) else { continue };
        let (ty, id, uri) = (to.r#type().as_str(), to.id(), to.uri());
        match grantees.iter_mut().find(|g| (g.ty, g.id, g.uri) == (ty, id, uri)) {
            Some(known) => _ = known.permissions.insert(permission.as_str()),
            None => grantees.push(Granted { ty, id, uri, permissions: [permission.as_str()].into() }),
        }
    }
    reply.blocks(
        "grant",
        grantees.into_iter().map(|g| {
            let mut block = Reply::new();
            let [id, uri] = [g.id, g.uri].map(|part| Some(part.unwrap_or_default()));
            block.str("type", Some(g.ty)).str("id", id).str("uri", uri).set("permissions", g.permissions);
            block
        }),
    );
}

/// Writes the grants, or the canned ACL if there are none.
pub async fn write(bucket: &Bucket<'_>, planned: &Value) -> Result<(), Problem> {
    let grants = Args(planned).blocks("grant");
    let request = bucket.client.put_bucket_acl().bucket(&bucket.name);
    let request = if grants.is_empty() || Args(planned).text("acl").is_some() {
        request.acl(canned(planned))
    } else {
        let owner = read(bucket).await?.and_then(|a| a.owner);
        let grants = grants.into_iter().map(expand).collect::<Result<Vec<_>, _>>()?.concat();
        request.access_control_policy(AccessControlPolicy::builder().set_grants(Some(grants)).set_owner(owner).build())
    };
    bucket.write("s3:PutBucketAcl", "ACL", || request.clone().send()).await.map(|_| ())
}

/// The canned ACL of a bucket.
pub fn canned(planned: &Value) -> BucketCannedAcl {
    Args(planned).text("acl").unwrap_or("private").into()
}

fn expand(block: Args<'_>) -> Result<Vec<Grant>, Problem> {
    let grantee = Grantee::builder()
        .set_id(block.string("id"))
        .set_uri(block.string("uri"))
        .r#type(block.text("type").unwrap_or_default().into());
    let grantee = built(grantee.build())?;
    let grant =
        |permission: String| Grant::builder().grantee(grantee.clone()).permission(permission.as_str().into()).build();
    Ok(block.strings("permissions").into_iter().map(grant).collect())
}
