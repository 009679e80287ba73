//! The digest of the state in the lock table, as Terraform keeps it.
//!
//! The object is written before the digest, so that a run which ends in between leaves a digest that does not match.
//! Beside the digest we record lineage and serial, which Terraform neither reads nor writes: an object of the same lineage
//! with a higher serial is newer than its digest, and right.

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use md5::{Digest, Md5};
use terrane_state::StoreError;

use super::S3;

/// How often it is tried to record a digest.
const TRIES: u32 = 4;

/// What the table says of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub digest: String,
    /// Lineage and serial, if the last writer was one of us.
    head: Option<(String, u64)>,
}

/// The digest Terraform records: hexadecimal MD5.
pub(super) fn digest(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Recorded {
    /// What is to be recorded of a state.
    pub fn of(bytes: &[u8]) -> Recorded {
        Recorded { digest: digest(bytes), head: terrane_state::head(bytes) }
    }

    /// Whether a state is certainly newer than the record.
    pub fn is_older_than(&self, bytes: &[u8]) -> bool {
        match (&self.head, terrane_state::head(bytes)) {
            (Some((lineage, serial)), Some((now, newer))) => *lineage == now && *serial < newer,
            _ => false,
        }
    }
}

impl S3 {
    /// What the last writer recorded.
    pub(super) async fn recorded(&self) -> Result<Option<Recorded>, StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(None) };
        let Some(item) = self.item(table, &self.digest_id()).await? else { return Ok(None) };
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let serial = item.get("Serial").and_then(|value| value.as_n().ok()?.parse().ok());
        let digest = text("Digest").unwrap_or_default();
        Ok((!digest.is_empty()).then(|| Recorded { digest, head: text("Lineage").zip(serial) }))
    }

    /// Records what was just written. It is tried a few times: the state itself is written already.
    pub(super) async fn record(&self, record: &Recorded) -> Result<(), StoreError> {
        let mut left = TRIES;
        loop {
            left -= 1;
            match self.write_record(record, None).await {
                Err(StoreError::Failed(why)) if left == 0 => {
                    return Err(StoreError::Digest(format!(
                        "The state s3://{} was written, but not its digest. {why} A run of Terraform will refuse the state until \
                         the item {:?} of the table has the Digest {:?}.",
                        self.path(),
                        self.digest_id(),
                        record.digest
                    )));
                }
                Err(StoreError::Failed(_)) => tokio::time::sleep(Duration::from_millis(200 << (TRIES - left))).await,
                done => return done,
            }
        }
    }

    /// Puts the digest of a newer state in the place of an old one, unless its writer does so meanwhile.
    pub(super) async fn heal(&self, old: &Recorded, bytes: &[u8]) {
        // Who may only read the table reads the state all the same.
        let _ = self.write_record(&Recorded::of(bytes), Some(old)).await;
    }

    async fn write_record(&self, record: &Recorded, instead_of: Option<&Recorded>) -> Result<(), StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(()) };
        let mut put = self
            .dynamodb
            .put_item()
            .table_name(table)
            .item("LockID", AttributeValue::S(self.digest_id()))
            .item("Digest", AttributeValue::S(record.digest.clone()));
        if let Some((lineage, serial)) = &record.head {
            put = put.item("Lineage", AttributeValue::S(lineage.clone()));
            put = put.item("Serial", AttributeValue::N(serial.to_string()));
        }
        if let Some(old) = instead_of {
            put = put.condition_expression("Digest = :old");
            put = put.expression_attribute_values(":old", AttributeValue::S(old.digest.clone()));
        }
        match put.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(e) => Err(self.table_failed(table, "record the digest of the state", &e)),
        }
    }

    /// Removes the digest of a state that is gone, which a new state of this name would not match.
    pub(super) async fn forget_digest(&self) -> Result<(), StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(()) };
        let delete = self.dynamodb.delete_item().table_name(table).key("LockID", AttributeValue::S(self.digest_id()));
        delete.send().await.map(drop).map_err(|e| self.table_failed(table, "delete the digest of the state", &e))
    }

    fn digest_id(&self) -> String {
        format!("{}-md5", self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_higher_serial_of_the_same_lineage_is_newer() {
        let state =
            |lineage: &str, serial: u64| format!("{{\"version\":4,\"serial\":{serial},\"lineage\":\"{lineage}\"}}");
        let recorded = Recorded::of(state("a", 3).as_bytes());
        for (lineage, serial, newer) in
            [("a", 4, true), ("a", 3, false), ("a", 2, false), ("b", 9, false), ("", 9, false)]
        {
            assert_eq!(recorded.is_older_than(state(lineage, serial).as_bytes()), newer, "{lineage} {serial}");
        }
        let foreign = Recorded { head: None, ..recorded };
        assert!(!foreign.is_older_than(state("a", 4).as_bytes()), "Terraform's record has no serial");
    }
}
