//! Stopping in two stages.

use tokio::sync::watch;

/// How urgently an operation is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It is not.
    None,
    /// Finish what is in flight, begin nothing new.
    Finish,
    /// Do not wait for what is in flight either.
    Abort,
}

/// Tells an operation to end; clones tell the same one.
#[derive(Clone, Debug)]
pub struct Cancel {
    sender: watch::Sender<Urgency>,
}

impl Cancel {
    /// Nothing is to end yet.
    pub fn new() -> Cancel {
        Cancel { sender: watch::Sender::new(Urgency::None) }
    }

    /// Asks once more: first to finish, then to abort.
    pub fn press(&self) {
        self.sender.send_modify(|urgency| {
            *urgency = if *urgency == Urgency::None { Urgency::Finish } else { Urgency::Abort };
        });
    }

    /// How urgent it is now.
    pub fn urgency(&self) -> Urgency {
        *self.sender.borrow()
    }

    /// Waits until it is more urgent than `seen`, and returns how urgent it is.
    pub async fn beyond(&self, seen: Urgency) -> Urgency {
        let mut receiver = self.sender.subscribe();
        let found = receiver.wait_for(|urgency| *urgency > seen).await.map(|urgency| *urgency).ok();
        match found {
            Some(urgency) => urgency,
            None => std::future::pending().await,
        }
    }
}

impl Default for Cancel {
    fn default() -> Cancel {
        Cancel::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_press_aborts() {
        let cancel = Cancel::new();
        let other = cancel.clone();
        let waiting =
            tokio::spawn(async move { (other.beyond(Urgency::None).await, other.beyond(Urgency::Finish).await) });
        tokio::task::yield_now().await;
        cancel.press();
        while cancel.urgency() != Urgency::Finish {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        cancel.press();
        assert_eq!(waiting.await.ok(), Some((Urgency::Finish, Urgency::Abort)));
        cancel.press();
        assert_eq!(cancel.urgency(), Urgency::Abort);
    }
}
