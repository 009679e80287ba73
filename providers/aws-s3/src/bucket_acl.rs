//! `aws_s3_bucket_acl`.

use async_trait::async_trait;
use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::types::{AccessControlPolicy, BucketCannedAcl, Grant, Grantee, Owner, Permission, Type};
use terrane_aws_core::{Cloud, Poll, read_each};
use terrane_provider::sdk::{Args, Create, Failed, Reply, ResourceType, Update};
use terrane_provider::{Object, PlanResponse, Problem, ReadOutcome};
use terrane_value::{Kind, Value};

use crate::client::{BUCKETS, Bucket, PROPAGATION, built};
use crate::settings::{self, acl};

/// `aws_s3_bucket_acl`.
#[derive(Debug)]
pub struct BucketAcl;

#[async_trait]
impl ResourceType<Cloud> for BucketAcl {
    fn name(&self) -> &'static str {
        "aws_s3_bucket_acl"
    }

    /// A canned ACL is part of the id, and stands for grants that only S3 knows.
    fn plan(&self, cloud: &Cloud, prior: Option<&Value>, config: &Value, mut plan: PlanResponse) -> PlanResponse {
        crate::owner_replaces(prior, &mut plan);
        let Some((prior, planned)) = prior.zip(plan.planned.as_ref()) else { return plan };
        let canned = Args(planned).text("acl").is_some() && Args(planned).differs(prior, "acl");
        let Some(fields) = planned.fields().filter(|_| Args(planned).differs(prior, "acl")) else { return plan };
        let mut fields = fields.with("id", Value::string(id(&bucket_of(cloud, planned), Args(planned).text("acl"))));
        if let (true, Some(policy)) = (canned && unwritten(config), planned.get(POLICY)) {
            fields = fields.with(POLICY, Value::unknown(policy.ty()));
        }
        plan.planned = Some(Value::from_kind(Kind::Object(fields)));
        plan
    }

    async fn create(&self, cloud: &Cloud, create: Create<'_>) -> Result<Object, Failed> {
        set(cloud, create.planned, create.config).await
    }

    async fn read(&self, cloud: &Cloud, prior: &[Object]) -> Vec<ReadOutcome> {
        read_each(BUCKETS, prior, |known| read_acl(cloud, known)).await
    }

    async fn update(&self, cloud: &Cloud, update: Update<'_>) -> Result<Object, Failed> {
        set(cloud, update.planned, update.config).await
    }

    /// Leaves the ACL as it is: every bucket has one.
    async fn delete(&self, _: &Cloud, _: &Object) -> Result<(), Failed> {
        Ok(())
    }

    fn import(&self, _: &Cloud, id: &str) -> Result<Object, Vec<Problem>> {
        let (mut parts, mut object) = (id.split(','), Reply::new());
        object.str("id", Some(id)).str("bucket", parts.next());
        for part in parts {
            let owner = part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
            object.str(if owner { "expected_bucket_owner" } else { "acl" }, Some(part));
        }
        Ok(Object::new(object.object()))
    }

    async fn list(&self, cloud: &Cloud) -> Result<Vec<String>, Vec<Problem>> {
        crate::names(cloud).await.map_err(|p| vec![p])
    }
}

/// The bucket that an ACL belongs to. Its id may have a canned ACL behind the comma instead of an owner.
fn bucket_of<'a>(cloud: &'a Cloud, object: &Value) -> Bucket<'a> {
    Bucket { owner: Args(object).string("expected_bucket_owner"), ..Bucket::of(cloud, object) }
}

const POLICY: &str = "access_control_policy";

fn unwritten(config: &Value) -> bool {
    Args(config).blocks(POLICY).is_empty()
}

/// The id: the name of the bucket, with its owner and the canned ACL behind commas, if there are any.
fn id(bucket: &Bucket<'_>, acl: Option<&str>) -> String {
    acl.map_or(bucket.id(), |acl| format!("{},{acl}", bucket.id()))
}

