//! The AWS provider, assembled from one crate per service.
