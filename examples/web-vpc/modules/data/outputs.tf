output "bucket" {
  value = aws_s3_bucket.artifacts.bucket
}

output "table_arn" {
  value = aws_dynamodb_table.sessions.arn
}
