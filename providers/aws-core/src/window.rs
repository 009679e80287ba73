//! How many calls of a service are under way at once, where it does not document how fast it may be asked.
//!
//! Few at first. As long as all places are taken and no call is refused, there is one more for each answer; a refusal
//! halves them, and from then on there is one more for each round of answers (additive increase, multiplicative
//! decrease, as TCP does it).

use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::pace::TOGETHER;

/// The places for calls of a service.
#[derive(Debug)]
pub(crate) struct Window {
    free: Arc<Semaphore>,
    size: Mutex<Size>,
}

#[derive(Debug)]
struct Size {
    /// How many places there should be, and at most.
    now: f64,
    most: f64,
    /// How many there are, free or taken.
    given: usize,
    refused: Option<Instant>,
}

/// The place of a call, free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    window: Arc<Window>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Window {
    pub fn new(first: usize, most: usize) -> Window {
        let size = Size { now: first as f64, most: most as f64, given: first, refused: None };
        Window { free: Arc::new(Semaphore::new(first)), size: Mutex::new(size) }
    }

    /// Waits for a place.
    pub async fn enter(self: Arc<Window>) -> Place {
        let permit = self.free.clone().acquire_owned().await.ok();
        Place { window: self, permit }
    }

    /// Takes note of how a call was answered that still has its place.
    pub fn answered(&self, throttled: bool, now: Instant) {
        let full = self.free.available_permits() == 0;
        self.with(|size| match (throttled, size.refused) {
            (true, Some(then)) if now.duration_since(then) < TOGETHER => {}
            (true, _) => {
                size.now = (size.now / 2.0).max(1.0);
                size.refused = Some(now);
            }
            (false, None) if full => size.now = (size.now + 1.0).min(size.most),
            (false, Some(_)) if full => size.now = (size.now + 1.0 / size.now).min(size.most),
            (false, _) => {}
        });
    }

    fn with<T>(&self, f: impl FnOnce(&mut Size) -> T) -> T {
        f(&mut self.size.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Drop for Place {
    /// Gives the place back, unless there are more than there should be.
    fn drop(&mut self) {
        let (permit, free) = (self.permit.take(), &self.window.free);
        self.window.with(|size| {
            let wanted = size.now as usize;
            if size.given <= wanted {
                drop(permit);
                free.add_permits(wanted - size.given);
                size.given = wanted;
                return;
            }
            // One that is given back would go to the next call that waits.
            size.given -= permit.map(OwnedSemaphorePermit::forget).map_or(0, |()| 1);
            size.given -= free.forget_permits(size.given.saturating_sub(wanted));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// Has so many calls answered, all of which would like to be under way at once; returns how many were at most.
    async fn asked(window: &Arc<Window>, calls: usize) -> usize {
        let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let call = async |_: usize| {
            let place = window.clone().enter().await;
            most.fetch_max(under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
            under_way.fetch_sub(1, Ordering::Relaxed);
            window.answered(false, Instant::now());
            drop(place);
        };
        futures_util::future::join_all((0..calls).map(call)).await;
        most.load(Ordering::Relaxed)
    }

    async fn refused(window: &Arc<Window>, now: Instant) {
        let place = window.clone().enter().await;
        window.answered(true, now);
        drop(place);
    }

    #[tokio::test]
    async fn calls_begin_few_and_grow_more_while_the_service_is_calm() {
        let window = Arc::new(Window::new(10, 40));
        assert_eq!(asked(&window, 10).await, 10);
        assert_eq!(asked(&window, 400).await, 40);
        assert_eq!(window.with(|size| size.given), 40);
    }

    #[tokio::test]
    async fn a_window_that_is_not_full_does_not_grow() {
        let window = Arc::new(Window::new(10, 40));
        for _ in 0..20 {
            asked(&window, 5).await;
        }
        assert_eq!(window.with(|size| size.given), 10);
    }

    #[tokio::test]
    async fn refusals_halve_it_and_it_grows_slowly_then() {
        let (window, start) = (Arc::new(Window::new(16, 40)), Instant::now());
        let places = futures_util::future::join_all((0..16).map(|_| window.clone().enter())).await;
        places.iter().for_each(|_| window.answered(true, start));
        drop(places);
        assert_eq!(window.with(|size| size.given), 8, "calls that were on their way count once");
        assert!((8..=10).contains(&asked(&window, 16).await));
        assert!(asked(&window, 60).await <= 15);
        for n in 1..10 {
            refused(&window, start + TOGETHER * n).await;
        }
        assert_eq!(window.with(|size| size.given), 1, "one call goes on");
        assert_eq!(asked(&window, 3).await, 2, "and then another");
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_leaves_its_place() {
        let window = Arc::new(Window::new(1, 1));
        drop(window.clone().enter().await);
        assert_eq!(asked(&window, 2).await, 1);
    }
}
