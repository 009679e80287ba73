//! Runs operations: answers the machines' questions concurrently.
