//! Answers that several types need in one bulk reading.
//!
//! While objects are read nothing is written, so that what several types ask of the same thing is asked once. Elsewhere,
//! such as after a write, every question is asked.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::OnceCell;

use crate::Cloud;

tokio::task_local! {
    static READING: Arc<Reading>;
}

/// The bulk reading of an instance that is under way, if one is.
#[derive(Default)]
pub(crate) struct Readings(Mutex<Weak<Reading>>);

impl Readings {
    fn join(&self) -> Arc<Reading> {
        let mut present = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        present.upgrade().unwrap_or_else(|| {
            let begun = Arc::default();
            *present = Arc::downgrade(&begun);
            begun
        })
    }
}

/// What was asked in a bulk reading, by the type of the answer and what it is about.
#[derive(Default)]
struct Reading(Mutex<HashMap<(TypeId, String), Arc<dyn Any + Send + Sync>>>);

impl Reading {
    fn cell<T: Send + Sync + 'static>(&self, about: String) -> Arc<OnceCell<T>> {
        let mut asked = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let cell = asked.entry((TypeId::of::<T>(), about)).or_insert_with(|| Arc::new(OnceCell::<T>::new()));
        cell.clone().downcast().unwrap_or_default()
    }
}

impl Cloud {
    /// Reads objects as a part of the bulk reading that is under way, which ends with the last of its parts; begins one
    /// if there is none.
    pub async fn reading<T>(&self, part: impl Future<Output = T>) -> T {
        READING.scope(self.readings.join(), part).await
    }
}

/// The answer to a question that is asked once in a bulk reading, and each time elsewhere.
///
/// `about` tells the question from all others that are answered with a `T`.
pub async fn once<T>(about: String, ask: impl Future<Output = T>) -> T
where
    T: Clone + Send + Sync + 'static,
{
    match READING.try_with(|reading| reading.cell::<T>(about)) {
        Ok(cell) => cell.get_or_init(|| ask).await.clone(),
        Err(_) => ask.await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn parts_of_a_reading_ask_once() {
        let cloud = crate::testing::cloud("http://127.0.0.1:1", "eu-west-1").await;
        let asked = AtomicUsize::new(0);
        let ask = |about: &str| {
            let (about, asked) = (about.to_owned(), &asked);
            once(about, async move {
                tokio::task::yield_now().await;
                asked.fetch_add(1, Ordering::Relaxed)
            })
        };
        let (a, b) = tokio::join!(cloud.reading(ask("a")), cloud.reading(async { (ask("a").await, ask("b").await) }));
        assert_eq!((a, b), (0, (0, 1)), "the second part has the answer of the first");
        assert_eq!(cloud.reading(ask("a")).await, 2, "another reading asks again");
        assert_eq!((ask("a").await, ask("a").await), (3, 4), "outside of a reading nothing is kept");
    }

    #[tokio::test]
    async fn answers_of_other_instances_and_types_are_others() {
        let [one, other] = [1, 2].map(|port| format!("http://127.0.0.1:{port}"));
        let (one, other) = tokio::join!(crate::testing::cloud(&one, "a"), crate::testing::cloud(&other, "a"));
        let read = async {
            let number = once("x".to_owned(), async { 1 }).await;
            let elsewhere = other.reading(once("x".to_owned(), async { 2 })).await;
            (number, elsewhere, once("x".to_owned(), async { "text" }).await)
        };
        assert_eq!(one.reading(read).await, (1, 2, "text"));
    }
}
