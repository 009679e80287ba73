//! `aws_key_pair`.

use std::collections::HashMap;

use aws_sdk_ec2::types::{KeyPairInfo as Answer, ResourceType};
use aws_smithy_types::Blob;
use terrane_aws_core::{name_of, prefix_of};
use terrane_provider::Problem;
use terrane_provider::sdk::{Args, Create, Reply, Update};
use terrane_value::Value;

use crate::client::{Ec2, PROPAGATION, Refusal, unless};
use crate::draft::Draft;
use crate::kind::{Identity, Kind, Wanted, keys, text};
use crate::lost::{BY_MARK, Making};
use crate::tags;

/// Key pairs whose public half is imported.
pub(crate) struct KeyPair;

/// A key pair with the account it is in.
pub(crate) struct Seen {
    pair: Answer,
    account: String,
}

#[async_trait::async_trait]
impl Kind for KeyPair {
    const NAME: &'static str = "aws_key_pair";
    const MARKED: Option<&'static str> = Some("key_pair_id");
    type Seen = Seen;

    async fn make(&self, ec2: &Ec2<'_>, create: &Create<'_>) -> Result<Identity, Problem> {
        let args = Args(create.planned);
        let name = name_of(create.planned, "key_name", "key_name_prefix", create.operation);
        let key = args.text("public_key").unwrap_or_default().trim();
        let request = ec2.client.import_key_pair().key_name(&name).public_key_material(Blob::new(key));
        let (what, look) = (format!("importing key pair {name:?}"), format!("key pair {name:?}"));
        let making = Making { operation: "ec2:ImportKeyPair", what: &what, look: &look, passing: &[] };
        let send = |tags| request.clone().set_tag_specifications(tags).send();
        let find = |mark: Vec<String>| async move {
            Ok(describe(ec2, BY_MARK, &mark, false).await?.pop().and_then(|p| p.key_pair_id))
        };
        let id = making.marked((ec2, create), ResourceType::KeyPair, send, |a| a.key_pair_id, find).await?;
        Ok(vec![("id", name), ("key_pair_id", id)])
    }

    async fn fetch(&self, ec2: &Ec2<'_>, wanted: &[Wanted<'_>]) -> Result<HashMap<String, Seen>, Problem> {
        let account = ec2.cloud.account_id().await?;
        let unread = wanted.iter().any(|w| text(w.known, "public_key").is_none());
        let pairs = describe(ec2, "key-name", &keys(wanted), unread).await?;
        let seen = |pair: Answer| Some((pair.key_name.clone()?, Seen { pair, account: account.clone() }));
        Ok(pairs.into_iter().filter_map(seen).collect())
    }

    fn observe(&self, ec2: &Ec2<'_>, known: &Value, seen: &Seen) -> Reply {
        let (pair, mut reply) = (&seen.pair, Reply::new());
        let name = pair.key_name().unwrap_or_default();
        reply
            .str("id", Some(name))
            .str("key_name", Some(name))
            .str("key_name_prefix", Some(prefix_of(name).unwrap_or_default()))
            .str("key_pair_id", pair.key_pair_id())
            .str("key_type", pair.key_type().map(|t| t.as_str()))
            .str("fingerprint", pair.key_fingerprint())
            .str("arn", Some(ec2.arn(&seen.account, &format!("key-pair/{name}"))));
        if text(known, "public_key").is_none()
            && let Some(key) = pair.public_key()
        {
            reply.str("public_key", Some(key.trim()));
        }
        tags::observe(ec2, &mut reply, known, pair.tags());
        reply
    }

    async fn change(&self, ec2: &Ec2<'_>, update: &Update<'_>, _: &str) -> Result<Identity, Problem> {
        let id = text(update.prior, "key_pair_id").unwrap_or_default();
        tags::update(ec2, &id, update).await?;
        Ok(Vec::new())
    }

    async fn remove(&self, ec2: &Ec2<'_>, prior: &Value) -> Result<(), Problem> {
        let name = Args(prior).text("id").unwrap_or_default();
        let (request, what) = (ec2.client.delete_key_pair().key_name(name), format!("deleting key pair {name:?}"));
        let deleted = ec2.call("ec2:DeleteKeyPair", &what, || request.clone().send()).await;
        unless(deleted, &["InvalidKeyPair.NotFound"])?;
        let find = || async { Ok(describe(ec2, "key-name", &[name.to_owned()], false).await?.pop()) };
        ec2.until_gone(format!("key pair {name:?} to be deleted"), PROPAGATION, find).await
    }

    /// AWS drops or replaces the comment of a key, so it is no difference.
    fn plan(&self, draft: &mut Draft<'_>) {
        let was = draft.prior.and_then(|p| Args(p).text("public_key"));
        if was.zip(draft.text("public_key")).is_some_and(|(was, is)| same_key(was, is)) {
            draft.keep("public_key");
        }
    }

    async fn list(&self, ec2: &Ec2<'_>) -> Result<Vec<String>, Problem> {
        let what = "listing key pairs";
        let answer = ec2.call("ec2:DescribeKeyPairs", what, || ec2.client.describe_key_pairs().send()).await?;
        Ok(answer.key_pairs.unwrap_or_default().into_iter().filter_map(|p| p.key_name).collect())
    }
}

async fn describe(ec2: &Ec2<'_>, by: &str, values: &[String], with_key: bool) -> Result<Vec<Answer>, Refusal> {
    let send = |filter, _| ec2.client.describe_key_pairs().filters(filter).include_public_key(with_key).send();
    let take = |a: aws_sdk_ec2::operation::describe_key_pairs::DescribeKeyPairsOutput| (a.key_pairs, None);
    ec2.filtered("ec2:DescribeKeyPairs", "reading key pairs", (by, values), send, take).await
}

/// Whether two public keys in OpenSSH form are the same but for their comments.
fn same_key(a: &str, b: &str) -> bool {
    let parts = |key: &str| key.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    a.trim() == b.trim() || (parts(a).len() == 2 && parts(a) == parts(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_of_a_key_is_no_difference() {
        assert!(same_key("ssh-ed25519 AAAA me@host\n", "ssh-ed25519 AAAA"));
        assert!(!same_key("ssh-ed25519 AAAA", "ssh-ed25519 AAAB"));
        assert!(!same_key("AAAA", "AAAB"));
    }
}
