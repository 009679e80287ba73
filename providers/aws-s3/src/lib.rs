//! S3 resource types.