async fn set(cloud: &Cloud, planned: &Value, config: &Value) -> Result<Object, Failed> {
    let (bucket, args) = (bucket_of(cloud, planned), Args(planned));
    let request = bucket.client.put_bucket_acl().bucket(&bucket.name);
    let request = match (args.text("acl"), Args(config).block(POLICY)) {
        (None, Some(policy)) => request.access_control_policy(expand(policy)?),
        (acl, _) => request.acl(BucketCannedAcl::from(acl.unwrap_or("private"))),
    };
    bucket.write("s3:PutBucketAcl", "ACL", || request.clone().send()).await?;
    let mut half_made = Reply::from(planned);
    half_made.str("id", Some(id(&bucket, args.text("acl"))));
    let half_made = Object::new(half_made.object());
    let poll = || async {
        let found = read_acl(cloud, &half_made.value).await?;
        // S3 may still tell of the grants before.
        let found = found.map(|found| match (found.kind(), planned.get("acl")) {
            (Kind::Object(fields), Some(acl)) => Value::from_kind(Kind::Object(fields.with("acl", acl.clone()))),
            _ => found,
        });
        Ok(found.map_or(Poll::pending("not found"), |f| Poll::Done(Object::new(f))))
    };
    let what = format!("the ACL of S3 bucket \"{}\" to be set", bucket.name);
    cloud.wait(what, PROPAGATION, poll).await.map_err(|p| Failed::from(p).with(half_made.clone()))
}

async fn read_acl(cloud: &Cloud, known: &Value) -> Result<Option<Value>, Problem> {
    let bucket = bucket_of(cloud, known);
    let Some(acl) = acl::read(&bucket).await? else { return Ok(None) };
    let mut reply = crate::setting(&bucket, known);
    let written = Args(known).text("acl");
    reply.str("id", Some(id(&bucket, written))).blocks(POLICY, [show(&acl)]);
    if let Some(written) = written {
        reply.str("acl", acl::seen(&acl, written));
    }
    Ok(Some(settings::finished(known, reply)))
}

fn show(acl: &GetBucketAclOutput) -> Reply {
    let owner = acl.owner().map(|owner| {
        let mut block = Reply::new();
        block.str("id", owner.id()).str("display_name", Some(owner.display_name().unwrap_or_default()));
        block
    });
    let mut block = Reply::new();
    block.blocks("owner", owner).blocks("grant", acl.grants().iter().map(show_grant));
    block
}

fn show_grant(grant: &Grant) -> Reply {
    let grantee = grant.grantee().map(|to| {
        let text = |part: Option<&str>| Some(part.unwrap_or_default().to_owned());
        let mut block = Reply::new();
        block
            .str("display_name", text(to.display_name()))
            .str("email_address", text(to.email_address()))
            .str("id", text(to.id()))
            .str("type", Some(to.r#type().as_str()))
            .str("uri", text(to.uri()));
        block
    });
    let mut block = Reply::new();
    block.str("permission", grant.permission().map(Permission::as_str)).blocks("grantee", grantee);
    block
}

fn expand(policy: Args<'_>) -> Result<AccessControlPolicy, Problem> {
    let owner = policy.block("owner").map(|owner| {
        let display = owner.string("display_name");
        Owner::builder().set_id(owner.string("id")).set_display_name(display).build()
    });
    let grants = policy.blocks("grant").into_iter().map(expand_grant).collect::<Result<Vec<_>, _>>()?;
    Ok(AccessControlPolicy::builder().set_owner(owner).set_grants(Some(grants)).build())
}

fn expand_grant(block: Args<'_>) -> Result<Grant, Problem> {
    let grantee = block.block("grantee").map(|to| {
        let grantee = Grantee::builder()
            .r#type(Type::from(to.text("type").unwrap_or_default()))
            .set_id(to.string("id"))
            .set_uri(to.string("uri"))
            .set_email_address(to.string("email_address"));
        built(grantee.build())
    });
    let permission = block.text("permission").map(Permission::from);
    Ok(Grant::builder().set_grantee(grantee.transpose()?).set_permission(permission).build())
}
