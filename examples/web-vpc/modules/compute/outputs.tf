output "role_arn" {
  value = aws_iam_role.server.arn
}

output "private_ips" {
  value = { for role, server in aws_instance.server : role => server.private_ip }
}
