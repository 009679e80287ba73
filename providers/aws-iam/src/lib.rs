//! IAM resource types.
