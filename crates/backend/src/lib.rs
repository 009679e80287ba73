//! State stores: local file, S3 with DynamoDB locking.
