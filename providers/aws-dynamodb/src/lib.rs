//! DynamoDB resource types.
