//! Locks: the DynamoDB item and the lock object, as Terraform writes them.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use terrane_state::{LockInfo, StoreError};

use super::{S3, failed};

pub(super) type Item = HashMap<String, AttributeValue>;

/// How often a lock of ours is looked at anew when it has changed while it was deleted: by a renewal that was under way,
/// or by the deletion itself, sent again because its first answer was lost.
const UNLOCK_TRIES: u32 = 5;

impl S3 {
    /// Puts the lock item if there is none. Without a table there is nothing to lock here.
    pub(super) async fn lock_item(&self, info: &LockInfo) -> Result<(), StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(()) };
        let put = self
            .dynamodb
            .put_item()
            .table_name(table)
            .item("LockID", AttributeValue::S(self.path()))
            .item("Info", AttributeValue::S(serde_json::to_string(info).unwrap_or_default()))
            .condition_expression("attribute_not_exists(LockID)");
        match put.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.code() == Some("ConditionalCheckFailedException") => {
                let holder = self.item(table, &self.path()).await.ok().flatten().and_then(|i| read_info(&i));
                // The holder may be this very call, whose answer was lost and which was sent again.
                match holder {
                    Some(holder) if holder.id == info.id => Ok(()),
                    holder => Err(StoreError::Held(holder.map(Box::new))),
                }
            }
            Err(e) => Err(self.table_failed(table, "lock the state", &e)),
        }
    }

    /// Deletes the lock item if it still is the one with this id.
    pub(super) async fn unlock_item(&self, id: &str) -> Result<(), StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(()) };
        self.unlock_as_seen(id, || self.lock_text(table), |text| self.delete_item(table, id, text)).await
    }

    /// Looks at a lock and deletes it as it was seen, if it is the one with this id.
    async fn unlock_as_seen<L, D>(
        &self,
        id: &str,
        look: impl Fn() -> L,
        delete: impl Fn(String) -> D,
    ) -> Result<(), StoreError>
    where
        L: Future<Output = Result<Option<(LockInfo, String)>, StoreError>>,
        D: Future<Output = Result<(), StoreError>>,
    {
        let mut was_ours = false;
        for _ in 0..UNLOCK_TRIES {
            match look().await? {
                Some((held, seen)) if held.id == id => match delete(seen).await {
                    Err(StoreError::NotLocked(_)) => was_ours = true,
                    done => return done,
                },
                _ if was_ours => return Ok(()),
                Some((held, _)) => return Err(self.held_by(&held, id)),
                None => return Err(self.not_locked()),
            }
        }
        Err(self.taken(id))
    }

    /// Puts another info into the lock item if it still is exactly as it was seen, or gone.
    pub(super) async fn take_item(&self, seen: &LockInfo, info: &LockInfo) -> Result<(), StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(()) };
        match self.lock_text(table).await? {
            Some((held, text)) if held == *seen => self.rewrite_item(table, text, info).await,
            Some(_) => Err(self.still_alive(seen)),
            None => self.lock_item(info).await,
        }
    }

    /// Writes the lock item anew if it still is the one with this id.
    pub(super) async fn renew_item(&self, info: &LockInfo) -> Result<(), StoreError> {
        let Some(table) = &self.config.dynamodb_table else { return Ok(()) };
        match self.lock_text(table).await? {
            Some((held, text)) if held.id == info.id => self.rewrite_item(table, text, info).await,
            Some((held, _)) => Err(self.held_by(&held, &info.id)),
            None => Err(self.not_locked()),
        }
    }

    async fn rewrite_item(&self, table: &str, text: String, info: &LockInfo) -> Result<(), StoreError> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(table)
            .key("LockID", AttributeValue::S(self.path()))
            .update_expression("SET Info = :new")
            .condition_expression("Info = :old")
            .expression_attribute_values(":old", AttributeValue::S(text))
            .expression_attribute_values(":new", AttributeValue::S(serde_json::to_string(info).unwrap_or_default()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.code() == Some("ConditionalCheckFailedException") => Err(self.taken(&info.id)),
            Err(e) => Err(self.table_failed(table, "renew the lock of the state", &e)),
        }
    }

    /// Who holds the lock item.
    pub(super) async fn item_info(&self) -> Result<Option<LockInfo>, StoreError> {
        match &self.config.dynamodb_table {
            Some(table) => Ok(self.lock_text(table).await?.map(|(info, _)| info)),
            None => Ok(None),
        }
    }

    /// The lock item's info, and the text it stands in.
    async fn lock_text(&self, table: &str) -> Result<Option<(LockInfo, String)>, StoreError> {
        let Some(item) = self.item(table, &self.path()).await? else { return Ok(None) };
        let text = item.get("Info").and_then(|info| info.as_s().ok()).cloned().unwrap_or_default();
        Ok(Some((serde_json::from_str(&text).unwrap_or_default(), text)))
    }

    async fn delete_item(&self, table: &str, id: &str, text: String) -> Result<(), StoreError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(table)
            .key("LockID", AttributeValue::S(self.path()))
            .condition_expression("Info = :info")
            .expression_attribute_values(":info", AttributeValue::S(text));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.code() == Some("ConditionalCheckFailedException") => Err(self.taken(id)),
            Err(e) => Err(self.table_failed(table, "unlock the state", &e)),
        }
    }

    fn held_by(&self, held: &LockInfo, id: &str) -> StoreError {
        StoreError::NotLocked(format!("The state {} is locked with the id {}, not {id}.", self.path(), held.id))
    }

    fn not_locked(&self) -> StoreError {
        StoreError::NotLocked(format!("The state {} is not locked.", self.path()))
    }

    fn taken(&self, id: &str) -> StoreError {
        StoreError::NotLocked(format!("The lock {id} on {} was taken over by another run.", self.path()))
    }

    fn still_alive(&self, seen: &LockInfo) -> StoreError {
        StoreError::NotLocked(format!(
            "The lock on {} has changed while it was looked at: {} has renewed it or another run holds it.",
            self.path(),
            seen.who
        ))
    }

    pub(super) async fn item(&self, table: &str, id: &str) -> Result<Option<Item>, StoreError> {
        let get = self.dynamodb.get_item().table_name(table).key("LockID", AttributeValue::S(id.into()));
        let answer = get.consistent_read(true).send().await;
        answer.map(|a| a.item).map_err(|e| self.table_failed(table, "read the lock table", &e))
    }

    pub(super) fn table_failed<E, R>(
        &self,
        table: &str,
        what: &str,
        error: &aws_sdk_dynamodb::error::SdkError<E, R>,
    ) -> StoreError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        R: std::fmt::Debug,
    {
        match error.code() {
            Some("ResourceNotFoundException") => StoreError::Failed(format!(
                "The DynamoDB table {table:?} of the S3 backend does not exist in region {}. Create it with the string \
                 hash key \"LockID\", or correct the backend's \"dynamodb_table\".",
                self.config.region
            )),
            _ => failed(&format!("{what} s3://{} in the table {table:?}", self.path()), error),
        }
    }

    /// Puts the lock object if there is none.
    pub(super) async fn lock_object(&self, info: &LockInfo) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(info).unwrap_or_default();
        match self.put(&self.lock_key(), bytes).if_none_match("*").send().await {
            Ok(_) => Ok(()),
            Err(e) if matches!(e.code(), Some("PreconditionFailed" | "ConditionalRequestConflict")) => {
                match self.lock_object_info().await?.map(|(info, _)| info) {
                    Some(holder) if holder.id == info.id => Ok(()),
                    holder => Err(StoreError::Held(holder.map(Box::new))),
                }
            }
            Err(e) => Err(failed(&format!("write the lock s3://{}.tflock", self.path()), &e)),
        }
    }

    /// Deletes the lock object if it still is the one with this id.
    pub(super) async fn unlock_object(&self, id: &str) -> Result<(), StoreError> {
        self.unlock_as_seen(id, || self.lock_object_info(), |tag| self.delete_object(id, tag)).await
    }

    /// Puts another info into the lock object if it still is exactly as it was seen, or gone.
    pub(super) async fn take_object(&self, seen: &LockInfo, info: &LockInfo) -> Result<(), StoreError> {
        match self.lock_object_info().await? {
            Some((held, tag)) if held == *seen => self.rewrite_object(tag, info).await,
            Some(_) => Err(self.still_alive(seen)),
            None => self.lock_object(info).await,
        }
    }

    /// Writes the lock object anew if it still is the one with this id.
    pub(super) async fn renew_object(&self, info: &LockInfo) -> Result<(), StoreError> {
        match self.lock_object_info().await? {
            Some((held, tag)) if held.id == info.id => self.rewrite_object(tag, info).await,
            Some((held, _)) => Err(self.held_by(&held, &info.id)),
            None => Err(self.not_locked()),
        }
    }

    async fn rewrite_object(&self, tag: String, info: &LockInfo) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(info).unwrap_or_default();
        match self.put(&self.lock_key(), bytes).if_match(tag).send().await {
            Ok(_) => Ok(()),
            Err(e) if is_precondition(e.code()) => Err(self.taken(&info.id)),
            Err(e) => Err(failed(&format!("renew the lock s3://{}.tflock", self.path()), &e)),
        }
    }

    async fn delete_object(&self, id: &str, tag: String) -> Result<(), StoreError> {
        let delete = self.s3.delete_object().bucket(&self.config.bucket).key(self.lock_key()).if_match(tag);
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(e) if is_precondition(e.code()) => Err(self.taken(id)),
            Err(e) => Err(failed(&format!("delete the lock s3://{}.tflock", self.path()), &e)),
        }
    }

    pub(super) async fn lock_object_info(&self) -> Result<Option<(LockInfo, String)>, StoreError> {
        let what = format!("read the lock s3://{}.tflock", self.path());
        let object = match self.get(&self.lock_key()).send().await {
            Ok(object) => object,
            Err(e) if e.code() == Some("NoSuchKey") => return Ok(None),
            Err(e) => return Err(failed(&what, &e)),
        };
        let tag = object.e_tag().unwrap_or_default().to_string();
        let bytes = object
            .body
            .collect()
            .await
            .map_err(|e| StoreError::Failed(format!("It was not possible to {what}: {e}.")))?;
        let info = serde_json::from_slice(&bytes.into_bytes()).unwrap_or_default();
        Ok(Some((info, tag)))
    }

    fn lock_key(&self) -> String {
        format!("{}.tflock", self.key)
    }
}

/// Whether the code says that an object is not as a conditional call wanted it.
fn is_precondition(code: Option<&str>) -> bool {
    matches!(code, Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey"))
}

fn read_info(item: &Item) -> Option<LockInfo> {
    serde_json::from_str(item.get("Info")?.as_s().ok()?).ok()
}
