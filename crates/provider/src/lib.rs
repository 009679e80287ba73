//! The provider trait, its messages, and the SDK for native resource types.
